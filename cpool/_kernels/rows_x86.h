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
    }

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
