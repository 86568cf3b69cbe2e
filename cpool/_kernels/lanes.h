/* Planes side by side: cell by cell, the values of many planes follow each other, as those of channels do in channels-last memory.
 * What a vector holds is then never cut by the end of a row, however small the planes are. */
#ifndef CPOOL_LANES_H
#define CPOOL_LANES_H

/* dst[j * dst_step + i] = src[i * src_step + j] for i < rows, j < columns, steps in elements. Sixteen at a time: so many cache lines
 * are written at once as the first cache holds. */
#define CPOOL_TRANSPOSE(TYPE) \
    for (isize i0 = 0; i0 < rows; i0 += 16) { \
        const isize end = i0 + 16 < rows ? i0 + 16 : rows; \
        for (isize j = 0; j < columns; j++) \
            for (isize i = i0; i < end; i++) \
                ((TYPE *)dst)[j * dst_step + i] = ((const TYPE *)src)[i * src_step + j]; \
    }

#if CPOOL_BYTES >= 64
/* 16 x 16 elements of 4 bytes: pairs, fours, eights and halves change places. */
static inline void cpool_transpose16(char *dst, isize dst_step, const char *src, isize src_step)
{
    __m512i a[16], b[16];
    for (int i = 0; i < 16; i++)
        a[i] = _mm512_loadu_si512(src + i * src_step);
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        b[i] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88);
        b[i + 4] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xdd);
        b[i + 8] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
        b[i + 12] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        a[i] = _mm512_shuffle_i32x4(b[i], b[i + 8], 0x88);
        a[i + 8] = _mm512_shuffle_i32x4(b[i], b[i + 8], 0xdd);
    }
    for (int i = 0; i < 16; i++)
        _mm512_storeu_si512(dst + i * dst_step, a[i]);
}
#endif

static void cpool_transpose(char *dst, isize dst_step, const char *src, isize src_step, isize rows, isize columns, isize width)
{
#if CPOOL_BYTES >= 64
    if (width == 4 && rows >= 16 && columns >= 16) {
        /* The last block may overlap the one before it. */
        for (isize i = 0;; i = i + 32 <= rows ? i + 16 : rows - 16) {
            for (isize j = 0;; j = j + 32 <= columns ? j + 16 : columns - 16) {
                cpool_transpose16(dst + 4 * (j * dst_step + i), 4 * dst_step, src + 4 * (i * src_step + j), 4 * src_step);
                if (j == columns - 16)
                    break;
            }
            if (i == rows - 16)
                break;
        }
        return;
    }
#endif
    switch (width) {
    case 1: CPOOL_TRANSPOSE(uint8_t) break;
    case 2: CPOOL_TRANSPOSE(uint16_t) break;
    case 4: CPOOL_TRANSPOSE(cpool_bytes4) break;
    default: CPOOL_TRANSPOSE(cpool_bytes8)
    }
}

#endif
