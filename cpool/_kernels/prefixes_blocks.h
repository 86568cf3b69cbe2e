/* Prefixes and suffixes for `many` vectors side by side and one kind of source: included by rows_blocks.h. See prefixes.h. */

/* The code of cell i: `winners` is 2 where cells have codes of their own. */
CPOOL_INLINE M BN(prefix_code)(int winners, const char *codes, int64_t code)
{
    M from = BROADCAST(code);
    if (winners == 2)
        from += LOAD_CODE(codes);
    return from;
}

CPOOL_INLINE void BN(prefixes_of)(int op, int winners, int many, const cpool_prefixes *p, isize at)
{
    const isize kernel = p->kernel, stride = p->stride, before = p->before, size = p->size, lanes = WIDE, last = p->end;
    const isize src_step = p->src_step, out_step = p->out_step, code_step = p->code_step, result = p->result;
    const isize code_width = p->code_width;
    const isize ahead = p->ahead;
    const int64_t tap_step = p->tap_step;
    const int divided = p->divided;
    const char *src = p->src - p->from_cell * src_step + at * (isize)sizeof(SOURCE);
    const char *src_code = winners == 2 ? p->src_code - p->from_cell * src_step + at * (isize)sizeof(T) : NULL;
    V *suffix = (V *)p->scratch;
    M *suffix_code = (M *)(p->scratch + (kernel < size ? kernel : size) * CPOOL_PREFIX_LINE);
    V back[CPOOL_PREFIX_VECTORS], front[CPOOL_PREFIX_VECTORS], factor[CPOOL_PREFIX_VECTORS];
    M back_code[CPOOL_PREFIX_VECTORS], front_code[CPOOL_PREFIX_VECTORS];
    double by = 0;
    char *out = p->out + at * result, *put = winners ? p->code + at * code_width : out; /* C adds nothing to NULL */
    for (int u = 0; u < many; u++) {
        back[u] = front[u] = factor[u] = FN(neutral)(op);
        back_code[u] = front_code[u] = BROADCAST(0);
    }
#define CELL(i) READ(src + (i) * src_step + u * lanes * (isize)sizeof(SOURCE))
#define CELL_CODE(i) BN(prefix_code)(winners, winners == 2 ? src_code + (i) * src_step + u * lanes * (isize)sizeof(T) : NULL, \
                                    (i) * tap_step)
    for (isize o = p->first; o < last;) {
        /* The block that window o begins in, as far as it has cells. */
        const isize next = (o * stride / kernel + 1) * kernel - before, end = next < size ? next : size;
        const isize least = o * stride - before > 0 ? o * stride - before : 0, begin = next > 0 ? next : 0;
        isize i = end - 1;
        for (int u = 0; u < many && i >= least; u++) {
            back[u] = suffix[(i - least) * many + u] = CELL(i);
            if (winners)
                back_code[u] = suffix_code[(i - least) * many + u] = CELL_CODE(i);
        }
        while (i-- > least) {
            CPOOL_FETCH(src + i * src_step + ahead);
            for (int u = 0; u < many; u++) {
                V a = CELL(i);
                M code = CELL_CODE(i);
                FN(join_wide)(op, winners, &a, &code, back[u], back_code[u]);
                back[u] = suffix[(i - least) * many + u] = a;
                if (winners)
                    back_code[u] = suffix_code[(i - least) * many + u] = code;
            }
        }
        i = begin;
        for (; o < last && o * stride - before < next; o++, out += out_step, put += winners ? code_step : 0) {
            const isize start = o * stride - before, stop = start + kernel < size ? start + kernel : size;
            const isize from = start > 0 ? start : 0;
            if (i == begin && i < stop) {
                for (int u = 0; u < many; u++) {
                    front[u] = CELL(i);
                    front_code[u] = CELL_CODE(i);
                }
                i++;
            }
            for (; i < stop; i++)
                for (int u = 0; u < many; u++)
                    FN(join_wide)(op, winners, &front[u], &front_code[u], CELL(i), CELL_CODE(i));
            if (op == CPOOL_SUM && divided && p->by_window[o - p->first] != by) {
                by = p->by_window[o - p->first];
                for (int u = 0; u < many; u++)
                    factor[u] = FN(prefix_factor)(p, at + u * lanes, by);
            }
            for (int u = 0; u < many; u++) {
                V a = FN(neutral)(op);
                M code = BROADCAST(0);
                if (from < end) {
                    a = suffix[(from - least) * many + u];
                    if (winners)
                        code = suffix_code[(from - least) * many + u];
                    if (stop > begin)
                        FN(join_wide)(op, winners, &a, &code, front[u], front_code[u]);
                } else if (stop > begin) {
                    a = front[u];
                    code = front_code[u];
                }
                FN(put)(op, out + u * lanes * result, a, divided, factor[u], factor[u], result);
                if (winners)
                    FN(put_code)(put + u * lanes * code_width, code, start * tap_step, code_width);
            }
        }
    }
