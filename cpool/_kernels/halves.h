/* float16 and bfloat16: their values as floats, and their order as that of 16-bit integers.
 *
 * A half that comes out of a float is rounded to even, and every NaN is the same one: the instruction and the portable form
 * must not differ in a bit. */
#ifndef CPOOL_HALVES_H
#define CPOOL_HALVES_H

enum { CPOOL_F16, CPOOL_BF16, CPOOL_HALF_TYPES };

/* Bits and values, as the compiler sees through. */
static inline float cpool_float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline uint32_t cpool_bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---------------------------------------------------------------------------------------------- as floats */
/* A subnormal is taken as the integer that it is times 2^-24: no float on the way is subnormal, which a process that flushes
 * those to zero would lose. */
static inline float cpool_float_of_f16(uint16_t half)
{
    const uint32_t size = half & 0x7fff, sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t normal = (size << 13) + (size >= 0x7c00 ? 0x70000000 : 0x38000000);
    const uint32_t small = cpool_bits_of((float)(int32_t)size * 0x1p-24f);
    return cpool_float_of((size < 0x0400 ? small : normal) | sign);
}
static inline uint16_t cpool_f16_of_float(float value)
{
    const uint32_t bits = cpool_bits_of(value), size = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
    const uint32_t normal = (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13;
    const uint32_t small = cpool_bits_of(cpool_float_of(size < 0x38800000 ? size : 0) + 0.5f) - 0x3f000000;
    const uint32_t finite = size < 0x38800000 ? small : normal;
    const uint32_t half = size >= 0x477ff000 ? 0x7c00 : finite;
    return (uint16_t)(size > 0x7f800000 ? 0x7e00 : (half | sign));
}
static inline float cpool_float_of_bf16(uint16_t half)
{
    return cpool_float_of((uint32_t)half << 16);
}
static inline uint16_t cpool_bf16_of_float(float value)
{
    const uint32_t bits = cpool_bits_of(value);
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* `DO_MANY` at i until fewer than `many` are left. Then once more, over some that were done: nothing is converted in place. */
#define CPOOL_CONVERT(many, DO_MANY) \
    for (; n - i >= (many); i += (many)) { DO_MANY; } \
    if (i < n && n >= (many)) { \
        i = n - (many); \
        DO_MANY; \
        i = n; \
    }
#if CPOOL_BYTES >= 64
#define CPOOL_LOAD_F16(i) _mm512_storeu_ps(to + (i), _mm512_cvtph_ps(_mm256_loadu_si256((const void *)(from + (i)))))
static inline void cpool_store_f16_vector(uint16_t *to, const float *from)
{
    const __m512 value = _mm512_loadu_ps(from);
    const __m256i half = _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    _mm256_storeu_si256((void *)to, _mm256_mask_mov_epi16(half, nan, _mm256_set1_epi16(0x7e00)));
}
#define CPOOL_F16_LANES 16
#elif defined(__F16C__) && defined(__AVX2__)
#define CPOOL_LOAD_F16(i) _mm256_storeu_ps(to + (i), _mm256_cvtph_ps(_mm_loadu_si128((const void *)(from + (i)))))
static inline void cpool_store_f16_vector(uint16_t *to, const float *from)
{
    const __m256 value = _mm256_loadu_ps(from);
    const __m128i half = _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    const __m128i narrow = _mm_packs_epi32(_mm256_castsi256_si128(nan), _mm256_extracti128_si256(nan, 1));
    _mm_storeu_si128((void *)to, _mm_blendv_epi8(half, _mm_set1_epi16(0x7e00), narrow));
}
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
    CPOOL_CONVERT(CPOOL_F16_LANES, cpool_store_f16_vector(to + i, from + i))
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
