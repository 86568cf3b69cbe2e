# A call of an entry point once its arrays are checked: what is computed from what, in plain C, by any number of threads.

cdef struct Shape:
    Py_ssize_t planes, inner
    Axis z, y, x


cdef enum:
    # What a call computes: a pooling; the gradient of sum and average; the gradient of max and min.
    POOL, SPREAD, RETURN


cdef struct Call:
    int kind, operation, element    # element: of ROWS for POOL, of GRADS for gradients; behind those, of HALVES
    Shape shape
    Axis count_y                    # the axis of the rows of outputs, for the divisors of SPREAD
    const char* source              # the input, or the gradient of the output
    Py_ssize_t[3] steps             # in it, the bytes from plane to plane, slice to slice and row to row
    char* result                    # contiguous
    char* winners                   # contiguous, winner_width bytes each; or NULL
    Py_ssize_t winner_width
    bint average, include_pad
    double divisor                  # replaces the counts where it is not 0
    bint part                       # of a plane, whose rows before and behind belong to other calls


cdef inline bint is_half(const Call* c) noexcept nogil:
    return half_of(c) >= 0


cdef inline int half_of(const Call* c) noexcept nogil:
    return c.element - (ELEMENTS if c.kind == POOL else 2)


cdef inline Py_ssize_t source_width(const Call* c) noexcept nogil:
    if is_half(c):
        return 2
    return GRADS[c.element].width if c.kind == RETURN else ROWS[c.operation][c.element].source


cdef inline Py_ssize_t result_width(const Call* c) noexcept nogil:
    if is_half(c):
        return 2
    return GRADS[c.element].width if c.kind == RETURN else ROWS[c.operation][c.element].result


cdef inline bint has_winners(const Call* c) noexcept nogil:
    return c.operation < SUM and (is_half(c) or ROWS[c.operation][c.element].reduce_winner != NULL)


cdef inline void set_steps(Call* c, bint pooled) noexcept nogil:
    # Of a contiguous source, which is of the shape of the outputs or of the inputs.
    steps_of(c, pooled, source_width(c), c.steps)


cdef inline void steps_of(const Call* c, bint pooled, Py_ssize_t width, Py_ssize_t* steps) noexcept nogil:
    steps[2] = width * (c.shape.x.out if pooled else c.shape.x.size) * c.shape.inner
    steps[1] = (c.shape.y.out if pooled else c.shape.y.size) * steps[2]
    steps[0] = (c.shape.z.out if pooled else c.shape.z.size) * steps[1]


cdef int run_any(const Call* c, Py_ssize_t threads) except -1 nogil:
    if is_half(c):
        return run_halves(c, threads)
    return run_call(c, threads)


cdef int run_call(const Call* c, Py_ssize_t threads) except -1 nogil:
    cdef Plan p
    cdef Lanes lanes
    if plan_lanes(&lanes, c, threads):
        return run_lanes(&lanes, threads)
    if c.kind == RETURN:
        return run_return(c, threads)
    if c.kind == POOL:
        plan_pool(&p, c)
    else:
        plan_spread(&p, c)
    return run_reduce(&p, threads)


cdef bint whole(const Axis* a, bint include_pad) noexcept nogil:
    # Whether every window has all its cells in what an average counts.
    cdef Py_ssize_t before = a.before if include_pad else 0, after = a.after if include_pad else 0
    return a.before <= before and reach(a, a.out) - a.before <= a.size + after


cdef double one_divisor(const Axis* z, const Axis* y, const Axis* x, bint include_pad) noexcept nogil:
    # The divisor of all windows, or 0 where they differ.
    if whole(z, include_pad) and whole(y, include_pad) and whole(x, include_pad):
        return <double>z.kernel * <double>y.kernel * <double>x.kernel
    return 0


cdef inline bint few_cells(const Shape* s) noexcept nogil:
    # Each axis first: the product of three could overflow.
    return max(s.z.kernel, s.y.kernel, s.x.kernel) <= FEW_CELLS and s.z.kernel * s.y.kernel * s.x.kernel <= FEW_CELLS


cdef void plan_call(Plan* p, const Call* c, const Shape* shape) noexcept nogil:
    p.rows = &HALF_ROWS[half_of(c)][c.operation] if is_half(c) else &ROWS[c.operation][c.element]
    if c.kind == POOL and c.operation >= SUM and I8 <= c.element <= U16 and few_cells(shape) and -1e9 < c.divisor < 1e9:
        p.rows = &FEW_SUMS[c.operation - SUM][c.element - I8]
    p.source, p.result, p.winners, p.winner_width = c.source, c.result, c.winners, c.winner_width
    p.planes, p.inner = shape.planes, shape.inner
    p.plane_step, p.slice_step, p.row_step = c.steps[0], c.steps[1], c.steps[2]
    p.count_z, p.count_y, p.count_x = shape.z, shape.y, shape.x
    p.kernel_y, p.kernel_x = shape.y.kernel, shape.x.kernel
    p.include_pad, p.divisor, p.repeat = c.include_pad, c.divisor, False
    p.z, p.y, p.x = shape.z, shape.y, shape.x
    p.short_sums = (not p.rows.idempotent and p.rows.source == 4 and p.rows.result == 4 and SHORT_SUMS.width > 0
                    and is_identity(&shape.z) and shape.y.kernel <= 3 and shape.x.kernel <= 3)


cdef void plan_pool(Plan* p, const Call* c) noexcept nogil:
    cdef Shape shape = c.shape
    collapse(&shape, c.steps, source_width(c))
    plan_call(p, c, &shape)
    p.divide_source, p.divide_result = False, c.average
    if p.rows.reciprocal == BOTH and p.divisor == 0:
        p.divisor = one_divisor(&shape.z, &shape.y, &shape.x, c.include_pad)


cdef void plan_spread(Plan* p, const Call* c) noexcept nogil:
    cdef Shape shape = c.shape
    if not c.part:
        collapse(&shape, NULL, result_width(c))
    plan_call(p, c, &shape)
    if c.part:
        p.count_y = c.count_y
    p.repeat = repeats(&shape.z) and repeats(&shape.y) and repeats(&shape.x)
    if not p.repeat:
        p.z, p.y, p.x = adjoint(&shape.z), adjoint(&shape.y), adjoint(&shape.x)
    p.divide_source, p.divide_result = c.average, False
    if p.divisor == 0 and not c.part:
        p.divisor = one_divisor(&shape.z, &shape.y, &shape.x, c.include_pad)
    if c.average and not p.repeat and p.rows.result <= 4 and p.divisor != 0:
        # Divided once, at the end; a double could overflow before it, a float sum is taken again in double.
        p.divide_source, p.divide_result = False, True


cdef void plan_return(GradPlan* p, const Call* c) noexcept nogil:
    p.rows = &GRADS[c.element]
    p.z, p.y, p.x, p.planes, p.inner = c.shape.z, c.shape.y, c.shape.x, c.shape.planes, c.shape.inner
    p.grad, p.codes, p.code_width, p.result, p.part = c.source, c.winners, c.winner_width, c.result, c.part


cdef int run_return(const Call* c, Py_ssize_t threads) except -1 nogil:
    cdef GradPlan p
    cdef Py_ssize_t planes = c.shape.planes, t
    if all_covered(&c.shape) and not c.part and planes >= threads:
        if threads == 1:
            give_planes(c, 0, planes)
            return 0
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            give_planes(c, planes * t // threads, planes * (t + 1) // threads)
        return 0
    plan_return(&p, c)
    return run_gradient(&p, threads)
