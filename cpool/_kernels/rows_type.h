/* The row primitives of one element type T: included by rows.h once for each. */
#ifndef WINNERS
#define WINNERS 0
#endif
#ifndef SUMS
#define SUMS 0
#endif
#ifndef WIDENS
#define WIDENS 0
#endif
#ifndef SHORT_SUMS
#define SHORT_SUMS 0
#endif
#ifndef HALVES
#define HALVES 0
#endif

/* The widths, from the machine's vector down to two elements, then one lane for the last element of an odd row. */
#if CPOOL_BYTES >= 64
#define B 64
#define X86_BEST CPOOL_X86
#define LANES CPOOL_NAME(CPOOL_LANES_64, BITS)
#include "rows_width.h"
#undef B
#undef X86_BEST
#undef LANES
#endif
#if CPOOL_BYTES >= 32
#define B 32
#define X86_BEST CPOOL_X86
#define LANES CPOOL_NAME(CPOOL_LANES_32, BITS)
#include "rows_width.h"
#undef B
#undef X86_BEST
#undef LANES
#endif
#if CPOOL_BYTES >= 16
#define B 16
#define X86_BEST CPOOL_X86
#define LANES CPOOL_NAME(CPOOL_LANES_16, BITS)
#include "rows_width.h"
#undef B
#undef X86_BEST
#undef LANES
#if BITS <= 32
#define B 8
#define X86_BEST 0
#define LANES CPOOL_NAME(CPOOL_LANES_8, BITS)
#include "rows_width.h"
#undef B
#undef X86_BEST
#undef LANES
#endif
#if BITS <= 16
#define B 4
#define X86_BEST 0
#define LANES CPOOL_NAME(CPOOL_LANES_4, BITS)
#include "rows_width.h"
#undef B
#undef X86_BEST
#undef LANES
#endif
#endif
#define B lane
#define X86_BEST CPOOL_X86
#define LANE
#include "rows_width.h"
#undef B
#undef X86_BEST
#undef LANE

#define FN(name) CPOOL_NAME(CPOOL_NAME(cpool, name), S)
#define BLOCK(name, width) CPOOL_CAT(CPOOL_NAME(cpool, name), S, width)

/* DO(width) at every block of a row: i is where it starts, `limit` where blocks must end, n where the row does.
 * APART: what is read is not what was written, so the last block may overlap the one before it: no row, however odd its
 * length, then takes more than one block beyond its whole ones. In place, ever smaller blocks take what remains. */
#define BLOCKS(DO, width) for (; limit - i >= (isize)(width / sizeof(T)); i += (isize)(width / sizeof(T))) { DO(width); }
#define OVERLAP(DO, width, APART) \
    if ((APART) && i < limit && limit >= (isize)(width / sizeof(T))) { \
        i = limit - (isize)(width / sizeof(T)); \
        DO(width); \
        i = limit; \
    }
#if CPOOL_BYTES >= 64
#define SWEEP_64(DO, APART) BLOCKS(DO, 64) OVERLAP(DO, 64, APART)
#else
#define SWEEP_64(DO, APART)
#endif
#if CPOOL_BYTES >= 32
#define SWEEP_32(DO, APART) BLOCKS(DO, 32) OVERLAP(DO, 32, APART)
#else
#define SWEEP_32(DO, APART)
#endif
#if CPOOL_BYTES >= 16
#define SWEEP_16(DO, APART) BLOCKS(DO, 16) OVERLAP(DO, 16, APART)
#else
#define SWEEP_16(DO, APART)
#endif
#if CPOOL_BYTES >= 16 && BITS <= 32
#define SWEEP_8(DO, APART) BLOCKS(DO, 8) OVERLAP(DO, 8, APART)
#else
#define SWEEP_8(DO, APART)
#endif
#if CPOOL_BYTES >= 16 && BITS <= 16
#define SWEEP_4(DO, APART) BLOCKS(DO, 4) OVERLAP(DO, 4, APART)
#else
#define SWEEP_4(DO, APART)
#endif
#define SWEEP(DO, APART) \
    SWEEP_64(DO, APART) SWEEP_32(DO, APART) SWEEP_16(DO, APART) SWEEP_8(DO, APART) SWEEP_4(DO, APART) \
    for (; i < n; i++) { DO(lane); }

#define SOURCE T
#define KIND(name) name
#ifdef GRADS
#define RETURNS
#endif
#include "rows_sweeps.h"
#if WIDENS && CPOOL_BYTES
#define SOURCE float
#define KIND(name) CPOOL_NAME(name, widening)
#include "rows_sweeps.h"
#endif

#if HALVES
#define HALVED
#define SOURCE uint16_t
#define KIND(name) CPOOL_NAME(name, f16)
#define RETURNS
#include "rows_sweeps.h"
#undef HALVED
#endif

