/* Row primitives: the few innermost loops, one copy an element type, gathered in tables that the Cython code calls through.
 *
 * They are written with the compiler's portable vector types because automatic vectorisation of these loops cannot be
 * relied on: the same source was seen 15 times slower after a change of flag or spelling. A compiler without them gets
 * one lane a "vector": correct, and scalar.
 *
 * Steps are in bytes, lengths (n, count, taps) in elements. Pointers need the alignment of an element only.
 */
#ifndef CPOOL_ROWS_H
#define CPOOL_ROWS_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef ptrdiff_t isize;

/* The order of these two lists is that of cpool._dispatch.OPERATIONS and ELEMENTS; halves follow, see halves.h. */
enum { CPOOL_MAX, CPOOL_MIN, CPOOL_SUM, CPOOL_MEAN, CPOOL_OPERATIONS };
enum { CPOOL_F32, CPOOL_F64, CPOOL_I8, CPOOL_U8, CPOOL_I16, CPOOL_U16, CPOOL_I32, CPOOL_U32, CPOOL_I64, CPOOL_U64, CPOOL_ELEMENTS };

#include "strips.h"
#include "pick.h"
#include "windows.h"
#include "prefixes.h"

/* What divides a row, and the reciprocals; `even`: the first of each all of it. */
enum { CPOOL_BOTH = 2 };
typedef struct {
    double *by, *reciprocal;
    int even;
} cpool_both;

/* What the passes need of one operation on one element type. Entries that it has no use for are NULL. */
typedef struct {
    isize width;       /* bytes of an element within the passes */
    isize source;      /* bytes of an element of the input */
    isize result;      /* bytes of an element of the output */
    int idempotent;    /* op(a, a) == a: a window may be covered by overlapping pieces */
    int reciprocal;    /* `by`, whose elements are as wide as those within the passes, holds reciprocals; CPOOL_BOTH: it is a cpool_both */
    int plain;         /* an input element is an element within the passes, as it stands */
    int byte_codes;    /* strips and windows can keep the codes of winners */

    /* out[c][i] = op over t < taps of src[c][i + t * tap_step], for c < count rows out_step and src_step apart.
     * It may work in place, downwards in memory: out[c] may be src[c]. */
    void (*reduce)(char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step, isize taps, isize n);
    /* The same from input elements, where these are not plain; NULL: convert the row first, with load. */
    void (*first_reduce)(char *out, isize out_step, const char *src, isize src_step, isize count, isize tap_step, isize taps, isize n);
    /* The first again, and the code of the winner: code + t * code_step, plus what the source cell carries (src_code not NULL). */
    void (*reduce_winner)(char *out, char *out_code, isize out_step, const char *src, const char *src_code, isize src_step,
                          isize count, isize tap_step, isize taps, isize n, int64_t code, int64_t code_step);
    void (*raise_codes)(char *code, int64_t least, isize n);                 /* code = max(code, least) */
    void (*narrow)(char *dst, isize dst_width, const char *code, isize n);   /* codes into 1, 2 or 4 bytes */

    /* Windows over whole planes, see strips.h: of elements within the passes, and of input elements (NULL: as first_reduce). */
    void (*strips)(const cpool_strips *);
    void (*first_strips)(const cpool_strips *);
    /* Windows cell by cell, see windows.h; the same two. */
    void (*windows)(const cpool_windows *);
    void (*first_windows)(const cpool_windows *);
    /* Windows along one axis, see prefixes.h: of lines (the same two), and along rows whose cells follow each other (NULL: never). */
    void (*prefixes)(const cpool_prefixes *);
    void (*first_prefixes)(const cpool_prefixes *);
    void (*prefixes_across)(const cpool_prefixes *);
    void (*first_prefixes_across)(const cpool_prefixes *);
    /* dst[i] = -src[i], where the prefixes are those of max: min(x) = -max(-x), in all bits. Else NULL. */
    void (*negate)(char *dst, const char *src, isize n);
    /* out[c] = the sum of n input elements from src + c * src_step on, for c < count; sums only. */
    void (*fold)(char *out, const char *src, isize src_step, isize count, isize n);
    /* The same of max and min; unless `code` is NULL it takes the place of each winner, in code_width bytes. */
    void (*fold_best)(char *out, char *code, isize code_width, const char *src, isize src_step, isize count, isize n);
    void (*accumulate)(char *out, const char *src, isize n);                 /* out = op(out, src), for sums */
    void (*fill)(char *dst, isize n);                                        /* the neutral element */
    /* Input elements -> pass elements -> output elements, divided by `by` (or multiplied with its reciprocals) unless NULL. */
    void (*load)(char *dst, const char *src, isize n, const void *by);
    void (*store)(char *dst, const char *src, isize n, const void *by);
} cpool_rows;

