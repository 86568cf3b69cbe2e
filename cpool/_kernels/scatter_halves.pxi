# The gradient of max and min in halves where a cell is in many windows: the outputs of some rows of a plane are scattered into
# floats, which become halves at the end. See winners.pxi. Rows before and behind them take what their windows give to other rows.

cdef enum:
    SCATTERED = 1024 * 1024     # bytes of floats at a time, of the second cache

cdef struct HalfScatter:
    GradPlan gradient
    const cpool_halves* by
    Py_ssize_t margin           # rows before and behind that windows reach, and that the plane can have


cdef bint plan_scatter_halves(HalfScatter* s, const Call* c, Py_ssize_t threads) noexcept nogil:
    # Whether that pays: boxes of small planes lie side by side.
    cdef GradPlan* p = &s.gradient
    cdef Py_ssize_t rows
    if (c.kind != RETURN or c.winner_width >= 4 or all_covered(&c.shape) or not is_identity(&c.shape.z)
            or (c.shape.inner == 1 and short_rows(&c.shape, RETURN, True))):
        return False
    plan_return(p, c)
    p.planes, p.z = p.planes * p.z.size, trivial()      # slices that no window joins
    prepare_gradient(p, threads)
    if p.picks:
        return False
    s.by, s.margin = &HALVES[half_of(c)], min((p.y.kernel - 1) * p.y.dilation, p.y.size)
    rows = SCATTERED // (p.n_in * <Py_ssize_t>sizeof(float))
    if p.block > rows:
        p.block = min(p.block, max(rows - 2 * s.margin, s.margin, 1))
    p.blocks = (p.y.size + p.block - 1) // p.block
    return True


cdef int run_scatter_halves(const HalfScatter* s, Py_ssize_t threads) except -1 nogil:
    cdef const GradPlan* p = &s.gradient
    cdef Py_ssize_t bytes = ((p.block + 2 * s.margin) * p.n_in + p.n_out) * <Py_ssize_t>sizeof(float)
    return share_out(scatter_halves, s, padded(gradient_scratch_bytes(p)) + padded(bytes), p.planes * p.blocks, threads)


cdef void scatter_halves(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const HalfScatter* s = <const HalfScatter*>job
    cdef const GradPlan* p = &s.gradient
    cdef Py_ssize_t unit, r0, r1, plane, row = p.n_in * <Py_ssize_t>sizeof(float)
    cdef float* grad = <float*>(memory + padded(gradient_scratch_bytes(p)))
    cdef char* cells = <char*>(grad + p.n_out)
    find_places(p, <Py_ssize_t*>memory)
    for unit in range(first, end):
        plane = unit // p.blocks
        r0 = unit % p.blocks * p.block
        r1 = min(p.y.size, r0 + p.block)
        memset(cells, 0, (r1 - r0 + 2 * s.margin) * row)
        if p.code_width == 1:
            scatter_half_rows(s, <const Py_ssize_t*>memory, plane, r0, r1, <float*>cells, grad, <const uint8_t*>p.codes)
        else:
            scatter_half_rows(s, <const Py_ssize_t*>memory, plane, r0, r1, <float*>cells, grad, <const uint16_t*>p.codes)
        s.by.store(p.result + (plane * p.y.size + r0) * p.n_in * 2, cells + s.margin * row, (r1 - r0) * p.n_in)


cdef void scatter_half_rows(const HalfScatter* s, const Py_ssize_t* place, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1,
                            float* cells, float* grad, const code_type* codes) noexcept nogil:
    # The windows that reach rows r0 to r1, into cells whose first row is `margin` before r0.
    cdef const GradPlan* p = &s.gradient
    cdef Py_ssize_t y, at, first, end
    rows_that_reach(p, r0, r1, &first, &end)
    for y in range(first, end):
        at = (plane * p.y.out + y) * p.n_out
        s.by.load(<char*>grad, p.grad + at * 2, p.n_out)
        scatter_all(p, place, cells, grad, codes + at, (y * p.y.stride - p.y.before - r0 + s.margin) * p.n_in)
