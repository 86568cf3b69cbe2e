# Unpooling one plane after the other, each in the cache: its indices are checked, its values put where they say, and told which of
# equal indices was the last. A value leaves its number beside itself, so that whoever finds its own there later was the last: no
# step waits for the one before. Planes of channels first, not too large for that; what does not fit goes by places.pxi.

cdef extern from "gather.h" nogil:
    void keep_owners4 "cpool_keep_owners_32"(int32_t*, const int32_t*, const int32_t*, Py_ssize_t)
    void keep_owners8 "cpool_keep_owners_64"(int32_t*, const int32_t*, const int64_t*, Py_ssize_t)


cdef struct Owned:
    Places places
    int32_t* kept               # or NULL
    Py_ssize_t owners, region   # bytes of scratch memory for the owners, and for a plane if it is streamed, else 0


cdef bint put_owned(const Owned* j, int32_t* owner, char* scratch, raw_type* written, const raw_type* values,
                    const place_type* places, int32_t* kept) noexcept nogil:
    # False where a place lies outside the plane.
    cdef const Places* p = &j.places
    cdef raw_type* result = <raw_type*>scratch if j.region else written
    cdef Py_ssize_t o
    if first_outside(places, 0, p.outputs, 0, p.cells) >= 0:
        return False
    memset(result, 0, p.cells * sizeof(raw_type))
    if not kept:
        for o in range(p.outputs):
            result[places[o]] = values[o]
    else:
        for o in range(p.outputs):
            result[places[o]] = values[o]
            owner[places[o]] = <int32_t>o
        if place_type is int32_t:
            keep_owners4(kept, owner, places, p.outputs)
        else:
            keep_owners8(kept, owner, places, p.outputs)
    if j.region:
        stream(<char*>written, scratch, p.cells * sizeof(raw_type))
    return True


cdef bint owned_by(const Owned* j, char* memory, Py_ssize_t plane, const place_type* places) noexcept nogil:
    cdef const Places* p = &j.places
    cdef char* result = p.result + plane * p.cells * p.width
    cdef const char* values = p.values + plane * p.outputs * p.width
    cdef int32_t* kept = j.kept + plane * p.outputs if j.kept else NULL
    cdef int32_t* owner = <int32_t*>memory
    cdef char* scratch = memory + j.owners
    places += plane * p.outputs
    if p.width == 1:
        return put_owned(j, owner, scratch, <uint8_t*>result, <const uint8_t*>values, places, kept)
    if p.width == 2:
        return put_owned(j, owner, scratch, <uint16_t*>result, <const uint16_t*>values, places, kept)
    if p.width == 4:
        return put_owned(j, owner, scratch, <uint32_t*>result, <const uint32_t*>values, places, kept)
    return put_owned(j, owner, scratch, <uint64_t*>result, <const uint64_t*>values, places, kept)


cdef bint owned_units(const Owned* j, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t plane = first
    cdef bint found = True
    while found and plane < end:
        if j.places.place_width == 4:
            found = owned_by(j, memory, plane, <const int32_t*>j.places.places)
        else:
            found = owned_by(j, memory, plane, <const int64_t*>j.places.places)
        plane += 1
    if j.region:
        end_stream()
    return found


cdef bint run_owned(Owned* j, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t t, planes = j.places.planes, plane = j.places.cells * j.places.width, bytes
    cdef char* memory
    cdef int lost = 0
    threads = max(1, min(threads, planes))
    j.owners = padded(j.places.cells * <Py_ssize_t>sizeof(int32_t)) if j.kept else 0
    j.region = padded(plane) if plane <= STREAM_PART and planes >= STREAMED // max(1, plane) else 0
    bytes = j.owners + j.region
    memory = allocate(bytes + 64, threads)
    if threads == 1:
        lost = not owned_units(j, aligned(memory), 0, planes)
    else:
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            lost += not owned_units(j, aligned(memory) + t * bytes, planes * t // threads, planes * (t + 1) // threads)
    free(memory)
    return lost == 0


def unpool_planes(values not None, places not None, kept, result not None, Py_ssize_t planes, Py_ssize_t outputs,
                  Py_ssize_t cells, Py_ssize_t threads, /):
    """`put_at` and, unless kept (int32) is None, `last_places`, of places that are not negative and inner = 1.

    False where a place is outside its plane: then kept and result hold nothing of use.
    """
    cdef Owned j
    cdef Py_buffer source, at, last, target
    cdef Py_ssize_t width = values.itemsize
    cdef bint found
    if width not in (1, 2, 4, 8) or not (0 <= cells <= 0x7fffffff and 0 <= outputs <= 0x7fffffff):
        raise ValueError("kernel called with an unknown element type, or planes too large for it")
    set_places(&j.places, PUT_AT, planes, outputs, cells, 1)
    j.places.width, j.kept = width, NULL
    flat(values, &source, False, width, planes * outputs)
    try:
        j.places.values = <const char*>source.buf
        open_places(&j.places, places, &at)
        try:
            flat(result, &target, True, width, planes * cells)
            try:
                j.places.result = <char*>target.buf
                flat(places if kept is None else kept, &last, kept is not None, j.places.place_width if kept is None else 4,
                     planes * outputs)
                try:
                    if kept is not None:
                        j.kept = <int32_t*>last.buf
                    if not threads:
                        return run_owned(&j, 1)
                    with nogil:
                        found = run_owned(&j, threads)
                    return found
                finally:
                    PyBuffer_Release(&last)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&at)
    finally:
        PyBuffer_Release(&source)
