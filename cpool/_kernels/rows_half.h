/* One vector of floats that are read from halves and stored as halves: included by rows_width.h for either HALF. */
#define OF(name) CPOOL_NAME(name, HALF)
#define READ(p) ((V)CPOOL_CAT(cpool_load, HALF, B)(p))
#ifdef LANE
#define READ_EVEN(p) READ(p)
#define READ_ODD(p) READ((p) + 2)
#else
#define READ_EVEN(p) __builtin_shufflevector(READ(p), READ((p) + 2 * LANES), CPOOL_NAME(CPOOL_EVEN, LANES))
#define READ_ODD(p) __builtin_shufflevector(READ(p), READ((p) + 2 * LANES), CPOOL_NAME(CPOOL_ODD, LANES))
#endif
#define SOURCE uint16_t
#define BN(name) FN(OF(name))
#define PUT BN(put)
#if CPOOL_PARTS && B == 64
#define READ_PART(p, part) ((V)CPOOL_CAT(cpool_load_part, HALF, B)(p, (__mmask16)(part)))
#define PUT_PART BN(put_part)
#else
#define READ_PART(p, part) READ(p)
#define PUT_PART(op, out, v, divided, factor, near, result, part) PUT(op, out, v, divided, factor, near, result)
#endif
#define HALVED
#define KEEP CPOOL_CAT(cpool_store, HALF, B)

CPOOL_INLINE V BN(finish)(int op, V v, int divided, V factor, V near)
{
    if (op == CPOOL_SUM && divided == CPOOL_TIMES)
        v = v * factor;
    else if (op == CPOOL_SUM && divided == CPOOL_OVER)
        v = v / factor;
    else if (op == CPOOL_SUM && divided == CPOOL_OVER_ONE)
        v = FN(quotient)(v, factor, near);
    return v;
}

CPOOL_INLINE void BN(put)(int op, char *out, V v, int divided, V factor, V near, isize result)
{
    (void)result;
    CPOOL_CAT(cpool_store, HALF, B)(out, BN(finish)(op, v, divided, factor, near));
}
#if CPOOL_PARTS && B == 64
CPOOL_INLINE void BN(put_part)(int op, char *out, V v, int divided, V factor, V near, isize result, uint64_t part)
{
    (void)result;
    CPOOL_CAT(cpool_store_part, HALF, B)(out, (__m512)BN(finish)(op, v, divided, factor, near), (__mmask16)part);
}
#endif

/* What float sums made infinite or NaN once more, see strips_blocks.h. */
#ifdef LANE
#define VALUE(p) (double)OF(cpool_float_of)(*(const uint16_t *)(p))
#define FINITE(p) (VALUE(p) - VALUE(p) == 0)
#define PUT_WIDE_SUM(p, sum) *(uint16_t *)(p) = CPOOL_CAT(cpool, HALF, of_float)((float)(sum))
static CPOOL_SELDOM void OF(cpool_strips_wide)(const cpool_strips *s, isize from, isize n)
{
    for (isize r = 0; r < s->rows; r++)
        for (isize i = from; i < from + n; i++) {
            const char *cell = s->src + r * s->stride_y * s->src_step + 2 * i * s->stride_x;
            char *out = s->out + r * s->out_step + 2 * i;
            double sum = 0;
            if (FINITE(out))
                continue;
            for (isize y = 0; y < s->taps_y; y++) {
                double row = VALUE(cell + y * s->hop_y * s->src_step);
                for (isize x = 1; x < s->taps_x; x++)
                    row += VALUE(cell + y * s->hop_y * s->src_step + x * s->hop_x);
                sum = y ? sum + row : row;
            }
            PUT_WIDE_SUM(out, s->divided ? sum * ((const double *)s->by_wide)[s->divided == CPOOL_OVER_ONE ? 0 : i] : sum);
        }
}
static CPOOL_SELDOM void OF(cpool_window_wide)(const cpool_windows *w, const char *src, char *out, isize n, uint64_t part)
{
    for (isize i = 0; i < n; i++, src += 2, out += 2) {
        double sum = 0;
        if (!(part >> i & 1) || FINITE(out))
            continue;
        for (isize r = 0; r < w->lines * w->row; r += w->row) {
            double row = VALUE(src + w->offset[r]);
            for (isize j = r + 1; j < r + w->row; j++)
                row += VALUE(src + w->offset[j]);
            sum = r ? sum + row : row;
        }
        PUT_WIDE_SUM(out, w->divided ? sum * *(const double *)w->by_wide : sum);
    }
}
#undef VALUE
#undef FINITE
#undef PUT_WIDE_SUM
#else
static void OF(cpool_strips_wide)(const cpool_strips *, isize, isize);
static void OF(cpool_window_wide)(const cpool_windows *, const char *, char *, isize, uint64_t);
#endif
CPOOL_INLINE void BN(strips_wide)(const cpool_strips *s, isize from, isize n)
{
    OF(cpool_strips_wide)(s, from, n);
}
CPOOL_INLINE void BN(window_wide)(const cpool_windows *w, const char *src, char *out, uint64_t part)
{
    OF(cpool_window_wide)(w, src, out, WIDE, part);
}

#include "rows_blocks.h"
#undef OF
#undef HALF
#undef HALVED
