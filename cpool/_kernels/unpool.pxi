# Unpooling where every value goes back to a cell of its own window, and windows lie apart, within the plane: as after most
# poolings. Then no cell is written twice, a byte tells which cell of the window it is, and rows are written whole. The geometry is
# that of the pooling: `size` are the cells unpooled into, `out` the values. What does not fit this goes by places.pxi.

cdef extern from "unpool.h" nogil:
    int NO_CODE "CPOOL_NO_CODE"
    bint find_codes_32 "cpool_find_32"(uint8_t*, const int32_t*, const int32_t*, int32_t*, const int32_t*, Py_ssize_t, Py_ssize_t,
                                       uint32_t, Py_ssize_t)
    bint find_codes_64 "cpool_find_64"(uint8_t*, const int64_t*, const int32_t*, int32_t*, const int32_t*, Py_ssize_t, Py_ssize_t,
                                       uint32_t, Py_ssize_t)
    void gather_codes4 "cpool_gather_codes_r32"(uint32_t*, const uint32_t*, const uint8_t*, const int32_t*, Py_ssize_t, Py_ssize_t,
                                                Py_ssize_t)
    void gather_codes8 "cpool_gather_codes_r64"(uint64_t*, const uint64_t*, const uint8_t*, const int32_t*, Py_ssize_t, Py_ssize_t,
                                                Py_ssize_t)
    void spread_pairs4 "cpool_spread_pairs_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void spread_pairs8 "cpool_spread_pairs_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void gather_pairs4 "cpool_gather_pairs_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void gather_pairs8 "cpool_gather_pairs_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, bint)
    void spread_pixel4 "cpool_spread_pixel_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)
    void spread_pixel8 "cpool_spread_pixel_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)
    void gather_pixel4 "cpool_gather_pixel_r32"(uint32_t*, const uint32_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)
    void gather_pixel8 "cpool_gather_pixel_r64"(uint64_t*, const uint64_t*, const uint8_t*, const Py_ssize_t*, Py_ssize_t, Py_ssize_t)


cdef enum:
    FIND_CODES, SPREAD_CODES, GATHER_CODES, UNPOOL
    # Channels that are worth a vector for each cell of a window, and the most cells such a window has.
    PIXEL_LANES = 8
    PIXEL_CELLS = 16
    # Indices that are compared at a time: few enough to stay in cache, in loops long enough for vectors of bytes.
    COMPARED = 2048


cdef struct Unpool:
    int kind
    Axis z, y, x
    Py_ssize_t planes, inner, width, index_width
    const char* indices
    const char* values          # x, or the gradient of y
    uint8_t* codes
    char* result
    bint pairs, pixels, spreads
    # A unit of work: `rows` rows of the windows of a slice, of which there are `blocks`.
    Py_ssize_t rows, blocks
    # Where codes are found: small planes that make one unit; of each index of a unit, the cells from the first one's window to its
    # own; and of each row of a window's cells, the cells from the first one on.
    Py_ssize_t folded
    int32_t* steps
    int32_t[256] row
    Py_ssize_t narrow           # bytes of scratch memory for indices; behind it lies
    Py_ssize_t region           # that for the rows of a unit if they are streamed, else 0
    # Of a code: from the window's first cell on, in pixels.
    Py_ssize_t[256] place
    int32_t[256] short_place


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
    cdef Py_ssize_t rows = p.z.kernel * p.y.kernel
    cdef uint8_t* codes = p.codes + at
    cdef const char* indices = p.indices + at * p.index_width
    if p.index_width == 4:
        return find_codes_32(codes, <const int32_t*>indices, p.steps, narrow, p.row, rows, p.x.kernel, <uint32_t>start, n)
    return find_codes_64(codes, <const int64_t*>indices, p.steps, narrow, p.row, rows, p.x.kernel, <uint32_t>start, n)


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


