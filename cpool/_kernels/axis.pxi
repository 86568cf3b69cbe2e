# One spatial axis as the kernels see it: cpool._geometry.Axis, and the same axis seen from the gradient's side.

cdef struct Axis:
    Py_ssize_t size, out, kernel, stride, dilation, before, after
    # The input counts as stretched: its cells lie `spread` apart, with nothing between them. The gradient of a strided
    # pooling is a pooling with stride 1 over its stretched output; spread is 1 otherwise.
    Py_ssize_t spread


# The cells of one window that lie in the input: `count` of them, from `first`, `step` apart; the window's taps before
# them number `skip` (told only where spread is 1).
cdef struct Cells:
    Py_ssize_t first, step, count, skip


cdef Axis axis_from(const long long* numbers) noexcept nogil:
    cdef Axis a
    a.size, a.out, a.kernel, a.stride = numbers[0], numbers[1], numbers[2], numbers[3]
    a.dilation, a.before, a.after, a.spread = numbers[4], numbers[5], numbers[6], 1
    return a


cdef Axis adjoint(const Axis* a) noexcept nogil:
    # Cell i of the input is in window o where o * stride + t * dilation = i + before: read along o, that is a window over
    # the stretched outputs, mirrored.
    cdef Axis b
    b.size, b.out, b.kernel, b.stride, b.dilation = a.out, a.size, a.kernel, 1, a.dilation
    b.before, b.after, b.spread = (a.kernel - 1) * a.dilation - a.before, 0, a.stride
    return b


cdef bint is_identity(const Axis* a) noexcept nogil:
    return a.kernel == 1 and a.stride == 1 and a.spread == 1 and a.before == 0 and a.size == a.out


cdef inline Py_ssize_t reach(const Axis* a, Py_ssize_t outputs) noexcept nogil:
    # The cells, stretched and padded, that so many consecutive windows span.
    return (outputs - 1) * a.stride + (a.kernel - 1) * a.dilation + 1


cdef inline Py_ssize_t first_inside(const Axis* a) noexcept nogil:
    # The first window that has no cell before the input.
    return min(a.out, (a.before + a.stride - 1) // a.stride)


cdef inline Py_ssize_t end_inside(const Axis* a) noexcept nogil:
    # One past the last window that has no cell behind the input; at least first_inside.
    cdef Py_ssize_t room = (a.size - 1) * a.spread + a.before - (a.kernel - 1) * a.dilation
    cdef Py_ssize_t end = room // a.stride + 1 if room >= 0 else 0
    return max(first_inside(a), min(a.out, end))


cdef Cells cells_of(const Axis* a, Py_ssize_t o) noexcept nogil:
    cdef Cells c
    cdef Py_ssize_t start = o * a.stride - a.before, at, t, room
    c.skip = (a.dilation - 1 - start) // a.dilation if start < 0 else 0
    if a.spread == 1:
        c.first, c.step = start + c.skip * a.dilation, a.dilation
        room = a.size - c.first
        c.count = max(0, min(a.kernel - c.skip, (room + a.dilation - 1) // a.dilation)) if room > 0 else 0
        return c
    c.first, c.step, c.count = 0, 1, 0
    t = c.skip
    while t < a.kernel:
        at = start + t * a.dilation
        if at > (a.size - 1) * a.spread:
            break
        if at % a.spread == 0:
            if c.count == 0:
                c.first = at // a.spread
            elif c.count == 1:
                c.step = at // a.spread - c.first
            c.count += 1
        t += 1
    return c


cdef Py_ssize_t divisor_of(const Axis* a, Py_ssize_t o, bint include_pad) noexcept nogil:
    # The cells of a window that an average counts: inside the input, or inside its padding too; never the overhang of
    # ceil mode beyond the padding.
    cdef Py_ssize_t start = o * a.stride - a.before, room
    if not include_pad:
        return cells_of(a, o).count
    room = a.size + a.after - start
    return max(0, min(a.kernel, (room + a.dilation - 1) // a.dilation)) if room > 0 else 0
