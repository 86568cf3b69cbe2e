# Median pooling: windows that have the same cells, seen from each, lie side by side in the lanes of median.h; rows of outputs are
# the unit of work.

from libc.stdint cimport uint64_t

cdef extern from "rows.h" nogil:
    enum: MEDIAN_LANES "CPOOL_MEDIAN_LANES"
    enum: NETWORK_CELLS "CPOOL_MEDIAN_CELLS"
    Py_ssize_t cpool_median_network(uint8_t*, Py_ssize_t)
    void cpool_median_f32(const float*, float*, Py_ssize_t, Py_ssize_t, const uint8_t*, Py_ssize_t, float*, int32_t*, int32_t*)
    void cpool_median_f64(const double*, double*, Py_ssize_t, Py_ssize_t, const uint8_t*, Py_ssize_t, double*, int64_t*, int64_t*)
    void cpool_median_of_many_f32(const float*, uint32_t*, Py_ssize_t, float*, int64_t*, int64_t*)
    void cpool_median_of_many_f64(const double*, uint64_t*, Py_ssize_t, double*, int64_t*, int64_t*)

cdef enum:
    PAIRS = 2 * 2048        # bytes that a network of 128 takes at most

cdef struct Median:
    Shape shape
    const char* source
    Py_ssize_t[3] steps
    char* result
    char* first             # the codes of the two cells in the middle, code_width bytes each; NULL where they are not wanted
    char* second
    Py_ssize_t code_width, width
    uint8_t* pairs          # the networks: by the number of cells, where each is, and how many comparators it has
    Py_ssize_t[NETWORK_CELLS + 1] place
    Py_ssize_t[NETWORK_CELLS + 1] many
    Py_ssize_t cells        # the most that a window has


