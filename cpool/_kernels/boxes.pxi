# Work by boxes that stay in the cache: a box is made of a part of the arrays in another element type, the kernels do their work
# on it, and the result goes back. A box is a group of whole planes, or rows of one plane. Boxes do not depend on the number of
# threads but for the planes in a group, which have nothing to do with one another.

cdef enum:
    BOX = 64 * 1024     # what a box and its result take


cdef struct Boxes:
    const Call* call
    const void* by              # what the conversions need
    Py_ssize_t narrow, wide     # bytes of an element in the arrays, and in a box
    Py_ssize_t group            # planes a box
    Py_ssize_t rows, shift      # box k of a plane has the rows of the result from k * rows - shift on
    Py_ssize_t parts, boxes     # boxes a plane, and in all
    Py_ssize_t source_bytes, result_bytes, code_bytes


# One box: the call on it alone, and where it is in the arrays, which have the result's rows from `row` on and the source's from
# `first` on.
cdef struct Box:
    Call part
    Py_ssize_t plane, row, first


# Between contiguous elements of a box and their place in an array; what it returns is or-ed together.
ctypedef int (*Piece)(const Boxes*, char*, char*, Py_ssize_t) noexcept nogil
ctypedef int (*RunBox)(const Boxes*, char*, Py_ssize_t) except -1 nogil


cdef Axis cut_windows(const Axis* a, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t* first) noexcept nogil:
    # The axis of windows r0 to r1 alone, whose cells begin with `first`.
    cdef Axis b = a[0]
    cdef Py_ssize_t start = r0 * a.stride - a.before, end = min(a.size, start + reach(a, r1 - r0))
    first[0] = max(0, start)
    b.before, b.size, b.out, b.after = first[0] - start, max(1, end - first[0]), r1 - r0, a.after if end == a.size else 0
    return b