#if WINNERS && FLOATING
#define CODES_OF(s) ((s)->code != NULL)
#else
#define CODES_OF(s) 0
#endif
#if HALVES
#define OF_HALVES(HALF) \
    static void FN(strips_max_##HALF)(const cpool_strips *s) \
    { \
        if (CODES_OF(s)) \
            FN(strips_of_##HALF)(CPOOL_MAX, 1, s); \
        else if (s->taps_x == 2 && s->taps_y == 2 && s->stride_x == 2 && s->stride_y == 2 && s->hop_x == 2 && s->hop_y == 1) \
            FN(strips_any_##HALF)(CPOOL_MAX, 0, s, 2, 2); \
        else \
            FN(strips_any_##HALF)(CPOOL_MAX, 0, s, 0, 0); \
    } \
    static void FN(strips_sum_##HALF)(const cpool_strips *s) { FN(strips_of_##HALF)(CPOOL_SUM, 0, s); } \
    static void FN(windows_max_##HALF)(const cpool_windows *w) \
    { \
        if (CODES_OF(w)) \
            FN(windows_of_##HALF)(CPOOL_MAX, 1, w); \
        else \
            FN(windows_of_##HALF)(CPOOL_MAX, 0, w); \
    } \
    static void FN(windows_sum_##HALF)(const cpool_windows *w) { FN(windows_of_##HALF)(CPOOL_SUM, 0, w); }
OF_HALVES(f16)
#undef OF_HALVES
#endif
#if BITS > 16 /* rows of narrow integers are reduced as one, see strips.pxi */
static void FN(strips_max)(const cpool_strips *s)
{
    if (CODES_OF(s))
        FN(strips_of)(CPOOL_MAX, 1, s);
    else
        FN(strips_of)(CPOOL_MAX, 0, s);
}
static void FN(strips_min)(const cpool_strips *s)
{
    if (CODES_OF(s))
        FN(strips_any)(CPOOL_MIN, 1, s, 0, 0);
    else
        FN(strips_any)(CPOOL_MIN, 0, s, 0, 0);
}
#endif
static void FN(windows_max)(const cpool_windows *w)
{
    if (CODES_OF(w))
        FN(windows_of)(CPOOL_MAX, 1, w);
    else
        FN(windows_of)(CPOOL_MAX, 0, w);
}
static void FN(windows_min)(const cpool_windows *w)
{
    if (CODES_OF(w))
        FN(windows_of)(CPOOL_MIN, 1, w);
    else
        FN(windows_of)(CPOOL_MIN, 0, w);
}
#undef CODES_OF
#if FLOATING
#define PREFIXES(name, OP, suffix) \
    static void FN(name##_##suffix)(const cpool_prefixes *p) \
    { \
        if (p->code && p->src_code) \
            FN(name##_any)(OP, 2, p); \
        else if (p->code) \
            FN(name##_any)(OP, 1, p); \
        else \
            FN(name##_any)(OP, 0, p); \
    }
PREFIXES(prefixes, CPOOL_MAX, max)
#undef PREFIXES
#define PREFIXES(name, OP, suffix) \
    static void FN(name##_##suffix)(const cpool_prefixes *p) \
    { \
        if (p->code) \
            FN(name##_any)(OP, 1, p); \
        else \
            FN(name##_any)(OP, 0, p); \
    }
PREFIXES(prefixes_across, CPOOL_MAX, max)
#undef PREFIXES
static void FN(negate)(char *dst, const char *src, isize n)
{
    for (isize i = 0; i < n; i++)
        ((T *)dst)[i] = -((const T *)src)[i];
}
#endif
static void FN(reduce_max)(char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step, isize taps, isize n)
{
    FN(reduce_any)(CPOOL_MAX, out, out_step, src, src_step, count, tap_step, taps, n);
}
static void FN(reduce_min)(char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step, isize taps, isize n)
{
    FN(reduce_any)(CPOOL_MIN, out, out_step, src, src_step, count, tap_step, taps, n);
}
static void FN(fill_lowest)(char *dst, isize n)
{
    for (isize i = 0; i < n; i++)
        ((T *)dst)[i] = LOWEST;
}
static void FN(fill_highest)(char *dst, isize n)
{
    for (isize i = 0; i < n; i++)
        ((T *)dst)[i] = HIGHEST;
}

#if WINNERS
CPOOL_INLINE void FN(reduce_winner_any)(int op, char *out, char *out_code, isize out_step, const char *src, const char *src_code,
                                        isize src_step, isize count, isize tap_step, isize taps, isize n, int64_t code,
                                        int64_t code_step)
{
    const int apart = out != src;
    for (isize c = 0; c < count; c++) {
        isize i = 0;
        const isize limit = n;
#define AT(p, step) ((p) + c * (step) + i * (isize)sizeof(T))
#define DO(width) BLOCK(reduce_winner, width)(op, AT(out, out_step), AT(out_code, out_step), AT(src, src_step), \
                                              src_code ? AT(src_code, src_step) : NULL, tap_step, taps, code, code_step)
        SWEEP(DO, apart)
#undef DO
#undef AT
    }
}
#define REDUCE_WINNER(OP, name) \
    static void FN(reduce_winner_##name)(char *out, char *out_code, isize out_step, const char *src, const char *src_code, \
                                         isize src_step, isize count, isize tap_step, isize taps, isize n, int64_t code, \
                                         int64_t code_step) \
    { \
        if (src_code) \
            FN(reduce_winner_any)(OP, out, out_code, out_step, src, src_code, src_step, count, tap_step, taps, n, code, code_step); \
        else \
            FN(reduce_winner_any)(OP, out, out_code, out_step, src, NULL, src_step, count, tap_step, taps, n, code, code_step); \
    }
REDUCE_WINNER(CPOOL_MAX, max)
REDUCE_WINNER(CPOOL_MIN, min)
#undef REDUCE_WINNER

static void FN(raise_codes)(char *code, int64_t least, isize n)
{
    for (isize i = 0; i < n; i++)
        ((I *)code)[i] = ((I *)code)[i] < (I)least ? (I)least : ((I *)code)[i];
}
static void FN(narrow)(char *dst, isize dst_width, const char *code, isize n)
{
    if (dst_width == 1)
        for (isize i = 0; i < n; i++)
            ((uint8_t *)dst)[i] = (uint8_t)((const I *)code)[i];
    else if (dst_width == 2)
        for (isize i = 0; i < n; i++)
            ((uint16_t *)dst)[i] = (uint16_t)((const I *)code)[i];
    else
        for (isize i = 0; i < n; i++)
            ((int32_t *)dst)[i] = (int32_t)((const I *)code)[i];
}
#endif

#include "fold_best.h"

#if SUMS
static void FN(reduce_sum)(char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step, isize taps, isize n)
{
    FN(reduce_any)(CPOOL_SUM, out, out_step, src, src_step, count, tap_step, taps, n);
}
#if BITS == 64 || FLOATING
static void FN(strips_sum)(const cpool_strips *s)
{
    FN(strips_of)(CPOOL_SUM, 0, s);
}
static void FN(windows_sum)(const cpool_windows *w)
{
    FN(windows_of)(CPOOL_SUM, 0, w);
}
#endif
#if WIDENS
#if CPOOL_BYTES
static void FN(windows_widening)(const cpool_windows *w)
{
    FN(windows_of_widening)(CPOOL_SUM, 0, w);
}
static void FN(strips_widening)(const cpool_strips *s)
{
    FN(strips_of_widening)(CPOOL_SUM, 0, s);
}
static void FN(reduce_widening)(char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step, isize taps,
                                isize n)
{
    FN(reduce_any_widening)(CPOOL_SUM, out, out_step, src, src_step, count, tap_step, taps, n);
}
#endif
#endif
#if BITS == 64 && FLOATING
static void FN(prefixes_sum)(const cpool_prefixes *p)
{
    FN(prefixes_any)(CPOOL_SUM, 0, p);
}
static void FN(prefixes_across_sum)(const cpool_prefixes *p)
{
    FN(prefixes_across_any)(CPOOL_SUM, 0, p);
}
#endif
#if WIDENS && CPOOL_BYTES
static void FN(prefixes_widening)(const cpool_prefixes *p)
{
    FN(prefixes_any_widening)(CPOOL_SUM, 0, p);
}
static void FN(prefixes_across_widening)(const cpool_prefixes *p)
{
    FN(prefixes_across_any_widening)(CPOOL_SUM, 0, p);
}
#endif
static void FN(accumulate)(char *out, const char *src, isize n)
{
    for (isize i = 0; i < n; i++)
        ((T *)out)[i] += ((const T *)src)[i];
}
static void FN(fill_zero)(char *dst, isize n)
{
    memset(dst, 0, (size_t)n * sizeof(T));
}
#endif

#undef S
#undef T
#undef I
#undef BITS
#undef FN
#undef BLOCK
#undef BLOCKS
#undef OVERLAP
#undef SWEEP
#undef SWEEP_64
#undef SWEEP_32
#undef SWEEP_16
#undef SWEEP_8
#undef SWEEP_4
#undef WINNERS
#undef GRADS
#undef SUMS
#undef WIDENS
#undef SHORT_SUMS
#undef HALVES
#if !FLOATING
#undef LOWEST
#undef HIGHEST
#endif
