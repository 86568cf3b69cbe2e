/* Results too large for the cache, past it: a store to a line that is not there first reads it, a third of all traffic then. What
 * is whole lines, made in scratch memory that stays in the cache, is written without. Measured with a result that is read again
 * at once, which then comes from memory: no gain below 12 MB, a third of the time less from 32 MB on. */
#ifndef CPOOL_STREAM_H
#define CPOOL_STREAM_H

#include "rows.h"

/* Bytes of a result from which on it is streamed, and the most that is made in scratch memory at a time. */
enum { CPOOL_STREAMED = CPOOL_X86 ? 16 << 20 : INT32_MAX, CPOOL_STREAM_PART = 256 << 10 };

#if CPOOL_X86
#if CPOOL_BYTES == 64
#define CPOOL_STREAM_LINE(dst, src) _mm512_stream_si512((__m512i *)(dst), _mm512_loadu_si512(src))
#else
#define CPOOL_STREAM_PIECE(i) _mm_stream_si128((__m128i *)(dst + (i)), _mm_loadu_si128((const __m128i *)(src + (i))))
#define CPOOL_STREAM_LINE(dst, src) \
    CPOOL_STREAM_PIECE(0), CPOOL_STREAM_PIECE(16), CPOOL_STREAM_PIECE(32), CPOOL_STREAM_PIECE(48)
#endif
static void cpool_stream(char *dst, const char *src, isize n)
{
    const isize head = -(intptr_t)dst & 63;
    if (n < head + 64) {
        memcpy(dst, src, (size_t)n);
        return;
    }
    memcpy(dst, src, (size_t)head);
    for (dst += head, src += head, n -= head; n >= 64; dst += 64, src += 64, n -= 64)
        CPOOL_STREAM_LINE(dst, src);
    memcpy(dst, src, (size_t)n);
}
/* Other threads see what was streamed before this. */
static void cpool_stream_end(void)
{
    _mm_sfence();
}
#else
static void cpool_stream(char *dst, const char *src, isize n)
{
    memcpy(dst, src, (size_t)n);
}
static void cpool_stream_end(void)
{
}
#endif

/* dst[i] = *value. String instructions write whole lines without reading them first, too, and leave them in the cache; starting one
 * takes as long as a few lines. */
static void cpool_fill_all(char *dst, const char *value, isize n, isize width)
{
#if CPOOL_X86
    if (n * width >= 2048 && (width == 4 || width == 8)) {
        uint64_t bits = 0;
        memcpy(&bits, value, (size_t)width);
        if (width == 4)
            __asm__ volatile("rep stosl" : "+D"(dst), "+c"(n) : "a"((uint32_t)bits) : "memory");
        else
            __asm__ volatile("rep stosq" : "+D"(dst), "+c"(n) : "a"(bits) : "memory");
        return;
    }
#endif
    cpool_repeat(dst, value, n, n, width);
}

#endif
