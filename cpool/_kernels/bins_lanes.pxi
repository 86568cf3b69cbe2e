# Small planes side by side, see lanes.h: bins.pxi takes a group of planes for the channels of one.

cdef enum:
    # At least and at most so many planes, and the bytes of their cells, in the second cache.
    FEWEST_LANES = 16
    MOST_LANES = 64
    LANE_BYTES = 1024 * 1024


cdef Py_ssize_t lanes_of(const Bins* p, Py_ssize_t width) noexcept nogil:
    # How many planes to lay side by side; 0 where they are pixels of channels already, too large, or have windows of their own.
    cdef Py_ssize_t cells = p.z_size * p.y_size * p.x_size + p.z_out * p.y_out * p.x_out, lanes
    if p.inner > 1 or p.table or p.planes < FEWEST_LANES or (p.mean and p.x_size > 32):
        return 0
    return min(MOST_LANES, LANE_BYTES // (cells * width), p.planes) // FEWEST_LANES * FEWEST_LANES


cdef struct LaneScratch:
    char* cells
    char* outputs
    char* places
    char* rest      # of the poolings themselves


cdef Py_ssize_t lane_scratch(const Bins* p, LaneScratch* s, char* memory) noexcept nogil:
    # Of a group of planes, which p is the pooling of.
    cdef Py_ssize_t at = <Py_ssize_t>memory, outputs = p.z_out * p.y_out * p.x_out * p.inner
    cdef LaneScratch unused
    if s == NULL:
        s = &unused
    s.cells, at = <char*>at, at + padded(p.z_size * p.y_size * p.x_size * p.inner * p.rows.source)
    s.outputs, at = <char*>at, at + padded(outputs * p.rows.result)
    s.places, at = <char*>at, at + (padded(outputs * p.rows.width) if p.places else 0)
    s.rest = <char*>at
    return at - <Py_ssize_t>memory


cdef struct BinLanes:
    const Bins* all
    const Bins* group   # the pooling of as many planes as lie side by side


cdef void bin_lanes(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Bins* p = (<const BinLanes*>job).all
    cdef const Bins* group = (<const BinLanes*>job).group
    cdef Bins one
    cdef LaneScratch s
    cdef Py_ssize_t unit, plane, many, lanes = group.inner, cells = p.z_size * p.y_size * p.x_size
    cdef Py_ssize_t outputs = p.z_out * p.y_out * p.x_out
    lane_scratch(group, &s, memory)
    one = group[0]
    one.source, one.result, one.places = s.cells, s.outputs, s.places if p.places else NULL
    for unit in range(first, end):
        plane = unit * lanes
        many = min(lanes, p.planes - plane)
        if many < lanes:
            memset(s.cells, 0, cells * lanes * p.rows.source)
        cpool_transpose(s.cells, lanes, p.source + plane * cells * p.rows.source, cells, many, cells, p.rows.source)
        bin_blocks(&one, s.rest, 0, one.blocks)
        cpool_transpose(p.result + plane * outputs * p.rows.result, outputs, s.outputs, lanes, outputs, many, p.rows.result)
        if p.places:
            cpool_transpose(p.places + plane * outputs * p.rows.width, outputs, s.places, lanes, outputs, many, p.rows.width)


cdef int run_bin_lanes(const Bins* p, Py_ssize_t lanes, Py_ssize_t threads) except -1 nogil:
    cdef Bins group = p[0]
    cdef BinLanes job
    cdef BinScratch unused
    group.planes, group.inner = 1, lanes
    prepare_bins(&group)
    job.all, job.group = p, &group
    return share_out(bin_lanes, &job, lane_scratch(&group, NULL, NULL) + padded(bin_scratch(&group, &unused, NULL)),
                     (p.planes + lanes - 1) // lanes, threads)
