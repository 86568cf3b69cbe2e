/* Windows of few cells, cell by cell: for pixels of channels, which are vectors.
 *
 * Nothing is written but results. What windows share is read again; where they overlap little, or hardly have cells, that costs
 * less than to keep what was found along the rows. Windows of 3 x 3 cells keep what they share in registers: windows_walk.h. */
typedef struct {
    const char *src;           /* of the first window */
    isize src_step, out_step;  /* from window to window */
    const isize *offset;       /* of the cells of a window, in bytes, row by row */
    const uint8_t *tap;        /* their codes */
    const char *weight;        /* an element for each cell: what it is multiplied with before it is added; or NULL */
    isize lines, row, hop;     /* rows; the cells of each, and how many bytes they are apart, 0 where that differs */
    char *out;
    isize result;              /* bytes of an output element */
    char *code;                /* of winners, or NULL; bytes */
    isize code_step;
    const char *by;            /* two elements: what sums are divided by, and its reciprocal */
    const char *by_wide;       /* as in cpool_strips */
    int divided;               /* see cpool_strips */
    isize windows, n;          /* n channels */
    isize down;                /* rows of windows: 1, or 2 of 3 x 3 cells with stride 1 along both axes */
    isize src_down, out_down, code_down; /* from row to row of windows */
} cpool_windows;
#define CPOOL_MOST_CELLS 27
