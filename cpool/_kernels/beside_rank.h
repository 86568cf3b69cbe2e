/* Weights by rank, the largest cell first. Included by beside_type.h. */
#define RANK(k) (*(M *)((I *)b->work + (k) * L + i))

/* How many cells come before each: the larger ones, and of equal ones the earlier; a NaN is larger than any number. Every pair is
 * compared once. That are many comparisons, but of whole vectors, where sorting would be one window at a time: up to a thousand
 * cells it is no slower. */
CPOOL_INLINE void FN(ranks_of)(const cpool_beside *b, isize i, int plain)
{
    EACH_CELL RANK(k) = PLACE(0);
    for (isize k = 1; k < b->n; k++) {
        const V late = CELL(k);
        M rank = PLACE(k);
        for (isize j = 0; j < k; j++) {
            const V early = CELL(j);
            M wins = MASK(late > early);
            if (!plain)
                wins = WINS(late, early);
            wins = COUNT(wins);
            RANK(j) += wins;
            rank -= wins;
        }
        RANK(k) = rank;
    }
}
CPOOL_INLINE void FN(ranks)(const cpool_beside *b, isize i)
{
    M nan = PLACE(0);
    EACH_CELL nan |= MASK(CELL(k) != CELL(k));
    if (FN(any)(nan))
        FN(ranks_of)(b, i, 0);
    else
        FN(ranks_of)(b, i, 1);
}
/* The weights of the cells, looked up by their ranks: of few, by comparison with each. */
enum { FN(FEW_RANKS) = 9 };
CPOOL_INLINE V FN(weight_of)(const cpool_beside *b, isize i, isize k)
{
    T found[FN(W)];
    I rank[FN(W)];
    V weights = PARAM(0);
    if (b->n <= FN(FEW_RANKS)) {
        for (isize r = 1; r < b->n; r++)
            weights = PICK(MASK(RANK(k) == (I)r), PARAM(r), weights);
        return weights;
    }
    memcpy(rank, &RANK(k), sizeof rank);
    for (isize j = 0; j < FN(W); j++)
        found[j] = ((const T *)b->params)[rank[j] * L + i + j];
    memcpy(&weights, found, sizeof weights);
    return weights;
}

/* ------------------------------------------------------------------------------------------------ ranked
 * y = sum of w[rank] x; params: the weights. flags 1: where a border cuts a window the weights of the ranks that it has are
 * scaled to the sum of all. */
CPOOL_INLINE int FN(is_cut)(const cpool_beside *b)
{
    return b->n < b->taps && b->flags & 1;
}
/* All weights over those of the ranks that there are, `some`; 1 where these add up to 0. */
CPOOL_INLINE V FN(rank_scale)(const cpool_beside *b, isize i, V *some)
{
    V all = ALL(0);
    *some = ALL(0);
    for (isize r = 0; r < b->taps; r++) {
        all += PARAM(r);
        if (r < b->n)
            *some += PARAM(r);
    }
    return PICK(MASK(*some == 0), ALL(1), all / *some);
}
/* Whether a cell changes the sum: one that counts for nothing may be infinite, but not NaN. */
CPOOL_INLINE M FN(counts)(V weights, V x)
{
    return MASK(weights != 0) | MASK(x != x);
}
static void FN(ranked)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        V y = -ALL(0), some; /* -0: the one number that changes no other, so that a single weight of 1 gives a cell's very bits */
        M any = PLACE(0);
        FN(ranks)(b, i);
        EACH_CELL {
            const V w = FN(weight_of)(b, i, k);
            const M counts = FN(counts)(w, CELL(k));
            y += PICK(counts, w * CELL(k), -ALL(0));
            any |= counts;
        }
        y = PICK(any, y, ALL(0));
        if (FN(is_cut)(b))
            y = y * FN(rank_scale)(b, i, &some);
        AT(b->y, 0) = y;
    }
}
static void FN(ranked_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V g = AT(b->grad, 0);
        V factor = ALL(1), more = ALL(0), less = ALL(0);
        FN(ranks)(b, i);
        if (FN(is_cut)(b)) {
            /* The scale is all / some: weights that there are change both, the others all. */
            V some, sum = ALL(0);
            factor = FN(rank_scale)(b, i, &some);
            EACH_CELL {
                const V w = FN(weight_of)(b, i, k);
                sum += PICK(FN(counts)(w, CELL(k)), w * CELL(k), ALL(0));
            }
            more = PICK(MASK(some == 0), ALL(0), g * sum / some);
            less = more * factor;
        }
        for (isize r = 0; r < b->taps && b->grad_params; r++)
            AT(b->grad_params, r) = FN(either)(r < b->n, more - less, more);
        EACH_CELL {
            const V weights = FN(weight_of)(b, i, k), share = g * factor * CELL(k);
            T part[FN(W)];
            I rank[FN(W)];
            AT(b->grad_x, k) = g * factor * weights;
            if (!b->grad_params)
                continue;
            if (b->n <= FN(FEW_RANKS)) {
                for (isize r = 0; r < b->n; r++)
                    AT(b->grad_params, r) += PICK(MASK(RANK(k) == (I)r), share, ALL(0));
                continue;
            }
            memcpy(rank, &RANK(k), sizeof rank);
            memcpy(part, &share, sizeof part);
            for (isize j = 0; j < FN(W); j++)
                ((T *)b->grad_params)[rank[j] * L + i + j] += part[j];
        }
    }
}

/* ------------------------------------------------------------------------------------------------ rank pick
 * The cell of a rank drawn by chance: the first rank r with u < chance[r], `side` being u and params the chances added up. flags 1:
 * where a border cuts a window its ranks share all of the chance. No rank, no cell: the result is 0. */
static void FN(rank_pick)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V u = FN(either)(b->flags & 1, AT(b->side, 0) * PARAM(b->n - 1), AT(b->side, 0));
        V y = ALL(0);
        M wanted = PLACE(0), code = PLACE(-1);
        FN(ranks)(b, i);
        EACH_CELL wanted += COUNT(MASK(u >= PARAM(k)));
        if (b->flags & 1) /* the product may be rounded up to the whole */
            wanted = PICK_PLACE(MASK(wanted >= (I)b->n), PLACE(b->n - 1), wanted);
        EACH_CELL {
            const M it = MASK(RANK(k) == wanted);
            y = PICK(it, CELL(k), y);
            code = PICK_PLACE(it, PLACE(b->tap[k]), code);
        }
        AT(b->y, 0) = y;
        FN(put_codes)(b, i, code);
    }
}
#undef RANK
