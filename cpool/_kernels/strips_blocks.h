/* Strips for one vector and one kind of source: included by rows_width.h where READ is defined. See strips.h.
 *
 * Sums of floats as such (see CPOOL_SHORT_SUMS) may overflow on the way to a finite result: a result that is not finite is taken
 * again in double. For max and min NaN is looked for once a cell, not at every comparison: `seen` adds the cells of a strip up,
 * and a NaN in a sum stays. Where there is none, one instruction compares and selects; else the careful way does the strip again.
 * (An inf and a -inf make a NaN too: the result is the same, only later.) */
/* The cells that tap t meets in one row. Stride 2: the last odd tap is read from one cell before, so that nothing behind the
 * last window is read. */
CPOOL_INLINE V BN(tap)(const char *src, isize t, isize taps, isize stride, isize hop)
{
    const char *p = src + t * hop;
    if (stride == 1)
        return READ(p);
    if (t == 0 || (t % 2 == 0 && t < taps - 1))
        return READ_EVEN(p);
    return READ_ODD(p - sizeof(SOURCE));
}

CPOOL_INLINE int BN(strips_of)(int op, int plain, int winners, const cpool_strips *s, isize from, isize n, isize taps_x, isize stride_x,
                               isize hop_x, isize taps_y, isize stride_y, isize hop_y)
{
    const isize lanes = WIDE, many = (n + lanes - 1) / lanes;
    const isize lines = (s->rows - 1) * stride_y + (taps_y - 1) * hop_y + 1, rows = s->rows, result = s->result;
    const isize src_step = s->src_step, out_step = s->out_step, put_step = s->code_step, code_width = s->code_width;
    V *cells = (V *)s->scratch, seen = {0}, factor = {0}, near = {0};
    FN(codes) *codes = (FN(codes) *)s->codes;
    const char *src = s->src + from * stride_x * (isize)sizeof(SOURCE);
    const int divided = s->divided;
    const char *by = s->by ? s->by + (divided == CPOOL_OVER_ONE ? 0 : from * (isize)sizeof(T)) : NULL;
    isize code_step = taps_x;
    for (isize r = 0; r < lines; r++, src += src_step, cells += many, codes += many) {
        for (isize v = 0; v < many; v++) {
            /* The last vector may overlap the one before it: no row, however odd its length, has a tail. */
            const isize at = v < many - 1 ? v * lanes : n - lanes;
            const char *p = src + at * stride_x * (isize)sizeof(SOURCE);
            V a = BN(tap)(p, 0, taps_x, stride_x, hop_x), sum = a;
            FN(codes) code = CODES(0);
            for (isize t = 1; t < taps_x; t++) {
                const V b = BN(tap)(p, t, taps_x, stride_x, hop_x);
                /* Stride 1: the first and the last tap see all cells, unless they leave a gap. */
                if (FLOATING && plain && (stride_x == 2 || t == taps_x - 1 || (taps_x - 1) * hop_x > lanes * (isize)sizeof(SOURCE)))
                    sum = sum + b;
                FN(join)(op, plain, winners, &a, &code, b, CODES(t));
            }
            if (FLOATING && plain && op != CPOOL_SUM)
                seen = seen + sum;
            cells[v] = a;
            if (winners)
                codes[v] = code;
        }
    }
    if (FLOATING && plain && op != CPOOL_SUM && FN(any_nan)(seen))
        return 0;
    cells -= lines * many;
    codes -= lines * many;
    if (op != CPOOL_SUM && taps_y >= CPOOL_MANY_TAPS)
        FN(build_pieces)(op, plain, winners, cells, codes, lines, many, &taps_y, &hop_y, &code_step);
    if (op == CPOOL_SUM && divided == CPOOL_OVER_ONE) {
        factor = ((const T *)by)[0] - (V){0}; /* all over: x - 0 is x, and costs nothing */
        near = ((const T *)by)[1] - (V){0};
    }
    char *out = s->out + from * result, *put = winners ? s->code + from * code_width : out; /* C adds nothing to NULL */
    for (isize r = 0; r < rows; r++, out += out_step, put += winners ? put_step : 0, cells += stride_y * many,
               codes += stride_y * many) {
        for (isize v = 0; v < many; v++) {
            const isize at = v < many - 1 ? v * lanes : n - lanes;
            V a = cells[v];
            FN(codes) code = CODES(0), other = CODES(0);
            if (op == CPOOL_SUM && (divided == CPOOL_TIMES || divided == CPOOL_OVER))
                factor = LOAD(by + at * (isize)sizeof(T));
            if (winners)
                code = codes[v];
            for (isize t = 1; t < taps_y; t++) {
                if (winners)
                    other = PLUS(codes[t * hop_y * many + v], t * code_step);
                FN(join)(op, plain, winners, &a, &code, cells[t * hop_y * many + v], other);
            }
            if (SHORT_SUMS && op == CPOOL_SUM)
                seen = seen + a;
            PUT(op, out + at * result, a, divided, factor, near, result);
            if (winners && code_width == 1)
                PUT_CODES(put + at, code);
            else if (winners)
                PUT_WIDE(put + at * (isize)sizeof(T), code);
        }
    }
    return !(SHORT_SUMS && op == CPOOL_SUM && FN(any_nan)(seen - seen));
}

#if SHORT_SUMS && !defined(HALVED)
/* The results that are not finite once more in double, and no other: which bits a result has must not depend on its neighbours. */
static CPOOL_SELDOM void BN(strips_wide)(const cpool_strips *s, isize from, isize n)
{
    for (isize r = 0; r < s->rows; r++)
        for (isize i = from; i < from + n; i++) {
            const float found = *(const float *)(s->out + r * s->out_step + i * (isize)sizeof(float));
            if (found - found == 0)
                continue;
            cpool_strips one = *s;
            one.src += r * s->stride_y * s->src_step + i * s->stride_x * (isize)sizeof(float);
            one.out += r * s->out_step + i * (isize)sizeof(float);
            one.rows = one.n = 1;
            if (s->divided) {
                one.by = s->by_wide + (s->divided == CPOOL_OVER_ONE ? 0 : i * (isize)sizeof(double));
                one.divided = CPOOL_TIMES;
            }
            cpool_strips_widening_f64(&one);
        }
}
#endif
#if FLOATING
static CPOOL_SELDOM void BN(strips_careful)(int op, int winners, const cpool_strips *s, isize from, isize n)
{
    BN(strips_of)(op, 0, winners, s, from, n, s->taps_x, s->stride_x, s->hop_x, s->taps_y, s->stride_y, s->hop_y);
}
#endif

/* `taps` not 0: a square of so many, without dilation; what is fixed unrolls. */
CPOOL_INLINE void BN(strips)(int op, int winners, const cpool_strips *s, isize from, isize n, isize taps, isize stride)
{
    const isize cell = sizeof(SOURCE);
    const int done = FLOATING && taps
        ? BN(strips_of)(op, 1, winners, s, from, n, taps, stride, cell, taps, stride, 1)
        : BN(strips_of)(op, 1, winners, s, from, n, s->taps_x, s->stride_x, s->hop_x, s->taps_y, s->stride_y, s->hop_y);
#if FLOATING
#if SHORT_SUMS
    if (!done && op == CPOOL_SUM)
        BN(strips_wide)(s, from, n);
    else
#endif
    if (!done)
        BN(strips_careful)(op, winners, s, from, n);
#else
    (void)done, (void)cell, (void)stride;
#endif
}
