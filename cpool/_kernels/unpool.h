/* Unpooling where every value goes to a cell of its own window, and windows do not overlap: which cell, a byte tells.
 * Values are copied, whatever they are: here they are integers of their width. */
#ifndef CPOOL_UNPOOL_H
#define CPOOL_UNPOOL_H

#include "gather.h"

/* The code of an index that is in none of the cells seen so far. */
#define CPOOL_NO_CODE 255

#if !(CPOOL_X86 && CPOOL_BYTES == 64)
/* Indices of 64 bits in 32; false where one is negative or has more. */
static int cpool_narrow_indices(int32_t *restrict narrow, const int64_t *restrict index, isize n)
{
    uint64_t bits = 0;
    for (isize i = 0; i < n; i++) {
        narrow[i] = (int32_t)index[i];
        bits |= (uint64_t)index[i];
    }
    return bits <= INT32_MAX;
}

/* Codes of the indices that lie in one row of cells of their windows: index i in the `kernel` cells from start + steps[i] on, the
 * first of which has the code k. The others are given CPOOL_NO_CODE if this is the first row of cells, and stay else. */
static void cpool_match(uint8_t *restrict code, const int32_t *restrict index, const int32_t *restrict steps, uint32_t start,
                        uint8_t k, uint32_t kernel, int first, isize n)
{
    const uint8_t none = first ? CPOOL_NO_CODE : 0;
    for (isize i = 0; i < n; i++) {
        const uint32_t at = (uint32_t)index[i] - start - (uint32_t)steps[i];
        code[i] = at < kernel ? (uint8_t)(k + at) : (uint8_t)(code[i] | none);
    }
}
#endif

/* The codes of n indices: cell k of a window lies in row k / kernel of its cells, which begins row[k / kernel] cells behind the
 * first one, and of the first index's window that one is `start`; of index i it lies steps[i] cells further on. False where an
 * index is in no cell of its window. `narrow` has room for n; vectors of 64 bytes do it all in one pass. */
#if CPOOL_X86 && CPOOL_BYTES == 64
#define CPOOL_FIND(BITS, BEYOND) \
    CPOOL_INLINE int cpool_find_any_##BITS(uint8_t *code, const int##BITS##_t *index, const int32_t *steps, const int32_t *row, \
                                           isize rows, isize kernel, uint32_t start, isize n) \
    { \
        const __m512i width = _mm512_set1_epi32((int32_t)kernel), first = _mm512_set1_epi32((int32_t)start); \
        __m512i beyond = _mm512_setzero_si512(), last = _mm512_setzero_si512(); \
        for (isize i = 0; i < n; i += 16) { \
            CPOOL_SOME(16) \
            const __m512i place = cpool_places_##BITS(index + i, (__mmask16)some); \
            const __m512i at = _mm512_sub_epi32(_mm512_sub_epi32(place, first), \
                                                _mm512_maskz_loadu_epi32((__mmask16)some, steps + i)); \
            __m512i found = _mm512_set1_epi32(CPOOL_NO_CODE); \
            BEYOND \
            for (isize r = 0; r < rows; r++) { \
                const __m512i within = _mm512_sub_epi32(at, _mm512_set1_epi32(row[r])); \
                const __mmask16 here = _mm512_cmplt_epu32_mask(within, width); \
                found = _mm512_mask_add_epi32(found, here, within, _mm512_set1_epi32((int32_t)(r * kernel))); \
            } \
            last = _mm512_mask_max_epu32(last, (__mmask16)some, last, found); \
            _mm_mask_storeu_epi8(code + i, (__mmask16)some, _mm512_cvtepi32_epi8(found)); \
        } \
        return _mm512_reduce_max_epu32(last) < CPOOL_NO_CODE && \
               !_mm512_test_epi64_mask(beyond, _mm512_set1_epi64(~(int64_t)INT32_MAX)); \
    } \
    static int cpool_find_##BITS(uint8_t *code, const int##BITS##_t *index, const int32_t *steps, int32_t *narrow, \
                                 const int32_t *row, isize rows, isize kernel, uint32_t start, isize n) \
    { \
        (void)narrow; \
        switch (rows) { /* known to the compiler */ \
        case 2: return cpool_find_any_##BITS(code, index, steps, row, 2, kernel, start, n); \
        case 3: return cpool_find_any_##BITS(code, index, steps, row, 3, kernel, start, n); \
        default: return cpool_find_any_##BITS(code, index, steps, row, rows, kernel, start, n); \
        } \
    }
CPOOL_FIND(32, )
CPOOL_FIND(64, beyond = _mm512_or_si512(beyond, _mm512_or_si512(_mm512_maskz_loadu_epi64((__mmask8)some, index + i), \
                                                                _mm512_maskz_loadu_epi64((__mmask8)(some >> 8), index + i + 8)));)
#else
static int cpool_find_rows(uint8_t *code, const int32_t *index, const int32_t *steps, const int32_t *row, isize rows,
                           isize kernel, uint32_t start, isize n)
{
    for (isize r = 0; r < rows; r++)
        cpool_match(code, index, steps, start + (uint32_t)row[r], (uint8_t)(r * kernel), (uint32_t)kernel, r == 0, n);
    return memchr(code, CPOOL_NO_CODE, (size_t)n) == NULL;
}
static int cpool_find_32(uint8_t *code, const int32_t *index, const int32_t *steps, int32_t *narrow, const int32_t *row, isize rows,
                         isize kernel, uint32_t start, isize n)
{
    (void)narrow;
    return cpool_find_rows(code, index, steps, row, rows, kernel, start, n);
}
static int cpool_find_64(uint8_t *code, const int64_t *index, const int32_t *steps, int32_t *narrow, const int32_t *row, isize rows,
                         isize kernel, uint32_t start, isize n)
{
    return cpool_narrow_indices(narrow, index, n) && cpool_find_rows(code, narrow, steps, row, rows, kernel, start, n);
}
#endif

#if CPOOL_X86 && CPOOL_BYTES == 64
#define cpool_ones_r32_64_x86(mask) _mm512_movm_epi32(mask)
#define cpool_ones_r64_64_x86(mask) _mm512_movm_epi64((__mmask8)(mask))
#define cpool_ones_r32_32_x86(mask) _mm256_movm_epi32((__mmask8)(mask))
#define cpool_ones_r64_32_x86(mask) _mm256_movm_epi64((__mmask8)(mask))
#define cpool_ones_r32_16_x86(mask) _mm_movm_epi32((__mmask8)(mask))
#define cpool_ones_r64_16_x86(mask) _mm_movm_epi64((__mmask8)(mask))
#else
#define cpool_widen_r32_32_x86 cpool_x86_widen_f32_32
#define cpool_widen_r64_32_x86 cpool_x86_widen_f64_32
#define cpool_widen_r32_16_x86 cpool_x86_widen_f32_16
#define cpool_widen_r64_16_x86 cpool_x86_widen_f64_16
#endif

#define S r32
#define T uint32_t
#define I int32_t
#define BITS 32
#include "unpool_type.h"
#define S r64
#define T uint64_t
#define I int64_t
#define BITS 64
#include "unpool_type.h"

#endif
