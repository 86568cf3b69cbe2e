# The entry points of the pooling kernels: arrays in, checked against the geometry, work out to the threads.
#
# Arrays come through the buffer protocol without its format, which neither Cython's memoryviews nor the protocol itself has
# for every dtype we serve; cpool._dispatch pairs dtypes with `element`, and the item sizes are compared here.

from cpython.buffer cimport PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset


cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX


include "rows.pxi"
include "axis.pxi"
include "plan.pxi"
include "across.pxi"
include "strips.pxi"
include "windows.pxi"
include "reduce.pxi"
include "repeat.pxi"
include "fold.pxi"
include "winners.pxi"
include "pick.pxi"
include "run.pxi"


cdef struct Shape:
    Py_ssize_t planes, inner
    Axis z, y, x


cdef int read_geometry(bytes geometry, Shape* shape) except -1:
    # cpool._ops._call.Plan.geometry: planes, inner, and seven numbers for each of the three axes.
    cdef int64_t[23] numbers
    if len(geometry) != sizeof(numbers):
        raise ValueError("kernel called with an unknown geometry")
    memcpy(numbers, <const char*>geometry, sizeof(numbers))
    shape.planes, shape.inner = numbers[0], numbers[1]
    shape.z, shape.y, shape.x = axis_from(&numbers[2]), axis_from(&numbers[9]), axis_from(&numbers[16])
    return 0


cdef bint in_order(const Py_buffer* b) noexcept:
    cdef Py_ssize_t step = b.itemsize
    cdef int i
    for i in range(b.ndim - 1, -1, -1):
        if b.shape[i] > 1 and b.strides[i] != step:
            return False
        step *= b.shape[i]
    return True


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


cdef int run(Plan* p, Py_ssize_t threads) except -1:
    # No threads: the work is too little even to let go of the GIL.
    if threads == 0:
        return run_reduce(p, 1)
    with nogil:
        return run_reduce(p, threads)


cdef bint one_divisor(const Shape* s, bint include_pad, double* divisor) noexcept:
    # Whether all windows have the same divisor, and which.
    if divisor[0] == 0 and whole(&s.z, include_pad) and whole(&s.y, include_pad) and whole(&s.x, include_pad):
        divisor[0] = <double>s.z.kernel * <double>s.y.kernel * <double>s.x.kernel
    return divisor[0] != 0


cdef bint whole(const Axis* a, bint include_pad) noexcept:
    # Whether every window has all its cells in what an average counts.
    cdef Py_ssize_t before = a.before if include_pad else 0, after = a.after if include_pad else 0
    return a.before <= before and reach(a, a.out) - a.before <= a.size + after


cdef void plan_steps(Plan* p, const Shape* shape, const Py_ssize_t* steps) noexcept:
    p.planes, p.inner = shape.planes, shape.inner
    p.plane_step, p.slice_step, p.row_step = steps[0], steps[1], steps[2]
    p.count_z, p.count_y, p.count_x = shape.z, shape.y, shape.x
    p.kernel_y, p.kernel_x = shape.y.kernel, shape.x.kernel
    p.winners, p.winner_width, p.repeat = NULL, 0, False
    p.short_sums = (not p.rows.idempotent and p.rows.source == 4 and p.rows.result == 4 and SHORT_SUMS.width > 0
                    and is_identity(&shape.z) and shape.y.kernel <= 3 and shape.x.kernel <= 3)


