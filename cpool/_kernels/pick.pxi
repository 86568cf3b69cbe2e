# The gradient of max and min where a cell is in few windows: it gathers from them. See pick.h.
#
# Cells whose distance is the stride are in the same windows, seen from them: a phase. The rows of a phase share one list of
# windows, as long as windows that do not exist are there too: a border around the gradient and the codes, whose codes are those
# of no winner. Without a border to lay, both are read where they are. Pixels of many channels need no border: their lists are
# cut to the windows there are.

cdef struct Picks:
    # One list of windows; of pairs, those of the even cells and then those of the odd ones.
    Py_ssize_t many, even
    Py_ssize_t offset[2 * MOST_PICKS]
    uint8_t wanted[2 * MOST_PICKS]


cdef struct PickScratch:
    char* grad
    char* codes
    Cells* cells        # of each pixel of a row
    Picks* lists        # of each phase of the rows


cdef void find_border(const Axis* a, const Axis* over, Py_ssize_t* before, Py_ssize_t* behind) noexcept nogil:
    # How many windows that do not exist the phases speak of, on either side.
    cdef Py_ssize_t q
    cdef Cells c
    before[0] = behind[0] = 0
    for q in range(min(a.stride, a.size)):
        c = endless_cells(over, q)
        if c.count:
            before[0] = max(before[0], -c.first)
            behind[0] = max(behind[0], c.first + (c.count - 1) * over.hop + (a.size - 1 - q) // a.stride - (a.out - 1))


cdef void prepare_picks(GradPlan* p) noexcept nogil:
    cdef Py_ssize_t behind, above, below, room
    find_border(&p.x, &p.over_x, &p.before, &behind)
    find_border(&p.y, &p.over_y, &above, &below)
    # Flat rows need a border, which a large dilation makes far too wide.
    p.pixels = p.inner >= 8 or p.before + behind > p.x.size + p.x.out + 64
    p.pairs = p.x.stride == 2 and p.inner == 1 and p.x.size > 1 and not p.pixels
    # Neither pixels nor pairs: with other strides few cells are in a window that wins, and those are faster scattered to.
    if not (p.pixels or p.pairs or p.x.stride == 1):
        p.picks = False
        return
    p.phases = min(p.x.stride, p.x.size)
    p.direct = p.pixels or (p.before == 0 and behind == 0 and above == 0 and below == 0)
    p.pitch = p.n_out if p.direct else (p.before + p.x.out + behind) * p.inner
    p.slots_z = most_cells(&p.over_z)
    # Where there is one slice, the lists are the same for all planes.
    p.same_lists = p.z.size == 1 and p.z.out == 1 and p.z.kernel == 1
    if not p.pixels:
        room = STRIP // (p.n_in * p.rows.width)
        room = max(room, 2 * ((p.y.kernel - 1) * p.y.dilation + 1))
        p.block = max(1, min(p.y.size, (room + p.y.stride - 1) // p.y.stride * p.y.stride))


cdef Py_ssize_t pick_scratch_bytes(const GradPlan* p, PickScratch* s, char* memory) noexcept nogil:
    cdef Py_ssize_t at = <Py_ssize_t>memory, laid = 0 if p.direct else p.slots_z * p.slots_y * p.pitch
    cdef PickScratch unused
    if s == NULL:
        s = &unused
    s.grad, at = <char*>at, at + padded(laid * p.rows.width)
    s.codes, at = <char*>at, at + padded(laid)
    s.cells, at = <Cells*>at, at + (p.x.size * <Py_ssize_t>sizeof(Cells) if p.pixels else 0)
    s.lists, at = <Picks*>at, at + (0 if p.pixels else min(p.y.stride, p.y.size) * <Py_ssize_t>sizeof(Picks))
    return at - <Py_ssize_t>memory


cdef void prepare_lists(const GradPlan* p, const PickScratch* s) noexcept nogil:
    cdef Py_ssize_t q
    cdef Cells cz
    if p.pixels:
        find_cells(p, s.cells)
    elif p.same_lists:
        cz = cells_of(&p.over_z, 0)
        for q in range(min(p.y.stride, p.y.size)):
            list_row(p, &s.lists[q], &cz, 0, q)


cdef void add_picks(const GradPlan* p, Picks* list, const Cells* cz, const Cells* cy, const Cells* cx, Py_ssize_t slice,
                    Py_ssize_t row) noexcept nogil:
    # The windows that these are along each axis; `slice`: elements from the first slice of windows to the next that counts.
    cdef Py_ssize_t i, j, k, tz, ty, m = list.many
    for i in range(cz.count):
        tz = p.z.kernel - 1 - cz.tap - i * p.over_z.period
        for j in range(cy.count):
            ty = p.y.kernel - 1 - cy.tap - j * p.over_y.period
            for k in range(cx.count):
                list.offset[m] = (i * slice + (cy.first + j * p.over_y.hop) * row
                                  + (cx.first + k * p.over_x.hop) * p.inner)
                list.wanted[m] = <uint8_t>((tz * p.y.kernel + ty) * p.x.kernel + p.x.kernel - 1 - cx.tap - k * p.over_x.period)
                m += 1
    list.many = m


cdef void pick_unit(const GradPlan* p, const PickScratch* s, Py_ssize_t plane, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    cdef Py_ssize_t z, w = p.rows.width, outputs = p.y.out * p.n_out, at
    cdef const char* grad = p.grad + plane * p.z.out * outputs * w
    cdef const char* codes = p.codes + plane * p.z.out * outputs
    cdef char* out
    cdef Cells cz
    for z in range(p.z.size):
        cz = cells_of(&p.over_z, z)
        at = cz.first * outputs
        out = p.result + ((plane * p.z.size + z) * p.y.size) * p.n_in * w
        if p.pixels:
            pick_pixels(p, s, &cz, grad + at * w, codes + at, out, r0, r1)
        elif p.direct:
            pick_flat(p, s, &cz, grad + at * w, codes + at, p.over_z.hop * outputs, 0, out, r0, r1)
        else:
            pick_laid(p, s, &cz, grad + at * w, codes + at, out, r0, r1)


# --------------------------------------------------------------------------------------------------------------- flat rows
cdef void pick_laid(const GradPlan* p, const PickScratch* s, const Cells* cz, const char* grad, const char* codes, char* out,
                    Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # The windows that reach a block, within their border; then as if the border had always been there.
    cdef Py_ssize_t w = p.rows.width, i, window, first, lines, top, end
    cdef Py_ssize_t start = r0 + p.y.before - (p.y.kernel - 1) * p.y.dilation, slot = p.slots_y * p.pitch
    first = start // p.y.stride if start >= 0 else -((-start + p.y.stride - 1) // p.y.stride)
    lines = (r1 - 1 + p.y.before) // p.y.stride + 1 - first
    top, end = max(0, -first), max(0, min(lines, p.y.out - first))
    top = min(top, end)
    for i in range(cz.count):
        window = i * p.over_z.hop * p.y.out + first
        lay(p, s.grad + i * slot * w, grad + window * p.n_out * w, top, end, lines, 0, w)
        lay(p, s.codes + i * slot, codes + window * p.n_out, top, end, lines, 0xff, 1)
    pick_flat(p, s, cz, s.grad, s.codes, slot, first, out, r0, r1)


cdef void lay(const GradPlan* p, char* dst, const char* src, Py_ssize_t top, Py_ssize_t end, Py_ssize_t lines, int border,
              Py_ssize_t width) noexcept nogil:
    # Rows top to end of the source between borders on all sides.
    cdef Py_ssize_t pitch = p.pitch * width, r, left = p.before * p.inner * width, body = p.n_out * width
    memset(dst, border, top * pitch + left)
    cpool_copy_rows(dst + top * pitch + left, pitch, src + top * body, body, end - top, body)
    for r in range(top, end - 1):
        memset(dst + r * pitch + left + body, border, pitch - body)
    if end > top:
        r = end - 1
        memset(dst + r * pitch + left + body, border, (lines - r) * pitch - left - body)
    else:
        memset(dst, border, lines * pitch)


cdef void list_row(const GradPlan* p, Picks* list, const Cells* cz, Py_ssize_t slice, Py_ssize_t qy) noexcept nogil:
    # The windows of the cells of a row of phase qy: of pairs, those of the even cells and then those of the odd ones.
    cdef Py_ssize_t qx
    cdef Cells cy = endless_cells(&p.over_y, qy), cx
    list.many = 0
    for qx in range(p.phases):
        cx = endless_cells(&p.over_x, qx)
        cx.first += p.before
        add_picks(p, list, cz, &cy, &cx, slice, p.pitch)
        if qx == 0:
            list.even = list.many


cdef void pick_flat(const GradPlan* p, const PickScratch* s, const Cells* cz, const char* grad, const char* codes, Py_ssize_t slice,
                    Py_ssize_t first, char* out, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # grad and codes begin with row `first` of the windows.
    cdef Py_ssize_t y, w = p.rows.width, from_row
    cdef Picks* list
    cdef cpool_pick f
    f.step, f.out_step, f.n = p.pitch, p.y.stride * p.n_in * w, p.n_in
    for y in range(r0, min(r1, r0 + p.y.stride)):
        list = &s.lists[y % p.y.stride]
        if not p.same_lists:
            list_row(p, list, cz, slice, y % p.y.stride)
        from_row = (y // p.y.stride - first) * p.pitch
        f.rows = (r1 - y + p.y.stride - 1) // p.y.stride
        f.grad, f.code, f.out = grad + from_row * w, codes + from_row, out + y * p.n_in * w
        f.offset, f.wanted, f.many, f.even = list.offset, list.wanted, list.many, list.even
        if p.pairs:
            p.rows.pick_pairs(&f)
        else:
            p.rows.pick(&f)


# ------------------------------------------------------------------------------------------------------------------ pixels
cdef void find_cells(const GradPlan* p, Cells* cells) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(p.x.size):
        cells[x] = cells_of(&p.over_x, x)


cdef void pick_pixels(const GradPlan* p, const PickScratch* s, const Cells* cz, const char* grad, const char* codes, char* out,
                      Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # Runs of pixels whose windows are the same, seen from them.
    cdef Py_ssize_t y, q, x, next, w = p.rows.width, stride = p.x.stride
    cdef const Cells* cx
    cdef Cells cy
    cdef Picks list
    cdef cpool_pick f
    f.offset, f.wanted, f.grad, f.code = list.offset, list.wanted, grad, codes
    f.step, f.n, f.out_step = p.inner, p.inner, stride * p.inner * w
    for y in range(r0, r1):
        cy = cells_of(&p.over_y, y)
        for q in range(p.phases):
            x = q
            while x < p.x.size:
                cx = &s.cells[x]
                next = x + stride
                while (next < p.x.size and s.cells[next].count == cx.count
                       and (cx.count == 0 or (s.cells[next].tap == cx.tap and s.cells[next].first == cx.first + (next - x) // stride))):
                    next += stride
                list.many = 0
                add_picks(p, &list, cz, &cy, cx, p.over_z.hop * p.y.out * p.n_out, p.n_out)
                f.many, f.rows, f.out = list.many, (next - x) // stride, out + (y * p.n_in + x * p.inner) * w
                p.rows.pick(&f)
                x = next
