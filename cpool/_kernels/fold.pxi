# Windows as large as the input: all its axes are one, and a plane is one sweep, whose best or sum is its result; of a gradient,
# one value all over, or one cell.

cdef extern from "stream.h" nogil:
    int STREAMED "CPOOL_STREAMED"
    int STREAM_PART "CPOOL_STREAM_PART"
    void stream "cpool_stream"(char*, const char*, Py_ssize_t)
    void end_stream "cpool_stream_end"()
    void fill_all "cpool_fill_all"(char*, const char*, Py_ssize_t, Py_ssize_t)


cdef enum:
    FOLDED = 64     # planes whose sums are divided and stored together
    GIVEN = 16 * 1024   # bytes of gradients that are cleared, or streamed, at a time


cdef inline bint streams_planes(Py_ssize_t planes, Py_ssize_t bytes) noexcept nogil:
    # Whether a gradient of so many planes of so many bytes is streamed: see stream.h.
    return 0 < bytes <= GIVEN and planes >= STREAMED // bytes


cdef inline bint covered(const Axis* a) noexcept nogil:
    return a.out == 1 and a.kernel == a.size and a.before == 0 and a.dilation == 1 and a.after == 0


cdef inline bint all_covered(const Shape* s) noexcept nogil:
    return covered(&s.z) and covered(&s.y) and covered(&s.x)


cdef void collapse(Shape* s, const Py_ssize_t* steps, Py_ssize_t itemsize) noexcept nogil:
    # Three covered axes of contiguous memory (steps NULL: it is) become one; the order of the cells is the same. Not of pixels of
    # channels: there a row at a time is a few streams through memory, which a whole plane is not.
    cdef Py_ssize_t row = s.x.size * s.inner * itemsize
    cdef bint contiguous = steps == NULL or (steps[2] == row and steps[1] == row * s.y.size)
    if s.inner == 1 and contiguous and all_covered(s):
        s.x.size *= s.z.size * s.y.size
        s.x.kernel = s.x.size
        s.z = s.y = trivial()


cdef Axis trivial() noexcept nogil:
    cdef Axis a
    a.size = a.out = a.kernel = a.stride = a.dilation = a.spread = a.period = a.hop = 1
    a.before = a.after = 0
    return a


cdef bint folds(const Plan* p) noexcept nogil:
    if not (p.inner == 1 and covered(&p.x) and covered(&p.y) and p.y.size == 1 and covered(&p.z) and p.z.size == 1):
        return False
    if p.repeat:
        return p.plane_step == p.rows.source
    return not p.divide_source and (p.rows.fold_best != NULL or p.rows.fold != NULL)


cdef void fold_planes(const Plan* p, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef double[FOLDED] sums
    cdef double[FOLDED] by
    cdef double[FOLDED] spread
    cdef double cells = p.divisor if p.divisor != 0 else <double>p.x.size
    cdef Py_ssize_t i, plane = first, count, w = p.rows.result
    cdef char* out
    if p.rows.fold_best != NULL:
        p.rows.fold_best(p.result + first * w, p.winners + first * p.winner_width if p.winners else NULL, p.winner_width,
                         p.source + first * p.plane_step, p.plane_step, end - first, p.x.size)
        return
    for i in range(FOLDED):
        by[i] = 1 / cells if p.rows.reciprocal else cells
    while plane < end:
        count = min(FOLDED, end - plane)
        if p.repeat:
            out = <char*>spread
            if p.divide_source:
                p.rows.load(<char*>sums, p.source + plane * w, count, by)
                p.rows.store(out, <const char*>sums, count, NULL)
            else:
                memcpy(out, p.source + plane * w, count * w)
            spread_planes(p, p.result + plane * p.x.size * w, out, count)
        else:
            p.rows.fold(<char*>sums, p.source + plane * p.plane_step, p.plane_step, count, p.x.size)
            p.rows.store(p.result + plane * w, <const char*>sums, count, by if p.divide_result else NULL)
        plane += count
    end_stream()


cdef void spread_planes(const Plan* p, char* out, const char* values, Py_ssize_t count) noexcept nogil:
    # A value for each plane, all over it.
    cdef Py_ssize_t i, many, w = p.rows.result, n = p.x.size, bytes = n * w
    cdef char[GIVEN] scratch
    if streams_planes(p.planes, bytes):
        while count > 0:
            many = min(count, GIVEN // bytes)
            cpool_repeat(scratch, values, n, many * n, w)
            stream(out, scratch, many * bytes)
            out, values, count = out + many * bytes, values + many * w, count - many
    elif bytes < GIVEN:
        cpool_repeat(out, values, n, count * n, w)
    else:
        for i in range(count):
            fill_all(out + i * bytes, values + i * w, n, w)


cdef void put_winners(const Call* c, char* out, Py_ssize_t first, Py_ssize_t end, bint clear) noexcept nogil:
    # Into planes that are zeros, from `out` on; or zeros in their place. The largest code says that no cell won, as with NaN among
    # medians.
    cdef Py_ssize_t inner = c.shape.inner, n = c.shape.z.size * c.shape.y.size * c.shape.x.size, width = result_width(c)
    cdef Py_ssize_t plane, i, at, none
    for plane in range(first, end):
        for i in range(plane * inner, (plane + 1) * inner):
            if c.winner_width == 1:
                at, none = (<const uint8_t*>c.winners)[i], 0xff
            elif c.winner_width == 2:
                at, none = (<const uint16_t*>c.winners)[i], 0xffff
            else:
                at, none = (<const int32_t*>c.winners)[i], -1
            if at == none:
                continue
            at = at * inner + i - plane * inner
            if width == 4:
                (<float*>out)[at] = 0 if clear else 0 + (<const float*>c.source)[i]
            else:
                (<double*>out)[at] = 0 if clear else 0 + (<const double*>c.source)[i]
        out += n * inner * width


cdef void give_planes(const Call* c, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # The gradient of max and min: zeros, and the cell that won; many small planes at a time.
    cdef Py_ssize_t bytes = c.shape.z.size * c.shape.y.size * c.shape.x.size * c.shape.inner * result_width(c)
    cdef Py_ssize_t plane = first, next, many = GIVEN // bytes if 0 < bytes <= GIVEN else 1
    cdef char[GIVEN] scratch
    cdef bint streams = streams_planes(c.shape.planes, bytes)
    cdef char* out = c.result + first * bytes
    if streams:
        memset(scratch, 0, GIVEN)
    while plane < end:
        next = min(end, plane + many)
        if streams:
            put_winners(c, scratch, plane, next, False)
            stream(out, scratch, (next - plane) * bytes)
            put_winners(c, scratch, plane, next, True)
        else:
            memset(out, 0, (next - plane) * bytes)
            put_winners(c, out, plane, next, False)
        out += (next - plane) * bytes
        plane = next
    if streams:
        end_stream()
