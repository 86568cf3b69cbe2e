/* One vector of channels of one window, for one kind of source: included by rows_blocks.h. See windows.h.
 *
 * `tap`: NULL where `lines` and `row` are fixed and no cell is cut off, so that the codes count the cells. `part`: see CPOOL_PARTS. */
CPOOL_INLINE int BN(window_of)(int op, int plain, int winners, const cpool_windows *w, const char *src, char *out, char *put,
                               isize lines, isize row, const uint8_t *tap, uint64_t part)
{
    const isize *offset = w->offset, hop = w->hop;
    V a = READ_PART(src + offset[0], part), seen = a, factor = {0}, near = {0};
    FN(codes) code = CODES(winners && tap ? tap[0] : 0);
    if (op == CPOOL_SUM) {
        /* Row by row, as everywhere: no cell then takes part in more additions than in numpy's pairwise sum. */
        for (isize r = 0; r < lines; r++) {
            V b = READ_PART(src + offset[r * row], part);
            for (isize j = 1; j < row; j++)
                b = b + READ_PART(src + (tap ? offset[r * row + j] : offset[r * row] + j * hop), part);
            if (r)
                b = a + b;
            a = b;
        }
    } else if (tap) {
        for (isize j = 1; j < lines * row; j++) {
            const V b = READ_PART(src + offset[j], part);
            if (FLOATING && plain)
                seen = seen + b;
            FN(join)(op, plain, winners, &a, &code, b, CODES(winners ? tap[j] : 0));
        }
    } else { /* from a pointer a row: one for each cell would be more than there are registers */
        for (isize r = 0; r < lines; r++)
            for (isize j = r == 0; j < row; j++) {
                const V b = READ_PART(src + offset[r * row] + j * hop, part);
                if (FLOATING && plain)
                    seen = seen + b;
                FN(join)(op, plain, winners, &a, &code, b, CODES(winners ? r * row + j : 0));
            }
    }
    if (FLOATING && plain && op != CPOOL_SUM && FN(any_nan)(seen))
        return 0;
    if (op == CPOOL_SUM && w->divided) {
        factor = ((const T *)w->by)[0] - (V){0}; /* all over: x - 0 is x, and costs nothing */
        near = ((const T *)w->by)[1] - (V){0};
    }
    PUT_PART(op, out, a, w->divided, factor, near, w->result, part);
    if (winners)
        FN(put_codes_part)(put, code, part);
    return !(SHORT_SUMS && op == CPOOL_SUM && FN(any_nan)(a - a));
}

#if SHORT_SUMS
/* A sum of weighted cells: of gradients, each divided by the cells of its window. */
CPOOL_INLINE void BN(window_weighted)(const cpool_windows *w, const char *src, char *out, uint64_t part)
{
    const T *weight = (const T *)w->weight;
    V a = {0};
    for (isize r = 0; r < w->lines; r++) {
        V b = READ_PART(src + w->offset[r * w->row], part) * weight[r * w->row];
        for (isize j = 1; j < w->row; j++)
            b = b + READ_PART(src + w->offset[r * w->row + j], part) * weight[r * w->row + j];
        if (r)
            b = a + b;
        a = b;
    }
    const V nan = (V){0} + NAN; /* see finish */
    a = BLEND((M)(a == a), a, nan);
    PUT_PART(CPOOL_SUM, out, a, 0, a, a, w->result, part);
}
#endif
#if SHORT_SUMS && !defined(HALVED)
/* As strips_wide. */
static CPOOL_SELDOM void BN(window_wide)(const cpool_windows *w, const char *src, char *out, uint64_t part)
{
    for (isize i = 0; i < WIDE; i++) {
        const float found = part >> i & 1 ? ((const float *)out)[i] : 0;
        cpool_windows one = *w;
        if (found - found == 0)
            continue;
        one.src = src + i * (isize)sizeof(float);
        one.out = out + i * (isize)sizeof(float);
        one.windows = one.down = one.n = 1;
        if (w->divided) {
            one.by = w->by_wide;
            one.divided = CPOOL_TIMES;
        }
        cpool_windows_widening_f64(&one);
    }
}
#endif
#if FLOATING
static CPOOL_SELDOM void BN(window_careful)(int op, int winners, const cpool_windows *w, const char *src, char *out, char *put,
                                            uint64_t part)
{
    BN(window_of)(op, 0, winners, w, src, out, put, w->lines, w->row, w->tap, part);
}
#endif

CPOOL_INLINE void BN(window)(int op, int winners, const cpool_windows *w, const char *src, char *out, char *put, isize lines,
                             isize row, const uint8_t *tap, uint64_t part)
{
#if SHORT_SUMS
    if (op == CPOOL_SUM && w->weight) {
        BN(window_weighted)(w, src, out, part);
        return;
    }
#endif
    const int done = BN(window_of)(op, 1, winners, w, src, out, put, lines, row, tap, part);
#if SHORT_SUMS
    if (!done && op == CPOOL_SUM)
        BN(window_wide)(w, src, out, part);
    else
#endif
#if FLOATING
    if (!done)
        BN(window_careful)(op, winners, w, src, out, put, part);
#else
    (void)done;
#endif
}
