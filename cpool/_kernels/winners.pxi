# The gradient of max and min: each output's gradient goes to the cell that won, which its code tells.
#
# Small windows: every input cell gathers from the few windows that it is in (pick), so that each gradient is written once
# and nothing is filled with zeros first. Large windows: a block of the gradient is zeroed and the outputs are scattered into
# it (scatter). A block of rows of one plane is the unit of work; both add in an order that no block or thread changes.

cdef enum:
    MOST_PICKS = 16      # windows a cell may be in before scattering is the cheaper way

cdef struct GradPlan:
    const cpool_grads* rows
    Axis z, y, x                # the pooling's own axes
    Axis over_z, over_y, over_x  # their adjoints: the windows that a cell is in
    Py_ssize_t planes, inner
    const char* grad            # contiguous, as the codes and the result
    const char* codes
    Py_ssize_t code_width
    char* result
    # decided by prepare_gradient():
    bint picks, pixels
    Py_ssize_t block, blocks, n_in, n_out, before, row_bytes, slots_y, slots_z, phases, longest


cdef struct Lines:
    # The rows of outputs that reach one row of cells, and the code of their tap 0.
    Py_ssize_t count
    const char* grad[MOST_PICKS]
    const char* code[MOST_PICKS]
    int64_t base[MOST_PICKS]


