# Windows side by side: from rows of cells to lanes and back. See beside.h.
#
# The windows of a plane are walked in runs that have the same cells, seen from each: those that no border cuts, and those that a
# border cuts alike. The rows of a run follow each other in the lanes, and so do the runs of small planes. A run that fits into a
# block is never cut: in which order the gradient of a plane is added up depends on the plane alone.

cdef extern from "beside.h" nogil:
    ctypedef struct cpool_beside:
        Py_ssize_t n, lanes, taps
        const Py_ssize_t* tap
        const void* x
        const void* more
        const void* side
        const void* params
        double option
        int flags
        void* y
        int32_t* code
        void* work
        const void* grad
        void* grad_x
        void* grad_more
        void* grad_side
        void* grad_params
    ctypedef struct cpool_family:
        void (*forward)(const cpool_beside*) noexcept nogil
        void (*backward)(const cpool_beside*) noexcept nogil
    const cpool_family BESIDE_FAMILIES "CPOOL_BESIDE_FAMILIES"[1][2]
    void lanes_load "cpool_lanes_load"(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    void lanes_add_f32 "cpool_lanes_add_f32"(float*, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    void lanes_add_f64 "cpool_lanes_add_f64"(double*, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    void lanes_load_pair_f32 "cpool_lanes_load_pair_f32"(float*, float*, const float*, Py_ssize_t) noexcept nogil
    void lanes_load_pair_f64 "cpool_lanes_load_pair_f64"(double*, double*, const double*, Py_ssize_t) noexcept nogil
    void lanes_add_pair_f32 "cpool_lanes_add_pair_f32"(float*, const float*, const float*, Py_ssize_t) noexcept nogil
    void lanes_add_pair_f64 "cpool_lanes_add_pair_f64"(double*, const double*, const double*, Py_ssize_t) noexcept nogil
    void lanes_sum_f32 "cpool_lanes_sum_f32"(double*, const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    void lanes_sum_f64 "cpool_lanes_sum_f64"(double*, const double*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    double lanes_total_f32 "cpool_lanes_total_f32"(const float*, Py_ssize_t) noexcept nogil
    double lanes_total_f64 "cpool_lanes_total_f64"(const double*, Py_ssize_t) noexcept nogil
    void lanes_fill_f32 "cpool_lanes_fill_f32"(float*, float, Py_ssize_t) noexcept nogil
    void lanes_fill_f64 "cpool_lanes_fill_f64"(double*, double, Py_ssize_t) noexcept nogil
    enum:
        BESIDE "CPOOL_BESIDE"
        DOT "CPOOL_DOT"
        RANKED "CPOOL_RANKED"
        RANK_PICK "CPOOL_RANK_PICK"
        FAMILIES "CPOOL_FAMILIES"


cdef struct Beside:
    const cpool_family* family
    Shape shape
    bint backward
    Py_ssize_t width            # bytes of an element
    Py_ssize_t many, tables     # params: of each of the tables `many` rows of a number a channel; planes take the tables in turn
    Py_ssize_t code_width
    Py_ssize_t bands, group     # units of work: bands of rows of a plane, or planes in a group
    double option
    int flags
    const char* x
    const char* more
    const char* side
    const char* params
    const char* grad
    char* y
    char* codes
    char* grad_x
    char* grad_more
    char* grad_side
    double* grad_params         # of each plane `many` rows of a number a channel


# Windows j0 to j0 + n of a row of windows and channels, which are in the lanes from `at` on.
cdef struct Segment:
    Py_ssize_t at, j0, n
    Py_ssize_t plane
    Py_ssize_t x                # where their first cells are, in elements
    Py_ssize_t out              # where their results are


cdef struct Block:
    cpool_beside c
    Segment[64] segments
    Py_ssize_t many             # segments
    Cells z, y, x               # which cells the windows have
    Py_ssize_t* tap


cdef Py_ssize_t block_scratch(const Beside* b, Block* k, char* memory) noexcept nogil:
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t cells = most_inside(&s.z) * most_inside(&s.y) * most_inside(&s.x), row = BESIDE * b.width
    cdef char* at = memory
    cdef bint back = b.backward
    k.tap = <Py_ssize_t*>at
    at += padded(cells * sizeof(Py_ssize_t))
    k.c.x = at
    at += cells * row
    k.c.more = at if b.more else NULL
    at += cells * row if b.more else 0
    k.c.side = at if b.side else NULL
    at += row if b.side else 0
    k.c.params = at
    at += b.many * row
    k.c.work = at
    at += 2 * cells * row
    k.c.y = at
    at += row
    k.c.code = <int32_t*>at
    at += padded(BESIDE * sizeof(int32_t))
    k.c.grad = at
    at += row if back else 0
    k.c.grad_x = at
    at += cells * row if back else 0
    k.c.grad_more = at if b.grad_more else NULL
    at += cells * row if b.grad_more else 0
    k.c.grad_side = at if b.grad_side else NULL
    at += row if b.grad_side else 0
    k.c.grad_params = at if b.grad_params else NULL
    at += b.many * row if b.grad_params else 0
    return at - memory


cdef inline Py_ssize_t cell_offset(const Shape* s, Py_ssize_t i, Py_ssize_t j, Py_ssize_t k) noexcept nogil:
    # From the first cell of a window to another, in elements.
    return ((i * s.z.hop * s.y.size + j * s.y.hop) * s.x.size + k * s.x.hop) * s.inner


cdef inline bint in_pairs(const Shape* s) noexcept nogil:
    return s.inner == 1 and s.x.stride == 2 and s.x.hop == 1


cdef void begin_block(const Beside* b, Block* k) noexcept nogil:
    # The cells of the windows to come are those of k.z, k.y and k.x.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t i, j, m, n = 0
    for i in range(k.z.count):
        for j in range(k.y.count):
            for m in range(k.x.count):
                k.tap[n] = ((k.z.tap + i) * s.y.kernel + k.y.tap + j) * s.x.kernel + k.x.tap + m
                n += 1
    k.c.n, k.c.lanes, k.many = n, 0, 0


cdef void load_cells(const Beside* b, const Block* k, const Segment* g, char* lanes, const char* array) noexcept nogil:
    # The cells of a segment out of an array of the shape of x.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t i, j, m, w = b.width, step = s.x.stride * s.inner
    cdef const char* row
    lanes += g.at * w
    for i in range(k.z.count):
        for j in range(k.y.count):
            row = array + (g.x + cell_offset(s, i, j, 0)) * w
            m = 0
            while m < k.x.count:
                if m + 1 < k.x.count and in_pairs(s):
                    if w == 4:
                        lanes_load_pair_f32(<float*>lanes, <float*>lanes + BESIDE, <const float*>row + 2 * g.j0 + m, g.n)
                    else:
                        lanes_load_pair_f64(<double*>lanes, <double*>lanes + BESIDE, <const double*>row + 2 * g.j0 + m, g.n)
                    lanes += 2 * BESIDE * w
                    m += 2
                    continue
                lanes_load(lanes, row + m * s.x.hop * s.inner * w, step, s.inner, g.j0, g.n, w)
                lanes += BESIDE * w
                m += 1


cdef void add_cells(const Beside* b, const Block* k, const Segment* g, char* array, const char* lanes) noexcept nogil:
    # The other way round: what is in the lanes is added to the cells.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t i, j, m, w = b.width, step = s.x.stride * s.inner
    cdef char* row
    lanes += g.at * w
    for i in range(k.z.count):
        for j in range(k.y.count):
            row = array + (g.x + cell_offset(s, i, j, 0)) * w
            m = 0
            while m < k.x.count:
                if m + 1 < k.x.count and in_pairs(s):
                    if w == 4:
                        lanes_add_pair_f32(<float*>row + 2 * g.j0 + m, <const float*>lanes, <const float*>lanes + BESIDE, g.n)
                    else:
                        lanes_add_pair_f64(<double*>row + 2 * g.j0 + m, <const double*>lanes, <const double*>lanes + BESIDE, g.n)
                    lanes += 2 * BESIDE * w
                    m += 2
                    continue
                if w == 4:
                    lanes_add_f32(<float*>row + m * s.x.hop * s.inner, <const float*>lanes, step, s.inner, g.j0, g.n)
                else:
                    lanes_add_f64(<double*>row + m * s.x.hop * s.inner, <const double*>lanes, step, s.inner, g.j0, g.n)
                lanes += BESIDE * w
                m += 1


cdef void fill_params(const Beside* b, Block* k, Py_ssize_t plane, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    # Channels first: lanes of one plane have the same.
    cdef Py_ssize_t i, first = plane % b.tables * b.many
    for i in range(b.many):
        if b.width == 4:
            lanes_fill_f32(<float*>k.c.params + i * BESIDE + at, (<const float*>b.params)[first + i], n)
        else:
            lanes_fill_f64(<double*>k.c.params + i * BESIDE + at, (<const double*>b.params)[first + i], n)


cdef void add_segment(const Beside* b, Block* k, const Segment* g) noexcept nogil:
    # Its cells, and what else is computed with, into the lanes.
    cdef Py_ssize_t i, w = b.width, inner = b.shape.inner
    load_cells(b, k, g, <char*>k.c.x, b.x)
    if b.more:
        load_cells(b, k, g, <char*>k.c.more, b.more)
    if b.side:
        memcpy(<char*>k.c.side + g.at * w, b.side + (g.out + g.j0) * w, g.n * w)
    if b.backward:
        memcpy(<char*>k.c.grad + g.at * w, b.grad + (g.out + g.j0) * w, g.n * w)
    if inner > 1:
        for i in range(b.many):
            lanes_load(<char*>k.c.params + (i * BESIDE + g.at) * w, b.params + (g.plane % b.tables * b.many + i) * inner * w, 0, inner,
                       g.j0, g.n, w)
    elif b.group > 1:
        fill_params(b, k, g.plane, g.at, g.n)
    k.segments[k.many] = g[0]
    k.many += 1
    k.c.lanes += g.n


cdef void end_block(const Beside* b, Block* k) noexcept nogil:
    # Compute, and bring the results where they belong.
    cdef Py_ssize_t i
    k.c.tap = k.tap
    if k.c.lanes == 0:
        return
    if k.c.grad_params:
        memset(k.c.grad_params, 0, b.many * BESIDE * b.width)
    if b.backward:
        b.family.backward(&k.c)
    else:
        b.family.forward(&k.c)
    for i in range(k.many):
        if b.backward:
            put_gradients(b, k, &k.segments[i])
        else:
            put_results(b, k, &k.segments[i])
    k.c.lanes, k.many = 0, 0


cdef void put_results(const Beside* b, const Block* k, const Segment* g) noexcept nogil:
    cdef Py_ssize_t i
    memcpy(b.y + (g.out + g.j0) * b.width, <char*>k.c.y + g.at * b.width, g.n * b.width)
    if b.codes == NULL:
        return
    for i in range(g.n):
        put_code_in(b.codes, b.code_width, g.out + g.j0 + i, k.c.code[g.at + i])


cdef void put_gradients(const Beside* b, const Block* k, const Segment* g) noexcept nogil:
    cdef Py_ssize_t i, at, inner = b.shape.inner
    cdef double* sums
    add_cells(b, k, g, b.grad_x, <const char*>k.c.grad_x)
    if b.grad_more:
        add_cells(b, k, g, b.grad_more, <const char*>k.c.grad_more)
    if b.grad_side:
        memcpy(b.grad_side + (g.out + g.j0) * b.width, <char*>k.c.grad_side + g.at * b.width, g.n * b.width)
    if b.grad_params == NULL:
        return
    sums = b.grad_params + g.plane * b.many * inner
    for i in range(b.many):
        at = i * BESIDE + g.at
        if inner > 1 and b.width == 4:
            lanes_sum_f32(sums + i * inner, <const float*>k.c.grad_params + at, inner, g.j0, g.n)
        elif inner > 1:
            lanes_sum_f64(sums + i * inner, <const double*>k.c.grad_params + at, inner, g.j0, g.n)
        elif b.width == 4:
            sums[i] += lanes_total_f32(<const float*>k.c.grad_params + at, g.n)
        else:
            sums[i] += lanes_total_f64(<const double*>k.c.grad_params + at, g.n)


cdef inline bint same_cells(const Cells* a, const Cells* b) noexcept nogil:
    return a.count == b.count and a.tap == b.tap


cdef void walk_rows(const Beside* b, Block* k, Py_ssize_t first, Py_ssize_t end, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # Rows r0 to r1 of the outputs of planes first to end, run by run.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t lo = first_inside(&s.x), hi = end_inside(&s.x), x = 0, x_end, r, r_end, plane
    cdef Cells z, y
    while x < s.x.out:
        x_end = hi if x == lo and hi > lo else x + 1
        k.x = cells_of(&s.x, x)
        r = r0
        while r < r1:
            k.z, k.y = cells_of(&s.z, r // s.y.out), cells_of(&s.y, r % s.y.out)
            r_end = r + 1
            while r_end < r1:
                z, y = cells_of(&s.z, r_end // s.y.out), cells_of(&s.y, r_end % s.y.out)
                if not (same_cells(&z, &k.z) and same_cells(&y, &k.y)):
                    break
                r_end += 1
            begin_block(b, k)
            for plane in range(first, end):
                walk_run(b, k, plane, x, x_end, r, r_end)
            end_block(b, k)
            r = r_end
        x = x_end


cdef void walk_run(const Beside* b, Block* k, Py_ssize_t plane, Py_ssize_t x, Py_ssize_t x_end, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # One plane's rows r0 to r1 of windows x to x_end, all of which have the same cells.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t r, total = (x_end - x) * s.inner, row
    cdef Cells z, y
    cdef Segment g
    if k.c.lanes + total * (r1 - r0) > BESIDE:
        end_block(b, k)
    g.plane = plane
    for r in range(r0, r1):
        z, y = cells_of(&s.z, r // s.y.out), cells_of(&s.y, r % s.y.out)
        g.out = ((plane * s.z.out * s.y.out + r) * s.x.out + x) * s.inner
        if k.c.n == 0:
            no_cells(b, g.out, total)
            continue
        row = (plane * s.z.size + z.first) * s.y.size + y.first
        g.x = (row * s.x.size + k.x.first) * s.inner
        g.j0 = 0
        while g.j0 < total:
            g.at, g.n = k.c.lanes, min(BESIDE - k.c.lanes, total - g.j0)
            add_segment(b, k, &g)
            g.j0 += g.n
            if k.c.lanes == BESIDE:
                end_block(b, k)


cdef void no_cells(const Beside* b, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    # Windows without a cell give 0, and take no gradient.
    cdef Py_ssize_t i
    if b.backward:
        if b.grad_side:
            memset(b.grad_side + at * b.width, 0, n * b.width)
        return
    memset(b.y + at * b.width, 0, n * b.width)
    if b.codes:
        for i in range(n):
            put_code_in(b.codes, b.code_width, at + i, -1)


cdef inline void put_code_in(char* codes, Py_ssize_t width, Py_ssize_t at, Py_ssize_t code) noexcept nogil:
    # -1 says none in every width.
    if width == 1:
        (<uint8_t*>codes)[at] = <uint8_t>code
    elif width == 2:
        (<uint16_t*>codes)[at] = <uint16_t>code
    else:
        (<int32_t*>codes)[at] = <int32_t>code


cdef void beside_units(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # A unit is a band of rows of a plane, or a group of planes.
    cdef const Beside* b = <const Beside*>job
    cdef const Shape* s = &b.shape
    cdef Block k
    cdef Py_ssize_t unit, plane, band, count, before = -1, rows = s.z.out * s.y.out
    cdef Py_ssize_t cells = s.z.size * s.y.size * s.x.size * s.inner * b.width
    memset(&k, 0, sizeof(k))
    # Families compute whole vectors, also of lanes that were never filled.
    memset(memory, 0, block_scratch(b, &k, memory))
    k.c.taps, k.c.option, k.c.flags = s.z.kernel * s.y.kernel * s.x.kernel, b.option, b.flags
    if b.many and (b.family == &BESIDE_FAMILIES[RANKED][b.width == 8] or b.family == &BESIDE_FAMILIES[RANK_PICK][b.width == 8]):
        k.c.taps = b.many  # of a window larger than the input there are fewer
    for unit in range(first, end):
        plane, band = unit // b.bands * b.group, unit % b.bands
        count = min(b.group, s.planes - plane)
        if s.inner == 1 and b.group == 1 and plane != before:
            fill_params(b, &k, plane, 0, BESIDE)
        before = plane
        if b.backward:
            memset(b.grad_x + plane * cells, 0, count * cells)
            if b.grad_more:
                memset(b.grad_more + plane * cells, 0, count * cells)
            if b.grad_params:
                memset(b.grad_params + plane * b.many * s.inner, 0, count * b.many * s.inner * sizeof(double))
        walk_rows(b, &k, plane, plane + count, rows * band // b.bands, rows * (band + 1) // b.bands)


cdef enum:
    GROUPED = 32        # planes whose windows fill a block only together


cdef int run_beside(Beside* b, Py_ssize_t threads) except -1 nogil:
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t rows = s.z.out * s.y.out
    cdef Block unused
    if s.planes == 0 or s.inner == 0:
        return 0
    b.group = max(1, min(GROUPED, s.planes // max(1, threads))) if rows * s.x.out * s.inner <= BESIDE else 1
    b.bands = 1
    if not b.backward and s.planes < 2 * threads:
        b.bands = min(rows, (2 * threads + s.planes - 1) // s.planes)
    memset(&unused, 0, sizeof(unused))
    return share_out(beside_units, b, padded(block_scratch(b, &unused, NULL)), (s.planes + b.group - 1) // b.group * b.bands, threads)
