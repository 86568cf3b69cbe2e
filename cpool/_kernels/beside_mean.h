/* Means by exponentials and powers of the cells. Included by beside_type.h after beside_softmax.h: see there. */

#define APART (T)1.1 /* by what the largest exponential exceeds the least, so that a difference of means is no rounding */

/* ------------------------------------------------------------------------------------------------ log of a mean of exponentials
 * log(mean exp(r d)) / r, of the distances d in rows n to 2 n of `work`: of no r d is above 0, and one is 0. The exponentials go to
 * the rows before, `total` is their sum, `slope` the derivative for r. Near r = 0 both are series, in cumulants of d up to the
 * fourth: there the quotients would be rounding. The products with r come first, so that no power of d overflows. */
CPOOL_INLINE V FN(mean_exponent)(const cpool_beside *b, isize i, V r, V *total, V *slope)
{
    const T n = (T)b->n;
    V sum = ALL(0), mean = ALL(0), least = ALL(0), beyond = ALL(0), some = ALL(0), part = ALL(0);
    EACH_CELL {
        const V d = AT(b->work, b->n + k), z = PICK(MASK(d == 0) | MASK(r == 0), ALL(0), r * d), e = FN(exp)(z);
        AT(b->work, k) = e;
        ADD(sum, some, e);
        ADD(mean, part, d);
        least = PICK(MASK(z < least), z, least);
    }
    sum += some;
    mean += part;
    const M series = MASK(least > (T)-NEAR_0) & MASK(r - r == 0);
    mean = mean / n;
    V second = ALL(0), third = ALL(0), fourth = ALL(0), squares = ALL(0), cubes = ALL(0), quarts = ALL(0);
    EACH_CELL {
        const V d = AT(b->work, b->n + k) - mean, u = r * d, v = u * d;
        second += v;     /* r times the second moment, */
        third += u * v;  /* r^2 the third, */
        fourth += u * u * v;
        squares += d * d; /* and without one r: */
        cubes += v * d;
        quarts += v * v;
    }
    second = second / n;
    const V near = mean + second / 2 + third / n / 6 + (fourth / n - 3 * (r * second) * second) / 24;
    const V found = PICK(series, PICK(MASK(mean - mean == 0), near, mean), FN(log)(sum / n) / r);
    EACH_CELL {
        const V e = AT(b->work, k);
        beyond += PICK(MASK(e == 0), ALL(0), e * (AT(b->work, b->n + k) - found));
    }
    *total = sum;
    const V bend = cubes / n / 3 + (quarts / n - 3 * second * second) / 8;
    *slope = PICK(series, squares / n / 2 + PICK(MASK(squares < ALL(INFINITY)), bend, ALL(0)), beyond / sum / r);
    return found;
}

/* ------------------------------------------------------------------------------------------------ log-sum-exp
 * y = log(mean exp(r x)) / r; params: r, of any sign. */
