# Scatter and gather by plane indices: places say for each output which cell of its plane it belongs to; a negative one, none.
#
# Outputs and their places are (planes, outputs, inner), what they are scattered into is (planes, cells, inner), all contiguous.
# A thread has planes, channels or (gathering) outputs of its own, within which everything happens in the order of the outputs:
# whatever the threads, sums are added in one order, and the last writer is the last.

cdef extern from "gather.h" nogil:
    void take4 "cpool_take_r32"(uint32_t*, const uint32_t*, const int32_t*, Py_ssize_t)
    void take8 "cpool_take_r64"(uint64_t*, const uint64_t*, const int32_t*, Py_ssize_t)


cdef enum:
    ADD_AT, ADD_INTEGERS, PUT_AT, TAKE_AT, LAST_PLACES, FIRST_REPEATED
    # Channels whose cells are marked in one go over the outputs.
    LANES = 64
    # Channels that begin a cache line, so that no two threads write the same one.
    LINE_LANES = 64


ctypedef fused place_type:
    int32_t
    int64_t

ctypedef fused kept_type:
    int32_t
    int64_t

ctypedef fused raw_type:
    uint8_t
    uint16_t
    uint32_t
    uint64_t


cdef struct Places:
    int kind
    const char* values
    const char* places
    char* result
    Py_ssize_t width, place_width, kept_width
    Py_ssize_t planes, outputs, cells, inner
    Py_ssize_t parts            # into which a plane is split, by its channels or (TAKE_AT) by its outputs


# ------------------------------------------------------------------------------------------------------ scatter and gather
cdef void clear_cells(const Places* p, char* result, Py_ssize_t c0, Py_ssize_t c1) noexcept nogil:
    cdef Py_ssize_t cell
    if c1 - c0 == p.inner:
        memset(result, 0, p.cells * p.inner * p.width)
        return
    for cell in range(p.cells):
        memset(result + (cell * p.inner + c0) * p.width, 0, (c1 - c0) * p.width)


cdef void add_part(const Places* p, floating* result, const floating* grad, const place_type* places, Py_ssize_t c0,
                   Py_ssize_t c1) noexcept nogil:
    cdef Py_ssize_t o, c, inner = p.inner
    if inner == 1:
        for o in range(p.outputs):
            if places[o] >= 0:
                result[places[o]] += grad[o]
        return
    for o in range(p.outputs):
        for c in range(c0, c1):
            if places[c] >= 0:
                result[<Py_ssize_t>places[c] * inner + c] += grad[c]
        places, grad = places + inner, grad + inner


cdef void put_part(const Places* p, raw_type* result, const raw_type* values, const place_type* places, Py_ssize_t c0,
                   Py_ssize_t c1) noexcept nogil:
    cdef Py_ssize_t o, c, inner = p.inner
    if inner == 1:
        for o in range(p.outputs):
            if places[o] >= 0:
                result[places[o]] = values[o]
        return
    for o in range(p.outputs):
        for c in range(c0, c1):
            if places[c] >= 0:
                result[<Py_ssize_t>places[c] * inner + c] = values[c]
        places, values = places + inner, values + inner


cdef void add_integers_part(const Places* p, raw_type* result, const raw_type* values, const place_type* places, Py_ssize_t c0,
                            Py_ssize_t c1) noexcept nogil:
    # Modulo two to the power of their bits, signed or not.
    cdef Py_ssize_t o, c, inner = p.inner
    for o in range(p.outputs):
        for c in range(c0, c1):
            if places[c] >= 0:
                result[<Py_ssize_t>places[c] * inner + c] += values[c]
        places, values = places + inner, values + inner


cdef void take_part(const Places* p, raw_type* result, const raw_type* grad, const place_type* places, Py_ssize_t o0,
                    Py_ssize_t o1) noexcept nogil:
    # See gather.h.
    cdef Py_ssize_t o, c, inner = p.inner
    cdef place_type at, none
    if p.cells == 0:
        memset(result + o0 * inner, 0, (o1 - o0) * inner * sizeof(raw_type))
        return
    if inner == 1:
        if place_type is int32_t and raw_type is uint32_t:
            take4(result + o0, grad, places + o0, o1 - o0)
            return
        if place_type is int32_t and raw_type is uint64_t:
            take8(result + o0, grad, places + o0, o1 - o0)
            return
        for o in range(o0, o1):
            at = places[o]
            none = at >> (8 * <int>sizeof(place_type) - 1)
            result[o] = grad[at & ~none] & ~<raw_type>none
        return
    for o in range(o0, o1):
        for c in range(inner):
            at = places[o * inner + c]
            none = at >> (8 * <int>sizeof(place_type) - 1)
            result[o * inner + c] = grad[<Py_ssize_t>(at & ~none) * inner + c] & ~<raw_type>none


cdef void carry_raw(const Places* p, Py_ssize_t plane, Py_ssize_t a, Py_ssize_t b, raw_type* result, const raw_type* values,
                    const place_type* places) noexcept nogil:
    places += plane * p.outputs * p.inner
    if p.kind == TAKE_AT:
        take_part(p, result + plane * p.outputs * p.inner, values + plane * p.cells * p.inner, places, a, b)
        return
    result += plane * p.cells * p.inner
    clear_cells(p, <char*>result, a, b)
    values += plane * p.outputs * p.inner
    if p.kind == PUT_AT:
        put_part(p, result, values, places, a, b)
    else:
        add_integers_part(p, result, values, places, a, b)


