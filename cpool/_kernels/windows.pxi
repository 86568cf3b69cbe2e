# Windows of few cells over pixels of channels, cell by cell. See windows.h.

cdef enum:
    # The bytes of an input that does not stay in the second cache with its result. It is then read once, by rows in pairs; passes,
    # which read it once too but write and read what lies between them, are a little faster where all of it stays.
    WALKED = 1024 * 1024


cdef bint worth_windows(const Plan* p) noexcept nogil:
    cdef Py_ssize_t cells, bytes = p.planes * p.y.size * p.x.size * p.inner * p.rows.source
    # Each axis first: the product of three could overflow.
    if max(p.z.kernel, p.y.kernel, p.x.kernel) > MOST_CELLS:
        return False
    cells = p.z.kernel * p.y.kernel * p.x.kernel
    if p.divide_source and not (in_float(p) and p.z.spread * p.y.spread * p.x.spread == 1 and is_identity(&p.count_z)):
        return False
    # Few channels leave most of a vector idle: only where each cell is read but once or twice.
    if p.inner < 8 and (p.inner < 3 or p.x.stride == 1):
        return False
    if (p.load_rows and not p.divide_source) or p.z.spread * p.y.spread * p.x.spread > 1:
        return False
    if p.winners and (p.rows.byte_codes == 0 or p.winner_width > 1):
        return False
    if not p.rows.idempotent and p.z.kernel > 1:
        return False
    # Cells that windows share are read again by each: where they are few, or the passes would carry codes, or sums in double.
    return (cells <= 4 or (cells <= 9 and (p.winners or not p.rows.idempotent))
            or (p.rows.byte_codes and bytes > WALKED and walks(p))
            or (cells <= MOST_CELLS and p.x.stride > 1 and (p.y.stride > 1 or p.y.kernel == 1)))


cdef inline bint walks(const Plan* p) noexcept nogil:
    # Whether rows of windows go in pairs; not where most of them lie at a border.
    return (PARTS and p.y.out >= 10 and p.x.out >= 10 and p.z.kernel == 1 and p.y.kernel == 3 and p.x.kernel == 3
            and p.y.stride == 1 and p.x.stride == 1 and p.y.dilation == 1 and p.x.dilation == 1)


cdef void window_rows(const Plan* p, const char* source, char* result, char* codes, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # Rows r0 to r1 of the outputs of every slice of one plane.
    cdef Py_ssize_t z, y, x, end, down, lo, hi, top, bottom, at
    cdef bint pairs = walks(p)
    cdef Cells cz, cy
    inside(p, &p.x, &p.count_x, &lo, &hi)
    inside(p, &p.y, &p.count_y, &top, &bottom)
    for z in range(p.z.out):
        cz = cells_of(&p.z, z)
        y = r0
        while y < r1:
            cy = cells_of(&p.y, y)
            down = 2 if pairs and top <= y < bottom - 1 and y < r1 - 1 else 1
            x = 0
            while x < p.x.out:
                end = hi if x == lo and hi > lo else x + 1
                at = ((z * p.y.out + y) * p.x.out + x) * p.inner
                run_windows(p, source, &cz, &cy, z, y, x, end, down, top <= y < bottom and lo <= x < hi,
                            result + at * p.rows.result, codes + at if codes else NULL)
                x = end
            y += down


cdef void inside(const Plan* p, const Axis* a, const Axis* count, Py_ssize_t* lo, Py_ssize_t* hi) noexcept nogil:
    # The windows lo to hi that no border cuts; of a gradient that is divided as it is read, none that a window cut by it is in.
    lo[0], hi[0] = first_inside(a), end_inside(a)
    if p.divide_source:
        lo[0] = min(a.out, max(lo[0], first_inside(count) + a.before))
        hi[0] = max(lo[0], min(hi[0], end_inside(count) - (a.kernel - 1) * a.dilation + a.before))


cdef void run_windows(const Plan* p, const char* source, const Cells* cz, const Cells* cy, Py_ssize_t z, Py_ssize_t y, Py_ssize_t x,
                      Py_ssize_t end, Py_ssize_t down, bint whole, char* out, char* code) noexcept nogil:
    # Windows x to end of one row, or of two, which have the same cells, seen from each.
    cdef Py_ssize_t[MOST_CELLS] offset
    cdef uint8_t[MOST_CELLS] tap
    cdef float[MOST_CELLS] weight
    cdef cpool_windows w
    cdef Cells cx = cells_of(&p.x, x)
    cdef Py_ssize_t i, j, k, at, code_at, m = 0, pixel = p.inner * p.rows.source
    cdef Divisor d
    w.lines, w.row = cz.count * cy.count, cx.count
    if w.lines * w.row == 0:
        for i in range(x, end):
            fill_result(p, out + (i - x) * p.inner * p.rows.result)
        if code:
            memset(code, 0, (end - x) * p.inner)
        return
    for i in range(cz.count):
        for j in range(cy.count):
            at = (cz.first + i * p.z.hop) * p.slice_step + (cy.first + j * p.y.hop) * p.row_step + cx.first * pixel
            code_at = ((cz.tap + i) * p.y.kernel + cy.tap + j) * p.x.kernel + cx.tap
            for k in range(cx.count):
                offset[m], tap[m] = at, <uint8_t>code_at
                at, code_at, m = at + p.x.hop * pixel, code_at + 1, m + 1
    w.src, w.src_step, w.offset, w.tap, w.hop = source, p.x.stride * pixel, offset, tap, p.x.hop * pixel
    w.out, w.out_step, w.result = out, p.inner * p.rows.result, p.rows.result
    w.code, w.code_step, w.windows, w.n = code, p.inner, end - x, p.inner
    w.down, w.src_down, w.out_down = down, p.y.stride * p.row_step, p.x.out * w.out_step
    w.code_down = p.x.out * w.code_step
    w.divided, w.weight = 0, NULL
    if p.divide_source and whole:
        w.by = divisor_as(p, <double>p.count_y.kernel * <double>p.count_x.kernel, &d, &w.divided)
        w.by_wide = <const char*>d.reciprocal
    elif p.divide_source:
        m, w.weight = 0, <const char*>weight
        for j in range(cy.count):
            for k in range(cx.count):
                weight[m] = <float>(1 / divisor_at(p, 0, cy.first + j * p.y.hop, cx.first + k * p.x.hop))
                m += 1
    elif p.divide_result:
        w.by, w.by_wide = divisor_as(p, divisor_at(p, z, y, x), &d, &w.divided), <const char*>d.reciprocal
    if p.rows.plain:
        p.rows.windows(&w)
    else:
        p.rows.first_windows(&w)


cdef void fill_result(const Plan* p, char* out) noexcept nogil:
    # A window without a cell: the neutral element; of sums and averages, 0 in either type.
    cdef char[8] neutral
    cdef Py_ssize_t i
    if p.rows.idempotent:
        p.rows.fill(neutral, 1)
        for i in range(p.inner):
            memcpy(out + i * p.rows.result, neutral, p.rows.result)
    else:
        memset(out, 0, p.inner * p.rows.result)
