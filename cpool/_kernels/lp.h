/* Powers and roots of Lp pooling, in double. Of float the powers up to the sixth stay within the range of double, and so do their
 * products with gradients; beyond, and for double, what leaves the range is noticed here and taken again, scaled: lp.pxi. */
#ifndef CPOOL_LP_H
#define CPOOL_LP_H

enum { CPOOL_LP_1, CPOOL_LP_2, CPOOL_LP_3, CPOOL_LP_4, CPOOL_LP_ANY, CPOOL_LP_MAX };

typedef struct {
    int kind;        /* of the above */
    int careful;     /* powers and quotients may leave the range */
    double p;
    double low, high; /* between which a sum of powers is as exact as any; NaN is */
} cpool_lp;

CPOOL_INLINE double cpool_lp_power(int kind, double p, double a)
{
    return kind == CPOOL_LP_1 ? a : kind == CPOOL_LP_2 ? a * a : kind == CPOOL_LP_3 ? a * a * a
         : kind == CPOOL_LP_4 ? (a * a) * (a * a) : pow(a, p);
}
/* s^(1 / p). What 1 / p is rounded by counts for hundreds of units in the last place where s is very large or small. */
static inline double cpool_lp_any_root(double p, double sum)
{
    const double power = 1 / p, rest = fma(-p, power, 1) / p, found = pow(sum, power);
    return sum > 0 && found > 0 && found <= DBL_MAX ? found + found * (rest * log(sum)) : found;
}
CPOOL_INLINE double cpool_lp_root(int kind, double p, double sum)
{
    return kind == CPOOL_LP_1 ? sum : kind == CPOOL_LP_2 ? sqrt(sum) : kind == CPOOL_LP_3 ? cbrt(sum)
         : kind == CPOOL_LP_4 ? sqrt(sqrt(sum)) : cpool_lp_any_root(p, sum);
}
/* a^(p - 1) */
CPOOL_INLINE double cpool_lp_slope(int kind, double p, double a)
{
    return kind == CPOOL_LP_1 ? 1 : kind == CPOOL_LP_2 ? a : kind == CPOOL_LP_3 ? a * a
         : kind == CPOOL_LP_4 ? a * a * a : pow(a, p - 1);
}
/* Finite and not 0; written so that it is one comparison. */
CPOOL_INLINE int cpool_lp_ordinary(double a)
{
    return (fabs(a) > 0) & (fabs(a) <= DBL_MAX);
}
CPOOL_INLINE int cpool_lp_sum_fits(const cpool_lp *lp, double sum)
{
    return !((sum < lp->low) | (sum > lp->high));
}
/* Whether products of the two, a slope and a sum of quotients, stay within the range. */
CPOOL_INLINE int cpool_lp_slope_fits(double slope)
{
    return (slope >= 0x1p-200) & (slope <= 0x1p200);
}
CPOOL_INLINE int cpool_lp_quotient_fits(double quotient)
{
    return (fabs(quotient) >= 0x1p-800) & (fabs(quotient) <= 0x1p800);
}
static inline double cpool_lp_quotient(int kind, double p, double grad, double y)
{
    return y == 0 ? 0 : grad / cpool_lp_slope(kind, p, y);
}

/* The loops, each written out for the kinds that have no call of pow in them. */
#define CPOOL_LP_KINDS(LOOP) \
    switch (lp->kind) { \
    case CPOOL_LP_1: LOOP(CPOOL_LP_1); break; \
    case CPOOL_LP_2: LOOP(CPOOL_LP_2); break; \
    case CPOOL_LP_3: LOOP(CPOOL_LP_3); break; \
    case CPOOL_LP_4: LOOP(CPOOL_LP_4); break; \
    default: LOOP(CPOOL_LP_ANY); \
    }

