/* Weights by exponentials of the cells. Included by beside_type.h.
 *
 * Each window has one of two ways, which its cells alone decide. Most are near: the exponentials are taken as they are, those of a
 * cell are the same for all windows that have it, and `ready` may hold them. As the largest is not far from 1, they are as exact as
 * any, and nothing overflows; whether it is so shows in their sum. In windows that are far all exponents are taken relative to the
 * largest, so that the largest weight is 1; equal infinities differ by 0.
 *
 * Of vector i a function returns what the two directions share; row k of `work` keeps the weights. */
#define MODERATE 8886110 /* exp(16) */
CPOOL_INLINE M FN(is_near)(V total, isize n)
{
    return MASK(total <= ALL(MODERATE)) & MASK(total >= ALL((T)n / (T)MODERATE));
}
CPOOL_INLINE M FN(is_finite)(V v)
{
    return MASK(v - v == 0);
}

/* ------------------------------------------------------------------------------------------------ what is made beforehand
 * Of all cells of a plane where windows share them (with flag `plane`: its parameters are numbers), otherwise of the cells in the
 * lanes. The last vector of a plane begins within the one before. */
#define EACH_PAIR \
    for (isize k = 0; k < b->n; k++) \
        for (isize i = 0, at[2]; FN(pair_at)(b, i, at); i += 2 * FN(W))
CPOOL_INLINE int FN(pair_at)(const cpool_beside *b, isize i, isize *at)
{
    const isize last = b->plane ? b->lanes - FN(W) : (b->lanes - 1) / FN(W) * FN(W);
    at[0] = i < last ? i : last;
    at[1] = i + FN(W) < last ? i + FN(W) : last;
    return i < b->lanes;
}
#define CELLS_AT(array, j) (*(V *)((T *)(array) + b->place[k] + at[j]))
#define READY_AT(number, j) (*(V *)((T *)b->ready + b->ready_place[k] + (number) * b->ready_step + at[j]))
CPOOL_INLINE V FN(param_at)(const cpool_beside *b, isize i)
{
    if (b->plane)
        return ALL(*(const T *)b->params);
    return PARAM(0);
}
static void FN(softmax_ready)(const cpool_beside *given)
{
    OWN
    EACH_PAIR {
        V z[2], e[2];
        EACH_OF(2) {
            if (b->more)
                z[j] = CELLS_AT(b->more, j);
            else
                z[j] = FN(param_at)(b, at[j]) * CELLS_AT(b->x, j);
        }
        FN(exps)(2, z, e);
        EACH_OF(2) READY_AT(0, j) = e[j];
    }
}

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
    const void *logits = b->more ? b->more : b->x;
    V beta = ALL(1);
    if (!b->more)
        beta = PARAM(0);
    V one = CELL_OF(logits, 0), sum = ALL(0), y = ALL(0), some = ALL(0), part = ALL(0);
    for (isize k = 1; k < b->n; k++)
        one = FN(farther)(MASK(beta < 0), CELL_OF(logits, k), one);
    EACH_CELL {
        /* A distance that is 0 is so by any factor, and a factor of 0 makes any distance so. */
        const V z = CELL_OF(logits, k), d = PICK(MASK(z == one) | MASK(beta == 0), ALL(0), beta * (z - one)), e = FN(exp)(d);
        AT(b->work, k) = e;
        ADD(sum, some, e);
        ADD(y, part, PICK(MASK(e == 0), ALL(0), e * CELL(k))); /* what counts for nothing may be infinite */
    }
    sum += some;
    *total = sum;
    return (y + part) / sum;
}
static CPOOL_SELDOM void FN(softmax_far)(const cpool_beside *b, isize i)
{
    V total;
    AT(b->y, 0) = FN(softmax_of)(b, i, &total);
}
static CPOOL_SELDOM void FN(softmax_far_back)(const cpool_beside *b, isize i)
{
    const int constant = b->flags & 1;
    {
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
static void FN(softmax)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        V total = ALL(0), y = ALL(0), some = ALL(0), part = ALL(0), high = ALL(0);
        EACH_CELL {
            const V e = READY(k, 0);
            ADD(total, some, e);
            ADD(y, part, e * CELL(k));
            high = MOST(e, high);
        }
        total += some;
        y += part;
        /* Not where a cell has all of the weight: the result is then that very cell. */
        const M near = FN(is_near)(total, b->n) & FN(is_finite)(y) & MASK(total - high > total * (T)1e-6);
        y = y / total;
        if (FN(any_without)(b, i, near)) {
            FN(softmax_far)(given, i);
            y = PICK(near, y, AT(b->y, 0));
        }
        AT(b->y, 0) = y;
    }
}
/* As softmax_far_back, with the first cell for one that counts. What is not `near` stays as it is where there is `far`. */
CPOOL_INLINE void FN(softmax_near_back)(const cpool_beside *b, isize i, V total, V beyond, M near, int far)
{
    const V one = 1 / total, y = beyond * one, g = AT(b->grad, 0) * one, first = CELL(0);
    V slope = ALL(0);
#define PUT(to, v) \
    do { \
        const V new = v; \
        if (far) \
            to = PICK(near, new, to); \
        else \
            to = new; \
    } while (0)
    EACH_CELL {
        const V share = g * READY(k, 0), apart = CELL(k) - first - y;
        if (b->more) {
            PUT(AT(b->grad_x, k), share);
            PUT(AT(b->grad_more, k), share * apart);
        } else {
            PUT(AT(b->grad_x, k), FN(either)(b->flags & 1, share, share * (1 + PARAM(0) * apart)));
            slope += share * apart * apart;
        }
    }
    if (!b->more)
        PUT(AT(b->grad_params, 0), slope);
}
static void FN(softmax_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V first = CELL(0);
        V total = ALL(0), beyond = ALL(0), some = ALL(0), part = ALL(0), high = ALL(0);
        EACH_CELL {
            const V e = READY(k, 0);
            high = MOST(e, high);
            ADD(total, some, e);
            ADD(beyond, part, e * (CELL(k) - first));
        }
        total += some;
        beyond += part;
        /* Distances from a cell of little weight, which may be far from all that count, would be rounding. */
        const M near = FN(is_near)(total, b->n) & FN(is_finite)(beyond) & MASK(READY(0, 0) * 1000 >= high);
        if (FN(any_without)(b, i, near)) {
            FN(softmax_far_back)(given, i);
            FN(softmax_near_back)(b, i, total, beyond, near, 1);
        } else {
            FN(softmax_near_back)(b, i, total, beyond, near, 0);
        }
    }
}
