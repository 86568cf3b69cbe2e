/* One half, float16 or bfloat16, and vectors of them, as floats.
 *
 * A half that comes out of a float is rounded to even, and every NaN is the same one: the instruction and the portable form
 * must not differ in a bit. */
#ifndef CPOOL_HALF_H
#define CPOOL_HALF_H

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

/* ---------------------------------------------------------------------------------------------- vectors */
/* Halves into as many floats as a vector of so many bytes has, and back. Without the instructions halves go by boxes alone, and
 * rows of them are converted as above. */
#if CPOOL_X86 && defined(__F16C__) && defined(__AVX2__)
#define CPOOL_HALF_VECTORS 1
#if CPOOL_BYTES >= 64
#define CPOOL_HALF_WHOLE(S) \
    CPOOL_INLINE __m512 cpool_load_##S##_64(const char *src) \
    { \
        return cpool_wide_##S##_64(_mm256_loadu_si256((const void *)src)); \
    } \
    CPOOL_INLINE void cpool_store_##S##_64(char *to, __m512 value) \
    { \
        _mm256_storeu_si256((void *)to, cpool_narrow_##S##_64(value)); \
    } \
    /* Some lanes, one bit each. */ \
    CPOOL_INLINE __m512 cpool_load_part_##S##_64(const char *src, __mmask16 part) \
    { \
        return cpool_wide_##S##_64(_mm256_maskz_loadu_epi16(part, src)); \
    } \
    CPOOL_INLINE void cpool_store_part_##S##_64(char *to, __m512 value, __mmask16 part) \
    { \
        _mm256_mask_storeu_epi16(to, part, cpool_narrow_##S##_64(value)); \
    }
CPOOL_INLINE __m512 cpool_wide_f16_64(__m256i half) { return _mm512_cvtph_ps(half); }
CPOOL_INLINE __m256i cpool_narrow_f16_64(__m512 value)
{
    const __m256i half = _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    return _mm256_mask_mov_epi16(half, nan, _mm256_set1_epi16(0x7e00));
}
CPOOL_HALF_WHOLE(f16)
#endif
CPOOL_INLINE __m256 cpool_load_f16_32(const char *src) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *)src)); }
CPOOL_INLINE void cpool_store_f16_32(char *to, __m256 value)
{
    const __m128i half = _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    const __m128i narrow = _mm_packs_epi32(_mm256_castsi256_si128(nan), _mm256_extracti128_si256(nan, 1));
    _mm_storeu_si128((void *)to, _mm_blendv_epi8(half, _mm_set1_epi16(0x7e00), narrow));
}
/* Fewer than eight: by way of as many, the others 0. */
#define CPOOL_HALF_PART(S, bytes, many, vector) \
    CPOOL_INLINE vector cpool_load_##S##_##bytes(const char *src) \
    { \
        char halves[16] = {0}; \
        memcpy(halves, src, 2 * many); \
        const __m256 values = cpool_load_##S##_32(halves); \
        vector found; \
        memcpy(&found, &values, sizeof found); \
        return found; \
    } \
    CPOOL_INLINE void cpool_store_##S##_##bytes(char *to, vector value) \
    { \
        char halves[16]; \
        __m256 values = _mm256_setzero_ps(); \
        memcpy(&values, &value, sizeof value); \
        cpool_store_##S##_32(halves, values); \
        memcpy(to, halves, 2 * many); \
    }
CPOOL_HALF_PART(f16, 16, 4, __m128)
typedef float cpool_pair __attribute__((vector_size(8)));
CPOOL_HALF_PART(f16, 8, 2, cpool_pair)
CPOOL_HALF_PART(f16, lane, 1, __m128)
#else
#define CPOOL_HALF_VECTORS 0
#endif

#endif
