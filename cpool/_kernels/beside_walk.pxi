# The walk over windows side by side: which windows have the same cells, and in which lanes they are.

cdef void walk_beside(const Beside* b, Block* k, Py_ssize_t first, Py_ssize_t end, Py_ssize_t z0, Py_ssize_t z1, Py_ssize_t y0,
               Py_ssize_t y1) noexcept nogil:
    # The outputs of planes first to end, of slices z0 to z1 and rows y0 to y1, run by run.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t x = 0, x_end, y, y_end, z = z0, z_end, plane
    while z < z1:
        z_end = min(z1, end_of_run(&s.z, z))
        k.z = cells_of(&s.z, z)
        y = y0
        while y < y1:
            y_end = min(y1, end_of_run(&s.y, y))
            k.y = cells_of(&s.y, y)
            x = 0
            while x < s.x.out:
                x_end = end_of_run(&s.x, x)
                k.x = cells_of(&s.x, x)
                begin_run(b, k)
                for plane in range(first, end):
                    if k.c.n == 0:
                        no_cells(b, plane, z, z_end, y, y_end, x, x_end)
                    else:
                        walk_run(b, k, plane, z, z_end, y, y_end, x, x_end)
                end_block(b, k)
                x = x_end
            y = y_end
        z = z_end


cdef inline Py_ssize_t end_of_run(const Axis* a, Py_ssize_t o) noexcept nogil:
    # Windows that no border cuts are alike; the others go one by one.
    cdef Py_ssize_t end = end_inside(a)
    return end if first_inside(a) <= o < end else o + 1


cdef void begin_run(const Beside* b, Block* k) noexcept nogil:
    # The cells of the windows to come are those of k.z, k.y and k.x.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t i, j, m, n = 0
    for i in range(k.z.count):
        for j in range(k.y.count):
            for m in range(k.x.count):
                k.tap[n] = ((k.z.tap + i) * s.y.kernel + k.y.tap + j) * s.x.kernel + k.x.tap + m
                k.offset[n] = ((i * s.z.hop * s.y.size + j * s.y.hop) * s.x.size + m * s.x.hop) * s.inner
                n += 1
    k.c.n, k.m.taps, k.m.row = n, n, k.x.count
    k.c.lanes, k.many = 0, 0


cdef void walk_run(const Beside* b, Block* k, Py_ssize_t plane, Py_ssize_t z0, Py_ssize_t z1, Py_ssize_t y0, Py_ssize_t y1,
                   Py_ssize_t x0, Py_ssize_t x1) noexcept nogil:
    # The windows of one plane in these ranges, all of which have the same cells.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t z, y, x, inner = s.inner, n = x1 - x0, at, out
    # Rows whose cells lie side by side go as one; otherwise each pixel does, and wherever lanes have parameters.
    cdef bint whole = inner == 1 or (s.x.stride == 1 and b.many == 0)
    if k.c.lanes + n * inner * (z1 - z0) * (y1 - y0) > b.lanes:
        end_block(b, k)
    for z in range(z0, z1):
        for y in range(y0, y1):
            at = (plane * s.z.size + k.z.first + (z - z0) * s.z.stride) * s.y.size + k.y.first + (y - y0) * s.y.stride
            at = (at * s.x.size + k.x.first) * inner
            out = (((plane * s.z.out + z) * s.y.out + y) * s.x.out + x0) * inner
            if whole:
                into_lanes(b, k, plane, at, out, n * inner, s.x.stride if inner == 1 else 1)
                continue
            for x in range(n):
                into_lanes(b, k, plane, at + x * s.x.stride * inner, out + x * inner, inner, 1)


cdef enum:
    DIRECT = 16                 # so many windows side by side take their cells from where they are


cdef inline void into_lanes(const Beside* b, Block* k, Py_ssize_t plane, Py_ssize_t at, Py_ssize_t out, Py_ssize_t n,
                           Py_ssize_t step) noexcept nogil:
    # n windows or channels from `at` on into the lanes.
    cdef Py_ssize_t done = 0, count
    cdef bint direct = step == 1 and n >= DIRECT
    cdef cpool_segment* g
    while done < n:
        count = min(b.lanes - k.c.lanes, n - done)
        g = &k.segments[k.many]
        g.at, g.n, g.x, g.out, g.plane, g.channel = k.c.lanes, count, at + done * step, out + done, plane, 0
        if b.shape.inner > 1:
            g.channel = done
        k.many += 1
        k.c.lanes += count
        done += count
        if k.c.lanes == b.lanes or direct:
            end_block(b, k)


