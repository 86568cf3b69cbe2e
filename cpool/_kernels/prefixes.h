/* Windows of many cells along one axis, by prefixes and suffixes of blocks (van Herk; Gil and Werman).
 *
 * The axis is cut into blocks as long as a window, from the first window's start on. A window is then a whole block, or the end of
 * one and the beginning of the next: the suffix of the one joins the prefix of the other. Three steps a cell serve windows of any
 * length, and nothing is subtracted. Blocks begin where the first window of the whole axis does, whichever windows are asked for:
 * so the order of a sum, and its bits, do not depend on how the work was cut.
 *
 * A cell is a line of n elements, of which a vector at a time goes down the axis. The codes of winners count the cells from the
 * start of the axis, where they need no change on the way; the window's own start is subtracted from the result. Cells outside the
 * axis are in no prefix and no suffix, so no code is theirs. */
typedef struct {
    isize size, kernel, stride, before;  /* the cells there are; window o has those from o * stride - before on */
    isize spread;                        /* cells that lie so far apart, with nothing between them: stride is 1 unless this is */
    isize first, end;                    /* the windows that are asked for */
    const char *src, *src_code;          /* cell `from_cell`; its codes (NULL: 0) are as wide as its elements */
    isize from_cell, src_step;
    isize ahead;                         /* bytes to the line after this one, which is fetched meanwhile */
    char *out, *code;                    /* window `first`, and the codes of winners, or NULL */
    isize out_step, code_step, code_width;
    int64_t tap_step;                    /* what a code counts for a cell of this axis */
    isize n, result;                     /* elements of a line; bytes of an element of the output */
    isize rows;                          /* prefixes_across: so many rows, row_step apart, and out_row_step in the output */
    isize row_step, out_row_step;
    const double *by_window, *by;        /* sums are divided by by_window[o - first] * by[element] */
    int divided;                         /* how: 0, CPOOL_TIMES, CPOOL_OVER; see strips.h */
    char *scratch;                       /* cpool_prefixes_bytes */
} cpool_prefixes;

/* Vectors side by side, each of which waits for no other: a step of one takes longer than the machine needs to begin the next. */
#define CPOOL_PREFIX_VECTORS 2
#define CPOOL_PREFIX_LINE (CPOOL_PREFIX_VECTORS * 64)

#if defined(__GNUC__)
#define CPOOL_FETCH(p) __builtin_prefetch(p)
#else
#define CPOOL_FETCH(p) (void)0
#endif

/* Scratch memory: the suffixes of a block and their codes; for prefixes_across also the cells of some rows, side by side, and the
 * windows' results and codes. */
static inline isize cpool_prefixes_bytes(isize size, isize kernel, isize outputs)
{
    return CPOOL_PREFIX_LINE * (2 * (kernel < size ? kernel : size) + size + 2 * outputs + 64);
}

/* Of windows over cells that are spread, every spread-th meets them with the same taps, from window q on: these alone, as windows
 * over cells that follow each other. 0 where there are none. */
static inline int cpool_prefixes_phase(cpool_prefixes *p, isize q)
{
    const isize spread = p->spread, start = q - p->before, past = start < 0 ? -start % spread : (spread - start % spread) % spread;
    const isize skipped = p->first > q ? (p->first - q + spread - 1) / spread : 0;
    if (spread == 1)
        return 1;
    if (past >= p->kernel || q + skipped * spread >= p->end)
        return 0;
    p->before = -((start + past) / spread);
    p->kernel = (p->kernel - 1 - past) / spread + 1;
    p->out += (q + skipped * spread - p->first) * p->out_step;
    p->out_step *= spread;
    p->first = skipped;
    p->end = (p->end - q + spread - 1) / spread;
    p->spread = 1;
    return 1;
}
