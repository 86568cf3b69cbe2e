# The gradient of averages over bins: see bins.pxi, whose structures it shares. A unit is a block of rows of one plane.

cdef enum:
    SPREAD_BLOCK = 32 * 1024    # bytes of the lines that a block of rows adds up


cdef struct Spread:
    Bins bins           # source: the gradient of the outputs; result: that of the cells
    Py_ssize_t block, blocks, lines


cdef Py_ssize_t first_with(const Bin* b, Py_ssize_t cell) noexcept nogil:
    # The first window whose end is behind the cell.
    cdef Py_ssize_t low = 0, high = b.out, middle
    while low < high:
        middle = (low + high) // 2
        if b.end[middle] > cell:
            high = middle
        else:
            low = middle + 1
    return low


cdef Py_ssize_t end_with(const Bin* b, Py_ssize_t cell) noexcept nogil:
    # One past the last window whose first cell is not behind the cell.
    cdef Py_ssize_t low = 0, high = b.out, middle
    while low < high:
        middle = (low + high) // 2
        if b.first[middle] <= cell:
            low = middle + 1
        else:
            high = middle
    return low


cdef struct SpreadScratch:
    char* lines         # of the rows of outputs that reach the block, slice by slice
    char* rows          # those rows, divided; a zero behind them
    char* other
    char* sums          # of the block's rows in one slice
    double* by
    int32_t* index      # of the windows that each column is in
    int64_t* from_x
    int64_t* to_x
    Py_ssize_t indexed


cdef Py_ssize_t spread_scratch(const Spread* f, SpreadScratch* s, char* memory) noexcept nogil:
    cdef const Bins* p = &f.bins
    cdef Py_ssize_t at = <Py_ssize_t>memory
    s.lines, at = <char*>at, at + padded(f.lines * p.line)
    s.rows, at = <char*>at, at + padded(8 * (f.lines * p.x_out + 1) * p.inner)
    s.other, at = <char*>at, at + padded(p.line)
    s.sums, at = <char*>at, at + padded(f.block * p.line)
    s.by, at = <double*>at, at + padded(8 * p.x_out * p.inner)
    s.index, at = <int32_t*>at, at + (padded(4 * p.widest * f.lines * p.x_size) if p.inner == 1 else 0)
    s.from_x, at = <int64_t*>at, at + padded(8 * p.x_size)
    s.to_x, at = <int64_t*>at, at + padded(8 * p.x_size)
    s.indexed = -1
    return at - <Py_ssize_t>memory


cdef void index_cells(const Spread* f, SpreadScratch* s, const Bin* x) noexcept nogil:
    cdef const Bins* p = &f.bins
    cdef Py_ssize_t i, r, t, o = 0, e = 0, none = f.lines * x.out
    for i in range(x.size):
        while o < x.out and x.end[o] <= i:
            o += 1
        while e < x.out and x.first[e] <= i:
            e += 1
        s.from_x[i], s.to_x[i] = o, max(o, e)
        if p.inner > 1:
            continue
        for t in range(p.widest):
            for r in range(f.lines):
                s.index[(t * f.lines + r) * x.size + i] = <int32_t>(r * x.out + o + t if o + t < e else none)


cdef void spread_rows(const Spread* f, SpreadScratch* s, const Bin* z, const Bin* y, const Bin* x, const char* grad, Py_ssize_t top,
                      Py_ssize_t end) noexcept nogil:
    # Rows of outputs top to end of every slice, each element divided by the cells of its window, along the columns.
    cdef const Bins* p = &f.bins
    cdef Py_ssize_t n = x.out * p.inner, r = 0, oz, oy, o, c, i, pixel = p.inner * 8, row = n * p.rows.source
    cdef double by, cells
    cdef Py_ssize_t before = 0, count
    for oz in range(z.out):
        for oy in range(top, end):
            count = (z.end[oz] - z.first[oz]) * (y.end[oy] - y.first[oy])
            if count != before:
                for o in range(x.out):
                    cells = <double>(count * (x.end[o] - x.first[o]))
                    by = 1 / cells if p.rows.reciprocal else cells
                    for c in range(p.inner):
                        s.by[o * p.inner + c] = by
                before = count
            p.rows.load(s.rows + r * n * 8, grad + (oz * p.y_out + oy) * row, n, s.by)
            r += 1
    if p.inner == 1:
        (<double*>s.rows)[f.lines * x.out] = 0
        cpool_bin_sums(<double*>s.lines, <double*>s.rows, s.index, f.lines * x.size, p.widest, r * x.size)
        return
    for o in range(r):
        for i in range(x.size):
            if s.to_x[i] > s.from_x[i]:
                p.rows.reduce(s.lines + o * p.line + i * pixel, 0, s.rows + o * n * 8 + s.from_x[i] * pixel, 0, 1, pixel,
                              s.to_x[i] - s.from_x[i], p.inner)
            else:
                memset(s.lines + o * p.line + i * pixel, 0, pixel)