cdef void clear_gaps(const Unpool* p, raw_type* rows, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # The cells of a slice between its rows first to end of windows, and between those of a row; `rows` is where the first begins.
    cdef Py_ssize_t oy, ty, behind, row = p.x.size * p.inner
    for oy in range(first, end):
        if p.x.size > p.x.out * p.x.kernel:
            for ty in range(p.y.kernel):
                clear_row_gaps(p, rows + ty * row)
        behind = (p.y.size if oy + 1 == p.y.out else (oy + 1) * p.y.stride) - oy * p.y.stride
        if behind > p.y.kernel:
            memset(rows + p.y.kernel * row, 0, (behind - p.y.kernel) * row * sizeof(raw_type))
        rows += p.y.stride * row


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


cdef Py_ssize_t rows_of_unit(const Unpool* p, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # The rows of cells of rows first to end of windows, and up to the next.
    return (p.y.size if end == p.y.out else end * p.y.stride) - first * p.y.stride


cdef void spread_unit(const Unpool* p, raw_type* result, const raw_type* x, const uint8_t* code, Py_ssize_t oz, Py_ssize_t first,
                      Py_ssize_t end) noexcept nogil:
    # The windows oz of the slices, all their rows; or of the only slice the rows first to end of windows. All begin with the first.
    cdef Py_ssize_t line = p.x.out * p.inner, row = p.x.size * p.inner, slice = p.y.size * row
    cdef Py_ssize_t tz, oy, z1 = p.z.size - oz * p.z.stride if oz + 1 == p.z.out else p.z.stride
    if not (p.pairs or p.pixels):
        memset(result, 0, ((z1 - 1) * p.y.size + rows_of_unit(p, first, end)) * row * sizeof(raw_type))
        for oy in range(end - first):
            scatter_codes(p, x + oy * line, code + oy * line, result + oy * p.y.stride * row)
        return
    for oy in range(end - first):
        spread_row(p, x + oy * line, code + oy * line, result + oy * p.y.stride * row, oy + 1 < end - first)
    if p.x.size > p.x.out * p.x.kernel or p.y.size > p.y.out * p.y.kernel:
        for tz in range(p.z.kernel):
            clear_gaps(p, result + tz * slice, first, end)
    if z1 > p.z.kernel:
        memset(result + p.z.kernel * slice, 0, (z1 - p.z.kernel) * slice * sizeof(raw_type))


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
        if raw_type is uint32_t:
            gather_codes4(x, window, code, p.short_place, rows * p.x.kernel, step, p.x.out)
        elif raw_type is uint64_t:
            gather_codes8(x, window, code, p.short_place, rows * p.x.kernel, step, p.x.out)
        else:
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


cdef void copy_unit(const Unpool* p, char* scratch, Py_ssize_t plane, Py_ssize_t oz, Py_ssize_t first, Py_ssize_t end,
                    raw_type* result, const raw_type* values) noexcept nogil:
    cdef Py_ssize_t oy, line = p.x.out * p.inner, row = p.x.size * p.inner, at = (plane * p.z.out + oz) * p.y.out * line
    cdef Py_ssize_t slice = (plane * p.z.size + oz * p.z.stride) * p.y.size * row
    if p.kind != GATHER_CODES:
        values += at + first * line
        result += slice + first * p.y.stride * row
        spread_unit(p, <raw_type*>scratch if p.region else result, values, p.codes + at + first * line, oz, first, end)
        if p.region:
            stream(<char*>result, scratch, rows_of_unit(p, first, end) * row * sizeof(raw_type))
        return
    values += slice
    for oy in range(first, end):
        gather_row(p, result + at + oy * line, values + oy * p.y.stride * row, p.codes + at + oy * line, oy + 1 < end)


# -------------------------------------------------------------------------------------------------------- work and threads
cdef void copy_part(const Unpool* p, char* scratch, Py_ssize_t plane, Py_ssize_t oz, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # Of one slice of windows the rows first to end.
    if p.width == 1:
        copy_unit(p, scratch, plane, oz, first, end, <uint8_t*>p.result, <const uint8_t*>p.values)
    elif p.width == 2:
        copy_unit(p, scratch, plane, oz, first, end, <uint16_t*>p.result, <const uint16_t*>p.values)
    elif p.width == 4:
        copy_unit(p, scratch, plane, oz, first, end, <uint32_t*>p.result, <const uint32_t*>p.values)
    else:
        copy_unit(p, scratch, plane, oz, first, end, <uint64_t*>p.result, <const uint64_t*>p.values)


cdef bint unpool_units(const Unpool* p, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # False where an index lies outside its window.
    cdef int32_t* narrow = <int32_t*>memory
    cdef char* scratch = memory + p.narrow
    cdef bint found = True
    cdef Py_ssize_t unit, part, plane, oz, oy, end_y, line = p.x.out * p.inner, outputs = p.z.out * p.y.out * line
    for unit in range(first, end):
        if p.folded > 1:
            end_y = min(p.planes, (unit + 1) * p.folded)
            found = find_codes(p, narrow, unit * p.folded * outputs, (end_y - unit * p.folded) * outputs, 0)
            if not found:
                break
            if p.kind == UNPOOL:
                for plane in range(unit * p.folded, end_y):
                    for oz in range(p.z.out):
                        copy_part(p, scratch, plane, oz, 0, p.y.out)
            continue
        plane, part = unit // (p.z.out * p.blocks), unit // p.blocks
        oz, oy = part - plane * p.z.out, (unit - part * p.blocks) * p.rows
        end_y = min(p.y.out, oy + p.rows)
        if p.indices:
            found = find_codes(p, narrow, (part * p.y.out + oy) * line, (end_y - oy) * line,
                               (oz * p.z.stride * p.y.size + oy * p.y.stride) * p.x.size)
            if not found:
                break
        if p.kind != FIND_CODES:
            copy_part(p, scratch, plane, oz, oy, end_y)
    if p.region:
        end_stream()
    return found


cdef bint run_unpool(Unpool* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t t, units = p.planes * p.z.out * p.blocks, outputs = p.z.out * p.y.out * p.x.out * p.inner, bytes
    cdef Py_ssize_t row = p.x.size * p.inner * p.width
    cdef char* memory
    cdef int lost = 0
    if p.planes == 0 or p.inner == 0:
        return True
    p.narrow = p.region = 0
    if p.indices:
        p.narrow = padded(p.rows * p.x.out * p.inner * <Py_ssize_t>sizeof(int32_t))
        if p.planes > 1 and outputs <= COMPARED // 2:
            p.folded = min(p.planes, COMPARED // outputs)
            p.narrow = padded(p.folded * outputs * <Py_ssize_t>sizeof(int32_t))
            units = (p.planes + p.folded - 1) // p.folded
    if p.spreads and p.z.size == 1 and p.planes * p.y.size >= STREAMED // row:
        # The last unit has the rows behind all windows.
        bytes = padded(max(p.rows * p.y.stride, p.y.size - (p.blocks - 1) * p.rows * p.y.stride) * row)
        p.region = bytes if bytes <= STREAM_PART else 0
    threads = max(1, min(threads, units))
    bytes = p.narrow + p.region
    memory = allocate(bytes + 64, threads + 1)
    p.steps = <int32_t*>aligned(memory)
    if p.indices:
        prepare_steps(p)
    if threads == 1:
        lost = not unpool_units(p, aligned(memory) + bytes, 0, units)
    else:
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            lost += not unpool_units(p, aligned(memory) + (t + 1) * bytes, units * t // threads, units * (t + 1) // threads)
    free(memory)
    return lost == 0


# ------------------------------------------------------------------------------------------------------------ entry points
cdef bint lies_apart(const Axis* a) noexcept:
    # Whether the windows of the axis lie apart, within the input.
    return (0 < a.kernel <= a.stride and a.kernel <= NO_CODE and a.dilation == 1 and a.before == 0 and a.out > 0
            and a.kernel <= a.size and (a.size - a.kernel) // a.stride >= a.out - 1)


cdef int set_unpool(Unpool* p, int kind, bytes geometry, Py_ssize_t width, Py_ssize_t index_width) except -1:
    cdef Shape s
    cdef Py_ssize_t tz, ty, tx, k = 0, cells
    read_geometry(geometry, &s)
    if not (lies_apart(&s.z) and lies_apart(&s.y) and lies_apart(&s.x)) or s.planes < 0 or s.inner < 0:
        raise ValueError("kernel called with windows that do not lie apart, within the input")
    cells = s.z.kernel * s.y.kernel * s.x.kernel
    if cells > NO_CODE or s.z.size > 0x7fffffff // s.y.size or s.z.size * s.y.size > 0x7fffffff // s.x.size:
        raise ValueError("kernel called with windows or planes too large for it")
    if width not in (1, 2, 4, 8) or index_width not in (0, 4, 8):
        raise ValueError("kernel called with an unknown element type")
    p.kind, p.z, p.y, p.x, p.planes, p.inner, p.width = kind, s.z, s.y, s.x, s.planes, s.inner, width
    p.index_width, p.indices, p.folded, p.steps = index_width, NULL, 1, NULL
    p.pairs = width >= 4 and s.inner == 1 and s.x.kernel == 2 and s.x.stride == 2
    p.pixels = width >= 4 and s.inner >= PIXEL_LANES and cells <= PIXEL_CELLS
    p.rows = max(1, COMPARED // max(1, s.x.out * s.inner))
    p.rows = min(p.rows, s.y.out)
    p.spreads = kind == SPREAD_CODES or kind == UNPOOL
    if p.spreads and s.z.size > 1:
        p.rows = s.y.out  # a unit clears whole slices
    p.blocks = (s.y.out + p.rows - 1) // p.rows
    for tz in range(s.z.kernel):
        for ty in range(s.y.kernel):
            for tx in range(s.x.kernel):
                p.place[k] = (tz * s.y.size + ty) * s.x.size + tx
                p.short_place[k] = <int32_t>p.place[k]
                k += 1
            p.row[tz * s.y.kernel + ty] = p.short_place[k - s.x.kernel]
    return 0


cdef bint open_unpool(Unpool* p, object values, object codes, object result, object indices, Py_ssize_t threads) except -1:
    # Without indices or without values, the codes stand for them.
    cdef Py_buffer source, marks, target, places
    cdef Py_ssize_t outputs = p.planes * p.z.out * p.y.out * p.x.out * p.inner
    cdef Py_ssize_t cells = p.planes * p.z.size * p.y.size * p.x.size * p.inner
    cdef bint found
    flat(values, &source, False, p.width, cells if p.kind == GATHER_CODES else outputs)
    try:
        p.values = <const char*>source.buf
        flat(codes, &marks, p.index_width > 0, 1, outputs)
        try:
            p.codes = <uint8_t*>marks.buf
            flat(result, &target, True, p.width, cells if p.spreads else outputs)
            try:
                p.result = <char*>target.buf
                flat(indices, &places, False, p.index_width or 1, outputs)
                try:
                    p.indices = <const char*>places.buf if p.index_width else NULL
                    if not threads:
                        return run_unpool(p, 1)
                    with nogil:
                        found = run_unpool(p, threads)
                    return found
                finally:
                    PyBuffer_Release(&places)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&marks)
    finally:
        PyBuffer_Release(&source)


def window_codes(indices not None, codes not None, bytes geometry not None, Py_ssize_t threads, /):
    """Which cell of its window each index (int32 or int64) is, as a byte; False where one is none of them."""
    cdef Unpool p
    set_unpool(&p, FIND_CODES, geometry, 1, index_width(indices))
    return open_unpool(&p, codes, codes, codes, indices, threads)


def spread_codes(x not None, codes not None, result not None, bytes geometry not None, Py_ssize_t threads, /):
    """Each value to the cell of its window that `window_codes` found, and zero bytes to all others."""
    cdef Unpool p
    set_unpool(&p, SPREAD_CODES, geometry, x.itemsize, 0)
    open_unpool(&p, x, codes, result, codes, threads)


def unpool_windows(x not None, indices not None, codes not None, result not None, bytes geometry not None, Py_ssize_t threads, /):
    """Both in one pass. False where an index is no cell of its window: then codes and result hold nothing of use."""
    cdef Unpool p
    set_unpool(&p, UNPOOL, geometry, x.itemsize, index_width(indices))
    return open_unpool(&p, x, codes, result, indices, threads)


def gather_codes(grad not None, codes not None, result not None, bytes geometry not None, Py_ssize_t threads, /):
    """The gradient of `spread_codes`: from the cell of each window that `window_codes` found."""
    cdef Unpool p
    set_unpool(&p, GATHER_CODES, geometry, grad.itemsize, 0)
    open_unpool(&p, grad, codes, result, codes, threads)


cdef Py_ssize_t index_width(object indices) except -1:
    cdef Py_ssize_t width = indices.itemsize
    if width != 4 and width != 8:
        raise ValueError("kernel called with indices of an unknown dtype")
    return width
