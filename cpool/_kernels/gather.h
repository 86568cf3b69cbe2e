/* Elements from places all over a plane, whatever they are: integers of their width. A machine with vectors of 64 bytes reads 16 at
 * once, which takes half as long as one by one; shorter ones gain nothing. */
#ifndef CPOOL_GATHER_H
#define CPOOL_GATHER_H

#include "rows.h"

#if CPOOL_X86 && CPOOL_BYTES == 64
#define CPOOL_SOME(lanes) const uint32_t some = n - i < lanes ? (1u << (n - i)) - 1 : 0xffffu;
/* int32 places from an index of either width, none beyond an int32. */
CPOOL_INLINE __m512i cpool_places_32(const int32_t *index, __mmask16 some)
{
    return _mm512_maskz_loadu_epi32(some, index);
}
CPOOL_INLINE __m512i cpool_places_64(const int64_t *index, __mmask16 some)
{
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(_mm512_maskz_loadu_epi64((__mmask8)some, index), even,
                                     _mm512_maskz_loadu_epi64((__mmask8)(some >> 8), index + 8));
}

/* result[i] = from[place[i]], and 0 where that is negative. */
static void cpool_take_r32(uint32_t *result, const uint32_t *from, const int32_t *place, isize n)
{
    for (isize i = 0; i < n; i += 16) {
        CPOOL_SOME(16)
        const __m512i at = _mm512_maskz_loadu_epi32((__mmask16)some, place + i), none = _mm512_setzero_si512();
        const __mmask16 there = _mm512_mask_cmpge_epi32_mask((__mmask16)some, at, none);
        _mm512_mask_storeu_epi32(result + i, (__mmask16)some, _mm512_mask_i32gather_epi32(none, there, at, from, 4));
    }
}
static void cpool_take_r64(uint64_t *result, const uint64_t *from, const int32_t *place, isize n)
{
    for (isize i = 0; i < n; i += 8) {
        CPOOL_SOME(8)
        const __m256i at = _mm256_maskz_loadu_epi32((__mmask8)some, place + i);
        const __mmask8 there = _mm256_mask_cmpge_epi32_mask((__mmask8)some, at, _mm256_setzero_si256());
        _mm512_mask_storeu_epi64(result + i, (__mmask8)some,
                                 _mm512_mask_i32gather_epi64(_mm512_setzero_si512(), there, at, from, 8));
    }
}

/* x[i] = window[i * step + place[code[i]]], of codes below `cells`; place has room for 16. */
static void cpool_gather_codes_r32(uint32_t *x, const uint32_t *window, const uint8_t *code, const int32_t *place, isize cells,
                                   isize step, isize n)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), few = _mm512_loadu_si512(place);
    const __m512i steps = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int32_t)step));
    for (isize i = 0; i < n; i += 16) {
        CPOOL_SOME(16)
        const __m512i codes = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)some, code + i));
        const __m512i at = cells <= 16 ? _mm512_permutexvar_epi32(codes, few) : _mm512_i32gather_epi32(codes, place, 4);
        const __m512i found = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), (__mmask16)some, _mm512_add_epi32(at, steps),
                                                          window + i * step, 4);
        _mm512_mask_storeu_epi32(x + i, (__mmask16)some, found);
    }
}
static void cpool_gather_codes_r64(uint64_t *x, const uint64_t *window, const uint8_t *code, const int32_t *place, isize cells,
                                   isize step, isize n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), low = _mm256_loadu_si256((const __m256i *)place);
    const __m256i steps = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int32_t)step));
    const __m256i high = _mm256_loadu_si256((const __m256i *)(place + 8));
    for (isize i = 0; i < n; i += 8) {
        CPOOL_SOME(8)
        const __m256i codes = _mm256_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)(some & 0xff), code + i));
        const __m256i at = cells <= 16 ? _mm256_permutex2var_epi32(low, codes, high) : _mm256_i32gather_epi32(place, codes, 4);
        const __m512i found = _mm512_mask_i32gather_epi64(_mm512_setzero_si512(), (__mmask8)some, _mm256_add_epi32(at, steps),
                                                          window + i * step, 8);
        _mm512_mask_storeu_epi64(x + i, (__mmask8)some, found);
    }
}

/* kept[i] = index[i] where owner[index[i]] is i, and -1 elsewhere. */
#define CPOOL_KEEP_OWNERS(BITS) \
    static void cpool_keep_owners_##BITS(int32_t *kept, const int32_t *owner, const int##BITS##_t *index, isize n) \
    { \
        const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
        const __m512i none = _mm512_set1_epi32(-1); \
        for (isize i = 0; i < n; i += 16) { \
            CPOOL_SOME(16) \
            const __m512i at = cpool_places_##BITS(index + i, (__mmask16)some); \
            const __m512i by = _mm512_mask_i32gather_epi32(none, (__mmask16)some, at, owner, 4); \
            const __mmask16 own = _mm512_cmpeq_epi32_mask(by, _mm512_add_epi32(lane, _mm512_set1_epi32((int32_t)i))); \
            _mm512_mask_storeu_epi32(kept + i, (__mmask16)some, _mm512_mask_mov_epi32(none, own, at)); \
        } \
    }
#else
/* Without a branch on what no one foresees: of a negative place all bits of `none` are set, and the first cell is read. */
#define CPOOL_TAKE_ONE_BY_ONE(BITS) \
    static void cpool_take_r##BITS(uint##BITS##_t *result, const uint##BITS##_t *from, const int32_t *place, isize n) \
    { \
        for (isize i = 0; i < n; i++) { \
            const int32_t none = place[i] >> 31; \
            result[i] = from[place[i] & ~none] & ~(uint##BITS##_t)(int##BITS##_t)none; \
        } \
    } \
    static void cpool_gather_codes_r##BITS(uint##BITS##_t *x, const uint##BITS##_t *window, const uint8_t *code, \
                                           const int32_t *place, isize cells, isize step, isize n) \
    { \
        (void)cells; \
        for (isize i = 0; i < n; i++) \
            x[i] = window[i * step + place[code[i]]]; \
    }
CPOOL_TAKE_ONE_BY_ONE(32)
CPOOL_TAKE_ONE_BY_ONE(64)
#define CPOOL_KEEP_OWNERS(BITS) \
    static void cpool_keep_owners_##BITS(int32_t *kept, const int32_t *owner, const int##BITS##_t *index, isize n) \
    { \
        for (isize i = 0; i < n; i++) { \
            const int32_t at = (int32_t)index[i]; \
            kept[i] = owner[at] == (int32_t)i ? at : -1; \
        } \
    }
#endif
CPOOL_KEEP_OWNERS(32)
CPOOL_KEEP_OWNERS(64)

#endif
