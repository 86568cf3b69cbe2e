/* Whole lines and groups of rows by prefixes, for one kind of source: included by rows_sweeps.h. See prefixes.h.
 *
 * The longest vector that is filled is used, of the machine's longest several side by side; the last ones may overlap those before.
 * `least`: what a vector must not be longer than, beside `count`. */
#define SOME(name, count, width, many) \
    for (isize at = 0, step = many * (isize)(width / sizeof(T)); at < count; at += step) \
        BLOCK(KIND(name), width)(op, winners, many, p, count - at < step ? count - step : at)
#define FITS(least, width) (least) >= (isize)(width / sizeof(T))
#define WIDER(name, count, least, width) \
    if (FITS(least, width) && (count) >= CPOOL_PREFIX_VECTORS * (isize)(width / sizeof(T))) \
        SOME(name, count, width, CPOOL_PREFIX_VECTORS); \
    else
#define WIDE_ENOUGH(name, count, least, width) \
    if (FITS(least, width)) \
        SOME(name, count, width, 1); \
    else
#if CPOOL_BYTES == 64
#define WIDTHS(name, count, least) \
    WIDER(name, count, least, 64) WIDE_ENOUGH(name, count, least, 64) WIDE_ENOUGH(name, count, least, 32) \
    WIDE_ENOUGH(name, count, least, 16) EACH(name, count)
#elif CPOOL_BYTES == 32
#define WIDTHS(name, count, least) \
    WIDER(name, count, least, 32) WIDE_ENOUGH(name, count, least, 32) WIDE_ENOUGH(name, count, least, 16) EACH(name, count)
#elif CPOOL_BYTES == 16
#define WIDTHS(name, count, least) WIDER(name, count, least, 16) WIDE_ENOUGH(name, count, least, 16) EACH(name, count)
#else
#define WIDTHS(name, count, least) EACH(name, count)
#endif
#define EACH(name, count) \
    for (isize at = 0; at < count; at++) \
        BLOCK(KIND(name), lane)(op, winners, 1, p, at)

CPOOL_INLINE void FN(KIND(prefixes_any))(int op, int winners, const cpool_prefixes *p)
{
    WIDTHS(prefixes_of, p->n, p->n);
}

CPOOL_INLINE void FN(KIND(prefixes_across_any))(int op, int winners, const cpool_prefixes *p)
{
    /* Vectors that neither the rows nor their cells fill would read beyond them. */
    const isize least = p->rows < p->size ? p->rows : p->size;
    WIDTHS(prefixes_across, p->rows, least);
}

#undef SOME
#undef FITS
#undef WIDER
#undef WIDE_ENOUGH
#undef WIDTHS
#undef EACH
