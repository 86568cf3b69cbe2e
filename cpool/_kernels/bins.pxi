# Windows that are given cell by cell, as their first and last along each axis: adaptive, fractional and pyramid pooling.
#
# The rows of a window are reduced first, into a line as long as a row, by the vector primitives of rows.h; then the columns of that
# line, see bins.h. The gradient of averages goes the other way: each row of outputs is spread along a line, and lines are added up.

cdef extern from "bins.h" nogil:
    enum: INT32_MAX
    ctypedef struct cpool_bins:
        void (*values)(char*, const char*, const int32_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*winners)(char*, char*, const char*, const char*, const int32_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*pixel_winners)(char*, char*, const char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    const cpool_bins BINS "CPOOL_BINS"[10]
    void cpool_bin_sums(double*, const double*, const int32_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t)


cdef enum:
    BIN_LINES = 16 * 1024   # bytes of the lines of a block: in the first cache


cdef struct Bin:
    # The windows along one axis: cells first[o] to end[o], neither of which falls from a window to the next.
    Py_ssize_t size, out
    const int64_t* first
    const int64_t* end


cdef struct Bins:
    const cpool_rows* rows
    const cpool_bins* bins
    bint mean
    Py_ssize_t planes, inner, table     # table: bounds of one plane, 0 where all planes have the same
    Py_ssize_t z_size, y_size, x_size, z_out, y_out, x_out
    const int64_t* bounds               # first and end of every window along z, then y, then x
    const char* source
    char* result
    char* places                        # of the winners in the plane, as wide as an element; or NULL
    Py_ssize_t widest                   # window along x, or the most windows that a cell of x is in
    Py_ssize_t line                     # bytes of a line of the scratch memory
    Py_ssize_t block, blocks            # lines a block, and blocks, of a plane where each has its own windows, else of all


cdef struct BinScratch:
    char* lines     # of a block; behind them a zero
    char* bases     # what makes a place of a cell's index
    char* other     # one more line and its bases
    char* sums
    double* by
    int32_t* index
    Py_ssize_t indexed      # the plane whose windows the index is of, or any where all are the same; -1: none yet


cdef inline Bin axis_z(const Bins* p, Py_ssize_t plane) noexcept nogil:
    cdef Bin b
    b.size, b.out, b.first = p.z_size, p.z_out, p.bounds + plane * p.table
    b.end = b.first + p.z_out
    return b


cdef inline Bin axis_y(const Bins* p, Py_ssize_t plane) noexcept nogil:
    cdef Bin b
    b.size, b.out, b.first = p.y_size, p.y_out, p.bounds + plane * p.table + 2 * p.z_out
    b.end = b.first + p.y_out
    return b


cdef inline Bin axis_x(const Bins* p, Py_ssize_t plane) noexcept nogil:
    cdef Bin b
    b.size, b.out, b.first = p.x_size, p.x_out, p.bounds + plane * p.table + 2 * (p.z_out + p.y_out)
    b.end = b.first + p.x_out
    return b


cdef Py_ssize_t bin_scratch(const Bins* p, BinScratch* s, char* memory) noexcept nogil:
    cdef Py_ssize_t at = <Py_ssize_t>memory, lines = padded(p.block * p.line + 8)
    s.lines, at = <char*>at, at + lines
    s.bases, at = <char*>at, at + (lines if p.places else 0)
    s.other, at = <char*>at, at + 2 * lines
    s.sums, at = <char*>at, at + (padded(8 * p.block * p.x_out * p.inner) if p.mean else 0)
    s.by, at = <double*>at, at + (padded(8 * p.block * p.x_out * p.inner) if p.mean else 0)
    s.index, at = <int32_t*>at, at + (padded(4 * p.widest * p.block * p.x_out) if p.inner == 1 else 0)
    s.indexed = -1
    return at - <Py_ssize_t>memory


# ----------------------------------------------------------------------------------------------------------------- forward
cdef void index_windows(const Bins* p, BinScratch* s, const Bin* x) noexcept nogil:
    cdef Py_ssize_t r, t, o, cell, none = p.block * p.x_size
    for t in range(p.widest):
        for r in range(p.block):
            for o in range(x.out):
                cell = min(x.first[o] + t, x.end[o] - 1)
                s.index[(t * p.block + r) * x.out + o] = <int32_t>(r * p.x_size + cell if cell == x.first[o] + t or not p.mean else none)


cdef void reduce_rows(const Bins* p, const char* slice, Py_ssize_t first, Py_ssize_t end, char* line, char* other) noexcept nogil:
    # Rows first to end of one slice into a line.
    cdef Py_ssize_t n = p.x_size * p.inner, row = n * p.rows.source, y
    if p.rows.plain:
        p.rows.reduce(line, 0, slice + first * row, 0, 1, row, end - first, n)
    elif p.rows.first_reduce != NULL:
        p.rows.first_reduce(line, 0, slice + first * row, 0, 1, row, end - first, n)
    else:
        p.rows.load(line, slice + first * row, n, NULL)
        for y in range(first + 1, end):
            p.rows.load(other, slice + y * row, n, NULL)
            p.rows.accumulate(line, other, n)


cdef void bin_line(const Bins* p, BinScratch* s, Py_ssize_t plane, Py_ssize_t row, Py_ssize_t r) noexcept nogil:
    # The rows of the windows of one row of outputs into line r of the block.
    cdef Bin z = axis_z(p, plane), y = axis_y(p, plane)
    cdef Py_ssize_t oz = row // p.y_out, oy = row % p.y_out, n = p.x_size * p.inner, w = p.rows.width, k, here, apart
    cdef Py_ssize_t slice = p.y_size * n * p.rows.source, taps = y.end[oy] - y.first[oy]
    cdef const char* source = p.source + plane * p.z_size * slice
    cdef char* line = s.lines + r * p.line
    cdef char* base = s.bases + r * p.line
    for k in range(z.first[oz], z.end[oz]):
        here = (k * p.y_size + y.first[oy] - r) * p.x_size
        if k == z.first[oz]:
            if p.places:
                p.rows.reduce_winner(line, base, 0, source + k * slice + y.first[oy] * n * w, NULL, 0, 1, n * w, taps, n, here, p.x_size)
            else:
                reduce_rows(p, source + k * slice, y.first[oy], y.end[oy], line, s.other)
        elif p.places:
            # What joins lies as far behind the line as its bases lie behind the line's.
            apart = s.other - line
            p.rows.reduce_winner(s.other, base + apart, 0, source + k * slice + y.first[oy] * n * w, NULL, 0, 1, n * w, taps, n, here,
                                 p.x_size)
            p.rows.reduce_winner(line, base, 0, line, base, 0, 1, apart, 2, n, 0, 0)
        else:
            reduce_rows(p, source + k * slice, y.first[oy], y.end[oy], s.other, s.other + p.line)
            p.rows.reduce(line, 0, line, 0, 1, s.other - line, 2, n)


cdef void bin_block(const Bins* p, BinScratch* s, Py_ssize_t plane, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # Rows of outputs first to end, counted from the plane on.
    cdef Py_ssize_t lines = p.z_out * p.y_out, row, r, o, w = p.rows.width, n = p.x_out * p.inner
    cdef Bin x = axis_x(p, plane)
    cdef char* out = p.result + (plane * lines + first) * n * p.rows.result
    cdef char* where = p.places + (plane * lines + first) * n * w if p.places else NULL
    if p.inner == 1 and (s.indexed < 0 or (p.table and s.indexed != plane)):
        index_windows(p, s, &x)
        s.indexed = plane
    for row in range(first, end):
        bin_line(p, s, plane + row // lines, row % lines, row - first)
    if p.mean:
        mean_columns(p, s, &x, plane, first, end, out)
    elif p.inner > 1:
        for r in range(end - first):
            for o in range(x.out):
                pixel_window(p, s, x.first[o], x.end[o], r, out + (r * x.out + o) * p.inner * w,
                             where + (r * x.out + o) * p.inner * w if where else NULL)
    elif p.places:
        p.bins.winners(out, where, s.lines, s.bases, s.index, p.block * x.out, p.widest, (end - first) * x.out)
    else:
        p.bins.values(out, s.lines, s.index, p.block * x.out, p.widest, (end - first) * x.out)
    if not p.places and not p.mean and p.rows.byte_codes:   # of floats
        for row in range(first, end):
            first_zeros(p, plane + row // lines, row % lines, out + (row - first) * n * w)


cdef inline void pixel_window(const Bins* p, const BinScratch* s, Py_ssize_t first, Py_ssize_t end, Py_ssize_t r, char* out,
                              char* where) noexcept nogil:
    cdef Py_ssize_t pixel = p.inner * p.rows.width
    if where:
        p.bins.pixel_winners(out, where, s.lines, s.bases, r * p.x_size + first, r * p.x_size + end, p.inner)
    else:
        p.rows.reduce(out, 0, s.lines + r * p.line + first * pixel, 0, 1, pixel, end - first, p.inner)


cdef void mean_columns(const Bins* p, BinScratch* s, const Bin* x, Py_ssize_t plane, Py_ssize_t first, Py_ssize_t end,
                       char* out) noexcept nogil:
    cdef Py_ssize_t lines = p.z_out * p.y_out, row, oz, oy, r, o, c, pixel = p.inner * 8, n = (end - first) * x.out
    cdef Bin z, y
    cdef double by
    for row in range(first, end):
        r, oz, oy = row - first, row % lines // p.y_out, row % p.y_out
        z, y = axis_z(p, plane + row // lines), axis_y(p, plane + row // lines)
        for o in range(x.out):
            by = <double>((z.end[oz] - z.first[oz]) * (y.end[oy] - y.first[oy]) * (x.end[o] - x.first[o]))
            by = 1 / by if p.rows.reciprocal else by
            for c in range(p.inner):
                s.by[(r * x.out + o) * p.inner + c] = by
    if p.inner == 1:
        (<double*>s.lines)[p.block * p.x_size] = 0
        cpool_bin_sums(<double*>s.sums, <double*>s.lines, s.index, p.block * x.out, p.widest, n)
    else:
        for r in range(end - first):
            for o in range(x.out):
                p.rows.reduce(s.sums + (r * x.out + o) * pixel, 0, s.lines + r * p.line + x.first[o] * pixel, 0, 1, pixel,
                              x.end[o] - x.first[o], p.inner)
    p.rows.store(out, s.sums, n * p.inner, s.by)


cdef void first_zeros(const Bins* p, Py_ssize_t plane, Py_ssize_t row, char* out) noexcept nogil:
    # Rows before columns find the largest value, but of zeros of both signs not always the first in row-major order.
    cdef const char* source = p.source + plane * p.z_size * p.y_size * p.x_size * p.inner * p.rows.width
    cdef Py_ssize_t i, n = p.x_out * p.inner
    if p.rows.width == 4:
        for i in range(n):
            if (<float*>out)[i] == 0:
                first_zero(p, plane, row, i, <const float*>source, <float*>out)
    else:
        for i in range(n):
            if (<double*>out)[i] == 0:
                first_zero(p, plane, row, i, <const double*>source, <double*>out)


cdef void first_zero(const Bins* p, Py_ssize_t plane, Py_ssize_t row, Py_ssize_t at, const floating* source, floating* out) noexcept nogil:
    cdef Bin z = axis_z(p, plane), y = axis_y(p, plane), x = axis_x(p, plane)
    cdef Py_ssize_t oz = row // p.y_out, oy = row % p.y_out, o = at // p.inner, k, j, i, cell
    for k in range(z.first[oz], z.end[oz]):
        for j in range(y.first[oy], y.end[oy]):
            for i in range(x.first[o], x.end[o]):
                cell = ((k * p.y_size + j) * p.x_size + i) * p.inner + at % p.inner
                if source[cell] == 0:
                    out[at] = source[cell]
                    return


cdef void bin_blocks(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Bins* p = <const Bins*>job
    cdef BinScratch s
    cdef Py_ssize_t unit, plane, row, rows = p.z_out * p.y_out * (1 if p.table else p.planes)
    bin_scratch(p, &s, memory)
    for unit in range(first, end):
        plane, row = 0, unit * p.block
        if p.table:
            plane, row = unit // p.blocks, unit % p.blocks * p.block
        bin_block(p, &s, plane, row, min(rows, row + p.block))


cdef void prepare_bins(Bins* p) noexcept nogil:
    cdef Py_ssize_t rows = p.z_out * p.y_out * (1 if p.table else p.planes)
    p.line = p.x_size * p.inner * p.rows.width
    p.block = max(1, min(BIN_LINES // p.line, rows))
    p.blocks = (rows + p.block - 1) // p.block


cdef int run_bins(Bins* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t lanes
    cdef BinScratch unused
    if p.planes == 0 or p.inner == 0:
        return 0
    lanes = lanes_of(p, p.rows.source)
    if lanes:
        return run_bin_lanes(p, lanes, threads)
    prepare_bins(p)
    return share_out(bin_blocks, p, padded(bin_scratch(p, &unused, NULL)), p.blocks * (p.planes if p.table else 1), threads)


cdef int take_bounds(Bins* p, Py_buffer* bounds, object array, tuple shape) except -1:
    # Windows within the axes, and not empty: what the loops below rely on is checked here, not only where the windows are made.
    cdef Py_ssize_t tables, plane, o, a, start
    cdef Py_ssize_t[3] sizes
    cdef Py_ssize_t[3] outs
    cdef const int64_t* b
    p.planes, p.inner, p.z_size, p.y_size, p.x_size, p.z_out, p.y_out, p.x_out, tables = shape
    if tables not in (1, p.planes):
        raise ValueError("kernel called with windows for another number of planes")
    sizes[0], sizes[1], sizes[2], outs[0], outs[1], outs[2] = p.z_size, p.y_size, p.x_size, p.z_out, p.y_out, p.x_out
    if p.z_size * p.y_size * p.x_size > INT32_MAX:
        raise ValueError("kernel called with a plane of too many cells")
    p.table = 2 * (p.z_out + p.y_out + p.x_out)
    flat(array, bounds, False, 8, tables * p.table)
    p.bounds, p.widest = <const int64_t*>bounds.buf, 1
    for plane in range(tables):
        b = p.bounds + plane * p.table
        for a in range(3):
            for o in range(outs[a]):
                start = b[o]
                if not (0 <= start < b[outs[a] + o] <= sizes[a]) or (o and (start < b[o - 1] or b[outs[a] + o] < b[outs[a] + o - 1])):
                    PyBuffer_Release(bounds)
                    raise ValueError("kernel called with a window outside its axis, or before the last one")
                if a == 2:
                    p.widest = max(p.widest, b[outs[a] + o] - start)
            b += 2 * outs[a]
    if tables == 1:
        p.table = 0
    return 0


def reduce_bins(int operation, int element, x not None, y not None, places, bounds not None, tuple shape, Py_ssize_t threads, /):
    """Pool x into y: the largest cell of each window, whose place in the plane goes into places; or the mean."""
    cdef Bins p
    cdef Py_buffer source, result, where, limits
    cdef Py_ssize_t cells, outputs
    if operation not in (0, 3) or not (0 <= element < ELEMENTS) or (places is not None and BINS[element].winners == NULL):
        raise ValueError("kernel called with an unknown operation or element type")
    take_bounds(&p, &limits, bounds, shape)
    try:
        p.rows, p.bins, p.mean, p.places = &ROWS[operation][element], &BINS[element], operation == 3, NULL
        cells, outputs = p.planes * p.z_size * p.y_size * p.x_size * p.inner, p.planes * p.z_out * p.y_out * p.x_out * p.inner
        flat(x, &source, False, p.rows.source, cells)
        try:
            flat(y, &result, True, p.rows.result, outputs)
            try:
                p.source, p.result = <const char*>source.buf, <char*>result.buf
                if places is None:
                    run_bins_with(&p, threads)
                    return
                flat(places, &where, True, p.rows.width, outputs)
                try:
                    p.places = <char*>where.buf
                    run_bins_with(&p, threads)
                finally:
                    PyBuffer_Release(&where)
            finally:
                PyBuffer_Release(&result)
        finally:
            PyBuffer_Release(&source)
    finally:
        PyBuffer_Release(&limits)


cdef int run_bins_with(Bins* p, Py_ssize_t threads) except -1:
    if threads == 0:
        return run_bins(p, 1)
    with nogil:
        return run_bins(p, threads)
