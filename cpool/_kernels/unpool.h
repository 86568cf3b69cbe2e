/* Unpooling where every value goes to a cell of its own window, and windows do not overlap: which cell, a byte tells.
 * Values are copied, whatever they are: here they are integers of their width. */
#ifndef CPOOL_UNPOOL_H
#define CPOOL_UNPOOL_H

#include "rows.h"

/* The code of an index that is in none of the cells seen so far. */
#define CPOOL_NO_CODE 255

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
