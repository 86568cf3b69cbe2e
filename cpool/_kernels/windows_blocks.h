/* One vector of channels of one window, for one kind of source: included by rows_blocks.h. See windows.h. */
CPOOL_INLINE int BN(window_of)(int op, int plain, int winners, const cpool_windows *w, const char *src, char *out, char *put,
                               const isize *offset, const uint8_t *tap, isize many, isize row, int divided, isize result)
{
    V a = READ(src + offset[0]), seen = a, factor = {0};
    FN(codes) code = CODES(winners ? tap[0] : 0);
    if (op == CPOOL_SUM) {
        /* Row by row, as everywhere: no cell then takes part in more additions than in numpy's pairwise sum. */
        for (isize j = 1; j < row; j++)
            a = a + READ(src + offset[j]);
        for (isize r = row; r < many; r += row) {
            V b = READ(src + offset[r]);
            for (isize j = r + 1; j < r + row; j++)
                b = b + READ(src + offset[j]);
            a = a + b;
        }
        if (divided)
            factor = factor + *(const T *)w->by;
    } else {
        for (isize j = 1; j < many; j++) {
            const V b = READ(src + offset[j]);
            if (FLOATING && plain)
                seen = seen + b;
            FN(join)(op, plain, winners, &a, &code, b, CODES(winners ? tap[j] : 0));
        }
        if (FLOATING && plain && FN(any_nan)(seen))
            return 0;
    }
    PUT(op, out, a, divided, factor, result);
    if (winners)
        PUT_CODES(put, code);
    return !(SHORT_SUMS && op == CPOOL_SUM && FN(any_nan)(a - a));
}

#if SHORT_SUMS && !defined(HALF)
/* As strips_wide. */
static CPOOL_SELDOM void BN(window_wide)(const cpool_windows *w, const char *src, char *out)
{
    for (isize i = 0; i < WIDE; i++) {
        const float found = ((const float *)out)[i];
        cpool_windows one = *w;
        if (found - found == 0)
            continue;
        one.src = src + i * (isize)sizeof(float);
        one.out = out + i * (isize)sizeof(float);
        one.windows = one.n = 1;
        if (w->divided) {
            one.by = w->by_wide;
            one.divided = CPOOL_TIMES;
        }
        cpool_windows_widening_f64(&one);
    }
}
#endif
#if FLOATING
static CPOOL_SELDOM void BN(window_careful)(int op, int winners, const cpool_windows *w, const char *src, char *out, char *put)
{
    BN(window_of)(op, 0, winners, w, src, out, put, w->offset, w->tap, w->many, w->row, w->divided, w->result);
}
#endif

CPOOL_INLINE void BN(window)(int op, int winners, const cpool_windows *w, const char *src, char *out, char *put, const isize *offset,
                             const uint8_t *tap, isize many, isize row, int divided, isize result)
{
    const int done = BN(window_of)(op, 1, winners, w, src, out, put, offset, tap, many, row, divided, result);
#if SHORT_SUMS
    if (!done && op == CPOOL_SUM)
        BN(window_wide)(w, src, out);
    else
#endif
#if FLOATING
    if (!done)
        BN(window_careful)(op, winners, w, src, out, put);
#else
    (void)done;
#endif
}