/* What the gradient of max and min needs of one element type. */
typedef struct {
    isize width;
    void (*pick)(const cpool_pick *);
    void (*pick_pairs)(const cpool_pick *); /* rows of an even cell and an odd one in turn, from a window each */
} cpool_grads;

/* Elements by their width alone, wherever they lie: a pixel of two floats is copied as eight bytes. */
#if defined(__GNUC__)
#define CPOOL_ANYWHERE __attribute__((may_alias, aligned(1)))
#else
#define CPOOL_ANYWHERE
#endif
typedef uint16_t cpool_bytes2 CPOOL_ANYWHERE;
typedef uint32_t cpool_bytes4 CPOOL_ANYWHERE;
typedef uint64_t cpool_bytes8 CPOOL_ANYWHERE;

/* dst[i] = src[i * step] and dst[i * step] = src[i], in elements of `width` bytes; a few bytes wide, or a whole pixel. */
#define CPOOL_COPY_LOOP(TYPE, TO, FROM) \
    for (isize i = 0; i < n; i++) ((TYPE *)dst)[TO] = ((const TYPE *)src)[FROM]
#define CPOOL_COPY_BY_WIDTH(TO, FROM) \
    switch (width) { \
    case 1: CPOOL_COPY_LOOP(uint8_t, TO, FROM); break; \
    case 2: CPOOL_COPY_LOOP(cpool_bytes2, TO, FROM); break; \
    case 4: CPOOL_COPY_LOOP(cpool_bytes4, TO, FROM); break; \
    case 8: CPOOL_COPY_LOOP(cpool_bytes8, TO, FROM); break; \
    default: for (isize i = 0; i < n; i++) memcpy(dst + (TO) * width, src + (FROM) * width, (size_t)width); \
    }
static inline void cpool_gather(char *dst, const char *src, isize step, isize n, isize width)
{
    CPOOL_COPY_BY_WIDTH(i, i * step)
}
/* Rows of so many bytes, copied without a call for each: a short row costs less than memcpy takes to choose its way. */
#define CPOOL_COPY_ROW(chunk) \
    for (isize r = 0; r < rows; r++, dst += dst_step, src += src_step) { \
        for (isize i = 0; i + chunk < bytes; i += chunk) \
            memcpy(dst + i, src + i, chunk); \
        memcpy(dst + bytes - chunk, src + bytes - chunk, chunk); \
    }
static inline void cpool_copy_rows(char *dst, isize dst_step, const char *src, isize src_step, isize rows, isize bytes)
{
    if (bytes >= 64) {
        CPOOL_COPY_ROW(64)
    } else if (bytes >= 32) {
        CPOOL_COPY_ROW(32)
    } else if (bytes >= 16) {
        CPOOL_COPY_ROW(16)
    } else if (bytes >= 4) {
        CPOOL_COPY_ROW(4)
    } else {
        CPOOL_COPY_ROW(1)
    }
}
/* dst[i] = a[i / 2] or b[i / 2] in turn. */
#define CPOOL_ZIP_LOOP(TYPE) \
    for (isize i = 0; i < n / 2; i++) { \
        ((TYPE *)dst)[2 * i] = ((const TYPE *)a)[i]; \
        ((TYPE *)dst)[2 * i + 1] = ((const TYPE *)b)[i]; \
    } \
    if (n % 2) \
        ((TYPE *)dst)[n - 1] = ((const TYPE *)a)[n / 2]
static inline void cpool_zip(char *restrict dst, const char *restrict a, const char *restrict b, isize n, isize width)
{
    if (width == 2) {
        CPOOL_ZIP_LOOP(cpool_bytes2);
    } else if (width == 4) {
        CPOOL_ZIP_LOOP(cpool_bytes4);
    } else if (width == 8) {
        CPOOL_ZIP_LOOP(cpool_bytes8);
    } else {
        for (isize i = 0; i < n; i++)
            memcpy(dst + i * width, (i % 2 ? b : a) + i / 2 * width, (size_t)width);
    }
}
/* dst[i] = src[i / times] */
#define CPOOL_REPEAT_LOOP(TYPE) \
    for (isize i = 0; i < n; src += width) { \
        const TYPE value = *(const TYPE *)src; \
        for (const isize end = i + times < n ? i + times : n; i < end; i++) \
            ((TYPE *)dst)[i] = value; \
    }
