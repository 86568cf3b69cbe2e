/* Windows side by side: what the learned and the random poolings compute, of up to CPOOL_BESIDE windows at once, one a lane.
 *
 * The cells of the windows lie cell by cell, x[k * CPOOL_BESIDE + lane]: whatever the layout, the rank and the borders were, a
 * family is one loop over cells and one over lanes, which the compiler turns into vectors. Each lane goes through the same
 * operations in the same order whatever else is computed beside it, so that no bit depends on variants, threads or layout.
 *
 * A backward pass computes again what it needs of the forward pass: that costs less than to write it out and read it back. */
#ifndef CPOOL_BESIDE_H
#define CPOOL_BESIDE_H

enum { CPOOL_BESIDE = 64 };

/* The families; what each takes is told where it is defined. The order is that of cpool._dispatch.FAMILIES. */
enum {
    CPOOL_SOFTMAX, CPOOL_LOG_SUM_EXP, CPOOL_POWER_MEAN, CPOOL_MIXED, CPOOL_GATED, CPOOL_TREE, CPOOL_DOT, CPOOL_WEIGHTED_MAX,
    CPOOL_RANKED, CPOOL_RANK_PICK, CPOOL_VALUE_PICK, CPOOL_VALUE_MEAN, CPOOL_DETAIL, CPOOL_FAMILIES
};

typedef struct {
    isize n, lanes;       /* cells of each window, not 0; lanes in use: families compute whole vectors, also beyond them */
    isize taps;           /* cells of a window that no border cuts */
    const isize *tap;     /* tap[k]: which of those cell k is */
    const void *x;        /* x[k * CPOOL_BESIDE + lane] */
    const void *more;     /* another input of the shape of x; or NULL */
    const void *side;     /* an input of the shape of the result, side[lane]; or NULL */
    const void *params;   /* params[i * CPOOL_BESIDE + lane] */
    double option;        /* hyper-parameters of a family */
    int flags;
    void *y;
    int32_t *code;        /* for families that pick a cell: its tap, -1 where there is none */
    void *work;           /* 2 * n rows of CPOOL_BESIDE elements */
    /* Backward only: */
    const void *grad;
    void *grad_x, *grad_more, *grad_side;
    void *grad_params;    /* this block's part; NULL where ranked or dot have weights that nobody learns */
} cpool_beside;

#define S f32
#define T float
#define I int32_t
#define DOUBLE 0
#define NEAR_0 0.1f /* below which exponents a few terms of a series are better than quotients of rounded sums */
#define SMALLEST FLT_MIN
#include "beside_type.h"
#undef S
#undef T
#undef I
#undef DOUBLE
#undef NEAR_0
#undef SMALLEST

#define S f64
#define T double
#define I int64_t
#define DOUBLE 1
#define NEAR_0 1e-3
#define SMALLEST DBL_MIN
#include "beside_type.h"
#undef S
#undef T
#undef I
#undef DOUBLE
#undef NEAR_0
#undef SMALLEST

typedef struct {
    void (*forward)(const cpool_beside *);
    void (*backward)(const cpool_beside *); /* NULL where the gradient is that of max: to the cell of the code */
} cpool_family;

#define CPOOL_FAMILY(name) {{cpool_##name##_f32, cpool_##name##_back_f32}, {cpool_##name##_f64, cpool_##name##_back_f64}}
#define CPOOL_PICKING(name) {{cpool_##name##_f32, NULL}, {cpool_##name##_f64, NULL}}
static const cpool_family CPOOL_BESIDE_FAMILIES[CPOOL_FAMILIES][2] = {
    CPOOL_FAMILY(softmax), CPOOL_FAMILY(log_sum_exp), CPOOL_FAMILY(power_mean), CPOOL_FAMILY(mixed), CPOOL_FAMILY(gated),
    CPOOL_FAMILY(tree), CPOOL_FAMILY(dot), CPOOL_FAMILY(weighted_max), CPOOL_FAMILY(ranked), CPOOL_PICKING(rank_pick),
    CPOOL_PICKING(value_pick), CPOOL_FAMILY(value_mean), CPOOL_FAMILY(detail),
};

/* -------------------------------------------------------------------------------------------- between rows and lanes */
/* Lanes j0 to j0 + n of a row of windows, pixel_step elements apart, of pixels of `inner` channels: element (j / inner) * pixel_step
 * + j % inner. With pixel_step 0 it is the channels over and over again. */
#define CPOOL_LANES_OF(MOVE) \
    for (isize at = 0, j = j0; at < n;) { \
        const isize rest = inner - j % inner, count = rest < n - at ? rest : n - at, from = j / inner * pixel_step + j % inner; \
        MOVE \
        at += count, j += count; \
    }
static void cpool_lanes_load(char *dst, const char *src, isize pixel_step, isize inner, isize j0, isize n, isize width)
{
    if (pixel_step == inner)
        cpool_copy_rows(dst, 0, src + j0 * width, 0, 1, n * width);
    else if (inner == 1)
        cpool_gather(dst, src + j0 * pixel_step * width, pixel_step, n, width);
    else
        CPOOL_LANES_OF(cpool_copy_rows(dst + at * width, 0, src + from * width, 0, 1, count * width);)
}
#define CPOOL_LANES(S, T) \
    static void cpool_lanes_add_##S(T *restrict dst, const T *restrict src, isize pixel_step, isize inner, isize j0, isize n) \
    { \
        if (pixel_step == inner) \
            for (isize i = 0; i < n; i++) \
                dst[j0 + i] += src[i]; \
        else if (inner == 1) \
            for (isize i = 0; i < n; i++) \
                dst[(j0 + i) * pixel_step] += src[i]; \
        else \
            CPOOL_LANES_OF(for (isize i = 0; i < count; i++) dst[from + i] += src[at + i];) \
    } \
    /* Two cells side by side of windows two cells apart, which the compiler takes out of, and puts into, whole vectors. */ \
    static void cpool_lanes_load_pair_##S(T *restrict even, T *restrict odd, const T *restrict src, isize n) \
    { \
        for (isize i = 0; i < n; i++) { \
            even[i] = src[2 * i]; \
            odd[i] = src[2 * i + 1]; \
        } \
    } \
    static void cpool_lanes_add_pair_##S(T *restrict dst, const T *restrict even, const T *restrict odd, isize n) \
    { \
        for (isize i = 0; i < n; i++) { \
            dst[2 * i] += even[i]; \
            dst[2 * i + 1] += odd[i]; \
        } \
    } \
    /* Sums in double, by channel; and of all lanes, in as many parts as the longest vector has. */ \
    static void cpool_lanes_sum_##S(double *restrict dst, const T *restrict src, isize inner, isize j0, isize n) \
    { \
        const isize pixel_step = 0; \
        CPOOL_LANES_OF(for (isize i = 0; i < count; i++) dst[from + i] += (double)src[at + i];) \
    } \
    static double cpool_lanes_total_##S(const T *restrict src, isize n) \
    { \
        double part[8] = {0}; \
        isize i = 0; \
        for (; i + 8 <= n; i += 8) \
            for (isize j = 0; j < 8; j++) \
                part[j] += (double)src[i + j]; \
        for (; i < n; i++) \
            part[i % 8] += (double)src[i]; \
        return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7])); \
    } \
    static void cpool_lanes_fill_##S(T *restrict dst, T value, isize n) \
    { \
        for (isize i = 0; i < n; i++) \
            dst[i] = value; \
    }
CPOOL_LANES(f32, float)
CPOOL_LANES(f64, double)

#endif
