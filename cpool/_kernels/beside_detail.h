/* Detail-preserving pooling: cells count by how far they are from the window's mean. Included by beside_type.h.
 *
 *     y = sum w x / sum w,  w = u^k + exp(log_alpha),  u = q / c,  q = d^2 + option,  k = exp(log_lambda) / 2
 *
 * d = x - m, or max(x - m, 0) with flag 1; m the mean of the window, or `side` where it is given; c the mean of q (flags 2), its sum
 * (flags 4), or 1. params: log_lambda, log_alpha. The weights are taken relative to the largest, so that no power overflows. */
#define ASYMMETRIC 1
#define BY_MEAN 2
#define BY_SUM 4

typedef struct {
    V middle, norm, power, floor, total; /* m, c, k, the relative exp(log_alpha), and the weights' sum */
} FN(detail_parts);

CPOOL_INLINE V FN(distance)(const cpool_beside *b, isize i, isize k, V middle)
{
    const V d = CELL(k) - middle;
    return FN(either)(b->flags & ASYMMETRIC, PICK(MASK(d < 0), ALL(0), d), d);
}
/* The result; in `work` the relative powers of u, and behind them log u. */
CPOOL_INLINE V FN(detail_of)(const cpool_beside *b, isize i, FN(detail_parts) *s)
{
    V sum = ALL(0), top = PARAM(1), y = ALL(0);
    s->middle = s->norm = s->total = ALL(0);
    if (b->side)
        s->middle = AT(b->side, 0);
    else
        EACH_CELL s->middle += CELL(k) / (T)b->n;
    EACH_CELL {
        const V d = FN(distance)(b, i, k, s->middle), q = d * d + (T)b->option;
        AT(b->work, k) = q;
        sum += FN(either)(b->flags & BY_MEAN, q / (T)b->n, q);
    }
    s->norm = FN(either)(b->flags & (BY_MEAN | BY_SUM), sum, ALL(1));
    s->power = FN(exp)(PARAM(0)) / 2;
    EACH_CELL {
        const V u = FN(log)(AT(b->work, k) / s->norm), z = s->power * u;
        AT(b->work, b->n + k) = u;
        AT(b->work, k) = z;
        top = MOST(z, top);
    }
    s->floor = FN(exp)(PARAM(1) - top);
    EACH_CELL {
        const V e = FN(exp)(AT(b->work, k) - top), w = e + s->floor;
        AT(b->work, k) = e;
        s->total += w;
        y += w * CELL(k);
    }
    return y / s->total;
}
static void FN(detail)(const cpool_beside *b)
{
    EACH_VECTOR {
        FN(detail_parts) s;
        AT(b->y, 0) = FN(detail_of)(b, i, &s);
    }
}
static void FN(detail_back)(const cpool_beside *b)
{
    EACH_VECTOR {
        FN(detail_parts) s;
        const V y = FN(detail_of)(b, i, &s), g = AT(b->grad, 0) / s.total;
        V dlambda = ALL(0), dalpha = ALL(0), part = ALL(0), shift = ALL(0);
        EACH_CELL {
            const V t = AT(b->work, k), e = g * (CELL(k) - y), slope = s.power * e * t;
            dalpha += s.floor * e;
            dlambda += slope * AT(b->work, b->n + k);
            part += slope;
            AT(b->grad_x, k) = g * (t + s.floor);
            AT(b->work, k) = slope;
        }
        part = FN(either)(b->flags & (BY_MEAN | BY_SUM), FN(either)(b->flags & BY_MEAN, part / (T)b->n, part) / s.norm, ALL(0));
        EACH_CELL {
            const V d = FN(distance)(b, i, k, s.middle), q = d * d + (T)b->option;
            const V h = 2 * d * (AT(b->work, k) / q - part);
            AT(b->grad_x, k) += h;
            shift += h;
        }
        AT(b->grad_params, 0) = dlambda;
        AT(b->grad_params, 1) = dalpha;
        if (b->side)
            AT(b->grad_side, 0) = -shift;
        else
            EACH_CELL AT(b->grad_x, k) -= shift / (T)b->n;
    }
}
#undef ASYMMETRIC
#undef BY_MEAN
#undef BY_SUM
