/* The tables of row primitives: which functions serve one operation on one element type. */

/* Sums are taken in double for every float and every average, and in 64 bits for integers: an element is widened when its
 * row is loaded and rounded once when it is stored. Some floats stay floats: CPOOL_SHORT_SUMS. A float is divided by multiplying with a reciprocal in double, whose error
 * is far below its own rounding; a double is divided. Every NaN that comes out is the same one: which of two NaN an addition
 * keeps is the compiler's choice of operands, and bits are not to depend on it. */
#define CPOOL_LOAD(name, FROM, TO) \
    static void cpool_load_##name(char *dst, const char *src, isize n, const void *divisors) \
    { \
        (void)divisors; /* only gradients are divided as they are loaded, and they are floats */ \
        for (isize i = 0; i < n; i++) \
            ((TO *)dst)[i] = (TO)((const FROM *)src)[i]; \
    }
#define CPOOL_LOADS(S, T) CPOOL_LOAD(S##_u64, T, uint64_t) CPOOL_LOAD(S##_f64, T, double)
CPOOL_LOADS(i8, int8_t)
CPOOL_LOADS(u8, uint8_t)
CPOOL_LOADS(i16, int16_t)
CPOOL_LOADS(u16, uint16_t)
CPOOL_LOADS(i32, int32_t)
CPOOL_LOADS(u32, uint32_t)
CPOOL_LOADS(i64, int64_t)
CPOOL_LOADS(u64, uint64_t)

static void cpool_load_f32_f64(char *dst, const char *src, isize n, const void *divisors)
{
    const double *by = divisors;
    if (by)
        for (isize i = 0; i < n; i++)
            ((double *)dst)[i] = (double)((const float *)src)[i] * by[i];
    else
        for (isize i = 0; i < n; i++)
            ((double *)dst)[i] = (double)((const float *)src)[i];
}
#define CPOOL_LOAD_DIVIDED(name, T) \
    static void cpool_load_##name(char *dst, const char *src, isize n, const void *divisors) \
    { \
        const T *by = divisors; \
        for (isize i = 0; i < n; i++) \
            ((T *)dst)[i] = by ? ((const T *)src)[i] / by[i] : ((const T *)src)[i]; \
    }
CPOOL_LOAD_DIVIDED(f32_f32, float)
CPOOL_LOAD_DIVIDED(f64_f64, double)

#define CPOOL_STORE(name, TO, DIVIDED) \
    static void cpool_store_##name(char *dst, const char *src, isize n, const void *divisors) \
    { \
        const double *by = divisors; \
        for (isize i = 0; i < n; i++) { \
            const double sum = ((const double *)src)[i], found = by ? DIVIDED : sum; \
            ((TO *)dst)[i] = found == found ? (TO)found : (TO)NAN; \
        } \
    }
CPOOL_STORE(f64_f32, float, sum * by[i])
CPOOL_STORE(f64_f64, double, sum / by[i])

#define CPOOL_BEST(S, T, op, neutral) \
    .width = sizeof(T), .source = sizeof(T), .result = sizeof(T), .idempotent = 1, .plain = 1, .reduce = cpool_reduce_##op##_##S, \
    .windows = cpool_windows_##op##_##S, .fold_best = cpool_fold_##op##_##S, \
    .fill = cpool_fill_##neutral##_##S
#define CPOOL_CODES(S, op) \
    .strips = cpool_strips_##op##_##S, .reduce_winner = cpool_reduce_winner_##op##_##S, .raise_codes = cpool_raise_codes_##S, .narrow = cpool_narrow_##S
/* One set of prefixes for max and min: they are long functions, and the rows of a min are read once to be turned over. */
#define CPOOL_BEST_PREFIXES(S) .prefixes = cpool_prefixes_max_##S, .prefixes_across = cpool_prefixes_across_max_##S
#define CPOOL_NOT_NEGATED(S) NULL
#define CPOOL_NEGATED(S) cpool_negate_##S
#define CPOOL_SELECTS(op, neutral, NEGATE) \
    {{CPOOL_BEST(f32, float, op, neutral), CPOOL_BEST_PREFIXES(f32), CPOOL_CODES(f32, op), .negate = NEGATE(f32), .byte_codes = 1}, \
     {CPOOL_BEST(f64, double, op, neutral), CPOOL_BEST_PREFIXES(f64), CPOOL_CODES(f64, op), .negate = NEGATE(f64), .byte_codes = 1}, \
     {CPOOL_BEST(i8, int8_t, op, neutral)}, {CPOOL_BEST(u8, uint8_t, op, neutral)}, \
     {CPOOL_BEST(i16, int16_t, op, neutral)}, {CPOOL_BEST(u16, uint16_t, op, neutral)}, \
     {CPOOL_BEST(i32, int32_t, op, neutral), CPOOL_CODES(i32, op)}, {CPOOL_BEST(u32, uint32_t, op, neutral), CPOOL_CODES(u32, op)}, \
     {CPOOL_BEST(i64, int64_t, op, neutral), CPOOL_CODES(i64, op)}, {CPOOL_BEST(u64, uint64_t, op, neutral), CPOOL_CODES(u64, op)}}

