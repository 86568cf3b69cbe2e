# Lp pooling, box by box: a box holds the powers of its cells in double, the kernels of sum and average pool them, and the roots go
# out. The gradient the other way round: g y^(1 - p) of the outputs, spread by the kernels, times sign(x) |x|^(p - 1). A window, or
# a cell, where one of these left the range of double is taken again by itself, scaled. See lp.h.
#
# p = inf is the max of |x|, and its gradient that of max, times the sign of the cell; p = 1 is the sum of |x|.

cdef void set_power(cpool_lp* lp, double p, bint normalized, Py_ssize_t width) noexcept nogil:
    # The exponents of 2 of the least and of the largest number of the type, and of as many cells as there can be.
    cdef double least = 149 if width == 4 else 1074, most = 128 if width == 4 else 1024, cells = 64
    lp.p, lp.kind = p, LP_ANY
    if p == 1:
        lp.kind = LP_1
    elif p == 2:
        lp.kind = LP_2
    elif p == 3:
        lp.kind = LP_3
    elif p == 4:
        lp.kind = LP_4
    elif p > DBL_MAX:
        lp.kind = LP_MAX
    # The sum of the cells themselves is the norm: it overflows where that does, but for an average.
    # So near 0 powers are all but 1, and the root would multiply their rounding.
    lp.low = 0 if least * p < 900 or p == 1 else 2.0**-900
    if p < 0.25:
        lp.low = 2 * DBL_MAX
    lp.high = 2 * DBL_MAX if most * p + cells < 1023 or (p == 1 and not normalized) else DBL_MAX
    # A gradient and a power less by one, of either side of 1, up to 6 of float.
    lp.careful = p != 1 and (width == 8 or p > 6)
    lp.exact = width == 8 or p > 65536
    cpool_lp_set_exponents(lp)


