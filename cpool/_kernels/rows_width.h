/* One vector of LANES elements: included by rows_type.h once for each width B in bytes, and once for a single lane. */
#define V CPOOL_CAT(vector, S, B)
#define M CPOOL_CAT(mask, S, B)
#define FN(name) CPOOL_CAT(CPOOL_NAME(cpool, name), S, B)

#ifdef LANE
#define WIDE 1
#else
#define WIDE LANES
#endif
#if CPOOL_BYTES == 0
typedef T V;
typedef I M;
#define LOAD(p) (*(const T *)(p))
#define LOAD_CODE(p) (*(const I *)(p))
#define STORE(p, v) (*(T *)(p) = (v))
#define STORE_CODE(p, v) (*(I *)(p) = (v))
#define EVEN(p) LOAD(p)
#define ODD(p) LOAD((p) + sizeof(T))
#define BLEND(mask, b, a) ((mask) ? (b) : (a))
#define BLEND_CODE BLEND
#define BROADCAST(x) ((I)(x))
#else
#ifdef LANE /* a whole vector of which the first lane counts: unlike a scalar, it never branches on the data */
#define VECTOR_BYTES 16
#define LOAD(p) ((V){*(const T *)(p)})
#define LOAD_CODE(p) ((M){*(const I *)(p)})
#define STORE(p, v) (*(T *)(p) = (v)[0])
#define STORE_CODE(p, v) (*(I *)(p) = (v)[0])
#define EVEN(p) LOAD(p)
#define ODD(p) LOAD((p) + sizeof(T))
#else
#define VECTOR_BYTES B
#define LOAD(p) (*(const V *)(p))
#define LOAD_CODE(p) (*(const M *)(p))
#define STORE(p, v) (*(V *)(p) = (v))
#define STORE_CODE(p, v) (*(M *)(p) = (v))
#define EVEN(p) __builtin_shufflevector(LOAD(p), LOAD((p) + B), CPOOL_NAME(CPOOL_EVEN, LANES))
#define ODD(p) __builtin_shufflevector(LOAD(p), LOAD((p) + B), CPOOL_NAME(CPOOL_ODD, LANES))
#endif
typedef T V __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));
typedef I M __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(I)), may_alias));
#define BLEND(mask, b, a) ((V)(((mask) & (M)(b)) | (~(mask) & (M)(a))))
#define BLEND_CODE(mask, b, a) (((mask) & (b)) | (~(mask) & (a)))
#define BROADCAST(x) ((M){0} + (I)(x))
#endif

#if CPOOL_BYTES && !defined(LANE)
typedef uint8_t FN(bytes) __attribute__((vector_size(LANES)));
typedef uint16_t FN(shorts) __attribute__((vector_size(2 * LANES)));
typedef int32_t FN(ints) __attribute__((vector_size(4 * LANES)));
#endif

/* Where b replaces a. The first of equals stays, and so does the first NaN: a comparison that is false for NaN, negated,
 * takes a NaN in b; the second clause keeps one in a. Two compares and a blend, as cheap as a max that loses NaN. */
CPOOL_INLINE M FN(wins)(int op, V a, V b)
{
#if FLOATING
    return op == CPOOL_MAX ? ~(b <= a) & (a == a) : ~(b >= a) & (a == a);
#else
    return op == CPOOL_MAX ? (M)(b > a) : (M)(b < a);
#endif
}

CPOOL_INLINE void FN(store)(char *out, V v)
{
    STORE(out, v);
}

CPOOL_INLINE V FN(combine)(int op, V a, V b)
{
    if (op == CPOOL_SUM)
        return a + b;
#if FLOATING && X86_BEST
    return (V)FN(x86_best)(op, a, b);
#endif
    M mask = FN(wins)(op, a, b);
    return BLEND(mask, b, a);
}

#if WIDENS && CPOOL_BYTES && !defined(LANE)
typedef float FN(half) __attribute__((vector_size(B / 2), aligned(4), may_alias));
#endif
#include "strips_width.h"
#if FLOATING
#include "prefixes_width.h"
#endif

