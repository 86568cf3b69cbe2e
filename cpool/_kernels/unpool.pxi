# Unpooling where every value goes back to a cell of its own window, and windows lie apart, within the plane: as after most
# poolings. Then no cell is written twice, a byte tells which cell of the window it is, and rows are written whole. The geometry is
# that of the pooling: `size` are the cells unpooled into, `out` the values. What does not fit this goes by places.pxi.

cdef extern from "unpool.h" nogil:
    int NO_CODE "CPOOL_NO_CODE"
    bint narrow_indices "cpool_narrow_indices"(int32_t*, const int64_t*, Py_ssize_t)
    void match_codes "cpool_match"(uint8_t*, const int32_t*, const int32_t*, uint32_t, uint8_t, uint32_t, int, Py_ssize_t)
    void spread_pairs4 "cpool_spread_pairs_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void spread_pairs8 "cpool_spread_pairs_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void gather_pairs4 "cpool_gather_pairs_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void gather_pairs8 "cpool_gather_pairs_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void spread_pixel4 "cpool_spread_pixel_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)
    void spread_pixel8 "cpool_spread_pixel_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)
    void gather_pixel4 "cpool_gather_pixel_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)
    void gather_pixel8 "cpool_gather_pixel_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)


cdef enum:
    FIND_CODES, SPREAD_CODES, GATHER_CODES
    # Channels that are worth a vector for each cell of a window, and the most cells such a window has.
    PIXEL_LANES = 8
    PIXEL_CELLS = 16
    # Indices that are compared at a time: few enough to stay in cache, in loops long enough for vectors of bytes.
    COMPARED = 2048


cdef struct Unpool:
    int kind
    Axis z, y, x
    Py_ssize_t planes, inner, width
    const char* values          # x, or the gradient of y; of FIND_CODES the indices
    uint8_t* codes
    char* result
    bint pairs, pixels
    # A unit of work: `rows` rows of the windows of a slice, of which there are `blocks`.
    Py_ssize_t rows, blocks
    # Of FIND_CODES: small planes that make one unit; and of each index of a unit, the cells from the first one's window to its own.
    Py_ssize_t folded
    int32_t* steps
    Py_ssize_t[256] place       # of a code: from the window's first cell on, in pixels


# ----------------------------------------------------------------------------------------------------------- finding codes
cdef void prepare_steps(const Unpool* p) noexcept nogil:
    cdef Py_ssize_t unit, z, y, o, c, i = 0
    for unit in range(p.folded):
        for z in range(p.z.out if p.folded > 1 else 1):
            for y in range(p.rows):
                for o in range(p.x.out):
                    for c in range(p.inner):
                        p.steps[i] = <int32_t>((z * p.z.stride * p.y.size + y * p.y.stride) * p.x.size + o * p.x.stride)
                        i += 1


cdef bint find_codes(const Unpool* p, int32_t* narrow, Py_ssize_t at, Py_ssize_t n, Py_ssize_t start) noexcept nogil:
    # Whether all of n indices, of which the first one's window begins at `start`, lie in their windows.
    cdef Py_ssize_t tz, ty
    cdef const int32_t* index = narrow
    cdef uint8_t* codes = p.codes + at
    cdef uint8_t k = 0
    if p.width == 4:
        index = <const int32_t*>p.values + at
    elif not narrow_indices(narrow, <const int64_t*>p.values + at, n):
        return False
    for tz in range(p.z.kernel):
        for ty in range(p.y.kernel):
            match_codes(codes, index, p.steps, <uint32_t>(start + (tz * p.y.size + ty) * p.x.size), k, <uint32_t>p.x.kernel, k == 0, n)
            k = <uint8_t>(k + p.x.kernel)
    return memchr(codes, NO_CODE, n) == NULL


# -------------------------------------------------------------------------------------------------------- spreading values
cdef void spread_row(const Unpool* p, const raw_type* x, const uint8_t* code, raw_type* window, bint room) noexcept nogil:
    # All cells of a row of windows, the first of which begins at `window`: of pairs, or of pixels, of 4 or 8 bytes. Where there is
    # room, the next row comes after this one.
    cdef Py_ssize_t o, inner = p.inner, rows = p.z.kernel * p.y.kernel
    if p.pairs:
        if raw_type is uint32_t:
            spread_pairs4(window, x, code, p.place, rows, p.x.out, room)
        elif raw_type is uint64_t:
            spread_pairs8(window, x, code, p.place, rows, p.x.out, room)
        return
    for o in range(p.x.out):
        if raw_type is uint32_t:
            spread_pixel4(window, x, code, p.place, rows * p.x.kernel, inner)
        elif raw_type is uint64_t:
            spread_pixel8(window, x, code, p.place, rows * p.x.kernel, inner)
        window, x, code = window + p.x.stride * inner, x + inner, code + inner


