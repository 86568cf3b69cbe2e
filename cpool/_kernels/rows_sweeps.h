/* Whole rows of results from source rows: included by rows_type.h for each kind of source. */
CPOOL_INLINE void FN(KIND(reduce_any))(int op, char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step,
                                 isize taps, isize n)
{
    const int apart = out != src;
    for (isize c = 0; c < count; c++, out += out_step, src += src_step) {
        isize i = 0;
        const isize limit = n;
#if CPOOL_BYTES
        const isize four = (isize)(4 * CPOOL_BYTES / sizeof(T));
        for (; n - i >= four; i += four)
            BLOCK(KIND(reduce4), CPOOL_BYTES)(op, out + i * (isize)sizeof(T), src + i * (isize)sizeof(SOURCE), tap_step, taps);
#endif
#define DO(width) BLOCK(KIND(reduce), width)(op, out + i * (isize)sizeof(T), src + i * (isize)sizeof(SOURCE), tap_step, taps)
        SWEEP(DO, apart)
#undef DO
    }
}

CPOOL_INLINE void FN(KIND(pairs_any))(int op, char *out, isize out_step, const char *src, isize src_step, isize count, isize taps,
                                      isize n, int readable)
{
    const isize limit = readable || taps % 2 == 0 ? n : n - 1;
    for (isize c = 0; c < count; c++, out += out_step, src += src_step) {
        isize i = 0;
#define DO(width) BLOCK(KIND(pairs), width)(op, out + i * (isize)sizeof(T), src + 2 * i * (isize)sizeof(SOURCE), taps)
        SWEEP(DO, 1)
#undef DO
    }
}

#undef SOURCE
#undef KIND
