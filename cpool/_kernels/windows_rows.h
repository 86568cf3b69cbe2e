/* Windows of one kind of source: included by rows_sweeps.h. */
CPOOL_INLINE void FN(KIND(windows_any))(int op, int winners, const cpool_windows *w, const isize *offset, const uint8_t *tap, isize many,
                                        isize row)
{
    const isize n = w->n, limit = n, windows = w->windows, result = w->result;
    const int divided = w->divided;
    const char *src = w->src;
    char *out = w->out, *put = w->code;
    for (isize c = 0; c < windows; c++, src += w->src_step, out += w->out_step, put += winners ? w->code_step : 0) {
        isize i = 0;
#define DO(width) BLOCK(KIND(window), width)(op, winners, w, src + i * (isize)sizeof(SOURCE), out + i * result, put + i, offset, tap, many, \
                                             row, divided, result)
        SWEEP(DO, 1)
#undef DO
    }
}

CPOOL_INLINE void FN(KIND(windows_of))(int op, int winners, const cpool_windows *w)
{
    isize offset[9];
    uint8_t tap[9];
    if (FLOATING && (w->many == 4 || w->many == 9)) { /* what is fixed unrolls */
        memcpy(offset, w->offset, (size_t)w->many * sizeof(isize));
        if (winners)
            memcpy(tap, w->tap, (size_t)w->many);
    }
    if (FLOATING && w->many == 4 && w->row == 2)
        FN(KIND(windows_any))(op, winners, w, offset, tap, 4, 2);
    else if (FLOATING && w->many == 9 && w->row == 3)
        FN(KIND(windows_any))(op, winners, w, offset, tap, 9, 3);
    else
        FN(KIND(windows_any))(op, winners, w, w->offset, w->tap, w->many, w->row);
}