cdef void spread_block(const Spread* f, SpreadScratch* s, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    cdef const Bins* p = &f.bins
    cdef Bin z = axis_z(p, plane), y = axis_y(p, plane), x = axis_x(p, plane)
    cdef Py_ssize_t n = p.x_size * p.inner, top = first_with(&y, r0), end = max(top, end_with(&y, r1 - 1)), lines = end - top
    cdef Py_ssize_t oz, k, j, z0, z1, y0, y1
    cdef char* sum
    if s.indexed < 0 or (p.table and s.indexed != plane):
        index_cells(f, s, &x)
        s.indexed = plane
    spread_rows(f, s, &z, &y, &x, p.source + plane * p.z_out * p.y_out * p.x_out * p.inner * p.rows.source, top, end)
    for k in range(p.z_size):
        z0, z1 = first_with(&z, k), end_with(&z, k)
        y0 = y1 = top
        for j in range(r0, r1):
            while y0 < end and y.end[y0] <= j:
                y0 += 1
            while y1 < end and y.first[y1] <= j:
                y1 += 1
            sum = s.sums + (j - r0) * p.line
            if z1 <= z0 or y1 <= y0:
                memset(sum, 0, p.line)
                continue
            for oz in range(z0, z1):
                p.rows.reduce(sum if oz == z0 else s.other, 0, s.lines + (oz * lines + y0 - top) * p.line, 0, 1, p.line, y1 - y0, n)
                if oz > z0:
                    p.rows.accumulate(sum, s.other, n)
        p.rows.store(p.result + ((plane * p.z_size + k) * p.y_size + r0) * n * p.rows.result, s.sums, (r1 - r0) * n, NULL)


cdef void spread_units(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Spread* f = <const Spread*>job
    cdef SpreadScratch s
    cdef Py_ssize_t unit, r0
    spread_scratch(f, &s, memory)
    for unit in range(first, end):
        r0 = unit % f.blocks * f.block
        spread_block(f, &s, unit // f.blocks, r0, min(f.bins.y_size, r0 + f.block))


cdef void prepare_spread(Spread* f) noexcept nogil:
    # The most windows along x that a cell is in, and along y that a block is in: of all planes.
    cdef Bins* p = &f.bins
    cdef Py_ssize_t plane = 0, i, j
    cdef Bin x, y
    p.line = 8 * p.x_size * p.inner
    f.block = max(1, min(p.y_size, SPREAD_BLOCK // (p.line * p.z_out)))
    f.blocks = (p.y_size + f.block - 1) // f.block
    p.widest, f.lines = 1, 1
    while plane < (p.planes if p.table else min(1, p.planes)):
        x, y = axis_x(p, plane), axis_y(p, plane)
        for i in range(p.x_size):
            p.widest = max(p.widest, end_with(&x, i) - first_with(&x, i))
        for j in range(f.blocks):
            f.lines = max(f.lines, end_with(&y, min(p.y_size, (j + 1) * f.block) - 1) - first_with(&y, j * f.block))
        plane += 1
    f.lines *= p.z_out


cdef struct SpreadLanes:
    const Spread* all
    const Spread* group     # as in BinLanes


cdef void spread_lanes(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Bins* p = &(<const SpreadLanes*>job).all.bins
    cdef const Spread* group = (<const SpreadLanes*>job).group
    cdef Spread one = group[0]
    cdef LaneScratch s
    cdef Py_ssize_t unit, plane, many, lanes = group.bins.inner, cells = p.z_size * p.y_size * p.x_size, w = p.rows.source
    cdef Py_ssize_t outputs = p.z_out * p.y_out * p.x_out
    lane_scratch(&group.bins, &s, memory)
    one.bins.source, one.bins.result = s.outputs, s.cells
    for unit in range(first, end):
        plane = unit * lanes
        many = min(lanes, p.planes - plane)
        if many < lanes:
            memset(s.outputs, 0, outputs * lanes * w)
        cpool_transpose(s.outputs, lanes, p.source + plane * outputs * w, outputs, many, outputs, w)
        spread_units(&one, s.rest, 0, one.blocks)
        cpool_transpose(p.result + plane * cells * w, cells, s.cells, lanes, cells, many, w)


cdef int run_spread_bins(Spread* f, Py_ssize_t threads) except -1 nogil:
    cdef Spread group = f[0]
    cdef SpreadLanes job
    cdef SpreadScratch unused
    cdef Py_ssize_t lanes
    if f.bins.planes == 0 or f.bins.inner == 0:
        return 0
    lanes = lanes_of(&f.bins, f.bins.rows.source)
    if not lanes:
        prepare_spread(f)
        return share_out(spread_units, f, padded(spread_scratch(f, &unused, NULL)), f.bins.planes * f.blocks, threads)
    # Planes side by side, as in run_bin_lanes: cells and outputs change their parts.
    group.bins.planes, group.bins.inner = 1, lanes
    prepare_spread(&group)
    job.all, job.group = f, &group
    return share_out(spread_lanes, &job, lane_scratch(&group.bins, NULL, NULL) + padded(spread_scratch(&group, &unused, NULL)),
                     (f.bins.planes + lanes - 1) // lanes, threads)


def spread_bins(int element, grad not None, result not None, bounds not None, tuple shape, Py_ssize_t threads, /):
    """The gradient of the mean over bins: that of the outputs into that of the cells."""
    cdef Spread f
    cdef Py_buffer source, target, limits
    if element not in (0, 1):
        raise ValueError("kernel called with an unknown element type")
    take_bounds(&f.bins, &limits, bounds, shape)
    try:
        f.bins.rows, f.bins.places, f.bins.mean = &ROWS[SUM][element], NULL, True
        flat(grad, &source, False, f.bins.rows.source, f.bins.planes * f.bins.z_out * f.bins.y_out * f.bins.x_out * f.bins.inner)
        try:
            flat(result, &target, True, f.bins.rows.result,
                 f.bins.planes * f.bins.z_size * f.bins.y_size * f.bins.x_size * f.bins.inner)
            try:
                f.bins.source, f.bins.result = <const char*>source.buf, <char*>target.buf
                if threads == 0:
                    run_spread_bins(&f, 1)
                else:
                    with nogil:
                        run_spread_bins(&f, threads)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&source)
    finally:
        PyBuffer_Release(&limits)
