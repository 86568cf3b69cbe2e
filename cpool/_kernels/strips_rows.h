/* All strips of a plane, for one kind of source: included by rows_sweeps.h. The longest vector that the rows fill is used. */
CPOOL_INLINE void FN(KIND(strips_any))(int op, int winners, const cpool_strips *s, isize taps, isize stride)
{
    const isize lines = (s->rows - 1) * s->stride_y + (s->taps_y - 1) * s->hop_y + 1, fit = CPOOL_STRIPS / lines;
#define FITS(width) s->n >= (isize)(width / sizeof(T))
#define ALL(width) \
    do { /* Long rows in parts whose strips fit the scratch; the last part is no shorter than a vector. */ \
        const isize lanes = (isize)(width / sizeof(T)), most = fit * lanes; \
        for (isize from = 0, end = 0; end < s->n; from = end - lanes) { \
            end = s->n - from > most ? from + most : s->n; \
            BLOCK(KIND(strips), width)(op, winners, s, from, end - from, taps, stride); \
        } \
    } while (0)
#if CPOOL_BYTES >= 64
    if (FITS(64))
        ALL(64);
    else
#endif
#if CPOOL_BYTES >= 32
    if (FITS(32))
        ALL(32);
    else
#endif
#if CPOOL_BYTES >= 16
    if (FITS(16))
        ALL(16);
    else
#if BITS <= 32
    if (FITS(8))
        ALL(8);
    else
#endif
#if BITS <= 16
    if (FITS(4))
        ALL(4);
    else
#endif
#endif
        for (isize i = 0; i < s->n; i++)
            BLOCK(KIND(strips), lane)(op, winners, s, i, 1, taps, stride);
#undef ALL
#undef FITS
}

/* The windows of most networks; integers have the general loop alone, to keep the binary small. */
CPOOL_INLINE void FN(KIND(strips_of))(int op, int winners, const cpool_strips *s)
{
    const int square = FLOATING && s->taps_x == s->taps_y && s->stride_x == s->stride_y && s->hop_x == sizeof(SOURCE) && s->hop_y == 1;
    if (square && s->taps_x == 2 && s->stride_x == 2)
        FN(KIND(strips_any))(op, winners, s, 2, 2);
    else if (square && s->taps_x == 3 && s->stride_x == 1)
        FN(KIND(strips_any))(op, winners, s, 3, 1);
    else if (square && s->taps_x == 3 && s->stride_x == 2)
        FN(KIND(strips_any))(op, winners, s, 3, 2);
    else
        FN(KIND(strips_any))(op, winners, s, 0, 0);
}
