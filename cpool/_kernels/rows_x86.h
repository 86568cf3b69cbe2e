/* The larger or smaller of two vectors of floats by x86's own instruction: included by rows.h on x86 only.
 *
 * maxps(b, a) gives a where the two are equal and where either is NaN: the first of equals, and a NaN that came first. A NaN
 * in b alone is put back, by a test that does not wait for the running result, as a comparison with it would. */
#include <immintrin.h>

#define CPOOL_X86_MAX(bytes, bits, S, suffix, vector) \
    CPOOL_INLINE vector cpool_x86_best_##S##_##bytes(int op, vector a, vector b) \
    { \
        const vector best = op == CPOOL_MAX ? CPOOL_MM(bits, max_##suffix)(b, a) : CPOOL_MM(bits, min_##suffix)(b, a); \
        return CPOOL_KEEP_NAN_##bytes(bits, suffix, best, b); \
    } \
    /* Where there is no NaN. */ \
    CPOOL_INLINE vector cpool_x86_plain_##S##_##bytes(int op, vector a, vector b) \
    { \
        return op == CPOOL_MAX ? CPOOL_MM(bits, max_##suffix)(b, a) : CPOOL_MM(bits, min_##suffix)(b, a); \
    } \
    CPOOL_INLINE int cpool_x86_any_nan_##S##_##bytes(vector v) { return CPOOL_ANY_NAN(bits, suffix, v); } \
    /* One bit a lane. */ \
    CPOOL_INLINE uint32_t cpool_x86_equal_##S##_##bytes(vector a, vector b) { return (uint32_t)CPOOL_EQUAL(bits, suffix, a, b); }

#if defined(__AVX512VL__)
#define CPOOL_EQUAL(bits, suffix, a, b) CPOOL_MM(bits, cmp_##suffix##_mask)(a, b, _CMP_EQ_OQ)
#elif defined(__AVX__)
#define CPOOL_EQUAL(bits, suffix, a, b) CPOOL_MM(bits, movemask_##suffix)(CPOOL_MM(bits, cmp_##suffix)(a, b, _CMP_EQ_OQ))
#else
#define CPOOL_EQUAL(bits, suffix, a, b) _mm_movemask_##suffix(_mm_cmpeq_##suffix(a, b))
#endif
#if defined(__AVX512VL__)
#define CPOOL_ANY_NAN(bits, suffix, v) CPOOL_MM(bits, cmp_##suffix##_mask)(v, v, _CMP_UNORD_Q) != 0
#elif defined(__AVX__)
#define CPOOL_ANY_NAN(bits, suffix, v) CPOOL_MM(bits, movemask_##suffix)(CPOOL_MM(bits, cmp_##suffix)(v, v, _CMP_UNORD_Q)) != 0
#else
#define CPOOL_ANY_NAN(bits, suffix, v) _mm_movemask_##suffix(_mm_cmpunord_##suffix(v, v)) != 0
#endif

#define CPOOL_MM_128(name) _mm_##name
#define CPOOL_MM_256(name) _mm256_##name
#define CPOOL_MM_512(name) _mm512_##name
#define CPOOL_MM(bits, name) CPOOL_MM_##bits(name)

#if defined(__AVX512VL__)
#define CPOOL_KEEP_NAN(bits, suffix, best, b) \
    CPOOL_MM(bits, mask_mov_##suffix)(best, CPOOL_MM(bits, cmp_##suffix##_mask)(b, b, _CMP_UNORD_Q), b)
#define CPOOL_KEEP_NAN_16 CPOOL_KEEP_NAN
#define CPOOL_KEEP_NAN_32 CPOOL_KEEP_NAN
#define CPOOL_KEEP_NAN_64 CPOOL_KEEP_NAN
#elif defined(__AVX__)
#define CPOOL_KEEP_NAN(bits, suffix, best, b) \
    CPOOL_MM(bits, blendv_##suffix)(best, b, CPOOL_MM(bits, cmp_##suffix)(b, b, _CMP_UNORD_Q))
#define CPOOL_KEEP_NAN_16 CPOOL_KEEP_NAN
#define CPOOL_KEEP_NAN_32 CPOOL_KEEP_NAN
#else
/* or: all ones in `best` where b is NaN is a NaN too, but not b's; and-not first. */
#define CPOOL_KEEP_NAN_16(bits, suffix, best, b) \
    _mm_or_##suffix(_mm_and_##suffix(_mm_cmpunord_##suffix(b, b), b), _mm_andnot_##suffix(_mm_cmpunord_##suffix(b, b), best))
#endif

#if CPOOL_BYTES >= 64
CPOOL_X86_MAX(64, 512, f32, ps, __m512)
CPOOL_X86_MAX(64, 512, f64, pd, __m512d)
#endif
#if CPOOL_BYTES >= 32
CPOOL_X86_MAX(32, 256, f32, ps, __m256)
CPOOL_X86_MAX(32, 256, f64, pd, __m256d)
#endif
CPOOL_X86_MAX(16, 128, f32, ps, __m128)
CPOOL_X86_MAX(16, 128, f64, pd, __m128d)
#define cpool_x86_best_f32_lane cpool_x86_best_f32_16
#define cpool_x86_best_f64_lane cpool_x86_best_f64_16
#define cpool_x86_plain_f32_lane cpool_x86_plain_f32_16
#define cpool_x86_plain_f64_lane cpool_x86_plain_f64_16
#define cpool_x86_any_nan_f32_lane cpool_x86_any_nan_f32_16
#define cpool_x86_any_nan_f64_lane cpool_x86_any_nan_f64_16

#if CPOOL_BYTES == 64
/* See CPOOL_OVER_ONE. The sign is that of v, which the rest of a zero would lose. What is missing from infinity is NaN: float sums
 * that are not finite are taken again in double, and doubles are looked at here. */
#define CPOOL_X86_QUOTIENT(S, suffix, epi, vector, SIGN, SPECIAL) \
    CPOOL_INLINE vector cpool_x86_quotient_##S##_64(vector v, vector by, vector near) \
    { \
        const vector q = _mm512_mul_##suffix(v, near), rest = _mm512_fnmadd_##suffix(q, by, v); \
        const __m512i bits = _mm512_cast##suffix##_si512(v); \
        const __m512i found = _mm512_cast##suffix##_si512(_mm512_fmadd_##suffix(rest, near, q)); \
        if (__builtin_expect(SPECIAL, 0)) \
            return _mm512_div_##suffix(v, by); \
        return _mm512_castsi512_##suffix(_mm512_ternarylogic_##epi(found, bits, _mm512_set1_##epi(SIGN), 0xf8)); \
    }
CPOOL_X86_QUOTIENT(f32, ps, epi32, __m512, INT32_MIN, 0)
CPOOL_X86_QUOTIENT(f64, pd, epi64, __m512d, INT64_MIN, _mm512_fpclass_pd_mask(v, 0x99) != 0) /* NaN and infinities */
/* A mask selects bytes as well as elements: the code of a winner takes one byte, from the comparison to memory. */
#define CPOOL_X86_WINNER(bytes, bits, S, suffix, mask, vector) \
    CPOOL_INLINE vector cpool_x86_winner_##S##_##bytes(int op, int plain, vector a, vector b, __m128i *from, __m128i other) \
    { \
        mask wins; \
        if (plain && op == CPOOL_MAX) \
            wins = CPOOL_MM(bits, cmp_##suffix##_mask)(b, a, _CMP_GT_OQ); \
        else if (plain) \
            wins = CPOOL_MM(bits, cmp_##suffix##_mask)(b, a, _CMP_LT_OQ); \
        else { /* as `wins` in rows_width.h */ \
            const mask number = CPOOL_MM(bits, cmp_##suffix##_mask)(a, a, _CMP_ORD_Q); \
            wins = op == CPOOL_MAX ? CPOOL_MM(bits, mask_cmp_##suffix##_mask)(number, b, a, _CMP_NLE_UQ) \
                                   : CPOOL_MM(bits, mask_cmp_##suffix##_mask)(number, b, a, _CMP_NGE_UQ); \
        } \
        *from = _mm_mask_mov_epi8(*from, (__mmask16)wins, other); \
        return CPOOL_MM(bits, mask_mov_##suffix)(a, wins, b); \
    }
CPOOL_X86_WINNER(64, 512, f32, ps, __mmask16, __m512)
CPOOL_X86_WINNER(64, 512, f64, pd, __mmask8, __m512d)
CPOOL_X86_WINNER(32, 256, f32, ps, __mmask8, __m256)
CPOOL_X86_WINNER(32, 256, f64, pd, __mmask8, __m256d)
CPOOL_X86_WINNER(16, 128, f32, ps, __mmask8, __m128)
CPOOL_X86_WINNER(16, 128, f64, pd, __mmask8, __m128d)
#define cpool_x86_winner_f32_lane cpool_x86_winner_f32_16
#define cpool_x86_winner_f64_lane cpool_x86_winner_f64_16

/* The same for codes as wide as elements, which lie aligned no more than those. */
#define CPOOL_X86_TAKE(bytes, bits, S, suffix, lane, mask, vector, codes) \
    CPOOL_INLINE vector cpool_x86_take_##S##_##bytes(int op, vector a, vector b, void *from, const void *other) \
    { \
        const mask number = CPOOL_MM(bits, cmp_##suffix##_mask)(a, a, _CMP_ORD_Q); \
        const mask wins = op == CPOOL_MAX ? CPOOL_MM(bits, mask_cmp_##suffix##_mask)(number, b, a, _CMP_NLE_UQ) \
                                          : CPOOL_MM(bits, mask_cmp_##suffix##_mask)(number, b, a, _CMP_NGE_UQ); \
        *(codes *)from = CPOOL_MM(bits, mask_mov_##lane)(*(codes *)from, wins, *(const codes *)other); \
        return CPOOL_MM(bits, mask_mov_##suffix)(a, wins, b); \
    }
CPOOL_X86_TAKE(64, 512, f32, ps, epi32, __mmask16, __m512, __m512i_u)
CPOOL_X86_TAKE(64, 512, f64, pd, epi64, __mmask8, __m512d, __m512i_u)
CPOOL_X86_TAKE(32, 256, f32, ps, epi32, __mmask8, __m256, __m256i_u)
CPOOL_X86_TAKE(32, 256, f64, pd, epi64, __mmask8, __m256d, __m256i_u)
CPOOL_X86_TAKE(16, 128, f32, ps, epi32, __mmask8, __m128, __m128i_u)
CPOOL_X86_TAKE(16, 128, f64, pd, epi64, __mmask8, __m128d, __m128i_u)
#define cpool_x86_take_f32_lane cpool_x86_take_f32_16
#define cpool_x86_take_f64_lane cpool_x86_take_f64_16

#define CPOOL_X86_PUT(bytes, lanes, S, bits, WIDE, vector) \
    CPOOL_INLINE void cpool_x86_put_##S##_##bytes(char *out, __m128i codes) { memcpy(out, &codes, lanes); } \
    CPOOL_INLINE void cpool_x86_put_wide_##S##_##bytes(char *out, __m128i codes) \
    { \
        const vector wide = WIDE(codes); \
        memcpy(out, &wide, lanes * (bits / 8)); \
    }
CPOOL_X86_PUT(64, 16, f32, 32, _mm512_cvtepu8_epi32, __m512i)
CPOOL_X86_PUT(64, 8, f64, 64, _mm512_cvtepu8_epi64, __m512i)
CPOOL_X86_PUT(32, 8, f32, 32, _mm256_cvtepu8_epi32, __m256i)
CPOOL_X86_PUT(32, 4, f64, 64, _mm256_cvtepu8_epi64, __m256i)
CPOOL_X86_PUT(16, 4, f32, 32, _mm_cvtepu8_epi32, __m128i)
CPOOL_X86_PUT(16, 2, f64, 64, _mm_cvtepu8_epi64, __m128i)
CPOOL_X86_PUT(lane, 1, f32, 32, _mm_cvtepu8_epi32, __m128i)
CPOOL_X86_PUT(lane, 1, f64, 64, _mm_cvtepu8_epi64, __m128i)

#define CPOOL_X86_ADD_WHERE(bytes, bits, S, suffix, lanes, mask, vector) \
    CPOOL_INLINE vector cpool_x86_add_where_##S##_##bytes(vector sum, const char *code, uint8_t wanted, vector grad) \
    { \
        __m128i found = _mm_setzero_si128(); \
        memcpy(&found, code, lanes); \
        const mask here = (mask)_mm_cmpeq_epi8_mask(found, _mm_set1_epi8((char)wanted)); \
        return CPOOL_MM(bits, mask_add_##suffix)(sum, here, sum, grad); \
    }
CPOOL_X86_ADD_WHERE(64, 512, f32, ps, 16, __mmask16, __m512)
CPOOL_X86_ADD_WHERE(64, 512, f64, pd, 8, __mmask8, __m512d)
CPOOL_X86_ADD_WHERE(32, 256, f32, ps, 8, __mmask8, __m256)
CPOOL_X86_ADD_WHERE(32, 256, f64, pd, 4, __mmask8, __m256d)
CPOOL_X86_ADD_WHERE(16, 128, f32, ps, 4, __mmask8, __m128)
CPOOL_X86_ADD_WHERE(16, 128, f64, pd, 2, __mmask8, __m128d)
#else
/* Bytes, as many as a vector has lanes, each as wide as a lane. */
CPOOL_INLINE __m128i cpool_x86_bytes(const char *src, size_t n)
{
    __m128i bytes = _mm_setzero_si128();
    memcpy(&bytes, src, n);
    return bytes;
}
#if defined(__AVX2__)
CPOOL_INLINE __m256i cpool_x86_widen_f32_32(const char *src) { return _mm256_cvtepu8_epi32(cpool_x86_bytes(src, 8)); }
CPOOL_INLINE __m256i cpool_x86_widen_f64_32(const char *src) { return _mm256_cvtepu8_epi64(cpool_x86_bytes(src, 4)); }
#endif
CPOOL_INLINE __m128i cpool_x86_widen_f32_16(const char *src)
{
    const __m128i zero = _mm_setzero_si128();
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(cpool_x86_bytes(src, 4), zero), zero);
}
CPOOL_INLINE __m128i cpool_x86_widen_f64_16(const char *src)
{
    const __m128i zero = _mm_setzero_si128();
    return _mm_unpacklo_epi32(_mm_unpacklo_epi16(_mm_unpacklo_epi8(cpool_x86_bytes(src, 2), zero), zero), zero);
}
#endif
