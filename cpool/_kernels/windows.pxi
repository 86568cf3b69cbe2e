# Windows of few cells over pixels of many channels, cell by cell. See windows.h.

cdef bint worth_windows(const Plan* p) noexcept nogil:
    cdef Py_ssize_t cells
    # Each axis first: the product of three could overflow.
    if max(p.z.kernel, p.y.kernel, p.x.kernel) > MOST_CELLS:
        return False
    cells = p.z.kernel * p.y.kernel * p.x.kernel
    if p.inner < 8 or p.load_rows or p.z.spread * p.y.spread * p.x.spread > 1:
        return False
    if p.winners and (p.rows.byte_codes == 0 or p.winner_width > 1):
        return False
    if not p.rows.idempotent and p.z.kernel > 1:
        return False
    # Cells that windows share are read again by each: where they are few, or the passes would carry codes, or sums in double.
    return (cells <= 4 or (cells <= 9 and (p.winners or not p.rows.idempotent))
            or (cells <= MOST_CELLS and p.x.stride > 1 and (p.y.stride > 1 or p.y.kernel == 1)))


cdef void window_rows(const Plan* p, const char* source, char* result, char* codes, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # Rows r0 to r1 of the outputs of every slice of one plane.
    cdef Py_ssize_t z, y, x, end, lo = first_inside(&p.x), hi = end_inside(&p.x), at
    cdef Cells cz, cy
    for z in range(p.z.out):
        cz = cells_of(&p.z, z)
        for y in range(r0, r1):
            cy = cells_of(&p.y, y)
            x = 0
            while x < p.x.out:
                end = hi if x == lo and hi > lo else x + 1
                at = ((z * p.y.out + y) * p.x.out + x) * p.inner
                run_windows(p, source, &cz, &cy, z, y, x, end, result + at * p.rows.result, codes + at if codes else NULL)
                x = end


cdef void run_windows(const Plan* p, const char* source, const Cells* cz, const Cells* cy, Py_ssize_t z, Py_ssize_t y, Py_ssize_t x,
                      Py_ssize_t end, char* out, char* code) noexcept nogil:
    # Windows x to end of one row, which have the same cells, seen from each.
    cdef Py_ssize_t[MOST_CELLS] offset
    cdef uint8_t[MOST_CELLS] tap
    cdef cpool_windows w
    cdef Cells cx = cells_of(&p.x, x)
    cdef Py_ssize_t i, j, k, m = 0, pixel = p.inner * p.rows.source
    cdef double cells, wide
    cdef float short
    for i in range(cz.count):
        for j in range(cy.count):
            for k in range(cx.count):
                offset[m] = ((cz.first + i * p.z.hop) * p.slice_step + (cy.first + j * p.y.hop) * p.row_step
                             + (cx.first + k * p.x.hop) * pixel)
                tap[m] = <uint8_t>(((cz.tap + i) * p.y.kernel + cy.tap + j) * p.x.kernel + cx.tap + k)
                m += 1
    if m == 0:
        for i in range(x, end):
            fill_result(p, out + (i - x) * p.inner * p.rows.result)
        if code:
            memset(code, 0, (end - x) * p.inner)
        return
    w.src, w.src_step, w.offset, w.tap, w.many, w.row = source, p.x.stride * pixel, offset, tap, m, cx.count
    w.out, w.out_step, w.result = out, p.inner * p.rows.result, p.rows.result
    w.code, w.code_step, w.windows, w.n = code, p.inner, end - x, p.inner
    w.divided = 0
    if p.divide_result:
        cells = divisor_at(p, z, y, x)
        w.divided, wide = TIMES if p.times else OVER, 1 / cells
        if p.times:
            cells = 1 / cells
        short = <float>cells
        w.by = <const char*>&short if p.rows.width == 4 else <const char*>&cells
        w.by_wide = <const char*>&wide
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
