# float16 and bfloat16. Where the machine converts vectors of them, strips, windows and gathered gradients read and store halves as
# they are, see rows_half.h. All else goes box by box: converted into floats, pooled as float32, and converted back. Max and min
# without winners then work on integers with the order of the halves, see halves.h: half the instructions where cells are used often.

cdef inline const cpool_halves* halves_of(const Boxes* b) noexcept nogil:
    return <const cpool_halves*>b.by


cdef int load_halves(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    halves_of(b).load(box, place, n)
    return 0


cdef int store_halves(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    halves_of(b).store(place, box, n)
    return 0


cdef int load_keys(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    # Whether there was a -0 or a NaN.
    return halves_of(b).keys(box, place, n)


cdef int store_keys(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    halves_of(b).unkeys(place, box, n)
    return 0


cdef int run_half_box(const Boxes* b, char* memory, Py_ssize_t k) except -1 nogil:
    cdef Box box
    cdef Boxes floats = b[0]
    open_box(b, memory, k, &box)
    if b.wide == 2:
        if not walk_source(b, &box, load_keys):
            run_part(b, &box, I16)
            walk_result(b, &box, store_keys)
            return 0
        floats.wide = 4
    walk_source(&floats, &box, load_halves)
    run_part(&floats, &box, F32)        # the first of ROWS and of GRADS
    walk_result(&floats, &box, store_halves)
    return 0


cdef inline bint hardly_overlaps(const Axis* a) noexcept nogil:
    return a.stride > 1 and a.kernel <= 3


cdef bint picks_halves(GradPlan* p, const Call* c, Py_ssize_t threads) noexcept nogil:
    # Whether cells gather halves themselves. Of small planes, boxes of floats lie side by side.
    if (c.kind != RETURN or GRADS[c.element].pick == NULL or all_covered(&c.shape)
            or (c.shape.inner == 1 and short_rows(&c.shape, RETURN, True))):
        return False
    plan_return(p, c)
    prepare_gradient(p, threads)
    return p.picks


cdef bint repeats_halves(Plan* p, const Call* c) noexcept nogil:
    # Whether windows lie side by side: a gradient is divided once, and copied.
    cdef Call floats = c[0]
    cdef const Shape* shape = &c.shape
    if (c.kind != SPREAD or all_covered(shape)
            or not (repeats(&shape.z) and repeats(&shape.y) and repeats(&shape.x))):
        return False
    floats.element = F32
    plan_call(p, &floats, shape)
    p.rows, p.short_sums, p.repeat = &HALF_REPEATS[half_of(c)], False, True
    p.divide_source, p.divide_result = c.average, False
    return True


cdef bint plan_halves(Plan* p, const Call* c, Py_ssize_t threads) noexcept nogil:
    # Whether strips or windows read the halves themselves.
    cdef const Shape* shape = &c.shape
    cdef bint sums = c.operation >= SUM
    if (c.kind == RETURN or HALF_ROWS[half_of(c)][c.operation].width == 0 or all_covered(shape)
            or not is_identity(&shape.z)):
        return False
    # Fewer than eight lanes are put together one by one: 16384 maps of 14x14 took twenty times as long as in boxes.
    if (shape.x.out if c.kind == POOL else shape.x.size) * shape.inner < 8 or 1 < shape.inner < 8:
        return False
    if shape.inner == 1 and short_rows(shape, c.kind, c.winners != NULL):
        return False        # boxes of small planes lie side by side
    if shape.y.kernel > 3 or shape.x.kernel > 3:
        return False        # each cell would be converted as often as windows have it
    if not (sums or c.winners or (hardly_overlaps(&shape.y) and hardly_overlaps(&shape.x))):
        return False        # keys are faster, but where each of them were used once or twice
    if c.kind == POOL:
        plan_pool(p, c)
    else:
        plan_spread(p, c)
    decide(p, threads)
    return p.windows or (p.strips and not p.load_rows)


cdef int run_halves(const Call* c, Py_ssize_t threads) except -1 nogil:
    cdef Plan p
    cdef GradPlan g
    cdef HalfScatter s
    cdef Boxes b
    cdef Call call = c[0]
    cdef bint pooled = c.kind == POOL
    if c.shape.planes == 0 or c.shape.inner == 0:
        return 0
    if c.kind == SPREAD and call.divisor == 0:
        # By the whole axis: a box does not see where windows are cut.
        call.divisor = one_divisor(&c.shape.z, &c.shape.y, &c.shape.x, c.include_pad)
    if repeats_halves(&p, &call) or plan_halves(&p, c, threads):
        return run_reduce(&p, threads)
    if picks_halves(&g, c, threads):
        return run_gradient(&g, threads)
    if plan_scatter_halves(&s, c, threads):
        return run_scatter_halves(&s, threads)
    b.by, b.narrow = &HALVES[half_of(c)], 2
    b.wide = 2 if pooled and c.operation < SUM and not c.winners else 4
    prepare_boxes(&b, &call, threads)
    if b.wide == 2:
        # A box in which there is a -0 or a NaN becomes one of floats.
        b.source_bytes *= 2
        b.result_bytes *= 2
    return run_boxes(&b, run_half_box, threads)