#define CPOOL_LP(S, T) \
    /* dst = |src|^p */ \
    static void cpool_lp_load_##S(const cpool_lp *lp, double *restrict dst, const T *restrict src, isize n) \
    { \
        const double p = lp->p; \
        CPOOL_LP_KINDS(CPOOL_LP_LOAD) \
    } \
    /* dst = src^(1 / p), and unless it is NULL `norms` too; whether a sum does not fit */ \
    static int cpool_lp_store_##S(const cpool_lp *lp, T *restrict dst, double *restrict norms, const double *restrict src, \
                                  isize n) \
    { \
        const double p = lp->p; \
        int seen = 0; \
        if (norms) { \
            CPOOL_LP_KINDS(CPOOL_LP_NORMS) \
            for (isize i = 0; i < n; i++) \
                dst[i] = norms[i] == norms[i] ? (T)norms[i] : (T)NAN; \
        } else { \
            CPOOL_LP_KINDS(CPOOL_LP_STORE_##S) \
        } \
        if (lp->low > 0 || lp->high <= DBL_MAX) \
            for (isize i = 0; i < n; i++) \
                seen |= !cpool_lp_sum_fits(lp, src[i]); \
        return seen; \
    } \
    /* dst = grad y^(1 - p); whether one does not fit */ \
    static int cpool_lp_load_grad_##S(const cpool_lp *lp, double *restrict dst, const T *restrict grad, const double *restrict y, \
                                      isize n) \
    { \
        const double p = lp->p; \
        int seen = 0; \
        CPOOL_LP_KINDS(CPOOL_LP_LOAD_GRAD) \
        if (lp->careful) \
            for (isize i = 0; i < n; i++) \
                seen |= cpool_lp_ordinary(grad[i]) & cpool_lp_ordinary(y[i]) & !cpool_lp_quotient_fits(dst[i]); \
        return seen; \
    } \
    /* dst = src sign(x) |x|^(p - 1); whether a factor does not fit */ \
    static int cpool_lp_store_grad_##S(const cpool_lp *lp, T *restrict dst, const double *restrict src, const T *restrict x, \
                                       isize n) \
    { \
        const double p = lp->p; \
        int seen = 0; \
        CPOOL_LP_KINDS(CPOOL_LP_STORE_GRAD_##S) \
        if (lp->careful) \
            for (isize i = 0; i < n; i++) \
                seen |= cpool_lp_ordinary(x[i]) & !cpool_lp_slope_fits(cpool_lp_slope(lp->kind, p, fabs((double)x[i]))); \
        return seen; \
    } \
    static void cpool_lp_absolute_##S(T *restrict dst, const T *restrict src, isize n) \
    { \
        for (isize i = 0; i < n; i++) \
            dst[i] = src[i] < 0 ? -src[i] : src[i] + 0; \
    } \
    /* A NaN has no sign where every cell has its share, and takes the gradient where it is the one that does. */ \
    static void cpool_lp_signed_##S(T *restrict dst, const T *restrict src, const T *restrict x, isize n, int shares) \
    { \
        const T nan = (T)NAN; \
        for (isize i = 0; i < n; i++) { \
            const T size = src[i] == src[i] ? src[i] : nan; \
            dst[i] = x[i] == 0 ? 0 : x[i] < 0 ? 0 - size : x[i] > 0 || !shares ? size : nan; \
        } \
    }
/* Every NaN that comes out is the same one, see rows_tables.h. */
#define CPOOL_LP_OUT(T, value) const double found = (value); dst[i] = found == found ? (T)found : (T)NAN
#define CPOOL_LP_LOAD(kind) for (isize i = 0; i < n; i++) dst[i] = cpool_lp_power(kind, p, fabs((double)src[i]))
#define CPOOL_LP_STORE(T, kind) for (isize i = 0; i < n; i++) { CPOOL_LP_OUT(T, cpool_lp_root(kind, p, src[i])); }
#define CPOOL_LP_NORMS(kind) for (isize i = 0; i < n; i++) norms[i] = cpool_lp_root(kind, p, src[i])
#define CPOOL_LP_STORE_f32(kind) CPOOL_LP_STORE(float, kind)
#define CPOOL_LP_STORE_f64(kind) CPOOL_LP_STORE(double, kind)
#define CPOOL_LP_LOAD_GRAD(kind) for (isize i = 0; i < n; i++) dst[i] = cpool_lp_quotient(kind, p, (double)grad[i], y[i])
#define CPOOL_LP_STORE_GRAD(T, kind) \
    for (isize i = 0; i < n; i++) { \
        const double slope = cpool_lp_slope(kind, p, fabs((double)x[i])), size = src[i] * slope; \
        CPOOL_LP_OUT(T, x[i] == 0 ? 0 : x[i] < 0 ? 0 - size : x[i] > 0 ? size : (T)NAN); \
    }
#define CPOOL_LP_STORE_GRAD_f32(kind) CPOOL_LP_STORE_GRAD(float, kind)
#define CPOOL_LP_STORE_GRAD_f64(kind) CPOOL_LP_STORE_GRAD(double, kind)

CPOOL_LP(f32, float)
CPOOL_LP(f64, double)

/* The scaled way: the norm of n cells from what is added up of each over the largest. Half the root at a time, for neither factor
 * may leave the range where their product does not. Below p = 1 the sum is all but n, and what it differs by is what counts. */
static inline double cpool_lp_scaled_term(double p, double a, double largest)
{
    const double ratio = a / largest;
    if (p >= 1)
        return pow(ratio, p);
    return a == 0 ? -1 : expm1(p * (ratio < DBL_MIN ? log(a) - log(largest) : log(ratio)));
}
static inline double cpool_lp_scaled_root(double p, double largest, double sum, double n, int mean)
{
    const double half = p >= 1 ? cpool_lp_any_root(2 * p, mean ? sum / n : sum)
                               : exp(((mean ? 0 : log(n)) + log1p(sum / n)) / p / 2);
    return largest * half * half;
}
/* (a / y)^(p - 1) for a > 0 */
static inline double cpool_lp_scaled_slope(double p, double a, double y)
{
    const double ratio = a / y;
    /* Near p = 1 a ratio that underflows still has a power that does not. */
    return ratio < DBL_MIN && y <= DBL_MAX && p < 2 ? pow(a, p - 1) * pow(y, 1 - p) : pow(ratio, p - 1);
}
#endif
