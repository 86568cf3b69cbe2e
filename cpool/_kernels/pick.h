/* The gradient of max and min: every cell of the input gathers from the windows it is in, those whose winner it is.
 *
 * Cells whose distance is the stride are in windows at the same distances, with the same taps: `many` windows, window j at
 * offset[j] elements from the cell's place in the gradient and in the codes, which lie in memory alike. There, it is the winner
 * where the code is wanted[j]. The sum is taken in this order; each result is written once. */
typedef struct {
    const char *grad, *code;   /* of the windows; codes are bytes */
    isize step;                /* from row to row in both, in elements */
    const isize *offset;
    const uint8_t *wanted;
    isize many;
    isize even;                /* in pairs: how many of them are those of the even cells, the others those of the odd ones */
    char *out;
    isize out_step;            /* in bytes */
    isize rows, n;             /* of results */
} cpool_pick;

/* A cell in more windows than this is better scattered to: the cost of a gather grows with them. */
#define CPOOL_MOST_PICKS (CPOOL_BYTES >= 64 ? 49 : 25)
