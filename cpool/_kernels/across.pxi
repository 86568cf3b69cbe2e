# The steps that all passes are made of, and the first pass: input rows, loaded where needed, along their columns.

cdef inline void reduce_step(const Plan* p, char* out, char* out_code, Py_ssize_t out_step, const char* src,
                             const char* src_code, Py_ssize_t src_step, Py_ssize_t count, Py_ssize_t tap_step, Py_ssize_t taps,
                             Py_ssize_t n, Py_ssize_t code, Py_ssize_t code_step) noexcept nogil:
    cdef Py_ssize_t c
    if taps == 0:
        for c in range(count):
            p.rows.fill(out + c * out_step, n)
            if out_code:
                memset(out_code + c * out_step, 0, n * p.rows.width)
    elif out_code:
        p.rows.reduce_winner(out, out_code, out_step, src, src_code, src_step, count, tap_step, taps, n, code, code_step)
    else:
        p.rows.reduce(out, out_step, src, src_step, count, tap_step, taps, n)


cdef Py_ssize_t build_pieces(const Plan* p, const Axis* a, char* at, char* code, Py_ssize_t pitch, Py_ssize_t piece,
                             Py_ssize_t target, Py_ssize_t length, Py_ssize_t n, Py_ssize_t code_step) noexcept nogil:
    # In place: from pieces of `piece` cells at `length` places, pitch bytes apart, to pieces of `target`. Returns the places.
    cdef Py_ssize_t hop
    while piece < target:
        hop = piece * a.dilation
        length -= hop
        reduce_step(p, at, code, pitch, at, code, pitch, length, hop * pitch, 2, n, 0, piece * code_step)
        piece *= 2
    return length


cdef inline Py_ssize_t largest_piece(Py_ssize_t kernel) noexcept nogil:
    cdef Py_ssize_t piece = 1
    while 2 * piece <= kernel:
        piece *= 2
    return piece


cdef void raise_row(const Plan* p, char* code, Py_ssize_t least) noexcept nogil:
    # Padding may be chosen only where all that a window sees is the neutral element; its first real cell is then the winner.
    # It has the code `least` plus the column taps that lie before the input.
    cdef Py_ssize_t o, width = p.inner * p.rows.width
    if least:
        p.rows.raise_codes(code, least, p.n)
    for o in range(first_inside(&p.x)):
        p.rows.raise_codes(code + o * width, least + cells_of(&p.x, o).tap, p.inner)


cdef void load_row(const Plan* p, Scratch* s, const char* source, char* row, Py_ssize_t z, Py_ssize_t y) noexcept nogil:
    # One input row into the scratch row, between its padding: converted and divided as the plan says.
    row += p.row_left * p.inner * p.row_width
    if p.load_rows:
        p.rows.load(row, source, p.x.size * p.inner, divisors_of(p, s, z, y) if p.divide_source else NULL)
    else:
        memcpy(row, source, p.x.size * p.inner * p.row_width)


cdef inline void first_step(const Plan* p, char* out, char* out_code, Py_ssize_t out_step, const char* src, Py_ssize_t src_step,
                            Py_ssize_t count, Py_ssize_t tap_step, Py_ssize_t taps, Py_ssize_t n, Py_ssize_t code) noexcept nogil:
    # As reduce_step, from a row of the input.
    if out_code or taps == 0:
        reduce_step(p, out, out_code, out_step, src, NULL, src_step, count, tap_step, taps, n, code, 1)
    else:
        p.first_reduce(out, out_step, src, src_step, count, tap_step, taps, n)


cdef void across(const Plan* p, Scratch* s, const char* source, Py_ssize_t count, char* out, char* out_code, Py_ssize_t z,
                 Py_ssize_t y) noexcept nogil:
    # Some input rows from row y on -> the windows' columns of each, p.n elements; codes count the column taps.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t pixel = p.inner * p.row_width, pitch = p.n * p.rows.width, step = p.row_step, r
    cdef const char* src = source
    if p.copy_rows:
        for r in range(count):
            load_row(p, s, source + r * p.row_step, s.row + r * p.row_bytes, z, y + r)
        src, step = s.row, p.row_bytes
    if p.mode == FLAT and not p.x_many:
        first_step(p, out, out_code, pitch, src, step, count, a.dilation * pixel, a.kernel, p.n, 0)
    else:
        for r in range(count):
            across_row(p, s, src + r * step, out + r * pitch, out_code + r * pitch if out_code else NULL)
    if out_code and p.mode != PIXELS and p.x.before > 0:
        for r in range(count):
            raise_row(p, out_code + r * pitch, 0)


