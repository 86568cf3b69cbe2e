# Regions of interest: the work out to the threads. A unit is a block of channels of one image with some of its regions, in the
# forward pass; with all of them in the order of the rois in the gradient, whose planes no other unit adds to. See roi.h.

include "roi_table.pxi"


cdef enum:
    BIN_BYTES = 64 * 1024           # of the scratch memory for bins, unless one row of them takes more
    SHARED_BYTES = 64 * 1024 * 1024 # of what is laid out for several regions
    BAND_BYTES = 8 * 1024 * 1024    # of the gradient's planes at a time, unless one row takes more


cdef enum RoITask:
    POOL_ROIS, SPREAD_ROIS, RETURN_ROIS


cdef struct RoIs:
    Py_ssize_t images, channels, rows, cols, count, bins_y, bins_x
    bint inner                      # the channels are the last axis
    # In bytes: of the plane, and of the pooled one (from region to region, from bin to bin).
    Py_ssize_t image_step, channel_step, row_step, col_step, region_step, pooled_channel_step, bin_step
    Py_ssize_t width, computed      # bytes of an element of the arrays, and within the kernels
    Py_ssize_t block, lanes, blocks
    Py_ssize_t bin_rows             # rows of bins that are computed at a time
    Pack pack
    Unpack unpack
    Region* regions
    const int64_t* order            # the regions image by image
    const int64_t* starts           # of each image in `order`; one more at the end
    const char* x                   # the planes, or (gradient) where their gradient goes
    char* y                         # the pooled planes, or their gradient
    int32_t* codes                  # of RoI pool's winners, or NULL
    MaxOf max_of


# Regions of one image, and the part of its plane that is laid out for all of them.
cdef struct RoIJob:
    Py_ssize_t image, first, end, row, col, rows, cols
    Py_ssize_t band                 # rows of it that the gradient works on at a time
    bint shared


cdef struct RoIScratch:
    char* cells
    char* bins
    char* codes
    char* line
    Py_ssize_t* row
    Py_ssize_t* col


