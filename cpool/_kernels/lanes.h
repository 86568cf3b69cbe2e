/* Planes side by side: cell by cell, the values of many planes follow each other, as those of channels do in channels-last memory.
 * What a vector holds is then never cut by the end of a row, however small the planes are. */
#ifndef CPOOL_LANES_H
#define CPOOL_LANES_H

#if CPOOL_BYTES
/* A square as wide as a vector. To zip each row of the first half with its like in the second is to rotate the bits of an element's
 * index, row and column, by one place; done as often as a column has bits, row and column have changed places. */
#define CPOOL_ZIPPED(LANES, to, from) \
    for (int i = 0; i < LANES / 2; i++) { \
        to[2 * i] = __builtin_shufflevector(from[i], from[i + LANES / 2], CPOOL_NAME(CPOOL_ZIP_LOW, LANES)); \
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + LANES / 2], CPOOL_NAME(CPOOL_ZIP_HIGH, LANES)); \
    }
#define CPOOL_SQUARE(BITS, LANES, LANE_BITS) \
    typedef uint##BITS##_t CPOOL_CAT(cpool_side, BITS, LANES) \
        __attribute__((vector_size(LANES * BITS / 8), aligned(1), may_alias)); \
    CPOOL_INLINE void CPOOL_CAT(cpool_square, BITS, LANES)(char *dst, isize dst_step, const isize *place, const char *src, \
                                                           isize src_step) \
    { \
        typedef uint##BITS##_t V __attribute__((vector_size(LANES * BITS / 8))); \
        V a[LANES], b[LANES]; \
        for (int i = 0; i < LANES; i++) \
            a[i] = *(const CPOOL_CAT(cpool_side, BITS, LANES) *)(src + i * src_step * (BITS / 8)); \
        CPOOL_ZIPPED(LANES, b, a) \
        if (LANE_BITS > 1) { \
            CPOOL_ZIPPED(LANES, a, b) \
        } \
        if (LANE_BITS > 2) { \
            CPOOL_ZIPPED(LANES, b, a) \
        } \
        if (LANE_BITS > 3) { \
            CPOOL_ZIPPED(LANES, a, b) \
        } \
        for (int i = 0; i < LANES; i++) \
            *(CPOOL_CAT(cpool_side, BITS, LANES) *)(dst + (place ? place[i] : i * dst_step) * (BITS / 8)) = \
                LANE_BITS % 2 ? b[i] : a[i]; \
    }
CPOOL_SQUARE(8, 16, 4)
CPOOL_SQUARE(16, 8, 3)
CPOOL_SQUARE(32, 4, 2)
CPOOL_SQUARE(64, 2, 1)
#if CPOOL_BYTES >= 64
CPOOL_SQUARE(32, 16, 4)
CPOOL_SQUARE(64, 8, 3)
#endif

/* All in squares; the last in a row or column of them may overlap the one before it. */
#define CPOOL_SQUARES(BITS, LANES) \
    if (rows >= LANES && columns >= LANES) { \
        for (isize i = 0;; i = i + 2 * LANES <= rows ? i + LANES : rows - LANES) { \
            for (isize j = 0;; j = j + 2 * LANES <= columns ? j + LANES : columns - LANES) { \
                CPOOL_CAT(cpool_square, BITS, LANES)(dst + ((place ? 0 : j * dst_step) + i) * (BITS / 8), dst_step, \
                                                    place ? place + j : NULL, src + (i * src_step + j) * (BITS / 8), src_step); \
                if (j == columns - LANES) \
                    break; \
            } \
            if (i == rows - LANES) \
                break; \
        } \
        return; \
    }
#if CPOOL_BYTES >= 64
#define CPOOL_SQUARES_32 CPOOL_SQUARES(32, 16) CPOOL_SQUARES(32, 4)
#define CPOOL_SQUARES_64 CPOOL_SQUARES(64, 8) CPOOL_SQUARES(64, 2)
#else
#define CPOOL_SQUARES_32 CPOOL_SQUARES(32, 4)
#define CPOOL_SQUARES_64 CPOOL_SQUARES(64, 2)
#endif
#define CPOOL_SQUARES_8 CPOOL_SQUARES(8, 16)
#define CPOOL_SQUARES_16 CPOOL_SQUARES(16, 8)
#else
#define CPOOL_SQUARES_8
#define CPOOL_SQUARES_16
#define CPOOL_SQUARES_32
#define CPOOL_SQUARES_64
#endif

/* dst[j * dst_step + i] = src[i * src_step + j] for i < rows, j < columns; or dst[place[j] + i], unless it is NULL. Steps and
 * places in elements. Sixteen at a time: so many cache lines are written at once as the first cache holds. */
#define CPOOL_TRANSPOSE(BITS, TYPE) \
    CPOOL_INLINE void CPOOL_NAME(cpool_transpose_any, BITS)(char *dst, isize dst_step, const isize *place, const char *src, \
                                                            isize src_step, isize rows, isize columns) \
    { \
        CPOOL_NAME(CPOOL_SQUARES, BITS) \
        for (isize i0 = 0; i0 < rows; i0 += 16) { \
            const isize end = i0 + 16 < rows ? i0 + 16 : rows; \
            for (isize j = 0; j < columns; j++) \
                for (isize i = i0; i < end; i++) \
                    ((TYPE *)dst)[(place ? place[j] : j * dst_step) + i] = ((const TYPE *)src)[i * src_step + j]; \
        } \
    } \
    static void CPOOL_NAME(cpool_transpose, BITS)(char *dst, isize dst_step, const isize *place, const char *src, \
                                                  isize src_step, isize rows, isize columns) \
    { \
        if (place) \
            CPOOL_NAME(cpool_transpose_any, BITS)(dst, 0, place, src, src_step, rows, columns); \
        else \
            CPOOL_NAME(cpool_transpose_any, BITS)(dst, dst_step, NULL, src, src_step, rows, columns); \
    }
CPOOL_TRANSPOSE(8, uint8_t)
CPOOL_TRANSPOSE(16, cpool_bytes2)
CPOOL_TRANSPOSE(32, cpool_bytes4)
CPOOL_TRANSPOSE(64, cpool_bytes8)

static void cpool_transpose_to(char *dst, isize dst_step, const isize *place, const char *src, isize src_step, isize rows,
                               isize columns, isize width)
{
    switch (width) {
    case 1: cpool_transpose_8(dst, dst_step, place, src, src_step, rows, columns); break;
    case 2: cpool_transpose_16(dst, dst_step, place, src, src_step, rows, columns); break;
    case 4: cpool_transpose_32(dst, dst_step, place, src, src_step, rows, columns); break;
    default: cpool_transpose_64(dst, dst_step, place, src, src_step, rows, columns);
    }
}

static void cpool_transpose(char *dst, isize dst_step, const char *src, isize src_step, isize rows, isize columns, isize width)
{
    cpool_transpose_to(dst, dst_step, NULL, src, src_step, rows, columns, width);
}

#endif