cdef int load_powers(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    if b.narrow == 4:
        cpool_lp_load_f32(&lp_of(b).power, <double*>box, <const float*>place, n)
    else:
        cpool_lp_load_f64(&lp_of(b).power, <double*>box, <const double*>place, n)
    return 0


cdef int store_roots(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    cdef double* norms = lp_of(b).norms
    if norms:
        norms += (place - b.call.result) // b.narrow
    if b.narrow == 4:
        return cpool_lp_store_f32(&lp_of(b).power, <float*>place, norms, <const double*>box, n)
    return cpool_lp_store_f64(&lp_of(b).power, <double*>place, norms, <const double*>box, n)


cdef int load_quotients(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    cdef const double* norms = lp_of(b).norms + (place - b.call.source) // b.narrow
    if b.narrow == 4:
        return cpool_lp_load_grad_f32(&lp_of(b).power, <double*>box, <const float*>place, norms, n)
    return cpool_lp_load_grad_f64(&lp_of(b).power, <double*>box, <const double*>place, norms, n)


cdef int store_products(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    cdef const char* x = lp_of(b).x + (place - b.call.result)
    if b.narrow == 4:
        return cpool_lp_store_grad_f32(&lp_of(b).power, <float*>place, <const double*>box, <const float*>x, n)
    return cpool_lp_store_grad_f64(&lp_of(b).power, <double*>place, <const double*>box, <const double*>x, n)


cdef int load_absolute(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    if b.narrow == 4:
        cpool_lp_absolute_f32(<float*>box, <const float*>place, n)
    else:
        cpool_lp_absolute_f64(<double*>box, <const double*>place, n)
    return 0


cdef int load_same(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    memcpy(box, place, n * b.narrow)
    return 0


cdef int store_same(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    memcpy(place, box, n * b.narrow)
    return 0


cdef int store_signed(const Boxes* b, char* box, char* place, Py_ssize_t n) noexcept nogil:
    cdef const char* x = lp_of(b).x + (place - b.call.result)
    cdef bint shares = lp_of(b).power.kind == LP_1
    if b.narrow == 4:
        cpool_lp_signed_f32(<float*>place, <const float*>box, <const float*>x, n, shares)
    else:
        cpool_lp_signed_f64(<double*>place, <const double*>box, <const double*>x, n, shares)
    return 0


cdef int run_lp_box(const Boxes* b, char* memory, Py_ssize_t k) except -1 nogil:
    cdef const Call* c = b.call
    cdef Box box
    cdef int seen
    open_box(b, memory, k, &box)
    if lp_of(b).plain:
        walk_source(b, &box, load_absolute if c.kind == POOL else load_same)
        run_part(b, &box, c.element)
        if c.kind != POOL:
            walk_result(b, &box, store_signed)
        elif b.narrow == 4 or lp_of(b).power.kind == LP_MAX:
            walk_result(b, &box, store_same)
        elif walk_result(b, &box, store_roots):
            mend_windows(b, &box, <double*>c.result)
        return 0
    if c.kind == POOL:
        walk_source(b, &box, load_powers)
        run_part(b, &box, F64)
        if walk_result(b, &box, store_roots):
            if b.narrow == 4:
                mend_windows(b, &box, <float*>c.result)
            else:
                mend_windows(b, &box, <double*>c.result)
        return 0
    seen = walk_source(b, &box, load_quotients)
    run_part(b, &box, F64)
    if walk_result(b, &box, store_products) or seen:
        if b.narrow == 4:
            mend_cells(b, &box, <float*>c.result)
        else:
            mend_cells(b, &box, <double*>c.result)
    return 0


cdef int run_lp(Call* c, const Lp* lp, Py_ssize_t threads) except -1 nogil:
    cdef Boxes b
    if c.shape.planes == 0 or c.shape.inner == 0:
        return 0
    if c.kind == POOL:
        collapse(&c.shape, c.steps, source_width(c))
    if c.kind == SPREAD:
        # By the whole axis: a box does not see where windows are cut.
        c.divisor = one_divisor(&c.shape.z, &c.shape.y, &c.shape.x, c.include_pad)
    b.by, b.narrow = lp, source_width(c)
    b.wide = b.narrow if lp.plain else 8
    prepare_boxes(&b, c, threads)
    return run_boxes(&b, run_lp_box, threads)


cdef int run_lp_by(Call* c, const Lp* lp, Py_ssize_t threads) except -1:
    if threads == 0:
        return run_lp(c, lp, 1)
    with nogil:
        return run_lp(c, lp, threads)


cdef int prepare_lp(Call* c, Lp* lp, int kind, int element, double p, bint normalized, bytes geometry) except -1:
    if not (0 <= element < 2 and p > 0):
        raise ValueError("kernel called with an unknown element type or power")
    read_geometry(geometry, &c.shape)
    c.kind, c.operation, c.element, c.count_y = kind, SUM, element, c.shape.y
    c.average, c.include_pad, c.divisor, c.winners, c.winner_width, c.part = normalized, False, 0, NULL, 0, False
    set_power(&lp.power, p, normalized, 4 if element == 0 else 8)
    lp.plain = lp.power.kind == LP_1 or lp.power.kind == LP_MAX
    if lp.power.kind == LP_MAX:
        c.operation, c.kind = 0, RETURN if kind == SPREAD else POOL
        c.average = False
    return 0


def copy(source not None, target not None, Py_ssize_t threads, /):
    """Copy one array into another of as many bytes, both contiguous."""
    cdef Py_buffer a, b
    cdef Py_ssize_t t, n
    flat(source, &a, False, source.itemsize, source.size)
    try:
        flat(target, &b, True, source.itemsize, source.size)
        try:
            n = a.len
            for t in prange(threads, num_threads=threads, nogil=True, schedule="static", chunksize=1):
                memcpy(<char*>b.buf + n * t // threads, <const char*>a.buf + n * t // threads,
                       n * (t + 1) // threads - n * t // threads)
        finally:
            PyBuffer_Release(&b)
    finally:
        PyBuffer_Release(&a)


cdef int take_kept(object kept, Call* c, Lp* lp, Py_buffer* buffer) except -1:
    # What a forward call leaves for its gradient: the codes of winners, or norms in double; NULL where it is nothing.
    lp.norms, c.winners, c.winner_width = NULL, NULL, 0
    if kept is None:
        if c.kind == RETURN or (c.kind == SPREAD and not lp.plain):
            raise ValueError("kernel called without what its gradient needs")
        memset(buffer, 0, sizeof(Py_buffer))
        return 0
    if lp.power.kind == LP_MAX:
        c.winner_width = kept.itemsize
        if not (c.winner_width == 1 or c.winner_width == 2 or c.winner_width == 4):
            raise ValueError("kernel called with codes of an unknown width")
        take(kept, buffer, True, c.winner_width, &c.shape, True, NULL)
        c.winners = <char*>buffer.buf
    else:
        take(kept, buffer, True, 8, &c.shape, True, NULL)
        lp.norms = <double*>buffer.buf
    return 0


def lp_pool(int element, x not None, y not None, kept, double p, bint normalized, bytes geometry not None, Py_ssize_t threads, /):
    """The Lp norm of the windows of x into y; kept takes the same in double, or for p = inf the codes of the largest cells."""
    cdef Call c
    cdef Lp lp
    cdef Py_buffer source, result, more
    prepare_lp(&c, &lp, POOL, element, p, normalized, geometry)
    take(x, &source, False, source_width(&c), &c.shape, False, c.steps)
    try:
        take(y, &result, True, result_width(&c), &c.shape, True, NULL)
        try:
            take_kept(kept, &c, &lp, &more)
            try:
                c.source, c.result = <const char*>source.buf, <char*>result.buf
                run_lp_by(&c, &lp, threads)
            finally:
                PyBuffer_Release(&more)
        finally:
            PyBuffer_Release(&result)
    finally:
        PyBuffer_Release(&source)


def lp_gradient(int element, grad not None, x not None, kept, result not None, double p, bint normalized,
                bytes geometry not None, Py_ssize_t threads, /):
    """The gradient of lp_pool, from what it kept."""
    cdef Call c
    cdef Lp lp
    cdef Py_buffer source, cells, more, target
    cdef Py_ssize_t width
    prepare_lp(&c, &lp, SPREAD, element, p, normalized, geometry)
    width = source_width(&c)
    take(grad, &source, False, width, &c.shape, True, NULL)
    try:
        take(x, &cells, False, width, &c.shape, False, NULL)
        try:
            take(result, &target, True, width, &c.shape, False, NULL)
            try:
                take_kept(kept, &c, &lp, &more)
                try:
                    c.source, c.result, lp.x = <const char*>source.buf, <char*>target.buf, <const char*>cells.buf
                    set_steps(&c, True)
                    run_lp_by(&c, &lp, threads)
                finally:
                    PyBuffer_Release(&more)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&cells)
    finally:
        PyBuffer_Release(&source)
