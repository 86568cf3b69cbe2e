# Windows of many cells along columns or rows, by prefixes and suffixes of blocks: see prefixes.h. Columns first, then rows.
#
# Of pixels of channels, some channels at a time go through both passes, column beside column: what the passes leave is then where
# the next one reads on. Rows whose cells follow each other are turned, as many as a vector has lanes, so that these are the lanes.

cdef enum:
    # Max and min from so many cells along an axis on; fewer are compared one by one. At 5 cells comparing is faster in most cases, at
    # 7 this is, by a tenth to a half: what it takes hardly depends on the window.
    # Sums from 6 cells on: one by one they would take longer in any layout.
    PREFIX_TAPS = 7
    PREFIX_SUM_TAPS = 6
    PREFIX_CELLS = 512 * 1024   # bytes between the two passes: a part of the second cache
    SLAB = 128                  # bytes of the channels that go through both passes together: CPOOL_PREFIX_LINE


cdef bint by_prefixes(const Axis* a) noexcept nogil:
    # Whether an axis can be walked so: its cells follow each other, and no window leaves any out.
    return a.dilation == 1 and a.stride <= a.kernel and a.spread <= a.kernel


cdef bint worth_prefixes(const Plan* p) noexcept nogil:
    if p.rows.prefixes == NULL or not (by_prefixes(&p.x) and by_prefixes(&p.y)):
        return False
    if p.y.out == 1 and p.x.out == 1:
        return False    # nothing is shared
    if not p.rows.idempotent:
        # By the axes alone, since the order of additions is not to depend on the layout.
        return max(most_cells(&p.x), most_cells(&p.y)) >= PREFIX_SUM_TAPS
    if p.inner == 1 and min(p.y.size, p.x.size) * p.rows.width < 64:
        return False    # rows that no vector is filled with
    if p.inner > 1 and p.inner * p.rows.width < 32:
        return False
    return max(p.x.kernel, p.y.kernel) >= PREFIX_TAPS


cdef void planes_as_rows(Plan* p) noexcept nogil:
    # Planes of one row each are rows of one plane: several can then be turned together.
    if (p.planes > 1 and p.x.out > 1 and p.inner == 1 and p.y.size == 1 and is_identity(&p.y) and p.z.size == 1 and is_identity(&p.z)
            and p.rows.prefixes != NULL and most_cells(&p.x) >= PREFIX_SUM_TAPS):
        p.row_step, p.planes, p.y.size, p.y.out = p.plane_step, 1, p.planes, p.planes
        p.count_y = p.y


