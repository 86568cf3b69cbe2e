# The gradient of max and min: each output's gradient goes to the cell that won, which its code tells.
#
# Where a cell is in few windows it gathers from them (pick), so that each gradient is written once and nothing is filled with
# zeros first: pick.pxi. Else a block of the gradient is zeroed and the outputs are scattered into it (scatter). Rows of one
# plane are the unit of work. Both ways add in the order of the windows, which no block, thread or variant changes.

cdef enum:
    # A cell in more windows than this is scattered to: to compare it with the winner of each takes longer. (In rows of cells with the
    # 27 of 3x3x3 and stride 1 scattering took 1.6 times as long as comparing, with the 49 of 7x7 less; in pixels of channels with
    # the 25 of 5x5 less.)
    WORTH_PICKS = 27
    WORTH_PIXEL_PICKS = 16


cdef struct GradPlan:
    const cpool_grads* rows
    Axis z, y, x                # the pooling's own axes
    Axis over_z, over_y, over_x  # their adjoints: the windows that a cell is in
    Py_ssize_t planes, inner
    const char* grad            # contiguous, as the codes and the result
    const char* codes
    Py_ssize_t code_width
    char* result
    bint part                   # of a plane: windows may reach rows that are not here
    # decided by prepare_gradient():
    bint picks
    Py_ssize_t block, blocks, n_in, n_out
    # of picks, by prepare_picks():
    bint pixels, direct, pairs, same_lists
    Py_ssize_t before, pitch, slots_y, slots_z, phases, most
    # of scatter, where there are not too many codes:
    bint places
    Py_ssize_t cells


cdef inline bint borders_little(const Axis* a) noexcept nogil:
    # Picking lays a border round the outputs, as wide as windows reach.
    return (a.kernel - 1) * a.dilation <= 4 * a.size + 64


