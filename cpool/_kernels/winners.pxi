# The gradient of max and min: each output's gradient goes to the cell that won, which its code tells.
#
# Small windows: every input cell gathers from the few windows that it is in (pick), so that each gradient is written once
# and nothing is filled with zeros first. Large windows: a block of the gradient is zeroed and the outputs are scattered into
# it (scatter). A block of rows of one plane is the unit of work; both add in an order that no block or thread changes.

cdef enum:
    MOST_PICKS = 16      # windows a cell may be in before scattering is the cheaper way

cdef struct GradPlan:
    const cpool_grads* rows
    Axis z, y, x
    Py_ssize_t planes, inner
    const char* grad            # contiguous, as the codes and the result
    const char* codes
    Py_ssize_t code_width
    char* result
    # decided by prepare_gradient():
    bint picks, pixels
    Py_ssize_t block, blocks, n_in, n_out, before, row_bytes, slots_y, slots_z


cdef struct Cover:
    # The windows that a cell is in, and which of their taps it is.
    Py_ssize_t count
    Py_ssize_t window[MOST_PICKS]
    Py_ssize_t tap[MOST_PICKS]


cdef inline Py_ssize_t tap_period(const Axis* a) noexcept nogil:
    # Taps this far apart meet the same cell, in windows that are neighbours or further apart.
    cdef Py_ssize_t x = a.stride, y = a.dilation
    while y:
        x, y = y, x % y
    return a.stride // x


cdef inline Py_ssize_t most_windows(const Axis* a) noexcept nogil:
    cdef Py_ssize_t period = tap_period(a)
    return (a.kernel + period - 1) // period


cdef void find_cover(const Axis* a, Py_ssize_t cell, Cover* c) noexcept nogil:
    cdef Py_ssize_t at = cell + a.before, period = tap_period(a), t = 0, start
    c.count = 0
    while t < period and (at - t * a.dilation) % a.stride != 0:
        t += 1
    if t == period:
        return
    while t < a.kernel:
        start = at - t * a.dilation
        if start < 0:
            return
        if start // a.stride < a.out:
            c.window[c.count], c.tap[c.count] = start // a.stride, t
            c.count += 1
        t += period


