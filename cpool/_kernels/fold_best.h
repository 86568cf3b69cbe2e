/* The best of many contiguous elements, and which is the first of its value: included by rows_type.h for each type.
 *
 * Vectors have no order among their lanes. They find the value, stretch by stretch; then the stretch where it was first seen is
 * searched for it, so that most of the input is read once. */
#define V CPOOL_CAT(vector, S, CPOOL_LONGEST)
#define LOAD(i) (*(const V *)(x + (i)))
#if FLOATING
#define UNORDERED(a) ((a) != (a))
#else
#define UNORDERED(a) 0
#endif

CPOOL_INLINE int FN(better)(int op, T a, T b)
{
    return op == CPOOL_MAX ? b > a : b < a;
}

#if !FLOATING /* the compiler finds the same for integers, in a tenth of the code */
CPOOL_INLINE T FN(best_of_stretch)(int op, const T *x, isize n)
{
    T best = x[0];
    for (isize i = 1; i < n; i++)
        best = FN(better)(op, best, x[i]) ? x[i] : best;
    return best;
}
#else
CPOOL_INLINE T FN(best_of_stretch)(int op, const T *x, isize n)
{
    enum { L = sizeof(V) / sizeof(T) };
    T lanes[L], best = x[0];
    isize i = 1;
    if (n >= L) {
        V a = LOAD(0), b = a, c = a, d = a;
        for (i = L; n - i >= 4 * L; i += 4 * L) {
            a = BLOCK(combine, CPOOL_LONGEST)(op, a, LOAD(i));
            b = BLOCK(combine, CPOOL_LONGEST)(op, b, LOAD(i + L));
            c = BLOCK(combine, CPOOL_LONGEST)(op, c, LOAD(i + 2 * L));
            d = BLOCK(combine, CPOOL_LONGEST)(op, d, LOAD(i + 3 * L));
        }
        for (; n - i >= L; i += L)
            b = BLOCK(combine, CPOOL_LONGEST)(op, b, LOAD(i));
        c = BLOCK(combine, CPOOL_LONGEST)(op, c, LOAD(n - L));
        a = BLOCK(combine, CPOOL_LONGEST)(op, BLOCK(combine, CPOOL_LONGEST)(op, a, b), BLOCK(combine, CPOOL_LONGEST)(op, c, d));
        /* Halves of what is left: a chain through all lanes would take longer than a small plane. */
#if CPOOL_BYTES && BITS >= 32
#define PAIR(which) __builtin_shufflevector(a, a, CPOOL_NAME(which, CPOOL_NAME(CPOOL_NAME(CPOOL_LANES, CPOOL_LONGEST), BITS)))
        for (int pairs = 1; pairs < L; pairs *= 2)
            a = BLOCK(combine, CPOOL_LONGEST)(op, PAIR(CPOOL_EVEN), PAIR(CPOOL_ODD));
#undef PAIR
        memcpy(lanes, &a, sizeof(T));
#else
        memcpy(lanes, &a, sizeof lanes);
        for (int half = L / 2; half > 0; half /= 2)
            for (int j = 0; j < half; j++)
                lanes[j] = FN(better)(op, lanes[j], lanes[j + half]) || UNORDERED(lanes[j + half]) ? lanes[j + half] : lanes[j];
#endif
        return lanes[0];
    }
    for (; i < n; i++)
        if (FN(better)(op, best, x[i]) || (UNORDERED(x[i]) && !UNORDERED(best)))
            best = x[i];
    return best;
}
#endif

/* The first of n elements that equals `best`; of NaN the first. */
CPOOL_INLINE isize FN(first_equal)(const T *x, isize n, T best)
{
    isize i = 0;
    if (UNORDERED(best)) {
        while (i < n - 1 && !UNORDERED(x[i]))
            i++;
        return i;
    }
#if FLOATING && CPOOL_X86
    const V wanted = (V){0} + best;
    for (; n - i >= (isize)(sizeof(V) / sizeof(T)); i += (isize)(sizeof(V) / sizeof(T))) {
        const uint32_t here = BLOCK(x86_equal, CPOOL_LONGEST)(LOAD(i), wanted);
        if (here)
            return i + __builtin_ctz(here);
    }
#endif
    while (i < n - 1 && x[i] != best)
        i++;
    return i;
}

CPOOL_INLINE void FN(fold_best)(int op, char *out, char *code, isize code_width, const char *src, isize src_step, isize count,
                                isize n)
{
    const isize stretch = 4096 / (isize)sizeof(T);
    for (isize c = 0; c < count; c++, src += src_step) {
        const T *x = (const T *)src;
        isize from = 0, length = n < stretch ? n : stretch;
        T best = FN(best_of_stretch)(op, x, length);
        for (isize i = length; i < n && !UNORDERED(best); i += stretch) {
            const isize next = n - i < stretch ? n - i : stretch;
            const T found = FN(best_of_stretch)(op, x + i, next);
            if (FN(better)(op, best, found) || UNORDERED(found)) {
                best = found;
                from = i;
                length = next;
            }
        }
        /* Values that are equal may differ in bits: zeros, and NaN. */
        if (code || (FLOATING && !(best < 0 || best > 0))) {
            from += FN(first_equal)(x + from, length, best);
            best = x[from];
        }
        ((T *)out)[c] = best;
        if (code && code_width == 1)
            ((uint8_t *)code)[c] = (uint8_t)from;
        else if (code && code_width == 2)
            ((uint16_t *)code)[c] = (uint16_t)from;
        else if (code)
            ((int32_t *)code)[c] = (int32_t)from;
    }
}
static void FN(fold_max)(char *out, char *code, isize code_width, const char *src, isize src_step, isize count, isize n)
{
    FN(fold_best)(CPOOL_MAX, out, code, code_width, src, src_step, count, n);
}
static void FN(fold_min)(char *out, char *code, isize code_width, const char *src, isize src_step, isize count, isize n)
{
    FN(fold_best)(CPOOL_MIN, out, code, code_width, src, src_step, count, n);
}

#undef V
#undef LOAD
#undef UNORDERED