cdef void add_real(const Places* p, Py_ssize_t plane, Py_ssize_t a, Py_ssize_t b, floating* result, const floating* values,
                   const place_type* places) noexcept nogil:
    result += plane * p.cells * p.inner
    clear_cells(p, <char*>result, a, b)
    add_part(p, result, values + plane * p.outputs * p.inner, places + plane * p.outputs * p.inner, a, b)


cdef void carry(const Places* p, Py_ssize_t plane, Py_ssize_t a, Py_ssize_t b, const place_type* places) noexcept nogil:
    if p.kind == ADD_AT:
        if p.width == 4:
            add_real(p, plane, a, b, <float*>p.result, <const float*>p.values, places)
        else:
            add_real(p, plane, a, b, <double*>p.result, <const double*>p.values, places)
    elif p.width == 1:
        carry_raw(p, plane, a, b, <uint8_t*>p.result, <const uint8_t*>p.values, places)
    elif p.width == 2:
        carry_raw(p, plane, a, b, <uint16_t*>p.result, <const uint16_t*>p.values, places)
    elif p.width == 4:
        carry_raw(p, plane, a, b, <uint32_t*>p.result, <const uint32_t*>p.values, places)
    else:
        carry_raw(p, plane, a, b, <uint64_t*>p.result, <const uint64_t*>p.values, places)


