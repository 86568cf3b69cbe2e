# Windows side by side: from rows of cells to lanes and back. See beside.h.
#
# The windows of a plane are walked in runs that have the same cells, seen from each: those that no border cuts, and those that a
# border cuts alike. The rows of a run follow each other in the lanes, and so do the runs of small planes. A run that fits into a
# block is never cut: in which order the gradient of a plane is added up depends on the plane alone.

cdef extern from "beside.h" nogil:
    ctypedef struct cpool_beside:
        Py_ssize_t pitch, n, lanes, ready_step, taps
        const Py_ssize_t* place
        const Py_ssize_t* ready_place
        int plane
        const Py_ssize_t* tap
        const void* x
        const void* more
        const void* side
        void* ready
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
        int ready_forward, ready_backward
        void (*ready)(const cpool_beside*) noexcept nogil
    const cpool_family BESIDE_FAMILIES "CPOOL_BESIDE_FAMILIES"[1][2]
    ctypedef struct cpool_segment:
        Py_ssize_t at, n, x, out, plane, channel
    ctypedef struct cpool_moves:
        Py_ssize_t pitch
        int room
        Py_ssize_t step, taps, row
        int shared
        const Py_ssize_t* offset
        Py_ssize_t size, results
    ctypedef struct cpool_lanes:
        void (*cells_in)(const cpool_moves*, const cpool_segment*, Py_ssize_t, void*, const void*) noexcept nogil
        void (*cells_put)(const cpool_moves*, const cpool_segment*, Py_ssize_t, void*, const void*) noexcept nogil
        void (*cells_add)(const cpool_moves*, const cpool_segment*, Py_ssize_t, void*, const void*) noexcept nogil
        void (*results_in)(const cpool_moves*, const cpool_segment*, Py_ssize_t, void*, const void*) noexcept nogil
        void (*results_out)(const cpool_segment*, Py_ssize_t, void*, const void*) noexcept nogil
        void (*params_in)(const cpool_moves*, const cpool_segment*, Py_ssize_t, void*, const void*, Py_ssize_t, Py_ssize_t,
                          Py_ssize_t) noexcept nogil
        void (*params_out)(const cpool_moves*, const cpool_segment*, Py_ssize_t, double*, const void*, Py_ssize_t,
                           Py_ssize_t) noexcept nogil
    const cpool_lanes BESIDE_LANES "CPOOL_BESIDE_LANES"[2]
    enum:
        BESIDE "CPOOL_BESIDE"
        PITCH "CPOOL_PITCH"
        FEW_BESIDE "CPOOL_FEW_BESIDE"
        DOT "CPOOL_DOT"
        RANKED "CPOOL_RANKED"
        RANK_PICK "CPOOL_RANK_PICK"
        FAMILIES "CPOOL_FAMILIES"


cdef struct Beside:
    const cpool_family* family
    const cpool_lanes* move
    Shape shape
    bint backward
    Py_ssize_t width            # bytes of an element
    Py_ssize_t lanes, pitch     # of a block
    int ready                   # numbers that the family makes of each cell beforehand:
    bint shared                 # of all of a plane, for windows have many in common; or of those in the lanes
    bint once, all_once         # whether no cell is in two windows, and each in one
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


cdef struct Block:
    cpool_beside c
    cpool_moves m
    cpool_segment[64] segments  # as many as there are lanes at most
    Py_ssize_t many             # segments
    Cells z, y, x               # which cells the windows have
    Py_ssize_t* tap
    Py_ssize_t* offset
    Py_ssize_t* lane_rows       # where rows of lanes begin
    char* x_lanes               # what is gathered
    char* more_lanes
    char* ready_lanes
    char* ready                 # of the planes of a unit, of which this is the first:
    Py_ssize_t plane


