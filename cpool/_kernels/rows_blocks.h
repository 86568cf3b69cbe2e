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

CPOOL_INLINE void BN(pairs)(int op, char *out, const char *src, isize taps)
{
    V a = READ_EVEN(src);
    if (taps > 1)
        a = FN(combine)(op, a, READ_ODD(src));
    for (isize t = 2; t < taps; t += 2) {
        const char *p = src + t * (isize)sizeof(SOURCE);
        a = FN(combine)(op, a, READ_EVEN(p));
        if (t + 1 < taps)
            a = FN(combine)(op, a, READ_ODD(p));
    }
    STORE(out, a);
}

#undef READ
#undef READ_EVEN
#undef READ_ODD
#undef SOURCE
#undef BN