CPOOL_INLINE V FN(log_sum_exp_of)(const cpool_beside *b, isize i, V *root, V *total, V *slope)
{
    const M inverse = MASK(PARAM(0) < 0);
    V one = CELL(0);
    for (isize k = 1; k < b->n; k++)
        one = FN(farther)(inverse, CELL(k), one);
    EACH_CELL AT(b->work, b->n + k) = PICK(MASK(CELL(k) == one), ALL(0), CELL(k) - one);
    *root = FN(mean_exponent)(b, i, PARAM(0), total, slope);
    /* Of an infinite one the mean of distances may be the other infinity; but a NaN among the cells makes it NaN. */
    return PICK(MASK(one - one == 0) | MASK(*root != *root), one + *root, one);
}
static CPOOL_SELDOM void FN(log_sum_exp_far)(const cpool_beside *b, isize i)
{
    V root, total, slope;
    AT(b->y, 0) = FN(log_sum_exp_of)(b, i, &root, &total, &slope);
}
static CPOOL_SELDOM void FN(log_sum_exp_far_back)(const cpool_beside *b, isize i)
{
    V root, total, slope;
    FN(log_sum_exp_of)(b, i, &root, &total, &slope);
    const V g = AT(b->grad, 0) / total;
    EACH_CELL AT(b->grad_x, k) = g * AT(b->work, k);
    AT(b->grad_params, 0) = AT(b->grad, 0) * slope;
}
/* Near, and with an exponent that is large enough for the quotient by r: otherwise the result would be rounding. */
static void FN(log_sum_exp)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        V total = ALL(0), some = ALL(0), high = ALL(0), low = ALL(MODERATE);
        EACH_CELL {
            const V e = READY(k, 0);
            ADD(total, some, e);
            high = MOST(e, high);
            low = LEAST(e, low);
        }
        total += some;
        const M near = FN(is_near)(total, b->n) & (MASK(high > ALL(1.65f)) | MASK(low < ALL(0.606f)));
        V y = FN(log)(total * (1 / (T)b->n)) / PARAM(0);
        if (FN(any_without)(b, i, near)) {
            FN(log_sum_exp_far)(given, i);
            y = PICK(near, y, AT(b->y, 0));
        }
        AT(b->y, 0) = y;
    }
}
static void FN(log_sum_exp_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V r = PARAM(0), grad = AT(b->grad, 0);
        const M inverse = MASK(r < 0);
        V total = ALL(0), some = ALL(0), beyond = ALL(0), part = ALL(0), high = ALL(0), low = ALL(MODERATE), one = CELL(0);
        EACH_CELL {
            const V e = READY(k, 0);
            ADD(total, some, e);
            high = MOST(e, high);
            low = LEAST(e, low);
            one = FN(farther)(inverse, CELL(k), one);
        }
        total += some;
        /* The mean relative to the largest is at least 1 / n: its inverse is no less exact. */
        const V one_total = 1 / total, one_r = 1 / r, g = grad * one_total;
        const V root = -FN(log)(one_total * high * (T)b->n) * one_r;
        EACH_CELL ADD(beyond, part, READY(k, 0) * (CELL(k) - one - root));
        beyond += part;
        /* Nor with a cell whose exponential is none: a large cell makes much of what should be nothing. */
        const M some_of_all = MASK(low > ALL(1e-30f));
        const M near = FN(is_near)(total, b->n) & MASK(high > low * APART) & FN(is_finite)(beyond) & some_of_all;
        const V slope = g * beyond * one_r;
        if (FN(any_without)(b, i, near)) {
            FN(log_sum_exp_far_back)(given, i);
            EACH_CELL AT(b->grad_x, k) = PICK(near, g * READY(k, 0), AT(b->grad_x, k));
            AT(b->grad_params, 0) = PICK(near, slope, AT(b->grad_params, 0));
        } else {
            EACH_CELL AT(b->grad_x, k) = g * READY(k, 0);
            AT(b->grad_params, 0) = slope;
        }
    }
}
static void FN(log_sum_exp_ready)(const cpool_beside *given)
{
    OWN
    EACH_PAIR {
        V z[2], e[2];
        EACH_OF(2) z[j] = FN(param_at)(b, at[j]) * CELLS_AT(b->x, j);
        FN(exps_within)(2, z, e);
        EACH_OF(2) READY_AT(0, j) = e[j];
    }
}

/* ------------------------------------------------------------------------------------------------ power mean
 * y = (mean c^p)^(1 / p) of c = max(x, option); params: p, of any sign. It is the log-sum-exp of log c: relative to one cell, so
 * that nothing overflows. */
