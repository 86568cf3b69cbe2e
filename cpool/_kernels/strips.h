/* Strips: windows over a plane whose cells follow each other in memory, a vector of output columns at a time, down its rows.
 *
 * Across: each input row's windows become one vector of a column in the first cache. Down: the column's windows become output
 * rows. Both within one function: small planes, of which networks have thousands, then cost neither a call a row nor a pass
 * over memory; and no load waits for a store, as one that begins within what was just stored would. The columns within a row
 * are compared before the rows: so the first winner in row-major order wins. */
/* How sums are divided: multiplied by a factor; divided by it; or all divided by one small integer b, behind which is its
 * reciprocal r. AVX-512's division takes the time of twenty instructions. Instead, to q = s r what is missing is added: s - q b,
 * which a fused multiply-add finds exactly, times r, and the second one rounds that as the division would. (Where s / b is
 * not in the middle between two numbers it is further from it than this errs: b times the middle differs from s by a unit of the
 * last place at least. It is in the middle only if b times a number with one digit more has no more digits than s: never if b is
 * odd, and if b is a power of two r has no error. Else, among subnormal numbers, it could be.) */
enum { CPOOL_TIMES = 1, CPOOL_OVER = 2, CPOOL_OVER_ONE = 3 };
#define CPOOL_SMALL_DIVISOR 4096
typedef struct {
    isize taps_x, stride_x, hop_x;   /* stride 1 or 2; hop in bytes: one cell where the stride is 2 */
    isize taps_y, stride_y, hop_y;   /* hop in rows */
    const char *src;                 /* the first window's first cell; every cell of every window is there to be read */
    char *out;
    isize src_step, out_step;        /* from row to row */
    isize rows, n;                   /* of the output; at most CPOOL_STRIPS / 2 input rows */
    isize result;                    /* bytes of an output element */
    char *code;                      /* of winners, or NULL; code_width is 1 or that of an element */
    isize code_step, code_width;
    const char *by;                  /* for every column, or one and its reciprocal; NULL where sums are not divided */
    const char *by_wide;             /* the reciprocals of what float sums are divided by, in double */
    int divided;                     /* what is done with it: 0, or as above */
    char *scratch, *codes;           /* for the vectors between the passes, and theirs */
} cpool_strips;

/* Vectors between the passes, at most: of up to 64 bytes, a row's 64 bytes more than the row. */
#define CPOOL_STRIPS 256
/* From this many overlapping taps on, pieces of 1, 2, 4, ... cells are built, and a window is covered by two of them (sums: by
 * those that its binary digits name). The cost then grows with the logarithm of the kernel. */
#define CPOOL_MANY_TAPS 6
