# Regions of interest: their tables, their jobs, and the entry points.

from cython.parallel cimport threadid

cdef int read_rois(bytes geometry, RoIs* c, Py_ssize_t width, bint wide) except -1:
    # cpool._ops.roi: images, channels, rows, cols, regions, bins_y, bins_x, inner.
    cdef int64_t[8] n
    cdef Py_ssize_t cells, bins
    if len(geometry) != sizeof(n):
        raise ValueError("kernel called with an unknown geometry")
    memcpy(n, <const char*>geometry, sizeof(n))
    c.images, c.channels, c.rows, c.cols, c.count, c.bins_y, c.bins_x, c.inner = n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]
    cells, bins = c.rows * c.cols, c.bins_y * c.bins_x
    c.width, c.computed = width, 8 if wide else width
    c.image_step, c.region_step = c.channels * cells * width, c.channels * bins * width
    c.channel_step = width if c.inner else cells * width
    c.pooled_channel_step = width if c.inner else bins * width
    c.col_step = c.bin_step = c.channels * width if c.inner else width
    c.row_step = c.cols * c.col_step
    c.block = ROI_WIDE if c.channels * c.computed > ROI_NARROW else ROI_NARROW
    c.lanes = c.block // c.computed
    c.blocks = (c.channels + c.lanes - 1) // c.lanes
    c.bin_rows = max(1, min(c.bins_y, BIN_BYTES // (c.bins_x * c.block)))
    c.codes, c.max_of = NULL, NULL
    if c.computed > width:
        c.pack, c.unpack = pack_wider, unpack_narrower
    elif width == 4:
        c.pack, c.unpack = pack_4, unpack_4
    else:
        c.pack, c.unpack = pack_8, unpack_8
    return 0


cdef char* regions_memory(RoIs* c, const double* rois, double scale, int64_t ratio, bint aligned) except NULL:
    # Memory for the tables of all regions, and where in it those of each begin.
    cdef Py_ssize_t k, at = c.count * <Py_ssize_t>sizeof(Region)
    cdef Py_ssize_t bounds = 2 * (c.bins_y + c.bins_x) * <Py_ssize_t>sizeof(Py_ssize_t)
    cdef double bytes = at
    cdef Samples y, x
    cdef char* memory
    if c.max_of != NULL:
        bytes += <double>bounds * c.count
    else:
        for k in range(c.count):
            y, x = samples_y(c, rois + 5 * k, scale, ratio, aligned), samples_x(c, rois + 5 * k, scale, ratio, aligned)
            bytes += table_bytes(&y, &x)
    memory = allocate(<Py_ssize_t>min(bytes + 64, PY_SSIZE_T_MAX / 2.0), 1)
    c.regions = <Region*>memory
    for k in range(c.count):
        c.regions[k].bounds = <const Py_ssize_t*>(memory + at)
        if c.max_of != NULL:
            at += bounds
        else:
            y, x = samples_y(c, rois + 5 * k, scale, ratio, aligned), samples_x(c, rois + 5 * k, scale, ratio, aligned)
            at += <Py_ssize_t>table_bytes(&y, &x)
    return memory


cdef double table_bytes(const Samples* y, const Samples* x) noexcept nogil:
    # A group of samples leaves three taps and two cells at most.
    cdef double groups = most_groups(y) + most_groups(x)
    return (y.bins + x.bins + 2.0) * sizeof(Py_ssize_t) + groups * (3 * sizeof(Tap) + 2 * sizeof(Py_ssize_t))


cdef void find_regions(RoIs* c, const double* rois, double scale, int64_t ratio, bint aligned, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t k
    if threads <= 1:
        for k in range(c.count):
            find_region(c, &c.regions[k], rois + 5 * k, scale, ratio, aligned)
        return
    for k in prange(c.count, num_threads=threads, schedule="static"):
        find_region(c, &c.regions[k], rois + 5 * k, scale, ratio, aligned)


cdef inline Samples samples_y(const RoIs* c, const double* roi, double scale, int64_t ratio, bint aligned) noexcept nogil:
    return samples_of(roi[2], roi[4], scale, ratio, aligned, c.bins_y, c.rows)


cdef inline Samples samples_x(const RoIs* c, const double* roi, double scale, int64_t ratio, bint aligned) noexcept nogil:
    return samples_of(roi[1], roi[3], scale, ratio, aligned, c.bins_x, c.cols)


cdef void find_region(const RoIs* c, Region* r, const double* roi, double scale, int64_t ratio, bint aligned) noexcept nogil:
    cdef Samples y, x
    cdef Py_ssize_t* memory = <Py_ssize_t*>r.bounds
    r.y.many_cells = r.x.many_cells = 0
    if c.max_of != NULL:
        find_bounds(roi[2], roi[4], scale, c.bins_y, c.rows, memory, &r.row, &r.rows)
        find_bounds(roi[1], roi[3], scale, c.bins_x, c.cols, memory + 2 * c.bins_y, &r.col, &r.cols)
        r.used = r.rows * r.cols
        return
    y, x = samples_y(c, roi, scale, ratio, aligned), samples_x(c, roi, scale, ratio, aligned)
    r.y.first, r.x.first = memory, memory + c.bins_y + 1
    r.y.taps = <Tap*>(r.x.first + c.bins_x + 1)
    r.x.taps = r.y.taps + 3 * <Py_ssize_t>most_groups(&y)
    r.y.cells = <Py_ssize_t*>(r.x.taps + 3 * <Py_ssize_t>most_groups(&x))
    r.x.cells = r.y.cells + 2 * <Py_ssize_t>most_groups(&y)
    find_taps(&y, &r.y)
    find_taps(&x, &r.x)
    extent(&r.y, &r.row, &r.rows)
    extent(&r.x, &r.col, &r.cols)
    r.used = r.y.many_cells * r.x.many_cells


cdef int run_rois(const RoIs* c, RoITask task, Py_ssize_t threads) except -1:
    cdef Py_ssize_t parts = parts_of_images(c, threads) if task == POOL_ROIS else 1, k, j, cells = 0, most_rows = 0, most_cols = 0
    cdef char* memory = NULL
    cdef RoIJob* jobs = <RoIJob*>allocate(c.images * parts * <Py_ssize_t>sizeof(RoIJob), 1)
    try:
        for k in range(c.images):
            for j in range(parts):
                find_job(c, &jobs[k * parts + j], k, j, parts, task)
                cells = max(cells, cells_of_job(c, &jobs[k * parts + j]))
        if task == POOL_ROIS and in_place(c, c.lanes) and c.channels % c.lanes == 0:
            cells = 0
        if task == RETURN_ROIS:
            cells = c.rows * c.cols if returns_apart(c) else 0
        else:
            for k in range(c.count):
                most_rows = max(most_rows, c.regions[k].y.many_cells)
                most_cols = max(most_cols, c.regions[k].x.many_cells)
        threads_used = max(1, min(threads, c.images * parts * c.blocks))
        memory = allocate(roi_scratch_bytes(c, NULL, NULL, cells, most_rows, most_cols), threads_used)
        if threads == 0:
            run_jobs(c, task, jobs, parts, memory, cells, most_rows, most_cols, 1)
        else:
            with nogil:
                run_jobs(c, task, jobs, parts, memory, cells, most_rows, most_cols, threads_used)
    finally:
        free(memory)
        free(jobs)
    return 0


cdef Py_ssize_t parts_of_images(const RoIs* c, Py_ssize_t threads) noexcept nogil:
    # Where images times blocks of channels are too few for all threads, the regions of an image are shared out too.
    cdef Py_ssize_t k, most = 0, images = 0
    for k in range(c.images):
        images += c.starts[k + 1] > c.starts[k]
        most = max(most, c.starts[k + 1] - c.starts[k])
    if threads <= 1 or images * c.blocks >= 2 * threads or images == 0:
        return 1
    return max(1, min(most, 4 * threads // (images * c.blocks)))


cdef Py_ssize_t roi_scratch_bytes(const RoIs* c, RoIScratch* s, char* memory, Py_ssize_t cells, Py_ssize_t rows,
                                  Py_ssize_t cols) noexcept nogil:
    cdef Py_ssize_t at = <Py_ssize_t>memory, bins = padded(c.bin_rows * c.bins_x * c.block)
    cdef RoIScratch unused
    if s == NULL:
        s = &unused
    s.cells, at = <char*>at, at + padded(cells * c.block)
    s.bins, at = <char*>at, at + bins
    s.codes, at = <char*>at if c.codes != NULL else NULL, at + (bins if c.codes != NULL else 0)
    s.line, at = <char*>at, at + padded(cols * c.block)
    s.row, at = <Py_ssize_t*>at, at + padded(rows * <Py_ssize_t>sizeof(Py_ssize_t))
    s.col, at = <Py_ssize_t*>at, at + padded(cols * <Py_ssize_t>sizeof(Py_ssize_t))
    return at - <Py_ssize_t>memory


cdef void run_jobs(const RoIs* c, RoITask task, const RoIJob* jobs, Py_ssize_t parts, char* memory, Py_ssize_t cells,
                   Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t unit, units = c.images * parts * c.blocks, bytes = roi_scratch_bytes(c, NULL, NULL, cells, rows, cols)
    cdef RoIScratch s
    if threads == 1:
        roi_scratch_bytes(c, &s, aligned(memory), cells, rows, cols)
        for unit in range(units):
            run_job(c, task, &jobs[unit // c.blocks], unit % c.blocks, &s)
        return
    for unit in prange(units, num_threads=threads, schedule="dynamic", chunksize=1):
        run_unit(c, task, jobs, unit, aligned(memory) + threadid() * bytes, cells, rows, cols)


cdef void run_unit(const RoIs* c, RoITask task, const RoIJob* jobs, Py_ssize_t unit, char* memory, Py_ssize_t cells,
                   Py_ssize_t rows, Py_ssize_t cols) noexcept nogil:
    cdef RoIScratch s
    roi_scratch_bytes(c, &s, memory, cells, rows, cols)
    run_job(c, task, &jobs[unit // c.blocks], unit % c.blocks, &s)


cdef void run_job(const RoIs* c, RoITask task, const RoIJob* job, Py_ssize_t block, const RoIScratch* s) noexcept nogil:
    if task == POOL_ROIS:
        pool_job(c, job, block, s)
    elif task == SPREAD_ROIS:
        spread_job(c, job, block, s)
    else:
        return_job(c, job, block, s)


def roi_align(int width, bint wide, x not None, y not None, rois not None, order not None, starts not None,
              bytes geometry not None, double scale, int64_t ratio, bint aligned, bint spread, Py_ssize_t threads, /):
    """Average the samples of each region's bins of x into y; with `spread` the adjoint, from y into x.

    Elements are `width` bytes, and computed with in double where `wide`.
    """
    cdef RoIs c
    cdef Py_buffer[5] b
    cdef char* memory
    read_rois(geometry, &c, width, wide)
    take_rois(&c, b, x, y, rois, order, starts, spread)
    try:
        memory = regions_memory(&c, <const double*>b[2].buf, scale, ratio, aligned)
        try:
            if threads == 0:
                find_regions(&c, <const double*>b[2].buf, scale, ratio, aligned, 1)
            else:
                with nogil:
                    find_regions(&c, <const double*>b[2].buf, scale, ratio, aligned, threads)
            run_rois(&c, SPREAD_ROIS if spread else POOL_ROIS, threads)
        finally:
            free(memory)
    finally:
        release(b, 5)


def roi_max(int element, x not None, y not None, codes, rois not None, order not None, starts not None,
            bytes geometry not None, double scale, Py_ssize_t threads, /):
    """Pool the largest cell of each region's bins of x into y; `codes`, int32 of y's shape, takes where they are."""
    cdef RoIs c
    cdef Py_buffer[5] b
    cdef Py_buffer places
    cdef char* memory = NULL
    if not 0 <= element < 5:
        raise ValueError("kernel called with an unknown element type")
    read_rois(geometry, &c, 4 if element == 0 or element == 2 else 8, False)
    c.max_of = <MaxOf>ROI_MAX[element]
    take_rois(&c, b, x, y, rois, order, starts, False)
    try:
        if codes is not None:
            flat(codes, &places, True, 4, c.count * c.channels * c.bins_y * c.bins_x)
            c.codes = <int32_t*>places.buf
        try:
            memory = regions_memory(&c, <const double*>b[2].buf, scale, 0, False)
            find_regions(&c, <const double*>b[2].buf, scale, 0, False, 1)
            run_rois(&c, POOL_ROIS, threads)
        finally:
            free(memory)
            if codes is not None:
                PyBuffer_Release(&places)
    finally:
        release(b, 5)


def roi_max_gradient(int width, x not None, y not None, codes not None, order not None, starts not None,
                     bytes geometry not None, Py_ssize_t threads, /):
    """The gradient of RoI pool: y's into x, each bin's to the cell whose code is in codes."""
    cdef RoIs c
    cdef Py_buffer[5] b
    cdef Py_buffer places
    read_rois(geometry, &c, width, False)
    take_rois(&c, b, x, y, None, order, starts, True)
    try:
        flat(codes, &places, False, 4, c.count * c.channels * c.bins_y * c.bins_x)
        c.codes = <int32_t*>places.buf
        try:
            run_rois(&c, RETURN_ROIS, threads)
        finally:
            PyBuffer_Release(&places)
    finally:
        release(b, 5)


cdef int take_rois(RoIs* c, Py_buffer* b, object x, object y, object rois, object order, object starts, bint gradient) except -1:
    # Their buffers, all of them or none.
    cdef Py_ssize_t planes = c.images * c.channels, taken = 0
    try:
        flat(x, &b[0], gradient, c.width, planes * c.rows * c.cols)
        taken = 1
        flat(y, &b[1], not gradient, c.width, c.count * c.channels * c.bins_y * c.bins_x)
        taken = 2
        flat(order if rois is None else rois, &b[2], False, 8, c.count * (1 if rois is None else 5))
        taken = 3
        flat(order, &b[3], False, 8, c.count)
        taken = 4
        flat(starts, &b[4], False, 8, c.images + 1)
    except:
        release(b, taken)
        raise
    c.x, c.y, c.order, c.starts = <const char*>b[0].buf, <char*>b[1].buf, <const int64_t*>b[3].buf, <const int64_t*>b[4].buf
    return 0


cdef void release(Py_buffer* b, Py_ssize_t many) noexcept:
    cdef Py_ssize_t i
    for i in range(many):
        PyBuffer_Release(&b[i])
