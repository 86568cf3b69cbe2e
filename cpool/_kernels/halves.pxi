# float16 and bfloat16: by boxes that stay in the cache. A box is converted into floats, the kernels of float32 do their work on
# it, and the result is converted back; max and min without winners work on integers with the order of the halves, see halves.h.
# A box is a group of whole planes, or rows of one plane. Boxes do not depend on the number of threads but for the planes in a
# group, which have nothing to do with one another.

cdef enum:
    HALF_BOX = 64 * 1024    # what a box and its result take once converted
    LOAD, STORE, KEYS, UNKEYS, COPY


cdef struct Boxes:
    const Call* call
    const cpool_halves* convert
    bint keys
    Py_ssize_t group            # planes a box
    Py_ssize_t rows, shift      # box k of a plane has the rows of the result from k * rows - shift on
    Py_ssize_t parts, boxes     # boxes a plane, and in all
    Py_ssize_t source_bytes, result_bytes, code_bytes


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
    cdef const Shape* s = &c.shape
    cdef const Axis* y = &s.y
    cdef bint pooled = c.kind == POOL
    cdef Py_ssize_t wide = s.z.size * s.x.size * s.inner, narrow = s.z.out * s.x.out * s.inner     # elements of a row of slices
    cdef Py_ssize_t source_row = wide if pooled else narrow, result_row = narrow if pooled else wide
    cdef Py_ssize_t plane, source_rows = y.size if pooled else y.out, result_rows = y.out if pooled else y.size
    b.call, b.convert, b.keys = c, &HALVES[c.element - (ELEMENTS if pooled else 2)], pooled and c.operation < SUM and not c.winners
    plane = (2 if b.keys else 4) * (source_row * source_rows + result_row * result_rows)
    b.group, b.rows, b.shift, b.parts = 1, result_rows, 0, 1
    if plane <= HALF_BOX:
        b.group = max(1, min(HALF_BOX // plane, (s.planes + threads - 1) // threads))
    elif pooled:
        # The rows that two boxes share are converted twice: keep that a small part.
        b.rows = max(HALF_BOX // ((2 if b.keys else 4) * (source_row * y.stride + result_row)), 2 * reach(y, 1) // y.stride, 1)
        b.parts = (result_rows + b.rows - 1) // b.rows
        source_rows = min(source_rows, reach(y, min(b.rows, result_rows)))
    else:
        b.rows = max(HALF_BOX // (4 * (source_row + result_row * y.stride)), 2 * reach(y, 1) // y.stride, 1) * y.stride
        b.shift = y.before % y.stride
        b.parts = (result_rows + b.shift + b.rows - 1) // b.rows
        source_rows = min(source_rows, (b.rows + (y.kernel - 1) * y.dilation) // y.stride + 2)
    b.rows = min(b.rows, result_rows + b.shift)
    b.boxes = (s.planes + b.group - 1) // b.group * b.parts
    b.source_bytes = padded(4 * b.group * source_row * source_rows)
    b.result_bytes = padded(4 * b.group * result_row * min(b.rows, result_rows))
    b.code_bytes = 0
    if b.parts > 1 and c.winners:
        b.code_bytes = padded(c.winner_width * narrow * (b.rows if pooled else source_rows))


cdef int convert(const Boxes* b, int how, char* box, Py_ssize_t width, char* array, const Py_ssize_t* steps, Py_ssize_t planes,
                 Py_ssize_t slices, Py_ssize_t rows, Py_ssize_t n) noexcept nogil:
    # Between a box, contiguous, and its place in an array, whose elements are `width` bytes wide. Whether there was a -0.
    cdef Py_ssize_t plane, slice, row, times = 4 if how in (LOAD, STORE) else 2
    cdef char* place
    cdef int seen = 0
    if how == COPY:
        n, width, times = n * width, 1, 1
    if rows == 1 or steps[2] == n * width:
        n, rows = n * rows, 1
        if slices == 1 or steps[1] == n * width:
            n, slices = n * slices, 1
            if planes == 1 or steps[0] == n * width:
                n, planes = n * planes, 1
    for plane in range(planes):
        for slice in range(slices):
            for row in range(rows):
                place = array + plane * steps[0] + slice * steps[1] + row * steps[2]
                if how == LOAD:
                    b.convert.load(box, place, n)
                elif how == STORE:
                    b.convert.store(place, box, n)
                elif how == KEYS:
                    seen |= b.convert.keys(box, place, n, b.call.operation)
                elif how == UNKEYS:
                    b.convert.unkeys(place, box, n, b.call.operation)
                elif b.call.kind == POOL:
                    memcpy(place, box, n)
                else:
                    memcpy(box, place, n)
                box += n * times
    return seen


cdef void convert_result(const Boxes* b, const Call* part, int how, Py_ssize_t plane, Py_ssize_t r0) noexcept nogil:
    cdef Py_ssize_t[3] steps
    cdef bint pooled = part.kind == POOL
    cdef const Shape* s = &part.shape
    steps_of(b.call, pooled, 2, steps)
    convert(b, how, part.result, 2, b.call.result + plane * steps[0] + r0 * steps[2], steps, s.planes, s.z.out if pooled else s.z.size,
            s.y.out if pooled else s.y.size, (s.x.out if pooled else s.x.size) * s.inner)


cdef bint convert_source(const Boxes* b, const Call* part, int how, Py_ssize_t plane, Py_ssize_t first) noexcept nogil:
    cdef bint pooled = part.kind == POOL
    cdef const Shape* s = &part.shape
    return convert(b, how, <char*>part.source, 2, <char*>b.call.source + plane * b.call.steps[0] + first * b.call.steps[2], b.call.steps,
                   s.planes, s.z.size if pooled else s.z.out, s.y.size if pooled else s.y.out,
                   (s.x.size if pooled else s.x.out) * s.inner)


cdef int run_box(const Boxes* b, char* memory, Py_ssize_t box) except -1 nogil:
    cdef const Call* c = b.call
    cdef Call part = c[0]
    cdef Py_ssize_t plane = box // b.parts * b.group, k = box % b.parts, first = 0
    cdef Py_ssize_t r0 = max(0, k * b.rows - b.shift), r1 = (k + 1) * b.rows - b.shift
    cdef Py_ssize_t[3] steps
    cdef bint pooled = c.kind == POOL, keys = b.keys
    cdef char* codes = c.winners
    part.shape.planes = min(b.group, c.shape.planes - plane)
    part.source, part.result, part.part = memory, memory + b.source_bytes, b.parts > 1
    if part.part and pooled:
        part.shape.y = cut_windows(&c.shape.y, r0, min(c.shape.y.out, r1), &first)
    elif part.part:
        part.shape.y = cut_cells(&c.shape.y, r0, min(c.shape.y.size, r1), &first)
        part.count_y.before -= first * c.shape.y.stride
        part.count_y.out = part.shape.y.out
    if codes:
        steps_of(c, True, c.winner_width, steps)
        codes += plane * steps[0] + (r0 if pooled else first) * steps[2]
        part.winners = part.result + b.result_bytes if part.part else codes
        if part.part and not pooled:
            convert(b, COPY, part.winners, c.winner_width, codes, steps, 1, part.shape.z.out, part.shape.y.out, steps[2] // c.winner_width)
    if keys:
        part.element = I16
        keys = not convert_source(b, &part, KEYS, plane, first)
    if not keys:
        part.element = F32      # the first of ROWS and of GRADS
        convert_source(b, &part, LOAD, plane, first)
    set_steps(&part, not pooled)
    run_call(&part, 1)
    convert_result(b, &part, UNKEYS if keys else STORE, plane, r0)
    if codes and part.part and pooled:
        convert(b, COPY, part.winners, c.winner_width, codes, steps, 1, part.shape.z.out, part.shape.y.out, steps[2] // c.winner_width)
    return 0


cdef int run_boxes(const Boxes* b, char* memory, Py_ssize_t first, Py_ssize_t end) except -1 nogil:
    cdef Py_ssize_t box
    for box in range(first, end):
        run_box(b, memory, box)
    return 0


cdef int run_halves(const Call* c, Py_ssize_t threads) except -1 nogil:
    cdef Boxes b
    cdef Call call = c[0]
    cdef Py_ssize_t bytes, t
    cdef char* memory
    if c.shape.planes == 0 or c.shape.inner == 0:
        return 0
    if c.kind == SPREAD and call.divisor == 0:
        # By the whole axis: a box does not see where windows are cut.
        call.divisor = one_divisor(&c.shape, c.include_pad)
    prepare_boxes(&b, &call, threads)
    threads = max(1, min(threads, b.boxes))
    bytes = b.source_bytes + b.result_bytes + b.code_bytes
    memory = allocate(bytes, threads)
    try:
        if threads == 1:
            run_boxes(&b, aligned(memory), 0, b.boxes)
        else:
            for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
                run_boxes(&b, aligned(memory) + t * bytes, b.boxes * t // threads, b.boxes * (t + 1) // threads)
    finally:
        free(memory)
    return 0
