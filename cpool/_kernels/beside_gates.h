/* Maximum and mean, mixed by a number or by a gate; weights by position. Included by beside_type.h. */

/* The maximum and its place, the first of equal ones and the first NaN; and the mean. */
CPOOL_INLINE V FN(max_and_mean)(const cpool_beside *b, isize i, M *place, V *mean)
{
    V best = CELL(0), sum = ALL(0), part = best;
    *place = PLACE(0);
    for (isize k = 1; k < b->n; k++) {
        const V x = CELL(k);
        const M wins = WINS(x, best);
        best = PICK(wins, x, best);
        *place = PICK_PLACE(wins, PLACE(k), *place);
        ADD(sum, part, x);
    }
    *mean = (sum + part) / (T)b->n;
    return best;
}
/* The sum of x times the weights, which are rows `first` of params on. */
CPOOL_INLINE V FN(weighed)(const cpool_beside *b, isize i, isize first)
{
    V sum = ALL(0), part = ALL(0);
    EACH_CELL ADD(sum, part, PARAM(first + b->tap[k]) * CELL(k));
    return sum + part;
}
CPOOL_INLINE V FN(sigmoid)(V s)
{
    const V e = FN(exp)(PICK(MASK(s < 0), s, -s)), large = 1 / (1 + e);
    return PICK(MASK(s < 0), e * large, large);
}

/* ------------------------------------------------------------------------------------------------ mixed
 * y = a max + (1 - a) mean; params: a. */
static void FN(mixed)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        M place;
        V mean;
        const V a = PARAM(0), best = FN(max_and_mean)(b, i, &place, &mean), both = a * best + (1 - a) * mean;
        /* What counts for nothing may be infinite. */
        AT(b->y, 0) = PICK(MASK(a == 1), best, PICK(MASK(a == 0), mean, both));
    }
}
static void FN(mixed_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        M place;
        V mean;
        const V a = PARAM(0), g = AT(b->grad, 0), best = FN(max_and_mean)(b, i, &place, &mean), part = g * (1 - a) / (T)b->n;
        EACH_CELL AT(b->grad_x, k) = PICK(MASK(place == (I)k), part + g * a, part);
        AT(b->grad_params, 0) = g * (best - mean);
    }
}

/* ------------------------------------------------------------------------------------------------ gated
 * y = s max + (1 - s) mean, s the sigmoid of the sum of mask x; params: the mask. */
static void FN(gated)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        M place;
        V mean;
        const V best = FN(max_and_mean)(b, i, &place, &mean), s = FN(sigmoid)(FN(weighed)(b, i, 0));
        AT(b->y, 0) = s * best + (1 - s) * mean;
    }
}
static void FN(gated_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        M place;
        V mean;
        const V best = FN(max_and_mean)(b, i, &place, &mean), s = FN(sigmoid)(FN(weighed)(b, i, 0));
        const V g = AT(b->grad, 0), slope = g * s * (1 - s) * (best - mean), part = g * (1 - s) / (T)b->n;
        EACH_CELL {
            AT(b->grad_x, k) = PICK(MASK(place == (I)k), part + g * s, part) + slope * PARAM(b->tap[k]);
            AT(b->grad_params, b->tap[k]) = slope * CELL(k);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ tree
 * y = s u + (1 - s) v of two leaves u and v, weighted sums as that is whose sigmoid is the gate s; params: leaf, leaf, gate. */
static void FN(tree)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V u = FN(weighed)(b, i, 0), v = FN(weighed)(b, i, b->taps), s = FN(sigmoid)(FN(weighed)(b, i, 2 * b->taps));
        AT(b->y, 0) = s * u + (1 - s) * v;
    }
}
static void FN(tree_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V u = FN(weighed)(b, i, 0), v = FN(weighed)(b, i, b->taps), s = FN(sigmoid)(FN(weighed)(b, i, 2 * b->taps));
        const V g = AT(b->grad, 0), gate = g * s * (1 - s) * (u - v), one = g * s, two = g * (1 - s);
        EACH_CELL {
            const isize t = b->tap[k];
            const V x = CELL(k);
            AT(b->grad_x, k) = one * PARAM(t) + two * PARAM(b->taps + t) + gate * PARAM(2 * b->taps + t);
            AT(b->grad_params, t) = one * x;
            AT(b->grad_params, b->taps + t) = two * x;
            AT(b->grad_params, 2 * b->taps + t) = gate * x;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ weights by position
 * dot: y = sum w x. weighted max: y = max w x, the first of equal ones. params: the weights. */
static void FN(dot)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR AT(b->y, 0) = FN(weighed)(b, i, 0);
}
static void FN(dot_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V g = AT(b->grad, 0);
        EACH_CELL {
            AT(b->grad_x, k) = g * PARAM(b->tap[k]);
            if (b->grad_params)
                AT(b->grad_params, b->tap[k]) = g * CELL(k);
        }
    }
}
CPOOL_INLINE V FN(weighted_best)(const cpool_beside *b, isize i, M *place)
{
    V best = PARAM(b->tap[0]) * CELL(0);
    *place = PLACE(0);
    for (isize k = 1; k < b->n; k++) {
        const V v = PARAM(b->tap[k]) * CELL(k);
        const M wins = WINS(v, best);
        best = PICK(wins, v, best);
        *place = PICK_PLACE(wins, PLACE(k), *place);
    }
    return best;
}
static void FN(weighted_max)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        M place;
        AT(b->y, 0) = FN(weighted_best)(b, i, &place);
    }
}
static void FN(weighted_max_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V g = AT(b->grad, 0);
        M place;
        FN(weighted_best)(b, i, &place);
        EACH_CELL {
            const M it = MASK(place == (I)k);
            AT(b->grad_x, k) = PICK(it, g * PARAM(b->tap[k]), ALL(0));
            AT(b->grad_params, b->tap[k]) = PICK(it, g * CELL(k), ALL(0));
        }
    }
}
