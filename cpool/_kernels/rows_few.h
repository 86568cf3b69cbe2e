/* Sums of few small integers, which twice their bits hold: four or eight times the lanes of a sum in 64 bits. */
#define CPOOL_FEW_CELLS 256

/* The quotient of two integers below 2^32 that differs from s * r, with r = 1 / b rounded, by less than its own rounding: no
 * midpoint of two doubles is so near to a fraction with so small a denominator, so it comes out as a division would round it. */
#if defined(__FMA__)
#define CPOOL_QUOTIENT(s, b, r) __builtin_fma(__builtin_fma(-((s) * (r)), b, s), r, (s) * (r))
#else
#define CPOOL_QUOTIENT(s, b, r) ((s) / (b))
#endif
#define CPOOL_FEW_LOOPS(S, T, ACC, SUM) \
    CPOOL_LOAD(S##_few, T, ACC) \
    static void cpool_store_sum_##S(char *dst, const char *src, isize n, const void *divisors) \
    { \
        (void)divisors; \
        for (isize i = 0; i < n; i++) \
            ((SUM *)dst)[i] = (SUM)((const ACC *)src)[i]; \
    } \
    static void cpool_store_mean_##S(char *dst, const char *src, isize n, const void *divisors) \
    { \
        double *restrict to = (double *)dst; \
        const ACC *restrict from = (const ACC *)src; \
        const cpool_both *both = divisors; \
        const double *restrict by = both->by, *restrict reciprocal = both->reciprocal; \
        const double one = *by, one_reciprocal = *reciprocal; \
        (void)one_reciprocal; \
        if (both->even) \
            for (isize i = 0; i < n; i++) \
                to[i] = CPOOL_QUOTIENT((double)from[i], one, one_reciprocal); \
        else \
            for (isize i = 0; i < n; i++) \
                to[i] = CPOOL_QUOTIENT((double)from[i], by[i], reciprocal[i]); \
    }
CPOOL_FEW_LOOPS(i8, int8_t, int16_t, int64_t)
CPOOL_FEW_LOOPS(u8, uint8_t, uint16_t, uint64_t)
CPOOL_FEW_LOOPS(i16, int16_t, int32_t, int64_t)
CPOOL_FEW_LOOPS(u16, uint16_t, uint32_t, uint64_t)

#define CPOOL_FEW(kind, S, T, ACC, A) \
    {.width = sizeof(ACC), .source = sizeof(T), .result = 8, .reciprocal = CPOOL_BOTH, .reduce = cpool_reduce_sum_##A, \
     .accumulate = cpool_accumulate_##A, .fill = cpool_fill_zero_##A, .load = cpool_load_##S##_few, .store = cpool_store_##kind##_##S}
#define CPOOL_FEW_OF(kind) \
    {CPOOL_FEW(kind, i8, int8_t, int16_t, i16), CPOOL_FEW(kind, u8, uint8_t, uint16_t, u16), \
     CPOOL_FEW(kind, i16, int16_t, int32_t, i32), CPOOL_FEW(kind, u16, uint16_t, uint32_t, u32)}

/* Of sums and of averages, from CPOOL_I8 on. */
static const cpool_rows CPOOL_FEW_SUMS[2][4] = {CPOOL_FEW_OF(sum), CPOOL_FEW_OF(mean)};
