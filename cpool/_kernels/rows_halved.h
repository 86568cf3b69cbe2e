/* Every second element of rows, of one byte or two: `bytes` of them a row, from a row that has twice as many. */
#ifndef CPOOL_ROWS_HALVED_H
#define CPOOL_ROWS_HALVED_H

#define CPOOL_HALVED_LOOP(TYPE) \
    for (isize r = 0; r < rows; r++, dst += dst_step, src += src_step) \
        for (isize i = 0; i < bytes / (isize)sizeof(TYPE); i++) \
            ((TYPE *)dst)[i] = ((const TYPE *)src)[2 * i];

#if CPOOL_BYTES && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Of pairs, the low half: so many bytes at a time, the last of a row over some that were done. */
#define CPOOL_HALVED_VECTOR(many, WIDE, NARROW) \
    typedef WIDE cpool_wide_##NARROW##many __attribute__((vector_size(2 * many), aligned(1), may_alias)); \
    typedef NARROW cpool_narrow_##NARROW##many __attribute__((vector_size(many), aligned(1), may_alias)); \
    CPOOL_INLINE void cpool_halved_##NARROW##many(char *restrict dst, isize dst_step, const char *restrict src, isize src_step, \
                                                  isize rows, isize bytes) \
    { \
        for (isize r = 0; r < rows; r++, dst += dst_step, src += src_step) \
            for (isize at = 0, end = bytes - many; at <= end; at = at < end && at + many > end ? end : at + many) \
                *(cpool_narrow_##NARROW##many *)(dst + at) = __builtin_convertvector( \
                    *(const cpool_wide_##NARROW##many *)(src + 2 * at), cpool_narrow_##NARROW##many); \
    }
#define CPOOL_HALVED_WIDTH(many) \
    CPOOL_HALVED_VECTOR(many, uint16_t, uint8_t) \
    CPOOL_HALVED_VECTOR(many, uint32_t, uint16_t)
#define CPOOL_HALVED_BY(many) \
    if (bytes >= many) { \
        if (width == 1) \
            cpool_halved_uint8_t##many(dst, dst_step, src, src_step, rows, bytes); \
        else \
            cpool_halved_uint16_t##many(dst, dst_step, src, src_step, rows, bytes); \
        return; \
    }
CPOOL_HALVED_WIDTH(8)
#if CPOOL_BYTES >= 32
CPOOL_HALVED_WIDTH(16)
#endif
#if CPOOL_BYTES >= 64
CPOOL_HALVED_WIDTH(32)
#endif
#endif

static void cpool_halve_rows(char *restrict dst, isize dst_step, const char *restrict src, isize src_step, isize rows, isize bytes,
                             isize width)
{
#if CPOOL_BYTES && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#if CPOOL_BYTES >= 64
    CPOOL_HALVED_BY(32)
#endif
#if CPOOL_BYTES >= 32
    CPOOL_HALVED_BY(16)
#endif
    CPOOL_HALVED_BY(8)
#endif
    if (width == 1) {
        CPOOL_HALVED_LOOP(uint8_t)
    } else {
        CPOOL_HALVED_LOOP(cpool_bytes2)
    }
}

#endif