cdef inline Py_ssize_t channels_of(const Plan* p) noexcept nogil:
    return min(p.inner, SLAB // p.rows.width)


cdef void prepare_prefixes(Plan* p) noexcept nogil:
    # After the block was chosen.
    cdef Py_ssize_t width = channels_of(p) * p.rows.width * (2 if p.winners else 1)
    p.row_slots = min(p.y.size, reach(&p.y, p.block) // p.y.spread + 2)
    p.row_bytes = padded(p.x.size * p.inner * p.rows.width)
    p.tile = max(p.x.kernel, PREFIX_CELLS // (p.row_slots * width) // 16 * 16)
    if p.tile >= p.x.out:
        p.tile = p.x.out
    p.tile_bytes = p.tile * channels_of(p) * p.rows.width


cdef Py_ssize_t prefix_scratch_bytes(const Plan* p, Scratch* s, Py_ssize_t at) noexcept nogil:
    cdef Py_ssize_t between = padded(p.row_slots * p.tile_bytes + p.tile * 128)    # columns apart, see prefix_tile
    s.row, at = <char*>at, at + (p.row_slots * p.row_bytes if p.load_rows else 0)
    s.rows, at = <char*>at, at + between
    s.row_codes, at = <char*>at, at + (between if p.winners else 0)
    s.strips, at = <char*>at, at + max(cpool_prefixes_bytes(p.x.size, p.x.kernel, p.tile),
                                       cpool_prefixes_bytes(p.y.size, p.y.kernel, 0))
    s.by_wide, at = <double*>at, at + padded((p.y.out + max(p.x.out, SLAB)) * sizeof(double))
    return at


cdef void walk_axis(const Axis* a, cpool_prefixes* f, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    f.size, f.kernel, f.stride, f.before, f.spread, f.first, f.end = a.size, a.kernel, a.stride, a.before, a.spread, first, end


cdef void prefix_lines(const Axis* a, cpool_prefixes* f, void (*run)(const cpool_prefixes*) noexcept nogil, Py_ssize_t first,
                       Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t q
    cdef cpool_prefixes phase
    walk_axis(a, f, first, end)
    if a.spread == 1:
        run(f)
        return
    for q in range(a.spread):
        phase = f[0]
        if cpool_prefixes_phase(&phase, q):
            run(&phase)


cdef void prefix_counts(const Plan* p, Scratch* s, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # What windows are divided by: of rows r0 to r1, and behind these of columns. The sum of a window without a cell is 0, whatever
    # divides it.
    cdef Py_ssize_t r, x
    cdef double depth = divisor_of(&p.count_z, z, p.include_pad)
    for r in range(r0, r1):
        s.by_wide[r] = 1 if p.divisor != 0 else max(1.0, depth * <double>divisor_of(&p.count_y, r, p.include_pad))
    if p.inner == 1:
        for x in range(p.x.out):
            s.by_wide[p.y.out + x] = column_count(p, x)


cdef inline double column_count(const Plan* p, Py_ssize_t x) noexcept nogil:
    return p.divisor if p.divisor != 0 else max(1.0, <double>divisor_of(&p.count_x, x, p.include_pad))


cdef void prefix_rows(const Plan* p, Scratch* s, const char* slice, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1, char* out,
                      char* out_code) noexcept nogil:
    # As strip_rows.
    cdef cpool_prefixes f
    cdef Py_ssize_t start = r0 * p.y.stride - p.y.before, first, end, y, x = 0, c, width = channels_of(p), w = p.rows.width
    first = max(0, (start + p.y.spread - 1) // p.y.spread) if start > 0 else 0
    end = start + reach(&p.y, r1 - r0)
    end = min(p.y.size, (end - 1) // p.y.spread + 1) if end > 0 else 0
    f.scratch, f.divided = s.strips, 0
    f.src, f.row_step = slice + first * p.row_step, p.row_step
    if p.load_rows:
        for y in range(first, end):
            if p.rows.negate != NULL:
                p.rows.negate(s.row + (y - first) * p.row_bytes, slice + y * p.row_step, p.x.size * p.inner)
            else:
                p.rows.load(s.row + (y - first) * p.row_bytes, slice + y * p.row_step, p.x.size * p.inner,
                            divisors_of(p, s, z, y) if p.divide_source else NULL)
        f.src, f.row_step = s.row, p.row_bytes
    if p.z_identity and p.divide_result:
        prefix_counts(p, s, z, r0, r1)
    while x < p.x.out:
        c = 0
        while c < p.inner:
            prefix_tile(p, s, f, first, end, x, min(p.x.out, x + p.tile), c, min(width, p.inner - c), r0, r1, out, out_code)
            c += width
        x += p.tile
    if p.rows.negate != NULL:
        p.rows.negate(out, out, (r1 - r0) * p.n)


cdef void prefix_tile(const Plan* p, Scratch* s, cpool_prefixes f, Py_ssize_t first, Py_ssize_t end, Py_ssize_t x0, Py_ssize_t x1,
                      Py_ssize_t c0, Py_ssize_t channels, Py_ssize_t r0, Py_ssize_t r1, char* out, char* out_code) noexcept nogil:
    # Windows x0 to x1 of rows r0 to r1, of some channels; f.src is the input's row `first`.
    cdef bint converts = p.load_rows or p.rows.plain
    cdef Py_ssize_t w = p.rows.width, source = w if converts else p.rows.source, lines = end - first, x, i, pitch, cell, column = 0
    cdef const char* src = f.src
    cdef double count
    # Along the columns, into rows (inner 1) or into columns of the channels' rows.
    f.src_code, f.from_cell, f.tap_step, f.result, f.code_width, f.ahead = NULL, 0, 1, w, w, f.row_step
    if p.inner == 1:
        pitch = p.tile * w
        f.rows, f.src_step, f.out_row_step, f.out_step, f.code_step = lines, source, pitch, w, w
        f.out, f.code = s.rows, s.row_codes if out_code else NULL
        walk_axis(&p.x, &f, x0, x1)
        if converts:
            p.rows.prefixes_across(&f)
        else:
            p.rows.first_prefixes_across(&f)
    else:
        pitch = channels * w
        column = ((lines * pitch + 63) // 64 | 1) * 64     # an odd number of cache lines: columns then lie in different sets
        f.n, f.src_step, f.out_step, f.code_step = channels, p.inner * source, column, column
        for i in range(lines):
            f.src = src + i * f.row_step + c0 * source
            f.out, f.code = s.rows + i * pitch, s.row_codes + i * pitch if out_code else NULL
            prefix_lines(&p.x, &f, p.rows.prefixes if converts else p.rows.first_prefixes, x0, x1)
    # Down the rows.
    f.src_step, f.from_cell, f.tap_step, f.ahead = pitch, first, p.kernel_x, 0
    if p.z_identity:
        f.result, f.code_width = p.rows.result, p.winner_width
        if p.divide_result:
            f.divided, f.by_window, f.by = TIMES if p.times else OVER, s.by_wide + r0, s.by_wide + p.y.out
    for x in range(x0, x1 if p.inner > 1 else x0 + 1):
        cell = 0 if p.inner == 1 else (x - x0) * column
        f.n = x1 - x0 if p.inner == 1 else channels
        f.src, f.src_code = s.rows + cell, s.row_codes + cell if out_code else NULL
        f.out, f.out_step = out + (x * p.inner + c0) * f.result, p.n * f.result
        f.code, f.code_step = out_code + (x * p.inner + c0) * f.code_width if out_code else NULL, p.n * f.code_width
        if f.divided and p.inner == 1:
            f.by = s.by_wide + p.y.out + x0
        elif f.divided:
            count = column_count(p, x)
            for i in range(channels):
                s.by_wide[p.y.out + i] = count
        prefix_lines(&p.y, &f, p.rows.prefixes, r0, r1)
