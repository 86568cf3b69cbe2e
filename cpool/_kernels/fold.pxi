# Windows as large as the input: all its axes are one, and the sum of a plane is one sweep over it.

cdef enum:
    FOLDED = 64     # planes whose sums are divided and stored together

cdef inline bint covered(const Axis* a) noexcept nogil:
    return a.out == 1 and a.kernel == a.size and a.before == 0 and a.dilation == 1 and a.after == 0


cdef void collapse(Shape* s, const Py_ssize_t* steps, Py_ssize_t itemsize) noexcept nogil:
    # Three covered axes of contiguous memory (steps NULL: it is) become one; the order of the cells is the same. Not of pixels of
    # channels: there a row at a time is a few streams through memory, which a whole plane is not.
    cdef Py_ssize_t row = s.x.size * s.inner * itemsize
    cdef bint contiguous = steps == NULL or (steps[2] == row and steps[1] == row * s.y.size)
    if s.inner == 1 and contiguous and covered(&s.z) and covered(&s.y) and covered(&s.x):
        s.x.size *= s.z.size * s.y.size
        s.x.kernel = s.x.size
        s.z = s.y = trivial()


cdef Axis trivial() noexcept nogil:
    cdef Axis a
    a.size = a.out = a.kernel = a.stride = a.dilation = a.spread = a.period = a.hop = 1
    a.before = a.after = 0
    return a


cdef bint folds(const Plan* p) noexcept nogil:
    return (not p.repeat and not p.divide_source and p.rows.fold != NULL and p.inner == 1 and covered(&p.x)
            and covered(&p.z) and p.z.size == 1 and covered(&p.y) and p.y.size == 1)


cdef void fold_planes(const Plan* p, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef double[FOLDED] sums
    cdef double[FOLDED] by
    cdef double cells = p.divisor if p.divisor != 0 else <double>p.x.size
    cdef Py_ssize_t i, plane = first, count
    for i in range(FOLDED):
        by[i] = 1 / cells if p.rows.reciprocal else cells
    while plane < end:
        count = min(FOLDED, end - plane)
        p.rows.fold(<char*>sums, p.source + plane * p.plane_step, p.plane_step, count, p.x.size)
        p.rows.store(p.result + plane * p.rows.result, <const char*>sums, count, by if p.divide_result else NULL)
        plane += count