# -------------------------------------------------------------------------------------------------------- work and threads
cdef Py_ssize_t place_units(const Places* p, char* taken, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t unit, plane, part, a, b, step, found = -1 if p.kind == FIRST_REPEATED else 0
    cdef Py_ssize_t length = p.outputs if p.kind == TAKE_AT else p.inner
    for unit in range(first, end):
        plane, part = unit // p.parts, unit % p.parts
        step = (length + p.parts - 1) // p.parts
        if p.kind != TAKE_AT and p.parts > 1:
            step = (step + LINE_LANES - 1) // LINE_LANES * LINE_LANES
        a, b = min(length, part * step), min(length, (part + 1) * step)
        if a == b:
            continue
        if p.kind < LAST_PLACES:
            if p.place_width == 4:
                carry(p, plane, a, b, <const int32_t*>p.places)
            else:
                carry(p, plane, a, b, <const int64_t*>p.places)
        elif p.place_width == 4:
            found = compare(p, plane, a, b, <const int32_t*>p.places, <uint8_t*>taken, found)
        else:
            found = compare(p, plane, a, b, <const int64_t*>p.places, <uint8_t*>taken, found)
    return found


cdef int run_places(Places* p, Py_ssize_t threads, Py_ssize_t* found) except -1 nogil:
    # found: how many places are not the last of their cell, or which is the first that is not the first.
    cdef Py_ssize_t t, units, bytes = 0
    cdef char* memory
    cdef Py_ssize_t* founds
    found[0] = -1 if p.kind == FIRST_REPEATED else 0
    if p.planes == 0 or p.inner == 0:
        return 0
    p.parts = 1
    if p.planes < threads:
        p.parts = (threads + p.planes - 1) // p.planes
        p.parts = max(1, min(p.parts, p.outputs if p.kind == TAKE_AT else p.inner // LINE_LANES))
    units = p.planes * p.parts
    threads = max(1, min(threads, units))
    if p.kind >= LAST_PLACES:
        if p.cells > PY_SSIZE_T_MAX // (2 * LANES):
            with gil:
                raise MemoryError("planes too large to be marked")
        bytes = marks(p.cells) * min(p.inner, LANES)
    memory = allocate(bytes + <Py_ssize_t>sizeof(Py_ssize_t), threads)
    founds = <Py_ssize_t*>(memory + bytes * threads)
    if threads == 1:
        founds[0] = place_units(p, memory, 0, units)
    else:
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            founds[t] = place_units(p, memory + t * bytes, units * t // threads, units * (t + 1) // threads)
    for t in range(threads):
        if p.kind == FIRST_REPEATED:
            if founds[t] >= 0 and (found[0] < 0 or founds[t] < found[0]):
                found[0] = founds[t]
        else:
            found[0] += founds[t]
    free(memory)
    return 0


# ------------------------------------------------------------------------------------------------------------ entry points
cdef int set_places(Places* p, int kind, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells, Py_ssize_t inner) except -1:
    if planes < 0 or outputs < 0 or cells < 0 or inner < 0:
        raise ValueError("kernel called with a negative length")
    p.kind, p.planes, p.outputs, p.cells, p.inner, p.parts = kind, planes, outputs, cells, inner, 1
    p.values, p.result, p.width, p.kept_width = NULL, NULL, 0, 0
    return 0


cdef int open_places(Places* p, object places, Py_buffer* buffer) except -1:
    p.place_width = places.itemsize
    if p.place_width != 4 and p.place_width != 8:
        raise ValueError("kernel called with places of an unknown dtype")
    flat(places, buffer, False, p.place_width, p.planes * p.outputs * p.inner)
    p.places = <const char*>buffer.buf
    return 0


cdef Py_ssize_t run_checked(Places* p, bint checked, Py_ssize_t threads) except? -2:
    cdef Py_ssize_t found = -1
    if not checked:
        if threads:
            with nogil:
                run_check(p, INT64_MIN, threads, &found)
        else:
            run_check(p, INT64_MIN, 1, &found)
        if found >= 0:
            raise ValueError("kernel called with a place outside its plane")
    if threads:
        with nogil:
            run_places(p, threads, &found)
    else:
        run_places(p, 1, &found)
    return found


cdef int carry_at(Places* p, object values, object places, object result, bint checked, Py_ssize_t threads) except -1:
    cdef Py_buffer source, at, target
    cdef Py_ssize_t outputs = p.planes * p.outputs * p.inner, cells = p.planes * p.cells * p.inner
    cdef bint gather = p.kind == TAKE_AT
    p.width = values.itemsize
    if p.width not in (1, 2, 4, 8) or (p.kind == ADD_AT and p.width < 4):
        raise ValueError("kernel called with an unknown element type")
    flat(values, &source, False, p.width, cells if gather else outputs)
    try:
        p.values = <const char*>source.buf
        open_places(p, places, &at)
        try:
            flat(result, &target, True, p.width, outputs if gather else cells)
            try:
                p.result = <char*>target.buf
                run_checked(p, checked, threads)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&at)
    finally:
        PyBuffer_Release(&source)
    return 0


def add_at(int element, grad not None, places not None, result not None, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells,
           Py_ssize_t inner, Py_ssize_t threads, bint checked=False, /):
    """result[plane, cell, c] = the sum of grad[plane, o, c] where places[plane, o, c] is the cell, in the order of o.

    `element` is 0 for float32, 1 for float64, 2 for integers of any width, whose sums wrap around. Places are int32 or int64; negative ones count nowhere; one beyond the cells is a ValueError, looked for unless `checked`.
    """
    cdef Places p
    if element not in (0, 1, 2) or (element < 2 and grad.itemsize != (8 if element else 4)):
        raise ValueError("kernel called with an unknown element type")
    set_places(&p, ADD_INTEGERS if element == 2 else ADD_AT, planes, outputs, cells, inner)
    carry_at(&p, grad, places, result, checked, threads)


def put_at(values not None, places not None, result not None, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells,
           Py_ssize_t inner, Py_ssize_t threads, bint checked=False, /):
    """result[plane, cell, c] = values[plane, o, c] of the last o whose place is the cell, zero bytes where there is none."""
    cdef Places p
    set_places(&p, PUT_AT, planes, outputs, cells, inner)
    carry_at(&p, values, places, result, checked, threads)


def take_at(grad not None, places not None, result not None, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells,
            Py_ssize_t inner, Py_ssize_t threads, bint checked=False, /):
    """result[plane, o, c] = grad[plane, places[plane, o, c], c], zero bytes where the place is negative."""
    cdef Places p
    set_places(&p, TAKE_AT, planes, outputs, cells, inner)
    carry_at(&p, grad, places, result, checked, threads)


def check_places(places not None, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells, Py_ssize_t inner, Py_ssize_t threads,
                 int64_t least=0, /):
    """The flat position of the first place outside [least, cells), or -1."""
    cdef Places p
    cdef Py_buffer at
    cdef Py_ssize_t found = -1
    set_places(&p, ADD_AT, planes, outputs, cells, inner)
    open_places(&p, places, &at)
    try:
        if threads:
            with nogil:
                run_check(&p, least, threads, &found)
        else:
            run_check(&p, least, 1, &found)
    finally:
        PyBuffer_Release(&at)
    return found


def last_places(places not None, kept not None, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells, Py_ssize_t inner,
                Py_ssize_t threads, bint checked=False, /):
    """kept = places, but -1 where a later output has the same cell; int32 or int64. Returns how many those are."""
    cdef Places p
    cdef Py_buffer at, target
    set_places(&p, LAST_PLACES, planes, outputs, cells, inner)
    p.kept_width = kept.itemsize
    if p.kept_width not in (4, 8) or (p.kept_width == 4 and cells > 0x80000000LL):
        raise ValueError("kernel called with places of an unknown dtype")
    open_places(&p, places, &at)
    try:
        flat(kept, &target, True, p.kept_width, planes * outputs * inner)
        try:
            p.result = <char*>target.buf
            return run_checked(&p, checked, threads)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&at)


def first_repeated(places not None, Py_ssize_t planes, Py_ssize_t outputs, Py_ssize_t cells, Py_ssize_t inner, Py_ssize_t threads,
                   bint checked=False, /):
    """The flat position of the first place whose cell an earlier output has, or -1."""
    cdef Places p
    cdef Py_buffer at
    set_places(&p, FIRST_REPEATED, planes, outputs, cells, inner)
    open_places(&p, places, &at)
    try:
        return run_checked(&p, checked, threads)
    finally:
        PyBuffer_Release(&at)