def reduce(int operation, int element, x not None, y not None, winners, bytes geometry not None, bint average,
           bint include_pad, double divisor, Py_ssize_t threads):
    """Pool x into y; winners, of y's shape, takes the codes of max and min."""
    cdef Plan p
    cdef Shape shape
    cdef Py_ssize_t[3] steps
    cdef Py_buffer source, result, codes
    read_geometry(geometry, &shape)
    if not (0 <= operation < OPERATIONS and 0 <= element < ELEMENTS):
        raise ValueError("kernel called with an unknown operation or element type")
    p.rows = &ROWS[operation][element]
    if winners is not None and p.rows.reduce_winner == NULL:
        raise ValueError("this element type has no kernel with winners")
    take(x, &source, False, p.rows.source, &shape, False, steps)
    try:
        take(y, &result, True, p.rows.result, &shape, True, NULL)
        try:
            collapse(&shape, steps, p.rows.source)
            plan_steps(&p, &shape, steps)
            p.z, p.y, p.x = shape.z, shape.y, shape.x
            p.divide_source, p.divide_result, p.include_pad, p.divisor = False, average, include_pad, divisor
            p.source, p.result = <const char*>source.buf, <char*>result.buf
            if winners is None:
                run(&p, threads)
                return
            p.winner_width = winners.itemsize
            take(winners, &codes, True, p.winner_width, &shape, True, NULL)
            try:
                p.winners = <char*>codes.buf
                run(&p, threads)
            finally:
                PyBuffer_Release(&codes)
        finally:
            PyBuffer_Release(&result)
    finally:
        PyBuffer_Release(&source)


def spread_gradient(int element, grad not None, result not None, bytes geometry not None, bint average,
                    bint include_pad, double divisor, Py_ssize_t threads):
    """The gradient of sum and average: pool the output's gradient into the input's over the adjoint axes."""
    cdef Plan p
    cdef Shape shape
    cdef Py_ssize_t[3] steps
    cdef Py_buffer source, target
    read_geometry(geometry, &shape)
    if element not in (0, 1):
        raise ValueError("kernel called with an unknown element type")
    p.rows = &ROWS[2][element]
    take(grad, &source, False, p.rows.source, &shape, True, steps)
    try:
        take(result, &target, True, p.rows.result, &shape, False, NULL)
        try:
            collapse(&shape, NULL, p.rows.result)
            plan_steps(&p, &shape, steps)
            p.repeat = repeats(&shape.z) and repeats(&shape.y) and repeats(&shape.x)
            p.z, p.y, p.x = shape.z, shape.y, shape.x
            if not p.repeat:
                p.z, p.y, p.x = adjoint(&shape.z), adjoint(&shape.y), adjoint(&shape.x)
            p.divide_source, p.divide_result, p.include_pad, p.divisor = average, False, include_pad, divisor
            if average and not p.repeat and p.rows.result == 4 and one_divisor(&shape, include_pad, &p.divisor):
                # Divided once, at the end; a double could overflow before it, a float sum is taken again in double.
                p.divide_source, p.divide_result = False, True
            p.source, p.result = <const char*>source.buf, <char*>target.buf
            run(&p, threads)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)


def winner_gradient(int element, grad not None, winners not None, result not None, bytes geometry not None,
                    Py_ssize_t threads):
    """The gradient of max and min: each output's gradient to the cell whose code is in winners."""
    cdef GradPlan p
    cdef Shape shape
    cdef Py_buffer source, codes, target
    read_geometry(geometry, &shape)
    if element not in (0, 1):
        raise ValueError("kernel called with an unknown element type")
    p.rows = &GRADS[element]
    p.z, p.y, p.x, p.planes, p.inner = shape.z, shape.y, shape.x, shape.planes, shape.inner
    take(grad, &source, False, p.rows.width, &shape, True, NULL)
    try:
        p.code_width = winners.itemsize
        take(winners, &codes, False, p.code_width, &shape, True, NULL)
        try:
            take(result, &target, True, p.rows.width, &shape, False, NULL)
            try:
                p.grad, p.codes, p.result = <const char*>source.buf, <const char*>codes.buf, <char*>target.buf
                if threads == 0:
                    run_gradient(&p, 1)
                else:
                    with nogil:
                        run_gradient(&p, threads)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&codes)
    finally:
        PyBuffer_Release(&source)
