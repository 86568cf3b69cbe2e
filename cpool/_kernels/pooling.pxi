# The entry points of the pooling kernels: arrays in, checked against the geometry, work out to the threads.
#
# Arrays come through the buffer protocol without its format, which neither Cython's memoryviews nor the protocol itself has
# for every dtype we serve; cpool._dispatch pairs dtypes with `element`, and the item sizes are compared here.

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset


cdef extern from "rows.h" nogil:
    ctypedef struct cpool_rows:
        Py_ssize_t width, source, result
        int idempotent, plain
        void (*reduce)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*pairs)(char*, const char*, Py_ssize_t, Py_ssize_t, int) noexcept nogil
        void (*first_reduce)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*first_pairs)(char*, const char*, Py_ssize_t, Py_ssize_t, int) noexcept nogil
        void (*reduce_winner)(char*, char*, Py_ssize_t, const char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                              Py_ssize_t, int64_t, int64_t) noexcept nogil
        void (*pairs_winner)(char*, char*, const char*, Py_ssize_t, Py_ssize_t, int) noexcept nogil
        void (*raise_codes)(char*, int64_t, Py_ssize_t) noexcept nogil
        void (*narrow)(char*, Py_ssize_t, const char*, Py_ssize_t) noexcept nogil
        void (*accumulate)(char*, const char*, Py_ssize_t) noexcept nogil
        void (*fill)(char*, Py_ssize_t) noexcept nogil
        void (*load)(char*, const char*, Py_ssize_t, double) noexcept nogil
        void (*store)(char*, const char*, Py_ssize_t, double) noexcept nogil
    ctypedef struct cpool_grads:
        Py_ssize_t width
        void (*pick)(char*, const char**, const char**, const int64_t*, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*widen)(char*, const char*, Py_ssize_t, Py_ssize_t) noexcept nogil
    int OPERATIONS "CPOOL_OPERATIONS"
    int ELEMENTS "CPOOL_ELEMENTS"
    const cpool_rows ROWS "CPOOL_ROWS"[4][10]
    const cpool_grads GRADS "CPOOL_GRADS"[2]
    void cpool_gather(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_spread(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_zip(char*, const char*, const char*, Py_ssize_t, Py_ssize_t)


include "axis.pxi"
include "reduce.pxi"
include "winners.pxi"


cdef int take(object array, Py_buffer* buffer, bint writable, Py_ssize_t itemsize, Py_ssize_t planes, const Axis* z, const Axis* y,
              const Axis* x, bint pooled, Py_ssize_t inner) except -1:
    # The array's buffer, after checking that it has the shape (planes, depth, rows, cols, inner) that the kernels will walk.
    PyObject_GetBuffer(array, buffer, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS if writable else PyBUF_STRIDES)
    if (buffer.ndim == 5 and buffer.itemsize == itemsize and buffer.shape[0] == planes and buffer.shape[4] == inner
            and buffer.shape[1] == (z.out if pooled else z.size) and buffer.shape[2] == (y.out if pooled else y.size)
            and buffer.shape[3] == (x.out if pooled else x.size)
            and (inner == 1 or buffer.strides[4] == itemsize) and (buffer.shape[3] == 1 or buffer.strides[3] == inner * itemsize)):
        return 0
    PyBuffer_Release(buffer)
    raise ValueError("kernel called with an array that does not fit its geometry")


cdef bint in_order(const Py_buffer* b) noexcept:
    # Whether the array is C-contiguous: the gradient kernels take nothing else.
    cdef Py_ssize_t step = b.itemsize
    cdef int i
    for i in range(b.ndim - 1, -1, -1):
        if b.shape[i] > 1 and b.strides[i] != step:
            return False
        step *= b.shape[i]
    return True


cdef int run_reduce(Plan* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t units, bytes, t
    cdef Scratch layout
    cdef char* memory
    if p.planes == 0 or p.inner == 0:
        return 0
    prepare(p, threads)
    units = p.planes * p.blocks
    threads = max(1, min(threads, units))
    bytes = padded(scratch_bytes(p, &layout, <char*>&layout))
    memory = <char*>malloc(bytes * threads)
    if memory == NULL:
        with gil:
            raise MemoryError(f"{bytes * threads} bytes of scratch memory for pooling")
    for t in prange(threads, num_threads=threads, schedule="static", chunksize=1, use_threads_if=threads > 1):
        reduce_units(p, memory + t * bytes, units * t // threads, units * (t + 1) // threads)
    free(memory)
    return 0


cdef void reduce_units(const Plan* p, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef Scratch s
    cdef Py_ssize_t unit
    scratch_bytes(p, &s, memory)
    # The padding of every row to come; where it is in input elements of a sum, zeros are zeros.
    p.rows.fill(s.row, p.row_bytes // p.rows.width)
    for unit in range(first, end):
        reduce_unit(p, &s, unit)


cdef int run_gradient(GradPlan* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t units, bytes, t
    cdef char* memory
    if p.planes == 0 or p.inner == 0:
        return 0
    prepare_gradient(p, threads)
    units = p.planes * p.blocks
    threads = max(1, min(threads, units))
    bytes = padded(gradient_scratch_bytes(p))
    memory = <char*>malloc(bytes * threads)
    if memory == NULL:
        with gil:
            raise MemoryError(f"{bytes * threads} bytes of scratch memory for a pooling gradient")
    for t in prange(threads, num_threads=threads, schedule="static", chunksize=1, use_threads_if=threads > 1):
        gradient_units(p, memory + t * bytes, units * t // threads, units * (t + 1) // threads)
    free(memory)
    return 0


cdef void gradient_units(const GradPlan* p, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t unit, r0, r1
    cdef Phase* phases = <Phase*>memory
    if p.picks:
        find_phases(p, phases)
    for unit in range(first, end):
        r0 = unit % p.blocks * p.block
        r1 = min(p.y.size, r0 + p.block)
        if p.picks:
            pick_unit(p, memory + p.phases * sizeof(Phase), phases, unit // p.blocks, r0, r1)
        else:
            scatter_unit(p, unit // p.blocks, r0, r1)


def reduce(int operation, int element, x not None, y not None, winners, const long long[:, ::1] geometry not None, bint average,
           bint include_pad, double divisor, Py_ssize_t threads):
    """Pool x into y, both (planes, depth, rows, cols, inner); winners, of y's shape, takes the codes of max and min."""
    cdef Plan p
    cdef Py_buffer source, result, codes
    if not (0 <= operation < OPERATIONS and 0 <= element < ELEMENTS and geometry.shape[0] == 3 and geometry.shape[1] == 7):
        raise ValueError("kernel called with an unknown operation, element type or geometry")
    p.rows = &ROWS[operation][element]
    if winners is not None and p.rows.reduce_winner == NULL:
        raise ValueError("this element type has no kernel with winners")
    p.z, p.y, p.x = axis_from(&geometry[0, 0]), axis_from(&geometry[1, 0]), axis_from(&geometry[2, 0])
    p.count_z, p.count_y, p.count_x = p.z, p.y, p.x
    p.kernel_y, p.kernel_x = p.y.kernel, p.x.kernel
    p.divide_source, p.divide_result, p.include_pad, p.divisor = False, average, include_pad, divisor
    p.planes, p.inner = x.shape[0], x.shape[4]
    p.winners, p.winner_width = NULL, 0
    take(x, &source, False, p.rows.source, p.planes, &p.z, &p.y, &p.x, False, p.inner)
    try:
        take(y, &result, True, p.rows.result, p.planes, &p.z, &p.y, &p.x, True, p.inner)
        try:
            p.source, p.result = <const char*>source.buf, <char*>result.buf
            p.plane_step, p.slice_step, p.row_step = source.strides[0], source.strides[1], source.strides[2]
            if winners is None:
                with nogil:
                    run_reduce(&p, threads)
                return
            p.winner_width = winners.itemsize
            take(winners, &codes, True, p.winner_width, p.planes, &p.z, &p.y, &p.x, True, p.inner)
            try:
                p.winners = <char*>codes.buf
                with nogil:
                    run_reduce(&p, threads)
            finally:
                PyBuffer_Release(&codes)
        finally:
            PyBuffer_Release(&result)
    finally:
        PyBuffer_Release(&source)


def spread_gradient(int element, grad not None, result not None, const long long[:, ::1] geometry not None, bint average,
                    bint include_pad, double divisor, Py_ssize_t threads):
    """The gradient of sum and average: pool the output's gradient into the input's over the adjoint axes."""
    cdef Plan p
    cdef Py_buffer source, target
    cdef Axis z, y, x
    if element not in (0, 1) or geometry.shape[0] != 3 or geometry.shape[1] != 7:
        raise ValueError("kernel called with an unknown element type or geometry")
    p.rows = &ROWS[2][element]
    z, y, x = axis_from(&geometry[0, 0]), axis_from(&geometry[1, 0]), axis_from(&geometry[2, 0])
    p.count_z, p.count_y, p.count_x = z, y, x
    p.z, p.y, p.x = adjoint(&z), adjoint(&y), adjoint(&x)
    p.kernel_y, p.kernel_x = y.kernel, x.kernel
    p.divide_source, p.divide_result, p.include_pad, p.divisor = average, False, include_pad, divisor
    p.planes, p.inner = grad.shape[0], grad.shape[4]
    p.winners, p.winner_width = NULL, 0
    take(grad, &source, False, p.rows.source, p.planes, &z, &y, &x, True, p.inner)
    try:
        take(result, &target, True, p.rows.result, p.planes, &z, &y, &x, False, p.inner)
        try:
            p.source, p.result = <const char*>source.buf, <char*>target.buf
            p.plane_step, p.slice_step, p.row_step = source.strides[0], source.strides[1], source.strides[2]
            with nogil:
                run_reduce(&p, threads)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)


def winner_gradient(int element, grad not None, winners not None, result not None, const long long[:, ::1] geometry not None,
                    Py_ssize_t threads):
    """The gradient of max and min: each output's gradient to the cell whose code is in winners."""
    cdef GradPlan p
    cdef Py_buffer source, codes, target
    if element not in (0, 1) or geometry.shape[0] != 3 or geometry.shape[1] != 7:
        raise ValueError("kernel called with an unknown element type or geometry")
    p.rows = &GRADS[element]
    p.z, p.y, p.x = axis_from(&geometry[0, 0]), axis_from(&geometry[1, 0]), axis_from(&geometry[2, 0])
    p.planes, p.inner, p.code_width = grad.shape[0], grad.shape[4], winners.itemsize
    take(grad, &source, False, p.rows.width, p.planes, &p.z, &p.y, &p.x, True, p.inner)
    try:
        take(winners, &codes, False, p.code_width, p.planes, &p.z, &p.y, &p.x, True, p.inner)
        try:
            take(result, &target, True, p.rows.width, p.planes, &p.z, &p.y, &p.x, False, p.inner)
            try:
                if not (in_order(&source) and in_order(&codes)):
                    raise ValueError("kernel called with a gradient that is not contiguous")
                p.grad, p.codes, p.result = <const char*>source.buf, <const char*>codes.buf, <char*>target.buf
                with nogil:
                    run_gradient(&p, threads)
            finally:
                PyBuffer_Release(&target)
        finally:
            PyBuffer_Release(&codes)
    finally:
        PyBuffer_Release(&source)