/* Sums in ACC. Their input is what they add up (plain), or is widened as it is read, or each row is loaded first. */
#define CPOOL_SUM_PREFIXES .prefixes = cpool_prefixes_sum_f64, .prefixes_across = cpool_prefixes_across_sum_f64
#define CPOOL_SUM(ACC, T, RESULT) \
    .width = sizeof(T), .result = sizeof(RESULT), .reduce = cpool_reduce_sum_##ACC, .strips = cpool_strips_sum_##ACC, \
    .windows = cpool_windows_sum_##ACC, .accumulate = cpool_accumulate_##ACC, .fill = cpool_fill_zero_##ACC
#if CPOOL_BYTES
#define CPOOL_WIDENING \
    .first_prefixes = cpool_prefixes_widening_f64, .first_prefixes_across = cpool_prefixes_across_widening_f64, \
    .first_reduce = cpool_reduce_widening_f64, .first_strips = cpool_strips_widening_f64, .first_windows = cpool_windows_widening_f64, \
    .fold = cpool_fold_widening_f64
#else
#define CPOOL_WIDENING .fold = NULL
#endif
#define CPOOL_SUM_F32 \
    {CPOOL_SUM(f64, double, float), CPOOL_SUM_PREFIXES, .source = 4, .reciprocal = 1, CPOOL_WIDENING, .load = cpool_load_f32_f64, \
     .store = cpool_store_f64_f32}
#define CPOOL_SUM_F64 \
    {CPOOL_SUM(f64, double, double), CPOOL_SUM_PREFIXES, .source = 8, .plain = 1, .fold = cpool_fold_f64, \
     .load = cpool_load_f64_f64, .store = cpool_store_f64_f64}
#define CPOOL_SUM_INT(S, T) \
    {CPOOL_SUM(u64, uint64_t, uint64_t), .source = sizeof(T), .plain = sizeof(T) == 8, .load = cpool_load_##S##_u64}
#define CPOOL_MEAN_INT(S, T) \
    {CPOOL_SUM(f64, double, double), CPOOL_SUM_PREFIXES, .source = sizeof(T), .load = cpool_load_##S##_f64, .store = cpool_store_f64_f64}
#define CPOOL_INTEGERS(ENTRY) \
    ENTRY(i8, int8_t), ENTRY(u8, uint8_t), ENTRY(i16, int16_t), ENTRY(u16, uint16_t), ENTRY(i32, int32_t), \
    ENTRY(u32, uint32_t), ENTRY(i64, int64_t), ENTRY(u64, uint64_t)

static const cpool_rows CPOOL_ROWS[CPOOL_OPERATIONS][CPOOL_ELEMENTS] = {
    CPOOL_SELECTS(max, lowest, CPOOL_NOT_NEGATED),
    CPOOL_SELECTS(min, highest, CPOOL_NEGATED),
    {CPOOL_SUM_F32, CPOOL_SUM_F64, CPOOL_INTEGERS(CPOOL_SUM_INT)},
    {CPOOL_SUM_F32, CPOOL_SUM_F64, CPOOL_INTEGERS(CPOOL_MEAN_INT)},
};

/* Float windows of up to 3 cells an axis, by strips or cell by cell. Added up axis by axis, a cell of a window of 2, 4, 3 or 9 takes
 * part in at most 1, 2, 2 or 4 additions; in numpy's pairwise sum of the same cells in 1, 3, 2 or 4. Float sums that err no more
 * than numpy's then need no double, which would halve the speed of the averages that networks have. */
#if CPOOL_BYTES
static const cpool_rows CPOOL_SHORT_SUMS = {CPOOL_SUM(f32, float, float), .source = 4, .plain = 1, .load = cpool_load_f32_f32};
#else
static const cpool_rows CPOOL_SHORT_SUMS = {.width = 0};
#endif

static const cpool_grads CPOOL_GRADS[2 + CPOOL_HALF_TYPES] = {
    {4, cpool_pick_f32, cpool_pick_pairs_f32},
    {8, cpool_pick_f64, cpool_pick_pairs_f64},
#if CPOOL_HALF_VECTORS
    {2, cpool_pick_f16_f32, cpool_pick_pairs_f16_f32},
#else /* by boxes of floats */
    {2, NULL, NULL},
#endif
    {2, NULL, NULL},
};
