# The pooling passes: max, min, sum and average over (planes, depth, rows, cols, inner), forward; and, over the adjoint axes,
# the gradients of sum and average.
#
# Windows are separable: a pass along the columns of each row (`across`), then one along the rows, then one along the depth
# (`along`), each over what the one before left in a scratch buffer, which stays in cache but for the tallest windows. Memory
# is walked in order: a row is read once, whole, before the next (two rows in lockstep are three times slower where the array
# exceeds the last cache).
# Leftmost wins in the first pass, topmost in the next: together that is the first winner in row-major order.
#
# A block of output rows of one plane is the unit of work: its result depends on nothing that another unit makes.

cdef void along(const Plan* p, const Axis* a, bint many, Py_ssize_t o0, Py_ssize_t o1, char* src, char* src_code,
                Py_ssize_t src_first, Py_ssize_t pitch, char* out, char* out_code, Py_ssize_t out_step, Py_ssize_t n,
                Py_ssize_t code_step) noexcept nogil:
    # Windows o0 to o1 over lines of n elements; the line of cell i is at src + (i - src_first) * pitch.
    cdef Py_ssize_t lo, hi, o, piece, done, length, start, lines
    cdef Cells c
    if many:
        start = o0 * a.stride - a.before - src_first
        length = reach(a, o1 - o0)
        src += start * pitch
        if src_code:
            src_code += start * pitch
        if p.rows.idempotent:
            piece = largest_piece(a.kernel)
            build_pieces(p, a, src, src_code, pitch, 1, piece, length, n, code_step)
            reduce_step(p, out, out_code, out_step, src, src_code, a.stride * pitch, o1 - o0,
                        (a.kernel - piece) * a.dilation * pitch, 2, n, 0, (a.kernel - piece) * code_step)
            return
        piece, done = 1, 0
        while True:
            if a.kernel & piece:
                for o in range(o1 - o0):
                    if done:
                        p.rows.accumulate(out + o * out_step, src + (o * a.stride + done * a.dilation) * pitch, n)
                    else:
                        memcpy(out + o * out_step, src + o * a.stride * pitch, n * p.rows.width)
                done += piece
            if 2 * piece > a.kernel:
                return
            length = build_pieces(p, a, src, NULL, pitch, piece, 2 * piece, length, n, 0)
            piece *= 2
    lo, hi = max(o0, first_inside(a)), min(o1, end_inside(a))
    o = o0
    while o < o1:
        if o == lo and hi > lo and a.spread == 1:
            start = o * a.stride - a.before - src_first
            # Lines that follow each other without a gap, into lines that do too: one long line.
            lines = hi - lo if a.stride * pitch == n * p.rows.width and out_step == n * p.rows.width else 1
            reduce_step(p, out, out_code, out_step, src + start * pitch, src_code + start * pitch if src_code else NULL,
                        a.stride * pitch, (hi - lo) // lines, a.dilation * pitch, a.kernel, n * lines, 0, code_step)
            out += (hi - lo) * out_step
            if out_code:
                out_code += (hi - lo) * out_step
            o = hi
            continue
        c = cells_of(a, o)
        start = c.first - src_first
        reduce_step(p, out, out_code, out_step, src + start * pitch, src_code + start * pitch if src_code else NULL,
                    0, 1, a.hop * pitch, c.count, n, c.tap * code_step, code_step)
        out += out_step
        if out_code:
            out_code += out_step
        o += 1


cdef void fill_line(const Plan* p, char* line, char* code, Py_ssize_t n) noexcept nogil:
    p.rows.fill(line, n)
    if code:
        memset(code, 0, n * p.rows.width)


cdef inline bint between_windows(const Axis* a, Py_ssize_t y) noexcept nogil:
    return a.dilation == 1 and a.spread == 1 and (y + a.before) % a.stride >= a.kernel


cdef void rows_across(const Plan* p, Scratch* s, const char* slice, Py_ssize_t first, Py_ssize_t end, char* out,
                      char* out_code, Py_ssize_t z) noexcept nogil:
    # The input rows first to end along their columns, chunk by chunk, without those that no window has.
    cdef Py_ssize_t y = first, to, pitch = p.n * p.rows.width
    cdef bint gaps = p.y.stride > p.y.kernel
    while y < end:
        to = min(end, y + p.chunk)
        if gaps:
            if between_windows(&p.y, y):
                y += 1
                continue
            to = min(to, y + 1)
        across(p, s, slice + y * p.row_step, to - y, out + (y - first) * pitch,
               out_code + (y - first) * pitch if out_code else NULL, z, y)
        y = to


cdef void slice_rows(const Plan* p, Scratch* s, const char* slice, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1, char* out,
                     char* out_code) noexcept nogil:
    # One input slice -> its windows of rows r0 to r1, pooled along columns and rows.
    cdef Py_ssize_t w = p.rows.width, pitch = p.n * w, y, first, end, start, r
    cdef const Axis* a = &p.y
    if p.strips:
        strip_rows(p, s, slice, z, r0, r1, out, out_code)
        return
    if p.prefixes:
        prefix_rows(p, s, slice, z, r0, r1, out, out_code)
        return
    if p.y_identity:
        rows_across(p, s, slice, r0, r1, out, out_code, z)
        return
    if p.whole_rows and not p.y_many:
        along(p, a, False, r0, r1, <char*>slice, NULL, 0, p.row_step, out, out_code, pitch, p.n, p.kernel_x)
        return
    start = r0 * a.stride - a.before
    end = start + reach(a, r1 - r0)
    first = max(0, (start + a.spread - 1) // a.spread) if start > 0 else 0
    end = min(a.size, (end - 1) // a.spread + 1) if end > 0 else 0
    if not p.y_many:
        start = first
    for y in range(start, first):
        fill_line(p, s.rows + (y - start) * pitch, s.row_codes + (y - start) * pitch if out_code else NULL, p.n)
    rows_across(p, s, slice, first, end, s.rows + (first - start) * pitch,
                s.row_codes + (first - start) * pitch if out_code else NULL, z)
    if p.y_many:
        for y in range(max(first, end), start + reach(a, r1 - r0)):
            fill_line(p, s.rows + (y - start) * pitch, s.row_codes + (y - start) * pitch if out_code else NULL, p.n)
    along(p, a, p.y_many, r0, r1, s.rows, s.row_codes if out_code else NULL, start, pitch, out, out_code, pitch, p.n, p.kernel_x)
    if out_code and p.y_many:
        for r in range(r0, min(r1, first_inside(a))):
            raise_row(p, out_code + (r - r0) * pitch, cells_of(a, r).tap * p.kernel_x)


cdef void finish(const Plan* p, Scratch* s, Py_ssize_t plane, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # What the last pass left in scratch goes out: stored values, narrowed codes.
    cdef Py_ssize_t r, at, pitch = p.n * p.rows.width
    if p.rows.reciprocal == BOTH and (p.divisor != 0 or not p.divide_result):
        # Rows of results follow each other, and one divisor serves them all.
        at = ((plane * p.z.out + z) * p.y.out + r0) * p.n
        p.rows.store(p.result + at * p.rows.result, s.last, (r1 - r0) * p.n, divisors_of(p, s, z, r0) if p.divide_result else NULL)
        return
    for r in range(r0, r1):
        at = ((plane * p.z.out + z) * p.y.out + r) * p.n
        if p.store_rows:
            p.rows.store(p.result + at * p.rows.result, s.last + (r - r0) * pitch, p.n,
                         divisors_of(p, s, z, r) if p.divide_result else NULL)
        if p.winners:
            p.rows.narrow(p.winners + at * p.winner_width, p.winner_width, s.last_codes + (r - r0) * pitch, p.n)


cdef void reduce_unit(const Plan* p, Scratch* s, Py_ssize_t plane, Py_ssize_t r0) noexcept nogil:
    cdef Py_ssize_t r1 = min(p.y.out, r0 + p.block), z, at
    cdef Py_ssize_t n = (r1 - r0) * p.n, pitch = n * p.rows.width
    cdef const char* source = p.source + plane * p.plane_step
    cdef char* out
    cdef char* out_code = s.last_codes if p.winners else NULL
    if p.windows:
        at = plane * p.z.out * p.y.out * p.n
        window_rows(p, source, p.result + at * p.rows.result, p.winners + at if p.winners else NULL, r0, r1)
        return
    if p.z_identity and (p.prefixes or (p.strips and not (p.flat and p.store_rows))):
        for z in range(p.z.out):
            at = ((plane * p.z.out + z) * p.y.out + r0) * p.n
            slice_rows(p, s, source + z * p.slice_step, z, r0, r1, p.result + at * p.rows.result,
                       p.winners + at * p.winner_width if p.winners else NULL)
        return
    if not p.z_identity:
        for z in range(p.z.size):
            slice_rows(p, s, source + z * p.slice_step, z, r0, r1, s.slices + z * pitch,
                       s.slice_codes + z * pitch if out_code else NULL)
    for z in range(p.z.out):
        out = s.last if p.store_rows else p.result + (((plane * p.z.out + z) * p.y.out + r0) * p.n) * p.rows.result
        if p.z_identity:
            slice_rows(p, s, source + z * p.slice_step, z, r0, r1, out, out_code)
        else:
            along(p, &p.z, False, z, z + 1, s.slices, s.slice_codes if out_code else NULL, 0, pitch, out, out_code, pitch, n,
                  p.kernel_y * p.kernel_x)
        finish(p, s, plane, z, r0, r1)
