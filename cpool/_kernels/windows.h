/* Windows of few cells, cell by cell: for pixels of many channels, which are whole vectors.
 *
 * Nothing is kept between windows, so nothing is written but results. What windows share is read again; where they overlap
 * little, or hardly have cells, that costs less than to keep what was found along the rows. */
typedef struct {
    const char *src;           /* of the first window */
    isize src_step, out_step;  /* from window to window */
    const isize *offset;       /* of the cells of a window, in bytes; row after row of so many cells */
    const uint8_t *tap;        /* their codes */
    isize many, row;
    char *out;
    isize result;              /* bytes of an output element */
    char *code;                /* of winners, or NULL; bytes */
    isize code_step;
    const char *by;            /* one element that sums are divided by */
    const char *by_wide;       /* as in cpool_strips */
    int divided;               /* see cpool_strips */
    isize windows, n;          /* n channels */
} cpool_windows;
#define CPOOL_MOST_CELLS 27
