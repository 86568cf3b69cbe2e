/* The tables of halves that strips and windows read and write as they are, pooled as floats. What has no entry goes by boxes. */
static const cpool_rows CPOOL_HALF_ROWS[CPOOL_HALF_TYPES][CPOOL_OPERATIONS];

#if CPOOL_HALF_VECTORS
/* Of n floats' bytes: padding is copied as halves. */
#define CPOOL_FILL_HALVES(name, HALF) \
    static void cpool_fill_##name(char *dst, isize n) \
    { \
        for (isize i = 0; i < 2 * n; i++) \
            ((uint16_t *)dst)[i] = HALF; \
    }
CPOOL_FILL_HALVES(lowest_f16, 0xfc00)
#define CPOOL_HALF_ROW(op, S) \
    .width = 4, .source = 2, .result = 2, .first_strips = cpool_strips_##op##_##S##_f32, .first_windows = cpool_windows_##op##_##S##_f32
#define CPOOL_HALF_ENTRIES(S) \
    {[CPOOL_MAX] = {CPOOL_HALF_ROW(max, S), .idempotent = 1, .byte_codes = 1, .strips = cpool_strips_max_f32, \
                    .fill = cpool_fill_lowest_##S}, \
     [CPOOL_SUM] = {CPOOL_HALF_ROW(sum, S), .strips = cpool_strips_sum_f32, .fill = cpool_fill_zero_f32}, \
     [CPOOL_MEAN] = {CPOOL_HALF_ROW(sum, S), .strips = cpool_strips_sum_f32, .fill = cpool_fill_zero_f32}}
static const cpool_rows CPOOL_HALF_ROWS[CPOOL_HALF_TYPES][CPOOL_OPERATIONS] = {
    [CPOOL_F16] = CPOOL_HALF_ENTRIES(f16),
};
#endif
