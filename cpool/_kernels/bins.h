/* Columns of windows of any width: out[o] over lines[index[t * step + o]] for t < taps and o < n. Narrower windows repeat their last
 * cell, which changes no maximum, or point at a zero, which changes no sum. The compiler makes gathers of these loops, which pay
 * where n is many vectors: so a block of lines at a time.
 *
 * A line holds the best of several rows. The place of each cell in its plane is what `base` has for it and its own index. The first
 * of equals in row-major order, and the first NaN, is the one of the least place. */
#ifndef CPOOL_BINS_H
#define CPOOL_BINS_H

#define CPOOL_BIN_VALUES(S, T) \
    static void cpool_bin_values_##S(char *out, const char *src, const int32_t *restrict index, isize step, isize taps, isize n) \
    { \
        T *restrict best = (T *)out; \
        const T *restrict line = (const T *)src; \
        for (isize o = 0; o < n; o++) \
            best[o] = line[index[o]]; \
        for (isize t = 1; t < taps; t++) \
            for (isize o = 0; o < n; o++) { \
                const T value = line[index[t * step + o]], old = best[o]; \
                best[o] = (value > old) | (value != value) ? value : old; \
            } \
    }
/* `take` without branches: which cell wins is as good as random. */
#define CPOOL_TAKE(value, place, best, where) \
    ((value > best) | ((value == best) & (place < where)) | ((value != value) & ((best == best) | (place < where))))
#define CPOOL_BIN_WINNERS(S, T, I) \
    static void cpool_bin_winners_##S(char *out, char *places, const char *src, const char *bases, const int32_t *restrict index, \
                                      isize step, isize taps, isize n) \
    { \
        T *restrict best = (T *)out; \
        I *restrict where = (I *)places; \
        const T *restrict line = (const T *)src; \
        const I *restrict base = (const I *)bases; \
        for (isize o = 0; o < n; o++) { \
            best[o] = line[index[o]]; \
            where[o] = base[index[o]] + (I)index[o]; \
        } \
        for (isize t = 1; t < taps; t++) \
            for (isize o = 0; o < n; o++) { \
                const int32_t i = index[t * step + o]; \
                const T value = line[i], old = best[o]; \
                const I place = base[i] + (I)i, held = where[o]; \
                const int take = CPOOL_TAKE(value, place, old, held); \
                best[o] = take ? value : old; \
                where[o] = take ? place : held; \
            } \
    }
/* The same for pixels of n channels: a window of columns first to end. */
#define CPOOL_PIXEL_WINNERS(S, T, I) \
    static void cpool_pixel_winners_##S(char *out, char *places, const char *src, const char *bases, isize first, isize end, \
                                        isize n) \
    { \
        T *restrict best = (T *)out; \
        I *restrict where = (I *)places; \
        const T *restrict line = (const T *)src + first * n; \
        const I *restrict base = (const I *)bases + first * n; \
        for (isize c = 0; c < n; c++) { \
            best[c] = line[c]; \
            where[c] = base[c] + (I)first; \
        } \
        for (isize x = first + 1; x < end; x++) { \
            line += n, base += n; \
            for (isize c = 0; c < n; c++) { \
                const T value = line[c], old = best[c]; \
                const I place = base[c] + (I)x, held = where[c]; \
                const int take = CPOOL_TAKE(value, place, old, held); \
                best[c] = take ? value : old; \
                where[c] = take ? place : held; \
            } \
        } \
    }
