/* One vector of results from `taps` vectors of a source row: included by rows_width.h for each kind of source it can READ. */
CPOOL_INLINE void BN(reduce)(int op, char *out, const char *src, isize tap_step, isize taps)
{
    V a = READ(src);
    for (isize t = 1; t < taps; t++)
        a = FN(combine)(op, a, READ(src + t * tap_step));
    STORE(out, a);
}

/* Four vectors at a time: the taps of one depend on each other, those of four run side by side. */
CPOOL_INLINE void BN(reduce4)(int op, char *out, const char *src, isize tap_step, isize taps)
{
    const isize w = (isize)sizeof(V), r = w / (isize)sizeof(T) * (isize)sizeof(SOURCE);
    V a = READ(src), b = READ(src + r), c = READ(src + 2 * r), d = READ(src + 3 * r);
    for (isize t = 1; t < taps; t++) {
        const char *p = src + t * tap_step;
        a = FN(combine)(op, a, READ(p));
        b = FN(combine)(op, b, READ(p + r));
        c = FN(combine)(op, c, READ(p + 2 * r));
        d = FN(combine)(op, d, READ(p + 3 * r));
    }
    STORE(out, a);
    STORE(out + w, b);
    STORE(out + 2 * w, c);
    STORE(out + 3 * w, d);
}

#if SUMS && BITS == 64 && FLOATING
/* The sum of n elements in sixteen parts, which are joined at the end: the order of the additions, and so the result, is the
 * same whatever the length of the vector. */
CPOOL_INLINE T BN(fold)(const char *src, isize n)
{
    enum { MANY = 16 / WIDE };
    V sums[MANY];
    T rest = 0;
    for (int j = 0; j < MANY; j++)
        sums[j] = (V){0};
    for (; n >= 16; n -= 16, src += 16 * sizeof(SOURCE))
        for (int j = 0; j < MANY; j++)
            sums[j] = sums[j] + READ(src + j * WIDE * (isize)sizeof(SOURCE));
    for (isize i = 0; i < n; i++)
        rest += (T)((const SOURCE *)src)[i];
    /* Part i and i + 8, then i and i + 4, 2, 1: from vector to vector, and then within one. */
    for (int half = MANY / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            sums[j] = sums[j] + sums[j + half];
    return FN(sum_of_lanes)(sums[0]) + rest;
}
#endif

#include "strips_blocks.h"
#include "windows_blocks.h"
#include "windows_walk.h"
#if defined(GRADS) && defined(KEEP)
#include "pick_width.h"
#endif
#if FLOATING && !defined(HALVED)
#include "prefixes_blocks.h"
#endif

#undef READ
#undef READ_PART
#undef READ_EVEN
#undef READ_ODD
#undef SOURCE
#undef PUT
#undef PUT_PART
#undef KEEP
#undef BN
