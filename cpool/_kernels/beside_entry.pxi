# The entry points of windows side by side.

cdef struct Held:
    # Buffers of one call, released together.
    Py_buffer[9] buffers
    int many


cdef char* hold(Held* h, object array, bint writable, Py_ssize_t itemsize, Py_ssize_t count) except? NULL:
    # The memory of a contiguous array of so many elements; NULL of None.
    if array is None:
        return NULL
    flat(array, &h.buffers[h.many], writable, itemsize, count)
    h.many += 1
    return <char*>h.buffers[h.many - 1].buf


cdef void let_go(Held* h) noexcept:
    cdef int i
    for i in range(h.many):
        PyBuffer_Release(&h.buffers[i])


cdef int prepare_beside(Beside* b, Held* h, bint backward, int family, int element, object x, object more, object side,
                        object params, Py_ssize_t tables, bytes geometry, double option, int flags) except -1:
    cdef const Shape* s = &b.shape
    if not (0 <= family < FAMILIES and 0 <= element < 2 and tables > 0):
        raise ValueError("kernel called with an unknown family or element type")
    memset(b, 0, sizeof(Beside))
    read_geometry(geometry, &b.shape)
    b.family, b.backward, b.width = &BESIDE_FAMILIES[family][element], backward, 4 if element == 0 else 8
    if backward and b.family.backward == NULL:
        raise ValueError("kernel called for a gradient that this family does not have")
    b.move, b.tables, b.option, b.flags = &BESIDE_LANES[element], tables, option, flags
    if params is not None:
        b.many = params.size // (tables * s.inner) if s.inner else 0
    b.x = hold(h, x, False, b.width, inputs_of(s))
    b.more = hold(h, more, False, b.width, inputs_of(s))
    b.side = hold(h, side, False, b.width, outputs_of(s))
    b.params = hold(h, params, False, b.width, tables * b.many * s.inner)
    return 0


cdef inline Py_ssize_t inputs_of(const Shape* s) noexcept nogil:
    return s.planes * s.z.size * s.y.size * s.x.size * s.inner


cdef inline Py_ssize_t outputs_of(const Shape* s) noexcept nogil:
    return s.planes * s.z.out * s.y.out * s.x.out * s.inner


cdef int run_beside_by(Beside* b, Py_ssize_t threads) except -1:
    if threads == 0:
        return run_beside(b, 1)
    with nogil:
        return run_beside(b, threads)


def beside(int family, int element, x not None, more, side, params, Py_ssize_t tables, y not None, codes, bytes geometry not None,
           double option, int flags, Py_ssize_t threads, /):
    """Pool x into y by a family; codes takes the cells of those that pick one.

    more is another input of the shape of x, side one of the shape of y; params is (tables, many, channels), channels being 1
    where they are not innermost, and planes take the tables in turn.
    """
    cdef Beside b
    cdef Held h
    h.many = 0
    try:
        prepare_beside(&b, &h, False, family, element, x, more, side, params, tables, geometry, option, flags)
        b.y = hold(&h, y, True, b.width, outputs_of(&b.shape))
        if codes is not None:
            b.code_width = codes.itemsize
            if not (b.code_width == 1 or b.code_width == 2 or b.code_width == 4):
                raise ValueError("kernel called with codes of an unknown width")
            b.codes = hold(&h, codes, True, b.code_width, outputs_of(&b.shape))
        run_beside_by(&b, threads)
    finally:
        let_go(&h)


def beside_gradient(int family, int element, grad not None, x not None, more, side, params, Py_ssize_t tables, grad_x not None,
                    grad_more, grad_side, grad_params, bytes geometry not None, double option, int flags, Py_ssize_t threads, /):
    """The gradients of `beside`; grad_params, (planes, many, channels) in double, takes each plane's part; without it the weights
    of ranked and dot have none."""
    cdef Beside b
    cdef Held h
    h.many = 0
    try:
        prepare_beside(&b, &h, True, family, element, x, more, side, params, tables, geometry, option, flags)
        b.grad = hold(&h, grad, False, b.width, outputs_of(&b.shape))
        b.grad_x = hold(&h, grad_x, True, b.width, inputs_of(&b.shape))
        b.grad_more = hold(&h, grad_more, True, b.width, inputs_of(&b.shape))
        b.grad_side = hold(&h, grad_side, True, b.width, outputs_of(&b.shape))
        b.grad_params = <double*>hold(&h, grad_params, True, sizeof(double), b.shape.planes * b.many * b.shape.inner)
        if b.params and not b.grad_params and family != RANKED and family != DOT or bool(more is None) != bool(grad_more is None):
            raise ValueError("kernel called without room for a gradient")
        run_beside_by(&b, threads)
    finally:
        let_go(&h)
