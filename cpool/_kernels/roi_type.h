/* The loops of one element type T: included by roi.h once for each. I is the signed integer of its width. */
#define FN(name) CPOOL_NAME(CPOOL_NAME(cpool_roi, name), S)
#define V FN(vector)
#define M FN(mask)
#if CPOOL_BYTES
typedef T V __attribute__((vector_size(CPOOL_BYTES), aligned(sizeof(T)), may_alias));
typedef I M __attribute__((vector_size(CPOOL_BYTES), aligned(sizeof(T)), may_alias));
#define BLEND(mask, b, a) ((V)(((mask) & (M)(b)) | (~(mask) & (M)(a))))
#define BLEND_CODE(mask, b, a) (((mask) & (b)) | (~(mask) & (a)))
#define BROADCAST(x) ((M){0} + (I)(x))
#else
typedef T V;
typedef I M;
#define BLEND(mask, b, a) ((mask) ? (b) : (a))
#define BLEND_CODE BLEND
#define BROADCAST(x) ((I)(x))
#endif
#define MOST 8 /* vectors that are added up at a time; those of a cell at least */
#define EACH for (isize v = 0; v < vectors; v++)
#define BY_BLOCK(name, ...) \
    if (r->block == CPOOL_ROI_WIDE) \
        FN(name)(__VA_ARGS__, CPOOL_ROI_WIDE / sizeof(V)); \
    else \
        FN(name)(__VA_ARGS__, CPOOL_ROI_NARROW / sizeof(V));

#ifdef WEIGHT
/* Every NaN the same: which of two a sum keeps, and so its sign, is up to the order of operands in an instruction. */
CPOOL_INLINE V FN(settled)(V v)
{
    const V nan = (V){0} + (T)NAN;
    const M mask = v == v;
    return BLEND(mask, v, nan);
}
static void FN(settle)(char *cells, isize bytes)
{
    for (V *v = (V *)cells, *end = (V *)(cells + bytes); v < end; v++)
        *v = FN(settled)(*v);
}

/* `many` columns at a time, which share what there is to know of a row. */
CPOOL_INLINE void FN(columns)(const cpool_roi_align *r, V *line, const cpool_roi_tap *tap, const cpool_roi_tap *end, const isize *col,
                              const isize many, const isize vectors)
{
    V sum[MOST] = {0};
    for (; tap < end; tap++) {
        const char *row = r->cells + r->row[tap->slot];
        const T weight = tap->WEIGHT;
        for (isize c = 0; c < many; c++)
            EACH sum[c * vectors + v] += weight * ((const V *)(row + col[c]))[v];
    }
    for (isize v = 0; v < many * vectors; v++)
        line[v] = sum[v];
}

/* Rows first: the columns that the region touches, each the weighted sum of its cells in the rows of one bin. Bins side by
 * side share it. */
CPOOL_INLINE void FN(align_of)(const cpool_roi_align *r, const isize vectors)
{
    const isize many = MOST / vectors;
    V *line = (V *)r->line;
    char *out = r->bins;
    for (isize y = 0; y < r->y.bins; y++) {
        const cpool_roi_tap *first = r->y.taps + r->y.first[y], *end = r->y.taps + r->y.first[y + 1];
        isize c = 0;
        for (; c + many <= r->cols; c += many)
            FN(columns)(r, line + c * vectors, first, end, r->col + c, many, vectors);
        for (; c < r->cols; c++)
            FN(columns)(r, line + c * vectors, first, end, r->col + c, 1, vectors);
        for (isize x = 0; x < r->x.bins; x++, out += r->bin_step) {
            V sum[MOST] = {0};
            if (first < end)
                for (isize t = r->x.first[x]; t < r->x.first[x + 1]; t++) {
                    const V *cell = line + r->x.taps[t].slot * vectors;
                    EACH sum[v] += r->x.taps[t].WEIGHT * cell[v];
                }
            EACH ((V *)out)[v] = FN(settled)(sum[v]);
        }
    }
}
static void FN(align)(const cpool_roi_align *r)
{
    BY_BLOCK(align_of, r)
}