static inline void cpool_repeat(char *restrict dst, const char *restrict src, isize times, isize n, isize width)
{
    if (width == 2) {
        CPOOL_REPEAT_LOOP(cpool_bytes2)
    } else if (width == 4) {
        CPOOL_REPEAT_LOOP(cpool_bytes4)
    } else if (width == 8) {
        CPOOL_REPEAT_LOOP(cpool_bytes8)
    } else {
        for (isize i = 0; i < n; i++)
            memcpy(dst + i * width, src + i / times * width, (size_t)width);
    }
}
static inline void cpool_spread(char *dst, const char *src, isize step, isize n, isize width)
{
    CPOOL_COPY_BY_WIDTH(i * step, i)
}

/* ---------------------------------------------------------------------------------------------- the vector machine */
#if defined(__clang__)
#if __has_builtin(__builtin_shufflevector)
#define CPOOL_BYTES_ANY 1
#endif
#elif defined(__GNUC__) && __GNUC__ >= 12 /* the first with __builtin_shufflevector */
#define CPOOL_BYTES_ANY 1
#endif

#if !defined(CPOOL_BYTES_ANY)
#define CPOOL_BYTES 0
#elif defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#define CPOOL_BYTES 64
#elif defined(__AVX2__)
#define CPOOL_BYTES 32
#else
#define CPOOL_BYTES 16
#endif

#if defined(__GNUC__)
#define CPOOL_INLINE static inline __attribute__((always_inline))
#define CPOOL_SELDOM __attribute__((noinline, cold))
#else
#define CPOOL_INLINE static inline
#define CPOOL_SELDOM
#endif

/* Everywhere else, and for the pair of floats in 8 bytes, the comparisons of rows_width.h serve. */
#if CPOOL_BYTES && defined(__x86_64__)
#include "rows_x86.h"
#define CPOOL_X86 1
#else
#define CPOOL_X86 0
#endif

#include "half.h"

/* Where a mask selects elements as they are read and written, the rest of a vector need not be there: channels of floats are taken
 * in vectors that lie within a cache line each, and the first and the last of a pixel are parts. One that straddles two lines would
 * take twice as long to read, and arrays of numpy begin within a line. */
#define CPOOL_PARTS (CPOOL_X86 && CPOOL_BYTES == 64)
#define CPOOL_EPI_32 epi32
#define CPOOL_EPI_64 epi64

/* The width of the longest vector, as its names have it. */
#if CPOOL_BYTES == 64
#define CPOOL_LONGEST 64
#elif CPOOL_BYTES == 32
#define CPOOL_LONGEST 32
#elif CPOOL_BYTES == 16
#define CPOOL_LONGEST 16
#else
#define CPOOL_LONGEST lane
#endif

#include "rows_halved.h"

#define CPOOL_CAT_(a, b, c) a##_##b##_##c
#define CPOOL_CAT(a, b, c) CPOOL_CAT_(a, b, c)
#define CPOOL_NAME_(a, b) a##_##b
#define CPOOL_NAME(a, b) CPOOL_NAME_(a, b)

/* The number of elements of so many bits in a vector of so many bytes. */
#define CPOOL_LANES_64_8 64
#define CPOOL_LANES_64_16 32
#define CPOOL_LANES_64_32 16
#define CPOOL_LANES_64_64 8
#define CPOOL_LANES_32_8 32
#define CPOOL_LANES_32_16 16
#define CPOOL_LANES_32_32 8
#define CPOOL_LANES_32_64 4
#define CPOOL_LANES_16_8 16
#define CPOOL_LANES_16_16 8
#define CPOOL_LANES_16_32 4
#define CPOOL_LANES_16_64 2
#define CPOOL_LANES_8_8 8
#define CPOOL_LANES_8_16 4
#define CPOOL_LANES_8_32 2
#define CPOOL_LANES_4_8 4
#define CPOOL_LANES_4_16 2

/* The lanes of a vector pair at even places, and at odd ones. */
#define CPOOL_EVEN_2 0, 2
#define CPOOL_EVEN_4 CPOOL_EVEN_2, 4, 6
#define CPOOL_EVEN_8 CPOOL_EVEN_4, 8, 10, 12, 14
#define CPOOL_EVEN_16 CPOOL_EVEN_8, 16, 18, 20, 22, 24, 26, 28, 30
#define CPOOL_EVEN_32 CPOOL_EVEN_16, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62
#define CPOOL_EVEN_64 CPOOL_EVEN_32, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, \
    106, 108, 110, 112, 114, 116, 118, 120, 122, 124, 126
