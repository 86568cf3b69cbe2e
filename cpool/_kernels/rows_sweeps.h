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

#if SUMS && BITS == 64 && FLOATING
static void FN(KIND(fold))(char *out, const char *src, isize src_step, isize count, isize n)
{
    for (isize c = 0; c < count; c++)
        ((T *)out)[c] = BLOCK(KIND(fold), CPOOL_LONGEST)(src + c * src_step, n);
}
#endif

#include "strips_rows.h"
#include "windows_rows.h"
#if FLOATING && !defined(HALVED)
#include "prefixes_rows.h"
#endif
#ifdef RETURNS
#include "pick_rows.h"
#undef RETURNS
#endif

#undef SOURCE
#undef KIND
