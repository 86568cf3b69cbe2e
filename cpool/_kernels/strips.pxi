# Columns and rows in one pass, for planes whose cells follow each other in memory and for windows of not too many columns: all
# pooling layers of well-known networks in channels_first memory. See strips.h.

cdef bint worth_strips(const Plan* p) noexcept nogil:
    cdef const Axis* x = &p.x
    cdef const Axis* y = &p.y
    if p.inner != 1 or x.spread != 1 or y.spread != 1 or (p.rows.strips == NULL and not worth_flat(p)):
        return False
    if not (x.stride == 1 or (x.stride == 2 and x.dilation == 1 and x.kernel > 1)):
        return False
    if p.winners and (p.rows.byte_codes == 0 or x.kernel * y.kernel > 255):
        return False
    if not p.rows.idempotent and (x.kernel >= MANY_TAPS or y.kernel >= MANY_TAPS):
        return False
    # Rows between the windows would be read for nothing, and so would padding without end.
    return (x.kernel <= STRIP_TAPS and y.stride <= y.kernel and reach(y, 1) <= STRIPS // 2
            and reach(x, 1) <= 2 * x.size + 64 and reach(y, 1) <= 2 * y.size + 64)


cdef void prepare_strips(Plan* p) noexcept nogil:
    cdef Py_ssize_t lines
    cdef cpool_strips* f = &p.strip
    p.flat = worth_flat(p)
    p.copy_rows = p.copy_rows or p.y.before > 0 or reach(&p.y, p.y.out) > p.y.size
    p.row_bytes = p.row_reach * max(p.rows.width, p.row_width)
    if not p.flat:
        p.row_bytes = (p.row_bytes + 63) // 64 * 64
    lines = min(STRIPS // 2, max(STRIP // p.row_bytes, 2 * reach(&p.y, 1)))
    p.block = max(1, min(p.y.out, (lines - reach(&p.y, 1)) // p.y.stride + 1))
    if not p.z_identity:
        p.block = max(1, min(p.block, FAR // max(1, p.z.size * p.n * p.rows.width)))
    # What all blocks have in common.
    f.taps_x, f.stride_x, f.hop_x = p.x.kernel, p.x.stride, p.x.dilation * p.row_width
    f.taps_y, f.stride_y, f.hop_y = p.y.kernel, p.y.stride, p.y.dilation
    f.n, f.result, f.code_width, f.by = p.n, p.rows.width, p.rows.width, NULL
    f.by_wide = NULL
    f.divided = 0
    if p.z_identity:
        f.result, f.code_width = p.rows.result, 1
    f.out_step, f.code_step = p.n * f.result, p.n * f.code_width
    # The rows whose divisors are the same.
    p.same_first, p.same_end = 0, p.y.out
    if p.divisor == 0 and p.include_pad:
        lines = p.y.before + p.y.size + p.y.after - reach(&p.y, 1)
        p.same_end = min(p.y.out, lines // p.y.stride + 1) if lines >= 0 else 0
    elif p.divisor == 0:
        p.same_first, p.same_end = first_inside(&p.y), end_inside(&p.y)
    p.edge, p.top = first_inside(&p.x), first_inside(&p.y)


cdef void copy_lines(const Plan* p, Scratch* s, const char* slice, Py_ssize_t z, Py_ssize_t start, Py_ssize_t lines) noexcept nogil:
    # The lines from `start` on into the scratch rows, with their padding on all sides.
    cdef Py_ssize_t first = min(max(0, -start), lines), end = max(first, min(lines, p.y.size - start)), y
    cdef Py_ssize_t width = p.row_bytes // p.rows.width
    p.rows.fill(s.row, first * width)
    p.rows.fill(s.row + end * p.row_bytes, (lines - end) * width)
    if not p.load_rows:
        cpool_copy_rows(s.row + first * p.row_bytes + p.row_left * p.row_width, p.row_bytes, slice + (start + first) * p.row_step,
                        p.row_step, end - first, p.x.size * p.row_width)
        return
    if p.row_bytes == p.x.size * p.row_width and p.row_step == p.x.size * p.rows.source and not p.divide_source:
        p.rows.load(s.row + first * p.row_bytes, slice + (start + first) * p.row_step, (end - first) * p.x.size, NULL)
        return
    for y in range(first, end):
        load_row(p, s, slice + (start + y) * p.row_step, s.row + y * p.row_bytes, z, start + y)


cdef void strip_rows(const Plan* p, Scratch* s, const char* slice, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1,
                     char* out, char* out_code) noexcept nogil:
    # As slice_rows; where no pass follows, out is the result and out_code the winners, in bytes.
    cdef cpool_strips f = p.strip
    cdef Py_ssize_t start = r0 * p.y.stride - p.y.before, r = r0, end, lines = reach(&p.y, r1 - r0)
    cdef Divisor d
    f.src, f.src_step = slice + start * p.row_step, p.row_step
    if p.copy_rows:
        copy_lines(p, s, slice, z, start, lines)
        f.src, f.src_step = s.row, p.row_bytes
    if p.flat:
        flat_rows(p, s, f.src, f.src_step, r1 - r0, out)
        return
    f.rows, f.out, f.code, f.scratch, f.codes = r1 - r0, out, out_code, s.strips, s.strip_codes
    if not (p.z_identity and p.divide_result):
        run_strips(p, &f)
    elif p.one != 0:
        f.by, f.by_wide = divisor_as(p, p.one, &d, &f.divided), <const char*>d.reciprocal
        run_strips(p, &f)
    else:
        while r < r1:
            end = min(r1, p.same_end) if p.same_first <= r < p.same_end else r + 1
            f.rows, f.by, f.divided = end - r, divisors_of(p, s, z, r), TIMES if p.times else OVER
            f.by_wide = <const char*>s.by_wide
            run_strips(p, &f)
            f.src += (end - r) * p.y.stride * f.src_step
            f.out += (end - r) * f.out_step
            r = end
    if out_code and (p.edge or p.top > r0):
        raise_strips(p, out_code, r0, r1, f.code_step, p.z_identity)


cdef inline void run_strips(const Plan* p, const cpool_strips* f) noexcept nogil:
    if p.load_rows or p.rows.plain:
        p.rows.strips(f)
    else:
        p.rows.first_strips(f)


cdef void raise_strips(const Plan* p, char* code, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t step, bint narrow) noexcept nogil:
    # See raise_row.
    cdef Py_ssize_t r, o, least = 0, i, top = max(r0, min(r1, p.top))
    cdef uint8_t* codes
    cdef uint8_t tap
    if not narrow:
        for r in range(r0, r1 if p.x.before else top):
            raise_row(p, code + (r - r0) * step, cells_of(&p.y, r).tap * p.kernel_x if r < top else 0)
        return
    for o in range(p.edge):
        tap = <uint8_t>cells_of(&p.x, o).tap
        codes = <uint8_t*>code + (top - r0) * step + o
        for r in range(top, r1):
            codes[0] = max(codes[0], tap)
            codes += step
    for r in range(r0, top):
        least = cells_of(&p.y, r).tap * p.kernel_x
        codes = <uint8_t*>code + (r - r0) * step
        for i in range(p.n):
            codes[i] = max(codes[i], <uint8_t>least)
        for o in range(p.edge):
            codes[o] = max(codes[o], <uint8_t>(least + cells_of(&p.x, o).tap))


# ------------------------------------------------------------------------------------------------------------ as one long row
# Integers of one or two bytes, and their sums: a vector holds more of them than a row of a small plane has. The copied rows, padding between them,
# are as one long row, along which windows of stride 1 are found; those that begin where no window does are left out at the end.

cdef bint worth_flat(const Plan* p) noexcept nogil:
    return p.rows.width <= 2 and p.winners == NULL


cdef void flat_rows(const Plan* p, Scratch* s, const char* src, Py_ssize_t step, Py_ssize_t rows, char* out) noexcept nogil:
    # Down the rows, along what that left, and out.
    cdef Py_ssize_t w = p.rows.width, pitch = p.row_bytes, n = p.row_reach
    cdef bint one = p.y.stride == 1 and step == pitch
    p.rows.reduce(s.strips, pitch, src, p.y.stride * step, 1 if one else rows, p.y.dilation * step, p.y.kernel, rows * n if one else n)
    p.rows.reduce(s.strips, 0, s.strips, 0, 1, p.strip.hop_x, p.x.kernel, rows * n - (p.x.kernel - 1) * p.x.dilation)
    if p.x.stride == 1:
        cpool_copy_rows(out, p.n * w, s.strips, pitch, rows, p.n * w)
    else:
        cpool_halve_rows(out, p.n * w, s.strips, pitch, rows, p.n * w, w)
