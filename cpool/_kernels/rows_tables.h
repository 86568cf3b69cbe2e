/* The tables of row primitives: which functions serve one operation on one element type. */

/* Sums are taken in double for every float and every average, and in 64 bits for integers: an element is widened when its
 * row is loaded and rounded once when it is stored. A float is divided by multiplying with a reciprocal in double, whose error
 * is far below its own rounding; a double is divided. Every NaN that comes out is the same one: which of two NaN an addition
 * keeps is the compiler's choice of operands, and bits are not to depend on it. */
#define CPOOL_LOAD(name, FROM, TO) \
    static void cpool_load_##name(char *dst, const char *src, isize n, const double *by) \
    { \
        (void)by; /* only gradients are divided as they are loaded, and they are floats */ \
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

static void cpool_load_f32_f64(char *dst, const char *src, isize n, const double *by)
{
    if (by)
        for (isize i = 0; i < n; i++)
            ((double *)dst)[i] = (double)((const float *)src)[i] * by[i];
    else
        for (isize i = 0; i < n; i++)
            ((double *)dst)[i] = (double)((const float *)src)[i];
}
static void cpool_load_f64_f64(char *dst, const char *src, isize n, const double *by)
{
    for (isize i = 0; i < n; i++)
        ((double *)dst)[i] = by ? ((const double *)src)[i] / by[i] : ((const double *)src)[i];
}

#define CPOOL_STORE(name, TO, DIVIDED) \
    static void cpool_store_##name(char *dst, const char *src, isize n, const double *by) \
    { \
        for (isize i = 0; i < n; i++) { \
            const double sum = ((const double *)src)[i], found = by ? DIVIDED : sum; \
            ((TO *)dst)[i] = found == found ? (TO)found : (TO)NAN; \
        } \
    }
CPOOL_STORE(f64_f32, float, sum * by[i])
CPOOL_STORE(f64_f64, double, sum / by[i])

#define CPOOL_SELECT(S, T, op, neutral) \
    {sizeof(T), sizeof(T), sizeof(T), 1, 0, 1, cpool_reduce_##op##_##S, cpool_pairs_##op##_##S, cpool_reduce_##op##_##S, \
     cpool_pairs_##op##_##S, NULL, NULL, NULL, NULL, NULL, \
     cpool_fill_##neutral##_##S, NULL, NULL}
#define CPOOL_SELECT_WINNER(S, T, op, neutral) \
    {sizeof(T), sizeof(T), sizeof(T), 1, 0, 1, cpool_reduce_##op##_##S, cpool_pairs_##op##_##S, cpool_reduce_##op##_##S, \
     cpool_pairs_##op##_##S, cpool_reduce_winner_##op##_##S, \
     cpool_pairs_winner_##op##_##S, cpool_raise_codes_##S, cpool_narrow_##S, NULL, cpool_fill_##neutral##_##S, NULL, NULL}
#define CPOOL_SELECTS(op, neutral) \
    {CPOOL_SELECT_WINNER(f32, float, op, neutral), CPOOL_SELECT_WINNER(f64, double, op, neutral), \
     CPOOL_SELECT(i8, int8_t, op, neutral), CPOOL_SELECT(u8, uint8_t, op, neutral), \
     CPOOL_SELECT(i16, int16_t, op, neutral), CPOOL_SELECT(u16, uint16_t, op, neutral), \
     CPOOL_SELECT_WINNER(i32, int32_t, op, neutral), CPOOL_SELECT_WINNER(u32, uint32_t, op, neutral), \
     CPOOL_SELECT_WINNER(i64, int64_t, op, neutral), CPOOL_SELECT_WINNER(u64, uint64_t, op, neutral)}

#define CPOOL_SUM_IN(ACC, source, result, plain, first_reduce, first_pairs, load, store) \
    {8, source, result, 0, result == 4, plain, cpool_reduce_sum_##ACC, cpool_pairs_sum_##ACC, first_reduce, first_pairs, NULL, NULL, NULL, NULL, cpool_accumulate_##ACC, \
     cpool_fill_zero_##ACC, load, store}
#define CPOOL_SUM_F32 CPOOL_SUM_IN(f64, 4, 4, 0, cpool_reduce_widening_f64, cpool_pairs_widening_f64, cpool_load_f32_f64, cpool_store_f64_f32)
#define CPOOL_SUM_F64 CPOOL_SUM_IN(f64, 8, 8, 1, cpool_reduce_sum_f64, cpool_pairs_sum_f64, cpool_load_f64_f64, cpool_store_f64_f64)
#define CPOOL_SUM_INT(S, T) CPOOL_SUM_IN(u64, sizeof(T), 8, sizeof(T) == 8, NULL, NULL, cpool_load_##S##_u64, NULL)
#define CPOOL_MEAN_INT(S, T) CPOOL_SUM_IN(f64, sizeof(T), 8, 0, NULL, NULL, cpool_load_##S##_f64, cpool_store_f64_f64)
#define CPOOL_INTEGERS(ENTRY) \
    ENTRY(i8, int8_t), ENTRY(u8, uint8_t), ENTRY(i16, int16_t), ENTRY(u16, uint16_t), ENTRY(i32, int32_t), \
    ENTRY(u32, uint32_t), ENTRY(i64, int64_t), ENTRY(u64, uint64_t)

static const cpool_rows CPOOL_ROWS[CPOOL_OPERATIONS][CPOOL_ELEMENTS] = {
    CPOOL_SELECTS(max, lowest),
    CPOOL_SELECTS(min, highest),
    {CPOOL_SUM_F32, CPOOL_SUM_F64, CPOOL_INTEGERS(CPOOL_SUM_INT)},
    {CPOOL_SUM_F32, CPOOL_SUM_F64, CPOOL_INTEGERS(CPOOL_MEAN_INT)},
};

static const cpool_grads CPOOL_GRADS[2] = {
    {4, cpool_pick_f32, cpool_widen_f32},
    {8, cpool_pick_f64, cpool_widen_f64},
};
