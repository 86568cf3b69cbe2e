/* Weights by exponentials and powers of the cells. All exponents are taken relative to the largest, so that the largest weight is
 * 1 and nothing overflows; equal infinities differ by 0. Included by beside_type.h.
 *
 * Of vector i a function returns what the two directions share; row k of `work` keeps the weights. */

/* ------------------------------------------------------------------------------------------------ softmax
 * y = sum w x, w the softmax of the logits `more`, or without them of beta x; params: beta. flags 1: weights count as constants. */
CPOOL_INLINE V FN(logit)(const cpool_beside *b, isize i, isize k)
{
    if (b->more)
        return AT(b->more, k);
    return PARAM(0) * CELL(k);
}
/* The result, and the weights' sum. */
CPOOL_INLINE V FN(softmax_of)(const cpool_beside *b, isize i, V *total)
{
    V top = FN(logit)(b, i, 0), sum = ALL(0), y = ALL(0);
    for (isize k = 1; k < b->n; k++) {
        const V z = FN(logit)(b, i, k);
        top = MOST(z, top);
    }
    EACH_CELL {
        const V z = FN(logit)(b, i, k), e = FN(exp)(PICK(MASK(z == top), ALL(0), z - top));
        AT(b->work, k) = e;
        sum += e;
        y += PICK(MASK(e == 0), ALL(0), e * CELL(k)); /* what counts for nothing may be infinite */
    }
    *total = sum;
    return y / sum;
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
        /* How far cells are from the result, both taken from the first cell: what is equal is then exactly so, however large. */
        V total, slope = ALL(0), beyond = ALL(0);
        const V first = CELL(0);
        FN(softmax_of)(b, i, &total);
        EACH_CELL beyond += AT(b->work, k) * (CELL(k) - first);
        const V y = beyond / total, g = AT(b->grad, 0) / total;
        EACH_CELL {
            const V share = g * AT(b->work, k), apart = CELL(k) - first - y;
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

/* ------------------------------------------------------------------------------------------------ log-sum-exp
 * y = log(mean exp(r x)) / r; params: r. Near r = 0 its series, mean + r variance / 2: there the quotient would be rounding. */
CPOOL_INLINE V FN(log_sum_exp_of)(const cpool_beside *b, isize i, V *total, V *variance, M *series)
{
    const V r = PARAM(0);
    V top = r * CELL(0), most = CELL(0), least = CELL(0), mean = ALL(0), sum = ALL(0), squares = ALL(0);
    EACH_CELL {
        const V x = CELL(k), z = r * x;
        top = MOST(z, top);
        most = MOST(x, most);
        least = PICK(MASK(x < least), x, least);
        mean += x / (T)b->n;
    }
    const V range = r * (most - least);
    *series = MASK(range < (T)NEAR_0) & MASK(range > (T)-NEAR_0);
    EACH_CELL {
        const V z = r * CELL(k), apart = CELL(k) - mean, e = FN(exp)(PICK(MASK(z == top), ALL(0), z - top));
        AT(b->work, k) = e;
        sum += e;
        squares += apart * (apart / (T)b->n);
    }
    *total = sum;
    *variance = squares;
    return PICK(*series, mean + r * squares / 2, (top + FN(log)(sum / (T)b->n)) / r);
}
static void FN(log_sum_exp)(const cpool_beside *b)
{
    EACH_VECTOR {
        V total, variance;
        M series;
        AT(b->y, 0) = FN(log_sum_exp_of)(b, i, &total, &variance, &series);
    }
}
static void FN(log_sum_exp_back)(const cpool_beside *b)
{
    EACH_VECTOR {
        V total, variance, slope = ALL(0);
        M series;
        const V y = FN(log_sum_exp_of)(b, i, &total, &variance, &series), g = AT(b->grad, 0);
        EACH_CELL {
            const V share = AT(b->work, k) / total;
            AT(b->grad_x, k) = g * share;
            slope += PICK(MASK(share == 0), ALL(0), share * (CELL(k) - y));
        }
        AT(b->grad_params, 0) = g * PICK(series, variance / 2, slope / PARAM(0));
    }
}

/* ------------------------------------------------------------------------------------------------ power mean
 * y = (mean c^p)^(1 / p) of c = max(x, option); params: p, of any sign. Relative to the largest power: to the largest cell where
 * p is positive, to the least where it is not. Near p = 0 the series about the geometric mean. */
CPOOL_INLINE V FN(clipped)(V x, V least)
{
    return PICK(MASK(x < least), least, x);
}
/* log(y / unit); the powers are in rows 0 to n of `work`, the logarithms behind them. */
CPOOL_INLINE V FN(power_mean_of)(const cpool_beside *b, isize i, V *unit, V *total, V *variance, M *series)
{
    const V p = PARAM(0), least = ALL(b->option);
    const M inverse = MASK(p < 0);
    V one = FN(clipped)(CELL(0), least), sum = ALL(0), mean = ALL(0), squares = ALL(0);
    for (isize k = 1; k < b->n; k++) {
        const V c = FN(clipped)(CELL(k), least);
        one = PICK((inverse & MASK(c < one)) | (MASK(p >= 0) & MASK(c > one)), c, one);
    }
    EACH_CELL {
        const V c = FN(clipped)(CELL(k), least), ratio = FN(clipped)(c / one, ALL(SMALLEST));
        const V l = PICK(MASK(c == one), ALL(0), FN(log)(ratio)), e = FN(exp)(p * l);
        AT(b->work, k) = e;
        AT(b->work, b->n + k) = l;
        sum += e;
        mean += l / (T)b->n;
    }
    EACH_CELL {
        const V apart = AT(b->work, b->n + k) - mean;
        squares += apart * (apart / (T)b->n);
    }
    *series = MASK(p < (T)NEAR_0) & MASK(p > (T)-NEAR_0);
    *unit = one;
    *total = sum;
    *variance = squares;
    return PICK(*series, mean + p * squares / 2, FN(log)(sum / (T)b->n) / p);
}
/* unit exp(root), in two factors: exp alone may overflow. */
CPOOL_INLINE V FN(power_mean_result)(V unit, V root)
{
    const V half = FN(exp)(root / 2);
    return unit * half * half;
}
static void FN(power_mean)(const cpool_beside *b)
{
    EACH_VECTOR {
        V unit, total, variance;
        M series;
        const V root = FN(power_mean_of)(b, i, &unit, &total, &variance, &series);
        AT(b->y, 0) = FN(power_mean_result)(unit, root);
    }
}
static void FN(power_mean_back)(const cpool_beside *b)
{
    EACH_VECTOR {
        V unit, total, variance, slope = ALL(0);
        M series;
        const V p = PARAM(0), root = FN(power_mean_of)(b, i, &unit, &total, &variance, &series), g = AT(b->grad, 0);
        EACH_CELL {
            const V x = CELL(k), above = AT(b->work, b->n + k) - root; /* log(c / y) */
            const V half = FN(exp)((p - 1) * above / 2);
            const V slope_x = PICK(MASK(x >= (T)b->option), g * half * half / (T)b->n, ALL(0));
            AT(b->grad_x, k) = PICK(MASK(x == x), slope_x, x);
            slope += AT(b->work, k) / total * above;
        }
        AT(b->grad_params, 0) = g * FN(power_mean_result)(unit, root) * PICK(series, variance / 2, slope / p);
    }
}