#undef CELL
#undef CELL_CODE
}

/* Windows along rows, whose cells follow each other: `many` times as many rows as a vector has lanes, from `row` on. */
CPOOL_INLINE void BN(prefixes_across)(int op, int winners, int many, const cpool_prefixes *p, isize row)
{
    const isize lanes = WIDE, outputs = p->end - p->first, held = p->kernel < p->size ? p->kernel : p->size;
    isize first = (p->first * p->stride - p->before) / p->spread;   /* rounded up, but for what lies before the axis */
    isize end = ((p->end - 1) * p->stride - p->before + p->kernel + p->spread - 1) / p->spread;
    cpool_prefixes tile = *p;
    end = end < 0 ? 0 : end < p->size ? end : p->size;
    if (first > end - lanes)
        first = end - lanes;    /* whole vectors of cells */
    if (first < 0)
        first = 0;
    if (end < first + lanes)
        end = first + lanes;
    V *cells = (V *)(p->scratch + 2 * held * CPOOL_PREFIX_LINE), *results = cells + (end - first) * many;
    M *codes = (M *)(results + outputs * many);
    for (int u = 0; u < many; u++)
        for (isize i = first;; i = i + 2 * lanes <= end ? i + lanes : end - lanes) {
            V block[WIDE];
            for (int r = 0; r < WIDE; r++)
                block[r] = READ(p->src + (row + u * lanes + r) * p->row_step + (i - p->from_cell) * (isize)sizeof(SOURCE));
            FN(transpose)(block);
            for (int c = 0; c < WIDE; c++)
                cells[(i - first + c) * many + u] = block[c];
            if (i == end - lanes)
                break;
        }
    tile.src = (const char *)cells;
    tile.from_cell = first;
    tile.src_step = tile.out_step = tile.code_step = many * (isize)sizeof(V);
    tile.ahead = 0;
    tile.out = (char *)results;
    tile.code = (char *)codes;
    tile.code_width = tile.result = sizeof(T);
    for (isize q = 0; q < p->spread; q++) {
        cpool_prefixes phase = tile;
        if (cpool_prefixes_phase(&phase, q))
            FN(prefixes_of)(op, winners, many, &phase, 0);
    }
    if (outputs < lanes) {
        for (isize r = 0; r < many * lanes; r++)
            for (isize o = 0; o < outputs; o++) {
                const isize at = (row + r) * p->out_row_step + o * (isize)sizeof(T), u = o * many + r / lanes;
                ((T *)(p->out + at))[0] = ((const T *)(results + u))[r % lanes];
                if (winners)
                    ((I *)(p->code + at))[0] = ((const I *)(codes + u))[r % lanes];
            }
        return;
    }
    for (int u = 0; u < many; u++)
        for (isize o = 0;; o = o + 2 * lanes <= outputs ? o + lanes : outputs - lanes) {
            const isize at = (row + u * lanes) * p->out_row_step + o * (isize)sizeof(T);
            V block[WIDE];
            for (int c = 0; c < WIDE; c++)
                block[c] = results[(o + c) * many + u];
            FN(transpose)(block);
            for (int r = 0; r < WIDE; r++)
                STORE(p->out + at + r * p->out_row_step, block[r]);
            if (winners) {
                M turned[WIDE];
                for (int c = 0; c < WIDE; c++)
                    turned[c] = codes[(o + c) * many + u];
                FN(transpose_codes)(turned);
                for (int r = 0; r < WIDE; r++)
                    STORE_CODE(p->code + at + r * p->out_row_step, turned[r]);
            }
            if (o == outputs - lanes)
                break;
        }
}
