/* Rows of float16 and bfloat16: their values as floats, and their order as that of 16-bit integers. See half.h. */
#ifndef CPOOL_HALVES_H
#define CPOOL_HALVES_H

/* `DO_MANY` at i until fewer than `many` are left. Then once more, over some that were done: nothing is converted in place. */
#define CPOOL_CONVERT(many, DO_MANY) \
    for (; n - i >= (many); i += (many)) { DO_MANY; } \
    if (i < n && n >= (many)) { \
        i = n - (many); \
        DO_MANY; \
        i = n; \
    }
#if CPOOL_HALF_VECTORS && CPOOL_BYTES >= 64
#define CPOOL_LOAD_F16(i) _mm512_storeu_ps(to + (i), cpool_load_f16_64((const char *)(from + (i))))
#define CPOOL_STORE_F16(i) cpool_store_f16_64((char *)(to + (i)), _mm512_loadu_ps(from + (i)))
#define CPOOL_F16_LANES 16
#elif CPOOL_HALF_VECTORS
#define CPOOL_LOAD_F16(i) _mm256_storeu_ps(to + (i), cpool_load_f16_32((const char *)(from + (i))))
#define CPOOL_STORE_F16(i) cpool_store_f16_32((char *)(to + (i)), _mm256_loadu_ps(from + (i)))
#define CPOOL_F16_LANES 8
#endif

static void cpool_load_f16(char *dst, const char *src, isize n)
{
    float *restrict to = (float *)dst;
    const uint16_t *restrict from = (const uint16_t *)src;
    isize i = 0;
#ifdef CPOOL_F16_LANES
    CPOOL_CONVERT(CPOOL_F16_LANES, CPOOL_LOAD_F16(i))
#endif
    for (; i < n; i++)
        to[i] = cpool_float_of_f16(from[i]);
}
static void cpool_store_f16(char *dst, const char *src, isize n)
{
    uint16_t *restrict to = (uint16_t *)dst;
    const float *restrict from = (const float *)src;
    isize i = 0;
#ifdef CPOOL_F16_LANES
    CPOOL_CONVERT(CPOOL_F16_LANES, CPOOL_STORE_F16(i))
#endif
    for (; i < n; i++)
        to[i] = cpool_f16_of_float(from[i]);
}
static void cpool_load_bf16(char *dst, const char *src, isize n)
{
    float *restrict to = (float *)dst;
    const uint16_t *restrict from = (const uint16_t *)src;
    for (isize i = 0; i < n; i++)
        to[i] = cpool_float_of_bf16(from[i]);
}
static void cpool_store_bf16(char *dst, const char *src, isize n)
{
    uint16_t *restrict to = (uint16_t *)dst;
    const float *restrict from = (const float *)src;
    for (isize i = 0; i < n; i++)
        to[i] = cpool_bf16_of_float(from[i]);
}

/* ---------------------------------------------------------------------------------------------- as keys */
/* The bits below the sign turned over where that is set: an integer with the order of the value. Max and min of keys take half the
 * bytes, and half the instructions, of max and min of floats. Neither NaN nor a -0 beside a 0, which is its equal, has its place
 * in that order: `keys` returns whether there was one of either, and then floats have to do. */
static inline int16_t cpool_key(int16_t half)
{
    return (int16_t)(half ^ ((half >> 15) & 0x7fff));
}
#define CPOOL_KEYS(S, INF) \
    static int cpool_keys_##S(char *dst, const char *src, isize n) \
    { \
        int16_t *restrict to = (int16_t *)dst; \
        const int16_t *restrict from = (const int16_t *)src; \
        int16_t least = 0, largest = 0; \
        for (isize i = 0; i < n; i++) { \
            const int16_t half = from[i], size = half & 0x7fff; \
            least = half < least ? half : least; /* as an integer, -0 is the least of all halves */ \
            largest = size > largest ? size : largest; \
            to[i] = cpool_key(half); \
        } \
        return least == INT16_MIN || largest > INF; \
    } \
    /* A window without a cell has a key beyond infinity. */ \
    static void cpool_unkeys_##S(char *dst, const char *src, isize n) \
    { \
        int16_t *restrict to = (int16_t *)dst; \
        const int16_t *restrict from = (const int16_t *)src; \
        for (isize i = 0; i < n; i++) { \
            int16_t key = from[i] > ~INF ? from[i] : ~INF; \
            key = key < INF ? key : INF; \
            to[i] = cpool_key(key); \
        } \
    }
CPOOL_KEYS(f16, 0x7c00)
CPOOL_KEYS(bf16, 0x7f80)

/* ---------------------------------------------------------------------------------------------- divided */
/* Gradients of averages as those of floats: multiplied by a reciprocal in double, rounded to float, and then to a half. */
#define CPOOL_DIVIDED_HALVES(S) \
    static void cpool_load_##S##_f64(char *dst, const char *src, isize n, const void *divisors) \
    { \
        const double *by = divisors; \
        float part[64]; \
        for (isize i = 0, many; i < n; i += many) { \
            many = n - i < 64 ? n - i : 64; \
            cpool_load_##S((char *)part, src + 2 * i, many); \
            for (isize j = 0; j < many; j++) \
                ((double *)dst)[i + j] = by ? (double)part[j] * by[i + j] : (double)part[j]; \
        } \
    } \
    static void cpool_store_f64_##S(char *dst, const char *src, isize n, const void *divisors) \
    { \
        float part[64]; \
        (void)divisors; \
        for (isize i = 0, many; i < n; i += many) { \
            many = n - i < 64 ? n - i : 64; \
            for (isize j = 0; j < many; j++) \
                part[j] = (float)((const double *)src)[i + j]; \
            cpool_store_##S(dst + 2 * i, (const char *)part, many); \
        } \
    }
CPOOL_DIVIDED_HALVES(f16)
CPOOL_DIVIDED_HALVES(bf16)
/* What the gradients of averages over windows side by side need, see repeat.pxi. */
static const cpool_rows CPOOL_HALF_REPEATS[CPOOL_HALF_TYPES] = {
    {.width = 8, .source = 2, .result = 2, .reciprocal = 1, .load = cpool_load_f16_f64, .store = cpool_store_f64_f16},
    {.width = 8, .source = 2, .result = 2, .reciprocal = 1, .load = cpool_load_bf16_f64, .store = cpool_store_f64_bf16},
};

typedef struct {
    void (*load)(char *dst, const char *src, isize n);  /* halves into floats */
    void (*store)(char *dst, const char *src, isize n); /* floats into halves */
    int (*keys)(char *dst, const char *src, isize n);
    void (*unkeys)(char *dst, const char *src, isize n);
} cpool_halves;

static const cpool_halves CPOOL_HALVES[CPOOL_HALF_TYPES] = {
    {cpool_load_f16, cpool_store_f16, cpool_keys_f16, cpool_unkeys_f16},
    {cpool_load_bf16, cpool_store_bf16, cpool_keys_bf16, cpool_unkeys_bf16},
};

#endif