/* The adjoint: each bin's gradient along its columns, then to the rows. */
CPOOL_INLINE void FN(spread_of)(const cpool_roi_align *r, const isize vectors)
{
    V *line = (V *)r->line;
    const char *grad = r->bins;
    for (isize y = 0; y < r->y.bins; y++) {
        memset(line, 0, (size_t)(r->cols * r->block));
        for (isize x = 0; x < r->x.bins; x++, grad += r->bin_step)
            for (isize t = r->x.first[x]; t < r->x.first[x + 1]; t++) {
                V *cell = line + r->x.taps[t].slot * vectors;
                EACH cell[v] += r->x.taps[t].WEIGHT * ((const V *)grad)[v];
            }
        for (isize t = r->y.first[y]; t < r->y.first[y + 1]; t++) {
            const isize row = r->row[r->y.taps[t].slot];
            for (isize c = 0; row >= 0 && c < r->cols; c++) {
                V *cell = (V *)(r->cells + row + r->col[c]);
                EACH cell[v] += r->y.taps[t].WEIGHT * line[c * vectors + v];
            }
        }
    }
}
static void FN(spread)(const cpool_roi_align *r)
{
    BY_BLOCK(spread_of, r)
}

/* grad[i] to the cell of its code, in plane i. */
static void FN(give)(char *planes, isize plane_step, isize cell_step, const int32_t *code, const char *grad, isize n)
{
    for (isize i = 0; i < n; i++, planes += plane_step)
        if (code[i] >= 0)
            *(T *)(planes + code[i] * cell_step) += ((const T *)grad)[i];
}
#endif

/* The first of equals stays, and so does the first NaN. */
CPOOL_INLINE void FN(max_of)(const cpool_roi_max *r, const int winners, const isize vectors)
{
    const isize *rows = r->rows, *cols = r->cols;
    char *out = r->best, *codes = r->codes;
    for (isize i = 0; i < r->bins_y; i++)
        for (isize k = 0; k < r->bins_x; k++, out += r->best_step) {
            const isize x0 = cols[2 * k], x1 = cols[2 * k + 1];
            isize y = rows[2 * i];
            V best[MOST] = {0};
            M from[MOST];
            EACH from[v] = BROADCAST(-1);
            if (y < rows[2 * i + 1] && x0 < x1) {
                const V *start = (const V *)(r->cells + y * r->row_step + x0 * r->col_step);
                EACH best[v] = start[v];
                EACH from[v] = BROADCAST(y * r->plane_cols + x0);
            }
            for (; y < rows[2 * i + 1]; y++)
                for (isize x = x0; x < x1; x++) {
                    const V *cell = (const V *)(r->cells + y * r->row_step + x * r->col_step);
                    const M code = BROADCAST(y * r->plane_cols + x);
                    EACH {
                        const V a = best[v], b = cell[v];
#if NAN_FIRST
                        const M mask = ~(b <= a) & (a == a);
#else
                        const M mask = b > a;
#endif
                        best[v] = BLEND(mask, b, a);
                        if (winners)
                            from[v] = BLEND_CODE(mask, code, from[v]);
                    }
                }
            EACH ((V *)out)[v] = best[v];
            if (winners) {
                EACH ((M *)codes)[v] = from[v];
                codes += r->block;
            }
        }
}
static void FN(max)(const cpool_roi_max *r)
{
    if (r->codes) {
        BY_BLOCK(max_of, r, 1)
    } else {
        BY_BLOCK(max_of, r, 0)
    }
}

#undef S
#undef T
#undef I
#undef WEIGHT
#undef NAN_FIRST
#undef FN
#undef V
#undef M
#undef BLEND
#undef BLEND_CODE
#undef BROADCAST
#undef MOST
#undef EACH
#undef BY_BLOCK
