/* Rows of unpooling for one type of element: included by unpool.h once for each. Rows of a plane are often shorter than a long
 * vector; so ever shorter ones, and the last may do again what the one before it did. */
#define BLOCK(name, width) CPOOL_CAT(CPOOL_NAME(cpool, name), S, width)
#define FN(name) CPOOL_NAME(CPOOL_NAME(cpool, name), S)

#if CPOOL_BYTES >= 64
#define B 64
#define LANES CPOOL_NAME(CPOOL_LANES_64, BITS)
#include "unpool_width.h"
#endif
#if CPOOL_BYTES >= 32
#define B 32
#define LANES CPOOL_NAME(CPOOL_LANES_32, BITS)
#include "unpool_width.h"
#endif
#if CPOOL_BYTES >= 16
#define B 16
#define LANES CPOOL_NAME(CPOOL_LANES_16, BITS)
#include "unpool_width.h"
#endif

#define OF_WIDTH(DO, width) \
    for (; n - i >= (isize)(width / sizeof(T)); i += (isize)(width / sizeof(T))) { DO(width); } \
    if (i < n && n >= (isize)(width / sizeof(T))) { \
        i = n - (isize)(width / sizeof(T)); \
        DO(width); \
        i = n; \
    }
#if CPOOL_BYTES >= 64
#define SWEEP(DO) isize i = 0; OF_WIDTH(DO, 64) OF_WIDTH(DO, 32) OF_WIDTH(DO, 16) for (; i < n; i++)
#elif CPOOL_BYTES >= 32
#define SWEEP(DO) isize i = 0; OF_WIDTH(DO, 32) OF_WIDTH(DO, 16) for (; i < n; i++)
#elif CPOOL_BYTES >= 16
#define SWEEP(DO) isize i = 0; OF_WIDTH(DO, 16) for (; i < n; i++)
#else
#define SWEEP(DO) for (isize i = 0; i < n; i++)
#endif

/* A row of more than half a vector in one, where there is room: what it does too many belongs to the next row. */
#define IN_ONE(DO, width) \
    if (n < (isize)(width / sizeof(T)) && 2 * n > (isize)(width / sizeof(T))) { \
        const isize i = 0; \
        DO(width); \
        return; \
    }
#if CPOOL_BYTES >= 64
#define SHORT(DO) if (room) { IN_ONE(DO, 64) IN_ONE(DO, 32) IN_ONE(DO, 16) }
#elif CPOOL_BYTES >= 32
#define SHORT(DO) if (room) { IN_ONE(DO, 32) IN_ONE(DO, 16) }
#elif CPOOL_BYTES >= 16
#define SHORT(DO) if (room) { IN_ONE(DO, 16) }
#else
#define SHORT(DO)
#endif

/* Into windows of `rows` rows of two cells; place[k] is where cell k of the first window is. */
CPOOL_INLINE void FN(spread_pairs_of)(T *window, const T *x, const uint8_t *code, const isize *place, isize rows, isize n, int room)
{
#define DO(width) BLOCK(spread_pairs, width)(window + 2 * i, x + i, code + i, place, rows)
    SHORT(DO)
    SWEEP(DO) {
        for (isize k = 0; k < 2 * rows; k++)
            window[2 * i + place[k]] = code[i] == k ? x[i] : 0;
    }
#undef DO
}
static void FN(spread_pairs)(T *window, const T *x, const uint8_t *code, const isize *place, isize rows, isize n, int room)
{
    if (rows == 2) /* known to the compiler */
        FN(spread_pairs_of)(window, x, code, place, 2, n, room);
    else
        FN(spread_pairs_of)(window, x, code, place, rows, n, room);
}
/* And back from there. */
CPOOL_INLINE void FN(gather_pairs_of)(T *x, const T *window, const uint8_t *code, const isize *place, isize rows, isize n, int room)
{
#define DO(width) BLOCK(gather_pairs, width)(x + i, window + 2 * i, code + i, place, rows)
    SHORT(DO)
    SWEEP(DO)
        x[i] = window[2 * i + place[code[i]]];
#undef DO
}
static void FN(gather_pairs)(T *x, const T *window, const uint8_t *code, const isize *place, isize rows, isize n, int room)
{
    if (rows == 2) /* known to the compiler */
        FN(gather_pairs_of)(x, window, code, place, 2, n, room);
    else
        FN(gather_pairs_of)(x, window, code, place, rows, n, room);
}
/* Into one window of n channels; place[k] is where cell k is, in pixels. */
static void FN(spread_pixel)(T *window, const T *x, const uint8_t *code, const isize *place, isize cells, isize n)
{
#define DO(width) BLOCK(spread_pixel, width)(window + i, x + i, code + i, place, cells, n)
    SWEEP(DO) {
        for (isize k = 0; k < cells; k++)
            window[place[k] * n + i] = code[i] == k ? x[i] : 0;
    }
#undef DO
}
/* And back from there. */
static void FN(gather_pixel)(T *x, const T *window, const uint8_t *code, const isize *place, isize cells, isize n)
{
#define DO(width) BLOCK(gather_pixel, width)(x + i, window + i, code + i, place, cells, n)
    SWEEP(DO)
        x[i] = window[place[code[i]] * n + i];
#undef DO
}

#undef S
#undef T
#undef I
#undef BITS
#undef BLOCK
#undef FN
#undef OF_WIDTH
#undef SWEEP
#undef IN_ONE
#undef SHORT
