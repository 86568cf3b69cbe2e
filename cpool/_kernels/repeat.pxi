# The gradient of sum and average where windows neither overlap nor are padded before: every cell of a window gets the same,
# the output's gradient over the divisor. A row of outputs is divided once, spread along a row of cells, and that row copied.

cdef enum:
    SHORT_ROW = 1024        # bytes of a row of the gradient
    TOGETHER = 8 * 1024     # what rows that are divided together take in bytes


cdef bint repeats(const Axis* a) noexcept nogil:
    return a.dilation == 1 and a.before == 0 and (a.stride == a.kernel or a.out == 1)


cdef void prepare_repeat(Plan* p, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t wanted = (threads + p.planes - 1) // p.planes
    p.n = p.x.out * p.inner
    p.times = p.rows.reciprocal
    p.block = max(1, min(p.y.out, (p.y.out + wanted - 1) // wanted))
    p.blocks = (p.y.out + p.block - 1) // p.block
    # Short rows with one divisor are divided and spread together: 28 halves take as long as the call that does it.
    p.chunk = 1
    if (p.divide_source and p.divisor != 0 and p.row_step == p.n * p.rows.result and p.x.size == p.x.out * p.x.kernel
            and p.x.size * p.inner * p.rows.result <= SHORT_ROW):
        p.chunk = max(1, min(p.block, TOGETHER // (p.n * p.rows.width)))
    p.row_bytes = padded(p.chunk * p.n * p.rows.width)


cdef Py_ssize_t repeat_scratch_bytes(const Plan* p, Scratch* s, char* memory) noexcept nogil:
    cdef Py_ssize_t at = <Py_ssize_t>memory
    s.row, at = <char*>at, at + p.row_bytes
    s.last, at = <char*>at, at + p.row_bytes
    s.by, at = <char*>at, at + p.row_bytes
    s.rows, at = <char*>at, at + (padded(p.chunk * p.x.size * p.inner * p.rows.result) if p.chunk > 1 else 0)
    s.by_rows = 0
    return at - <Py_ssize_t>memory


cdef void repeat_unit(const Plan* p, Scratch* s, Py_ssize_t plane, Py_ssize_t r0) noexcept nogil:
    cdef Py_ssize_t r1 = min(p.y.out, r0 + p.block), z, y, w = p.rows.result, row = p.x.size * p.inner * w, to, z1, y1
    cdef Py_ssize_t y0 = r0 * p.y.kernel, end = min(p.y.size, r1 * p.y.kernel) if r1 < p.y.out else p.y.size
    cdef char* out
    cdef const char* source
    for z in range(p.z.out):
        z1 = min(p.z.size, (z + 1) * p.z.kernel)
        for y in range(r0, r1):
            source = p.source + plane * p.plane_step + z * p.slice_step + y * p.row_step
            y1 = min(p.y.size, (y + 1) * p.y.kernel)
            out = p.result + ((plane * p.z.size + z * p.z.kernel) * p.y.size + y * p.y.kernel) * row
            if p.chunk > 1:
                if (y - r0) % p.chunk == 0:
                    repeat_rows(p, s, source, min(p.chunk, r1 - y))
                cpool_copy_rows(out, row, s.rows + (y - r0) % p.chunk * row, 0, y1 - y * p.y.kernel, row)
                continue
            divided_row(p, s, source, z, y)
            if p.n == 1 and p.x.kernel >= p.x.size:
                cpool_repeat(out, s.last, (y1 - y * p.y.kernel) * p.x.size, (y1 - y * p.y.kernel) * p.x.size, w)
                continue
            repeat_row(p, out, s.last, p.x.size, p.x.out)
            for to in range(1, y1 - y * p.y.kernel):
                memcpy(out + to * row, out, row)
        # Behind the last window, if there is something, nothing came from it.
        out = p.result + (plane * p.z.size + z * p.z.kernel) * p.y.size * row
        if r1 == p.y.out and p.y.out * p.y.kernel < p.y.size:
            memset(out + p.y.out * p.y.kernel * row, 0, (p.y.size - p.y.out * p.y.kernel) * row)
        for to in range(1, z1 - z * p.z.kernel):
            memcpy(out + (to * p.y.size + y0) * row, out + y0 * row, (end - y0) * row)
    for z in range(p.z.out * p.z.kernel, p.z.size):
        memset(p.result + ((plane * p.z.size + z) * p.y.size + y0) * row, 0, (end - y0) * row)


cdef inline void divided_row(const Plan* p, Scratch* s, const char* source, Py_ssize_t z, Py_ssize_t y) noexcept nogil:
    if not p.divide_source:
        memcpy(s.last, source, p.n * p.rows.result)
        return
    p.rows.load(s.row, source, p.n, divisors_of(p, s, z, y))
    p.rows.store(s.last, s.row, p.n, NULL)


cdef void repeat_rows(const Plan* p, Scratch* s, const char* source, Py_ssize_t rows) noexcept nogil:
    # Rows of outputs along rows of cells, one behind the other.
    cdef Py_ssize_t i
    if s.by_rows == 0:
        s.by_rows = 1
        for i in range(p.chunk * p.n):
            (<double*>s.by)[i] = 1 / p.divisor if p.rows.reciprocal else p.divisor
    p.rows.load(s.row, source, rows * p.n, s.by)
    p.rows.store(s.last, s.row, rows * p.n, NULL)
    repeat_row(p, s.rows, s.last, rows * p.x.size, rows * p.x.out)


cdef inline void repeat_row(const Plan* p, char* out, const char* row, Py_ssize_t cells, Py_ssize_t windows) noexcept nogil:
    # So many cells of as many windows, and zeros where there is none.
    cdef Py_ssize_t pixel = p.inner * p.rows.result, n = min(cells, windows * p.x.kernel)
    if p.x.kernel == 2:
        cpool_zip(out, row, row, n, pixel)
    else:
        cpool_repeat(out, row, p.x.kernel, n, pixel)
    if n < cells:
        memset(out + n * pixel, 0, (cells - n) * pixel)