#if SUMS && BITS == 64
CPOOL_INLINE T FN(sum_of_lanes)(V v)
{
#if CPOOL_BYTES == 0
    return v;
#elif defined(LANE)
    return v[0];
#else
#if LANES == 8
    v = v + __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    v = v + __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
    v = v + __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#elif LANES == 4
    v = v + __builtin_shufflevector(v, v, 2, 3, 0, 1);
    v = v + __builtin_shufflevector(v, v, 1, 0, 3, 2);
#else
    v = v + __builtin_shufflevector(v, v, 1, 0);
#endif
    return v[0];
#endif
}
#endif

#if CPOOL_PARTS && B == 64 && FLOATING
#define READ_PART(p, part) ((V)CPOOL_NAME(_mm512_maskz_loadu, CPOOL_NAME(CPOOL_EPI, BITS))(part, p))
#else
#define READ_PART(p, part) READ(p)
#endif
#define READ(p) LOAD(p)
#define READ_EVEN(p) EVEN(p)
#define READ_ODD(p) ODD(p)
#define SOURCE T
#define BN(name) FN(name)
#define PUT FN(put)
#define PUT_PART FN(put_part)
#define KEEP STORE
#include "rows_blocks.h"

#if WIDENS && CPOOL_BYTES /* the same from a row of float: twice the lanes a byte, so vectors half as wide */
#ifdef LANE
#define READ(p) ((V){(T) * (const float *)(p)})
#define READ_EVEN(p) READ(p)
#define READ_ODD(p) READ((p) + sizeof(float))
#else
#define HALF(p) (*(const FN(half) *)(p))
#if CPOOL_X86 && B == 64 /* gcc 12 would convert the halves and put them together */
#define WIDEN(half) ((V)_mm512_cvtps_pd((__m256)(half)))
#else
#define WIDEN(half) __builtin_convertvector(half, V)
#endif
#define READ(p) WIDEN(HALF(p))
#define READ_EVEN(p) WIDEN(__builtin_shufflevector(HALF(p), HALF((p) + B / 2), CPOOL_NAME(CPOOL_EVEN, LANES)))
#define READ_ODD(p) WIDEN(__builtin_shufflevector(HALF(p), HALF((p) + B / 2), CPOOL_NAME(CPOOL_ODD, LANES)))
#endif
#if CPOOL_PARTS && B == 64
#define READ_PART(p, part) WIDEN(_mm256_maskz_loadu_ps((__mmask8)(part), (const float *)(p)))
#else
#define READ_PART(p, part) READ(p)
#endif
#define SOURCE float
#define BN(name) FN(CPOOL_NAME(name, widening))
#define PUT FN(put)
#define PUT_PART FN(put_part)
#include "rows_blocks.h"
#undef HALF
#undef WIDEN
#endif

#if HALVES
#define HALF f16
#include "rows_half.h"
#endif

#if WINNERS
CPOOL_INLINE void FN(reduce_winner)(int op, char *out, char *out_code, const char *src, const char *src_code, isize tap_step,
                                    isize taps, int64_t code, int64_t code_step)
{
    V a = LOAD(src);
    M from = BROADCAST(code);
    if (src_code)
        from += LOAD_CODE(src_code);
    for (isize t = 1; t < taps; t++) {
        V b = LOAD(src + t * tap_step);
        M other = BROADCAST(code + t * code_step);
        if (src_code)
            other += LOAD_CODE(src_code + t * tap_step);
        M mask = FN(wins)(op, a, b);
        a = BLEND(mask, b, a);
        from = BLEND_CODE(mask, other, from);
    }
    STORE(out, a);
    STORE_CODE(out_code, from);
}
#endif

#undef V
#undef M
#undef FN
#undef VECTOR_BYTES
#undef WIDE
#undef LOAD
#undef LOAD_CODE
#undef STORE
#undef STORE_CODE
#undef EVEN
#undef ODD
#undef CODES
#undef PLUS
#undef CHOOSE
#undef PUT_CODES
#undef PUT_WIDE
#undef BLEND
#undef BLEND_CODE
#undef BROADCAST
