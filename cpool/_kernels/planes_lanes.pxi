# Small planes side by side, see lanes.h: a group of planes becomes one of pixels with a channel for each, and is pooled as such. No
# row is then too short for a vector, and what a window costs is paid once for the group. Between borders of the neutral element all
# windows are alike.

cdef extern from "lanes.h" nogil:
    void cpool_transpose(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_transpose_to(char*, Py_ssize_t, const Py_ssize_t*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t)


cdef enum:
    # Planes side by side at most; what they and their results take in bytes, of the second cache; and the cells of one.
    MOST_PLANES = 48
    GROUP_BYTES = 256 * 1024
    MOST_CELLS_A_LANE = 2000
    WIDEST = 64     # cells that a border may have more than there are cells and windows: a large dilation makes far too wide ones


cdef bint in_planes(const Call* c) noexcept nogil:
    # Whether every plane is contiguous, and behind the one before it.
    cdef Py_ssize_t[3] steps
    steps_of(c, c.kind != POOL, source_width(c), steps)
    return steps[0] == c.steps[0] and steps[1] == c.steps[1] and steps[2] == c.steps[2]


cdef bint short_rows(const Shape* s, int kind, bint winners) noexcept nogil:
    # Whether planes are faster side by side. A plane's time alone over its time in a group (AVX-512, float), forward, with winners
    # and gradient: 3x3 on 7x7 2.2, 2.7, 4.9; on 14x14 1.0, 1.4, 2.0; on 28x28 0.6, 0.8, 1.2; with stride 2 on 14x14 2.0, 2.2, 2.6;
    # on 28x28 1.0, 1.0, 0.9; 2x2 on 14x14 1.3, 1.4, 1.7; on 28x28 0.8, 0.9, 0.7; averages of 3x3 on 8x8 1.7 and 1.6; on 17x17 1.1
    # and 0.9; 5x5 on 20x20 1.4, 1.2, 1.3; 2x2x2 on 12x12x12 2.0, 2.2, 2.6; 4 of 500 in a row 2.3, 2.0, 2.0.
    cdef Py_ssize_t most = 17
    if kind == SPREAD:
        most = 16
    elif kind == POOL and not winners and s.x.stride == 1 and s.x.kernel <= 3:
        most = 12       # beyond the caches strips are faster: 64x512x14x14 1.4 times
    elif s.x.stride > 2:
        most = 512      # no strips there
    elif s.y.kernel > 3 and s.x.kernel > 3:
        most = 20
    return s.x.size <= most and s.z.size * s.y.size * s.x.size <= MOST_CELLS_A_LANE


cdef Py_ssize_t group_of(const Call* c, Py_ssize_t threads) noexcept nogil:
    # How many planes to lay side by side; 0 where that does not pay.
    cdef const Shape* s = &c.shape
    cdef Py_ssize_t cells, outputs, bytes, most, groups, lanes, in_width = source_width(c), out_width = result_width(c)
    if (s.inner != 1 or s.planes < FEWEST_LANES or in_width < 4 or c.part or not short_rows(s, c.kind, c.winners != NULL)
            or all_covered(s) or not in_planes(c)):
        return 0
    cells, outputs = s.z.size * s.y.size * s.x.size, s.z.out * s.y.out * s.x.out
    bytes = cells * in_width + outputs * out_width if c.kind == POOL else outputs * in_width + cells * out_width
    most = min(MOST_PLANES, GROUP_BYTES // bytes, s.planes // threads) // FEWEST_LANES * FEWEST_LANES
    if most == 0:
        return 0
    # Evenly; lanes without a plane are work for nothing.
    groups = (s.planes + most - 1) // most
    lanes = ((s.planes + groups - 1) // groups + FEWEST_LANES - 1) // FEWEST_LANES * FEWEST_LANES
    return lanes if 3 * lanes * groups <= 4 * s.planes else 0


# What is read of one plane: its cells between borders.
cdef struct Bed:
    Py_ssize_t z, y, x              # cells along each axis,
    Py_ssize_t z_all, y_all, x_all  # with their borders,
    Py_ssize_t z_from, y_from, x_from   # of which the first are so wide;
    Py_ssize_t phases, phase        # of a row the cells that are a stride apart follow each other, so many at a time


cdef struct Lanes:
    const Call* call
    Py_ssize_t lanes
    Py_ssize_t outputs              # windows of a plane
    Py_ssize_t results              # elements of its result
    Py_ssize_t source_width, result_width
    bint laid                       # between borders
    Py_ssize_t bytes                # of scratch memory for what else works on a group
    Bed bed
    # The work on one group:
    Plan plan
    GradPlan gradient


cdef struct LanesScratch:
    char* source
    char* result
    char* codes
    Py_ssize_t* places      # of the cells in their bed
    char* rest              # of the work on a group


cdef Py_ssize_t lanes_scratch(const Lanes* p, LanesScratch* s, char* memory) noexcept nogil:
    cdef LanesScratch unused
    cdef Py_ssize_t at = <Py_ssize_t>memory, cells = p.bed.z_all * p.bed.y_all * p.bed.x_all
    cdef Py_ssize_t codes = (cells if p.call.kind == RETURN else p.outputs) * p.call.winner_width if p.call.winners else 0
    if s == NULL:
        s = &unused
    s.source, at = <char*>at, at + padded(cells * p.lanes * p.source_width)
    s.result, at = <char*>at, at + padded(p.results * p.lanes * p.result_width)
    s.codes, at = <char*>at, at + (padded(codes * p.lanes) if codes else 0)
    s.places, at = <Py_ssize_t*>at, at + padded(p.bed.z * p.bed.y * p.bed.x * <Py_ssize_t>sizeof(Py_ssize_t))
    s.rest = <char*>at
    return at - <Py_ssize_t>memory


cdef void make_bed(const Lanes* p, LanesScratch* s) noexcept nogil:
    cdef const Bed* b = &p.bed
    cdef Py_ssize_t z, y, x, at, m = 0, cells = b.z_all * b.y_all * b.x_all * p.lanes
    for z in range(b.z):
        for y in range(b.y):
            for x in range(b.x):
                at = b.x_from + x
                at = at % b.phases * b.phase + at // b.phases
                s.places[m] = (((b.z_from + z) * b.y_all + b.y_from + y) * b.x_all + at) * p.lanes
                m += 1
    if p.call.kind != RETURN and p.plan.rows.idempotent:
        p.plan.rows.fill(s.source, cells)
    else:
        memset(s.source, 0, cells * p.source_width)
    if p.call.kind == RETURN:
        memset(s.codes, 0xff, cells * p.call.winner_width)


cdef void lane_groups(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Lanes* p = <const Lanes*>job
    cdef const Call* c = p.call
    cdef Py_ssize_t group, plane, many, cells = p.bed.z * p.bed.y * p.bed.x, w = p.source_width, rw = p.result_width
    cdef Py_ssize_t cw = c.winner_width, m = p.lanes
    cdef LanesScratch s
    cdef Plan plan = p.plan
    cdef GradPlan gradient = p.gradient
    cdef const Py_ssize_t* places
    lanes_scratch(p, &s, memory)
    make_bed(p, &s)
    places = s.places if p.laid else NULL
    plan.source, plan.result, plan.winners = s.source, s.result, s.codes if c.winners else NULL
    gradient.grad, gradient.codes, gradient.result = s.source, s.codes, s.result
    for group in range(first, end):
        plane = group * p.lanes
        many = min(p.lanes, c.shape.planes - plane)
        cpool_transpose_to(s.source, m, places, c.source + plane * cells * w, cells, many, cells, w)
        if c.kind == RETURN:
            cpool_transpose_to(s.codes, m, places, c.winners + plane * cells * cw, cells, many, cells, cw)
        if p.laid and c.kind == RETURN:
            lane_picks(p, &s)
        elif p.laid:
            lane_windows(p, &s)
        elif c.kind == RETURN:
            gradient_units(&gradient, s.rest, 0, gradient.blocks)
        else:
            reduce_units(&plan, s.rest, 0, plan.blocks)
        cpool_transpose(c.result + plane * p.results * rw, p.results, s.result, m, p.results, many, rw)
        if c.kind == POOL and c.winners:
            cpool_transpose(c.winners + plane * p.outputs * cw, p.outputs, s.codes, m, p.outputs, many, cw)


cdef void lane_windows(const Lanes* p, const LanesScratch* s) noexcept nogil:
    cdef const Plan* q = &p.plan
    cdef const Bed* b = &p.bed
    cdef Py_ssize_t[MOST_CELLS] offset
    cdef uint8_t[MOST_CELLS] tap
    cdef cpool_windows w
    cdef Py_ssize_t z, y, x, i, j, k, at, m = 0, lo = 0, hi = q.x.out, end, pixel = p.lanes * p.source_width
    cdef Divisor d
    for i in range(q.z.kernel):
        for j in range(q.y.kernel):
            for k in range(q.x.kernel):
                at = k * q.x.dilation
                at = at % b.phases * b.phase + at // b.phases
                offset[m] = ((i * q.z.dilation * b.y_all + j * q.y.dilation) * b.x_all + at) * pixel
                tap[m] = <uint8_t>m
                m += 1
    # The windows of a row are as one: the cells of all that a tap meets follow each other.
    w.offset, w.tap, w.lines, w.row, w.windows, w.down, w.divided, w.weight = offset, tap, m // q.x.kernel, q.x.kernel, 1, 1, 0, NULL
    # Phases put the third cell of a row beside the first.
    w.hop = 0 if b.phases > 1 and q.x.kernel > 2 else offset[1] - offset[0] if q.x.kernel > 1 else pixel
    w.src_step = w.out_step = w.code_step = w.src_down = w.out_down = w.code_down = 0
    w.out, w.result, w.code = s.result, p.result_width, s.codes if p.call.winners else NULL
    if q.divide_result and q.divisor == 0:
        lo, hi = first_inside(&q.x), end_inside(&q.x)
    for z in range(q.z.out):
        for y in range(q.y.out):
            x = 0
            while x < q.x.out:
                end = hi if x == lo and hi > lo else x + 1
                if q.divide_result:
                    w.by, w.by_wide = divisor_as(q, divisor_at(q, z, y, x), &d, &w.divided), <const char*>d.reciprocal
                w.src = s.source + ((z * q.z.stride * b.y_all + y * q.y.stride) * b.x_all + x) * pixel
                w.n = (end - x) * p.lanes
                if q.rows.plain:
                    q.rows.windows(&w)
                else:
                    q.rows.first_windows(&w)
                w.out += w.n * w.result
                if w.code:
                    w.code += w.n
                x = end
    if p.call.winners:
        raise_lanes(p, <uint8_t*>s.codes)


cdef void raise_lanes(const Lanes* p, uint8_t* codes) noexcept nogil:
    # See raise_row.
    cdef const Plan* q = &p.plan
    cdef Py_ssize_t z, y, x, i, edge = first_inside(&q.x), least
    cdef uint8_t tap
    cdef uint8_t* code
    for z in range(q.z.out):
        for y in range(q.y.out):
            least = (cells_of(&q.z, z).tap * q.y.kernel + cells_of(&q.y, y).tap) * q.x.kernel
            for x in range(q.x.out if least else edge):
                tap = <uint8_t>(least + cells_of(&q.x, x).tap)
                code = codes + ((z * q.y.out + y) * q.x.out + x) * p.lanes
                for i in range(p.lanes):
                    code[i] = max(code[i], tap)


cdef void lane_picks(const Lanes* p, const LanesScratch* s) noexcept nogil:
    cdef const GradPlan* q = &p.gradient
    cdef const Bed* b = &p.bed
    cdef Py_ssize_t z, y, qy, qx, at, w = q.rows.width, row = b.x_all * p.lanes, many
    cdef Picks list
    cdef Cells cz, cy, cx
    cdef cpool_pick f
    f.offset, f.wanted = list.offset, list.wanted
    for z in range(q.z.size):
        cz = cells_of(&q.over_z, z)
        at = cz.first * b.y_all * row
        for qy in range(min(q.y.stride, q.y.size)):
            cy = endless_cells(&q.over_y, qy)
            cy.first += b.y_from
            for qx in range(min(q.x.stride, q.x.size)):
                cx = endless_cells(&q.over_x, qx)
                cx.first += b.x_from
                list.many = 0
                add_picks(q, &list, &cz, &cy, &cx, q.over_z.hop * b.y_all * row, row)
                f.many, f.grad, f.code = list.many, s.source + at * w, s.codes + at
                f.out = s.result + ((z * q.y.size + qy) * q.x.size + qx) * p.lanes * w
                many = (q.y.size - qy + q.y.stride - 1) // q.y.stride
                if q.x.stride == 1:
                    f.rows, f.n, f.step, f.out_step = many, q.n_in, row, q.y.stride * q.n_in * w
                    q.rows.pick(&f)
                    continue
                f.rows, f.n, f.step = (q.x.size - qx + q.x.stride - 1) // q.x.stride, p.lanes, p.lanes
                f.out_step = q.x.stride * p.lanes * w
                for y in range(many):
                    q.rows.pick(&f)
                    f.grad += row * w
                    f.code += row
                    f.out += q.y.stride * q.n_in * w


cdef inline bint has_cells(const Axis* a) noexcept nogil:
    # Whether every window has a cell.
    return a.dilation == 1 and a.before >= 0 and cells_of(a, 0).count > 0 and cells_of(a, a.out - 1).count > 0


cdef bint lays_windows(const Plan* q) noexcept nogil:
    # Whether windows of few cells can be between borders: see windows.pxi.
    if q.repeat or q.divide_source or not (has_cells(&q.z) and has_cells(&q.y) and has_cells(&q.x)):
        return False
    return q.windows or (q.rows.idempotent and not q.winners and q.y.kernel <= 3 and q.x.kernel <= 3 and q.z.kernel == 1)


cdef bint same_sums(const Plan* q) noexcept nogil:
    # Strips add up the same numbers in the same order as windows between borders.
    cdef Plan alone = q[0]
    alone.inner = 1
    return worth_strips(&alone)


cdef bint plan_lanes(Lanes* p, const Call* c, Py_ssize_t threads) noexcept nogil:
    # Whether that pays.
    cdef Call group = c[0]
    cdef Plan* q = &p.plan
    cdef GradPlan* g = &p.gradient
    cdef Bed* b = &p.bed
    cdef Py_ssize_t below, behind
    cdef Py_ssize_t cells = c.shape.z.size * c.shape.y.size * c.shape.x.size
    cdef bint pooled = c.kind != POOL
    p.lanes = group_of(c, threads)
    if p.lanes == 0:
        return False
    p.call, p.source_width, p.result_width = c, source_width(c), result_width(c)
    p.outputs = c.shape.z.out * c.shape.y.out * c.shape.x.out
    p.results = cells if pooled else p.outputs
    b.z, b.y, b.x = c.shape.z.size, c.shape.y.size, c.shape.x.size
    if pooled:
        b.z, b.y, b.x = c.shape.z.out, c.shape.y.out, c.shape.x.out
    b.z_all, b.y_all, b.x_all = b.z, b.y, b.x
    b.z_from = b.y_from = b.x_from = 0
    b.phases, b.phase = 1, 0
    group.shape.planes, group.shape.inner = 1, p.lanes
    set_steps(&group, pooled)
    if c.kind == RETURN:
        plan_return(g, &group)
        prepare_gradient(g, 1)
        p.bytes = padded(gradient_scratch_bytes(g))
        p.laid = g.picks
        if p.laid:
            find_border(&g.y, &g.over_y, &b.y_from, &below)
            find_border(&g.x, &g.over_x, &b.x_from, &behind)
            if b.y_from + below > b.y + c.shape.y.size + WIDEST or b.x_from + behind > b.x + c.shape.x.size + WIDEST:
                return False
            b.y_all, b.x_all = b.y_from + b.y + below, b.x_from + b.x + behind
        return True
    if c.kind == POOL:
        plan_pool(q, &group)
    else:
        plan_spread(q, &group)
    p.bytes = prepare_reduce(q, 1)
    p.laid = lays_windows(q)
    if p.laid:
        b.z_from, b.y_from, b.x_from = q.z.before, q.y.before, q.x.before
        b.z_all = max(reach(&q.z, q.z.out), q.z.before + b.z)
        b.y_all = max(reach(&q.y, q.y.out), q.y.before + b.y)
        b.phases = q.x.stride if q.x.out > 1 else 1     # the stride of one window reaches nothing
        b.phase = (max(reach(&q.x, q.x.out), q.x.before + b.x) + b.phases - 1) // b.phases
        b.x_all = b.phases * b.phase
    return q.repeat or q.rows.idempotent or (p.laid and same_sums(q))


cdef int run_lanes(const Lanes* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t groups = (p.call.shape.planes + p.lanes - 1) // p.lanes
    return share_out(lane_groups, p, lanes_scratch(p, NULL, NULL) + p.bytes, groups, threads)
