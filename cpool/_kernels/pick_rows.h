/* Rows of gradients of one kind of source: included by rows_sweeps.h. */
#define MOST 16 /* windows, for which a fixed number unrolls */

/* Local copies: the compiler must take every store for one into the lists. */
#define LISTS(m) \
    isize offset[MOST]; \
    uint8_t wanted[MOST]; \
    memcpy(offset, p->offset, (size_t)(m) * sizeof(isize)); \
    memcpy(wanted, p->wanted, (size_t)(m))

CPOOL_INLINE void FN(KIND(pick_rows))(const cpool_pick *p, isize m, const isize *offset, const uint8_t *wanted)
{
    const isize n = p->n, limit = n, rows = p->rows, out_step = p->out_step, step = p->step;
    const char *grad = p->grad, *code = p->code;
    char *out = p->out;
    for (isize r = 0; r < rows; r++, out += out_step, grad += step * (isize)sizeof(SOURCE), code += step) {
        isize i = 0;
#define DO(width) BLOCK(KIND(keep), width)(out + i * (isize)sizeof(SOURCE), BLOCK(KIND(pick), width)(grad + i * (isize)sizeof(SOURCE), code + i, offset, wanted, m))
        SWEEP(DO, 1)
#undef DO
    }
}

CPOOL_INLINE void FN(KIND(pick_pairs_rows))(const cpool_pick *p, isize even, isize odd, const isize *offset, const uint8_t *wanted)
{
    const isize n = p->n / 2, limit = n, rows = p->rows, out_step = p->out_step, step = p->step;
    const char *grad = p->grad, *code = p->code;
    char *out = p->out;
    for (isize r = 0; r < rows; r++, out += out_step, grad += step * (isize)sizeof(SOURCE), code += step) {
        isize i = 0;
#define PICK(width, first, m) BLOCK(KIND(pick), width)(grad + i * (isize)sizeof(SOURCE), code + i, offset + first, wanted + first, m)
#define DO(width) BLOCK(KIND(put_pairs), width)(out + 2 * i * (isize)sizeof(SOURCE), PICK(width, 0, even), PICK(width, even, odd))
        SWEEP(DO, 1)
        if (p->n % 2)
            BLOCK(KIND(keep), lane)(out + 2 * n * (isize)sizeof(SOURCE), PICK(lane, 0, even));
#undef DO
#undef PICK
    }
}

#define MANY(m) \
    case m: { \
        LISTS(m); \
        FN(KIND(pick_rows))(p, m, offset, wanted); \
        break; \
    }
static void FN(KIND(pick))(const cpool_pick *p)
{
    switch (p->many) {
        MANY(1) MANY(2) MANY(4) MANY(9)
    default:
        FN(KIND(pick_rows))(p, p->many, p->offset, p->wanted);
    }
}
#undef MANY
#define MANY(even, odd) \
    case 16 * even + odd: { \
        LISTS(even + odd); \
        FN(KIND(pick_pairs_rows))(p, even, odd, offset, wanted); \
        break; \
    }
static void FN(KIND(pick_pairs))(const cpool_pick *p)
{
    const isize odd = p->many - p->even;
    switch (p->many < MOST ? 16 * p->even + odd : 0) {
        MANY(1, 1) MANY(2, 1) MANY(1, 2) MANY(4, 2) MANY(2, 4)
    default:
        FN(KIND(pick_pairs_rows))(p, p->even, odd, p->offset, p->wanted);
    }
}
#undef MANY
#undef LISTS
#undef MOST