#define CPOOL_ODD_2 1, 3
#define CPOOL_ODD_4 CPOOL_ODD_2, 5, 7
#define CPOOL_ODD_8 CPOOL_ODD_4, 9, 11, 13, 15
#define CPOOL_ODD_16 CPOOL_ODD_8, 17, 19, 21, 23, 25, 27, 29, 31
#define CPOOL_ODD_32 CPOOL_ODD_16, 33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63
#define CPOOL_ODD_64 CPOOL_ODD_32, 65, 67, 69, 71, 73, 75, 77, 79, 81, 83, 85, 87, 89, 91, 93, 95, 97, 99, 101, 103, 105, \
    107, 109, 111, 113, 115, 117, 119, 121, 123, 125, 127

/* The lanes of two vectors in turn: the first half of the result, and the second. */
#define CPOOL_ZIP_LOW_2 0, 2
#define CPOOL_ZIP_HIGH_2 1, 3
#define CPOOL_ZIP_LOW_4 0, 4, 1, 5
#define CPOOL_ZIP_HIGH_4 2, 6, 3, 7
#define CPOOL_ZIP_LOW_8 0, 8, 1, 9, 2, 10, 3, 11
#define CPOOL_ZIP_HIGH_8 4, 12, 5, 13, 6, 14, 7, 15
#define CPOOL_ZIP_LOW_16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define CPOOL_ZIP_HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

/* ---------------------------------------------------------------------------------------------- one copy a type */
/* S: the suffix of its names, T: the type, I: the signed integer of its width, for masks and codes. */
#define FLOATING 1
#define LOWEST (-INFINITY)
#define HIGHEST INFINITY

#define S f32
#define T float
#define I int32_t
#define BITS 32
#define WINNERS 1
#define GRADS 1
#if CPOOL_BYTES /* see CPOOL_SHORT_SUMS; the careful way of both takes double */
#define SUMS 1
#define SHORT_SUMS 1
#define HALVES CPOOL_HALF_VECTORS
static void cpool_strips_widening_f64(const cpool_strips *);
static void cpool_windows_widening_f64(const cpool_windows *);
#endif
#include "rows_type.h"
#define S f64
#define T double
#define I int64_t
#define BITS 64
#define WINNERS 1
#define GRADS 1
#define SUMS 1
#define WIDENS 1 /* sums of float are taken in double */
#include "rows_type.h"

#undef FLOATING
#undef LOWEST
#undef HIGHEST
#define FLOATING 0

#define S i8
#define T int8_t
#define I int8_t
#define BITS 8
#define LOWEST INT8_MIN
#define HIGHEST INT8_MAX
#include "rows_type.h"
#define S u8
#define T uint8_t
#define I int8_t
#define BITS 8
#define LOWEST 0
#define HIGHEST UINT8_MAX
#include "rows_type.h"
#define S i16
#define T int16_t
#define I int16_t
#define BITS 16
#define SUMS 1
#define LOWEST INT16_MIN
#define HIGHEST INT16_MAX
#include "rows_type.h"
#define S u16
#define T uint16_t
#define I int16_t
#define BITS 16
#define SUMS 1
#define LOWEST 0
#define HIGHEST UINT16_MAX
#include "rows_type.h"
#define S i32
#define T int32_t
#define I int32_t
#define BITS 32
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#define WINNERS 1
#define SUMS 1
#include "rows_type.h"
#define S u32
#define T uint32_t
#define I int32_t
#define BITS 32
#define LOWEST 0
#define HIGHEST UINT32_MAX
#define WINNERS 1
#define SUMS 1
#include "rows_type.h"
#define S i64
#define T int64_t
#define I int64_t
#define BITS 64
#define LOWEST INT64_MIN
#define HIGHEST INT64_MAX
#define WINNERS 1
#include "rows_type.h"
#define S u64
#define T uint64_t
#define I int64_t
#define BITS 64
#define LOWEST 0
#define HIGHEST UINT64_MAX
#define WINNERS 1
#define SUMS 1
#include "rows_type.h"

#include "rows_tables.h"
#include "rows_few.h"
#include "rows_halves.h"
#include "halves.h"
#include "lp.h"
#include "median.h"

#endif
