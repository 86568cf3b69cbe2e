/* Windows of one kind of source: included by rows_sweeps.h. */
#if CPOOL_PARTS && FLOATING
/* The lanes of a vector from element i on that lie within a row of n. */
#define PART(i) ((~UINT64_C(0) << ((i) < 0 ? -(i) : 0)) & (~UINT64_C(0) >> (n - (i) < 64 ? 64 - (n - (i)) : 0)))
/* The elements between the last cache line's end and a row; 0 of a row that one vector holds. Of halves a line has two vectors: one
 * more than 64 channels' four takes longer than the lines that they straddle. */
#ifdef HALVED
#define HEAD(p, lanes) 0
#else
#define HEAD(p, lanes) (n > lanes ? (isize)((uintptr_t)(p) / sizeof(SOURCE)) & (lanes - 1) : 0)
#endif
#endif

CPOOL_INLINE void FN(KIND(windows_any))(int op, int winners, const cpool_windows *w, isize lines, isize row, const uint8_t *tap)
{
    const isize n = w->n, windows = w->windows, result = w->result;
    const char *src = w->src;
    char *out = w->out, *put = winners ? w->code : out; /* C adds nothing to NULL */
    for (isize c = 0; c < windows; c++, src += w->src_step, out += w->out_step, put += winners ? w->code_step : 0) {
#define VECTOR(width, part) \
    BLOCK(KIND(window), width)(op, winners, w, src + i * (isize)sizeof(SOURCE), out + i * result, put + i, lines, row, tap, part)
#if CPOOL_PARTS && FLOATING && !defined(HALVED)
        const isize lanes = (isize)(64 / sizeof(T));
        for (isize i = -HEAD(src + w->offset[0], lanes); i < n; i += lanes)
            VECTOR(64, PART(i));
#else
        const isize limit = n;
        isize i = 0;
#define DO(width) VECTOR(width, ~UINT64_C(0))
        SWEEP(DO, 1)
#undef DO
#endif
#undef VECTOR
    }
}

#if CPOOL_PARTS && FLOATING
/* Whether it has done: not where it met a NaN, or a sum that is not finite. */
CPOOL_INLINE int FN(KIND(walk_any))(int op, int winners, const cpool_windows *w)
{
    const isize n = w->n, lanes = (isize)(64 / sizeof(T));
    int done = 1;
#define VECTORS(many) BLOCK(KIND(walk), 64)(op, winners, many, w, w->src + i * (isize)sizeof(SOURCE), w->out + i * w->result, \
                                            winners ? w->code + i : w->out, part)
    for (isize i = -HEAD(w->src + w->offset[0], lanes); i < n; i += 2 * lanes) {
        const uint64_t part[2] = {PART(i), i + lanes < n ? PART(i + lanes) : 0};
        done &= i + lanes < n ? VECTORS(2) : VECTORS(1);
    }
#undef VECTORS
    return done;
}
#endif
#if CPOOL_PARTS && FLOATING
#undef PART
#undef HEAD
#endif

/* The windows of most networks; integers have the general loop alone, to keep the binary small. */
CPOOL_INLINE void FN(KIND(windows_of))(int op, int winners, const cpool_windows *w)
{
    cpool_windows next = *w;
    /* Whether no cell is cut off by the border. */
    const int square = FLOATING && w->hop && w->lines == w->row
                       && (!winners || (w->tap[0] == 0 && w->tap[w->lines * w->row - 1] == w->lines * w->row - 1));
#if CPOOL_PARTS && FLOATING
    if (w->down == 2 && !w->weight && square && w->row == 3 && FN(KIND(walk_any))(op, winners, w))
        return;
#endif
    for (isize d = 0; d < w->down; d++) {
        if (SHORT_SUMS && w->weight)
            FN(KIND(windows_any))(op, winners, &next, 1, 1, w->tap);
        else if (square && w->row == 2)
            FN(KIND(windows_any))(op, winners, &next, 2, 2, NULL);
        else if (square && w->row == 3)
            FN(KIND(windows_any))(op, winners, &next, 3, 3, NULL);
        else
            FN(KIND(windows_any))(op, winners, &next, w->lines, w->row, w->tap);
        next.src += w->src_down;
        next.out += w->out_down;
        if (winners)
            next.code += w->code_down;
    }
}