cdef void find_job(const RoIs* c, RoIJob* job, Py_ssize_t image, Py_ssize_t part, Py_ssize_t parts, RoITask task) noexcept nogil:
    cdef Py_ssize_t start = c.starts[image], many = c.starts[image + 1] - start, k, row_end = 0, col_end = 0
    cdef double used = 0, together
    cdef Region* r
    job.image, job.first, job.end = image, start + many * part // parts, start + many * (part + 1) // parts
    job.row, job.col = c.rows, c.cols
    if task != RETURN_ROIS:
        for k in range(job.first, job.end):
            r = &c.regions[c.order[k]]
            if r.used > 0:
                job.row, row_end = min(job.row, r.row), max(row_end, r.row + r.rows)
                job.col, col_end = min(job.col, r.col), max(col_end, r.col + r.cols)
                used += r.used
    job.rows, job.cols = max(0, row_end - job.row), max(0, col_end - job.col)
    together = <double>job.rows * job.cols
    job.shared = task != POOL_ROIS or (together <= used and (together * c.block <= SHARED_BYTES or job.end == job.first + 1))
    job.band = job.rows
    if task == SPREAD_ROIS and together * c.block > BAND_BYTES:
        job.band = max(1, BAND_BYTES // (job.cols * c.block))


cdef inline Py_ssize_t cells_of_job(const RoIs* c, const RoIJob* job) noexcept nogil:
    cdef Py_ssize_t k, most = 0
    if job.shared:
        return job.band * job.cols
    for k in range(job.first, job.end):
        most = max(most, c.regions[c.order[k]].used)
    return most


cdef inline bint in_place(const RoIs* c, Py_ssize_t channels) noexcept nogil:
    # Whether the kernels can read a block of channels where it lies.
    return c.inner and channels == c.lanes and c.width == c.computed


cdef void lay_out(const RoIs* c, char* dst, const char* src, Py_ssize_t row, Py_ssize_t col, Py_ssize_t rows, Py_ssize_t cols,
                  Py_ssize_t channels) noexcept nogil:
    cdef Py_ssize_t r
    src += row * c.row_step + col * c.col_step
    for r in range(rows):
        c.pack(dst, c.lanes, src, c.channel_step, NULL, c.col_step, cols, channels)
        dst += cols * c.block
        src += c.row_step


cdef void lay_out_used(const RoIs* c, char* dst, const char* src, const Region* r, const RoIScratch* s,
                       Py_ssize_t channels) noexcept nogil:
    # Only the cells that samples touch: a large region may have few.
    cdef Py_ssize_t i
    for i in range(r.x.many_cells):
        s.col[i] = r.x.cells[i] * c.col_step
    for i in range(r.y.many_cells):
        c.pack(dst, c.lanes, src + r.y.cells[i] * c.row_step, c.channel_step, s.col, 0, r.x.many_cells, channels)
        dst += r.x.many_cells * c.block


cdef void place(const Region* r, const RoIScratch* s, Py_ssize_t row_step, Py_ssize_t col_step, bint used) noexcept nogil:
    # Where the cells that a region touches are in what is laid out, or in the plane.
    cdef Py_ssize_t i
    for i in range(r.y.many_cells):
        s.row[i] = (i if used else r.y.cells[i]) * row_step
    for i in range(r.x.many_cells):
        s.col[i] = (i if used else r.x.cells[i]) * col_step


cdef void pool_job(const RoIs* c, const RoIJob* job, Py_ssize_t block, const RoIScratch* s) noexcept nogil:
    cdef Py_ssize_t channel = block * c.lanes, channels = min(c.lanes, c.channels - channel), k
    cdef Py_ssize_t row_step = c.row_step, col_step = c.col_step, row, col
    cdef const char* plane = c.x + job.image * c.image_step + channel * c.channel_step
    cdef bint direct = in_place(c, channels)
    cdef const char* cells
    cdef Region* r
    if job.shared and not direct:
        lay_out(c, s.cells, plane, job.row, job.col, job.rows, job.cols, channels)
    for k in range(job.first, job.end):
        r = &c.regions[c.order[k]]
        cells, row, col = s.cells, job.row, job.col
        if direct:
            cells, row, col = plane, 0, 0
        elif job.shared:
            row_step, col_step = job.cols * c.block, c.block
        elif c.max_of != NULL:
            lay_out(c, s.cells, plane, r.row, r.col, r.rows, r.cols, channels)
            row, col, row_step, col_step = r.row, r.col, r.cols * c.block, c.block
        else:
            lay_out_used(c, s.cells, plane, r, s, channels)
            row, col, row_step, col_step = 0, 0, r.x.many_cells * c.block, c.block
        cells -= row * row_step + col * col_step
        if c.max_of == NULL:
            place(r, s, row_step, col_step, not (direct or job.shared))
        pool_region(c, c.order[k], cells, row_step, col_step, channel, channels, direct, s)


cdef void pool_region(const RoIs* c, Py_ssize_t region, const char* cells, Py_ssize_t row_step, Py_ssize_t col_step,
                      Py_ssize_t channel, Py_ssize_t channels, bint straight, const RoIScratch* s) noexcept nogil:
    # A few rows of bins at a time: as many as are put into place in the cache, if the kernel cannot do that itself.
    cdef const Region* r = &c.regions[region]
    cdef char* y = c.y + region * c.region_step + channel * c.pooled_channel_step
    cdef char* bins = s.bins
    cdef Py_ssize_t y0 = 0, rows, bin_step = c.bin_step if straight else c.block
    cdef AlignRoI a
    cdef MaxRoI m
    while y0 < c.bins_y:
        rows = min(c.bin_rows, c.bins_y - y0)
        if straight:
            bins = y
        if c.max_of != NULL:
            m.bins_y, m.bins_x, m.rows, m.cols, m.cells = rows, c.bins_x, r.bounds + 2 * y0, r.bounds + 2 * c.bins_y, cells
            m.row_step, m.col_step, m.plane_cols, m.block = row_step, col_step, c.cols, c.block
            m.best, m.best_step, m.codes = bins, bin_step, s.codes
            c.max_of(&m)
        else:
            set_taps(c, &a, r, y0, rows, s)
            a.cells, a.bins, a.bin_step = <char*>cells, bins, bin_step
            if c.computed == 4:
                align_f32(&a)
            else:
                align_f64(&a)
        if not straight:
            c.unpack(y, c.pooled_channel_step, c.bin_step, bins, c.lanes, rows * c.bins_x, channels)
        if c.codes != NULL:
            put_codes(c, s.codes, region, y0 * c.bins_x, rows * c.bins_x, channel, channels)
        y += rows * c.bins_x * c.bin_step
        y0 += rows


cdef void set_taps(const RoIs* c, AlignRoI* a, const Region* r, Py_ssize_t y0, Py_ssize_t rows, const RoIScratch* s) noexcept nogil:
    a.y.bins, a.y.first, a.y.taps = rows, r.y.first + y0, r.y.taps
    a.x.bins, a.x.first, a.x.taps = c.bins_x, r.x.first, r.x.taps
    a.row, a.col, a.cols, a.line, a.block = s.row, s.col, r.x.many_cells, s.line, c.block


cdef void put_codes(const RoIs* c, const char* codes, Py_ssize_t region, Py_ssize_t bin, Py_ssize_t bins, Py_ssize_t channel,
                    Py_ssize_t channels) noexcept nogil:
    cdef Py_ssize_t channel_step = c.pooled_channel_step // c.width * 4, bin_step = c.bin_step // c.width * 4
    cdef char* y = <char*>c.codes + region * (c.region_step // c.width * 4) + channel * channel_step + bin * bin_step
    if c.computed == 4:
        unpack_4(y, channel_step, bin_step, codes, c.lanes, bins, channels)
    else:
        unpack_codes(y, channel_step, bin_step, codes, c.lanes, bins, channels)


cdef void spread_job(const RoIs* c, const RoIJob* job, Py_ssize_t block, const RoIScratch* s) noexcept nogil:
    cdef Py_ssize_t channel = block * c.lanes, channels = min(c.lanes, c.channels - channel), k, i, row = job.row
    cdef Py_ssize_t row_step = job.cols * c.block
    cdef char* plane = <char*>c.x + job.image * c.image_step + channel * c.channel_step
    clear(c, plane, channels)
    while row < job.row + job.rows:
        memset(s.cells, 0, job.band * row_step)
        for k in range(job.first, job.end):
            spread_region(c, job, c.order[k], row, channel, channels, s)
        if c.computed == 4:
            settle_f32(s.cells, job.band * row_step)
        else:
            settle_f64(s.cells, job.band * row_step)
        for i in range(min(job.band, job.row + job.rows - row)):
            c.unpack(plane + (row + i) * c.row_step + job.col * c.col_step, c.channel_step, c.col_step, s.cells + i * row_step,
                     c.lanes, job.cols, channels)
        row += job.band


cdef void spread_region(const RoIs* c, const RoIJob* job, Py_ssize_t region, Py_ssize_t row, Py_ssize_t channel, Py_ssize_t channels,
                        const RoIScratch* s) noexcept nogil:
    # What of a region's gradient goes to the rows of a band.
    cdef const Region* r = &c.regions[region]
    cdef Py_ssize_t i, y0 = 0, rows
    cdef const char* grad = c.y + region * c.region_step + channel * c.pooled_channel_step
    cdef AlignRoI a
    if r.used == 0 or r.row >= row + job.band or r.row + r.rows <= row:
        return
    for i in range(r.y.many_cells):
        s.row[i] = (r.y.cells[i] - row) * job.cols * c.block if row <= r.y.cells[i] < row + job.band else -1
    for i in range(r.x.many_cells):
        s.col[i] = (r.x.cells[i] - job.col) * c.block
    while y0 < c.bins_y:
        rows = min(c.bin_rows, c.bins_y - y0)
        c.pack(s.bins, c.lanes, grad, c.pooled_channel_step, NULL, c.bin_step, rows * c.bins_x, channels)
        set_taps(c, &a, r, y0, rows, s)
        a.cells, a.bins, a.bin_step = s.cells, s.bins, c.block
        if c.computed == 4:
            spread_f32(&a)
        else:
            spread_f64(&a)
        grad += rows * c.bins_x * c.bin_step
        y0 += rows


cdef void clear(const RoIs* c, char* plane, Py_ssize_t channels) noexcept nogil:
    cdef Py_ssize_t i
    if not c.inner or channels == c.channels:
        memset(plane, 0, channels * c.rows * c.cols * c.width)
        return
    for i in range(c.rows * c.cols):
        memset(plane + i * c.col_step, 0, channels * c.width)


cdef inline bint returns_apart(const RoIs* c) noexcept nogil:
    # Channels last, the cells of a block are too far apart for the cache, unless they are laid side by side.
    return c.inner and c.channels > c.lanes and <double>c.rows * c.cols * c.block <= BAND_BYTES


cdef void return_job(const RoIs* c, const RoIJob* job, Py_ssize_t block, const RoIScratch* s) noexcept nogil:
    # RoI pool's gradient: each bin's to its winner.
    cdef Py_ssize_t channel = block * c.lanes, channels = min(c.lanes, c.channels - channel), bins = c.bins_y * c.bins_x
    cdef Py_ssize_t k, i, at, cell_step = c.col_step
    cdef char* plane = <char*>c.x + job.image * c.image_step + channel * c.channel_step
    cdef char* planes = plane
    clear(c, plane, channels)
    if returns_apart(c):
        planes, cell_step = s.cells, c.block
        memset(planes, 0, c.rows * c.cols * c.block)
    for k in range(job.first, job.end):
        at = (c.order[k] * c.region_step + channel * c.pooled_channel_step) // c.width
        if c.inner:
            give_bins(c, planes, cell_step, at, channels, s)
        else:
            for i in range(channels):
                give(c, planes + i * c.channel_step, 0, cell_step, c.codes + at + i * bins, c.y + (at + i * bins) * c.width, bins)
    if planes == plane:
        return
    for i in range(c.rows):
        c.unpack(plane + i * c.row_step, c.channel_step, c.col_step, planes + i * c.cols * c.block, c.lanes, c.cols, channels)


cdef void give_bins(const RoIs* c, char* planes, Py_ssize_t cell_step, Py_ssize_t at, Py_ssize_t channels,
                    const RoIScratch* s) noexcept nogil:
    # The block's part of each bin is copied first: memory is fetched ahead for a copy, not for the scattered additions.
    cdef Py_ssize_t bin = 0, bins = c.bins_y * c.bins_x, many, i
    while bin < bins:
        many = min(bins - bin, c.bin_rows * c.bins_x)
        c.pack(s.bins, c.lanes, c.y + (at + bin * c.channels) * c.width, c.width, NULL, c.bin_step, many, channels)
        pack_4(s.codes, c.lanes, <const char*>(c.codes + at + bin * c.channels), 4, NULL, 4 * c.channels, many, channels)
        for i in range(many):
            give(c, planes, c.width, cell_step, <const int32_t*>s.codes + i * c.lanes, s.bins + i * c.block, channels)
        bin += many


cdef inline void give(const RoIs* c, char* planes, Py_ssize_t plane_step, Py_ssize_t cell_step, const int32_t* codes,
                      const char* grad, Py_ssize_t n) noexcept nogil:
    if c.width == 4:
        give_f32(planes, plane_step, cell_step, codes, grad, n)
    else:
        give_f64(planes, plane_step, cell_step, codes, grad, n)