cdef void clear_row_gaps(const Unpool* p, raw_type* row) noexcept nogil:
    # The cells of a row between its windows, and behind the last one.
    cdef Py_ssize_t o, cell, gap = p.x.stride - p.x.kernel
    if gap:
        for o in range(p.x.out - 1):
            memset(row + (o * p.x.stride + p.x.kernel) * p.inner, 0, gap * p.inner * sizeof(raw_type))
    cell = (p.x.out - 1) * p.x.stride + p.x.kernel
    if p.x.size > cell:
        memset(row + cell * p.inner, 0, (p.x.size - cell) * p.inner * sizeof(raw_type))


cdef void clear_gaps(const Unpool* p, raw_type* slice, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # The cells of a slice between its rows first to end of windows, and between those of a row.
    cdef Py_ssize_t oy, ty, behind, row = p.x.size * p.inner
    for oy in range(first, end):
        if p.x.size > p.x.out * p.x.kernel:
            for ty in range(p.y.kernel):
                clear_row_gaps(p, slice + (oy * p.y.stride + ty) * row)
        ty = oy * p.y.stride + p.y.kernel
        behind = p.y.size if oy + 1 == p.y.out else (oy + 1) * p.y.stride
        if behind > ty:
            memset(slice + ty * row, 0, (behind - ty) * row * sizeof(raw_type))


cdef void scatter_codes(const Unpool* p, const raw_type* x, const uint8_t* code, raw_type* window) noexcept nogil:
    # The values of a row of windows, into cells that are zeros.
    cdef Py_ssize_t o, c, inner = p.inner, step = p.x.stride
    if inner == 1:
        for o in range(p.x.out):
            window[o * step + p.place[code[o]]] = x[o]
        return
    for o in range(p.x.out):
        for c in range(inner):
            window[p.place[code[c]] * inner + c] = x[c]
        window, x, code = window + p.x.stride * inner, x + inner, code + inner


cdef void spread_unit(const Unpool* p, raw_type* result, const raw_type* x, const uint8_t* code, Py_ssize_t oz, Py_ssize_t first,
                      Py_ssize_t end) noexcept nogil:
    # Into one plane: the windows oz of its slices, all their rows; or of the only slice the rows first to end of windows.
    cdef Py_ssize_t line = p.x.out * p.inner, row = p.x.size * p.inner, slice = p.y.size * row
    cdef Py_ssize_t tz, oy, r0, r1, z1 = p.z.size - oz * p.z.stride if oz + 1 == p.z.out else p.z.stride
    result += oz * p.z.stride * slice
    if p.pairs or p.pixels:
        for oy in range(first, end):
            spread_row(p, x + oy * line, code + oy * line, result + oy * p.y.stride * row, oy + 1 < end)
        if p.x.size > p.x.out * p.x.kernel or p.y.size > p.y.out * p.y.kernel:
            for tz in range(p.z.kernel):
                clear_gaps(p, result + tz * slice, first, end)
        if z1 > p.z.kernel:
            memset(result + p.z.kernel * slice, 0, (z1 - p.z.kernel) * slice * sizeof(raw_type))
        return
    r0, r1 = first * p.y.stride, p.y.size if end == p.y.out else end * p.y.stride
    memset(result + r0 * row, 0, ((z1 - 1) * p.y.size + r1 - r0) * row * sizeof(raw_type))
    for oy in range(first, end):
        scatter_codes(p, x + oy * line, code + oy * line, result + oy * p.y.stride * row)


# -------------------------------------------------------------------------------------------------------- and their gradient
cdef void gather_row(const Unpool* p, raw_type* x, const raw_type* window, const uint8_t* code, bint room) noexcept nogil:
    # A row of windows; `window` is the first one's first cell. Where there is room, the next row comes after this one.
    cdef Py_ssize_t o, c, inner = p.inner, step = p.x.stride, rows = p.z.kernel * p.y.kernel
    if p.pairs:
        if raw_type is uint32_t:
            gather_pairs4(x, window, code, p.place, rows, p.x.out, room)
        elif raw_type is uint64_t:
            gather_pairs8(x, window, code, p.place, rows, p.x.out, room)
        return
    if inner == 1:
        for o in range(p.x.out):
            x[o] = window[o * step + p.place[code[o]]]
        return
    for o in range(p.x.out):
        if p.pixels:
            if raw_type is uint32_t:
                gather_pixel4(x, window, code, p.place, rows * p.x.kernel, inner)
            elif raw_type is uint64_t:
                gather_pixel8(x, window, code, p.place, rows * p.x.kernel, inner)
        else:
            for c in range(inner):
                x[c] = window[p.place[code[c]] * inner + c]
        window, x, code = window + p.x.stride * inner, x + inner, code + inner


cdef void copy_unit(const Unpool* p, Py_ssize_t plane, Py_ssize_t oz, Py_ssize_t first, Py_ssize_t end, raw_type* result,
                    const raw_type* values) noexcept nogil:
    cdef Py_ssize_t oy, line = p.x.out * p.inner, row = p.x.size * p.inner, at = (plane * p.z.out + oz) * p.y.out * line
    if p.kind == SPREAD_CODES:
        spread_unit(p, result + plane * p.z.size * p.y.size * row, values + at, p.codes + at, oz, first, end)
        return
    values += (plane * p.z.size + oz * p.z.stride) * p.y.size * row
    for oy in range(first, end):
        gather_row(p, result + at + oy * line, values + oy * p.y.stride * row, p.codes + at + oy * line, oy + 1 < end)


# -------------------------------------------------------------------------------------------------------- work and threads
cdef bint unpool_units(const Unpool* p, int32_t* narrow, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # False where an index lies outside its window.
    cdef Py_ssize_t unit, part, plane, oz, oy, end_y, line = p.x.out * p.inner, outputs = p.z.out * p.y.out * line
    for unit in range(first, end):
        if p.folded > 1:
            plane = unit * p.folded
            if not find_codes(p, narrow, plane * outputs, min(p.folded, p.planes - plane) * outputs, 0):
                return False
            continue
        plane, part = unit // (p.z.out * p.blocks), unit // p.blocks
        oz, oy = part - plane * p.z.out, (unit - part * p.blocks) * p.rows
        end_y = min(p.y.out, oy + p.rows)
        if p.kind == FIND_CODES:
            if not find_codes(p, narrow, (part * p.y.out + oy) * line, (end_y - oy) * line,
                              (oz * p.z.stride * p.y.size + oy * p.y.stride) * p.x.size):
                return False
        elif p.width == 1:
            copy_unit(p, plane, oz, oy, end_y, <uint8_t*>p.result, <const uint8_t*>p.values)
        elif p.width == 2:
            copy_unit(p, plane, oz, oy, end_y, <uint16_t*>p.result, <const uint16_t*>p.values)
        elif p.width == 4:
            copy_unit(p, plane, oz, oy, end_y, <uint32_t*>p.result, <const uint32_t*>p.values)
        else:
            copy_unit(p, plane, oz, oy, end_y, <uint64_t*>p.result, <const uint64_t*>p.values)
    return True


cdef bint run_unpool(Unpool* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t t, units = p.planes * p.z.out * p.blocks, outputs = p.z.out * p.y.out * p.x.out * p.inner, indices = 0
    cdef int lost = 0
    if p.planes == 0 or p.inner == 0:
        return True
    if p.kind == FIND_CODES:
        indices = p.rows * p.x.out * p.inner
        if p.planes > 1 and outputs <= COMPARED // 2:
            p.folded = min(p.planes, COMPARED // outputs)
            indices = p.folded * outputs
            units = (p.planes + p.folded - 1) // p.folded
    threads = max(1, min(threads, units))
    if indices:
        p.steps = <int32_t*>allocate(indices * <Py_ssize_t>sizeof(int32_t), threads + 1)
        prepare_steps(p)
    if threads == 1:
        lost = not unpool_units(p, p.steps + indices, 0, units)
    else:
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            lost += not unpool_units(p, p.steps + (t + 1) * indices, units * t // threads, units * (t + 1) // threads)
    free(p.steps)
    return lost == 0


# ------------------------------------------------------------------------------------------------------------ entry points
cdef bint lies_apart(const Axis* a) noexcept:
    # Whether the windows of the axis lie apart, within the input.
    return (0 < a.kernel <= a.stride and a.kernel <= NO_CODE and a.dilation == 1 and a.before == 0 and a.out > 0
            and a.kernel <= a.size and (a.size - a.kernel) // a.stride >= a.out - 1)


cdef int set_unpool(Unpool* p, int kind, bytes geometry, Py_ssize_t width) except -1:
    cdef Shape s
    cdef Py_ssize_t tz, ty, tx, k = 0, cells
    read_geometry(geometry, &s)
    if not (lies_apart(&s.z) and lies_apart(&s.y) and lies_apart(&s.x)) or s.planes < 0 or s.inner < 0:
        raise ValueError("kernel called with windows that do not lie apart, within the input")
    cells = s.z.kernel * s.y.kernel * s.x.kernel
    if cells > NO_CODE or s.z.size > 0x7fffffff // s.y.size or s.z.size * s.y.size > 0x7fffffff // s.x.size:
        raise ValueError("kernel called with windows or planes too large for it")
    if width not in (1, 2, 4, 8):
        raise ValueError("kernel called with an unknown element type")
    p.kind, p.z, p.y, p.x, p.planes, p.inner, p.width = kind, s.z, s.y, s.x, s.planes, s.inner, width
    p.folded, p.steps = 1, NULL
    p.pairs = width >= 4 and s.inner == 1 and s.x.kernel == 2 and s.x.stride == 2
    p.pixels = width >= 4 and s.inner >= PIXEL_LANES and cells <= PIXEL_CELLS
    p.rows = max(1, COMPARED // max(1, s.x.out * s.inner))
    p.rows = min(p.rows, s.y.out)
    if kind == SPREAD_CODES and s.z.size > 1:
        p.rows = s.y.out  # a unit clears whole slices
    p.blocks = (s.y.out + p.rows - 1) // p.rows
    for tz in range(s.z.kernel):
        for ty in range(s.y.kernel):
            for tx in range(s.x.kernel):
                p.place[k] = (tz * s.y.size + ty) * s.x.size + tx
                k += 1
    return 0


cdef bint open_unpool(Unpool* p, object values, object codes, object result, Py_ssize_t threads) except -1:
    cdef Py_buffer source, marks, target
    cdef Py_ssize_t outputs = p.planes * p.z.out * p.y.out * p.x.out * p.inner
    cdef Py_ssize_t cells = p.planes * p.z.size * p.y.size * p.x.size * p.inner
    cdef bint found
    flat(values, &source, False, p.width, cells if p.kind == GATHER_CODES else outputs)
    try:
        p.values = <const char*>source.buf
        flat(codes, &marks, p.kind == FIND_CODES, 1, outputs)
        try:
            p.codes = <uint8_t*>marks.buf
            flat(result, &target, True, p.width if p.kind != FIND_CODES else 1, cells if p.kind == SPREAD_CODES else outputs)
            try:
                p.result = <char*>target.buf
                if not threads:
                    return run_unpool(p, 1)
                with nogil:
                    found = run_unpool(p, threads)
                return found
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&marks)
    finally:
        PyBuffer_Release(&source)


def window_codes(indices not None, codes not None, bytes geometry not None, Py_ssize_t threads):
    """Which cell of its window each index (int32 or int64) is, as a byte; False where one is none of them."""
    cdef Unpool p
    cdef Py_ssize_t width = indices.itemsize
    set_unpool(&p, FIND_CODES, geometry, width if width == 4 or width == 8 else 0)
    return open_unpool(&p, indices, codes, codes, threads)


def spread_codes(x not None, codes not None, result not None, bytes geometry not None, Py_ssize_t threads):
    """Each value to the cell of its window that `window_codes` found, and zero bytes to all others."""
    cdef Unpool p
    set_unpool(&p, SPREAD_CODES, geometry, x.itemsize)
    open_unpool(&p, x, codes, result, threads)


def gather_codes(grad not None, codes not None, result not None, bytes geometry not None, Py_ssize_t threads):
    """The gradient of `spread_codes`: from the cell of each window that `window_codes` found."""
    cdef Unpool p
    set_unpool(&p, GATHER_CODES, geometry, grad.itemsize)
    open_unpool(&p, grad, codes, result, threads)
