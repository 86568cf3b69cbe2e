/* Detail-preserving pooling: cells count by how far they are from the window's mean. Included by beside_type.h.
 *
 *     y = sum w x / sum w,  w = u^k + exp(log_alpha),  u = q / c,  q = d^2 + option,  k = exp(log_lambda) / 2
 *
 * d = x - m, or max(x - m, 0) with flag 1; m the mean of the window, or `side` where it is given; c the mean of q (flags 2), its
 * sum (flags 4), or 1. params: log_lambda, log_alpha. Weights are taken relative to the largest, so that no power overflows, and
 * distances whose squares might are taken smaller: all of them, and the option, by the same factor. */
#define ASYMMETRIC 1
#define BY_MEAN 2
#define BY_SUM 4
#if DOUBLE
#define FAR 0x1p400
#else
#define FAR 0x1p50f
#endif
#define AT_MOST(v, limit) PICK(MASK((v) > (limit)), limit, v)
#define AT_LEAST(v, limit) PICK(MASK((v) < (limit)), limit, v)

typedef struct {
    V middle, scale, norm; /* m, the factor of distances, and c times its square */
    V log_top;             /* the logarithm of the largest u */
    V power, floor, total; /* k, the relative exp(log_alpha), and the weights' sum */
} FN(detail_parts);

/* Scaled, as the square is. */
CPOOL_INLINE V FN(distance)(const cpool_beside *b, isize i, isize k, const FN(detail_parts) *s)
{
    const V d = CELL(k) - s->middle;
    return FN(either)(b->flags & ASYMMETRIC, AT_LEAST(d, ALL(0)), d) * s->scale;
}
CPOOL_INLINE V FN(square)(const cpool_beside *b, V d, const FN(detail_parts) *s)
{
    const V q = d * d + s->scale * s->scale * (T)b->option;
    return AT_LEAST(q, ALL(SMALLEST));
}
/* m and the scale; the least and the largest cell, beyond which no rounding takes a mean: the distances of equal cells are 0. */
CPOOL_INLINE void FN(detail_middle)(const cpool_beside *b, isize i, FN(detail_parts) *s, V *low, V *high)
{
    V sum = ALL(0), far;
    *low = *high = CELL(0);
    EACH_CELL {
        sum += CELL(k) / (T)b->n;
        *low = AT_MOST(*low, CELL(k));
        *high = AT_LEAST(*high, CELL(k));
    }
    if (b->side)
        s->middle = AT(b->side, 0);
    else
        s->middle = AT_LEAST(AT_MOST(sum, *high), *low);
    far = *high - s->middle;
    if (!(b->flags & ASYMMETRIC))
        far = MOST(far, s->middle - *low);
    s->scale = PICK(MASK(far > ALL(FAR)), ALL(FAR) / far, ALL(1));
}
/* The result; in `work` the powers of u relative to the largest weight, and behind them log u relative to the largest. */
CPOOL_INLINE V FN(detail_of)(const cpool_beside *b, isize i, FN(detail_parts) *s)
{
    const V alpha = AT_MOST(PARAM(1), ALL(1e30f)); /* also of inf a difference from it is a number */
    V sum = ALL(0), most = ALL(0), y = ALL(0), low, high;
    FN(detail_middle)(b, i, s, &low, &high);
    EACH_CELL {
        const V q = FN(square)(b, FN(distance)(b, i, k, s), s);
        AT(b->work, k) = q;
        most = MOST(q, most);
        sum += FN(either)(b->flags & BY_MEAN, q / (T)b->n, q);
    }
    s->norm = FN(either)(b->flags & (BY_MEAN | BY_SUM), sum, s->scale * s->scale);
    s->power = FN(exp)(AT_MOST(PARAM(0), ALL(40))) / 2; /* so that a power times a logarithm is finite */
    s->total = ALL(0);
    const V log_most = FN(log)(most), log_norm = FN(either)(b->flags & (BY_MEAN | BY_SUM), FN(log)(sum), 2 * FN(log)(s->scale));
    s->log_top = log_most - log_norm;
    const V above = alpha - s->power * s->log_top, shift = AT_MOST(-above, ALL(0));
    s->floor = FN(exp)(AT_MOST(above, ALL(0)));
    EACH_CELL {
        /* Of q over the largest, whose logarithm is exact to the last bits; and where that is too small for a number, of q. */
        const V q = AT(b->work, k), part = q / most;
        const M tiny = MASK(part < ALL(SMALLEST));
        const V less = FN(log)(PICK(tiny, q, part)) - PICK(tiny, log_most, ALL(0));
        const V e = FN(exp)(s->power * less + shift), w = e + s->floor;
        AT(b->work, b->n + k) = less;
        AT(b->work, k) = e;
        s->total += w;
        y += w * CELL(k);
    }
    y = y / s->total;
    return AT_LEAST(AT_MOST(y, high), low);
}
static void FN(detail)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        FN(detail_parts) s;
        AT(b->y, 0) = FN(detail_of)(b, i, &s);
    }
}
static void FN(detail_back)(const cpool_beside *given)
{
    OWN
    EACH_VECTOR {
        FN(detail_parts) s;
        const V y = FN(detail_of)(b, i, &s), g = AT(b->grad, 0) / s.total;
        V dlambda = ALL(0), dalpha = ALL(0), sum = ALL(0), part = ALL(0), shift = ALL(0);
        EACH_CELL {
            const V t = AT(b->work, k), e = g * (CELL(k) - y), slope = s.power * e * t;
            dalpha += s.floor * e;
            dlambda += slope * AT(b->work, b->n + k);
            sum += e * t;
            AT(b->grad_x, k) = g * (t + s.floor);
            AT(b->work, k) = slope;
        }
        /* The sums of t e and of floor e are opposite, and the one of smaller weights is the better rounded. */
        sum = PICK(MASK(s.floor < 1), -dalpha, sum);
        if (b->flags & (BY_MEAN | BY_SUM))
            part = s.power * FN(either)(b->flags & BY_MEAN, sum / (T)b->n, sum) / s.norm;
        EACH_CELL {
            const V d = FN(distance)(b, i, k, &s), twice = 2 * d * s.scale;
            const V h = twice / FN(square)(b, d, &s) * AT(b->work, k) - twice * part;
            AT(b->grad_x, k) += h;
            shift += h;
        }
        AT(b->grad_params, 0) = dlambda + s.power * s.log_top * sum;
        AT(b->grad_params, 1) = -sum;
        if (b->side)
            AT(b->grad_side, 0) = -shift;
        else
            EACH_CELL AT(b->grad_x, k) -= shift / (T)b->n;
    }
}
#undef AT_MOST
#undef AT_LEAST
#undef FAR
#undef ASYMMETRIC
#undef BY_MEAN
#undef BY_SUM
