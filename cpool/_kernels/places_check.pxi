# Whether places lie within their planes. See places.pxi.

cdef enum:
    # Places that are checked before any is looked at more closely.
    CHECKED = 1024


cdef Py_ssize_t first_outside(const place_type* places, Py_ssize_t start, Py_ssize_t end, int64_t least,
                              int64_t cells) noexcept nogil:
    # The first place in places[start:end] that is not within [least, cells), or -1.
    cdef Py_ssize_t i, block = start, stop
    cdef place_type low, high
    cdef int outside
    if place_type is int32_t:
        low, high = <int32_t>max(least, -0x80000000LL), <int32_t>min(cells - 1, 0x7fffffffLL)
    else:
        low, high = least, cells - 1
    while block < end:
        stop = min(end, block + CHECKED)
        outside = 0
        for i in range(block, stop):
            outside |= (places[i] < low) | (places[i] > high)
        if outside:
            for i in range(block, stop):
                if places[i] < low or places[i] > high:
                    return i
        block = stop
    return -1


cdef int run_check(const Places* p, int64_t least, Py_ssize_t threads, Py_ssize_t* found) except -1 nogil:
    cdef Py_ssize_t t, n = p.planes * p.outputs * p.inner, share
    cdef Py_ssize_t* founds
    found[0] = -1
    threads = max(1, min(threads, n // CHECKED))
    founds = <Py_ssize_t*>allocate(sizeof(Py_ssize_t), threads)
    share = (n + threads - 1) // threads
    for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
        if p.place_width == 4:
            founds[t] = first_outside(<const int32_t*>p.places, min(n, t * share), min(n, (t + 1) * share), least, p.cells)
        else:
            founds[t] = first_outside(<const int64_t*>p.places, min(n, t * share), min(n, (t + 1) * share), least, p.cells)
    for t in range(threads):
        if founds[t] >= 0:
            found[0] = founds[t]
            break
    free(founds)
    return 0
