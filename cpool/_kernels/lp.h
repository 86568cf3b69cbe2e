/* Powers and roots of Lp pooling, in double. Of float the powers up to the sixth stay within the range of double, and so do their
 * products with gradients; beyond, and for double, what leaves the range is noticed here and taken again, scaled: lp.pxi. */
#ifndef CPOOL_LP_H
#define CPOOL_LP_H

#include "powers.h"

enum { CPOOL_LP_1, CPOOL_LP_2, CPOOL_LP_3, CPOOL_LP_4, CPOOL_LP_ANY, CPOOL_LP_MAX };

typedef struct {
    int kind;        /* of the above */
    int exact;       /* as the results of double, and very large p, need powers */
    int careful;     /* powers and quotients may leave the range */
    double p;
    cpool_exponent power, root, slope; /* p, 1 / p and p - 1 */
    double low, high; /* between which a sum of powers is as exact as any; NaN is */
} cpool_lp;

static void cpool_lp_set_exponents(cpool_lp *lp)
{
    /* Beyond, powers of all but 1 are 0 or infinite. */
    const double p = lp->p < 0x1p70 ? lp->p : 0x1p70, root = 1 / p, rest = p < 0x1p-70 ? 0 : fma(-p, root, 1) / p;
    lp->power.high = p;
    lp->power.low = 0;
    lp->root.high = root;
    lp->root.low = rest; /* counts for hundreds of units in the last place where a sum is very large or small */
    lp->slope.high = p - 1;
    lp->slope.low = p < 1 ? p - (lp->slope.high + 1) : 0;
}

/* What is kept of n numbers, in place. */
static void cpool_lp_powers_of(const cpool_lp *lp, double *restrict a, isize n, cpool_exponent e)
{
    if (lp->exact)
        cpool_powers_exact(a, e, n);
    else
        cpool_powers_short(a, e, n);
}
#define CPOOL_LP_EACH(value) for (isize i = 0; i < n; i++) a[i] = value; break
/* a^p */
static void cpool_lp_powers(const cpool_lp *lp, double *restrict a, isize n)
{
    switch (lp->kind) {
    case CPOOL_LP_1: break;
    case CPOOL_LP_2: CPOOL_LP_EACH(a[i] * a[i]);
    case CPOOL_LP_3: CPOOL_LP_EACH(a[i] * a[i] * a[i]);
    case CPOOL_LP_4: CPOOL_LP_EACH((a[i] * a[i]) * (a[i] * a[i]));
    default: cpool_lp_powers_of(lp, a, n, lp->power);
    }
}
/* a^(1 / p) */
static void cpool_lp_roots(const cpool_lp *lp, double *restrict a, isize n)
{
    switch (lp->kind) {
    case CPOOL_LP_1: break;
    case CPOOL_LP_2: CPOOL_LP_EACH(sqrt(a[i]));
    case CPOOL_LP_4: CPOOL_LP_EACH(sqrt(sqrt(a[i])));
    default: cpool_lp_powers_of(lp, a, n, lp->root);
    }
}
/* a^(p - 1) */
static void cpool_lp_slopes(const cpool_lp *lp, double *restrict a, isize n)
{
    switch (lp->kind) {
    case CPOOL_LP_1: CPOOL_LP_EACH(1);
    case CPOOL_LP_2: break;
    case CPOOL_LP_3: CPOOL_LP_EACH(a[i] * a[i]);
    case CPOOL_LP_4: CPOOL_LP_EACH(a[i] * a[i] * a[i]);
    default: cpool_lp_powers_of(lp, a, n, lp->slope);
    }
}
static double cpool_lp_slope(const cpool_lp *lp, double a)
{
    cpool_lp_slopes(lp, &a, 1);
    return a;
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
CPOOL_INLINE double cpool_lp_quotient(double grad, double y, double slope)
{
    return y == 0 ? 0 : grad / slope;
}

/* The loops, over blocks that stay in the first cache from one to the next. Every NaN that comes out is the same one, see
 * rows_tables.h. */
enum { CPOOL_LP_BLOCK = 128 };
#define CPOOL_LP_BLOCKS \
    for (isize at = 0, many; at < n; at += many) \
        if ((many = n - at < CPOOL_LP_BLOCK ? n - at : CPOOL_LP_BLOCK), 1)
#define CPOOL_LP(S, T) \
    /* dst = |src|^p */ \
    static void cpool_lp_load_##S(const cpool_lp *lp, double *restrict dst, const T *restrict src, isize n) \
    { \
        CPOOL_LP_BLOCKS { \
            for (isize i = at; i < at + many; i++) \
                dst[i] = fabs((double)src[i]); \
            cpool_lp_powers(lp, dst + at, many); \
        } \
    } \
    /* dst = src^(1 / p), and unless it is NULL `norms` too; whether a sum does not fit */ \
    static int cpool_lp_store_##S(const cpool_lp *lp, T *restrict dst, double *restrict norms, const double *restrict src, \
                                  isize n) \
    { \
        double block[CPOOL_LP_BLOCK]; \
        int seen = 0; \
        CPOOL_LP_BLOCKS { \
            double *restrict norm = norms ? norms + at : block; \
            memcpy(norm, src + at, (size_t)many * sizeof(double)); \
            cpool_lp_roots(lp, norm, many); \
            for (isize i = 0; i < many; i++) \
                dst[at + i] = norm[i] == norm[i] ? (T)norm[i] : (T)NAN; \
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
        double slope[CPOOL_LP_BLOCK]; \
        int seen = 0; \
        CPOOL_LP_BLOCKS { \
            memcpy(slope, y + at, (size_t)many * sizeof(double)); \
            cpool_lp_slopes(lp, slope, many); \
            for (isize i = 0; i < many; i++) \
                dst[at + i] = cpool_lp_quotient(grad[at + i], y[at + i], slope[i]); \
        } \
        if (lp->careful) \
            for (isize i = 0; i < n; i++) \
                seen |= cpool_lp_ordinary(grad[i]) & cpool_lp_ordinary(y[i]) & !cpool_lp_quotient_fits(dst[i]); \
        return seen; \
    } \
    /* dst = src sign(x) |x|^(p - 1); whether a factor does not fit */ \
    static int cpool_lp_store_grad_##S(const cpool_lp *lp, T *restrict dst, const double *restrict src, const T *restrict x, \
                                       isize n) \
    { \
        double slope[CPOOL_LP_BLOCK]; \
        int seen = 0; \
        CPOOL_LP_BLOCKS { \
            for (isize i = 0; i < many; i++) \
                slope[i] = fabs((double)x[at + i]); \
            cpool_lp_slopes(lp, slope, many); \
            for (isize i = 0; i < many; i++) { \
                const double cell = (double)x[at + i], size = src[at + i] * slope[i]; \
                const double found = cell == 0 ? 0 : cell < 0 ? 0 - size : cell > 0 ? size : (double)NAN; \
                dst[at + i] = found == found ? (T)found : (T)NAN; \
            } \
            if (lp->careful) \
                for (isize i = 0; i < many; i++) \
                    seen |= cpool_lp_ordinary(x[at + i]) & !cpool_lp_slope_fits(slope[i]); \
        } \
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
    const double half = p >= 1 ? pow(mean ? sum / n : sum, 0.5 / p)
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