cdef inline Py_ssize_t most_inside(const Axis* a) noexcept nogil:
    return min(a.kernel, (a.size - 1) // a.dilation + 1)


cdef int make_networks(Median* m) except -1 nogil:
    # For every number of cells that a window cut by the borders can have.
    cdef Py_ssize_t z, y, x, n, count = 0
    for n in range(NETWORK_CELLS + 1):
        m.place[n] = -1
    for z in range(1, min(most_inside(&m.shape.z), NETWORK_CELLS) + 1):
        for y in range(1, min(most_inside(&m.shape.y), NETWORK_CELLS // z) + 1):
            for x in range(1, min(most_inside(&m.shape.x), NETWORK_CELLS // (z * y)) + 1):
                if m.place[z * y * x] < 0:
                    m.place[z * y * x] = count * PAIRS
                    count += 1
    m.pairs = <uint8_t*>allocate(count * PAIRS, 1)
    for n in range(1, NETWORK_CELLS + 1):
        if m.place[n] >= 0:
            m.many[n] = cpool_median_network(m.pairs + m.place[n], n)
    return 0


cdef struct Taps:
    Cells z, y, x
    int32_t[NETWORK_CELLS] code     # of each cell, where a network orders them


cdef inline Py_ssize_t tap_of(const Median* m, const Taps* t, Py_ssize_t k) noexcept nogil:
    # The code of the k-th cell of a window; -1 stays.
    cdef Py_ssize_t row = k // t.x.count
    if k < 0:
        return -1
    return (((t.z.tap + row // t.y.count) * m.shape.y.kernel + t.y.tap + row % t.y.count) * m.shape.x.kernel
            + t.x.tap + k % t.x.count)


cdef inline const char* cell_row(const Median* m, const Taps* t, const char* plane, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    return plane + (t.z.first + i * m.shape.z.hop) * m.steps[1] + (t.y.first + j * m.shape.y.hop) * m.steps[2]


cdef void median_lanes(const Median* m, const Taps* t, const char* plane, Py_ssize_t at, Py_ssize_t j0, Py_ssize_t lanes,
                       floating* memory) noexcept nogil:
    # Lanes j0 on of the windows of a row, which lie one window's channels behind the other's.
    cdef Py_ssize_t i, j, k, n = 0, x, c, lane, inner = m.shape.inner, stride = m.shape.x.stride, count, begin, tap
    cdef const floating* row
    cdef floating* cells = memory
    cdef floating* work = cells + t.z.count * t.y.count * t.x.count * MEDIAN_LANES
    cdef floating* line
    cdef floating[MEDIAN_LANES] out
    cdef int64_t[MEDIAN_LANES] first
    cdef int64_t[MEDIAN_LANES] second
    for i in range(t.z.count):
        for j in range(t.y.count):
            row = <const floating*>cell_row(m, t, plane, i, j)
            for k in range(t.x.count):
                line = cells + n * MEDIAN_LANES
                begin = (t.x.first + k * m.shape.x.hop) * inner
                if stride == 1 or lanes + j0 % inner <= inner:
                    memcpy(line, row + begin + j0 // inner * stride * inner + j0 % inner, lanes * sizeof(floating))
                elif inner == 1:
                    for lane in range(lanes):
                        line[lane] = row[begin + (j0 + lane) * stride]
                else:
                    lane = 0
                    while lane < lanes:
                        x, c = (j0 + lane) // inner, (j0 + lane) % inner
                        count = min(inner - c, lanes - lane)
                        memcpy(line + lane, row + begin + x * stride * inner + c, count * sizeof(floating))
                        lane += count
                for lane in range(lanes, (lanes + 15) // 16 * 16):
                    line[lane] = 0
                n += 1
    if floating is float:
        cpool_median_f32(cells, work, n, lanes, m.pairs + m.place[n], m.many[n], out, <int32_t*>first if m.first else NULL,
                         <int32_t*>second if m.first else NULL)
    else:
        cpool_median_f64(cells, work, n, lanes, m.pairs + m.place[n], m.many[n], out, first if m.first else NULL,
                         second if m.first else NULL)
    memcpy(m.result + at * sizeof(floating), out, lanes * sizeof(floating))
    if not m.first:
        return
    for lane in range(lanes):
        tap = (<int32_t*>first)[lane] if floating is float else first[lane]
        put_code(m.first, m.code_width, at + lane, t.code[tap])
        tap = (<int32_t*>second)[lane] if floating is float else second[lane]
        put_code(m.second, m.code_width, at + lane, t.code[tap] if tap >= 0 else -1)


cdef void median_of_many(const Median* m, const Taps* t, const char* plane, Py_ssize_t at, Py_ssize_t x, Py_ssize_t channel,
                         floating* memory) noexcept nogil:
    # One window of a channel; x counts from where the cells of t are.
    cdef Py_ssize_t i, j, k, n = 0, inner = m.shape.inner
    cdef const floating* row
    cdef int64_t first = -1, second = -1
    for i in range(t.z.count):
        for j in range(t.y.count):
            row = <const floating*>cell_row(m, t, plane, i, j) + channel
            for k in range(t.x.count):
                memory[n] = row[(t.x.first + x * m.shape.x.stride + k * m.shape.x.hop) * inner]
                n += 1
    if floating is float:
        cpool_median_of_many_f32(memory, <uint32_t*>(memory + m.cells), n, <float*>m.result + at, &first, &second)
    else:
        cpool_median_of_many_f64(memory, <uint64_t*>(memory + m.cells), n, <double*>m.result + at, &first, &second)
    if m.first:
        put_code(m.first, m.code_width, at, tap_of(m, t, first))
        put_code(m.second, m.code_width, at, tap_of(m, t, second))


cdef void median_row(const Median* m, Py_ssize_t unit, floating* memory) noexcept nogil:
    # One row of outputs.
    cdef const Shape* s = &m.shape
    cdef Py_ssize_t y = unit % s.y.out, z = unit // s.y.out % s.z.out, inner = s.inner
    cdef const char* plane = m.source + unit // (s.y.out * s.z.out) * m.steps[0]
    cdef Py_ssize_t lo = first_inside(&s.x), hi = end_inside(&s.x), x = 0, end, j, at = unit * s.x.out * inner, many
    cdef Taps t
    t.z, t.y = cells_of(&s.z, z), cells_of(&s.y, y)
    while x < s.x.out:
        end = hi if x == lo and hi > lo else x + 1
        t.x = cells_of(&s.x, x)
        many = t.z.count * t.y.count * t.x.count
        if many == 0:
            for j in range(x * inner, end * inner):
                (<floating*>m.result)[at + j] = 0
                if m.first:
                    put_code(m.first, m.code_width, at + j, -1)
                    put_code(m.second, m.code_width, at + j, -1)
        elif many <= NETWORK_CELLS:
            if m.first:
                for j in range(many):
                    t.code[j] = <int32_t>tap_of(m, &t, j)
            j = 0
            while j < (end - x) * inner:
                median_lanes(m, &t, plane, at + x * inner + j, j, min(MEDIAN_LANES, (end - x) * inner - j), memory)
                j += MEDIAN_LANES
        else:
            for j in range((end - x) * inner):
                median_of_many(m, &t, plane, at + x * inner + j, j // inner, j % inner, memory)
        x = end


cdef void median_rows(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Median* m = <const Median*>job
    cdef Py_ssize_t unit
    for unit in range(first, end):
        if m.width == 4:
            median_row(m, unit, <float*>memory)
        else:
            median_row(m, unit, <double*>memory)


cdef int run_median(Median* m, Py_ssize_t threads) except -1 nogil:
    cdef const Shape* s = &m.shape
    cdef Py_ssize_t units = s.planes * s.z.out * s.y.out, bytes
    if units == 0 or s.inner == 0:
        return 0
    m.cells = most_inside(&s.z) * most_inside(&s.y) * most_inside(&s.x)
    bytes = padded(2 * m.width * max(m.cells, min(m.cells, NETWORK_CELLS) * MEDIAN_LANES))
    make_networks(m)
    try:
        share_out(median_rows, m, bytes, units, threads)
    finally:
        free(m.pairs)
    return 0


def median_pool(int element, x not None, y not None, first, second, bytes geometry not None, Py_ssize_t threads, /):
    """The medians of the windows of x into y; first and second, unless None, take the codes of the one or two in the middle."""
    cdef Call c
    cdef Median m
    cdef Py_buffer source, result, one, two
    if not 0 <= element < 2:
        raise ValueError("kernel called with an unknown element type")
    read_geometry(geometry, &c.shape)
    m.shape, m.width, m.first, m.second, m.code_width = c.shape, 4 if element == 0 else 8, NULL, NULL, 0
    memset(&one, 0, sizeof(Py_buffer))
    memset(&two, 0, sizeof(Py_buffer))
    take(x, &source, False, m.width, &c.shape, False, m.steps)
    try:
        take(y, &result, True, m.width, &c.shape, True, NULL)
        try:
            m.source, m.result = <const char*>source.buf, <char*>result.buf
            if first is not None:
                m.code_width = first.itemsize
                if not (m.code_width == 1 or m.code_width == 2 or m.code_width == 4):
                    raise ValueError("kernel called with codes of an unknown width")
                take(first, &one, True, m.code_width, &c.shape, True, NULL)
                m.first = <char*>one.buf
                take(second, &two, True, m.code_width, &c.shape, True, NULL)
                m.second = <char*>two.buf
            if threads == 0:
                run_median(&m, 1)
            else:
                with nogil:
                    run_median(&m, threads)
        finally:
            PyBuffer_Release(&two)
            PyBuffer_Release(&one)
            PyBuffer_Release(&result)
    finally:
        PyBuffer_Release(&source)