cdef void across_row(const Plan* p, const Scratch* s, const char* src, char* out, char* out_code) noexcept nogil:
    cdef const Axis* a = &p.x
    cdef Py_ssize_t pixel = p.inner * p.row_width, gathered = p.n * p.row_width, t
    if p.mode == PIXELS:
        across_pixels(p, src, out, out_code)
    elif p.mode == PHASES:
        across_phases(p, s, src, out)
    elif p.x_many and p.rows.idempotent:
        across_pieces(p, s, src, out, out_code)
    elif p.x_many:
        across_digits(p, s, src, out, reach(a, a.out))
    else:
        # Each tap's column for every window side by side, then one reduction of whole rows.
        for t in range(a.kernel):
            cpool_gather(s.pieces + t * gathered, src + t * a.dilation * pixel, a.stride, a.out, pixel)
        first_step(p, out, out_code, 0, s.pieces, 0, 1, gathered, a.kernel, p.n, 0)


cdef void across_pixels(const Plan* p, const char* src, char* out, char* out_code) noexcept nogil:
    # Window by window, its pixels whole; windows are cut to the input, so nothing is padded.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t lo = first_inside(a), hi = end_inside(a), o = 0, count
    cdef Py_ssize_t from_pixel = p.inner * p.row_width, to_pixel = p.inner * p.rows.width
    cdef Cells c
    while o < a.out:
        c = cells_of(a, o)
        count = hi - lo if o == lo and hi > lo and a.spread == 1 else 1
        first_step(p, out + o * to_pixel, out_code + o * to_pixel if out_code else NULL, to_pixel, src + c.first * from_pixel,
                   a.stride * from_pixel, count, a.hop * from_pixel, c.count, p.inner, c.tap)
        o += count


cdef void across_phases(const Plan* p, const Scratch* s, const char* src, char* out) noexcept nogil:
    # Over a stretched row: columns whose distance is the spread meet the same taps. Each such phase is a reduction of the row
    # with stride 1, and the phases are dealt out in turn.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t pixel = p.inner * p.rows.width, phases = min(a.spread, a.out), q, n
    cdef Py_ssize_t longest = (a.out + a.spread - 1) // a.spread
    cdef char* phase
    cdef Cells c
    for q in range(phases):
        n = (a.out - q + a.spread - 1) // a.spread
        phase = s.pieces + q * longest * pixel
        c = endless_cells(a, q)
        reduce_step(p, phase, NULL, 0, src + (c.first + p.row_left) * pixel, NULL, 0, 1, a.hop * pixel, c.count, n * p.inner, 0, 0)
        if phases != 2:
            cpool_spread(out + q * pixel, phase, a.spread, n, pixel)
    if phases == 2:
        cpool_zip(out, s.pieces, s.pieces + longest * pixel, a.out, pixel)


cdef void across_pieces(const Plan* p, const Scratch* s, const char* src, char* out, char* out_code) noexcept nogil:
    # Max and min of many taps: two overlapping pieces cover the window.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t w = p.rows.width, pixel = p.inner * w, piece = largest_piece(a.kernel), done = 2, hop
    cdef Py_ssize_t length = reach(a, a.out) - a.dilation, rest = a.kernel - piece, gathered = p.n * w
    cdef char* code = s.pieces + p.row_bytes if out_code else NULL
    cdef char* at = s.pieces + (2 if out_code else 1) * p.row_bytes
    # The first doubling goes from the row, whose padding must stay, into the pieces.
    reduce_step(p, s.pieces, code, 0, src, NULL, 0, 1, a.dilation * pixel, 2, length * p.inner, 0, 1)
    while done < piece:
        hop = done * a.dilation
        length -= hop
        reduce_step(p, s.pieces, code, 0, s.pieces, code, 0, 1, hop * pixel, 2, length * p.inner, 0, done)
        done *= 2
    hop = rest * a.dilation * pixel
    if a.stride == 1:
        reduce_step(p, out, out_code, 0, s.pieces, code, 0, 1, hop, 2, p.n, 0, rest)
        return
    cpool_gather(at, s.pieces, a.stride, a.out, pixel)
    cpool_gather(at + gathered, s.pieces + hop, a.stride, a.out, pixel)
    if code:
        cpool_gather(at + 2 * gathered, code, a.stride, a.out, pixel)
        cpool_gather(at + 3 * gathered, code + hop, a.stride, a.out, pixel)
    reduce_step(p, out, out_code, 0, at, at + 2 * gathered if code else NULL, 0, 1, gathered, 2, p.n, 0, rest)


cdef void across_digits(const Plan* p, const Scratch* s, const char* src, char* out, Py_ssize_t length) noexcept nogil:
    # Sums of many taps: the window is the pieces that the binary digits of the kernel name, side by side, none twice.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t piece = 1, done = 0, pixel = p.inner * p.rows.width
    cdef char* gathered = s.pieces + p.row_bytes
    cdef const char* term
    while True:
        if a.kernel & piece:
            term = src + done * a.dilation * pixel
            if a.stride > 1:
                cpool_gather(gathered, term, a.stride, a.out, pixel)
                term = gathered
            if done:
                p.rows.accumulate(out, term, p.n)
            else:
                memcpy(out, term, p.n * p.rows.width)
            done += piece
        if 2 * piece > a.kernel:
            return
        length -= piece * a.dilation
        p.rows.reduce(s.pieces, 0, src, 0, 1, piece * a.dilation * pixel, 2, length * p.inner)
        src = s.pieces
        piece *= 2
