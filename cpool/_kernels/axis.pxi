# One spatial axis as the kernels see it: cpool._geometry.Axis, and the same axis seen from the gradient's side.

cdef struct Axis:
    Py_ssize_t size, out, kernel, stride, dilation, before, after
    # The input counts as stretched: its cells lie `spread` apart, with nothing between them. The gradient of a strided
    # pooling is a pooling with stride 1 over its stretched output; spread is 1 otherwise.
    Py_ssize_t spread
    # Of a stretched input a window meets a cell with every period-th tap: cells that are `hop` apart.
    Py_ssize_t period, hop


# The cells of one window that lie in the input: `count` of them, from `first`, axis.hop apart. The first is met by the tap
# `tap`, the next by tap + axis.period; where there is none, `first` and `tap` mean nothing.
cdef struct Cells:
    Py_ssize_t first, count, tap


cdef Axis axis_from(const int64_t* numbers) noexcept nogil:
    cdef Axis a
    a.size, a.out, a.kernel, a.stride = numbers[0], numbers[1], numbers[2], numbers[3]
    a.dilation, a.before, a.after, a.spread = numbers[4], numbers[5], numbers[6], 1
    a.period, a.hop = 1, a.dilation
    return a


cdef Axis adjoint(const Axis* a) noexcept nogil:
    # Cell i of the input is in window o where o * stride + t * dilation = i + before: read along o, that is a window over
    # the stretched outputs, mirrored: tap t there is tap kernel - 1 - t here.
    cdef Axis b
    cdef Py_ssize_t x = a.stride, y = a.dilation
    while y:
        x, y = y, x % y
    b.size, b.out, b.kernel, b.stride, b.dilation = a.out, a.size, a.kernel, 1, a.dilation
    b.before, b.after, b.spread = (a.kernel - 1) * a.dilation - a.before, 0, a.stride
    b.period, b.hop = a.stride // x, a.dilation // x
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


cdef inline Py_ssize_t first_tap(const Axis* a, Py_ssize_t start) noexcept nogil:
    # The first tap of a window at `start` that meets a cell of a stretched input, inside or not; kernel where none does.
    cdef Py_ssize_t t = 0, end = min(a.period, a.kernel)
    if a.dilation == 1:
        t = start % a.spread
        return min(a.kernel, a.spread - t if t > 0 else -t)
    while t < end:
        if (start + t * a.dilation) % a.spread == 0:
            return t
        t += 1
    return a.kernel


cdef Cells endless_cells(const Axis* a, Py_ssize_t o) noexcept nogil:
    # The cells of a window as if the (stretched) input had no end on either side; `first` may be negative.
    cdef Cells c
    cdef Py_ssize_t start = o * a.stride - a.before
    c.first, c.count, c.tap = 0, 0, first_tap(a, start)
    if c.tap < a.kernel:
        # The division is exact: that it truncates does no harm.
        c.first, c.count = (start + c.tap * a.dilation) // a.spread, (a.kernel - 1 - c.tap) // a.period + 1
    return c


cdef Cells cells_of(const Axis* a, Py_ssize_t o) noexcept nogil:
    cdef Cells c
    cdef Py_ssize_t start = o * a.stride - a.before, room = (a.size - 1) * a.spread - start, least, last
    c.first, c.count = 0, 0
    c.tap = least = (a.dilation - 1 - start) // a.dilation if start < 0 else 0
    if room < 0:
        return c
    last = min(a.kernel - 1, room // a.dilation)
    if a.spread > 1:
        c.tap = first_tap(a, start)
        if c.tap < least:
            c.tap += (least - c.tap + a.period - 1) // a.period * a.period
    if c.tap <= last:
        c.first, c.count = (start + c.tap * a.dilation) // a.spread, (last - c.tap) // a.period + 1
    return c


cdef inline Py_ssize_t most_cells(const Axis* a) noexcept nogil:
    # The largest number of cells that a window can meet.
    return (a.kernel + a.period - 1) // a.period


cdef Py_ssize_t divisor_of(const Axis* a, Py_ssize_t o, bint include_pad) noexcept nogil:
    # The cells of a window that an average counts: inside the input, or inside its padding too; never the overhang of
    # ceil mode beyond the padding.
    cdef Py_ssize_t start = o * a.stride - a.before, room
    if not include_pad:
        return cells_of(a, o).count
    room = a.size + a.after - start
    return max(0, min(a.kernel, (room + a.dilation - 1) // a.dilation)) if room > 0 else 0
