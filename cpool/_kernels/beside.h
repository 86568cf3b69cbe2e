/* Windows side by side: what the learned and the random poolings compute, of up to CPOOL_BESIDE windows at once, one a lane.
 *
 * The cells of the windows lie cell by cell, x[place[k] + lane]: whatever the layout, the rank and the borders were, a
 * family is one loop over cells and one over lanes, which the compiler turns into vectors. Each lane goes through the same
 * operations in the same order whatever else is computed beside it, so that no bit depends on variants, threads or layout.
 *
 * A backward pass computes again what it needs of the forward pass: that costs less than to write it out and read it back. */
#ifndef CPOOL_BESIDE_H
#define CPOOL_BESIDE_H

/* Windows at a time, and of so many cells that these would take too much memory. Behind the rows of lanes of the former is room for
 * a vector: what is written beyond the last lane of a row in whole vectors stays in it. */
enum { CPOOL_BESIDE = 64, CPOOL_PITCH = 80, CPOOL_FEW_BESIDE = 16 };

/* The families; what each takes is told where it is defined. The order is that of cpool._dispatch.FAMILIES. */
enum {
    CPOOL_SOFTMAX, CPOOL_LOG_SUM_EXP, CPOOL_POWER_MEAN, CPOOL_MIXED, CPOOL_GATED, CPOOL_TREE, CPOOL_DOT, CPOOL_WEIGHTED_MAX,
    CPOOL_RANKED, CPOOL_RANK_PICK, CPOOL_VALUE_PICK, CPOOL_VALUE_MEAN, CPOOL_DETAIL, CPOOL_FAMILIES
};

typedef struct {
    isize pitch;          /* from row to row of lanes */
    isize n, lanes;       /* cells of each window, not 0; lanes in use: families compute whole vectors, also beyond them */
    const isize *place;   /* where the cells k of the first lane are in x and more, and in ready: those of the others follow it */
    const isize *ready_place;
    int plane;            /* to make what is ready: whether of a plane, see beside_softmax.h */
    isize ready_step;     /* in ready, from the first number of a cell to the next */
    isize taps;           /* cells of a window that no border cuts */
    const isize *tap;     /* tap[k]: which of those cell k is */
    const void *x;        /* x[place[k] + lane] */
    const void *more;     /* another input of the shape of x; or NULL */
    const void *side;     /* an input of the shape of the result, side[lane]; or NULL */
    void *ready;          /* what a family made of each cell beforehand */
    const void *params;   /* params[i * pitch + lane] */
    double option;        /* hyper-parameters of a family */
    int flags;
    void *y;
    int32_t *code;        /* for families that pick a cell: its tap, -1 where there is none */
    void *work;           /* 2 * n rows */
    /* Backward only: */
    const void *grad;
    void *grad_x, *grad_more, *grad_side;
    void *grad_params;    /* this block's part; NULL where ranked or dot have weights that nobody learns */
} cpool_beside;

/* A part of a row of windows whose cells, seen from the first, are n of one channel or channel beside channel of a pixel. */
typedef struct {
    isize at, n;          /* which lanes it is */
    isize x, out;         /* where its first cell is, and its first result, in elements */
    isize plane, channel;
} cpool_segment;

typedef struct {
    isize pitch;
    int room;             /* whether whole vectors may be written to rows of lanes */
    isize step;           /* from a cell to that of the next lane, in elements */
    int shared;           /* whether the cells of rows of a plane lie side by side, and windows one or two cells apart */
    isize taps, row;      /* the cells of a window, and those of a row of it */
    const isize *offset;  /* from the first cell of a window to the others, in elements, ascending */
    isize size, results;  /* elements of the arrays of cells, and of results */
} cpool_moves;

#define S f32
#define T float
#define BITS 32
#define I int32_t
#define DOUBLE 0
#define NEAR_0 0.1f /* below which exponents a few terms of a series are better than quotients of rounded sums */
#define SMALLEST FLT_MIN
#include "beside_type.h"
#undef S
#undef T
#undef BITS
#undef I
#undef DOUBLE
#undef NEAR_0
#undef SMALLEST

#define S f64
#define T double
#define BITS 64
#define I int64_t
#define DOUBLE 1
#define NEAR_0 1e-3
#define SMALLEST DBL_MIN
#include "beside_type.h"
#undef S
#undef T
#undef BITS
#undef I
#undef DOUBLE
#undef NEAR_0
#undef SMALLEST

typedef struct {
    void (*forward)(const cpool_beside *);
    void (*backward)(const cpool_beside *); /* NULL where the gradient is that of max: to the cell of the code */
    /* What it makes of the cells beforehand: so many numbers of each, and what makes them; 0 and NULL of most. */
    int ready_forward, ready_backward;
    void (*ready)(const cpool_beside *);
} cpool_family;

#define CPOOL_FAMILY_OF(S, name, ...) {cpool_##name##_##S, cpool_##name##_back_##S, __VA_ARGS__}
#define CPOOL_FAMILY(name) {CPOOL_FAMILY_OF(f32, name, 0, 0, NULL), CPOOL_FAMILY_OF(f64, name, 0, 0, NULL)}
#define CPOOL_SHARING(name, forward, backward) \
    {CPOOL_FAMILY_OF(f32, name, forward, backward, cpool_##name##_ready_f32), \
     CPOOL_FAMILY_OF(f64, name, forward, backward, cpool_##name##_ready_f64)}
#define CPOOL_PICKING(name) {{cpool_##name##_f32, NULL, 0, 0, NULL}, {cpool_##name##_f64, NULL, 0, 0, NULL}}
static const cpool_family CPOOL_BESIDE_FAMILIES[CPOOL_FAMILIES][2] = {
    CPOOL_SHARING(softmax, 1, 1), CPOOL_SHARING(log_sum_exp, 1, 1), CPOOL_SHARING(power_mean, 1, 3), CPOOL_FAMILY(mixed),
    CPOOL_FAMILY(gated),
    CPOOL_FAMILY(tree), CPOOL_FAMILY(dot), CPOOL_FAMILY(weighted_max), CPOOL_FAMILY(ranked), CPOOL_PICKING(rank_pick),
    CPOOL_PICKING(value_pick), CPOOL_FAMILY(value_mean), CPOOL_FAMILY(detail),
};

/* What is between rows and lanes: see beside_lanes.h. */
typedef struct {
    void (*cells_in)(const cpool_moves *, const cpool_segment *, isize, void *lanes, const void *array);
    void (*cells_put)(const cpool_moves *, const cpool_segment *, isize, void *array, const void *lanes);
    void (*cells_add)(const cpool_moves *, const cpool_segment *, isize, void *array, const void *lanes);
    void (*results_in)(const cpool_moves *, const cpool_segment *, isize, void *lanes, const void *array);
    void (*results_out)(const cpool_segment *, isize, void *array, const void *lanes);
    void (*params_in)(const cpool_moves *, const cpool_segment *, isize, void *lanes, const void *table, isize, isize, isize);
    void (*params_out)(const cpool_moves *, const cpool_segment *, isize, double *sums, const void *lanes, isize, isize);
} cpool_lanes;
#define CPOOL_LANES(S) \
    {cpool_cells_in_##S, cpool_cells_put_##S, cpool_cells_add_##S, cpool_results_in_##S, cpool_results_out_##S, \
     cpool_params_in_##S, cpool_params_out_##S}
static const cpool_lanes CPOOL_BESIDE_LANES[2] = {CPOOL_LANES(f32), CPOOL_LANES(f64)};

#endif