cdef Axis cut_cells(const Axis* a, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t* first) noexcept nogil:
    # The axis of cells r0 to r1 alone, and of the windows that reach them, from `first` on. Where r0 is the start of a window
    # none begins behind it.
    cdef Axis b = a[0]
    cdef Py_ssize_t start = r0 + a.before - (a.kernel - 1) * a.dilation
    first[0] = min(a.out - 1, (start + a.stride - 1) // a.stride if start > 0 else 0)
    b.size, b.out = r1 - r0, max(first[0] + 1, min(a.out, (r1 - 1 + a.before) // a.stride + 1)) - first[0]
    b.before, b.after = a.before + r0 - first[0] * a.stride, 0
    return b


cdef void prepare_boxes(Boxes* b, const Call* c, Py_ssize_t threads) noexcept nogil:
    # After `narrow` and `wide` were set.
    cdef const Shape* s = &c.shape
    cdef const Axis* y = &s.y
    cdef bint pooled = c.kind == POOL
    cdef Py_ssize_t wide = s.z.size * s.x.size * s.inner, narrow = s.z.out * s.x.out * s.inner     # elements of a row of slices
    cdef Py_ssize_t source_row = wide if pooled else narrow, result_row = narrow if pooled else wide
    cdef Py_ssize_t plane, source_rows = y.size if pooled else y.out, result_rows = y.out if pooled else y.size
    b.call = c
    plane = b.wide * (source_row * source_rows + result_row * result_rows)
    b.group, b.rows, b.shift, b.parts = 1, result_rows, 0, 1
    if plane <= BOX:
        b.group = max(1, min(BOX // plane, (s.planes + threads - 1) // threads))
        if s.inner == 1 and b.wide == 4 and short_rows(s, c.kind, c.winners != NULL):
            b.group = max(1, min(MOST_PLANES, (s.planes + threads - 1) // threads))     # as many as lie side by side
    elif pooled:
        # The rows that two boxes share are converted twice: keep that a small part.
        b.rows = max(BOX // (b.wide * (source_row * y.stride + result_row)), 2 * reach(y, 1) // y.stride, 1)
        b.parts = (result_rows + b.rows - 1) // b.rows
        if b.parts > 1:     # else the box is the plane, also rows that no window has
            source_rows = min(source_rows, reach(y, min(b.rows, result_rows)))
    else:
        b.rows = max(BOX // (b.wide * (source_row + result_row * y.stride)), 2 * reach(y, 1) // y.stride, 1) * y.stride
        b.shift = y.before % y.stride
        b.parts = (result_rows + b.shift + b.rows - 1) // b.rows
        if b.parts > 1:
            source_rows = min(source_rows, (b.rows + (y.kernel - 1) * y.dilation) // y.stride + 2)
    b.rows = min(b.rows, result_rows + b.shift)
    b.boxes = (s.planes + b.group - 1) // b.group * b.parts
    b.source_bytes = padded(b.wide * b.group * source_row * source_rows)
    b.result_bytes = padded(b.wide * b.group * result_row * min(b.rows, result_rows))
    b.code_bytes = 0
    if b.parts > 1 and c.winners:
        b.code_bytes = padded(c.winner_width * narrow * (b.rows if pooled else source_rows))


cdef int walk(const Boxes* b, Piece piece, char* box, Py_ssize_t wide, char* array, Py_ssize_t narrow, const Py_ssize_t* steps,
              Py_ssize_t planes, Py_ssize_t slices, Py_ssize_t rows, Py_ssize_t n) noexcept nogil:
    # Between a box, contiguous, and its place in an array; in elements of so many bytes.
    cdef Py_ssize_t plane, slice, row
    cdef int seen = 0
    if rows == 1 or steps[2] == n * narrow:
        n, rows = n * rows, 1
        if slices == 1 or steps[1] == n * narrow:
            n, slices = n * slices, 1
            if planes == 1 or steps[0] == n * narrow:
                n, planes = n * planes, 1
    for plane in range(planes):
        for slice in range(slices):
            for row in range(rows):
                seen |= piece(b, box, array + plane * steps[0] + slice * steps[1] + row * steps[2], n)
                box += n * wide
    return seen


cdef int walk_source(const Boxes* b, const Box* box, Piece piece) noexcept nogil:
    cdef const Shape* s = &box.part.shape
    cdef const Py_ssize_t* steps = &b.call.steps[0]
    cdef bint pooled = box.part.kind == POOL
    cdef char* place = <char*>b.call.source + box.plane * steps[0] + box.first * steps[2]
    return walk(b, piece, <char*>box.part.source, b.wide, place, b.narrow, steps, s.planes, s.z.size if pooled else s.z.out,
                s.y.size if pooled else s.y.out, (s.x.size if pooled else s.x.out) * s.inner)


cdef int walk_result(const Boxes* b, const Box* box, Piece piece) noexcept nogil:
    cdef const Shape* s = &box.part.shape
    cdef Py_ssize_t[3] steps
    cdef bint pooled = box.part.kind == POOL
    steps_of(b.call, pooled, b.narrow, steps)
    return walk(b, piece, box.part.result, b.wide, b.call.result + box.plane * steps[0] + box.row * steps[2], b.narrow, steps,
                s.planes, s.z.out if pooled else s.z.size, s.y.out if pooled else s.y.size,
                (s.x.out if pooled else s.x.size) * s.inner)


cdef int codes_in(const Boxes* b, char* box, char* place, Py_ssize_t bytes) noexcept nogil:
    memcpy(box, place, bytes)
    return 0


cdef int codes_out(const Boxes* b, char* box, char* place, Py_ssize_t bytes) noexcept nogil:
    memcpy(place, box, bytes)
    return 0


cdef void walk_codes(const Boxes* b, const Box* box, Piece piece) noexcept nogil:
    # Whole planes leave their codes where they are to be.
    cdef const Shape* s = &box.part.shape
    cdef Py_ssize_t[3] steps
    cdef Py_ssize_t row = box.row if b.call.kind == POOL else box.first
    if box.part.winners and box.part.part:
        steps_of(b.call, True, b.call.winner_width, steps)
        walk(b, piece, box.part.winners, 1, b.call.winners + box.plane * steps[0] + row * steps[2], 1, steps, 1, s.z.out, s.y.out,
             steps[2])


cdef void open_box(const Boxes* b, char* memory, Py_ssize_t k, Box* box) noexcept nogil:
    cdef const Call* c = b.call
    cdef Call* part = &box.part
    cdef Py_ssize_t from_row = k % b.parts * b.rows - b.shift, to_row = from_row + b.rows
    cdef Py_ssize_t[3] steps
    part[0] = c[0]
    box.plane, box.row, box.first = k // b.parts * b.group, max(0, from_row), 0
    part.shape.planes = min(b.group, c.shape.planes - box.plane)
    part.source, part.result, part.part = memory, memory + b.source_bytes, b.parts > 1
    if part.part and c.kind == POOL:
        part.shape.y = cut_windows(&c.shape.y, box.row, min(c.shape.y.out, to_row), &box.first)
    elif part.part:
        part.shape.y = cut_cells(&c.shape.y, box.row, min(c.shape.y.size, to_row), &box.first)
        part.count_y.before -= box.first * c.shape.y.stride
        part.count_y.out = part.shape.y.out
    if c.winners and part.part:
        part.winners = part.result + b.result_bytes
        if c.kind == RETURN:
            walk_codes(b, box, codes_in)
    elif c.winners:
        steps_of(c, True, c.winner_width, steps)
        part.winners = c.winners + box.plane * steps[0]


cdef int run_part(const Boxes* b, Box* box, int element) except -1 nogil:
    # The kernels' work on a box whose source is there.
    box.part.element = element
    set_steps(&box.part, box.part.kind != POOL)
    run_call(&box.part, 1)
    if b.call.kind == POOL:
        walk_codes(b, box, codes_out)
    return 0


cdef int run_some(const Boxes* b, RunBox run_box, char* memory, Py_ssize_t first, Py_ssize_t end) except -1 nogil:
    cdef Py_ssize_t box
    for box in range(first, end):
        run_box(b, memory, box)
    return 0


cdef int run_boxes(const Boxes* b, RunBox run_box, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t bytes = b.source_bytes + b.result_bytes + b.code_bytes, t
    cdef char* memory
    threads = max(1, min(threads, b.boxes))
    memory = allocate(bytes, threads)
    try:
        if threads == 1:
            run_some(b, run_box, aligned(memory), 0, b.boxes)
        else:
            for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
                run_some(b, run_box, aligned(memory) + t * bytes, b.boxes * t // threads, b.boxes * (t + 1) // threads)
    finally:
        free(memory)
    return 0
