# Places that come more than once: which output is the last of each, and where one first comes again. See places.pxi.

cdef inline Py_ssize_t marks(Py_ssize_t cells) noexcept nogil:
    # Bytes of a channel's marks: an odd number of cache lines, so that those of several channels lie in different sets.
    return ((cells + 63) // 64 | 1) * 64


cdef Py_ssize_t keep_last(const Places* p, Py_ssize_t plane, Py_ssize_t c0, Py_ssize_t c1, kept_type* kept,
                          const place_type* places, uint8_t* taken) noexcept nogil:
    # Backwards, whoever comes to a cell first stays there. Tells how many did not.
    cdef Py_ssize_t o, c, step = marks(p.cells), gone = 0
    cdef uint8_t* mark
    cdef place_type at
    memset(taken, 0, step * (c1 - c0))
    for o in range((plane + 1) * p.outputs - 1, plane * p.outputs - 1, -1):
        for c in range(c0, c1):
            at = places[o * p.inner + c]
            if at < 0:
                kept[o * p.inner + c] = -1
                continue
            mark = &taken[(c - c0) * step + at]
            kept[o * p.inner + c] = <kept_type>at | -<kept_type>mark[0]  # -1 where taken, without a branch that no one foresees
            gone += mark[0]
            mark[0] = 1
    return gone


cdef Py_ssize_t first_repeated_at(const Places* p, Py_ssize_t plane, Py_ssize_t c0, Py_ssize_t c1, const place_type* places,
                                  uint8_t* taken) noexcept nogil:
    cdef Py_ssize_t o, c, step = marks(p.cells)
    cdef uint8_t* mark
    cdef place_type at
    memset(taken, 0, step * (c1 - c0))
    for o in range(plane * p.outputs, (plane + 1) * p.outputs):
        for c in range(c0, c1):
            at = places[o * p.inner + c]
            if at >= 0:
                mark = &taken[(c - c0) * step + at]
                if mark[0]:
                    return o * p.inner + c
                mark[0] = 1
    return -1


cdef Py_ssize_t compare(const Places* p, Py_ssize_t plane, Py_ssize_t a, Py_ssize_t b, const place_type* places,
                        uint8_t* taken, Py_ssize_t found) noexcept nogil:
    # What was found before, and in these channels of a plane.
    cdef Py_ssize_t c0 = a, c1, at
    while c0 < b:
        c1 = min(b, c0 + LANES)
        if p.kind == FIRST_REPEATED:
            at = first_repeated_at(p, plane, c0, c1, places, taken)
            if at >= 0 and (found < 0 or at < found):
                found = at
        elif p.kept_width == 4:
            found += keep_last(p, plane, c0, c1, <int32_t*>p.result, places, taken)
        else:
            found += keep_last(p, plane, c0, c1, <int64_t*>p.result, places, taken)
        c0 = c1
    return found
