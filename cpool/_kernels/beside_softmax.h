/* Weights by exponentials and powers of the cells. All exponents are taken relative to the largest, so that the largest weight is
 * 1 and nothing overflows; equal infinities differ by 0. Included by beside_type.h.
 *
 * Of vector i a function returns what the two directions share; row k of `work` keeps the weights. */

/* ------------------------------------------------------------------------------------------------ softmax
 * y = sum w x, w the softmax of the logits `more`, or without them of beta x; params: beta. flags 1: weights count as constants. */
/* What the distances are taken from: the largest, or the least where the factor is negative. */
CPOOL_INLINE V FN(farther)(M inverse, V x, V one)
{
    return PICK((inverse & MASK(x < one)) | (~inverse & MASK(x > one)), x, one);
}
/* The result, and the weights' sum. */
CPOOL_INLINE V FN(softmax_of)(const cpool_beside *b, isize i, V *total)
{
    const V *restrict logits = b->more ? &AT(b->more, 0) : &CELL(0);
    V beta = ALL(1);
    if (!b->more)
        beta = PARAM(0);
    V one = *logits, sum = ALL(0), y = ALL(0), some = ALL(0), part = ALL(0);
    for (isize k = 1; k < b->n; k++)
        one = FN(farther)(MASK(beta < 0), logits[k * L / FN(W)], one);
    EACH_CELL {
        /* A distance that is 0 is so by any factor, and a factor of 0 makes any distance so. */
        const V z = logits[k * L / FN(W)], d = PICK(MASK(z == one) | MASK(beta == 0), ALL(0), beta * (z - one)), e = FN(exp)(d);
        AT(b->work, k) = e;
        ADD(sum, some, e);
        ADD(y, part, PICK(MASK(e == 0), ALL(0), e * CELL(k))); /* what counts for nothing may be infinite */
    }
    sum += some;
    *total = sum;
    return (y + part) / sum;
}
static void FN(softmax)(const cpool_beside *b)
{
    EACH_VECTOR {
        V total;
        AT(b->y, 0) = FN(softmax_of)(b, i, &total);
    }
}
static void FN(softmax_back)(const cpool_beside *b)
{
    const int constant = b->flags & 1;
    EACH_VECTOR {
        /* How far cells are from the result, both taken from a cell that counts most: what is equal is then exactly so, however
         * large; and what counts for nothing may be infinite. */
        V total, slope = ALL(0), beyond = ALL(0), first = CELL(0);
        FN(softmax_of)(b, i, &total);
        for (isize k = b->n - 1; k >= 0; k--)
            first = PICK(MASK(AT(b->work, k) == 1), CELL(k), first);
        EACH_CELL {
            const V e = AT(b->work, k);
            beyond += PICK(MASK(e == 0), ALL(0), e * (CELL(k) - first));
        }
        const V y = beyond / total, g = AT(b->grad, 0) / total;
        EACH_CELL {
            const V e = AT(b->work, k), share = g * e, apart = PICK(MASK(e == 0), ALL(0), CELL(k) - first - y);
            if (b->more) {
                AT(b->grad_x, k) = share;
                AT(b->grad_more, k) = share * apart;
            } else {
                AT(b->grad_x, k) = FN(either)(constant, share, share * (1 + PARAM(0) * apart));
                slope += share * apart * apart; /* as much as share * apart * x, whose sum with y for x is 0 */
            }
        }
        if (!b->more)
            AT(b->grad_params, 0) = slope;
    }
}

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
    return PICK(MASK(one - one == 0), one + *root, one); /* of an infinite one the mean of distances may be the other infinity */
}
static void FN(log_sum_exp)(const cpool_beside *b)
{
    EACH_VECTOR {
        V root, total, slope;
        AT(b->y, 0) = FN(log_sum_exp_of)(b, i, &root, &total, &slope);
    }
}
static void FN(log_sum_exp_back)(const cpool_beside *b)
{
    EACH_VECTOR {
        V root, total, slope;
        FN(log_sum_exp_of)(b, i, &root, &total, &slope);
        const V g = AT(b->grad, 0) / total;
        EACH_CELL AT(b->grad_x, k) = g * AT(b->work, k);
        AT(b->grad_params, 0) = AT(b->grad, 0) * slope;
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
static void FN(power_mean)(const cpool_beside *b)
{
    EACH_VECTOR {
        V one, slope;
        const V root = FN(power_mean_of)(b, i, &one, &slope);
        AT(b->y, 0) = FN(power_mean_result)(one, root);
    }
}
static void FN(power_mean_back)(const cpool_beside *b)
{
    EACH_VECTOR {
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
}