cdef void prepare_gradient(GradPlan* p, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t many, behind, wanted
    p.over_z, p.over_y, p.over_x = adjoint(&p.z), adjoint(&p.y), adjoint(&p.x)
    many = min(most_cells(&p.over_z), MOST_PICKS + 1) * min(most_cells(&p.over_y), MOST_PICKS + 1)
    p.picks = many * min(most_cells(&p.over_x), MOST_PICKS + 1) <= MOST_PICKS
    p.n_in, p.n_out = p.x.size * p.inner, p.x.out * p.inner
    p.before = (p.over_x.before + p.x.stride - 1) // p.x.stride
    behind = max(0, (p.x.size - 1 + p.x.before) // p.x.stride - (p.x.out - 1))
    # Pixel by pixel the windows are cut to the outputs; flat rows need a border, which a large dilation makes far too wide.
    p.pixels = p.inner >= 8 or p.before + behind > p.x.size + p.x.out + 64
    p.phases = min(p.x.stride, p.x.size)
    if p.pixels:
        p.before, behind, p.phases = 0, 0, p.x.size
    p.longest = (p.x.size + p.x.stride - 1) // p.x.stride
    p.row_bytes = padded((p.before + p.x.out + behind) * p.inner * p.rows.width)
    p.slots_z = most_cells(&p.over_z)
    p.block = p.y.size
    if p.picks:
        p.block = max(1, min(p.y.size, FAR // (2 * p.slots_z * p.row_bytes) * p.y.stride))
    if p.planes < threads:
        wanted = (threads + p.planes - 1) // p.planes
        p.block = max(1, min(p.block, (p.y.size + wanted - 1) // wanted))
    p.blocks = (p.y.size + p.block - 1) // p.block
    p.slots_y = min(p.y.out, (p.block + (p.y.kernel - 1) * p.y.dilation) // p.y.stride + 2)


cdef Py_ssize_t gradient_scratch_bytes(const GradPlan* p) noexcept nogil:
    if not p.picks:
        return 64
    # Gradients and codes of the rows of a block, the phases of a row of the result, and what is known of them.
    return (2 * p.slots_z * p.slots_y * p.row_bytes + padded(min(p.x.stride, p.x.size) * p.longest * p.inner * p.rows.width)
            + p.phases * <Py_ssize_t>sizeof(Cells))


# -------------------------------------------------------------------------------------------------------------------- pick
cdef void find_phases(const GradPlan* p, Cells* phases) noexcept nogil:
    # Of each pixel; or, for flat rows, of each phase: the cells whose distance is the stride are in the same windows.
    cdef Py_ssize_t q
    for q in range(p.phases):
        if p.pixels:
            phases[q] = cells_of(&p.over_x, q)
        else:
            phases[q] = endless_cells(&p.over_x, q)
            phases[q].first += p.before


cdef void lay_row(const GradPlan* p, char* grad, char* code, Py_ssize_t at) noexcept nogil:
    # One row of the output's gradient and codes, between borders that no window is in.
    cdef Py_ssize_t w = p.rows.width, left = p.before * p.inner * w, body = p.n_out * w
    if not p.pixels:
        memset(code, 0xff, left)
        memset(code + left + body, 0xff, p.row_bytes - left - body)
        memset(grad, 0, left)
        memset(grad + left + body, 0, p.row_bytes - left - body)
        memcpy(grad + left, p.grad + at * w, body)
    p.rows.widen(code + left, p.codes + at * p.code_width, p.code_width, p.n_out)


cdef inline void pick_phase(const GradPlan* p, const Lines* lines, const Cells* phase, char* out, Py_ssize_t n) noexcept nogil:
    cdef const char* grad[MOST_PICKS]
    cdef const char* code[MOST_PICKS]
    cdef int64_t wanted[MOST_PICKS]
    cdef Py_ssize_t m = 0, k, i, at, pixel = p.inner * p.rows.width
    for k in range(lines.count):
        for i in range(phase.count):
            at = (phase.first + i * p.over_x.hop) * pixel
            grad[m], code[m] = lines.grad[k] + at, lines.code[k] + at
            wanted[m] = lines.base[k] + p.x.kernel - 1 - phase.tap - i * p.over_x.period
            m += 1
    p.rows.pick(out, grad, code, wanted, m, n)


cdef void pick_row(const GradPlan* p, const Lines* lines, const Cells* phases, char* scratch, char* out) noexcept nogil:
    cdef Py_ssize_t q, n, pixel = p.inner * p.rows.width
    cdef char* dst
    if p.pixels:
        for q in range(p.phases):
            pick_phase(p, lines, &phases[q], out + q * pixel, p.inner)
        return
    if p.x.stride == 1:
        pick_phase(p, lines, &phases[0], out, p.n_in)
        return
    for q in range(p.phases):
        n = (p.x.size - q + p.x.stride - 1) // p.x.stride
        dst = scratch + q * p.longest * pixel
        pick_phase(p, lines, &phases[q], dst, n * p.inner)
        if p.x.stride > 2:
            cpool_spread(out + q * pixel, dst, p.x.stride, n, pixel)
    if p.x.stride == 2:
        cpool_zip(out, scratch, scratch + p.longest * pixel, p.x.size, pixel)


cdef void pick_unit(const GradPlan* p, char* scratch, const Cells* phases, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    cdef Py_ssize_t z, y, i, j, first, end, slot, window, tap
    cdef Py_ssize_t codes_at = p.slots_z * p.slots_y * p.row_bytes
    cdef Cells cz, cy
    cdef Lines lines
    rows_that_reach(p, r0, r1, &first, &end)
    for z in range(p.z.size):
        cz = cells_of(&p.over_z, z)
        for i in range(cz.count):
            window = cz.first + i * p.over_z.hop
            for y in range(first, end):
                slot = (i * p.slots_y + y - first) * p.row_bytes
                lay_row(p, scratch + slot, scratch + codes_at + slot, ((plane * p.z.out + window) * p.y.out + y) * p.n_out)
        for y in range(r0, r1):
            cy = cells_of(&p.over_y, y)
            lines.count = 0
            for i in range(cz.count):
                window = cz.first + i * p.over_z.hop
                tap = p.z.kernel - 1 - cz.tap - i * p.over_z.period
                for j in range(cy.count):
                    slot = (i * p.slots_y + cy.first + j * p.over_y.hop - first) * p.row_bytes
                    lines.code[lines.count] = scratch + codes_at + slot
                    lines.grad[lines.count] = scratch + slot
                    if p.pixels:
                        lines.grad[lines.count] = p.grad + (((plane * p.z.out + window) * p.y.out + cy.first + j * p.over_y.hop)
                                                            * p.n_out * p.rows.width)
                    lines.base[lines.count] = (tap * p.y.kernel + p.y.kernel - 1 - cy.tap - j * p.over_y.period) * p.x.kernel
                    lines.count += 1
            pick_row(p, &lines, phases, scratch + 2 * codes_at, p.result + ((plane * p.z.size + z) * p.y.size + y) * p.n_in * p.rows.width)


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


cdef void scatter_row(const GradPlan* p, floating* plane, const floating* grad, const code_type* code, Py_ssize_t z0, Py_ssize_t y0,
                      Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # One row of outputs whose windows start at (z0, y0), into rows r0 to r1 of every slice of a plane.
    cdef Py_ssize_t x, c, x0, row, y
    cdef uint32_t k, kx = <uint32_t>p.x.kernel, ky = <uint32_t>p.y.kernel
    for x in range(p.x.out):
        x0 = x * p.x.stride - p.x.before
        for c in range(x * p.inner, (x + 1) * p.inner):
            if code[c] == <code_type>-1:
                continue
            k = <uint32_t>code[c]
            row = k // kx
            y = y0 + (row % ky) * p.y.dilation
            if r0 <= y < r1:
                y += (z0 + (row // ky) * p.z.dilation) * p.y.size
                plane[y * p.n_in + (x0 + (k % kx) * p.x.dilation) * p.inner + c - x * p.inner] += grad[c]


cdef void scatter_block(const GradPlan* p, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1, floating* result,
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
            scatter_row(p, result, grad + at, codes + at, z * p.z.stride - p.z.before, y * p.y.stride - p.y.before, r0, r1)


cdef void scatter_unit(const GradPlan* p, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    if p.rows.width == 4:
        if p.code_width == 1:
            scatter_block(p, plane, r0, r1, <float*>p.result, <const uint8_t*>p.codes)
        elif p.code_width == 2:
            scatter_block(p, plane, r0, r1, <float*>p.result, <const uint16_t*>p.codes)
        else:
            scatter_block(p, plane, r0, r1, <float*>p.result, <const int32_t*>p.codes)
    elif p.code_width == 1:
        scatter_block(p, plane, r0, r1, <double*>p.result, <const uint8_t*>p.codes)
    elif p.code_width == 2:
        scatter_block(p, plane, r0, r1, <double*>p.result, <const uint16_t*>p.codes)
    else:
        scatter_block(p, plane, r0, r1, <double*>p.result, <const int32_t*>p.codes)