cdef inline char* rows_of_lanes(Py_ssize_t* at, const Beside* b, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t here = at[0]
    at[0] += rows * b.pitch * b.width
    return <char*>here if rows > 0 else NULL


cdef inline Py_ssize_t cells_of_plane(const Shape* s) noexcept nogil:
    return s.z.size * s.y.size * s.x.size * s.inner


cdef inline Py_ssize_t ready_pitch(const Shape* s) noexcept nogil:
    # Behind each plane's numbers is what may be read of the next vectors.
    return (cells_of_plane(s) + 63) // 64 * 64 + 64


cdef Py_ssize_t block_scratch(const Beside* b, Block* k, char* memory) noexcept nogil:
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t cells = most_inside(&s.z) * most_inside(&s.y) * most_inside(&s.x)
    cdef Py_ssize_t at = <Py_ssize_t>memory     # a number: what is only counted begins at NULL, to which C adds nothing
    cdef bint back = b.backward
    k.tap, at = <Py_ssize_t*>at, at + padded(cells * sizeof(Py_ssize_t))
    k.offset, at = <Py_ssize_t*>at, at + padded(cells * sizeof(Py_ssize_t))
    k.lane_rows, at = <Py_ssize_t*>at, at + padded(cells * sizeof(Py_ssize_t))
    k.c.code, at = <int32_t*>at, at + padded(b.pitch * sizeof(int32_t))
    k.ready, at = <char*>at, at + (padded(b.group * b.ready * ready_pitch(s) * b.width) if b.shared else 0)
    k.x_lanes = rows_of_lanes(&at, b, cells)
    k.ready_lanes = rows_of_lanes(&at, b, b.ready * cells)
    k.more_lanes = rows_of_lanes(&at, b, cells if b.more else 0)
    k.c.side = rows_of_lanes(&at, b, 1 if b.side else 0)
    k.c.params = rows_of_lanes(&at, b, b.many)
    k.c.work = rows_of_lanes(&at, b, 2 * cells)
    k.c.y = rows_of_lanes(&at, b, 1)
    k.c.grad = rows_of_lanes(&at, b, 1 if back else 0)
    k.c.grad_x = rows_of_lanes(&at, b, cells if back else 0)
    k.c.grad_more = rows_of_lanes(&at, b, cells if b.grad_more else 0)
    k.c.grad_side = rows_of_lanes(&at, b, 1 if b.grad_side else 0)
    k.c.grad_params = rows_of_lanes(&at, b, b.many if b.grad_params else 0)
    return at - <Py_ssize_t>memory


cdef void beside_units(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    # A unit is a band of a plane, or a group of planes.
    cdef const Beside* b = <const Beside*>job
    cdef const Shape* s = &b.shape
    cdef Block k
    cdef cpool_segment all_lanes
    cdef Py_ssize_t unit, plane, band, count, before = -1, slices = s.z.out, rows = s.y.out
    memset(&k, 0, sizeof(k))
    # Families compute whole vectors, also of lanes that were never filled.
    memset(memory, 0, block_scratch(b, &k, memory))
    k.c.pitch = k.m.pitch = b.pitch
    for unit in range(most_inside(&s.z) * most_inside(&s.y) * most_inside(&s.x)):
        k.lane_rows[unit] = unit * b.pitch
    k.c.tap, k.m.offset, k.m.step, k.m.room = k.tap, k.offset, 1 if s.inner > 1 else s.x.stride, b.pitch > b.lanes
    k.m.size, k.m.results = inputs_of(s), outputs_of(s)
    k.m.shared = s.inner == 1 and s.x.hop == 1 and s.x.stride <= 2 and s.x.kernel <= 16
    k.c.taps, k.c.option, k.c.flags = s.z.kernel * s.y.kernel * s.x.kernel, b.option, b.flags
    if b.many and (b.family == &BESIDE_FAMILIES[RANKED][b.width == 8] or b.family == &BESIDE_FAMILIES[RANK_PICK][b.width == 8]):
        k.c.taps = b.many  # of a window larger than the input there are fewer
    memset(&all_lanes, 0, sizeof(all_lanes))
    all_lanes.n = b.lanes
    for unit in range(first, end):
        plane, band = unit // b.bands * b.group, unit % b.bands
        count = min(b.group, s.planes - plane)
        if one_table(b) and plane != before:
            all_lanes.plane = before = plane
            b.move.params_in(&k.m, &all_lanes, 1, <void*>k.c.params, b.params, b.many, 1, b.tables)
        if b.backward:
            clear_gradients(b, plane, count)
        if b.shared:
            make_ready(b, &k, plane, count)
        if slices > 1:
            walk_beside(b, &k, plane, plane + count, slices * band // b.bands, slices * (band + 1) // b.bands, 0, rows)
        else:
            walk_beside(b, &k, plane, plane + count, 0, 1, rows * band // b.bands, rows * (band + 1) // b.bands)


cdef void make_ready(const Beside* b, Block* k, Py_ssize_t plane, Py_ssize_t count) noexcept nogil:
    cdef cpool_beside c = k.c
    cdef Py_ssize_t zero = 0, i, cells = cells_of_plane(&b.shape)
    k.plane, c.place, c.ready_place, c.plane, c.n = plane, &zero, &zero, True, 1
    c.ready_step, c.lanes = b.group * ready_pitch(&b.shape), cells
    for i in range(plane, plane + count):
        c.x, c.more = b.x + i * cells * b.width, b.more + i * cells * b.width if b.more else NULL
        c.params = b.params + i % b.tables * b.many * b.width if b.params else NULL
        c.ready = k.ready + (i - plane) * ready_pitch(&b.shape) * b.width
        b.family.ready(&c)


cdef inline bint one_table(const Beside* b) noexcept nogil:
    # Channels first and one plane at a time: all lanes have the same parameters.
    return b.shape.inner == 1 and b.group == 1


cdef void clear_gradients(const Beside* b, Py_ssize_t plane, Py_ssize_t count) noexcept nogil:
    # What is added to, and cells that no window has.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t bytes = cells_of_plane(s) * b.width
    if not b.all_once:
        memset(b.grad_x + plane * bytes, 0, count * bytes)
        if b.grad_more:
            memset(b.grad_more + plane * bytes, 0, count * bytes)
    if b.grad_params:
        memset(b.grad_params + plane * b.many * s.inner, 0, count * b.many * s.inner * sizeof(double))


cdef enum:
    MANY_READY = 128 * 1024     # cells of a plane whose numbers stay in the second cache
    GROUPED = 32                # planes whose windows fill a block only together
    MANY_CELLS = 16 * 1024      # of windows that would take megabytes of scratch memory, were there as many as else


cdef inline bint apart(const Axis* a) noexcept nogil:
    # Whether no cell is in two windows.
    return a.out == 1 or a.stride >= reach(a, 1)


cdef inline bint in_turn(const Axis* a) noexcept nogil:
    # Whether windows that are apart have every cell.
    return (a.dilation == 1 or a.kernel == 1) and (a.out == 1 or a.stride == a.kernel) and reach(a, a.out) - a.before >= a.size


cdef bint shares(const Beside* b) noexcept nogil:
    # Whether windows have enough cells in common to make beforehand what they need of each.
    cdef const Shape* s = &b.shape
    cdef Py_ssize_t cells = cells_of_plane(s)
    return (s.inner == 1 and not b.once and 16 <= cells <= MANY_READY
            and 2 * s.z.out * s.y.out * s.x.out * most_inside(&s.z) * most_inside(&s.y) * most_inside(&s.x) > 3 * cells)


cdef int run_beside(Beside* b, Py_ssize_t threads) except -1 nogil:
    cdef const Shape* s = &b.shape
    cdef Block unused
    if s.planes == 0 or s.inner == 0:
        return 0
    b.lanes, b.pitch = BESIDE, PITCH
    if most_inside(&s.z) * most_inside(&s.y) * most_inside(&s.x) > MANY_CELLS:
        b.lanes = b.pitch = FEW_BESIDE
    b.group = max(1, min(GROUPED, s.planes // max(1, threads))) if s.z.out * s.y.out * s.x.out * s.inner <= b.lanes else 1
    b.once = apart(&s.z) and apart(&s.y) and apart(&s.x)
    b.all_once = b.once and in_turn(&s.z) and in_turn(&s.y) and in_turn(&s.x)
    b.bands = 1
    if not b.backward and s.planes < 2 * threads:
        b.bands = min(s.z.out if s.z.out > 1 else s.y.out, (2 * threads + s.planes - 1) // s.planes)
    b.ready = b.family.ready_backward if b.backward else b.family.ready_forward
    b.shared = b.ready and b.bands == 1 and shares(b)
    memset(&unused, 0, sizeof(unused))
    return share_out(beside_units, b, padded(block_scratch(b, &unused, NULL)), (s.planes + b.group - 1) // b.group * b.bands,
                     threads)