CPOOL_INLINE V FN(clipped)(V x, V least)
{
    return PICK(MASK(x < least), least, x);
}
/* log(y / one), `one` being the cell that the others are relative to. */
CPOOL_INLINE V FN(power_mean_of)(const cpool_beside *b, isize i, V *one, V *slope)
{
    const V p = PARAM(0), least = FN(clipped)(ALL(b->option), ALL(SMALLEST));
    const M inverse = MASK(p < 0);
    V unit = FN(clipped)(CELL(0), least), total;
    for (isize k = 1; k < b->n; k++)
        unit = FN(farther)(inverse, FN(clipped)(CELL(k), least), unit);
    EACH_CELL {
        /* The logarithm of a quotient of at most 1: the other might be infinite. */
        const V c = FN(clipped)(CELL(k), least), ratio = PICK(inverse, unit, c) / PICK(inverse, c, unit);
        const V l = PICK(MASK(c == unit), ALL(0), FN(log)(FN(clipped)(ratio, ALL(SMALLEST))));
        AT(b->work, b->n + k) = PICK(inverse, -l, l);
    }
    *one = unit;
    return FN(mean_exponent)(b, i, p, &total, slope);
}
/* one exp(root), in two factors: exp alone may overflow. */
CPOOL_INLINE V FN(power_mean_result)(V one, V root)
{
    const V half = FN(exp)(root / 2);
    return one * half * half;
}
static CPOOL_SELDOM void FN(power_mean_far)(const cpool_beside *b, isize i)
{
    V one, slope;
    const V root = FN(power_mean_of)(b, i, &one, &slope);
    AT(b->y, 0) = FN(power_mean_result)(one, root);
}
static CPOOL_SELDOM void FN(power_mean_far_back)(const cpool_beside *b, isize i)
{
    V one, slope;
    const V root = FN(power_mean_of)(b, i, &one, &slope), g = AT(b->grad, 0);
    EACH_CELL {
        /* (c / y)^(p - 1) in two factors. */
        const V x = CELL(k), half = FN(exp)((PARAM(0) - 1) * (AT(b->work, b->n + k) - root) / 2);
        const V slope_x = PICK(MASK(x >= (T)b->option), g * half * half / (T)b->n, ALL(0));
        AT(b->grad_x, k) = PICK(MASK(x == x), slope_x, x);
    }
    AT(b->grad_params, 0) = g * FN(power_mean_result)(one, root) * slope;
}
/* As they are: c^p; what the gradient takes besides, log c and the slope c^(p - 1), 0 below the least. */
static void FN(power_mean_ready)(const cpool_beside *given)
{
    OWN
    const V least = FN(clipped)(ALL(b->option), ALL(SMALLEST));
    EACH_PAIR {
        V c[2], l[2], z[2], power[2];
        EACH_OF(2) c[j] = FN(clipped)(CELLS_AT(b->x, j), least);
        FN(logs)(2, c, l);
        EACH_OF(2) z[j] = FN(param_at)(b, at[j]) * l[j];
        FN(exps_within)(2, z, power);
        EACH_OF(2) READY_AT(0, j) = power[j];
        if (b->grad)
            EACH_OF(2) {
                READY_AT(1, j) = l[j];
                READY_AT(2, j) = PICK(MASK(CELLS_AT(b->x, j) >= (T)b->option), power[j] / c[j], ALL(0));
            }
    }
}
/* Powers may be farther from 1: of their error the result has but a p-th. Not of small p: the quotient by it would be rounding. */
CPOOL_INLINE M FN(power_is_near)(V total, isize n, V p)
{
    return MASK(total <= ALL(1e14f)) & MASK(total >= ALL((T)n * (T)1e-14)) & (MASK(p >= ALL(0.5f)) | MASK(p <= ALL(-0.5f)));
}
static void FN(power_mean)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V p = PARAM(0), least = FN(clipped)(ALL(b->option), ALL(SMALLEST));
        V total = ALL(0), some = ALL(0), high = CELL(0), low = high;
        EACH_CELL {
            ADD(total, some, READY(k, 0));
            high = MOST(CELL(k), high);
            low = LEAST(CELL(k), low);
        }
        total += some;
        const M near = FN(power_is_near)(total, b->n, p);
        /* A mean is between the least and the largest; of equal cells it is these. */
        V y = FN(exp_within)(FN(log)(total * (1 / (T)b->n)) / p);
        y = FN(clipped)(LEAST(FN(clipped)(high, least), y), FN(clipped)(low, least));
        if (FN(any_without)(b, i, near)) {
            FN(power_mean_far)(given, i);
            y = PICK(near, y, AT(b->y, 0));
        }
        AT(b->y, 0) = y;
    }
}
static void FN(power_mean_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V p = PARAM(0), grad = AT(b->grad, 0);
        const M inverse = MASK(p < 0);
        V total = ALL(0), some = ALL(0), beyond = ALL(0), part = ALL(0), high = ALL(0), low = ALL(1e14f), one = READY(0, 1);
        EACH_CELL {
            const V power = READY(k, 0);
            one = FN(farther)(inverse, READY(k, 1), one);
            ADD(total, some, power);
            high = MOST(power, high);
            low = LEAST(power, low);
        }
        total += some;
        const V one_p = 1 / p, one_total = 1 / total, y = FN(exp_within)(FN(log)(total * (1 / (T)b->n)) * one_p);
        const V root = -FN(log)(one_total * high * (T)b->n) * one_p, g = grad * y * one_total;
        EACH_CELL ADD(beyond, part, READY(k, 0) * (READY(k, 1) - one - root));
        beyond += part;
        const M near = FN(power_is_near)(total, b->n, p) & MASK(high > low * APART) & FN(is_finite)(beyond);
        const V slope = g * beyond * one_p;
        if (FN(any_without)(b, i, near)) {
            FN(power_mean_far_back)(given, i);
            EACH_CELL AT(b->grad_x, k) = PICK(near, g * READY(k, 2), AT(b->grad_x, k));
            AT(b->grad_params, 0) = PICK(near, slope, AT(b->grad_params, 0));
        } else {
            EACH_CELL AT(b->grad_x, k) = g * READY(k, 2);
            AT(b->grad_params, 0) = slope;
        }
    }
}
#undef EACH_PAIR
#undef CELLS_AT
#undef READY_AT
#undef EACH_OF
#undef MODERATE
#undef APART
