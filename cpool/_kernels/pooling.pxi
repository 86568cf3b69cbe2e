# The entry points of the pooling kernels: arrays in, checked against the geometry, work out to the threads.
#
# Arrays come through the buffer protocol without its format, which neither Cython's memoryviews nor the protocol itself has
# for every dtype we serve; cpool._dispatch pairs dtypes with `element`, and the item sizes are compared here.

from cpython.buffer cimport PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.stdint cimport INT64_MIN, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcpy, memset


cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX


include "buffers.pxi"
include "rows.pxi"
include "axis.pxi"
include "plan.pxi"
include "across.pxi"
include "strips.pxi"
include "windows.pxi"
include "prefixes.pxi"
include "reduce.pxi"
include "repeat.pxi"
include "fold.pxi"
include "winners.pxi"
include "pick.pxi"
include "run.pxi"
include "call.pxi"
include "planes_lanes.pxi"
include "boxes.pxi"
include "scatter_halves.pxi"
include "halves.pxi"
include "bins.pxi"
include "bins_lanes.pxi"
include "bins_gradient.pxi"
include "places.pxi"
include "places_check.pxi"
include "places_repeated.pxi"
include "places_unpool.pxi"
include "roi.pxi"
include "roi_run.pxi"
include "lp_scaled.pxi"
include "lp.pxi"
include "unpool.pxi"
include "median.pxi"
include "beside.pxi"
include "beside_walk.pxi"
include "beside_entry.pxi"


cdef int read_geometry(bytes geometry, Shape* shape) except -1:
    # cpool._ops._call.Plan.geometry: planes, inner, and seven numbers for each of the three axes.
    cdef int64_t[23] numbers
    if len(geometry) != sizeof(numbers):
        raise ValueError("kernel called with an unknown geometry")
    memcpy(numbers, <const char*>geometry, sizeof(numbers))
    shape.planes, shape.inner = numbers[0], numbers[1]
    shape.z, shape.y, shape.x = axis_from(&numbers[2]), axis_from(&numbers[9]), axis_from(&numbers[16])
    return 0


cdef int take(object array, Py_buffer* buffer, bint writable, Py_ssize_t itemsize, const Shape* s, bint pooled,
              Py_ssize_t* steps) except -1:
    # The array's buffer, after checking that it holds what the kernels will walk: C-contiguous in this order, whatever its
    # axes are called; or, where `steps` is given, (planes, depth, rows, cols, inner) with contiguous rows. `steps` takes the
    # bytes from plane to plane, slice to slice and row to row.
    cdef Py_ssize_t depth = s.z.out if pooled else s.z.size, rows = s.y.out if pooled else s.y.size
    cdef Py_ssize_t cols = s.x.out if pooled else s.x.size, pixel = s.inner * itemsize
    PyObject_GetBuffer(array, buffer, (PyBUF_WRITABLE if writable else 0) | PyBUF_STRIDES)
    if buffer.itemsize == itemsize:
        if buffer.len == s.planes * depth * rows * cols * pixel and in_order(buffer):
            if steps:
                steps[2] = cols * pixel
                steps[1] = rows * steps[2]
                steps[0] = depth * steps[1]
            return 0
        if (steps and buffer.ndim == 5 and buffer.shape[0] == s.planes and buffer.shape[1] == depth and buffer.shape[2] == rows
                and buffer.shape[3] == cols and buffer.shape[4] == s.inner
                and (s.inner == 1 or buffer.strides[4] == itemsize) and (cols == 1 or buffer.strides[3] == pixel)):
            steps[0], steps[1], steps[2] = buffer.strides[0], buffer.strides[1], buffer.strides[2]
            return 0
    PyBuffer_Release(buffer)
    raise ValueError("kernel called with an array that does not fit its geometry")


cdef int check_element(const Call* c) except -1:
    if not (0 <= c.operation < OPERATIONS and 0 <= c.element < (ELEMENTS if c.kind == POOL else 2) + HALF_TYPES):
        raise ValueError("kernel called with an unknown operation or element type")
    return 0


cdef int run(const Call* c, Py_ssize_t threads) except -1:
    # No threads: the work is too little even to let go of the GIL.
    if threads == 0:
        return run_any(c, 1)
    with nogil:
        return run_any(c, threads)


def reduce(int operation, int element, x not None, y not None, winners, bytes geometry not None, bint average,
           bint include_pad, double divisor, Py_ssize_t threads, /):
    """Pool x into y; winners, of y's shape, takes the codes of max and min."""
    cdef Call c
    cdef Py_buffer source, result, codes
    read_geometry(geometry, &c.shape)
    c.kind, c.operation, c.element = POOL, operation, element
    c.average, c.include_pad, c.divisor, c.count_y = average, include_pad, divisor, c.shape.y
    c.winners, c.winner_width, c.part = NULL, 0, False
    check_element(&c)
    if winners is not None and not has_winners(&c):
        raise ValueError("this element type has no kernel with winners")
    take(x, &source, False, source_width(&c), &c.shape, False, c.steps)
    try:
        take(y, &result, True, result_width(&c), &c.shape, True, NULL)
        try:
            c.source, c.result = <const char*>source.buf, <char*>result.buf
            if winners is None:
                run(&c, threads)
                return
            c.winner_width = winners.itemsize
            take(winners, &codes, True, c.winner_width, &c.shape, True, NULL)
            try:
                c.winners = <char*>codes.buf
                run(&c, threads)
            finally:
                PyBuffer_Release(&codes)
        finally:
            PyBuffer_Release(&result)
    finally:
        PyBuffer_Release(&source)


def spread_gradient(int element, grad not None, result not None, bytes geometry not None, bint average,
                    bint include_pad, double divisor, Py_ssize_t threads, /):
    """The gradient of sum and average: pool the output's gradient into the input's over the adjoint axes."""
    cdef Call c
    cdef Py_buffer source, target
    read_geometry(geometry, &c.shape)
    c.kind, c.operation, c.element = SPREAD, SUM, element
    c.average, c.include_pad, c.divisor, c.count_y = average, include_pad, divisor, c.shape.y
    c.winners, c.winner_width, c.part = NULL, 0, False
    check_element(&c)
    take(grad, &source, False, source_width(&c), &c.shape, True, c.steps)
    try:
        take(result, &target, True, result_width(&c), &c.shape, False, NULL)
        try:
            c.source, c.result = <const char*>source.buf, <char*>target.buf
            run(&c, threads)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)


def winner_gradient(int element, grad not None, winners not None, result not None, bytes geometry not None,
                    Py_ssize_t threads, /):
    """The gradient of max and min: each output's gradient to the cell whose code is in winners."""
    cdef Call c
    cdef Py_buffer source, codes, target
    read_geometry(geometry, &c.shape)
    c.kind, c.operation, c.element = RETURN, 0, element
    c.average, c.include_pad, c.divisor, c.count_y, c.part = False, False, 0, c.shape.y, False
    check_element(&c)
    take(grad, &source, False, source_width(&c), &c.shape, True, NULL)
    try:
        set_steps(&c, True)
        c.winner_width = winners.itemsize
        take(winners, &codes, False, c.winner_width, &c.shape, True, NULL)
        try:
            take(result, &target, True, result_width(&c), &c.shape, False, NULL)
            try:
                c.source, c.winners, c.result = <const char*>source.buf, <char*>codes.buf, <char*>target.buf
                run(&c, threads)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&codes)
    finally:
        PyBuffer_Release(&source)