cdef void prepare_gradient(GradPlan* p, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t many = most_windows(&p.z) * most_windows(&p.y), behind, wanted
    p.picks = many <= MOST_PICKS and many * most_windows(&p.x) <= MOST_PICKS
    p.pixels = p.inner >= 8
    p.n_in, p.n_out = p.x.size * p.inner, p.x.out * p.inner
    p.before = 0 if p.pixels else max(0, ((p.x.kernel - 1) * p.x.dilation - p.x.before + p.x.stride - 1) // p.x.stride)
    behind = 0 if p.pixels else max(0, (p.x.size - 1 + p.x.before) // p.x.stride - (p.x.out - 1))
    p.row_bytes = padded((p.before + p.x.out + behind) * p.inner * p.rows.width)
    p.slots_z = most_windows(&p.z)
    p.block = p.y.size
    if p.picks:
        p.block = max(1, min(p.y.size, FAR // (2 * p.slots_z * p.row_bytes) * p.y.stride))
    if p.planes < threads:
        wanted = (threads + p.planes - 1) // max(1, p.planes)
        p.block = max(1, min(p.block, (p.y.size + wanted - 1) // wanted))
    p.blocks = (p.y.size + p.block - 1) // p.block
    p.slots_y = min(p.y.out, (p.block + (p.y.kernel - 1) * p.y.dilation) // p.y.stride + 2)


cdef Py_ssize_t gradient_scratch_bytes(const GradPlan* p) noexcept nogil:
    if not p.picks:
        return 64
    # Gradients and codes of the rows of a block, and one phase of a row of the result.
    return 2 * p.slots_z * p.slots_y * p.row_bytes + padded(p.n_in * p.rows.width)


# -------------------------------------------------------------------------------------------------------------------- pick
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


cdef void pick_row(const GradPlan* p, char* scratch, Py_ssize_t plane, const Cover* cz, const Cover* cy, Py_ssize_t first_y,
                   char* out) noexcept nogil:
    cdef const char* grad[MOST_PICKS]
    cdef const char* code[MOST_PICKS]
    cdef const char* rows_grad[MOST_PICKS]
    cdef const char* rows_code[MOST_PICKS]
    cdef int64_t base[MOST_PICKS]
    cdef int64_t wanted[MOST_PICKS]
    cdef Py_ssize_t lines = 0, m, i, j, k, q, t, at, slot, pixel = p.inner * p.rows.width, n, steps
    cdef Py_ssize_t codes_at = p.slots_z * p.slots_y * p.row_bytes
    cdef char* phase = scratch + 2 * codes_at
    cdef char* dst
    cdef Cover cx
    cdef const Axis* a = &p.x
    for i in range(cz.count):
        for j in range(cy.count):
            slot = (i * p.slots_y + cy.window[j] - first_y) * p.row_bytes
            rows_grad[lines], rows_code[lines] = scratch + slot, scratch + codes_at + slot
            if p.pixels:
                rows_grad[lines] = p.grad + ((plane * p.z.out + cz.window[i]) * p.y.out + cy.window[j]) * p.n_out * p.rows.width
            base[lines] = (cz.tap[i] * p.y.kernel + cy.tap[j]) * a.kernel
            lines += 1
    if p.pixels:
        for at in range(a.size):
            find_cover(a, at, &cx)
            m = 0
            for k in range(lines):
                for i in range(cx.count):
                    grad[m], code[m] = rows_grad[k] + cx.window[i] * pixel, rows_code[k] + cx.window[i] * pixel
                    wanted[m] = base[k] + cx.tap[i]
                    m += 1
            p.rows.pick(out + at * pixel, grad, code, wanted, m, p.inner)
        return
    # Columns whose distance is the stride see the same taps: each such phase is one flat row, shifted.
    for q in range(min(a.stride, a.size + a.before)):
        j = (a.before - q + a.stride - 1) // a.stride if a.before > q else 0
        at = j * a.stride + q - a.before
        if at >= a.size:
            continue
        n = (a.size - at + a.stride - 1) // a.stride
        m = 0
        for k in range(lines):
            for t in range(a.kernel):
                steps = q - t * a.dilation
                if steps % a.stride:
                    continue
                steps = (p.before + j + steps // a.stride) * pixel
                grad[m], code[m], wanted[m] = rows_grad[k] + steps, rows_code[k] + steps, base[k] + t
                m += 1
        dst = out if a.stride == 1 else phase
        p.rows.pick(dst, grad, code, wanted, m, n * p.inner)
        if a.stride > 1:
            cpool_spread(out + at * pixel, phase, a.stride, n, pixel)


cdef void pick_unit(const GradPlan* p, char* scratch, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    cdef Py_ssize_t z, y, i, first, end, codes_at = p.slots_z * p.slots_y * p.row_bytes, slot
    cdef Cover cz, cy
    # The windows that rows r0 to r1 are in.
    first = r0 + p.y.before - (p.y.kernel - 1) * p.y.dilation
    first = (first + p.y.stride - 1) // p.y.stride if first > 0 else 0
    end = min(p.y.out, (r1 - 1 + p.y.before) // p.y.stride + 1)
    for z in range(p.z.size):
        find_cover(&p.z, z, &cz)
        for i in range(cz.count):
            for y in range(first, end):
                slot = (i * p.slots_y + y - first) * p.row_bytes
                lay_row(p, scratch + slot, scratch + codes_at + slot, ((plane * p.z.out + cz.window[i]) * p.y.out + y) * p.n_out)
        for y in range(r0, r1):
            find_cover(&p.y, y, &cy)
            pick_row(p, scratch, plane, &cz, &cy, first, p.result + ((plane * p.z.size + z) * p.y.size + y) * p.n_in * p.rows.width)


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


cdef void scatter_block(const GradPlan* p, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1, floating* like, code_type* code_like) noexcept nogil:
    cdef floating* result = (<floating*>p.result) + plane * p.z.size * p.y.size * p.n_in
    cdef Py_ssize_t z, y, at, first, end
    for z in range(p.z.size):
        memset(result + (z * p.y.size + r0) * p.n_in, 0, (r1 - r0) * p.n_in * sizeof(floating))
    first = r0 + p.y.before - (p.y.kernel - 1) * p.y.dilation
    first = (first + p.y.stride - 1) // p.y.stride if first > 0 else 0
    end = min(p.y.out, (r1 - 1 + p.y.before) // p.y.stride + 1)
    for z in range(p.z.out):
        for y in range(first, end):
            at = ((plane * p.z.out + z) * p.y.out + y) * p.n_out
            scatter_row(p, result, (<const floating*>p.grad) + at, (<const code_type*>p.codes) + at,
                        z * p.z.stride - p.z.before, y * p.y.stride - p.y.before, r0, r1)


cdef void scatter_unit(const GradPlan* p, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    if p.rows.width == 4:
        if p.code_width == 1:
            scatter_block[float, uint8_t](p, plane, r0, r1, NULL, NULL)
        elif p.code_width == 2:
            scatter_block[float, uint16_t](p, plane, r0, r1, NULL, NULL)
        else:
            scatter_block[float, int32_t](p, plane, r0, r1, NULL, NULL)
    elif p.code_width == 1:
        scatter_block[double, uint8_t](p, plane, r0, r1, NULL, NULL)
    elif p.code_width == 2:
        scatter_block[double, uint16_t](p, plane, r0, r1, NULL, NULL)
    else:
        scatter_block[double, int32_t](p, plane, r0, r1, NULL, NULL)


cdef void gradient_unit(const GradPlan* p, char* scratch, Py_ssize_t unit) noexcept nogil:
    cdef Py_ssize_t plane = unit // p.blocks, r0 = unit % p.blocks * p.block, r1 = min(p.y.size, r0 + p.block)
    if p.picks:
        pick_unit(p, scratch, plane, r0, r1)
    else:
        scatter_unit(p, plane, r0, r1)