cdef void prepare_gradient(GradPlan* p, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t wanted
    p.over_z, p.over_y, p.over_x = adjoint(&p.z), adjoint(&p.y), adjoint(&p.x)
    p.n_in, p.n_out = p.x.size * p.inner, p.x.out * p.inner
    p.most = min(most_cells(&p.over_z), MOST_PICKS + 1) * min(most_cells(&p.over_y), MOST_PICKS + 1)
    p.most = min(p.most, MOST_PICKS + 1) * min(most_cells(&p.over_x), MOST_PICKS + 1)
    # With far more cells than windows it is faster to write zeros, and then the few cells that win.
    p.picks = (p.code_width == 1 and p.most <= min(MOST_PICKS, WORTH_PICKS if p.inner == 1 else WORTH_PIXEL_PICKS)
               and p.x.stride < 16 and p.y.stride < 16 and p.x.stride * p.y.stride < 16
               and borders_little(&p.y) and borders_little(&p.x))
    p.block = p.y.size
    p.places = False
    if p.picks:
        prepare_picks(p)
    if not p.picks and p.code_width < 4:
        p.cells = p.z.kernel * p.y.kernel * p.x.kernel
        p.places = True
    if p.planes < threads:
        wanted = (threads + p.planes - 1) // p.planes
        p.block = max(1, min(p.block, (p.y.size + wanted - 1) // wanted))
    p.blocks = (p.y.size + p.block - 1) // p.block
    p.slots_y = (p.block + (p.y.kernel - 1) * p.y.dilation) // p.y.stride + 3       # of picks


cdef Py_ssize_t gradient_scratch_bytes(const GradPlan* p) noexcept nogil:
    if p.picks:
        return pick_scratch_bytes(p, NULL, NULL)
    return 2 * p.cells * <Py_ssize_t>sizeof(Py_ssize_t) if p.places else 64


cdef inline void rows_that_reach(const GradPlan* p, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t* first, Py_ssize_t* end) noexcept nogil:
    # The windows along the rows that have a cell in rows r0 to r1, first to end.
    cdef Py_ssize_t start = r0 + p.y.before - (p.y.kernel - 1) * p.y.dilation
    first[0] = (start + p.y.stride - 1) // p.y.stride if start > 0 else 0
    end[0] = min(p.y.out, (r1 - 1 + p.y.before) // p.y.stride + 1)


# ----------------------------------------------------------------------------------------------------------------- scatter
ctypedef fused floating:
    float
    double

ctypedef fused code_type:
    uint8_t
    uint16_t
    int32_t


cdef void find_places(const GradPlan* p, Py_ssize_t* place) noexcept nogil:
    # By code: how far the cell is from the window's start, in elements and, behind these, in rows.
    cdef Py_ssize_t tz, ty, tx, code = 0
    for tz in range(p.z.kernel):
        for ty in range(p.y.kernel):
            for tx in range(p.x.kernel):
                place[code] = ((tz * p.z.dilation * p.y.size + ty * p.y.dilation) * p.n_in + tx * p.x.dilation * p.inner)
                place[p.cells + code] = ty * p.y.dilation
                code += 1


cdef void scatter_row(const GradPlan* p, const Py_ssize_t* place, floating* plane, const floating* grad, const code_type* code,
                      Py_ssize_t z0, Py_ssize_t y0, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # One row of outputs whose windows start at (z0, y0), into rows r0 to r1 of every slice of a plane.
    cdef Py_ssize_t x, c, row, start = (z0 * p.y.size + y0) * p.n_in - p.x.before * p.inner, step = p.x.stride * p.inner
    cdef bint whole = r0 == 0 and r1 == p.y.size and not p.part
    cdef Py_ssize_t k
    if p.places and whole:
        scatter_all(p, place, plane, grad, code, start + p.x.before * p.inner)
        return
    for x in range(p.x.out):
        for c in range(p.inner):
            if code[c] == <code_type>-1:
                continue
            k = <Py_ssize_t>code[c]
            if p.places:
                if r0 <= y0 + place[p.cells + k] < r1:
                    plane[start + place[k] + c] += grad[c]
            else:
                row = k // p.x.kernel
                if r0 <= y0 + row % p.y.kernel * p.y.dilation < r1:
                    plane[start + (row // p.y.kernel * p.z.dilation * p.y.size + row % p.y.kernel * p.y.dilation) * p.n_in
                          + k % p.x.kernel * p.x.dilation * p.inner + c] += grad[c]
        start += step
        code += p.inner
        grad += p.inner


cdef void scatter_all(const GradPlan* p, const Py_ssize_t* place, floating* cells, const floating* grad, const code_type* code,
                      Py_ssize_t row) noexcept nogil:
    # One row of outputs whose windows start with this row of cells, all of which are there.
    cdef Py_ssize_t x, start = row - p.x.before * p.inner, step = p.x.stride * p.inner
    if p.inner == 1:
        scatter_runs(place, cells, grad, code, start, step, p.x.out)
        return
    for x in range(p.x.out):
        scatter_pixel(place, cells, start, grad, code, p.inner)
        start += step
        code += p.inner
        grad += p.inner


cdef void scatter_runs(const Py_ssize_t* place, floating* plane, const floating* grad, const code_type* code, Py_ssize_t start,
                       Py_ssize_t step, Py_ssize_t n) noexcept nogil:
    # Windows side by side often have one winner: its gradient is added up before it is written, as an addition in memory waits for
    # the one before it three times as long.
    cdef Py_ssize_t x, to, at = -1
    cdef floating sum = 0
    for x in range(n):
        if code[x] != <code_type>-1:
            to = start + place[<Py_ssize_t>code[x]]
            if to != at:
                if at >= 0:
                    plane[at] = sum
                sum = plane[to]
                at = to
            sum += grad[x]
        start += step
    if at >= 0:
        plane[at] = sum


cdef inline void scatter_pixel(const Py_ssize_t* place, floating* plane, Py_ssize_t start, const floating* grad,
                               const code_type* code, Py_ssize_t n) noexcept nogil:
    # The start of a window may lie so far before the plane that only a number, and no pointer, can say where.
    cdef Py_ssize_t c
    for c in range(n):
        if code[c] != <code_type>-1:
            plane[start + place[<Py_ssize_t>code[c]] + c] += grad[c]


cdef void scatter_block(const GradPlan* p, const Py_ssize_t* place, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1, floating* result,
                        const code_type* codes) noexcept nogil:
    cdef const floating* grad = <const floating*>p.grad
    cdef Py_ssize_t z, y, at, first, end
    result += plane * p.z.size * p.y.size * p.n_in
    for z in range(p.z.size):
        memset(result + (z * p.y.size + r0) * p.n_in, 0, (r1 - r0) * p.n_in * sizeof(floating))
    rows_that_reach(p, r0, r1, &first, &end)
    for z in range(p.z.out):
        for y in range(first, end):
            at = ((plane * p.z.out + z) * p.y.out + y) * p.n_out
            scatter_row(p, place, result, grad + at, codes + at, z * p.z.stride - p.z.before, y * p.y.stride - p.y.before, r0, r1)


cdef void scatter_unit(const GradPlan* p, const Py_ssize_t* place, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    if p.rows.width == 4:
        if p.code_width == 1:
            scatter_block(p, place, plane, r0, r1, <float*>p.result, <const uint8_t*>p.codes)
        elif p.code_width == 2:
            scatter_block(p, place, plane, r0, r1, <float*>p.result, <const uint16_t*>p.codes)
        else:
            scatter_block(p, place, plane, r0, r1, <float*>p.result, <const int32_t*>p.codes)
    elif p.code_width == 1:
        scatter_block(p, place, plane, r0, r1, <double*>p.result, <const uint8_t*>p.codes)
    elif p.code_width == 2:
        scatter_block(p, place, plane, r0, r1, <double*>p.result, <const uint16_t*>p.codes)
    else:
        scatter_block(p, place, plane, r0, r1, <double*>p.result, <const int32_t*>p.codes)