#define CPOOL_BIN_BOTH(S, T, I) CPOOL_BIN_VALUES(S, T) CPOOL_BIN_WINNERS(S, T, I) CPOOL_PIXEL_WINNERS(S, T, I)
#if CPOOL_BYTES >= 64
/* gcc tuned for no machine in particular makes no gathers: 16 outputs at a time, whose taps stay in registers. */
static void cpool_bin_values_f32(char *out, const char *src, const int32_t *index, isize step, isize taps, isize n)
{
    for (isize o = 0; o < n; o += 16) {
        const __mmask16 some = n - o < 16 ? (__mmask16)((1 << (n - o)) - 1) : 0xffff;
        const __m512 zero = _mm512_setzero_ps();
        __m512 best = _mm512_mask_i32gather_ps(zero, some, _mm512_maskz_loadu_epi32(some, index + o), src, 4);
        for (isize t = 1; t < taps; t++) {
            const __m512i i = _mm512_maskz_loadu_epi32(some, index + t * step + o);
            best = cpool_x86_best_f32_64(CPOOL_MAX, best, _mm512_mask_i32gather_ps(zero, some, i, src, 4));
        }
        _mm512_mask_storeu_ps((float *)out + o, some, best);
    }
}
static void cpool_bin_winners_f32(char *out, char *places, const char *src, const char *bases, const int32_t *index, isize step,
                                  isize taps, isize n)
{
    for (isize o = 0; o < n; o += 16) {
        const __mmask16 some = n - o < 16 ? (__mmask16)((1 << (n - o)) - 1) : 0xffff;
        const __m512 zero = _mm512_setzero_ps();
        __m512i i = _mm512_maskz_loadu_epi32(some, index + o);
        __m512 best = _mm512_mask_i32gather_ps(zero, some, i, src, 4);
        __m512i where = _mm512_add_epi32(_mm512_mask_i32gather_epi32(i, some, i, bases, 4), i);
        for (isize t = 1; t < taps; t++) {
            i = _mm512_maskz_loadu_epi32(some, index + t * step + o);
            const __m512 value = _mm512_mask_i32gather_ps(zero, some, i, src, 4);
            const __m512i place = _mm512_add_epi32(_mm512_mask_i32gather_epi32(i, some, i, bases, 4), i);
            const __mmask16 before = _mm512_cmplt_epi32_mask(place, where);
            const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
            const __mmask16 take = _mm512_cmp_ps_mask(value, best, _CMP_GT_OQ) | (_mm512_cmp_ps_mask(value, best, _CMP_EQ_OQ) & before)
                | (nan & (_mm512_cmp_ps_mask(best, best, _CMP_ORD_Q) | before));
            best = _mm512_mask_mov_ps(best, take, value);
            where = _mm512_mask_mov_epi32(where, take, place);
        }
        _mm512_mask_storeu_ps((float *)out + o, some, best);
        _mm512_mask_storeu_epi32((int32_t *)places + o, some, where);
    }
}
CPOOL_PIXEL_WINNERS(f32, float, int32_t)
#else
CPOOL_BIN_BOTH(f32, float, int32_t)
#endif
CPOOL_BIN_BOTH(f64, double, int64_t)
CPOOL_BIN_VALUES(i8, int8_t)
CPOOL_BIN_VALUES(u8, uint8_t)
CPOOL_BIN_VALUES(i16, int16_t)
CPOOL_BIN_VALUES(u16, uint16_t)
CPOOL_BIN_BOTH(i32, int32_t, int32_t)
CPOOL_BIN_BOTH(u32, uint32_t, int32_t)
CPOOL_BIN_BOTH(i64, int64_t, int64_t)
CPOOL_BIN_BOTH(u64, uint64_t, int64_t)

static void cpool_bin_sums(double *restrict out, const double *restrict line, const int32_t *restrict index, isize step, isize taps,
                           isize n)
{
    for (isize o = 0; o < n; o++)
        out[o] = line[index[o]];
    for (isize t = 1; t < taps; t++)
        for (isize o = 0; o < n; o++)
            out[o] += line[index[t * step + o]];
}

typedef struct {
    void (*values)(char *out, const char *lines, const int32_t *index, isize step, isize taps, isize n);
    void (*winners)(char *out, char *places, const char *lines, const char *bases, const int32_t *index, isize step, isize taps, isize n);
    /* One window of pixels of n channels: columns first to end of one line. */
    void (*pixel_winners)(char *out, char *places, const char *line, const char *bases, isize first, isize end, isize n);
} cpool_bins;

#define CPOOL_BIN_ENTRY(S) {cpool_bin_values_##S, cpool_bin_winners_##S, cpool_pixel_winners_##S}
static const cpool_bins CPOOL_BINS[CPOOL_ELEMENTS] = {
    CPOOL_BIN_ENTRY(f32), CPOOL_BIN_ENTRY(f64),
    {cpool_bin_values_i8, NULL, NULL}, {cpool_bin_values_u8, NULL, NULL},
    {cpool_bin_values_i16, NULL, NULL}, {cpool_bin_values_u16, NULL, NULL},
    CPOOL_BIN_ENTRY(i32), CPOOL_BIN_ENTRY(u32), CPOOL_BIN_ENTRY(i64), CPOOL_BIN_ENTRY(u64),
};

#endif
