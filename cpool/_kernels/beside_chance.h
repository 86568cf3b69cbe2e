/* Cells by chance in proportion to their values: Zeiler and Fergus. What is negative has no chance. Included by beside_type.h. */

/* The largest, by which all are divided so that no sum overflows; 1 where nothing is positive. */
CPOOL_INLINE V FN(unit_of_chance)(const cpool_beside *b, isize i)
{
    V unit = ALL(0);
    EACH_CELL unit = MOST(CELL(k), unit);
    return PICK(MASK(unit > 0), unit, ALL(1));
}
/* Of a cell as large as the largest it is 1 even where both are infinite; NaN stays. */
CPOOL_INLINE V FN(share)(V x, V unit)
{
    return PICK(MASK(x == unit), ALL(1), PICK(MASK(x < 0), ALL(0), x / unit));
}

/* ------------------------------------------------------------------------------------------------ value pick
 * The first cell up to which the cells add up to more than u of them all, u being `side`. Where they are all 0 the result is 0, of
 * no cell; where one is NaN it is that. */
static void FN(value_pick)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V unit = FN(unit_of_chance)(b, i);
        V total = ALL(0), sum = ALL(0), y = ALL(0);
        M code = PLACE(-1), open = MASK(unit == unit);
        EACH_CELL total += FN(share)(CELL(k), unit);
        const V wanted = AT(b->side, 0) * total;
        EACH_CELL {
            const V x = CELL(k), share = FN(share)(x, unit);
            sum += share;
            /* Until it is found, each cell with a chance stands in for it: where rounding leaves none it is the last. */
            const M nan = MASK(share != share), chance = open & (MASK(share > 0) | nan);
            y = PICK(chance, x, y);
            code = PICK_PLACE(chance, PLACE(b->tap[k]), code);
            open = open & (MASK(sum <= wanted) | (MASK(total != total) & MASK(share == share)));
        }
        AT(b->y, 0) = y;
        FN(put_codes)(b, i, code);
    }
}

/* ------------------------------------------------------------------------------------------------ value mean
 * What is expected of it: y = sum c^2 / sum c of c = max(x, 0); 0 where all are. */
CPOOL_INLINE V FN(value_sums)(const cpool_beside *b, isize i, V unit, V *total)
{
    V squares = ALL(0);
    *total = ALL(0);
    EACH_CELL {
        const V share = FN(share)(CELL(k), unit);
        *total += share;
        squares += share * share;
    }
    return PICK(MASK(*total == 0), ALL(0), squares / *total);
}
static void FN(value_mean)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V unit = FN(unit_of_chance)(b, i);
        V total;
        AT(b->y, 0) = unit * FN(value_sums)(b, i, unit, &total);
    }
}
static void FN(value_mean_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        const V unit = FN(unit_of_chance)(b, i), g = AT(b->grad, 0);
        V total;
        const V mean = FN(value_sums)(b, i, unit, &total);
        EACH_CELL {
            const V x = CELL(k), slope = g * ((2 * FN(share)(x, unit) - mean) / total);
            AT(b->grad_x, k) = PICK(MASK(x > 0), slope, PICK(MASK(x == x), ALL(0), x));
        }
    }
}
