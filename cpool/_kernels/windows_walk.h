/* Windows of 3 x 3 cells with stride 1, two rows of them at a time: included by rows_blocks.h for each kind of source.
 *
 * One or two vectors of channels go along the rows. The cells that the next window has too stay in their registers, and what was
 * found in a row of cells serves the windows of both rows: of two windows' 18 cells 4 are read. Cells are compared and added in the
 * same order as one by one. (With stride 2 ten would be read: few are saved, and memory is slower from five rows at a time.) */
#if CPOOL_PARTS && B == 64 && FLOATING
CPOOL_INLINE int BN(walk)(int op, int winners, int vectors, const cpool_windows *w, const char *src, char *out, char *put,
                          const uint64_t *part)
{
    const isize hop = w->hop, line = w->offset[3] - w->offset[0], windows = w->windows, result = w->result;
    const isize out_step = w->out_step, out_down = w->out_down, put_step = w->code_step, put_down = w->code_down;
    const isize vector = WIDE * (isize)sizeof(SOURCE);
    const int divided = w->divided;
    V first[4][2], second[4][2], seen[2] = {{0}, {0}}, factor = {0}, near = {0};
    if (op == CPOOL_SUM && divided) {
        factor = ((const T *)w->by)[0] - (V){0}; /* all over: x - 0 is x, and costs nothing */
        near = ((const T *)w->by)[1] - (V){0};
    }
    src += w->offset[0];
    for (int v = 0; v < vectors; v++)
        for (int l = 0; l < 4; l++) {
            first[l][v] = READ_PART(src + l * line + v * vector, part[v]);
            second[l][v] = READ_PART(src + l * line + hop + v * vector, part[v]);
            if (op != CPOOL_SUM)
                seen[v] = seen[v] + (first[l][v] + second[l][v]);
        }
    src += 2 * hop;
    for (isize c = 0; c < windows; c++, src += hop, out += out_step, put += winners ? put_step : 0)
        for (int v = 0; v < vectors; v++) {
            V found[4], sum = {0};
            FN(codes) code[4];
            for (int l = 0; l < 4; l++) {
                const V third = READ_PART(src + l * line + v * vector, part[v]);
                if (op != CPOOL_SUM)
                    sum = sum + third;
                found[l] = first[l][v];
                code[l] = CODES(0);
                FN(join)(op, 1, winners, &found[l], &code[l], second[l][v], CODES(1));
                FN(join)(op, 1, winners, &found[l], &code[l], third, CODES(2));
                first[l][v] = second[l][v];
                second[l][v] = third;
            }
            if (op != CPOOL_SUM)
                seen[v] = seen[v] + sum;
            for (int d = 0; d < 2; d++) {
                V a = found[d];
                FN(codes) from = code[d];
                for (int l = 1; l < 3; l++)
                    FN(join)(op, 1, winners, &a, &from, found[d + l], PLUS(code[d + l], 3 * l));
                if (SHORT_SUMS && op == CPOOL_SUM)
                    seen[v] = seen[v] + a;
                PUT_PART(op, out + d * out_down + v * WIDE * result, a, divided, factor, near, result, part[v]);
                if (winners)
                    FN(put_codes_part)(put + d * put_down + v * WIDE, from, part[v]);
            }
        }
    V all = seen[0];
    if (vectors > 1)
        all = all + seen[1];
    if (op != CPOOL_SUM)
        return !FN(any_nan)(all);
    return !(SHORT_SUMS && FN(any_nan)(all - all));
}
#endif
