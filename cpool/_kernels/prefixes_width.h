/* What prefixes.h needs of one vector: included by rows_width.h. */
CPOOL_INLINE V FN(neutral)(int op)
{
    const T value = op == CPOOL_MAX ? LOWEST : op == CPOOL_MIN ? HIGHEST : 0;
#if CPOOL_BYTES == 0
    return value;
#else
    return (V){0} + value;
#endif
}

/* b joins a, which comes before it, as in reduce and reduce_winner. */
CPOOL_INLINE void FN(join_wide)(int op, int winners, V *a, M *code, V b, M other)
{
    if (winners) {
#if X86_BEST && CPOOL_BYTES == 64
        *a = (V)FN(x86_take)(op, *a, b, code, &other);
#else
        const M mask = FN(wins)(op, *a, b);
        *a = BLEND(mask, b, *a);
        *code = BLEND_CODE(mask, other, *code);
#endif
        return;
    }
    *a = FN(combine)(op, *a, b);
}

/* The code of a winner, seen from where its window starts. */
CPOOL_INLINE void FN(put_code)(char *out, M code, int64_t start, isize width)
{
    const M from = code - BROADCAST(start);
#if CPOOL_BYTES == 0 || defined(LANE)
#if CPOOL_BYTES == 0
    const I one = from;
#else
    const I one = from[0];
#endif
    if (width == 1)
        *(uint8_t *)out = (uint8_t)one;
    else if (width == 2)
        *(uint16_t *)out = (uint16_t)one;
    else if (width == 4)
        *(int32_t *)out = (int32_t)one;
    else
        *(I *)out = one;
#else
    if (width == sizeof(I))
        STORE_CODE(out, from);
    else if (width == 1) {
        const FN(bytes) narrow = __builtin_convertvector(from, FN(bytes));
        memcpy(out, &narrow, LANES);
    } else if (width == 2) {
        const FN(shorts) narrow = __builtin_convertvector(from, FN(shorts));
        memcpy(out, &narrow, 2 * LANES);
    } else {
        const FN(ints) narrow = __builtin_convertvector(from, FN(ints));
        memcpy(out, &narrow, 4 * LANES);
    }
#endif
}

/* What sums are divided by, or multiplied with. */
CPOOL_INLINE V FN(prefix_factor)(const cpool_prefixes *p, isize at, double by)
{
    V factor = FN(neutral)(CPOOL_SUM);
#if BITS == 64
    factor = LOAD((const char *)(p->by + at)) * by;
    if (p->divided == CPOOL_TIMES)
        factor = 1 / factor;
#else
    (void)p, (void)at, (void)by;
#endif
    return factor;
}

/* WIDE vectors of as many cells: element j of vector i becomes element i of vector j. A zip of the first half with the second, as
 * often as there are bits in a lane's number, turns the bits of the vector's number and of the lane's round by as many places. */
#if CPOOL_BYTES == 0 || defined(LANE)
#define TRANSPOSE(VECTOR) (void)block;
#else
#define TRANSPOSE(VECTOR) \
    for (int done = 1; done < WIDE; done *= 2) { \
        VECTOR from[WIDE]; \
        for (int i = 0; i < WIDE; i++) \
            from[i] = block[i]; \
        for (int i = 0; i < WIDE / 2; i++) { \
            block[2 * i] = __builtin_shufflevector(from[i], from[i + WIDE / 2], CPOOL_NAME(CPOOL_ZIP_LOW, LANES)); \
            block[2 * i + 1] = __builtin_shufflevector(from[i], from[i + WIDE / 2], CPOOL_NAME(CPOOL_ZIP_HIGH, LANES)); \
        } \
    }
#endif
CPOOL_INLINE void FN(transpose)(V *block)
{
    TRANSPOSE(V)
}
CPOOL_INLINE void FN(transpose_codes)(M *block)
{
    TRANSPOSE(M)
}
#undef TRANSPOSE