cdef void end_block(const Beside* b, Block* k) noexcept nogil:
    # Fill the lanes, compute, and bring the results where they belong.
    cdef const cpool_lanes* move = b.move
    cdef Py_ssize_t inner = b.shape.inner, many = k.many
    cdef const cpool_segment* g = k.segments
    if k.c.lanes == 0:
        return
    if not (many == 1 and k.m.step == 1 and g.n >= DIRECT and found_in_place(b, k, g)):
        gather(b, k)
    if b.side:
        move.results_in(&k.m, g, many, <void*>k.c.side, b.side)
    if b.many and not one_table(b):
        move.params_in(&k.m, g, many, <void*>k.c.params, b.params, b.many, inner, b.tables)
    if b.ready and not b.shared:
        k.c.ready, k.c.ready_step, k.c.ready_place = k.ready_lanes, k.c.n * b.pitch, k.lane_rows
        b.family.ready(&k.c)
    if b.backward:
        move.results_in(&k.m, g, many, <void*>k.c.grad, b.grad)
        if k.c.grad_params and k.c.n < k.c.taps:
            memset(k.c.grad_params, 0, b.many * b.pitch * b.width)
        b.family.backward(&k.c)
        put_gradients(b, k)
    else:
        b.family.forward(&k.c)
        move.results_out(g, many, b.y, k.c.y)
        if b.codes:
            beside_codes(b, k)
    k.c.lanes, k.many = 0, 0


cdef inline Py_ssize_t ready_offset(const Beside* b, const Block* k, Py_ssize_t plane) noexcept nogil:
    # Segments count from the first plane of the array, and what is ready from the first of the unit.
    return (plane - k.plane) * ready_pitch(&b.shape) - plane * cells_of_plane(&b.shape)


cdef inline bint found_in_place(const Beside* b, Block* k, const cpool_segment* g) noexcept nogil:
    # Whether vectors of cells can be read where they are.
    cdef Py_ssize_t w = b.width
    if g.x + k.offset[k.c.n - 1] + (g.n + 15) // 16 * 16 > k.m.size:
        return False
    k.c.x, k.c.place = b.x + g.x * w, k.offset
    if b.more:
        k.c.more = b.more + g.x * w
    if b.shared:
        k.c.ready, k.c.ready_step = k.ready + (g.x + ready_offset(b, k, g.plane)) * w, b.group * ready_pitch(&b.shape)
        k.c.ready_place = k.offset
    return True


cdef void gather(const Beside* b, Block* k) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef const cpool_segment* g
    k.c.place, k.c.x, k.c.more = k.lane_rows, k.x_lanes, k.more_lanes
    b.move.cells_in(&k.m, k.segments, k.many, k.x_lanes, b.x)
    if b.more:
        b.move.cells_in(&k.m, k.segments, k.many, k.more_lanes, b.more)
    if not b.shared:
        return
    k.c.ready, k.c.ready_step, k.c.ready_place = k.ready_lanes, k.c.n * b.pitch, k.lane_rows
    for i in range(b.ready):
        for j in range(k.many):
            g = &k.segments[j]
            b.move.cells_in(&k.m, g, 1, k.ready_lanes + i * k.c.ready_step * b.width,
                            k.ready + (i * b.group * ready_pitch(&b.shape) + ready_offset(b, k, g.plane)) * b.width)


cdef void put_gradients(const Beside* b, Block* k) noexcept nogil:
    cdef const cpool_lanes* move = b.move
    cdef const cpool_segment* g = k.segments
    if b.once:
        move.cells_put(&k.m, g, k.many, b.grad_x, k.c.grad_x)
        if b.grad_more:
            move.cells_put(&k.m, g, k.many, b.grad_more, k.c.grad_more)
    else:
        move.cells_add(&k.m, g, k.many, b.grad_x, k.c.grad_x)
        if b.grad_more:
            move.cells_add(&k.m, g, k.many, b.grad_more, k.c.grad_more)
    if b.grad_side:
        move.results_out(g, k.many, b.grad_side, k.c.grad_side)
    if b.grad_params:
        move.params_out(&k.m, g, k.many, b.grad_params, k.c.grad_params, b.many, b.shape.inner)


cdef void beside_codes(const Beside* b, const Block* k) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef const cpool_segment* g
    for i in range(k.many):
        g = &k.segments[i]
        for j in range(g.n):
            put_code(b.codes, b.code_width, g.out + j, k.c.code[g.at + j])


cdef void no_cells(const Beside* b, Py_ssize_t plane, Py_ssize_t z0, Py_ssize_t z1, Py_ssize_t y0, Py_ssize_t y1, Py_ssize_t x0,
                   Py_ssize_t x1) noexcept nogil:
    # Windows without a cell give 0, and take no gradient.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t i, z, y, at, n = (x1 - x0) * s.inner
    for z in range(z0, z1):
        for y in range(y0, y1):
            at = (((plane * s.z.out + z) * s.y.out + y) * s.x.out + x0) * s.inner
            if b.backward:
                if b.grad_side:
                    memset(b.grad_side + at * b.width, 0, n * b.width)
                continue
            memset(b.y + at * b.width, 0, n * b.width)
            if b.codes:
                for i in range(n):
                    put_code(b.codes, b.code_width, at + i, -1)
