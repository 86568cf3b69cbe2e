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


cdef extern from "rows.h" nogil:
    ctypedef struct cpool_strips:
        Py_ssize_t taps_x, stride_x, hop_x, taps_y, stride_y, hop_y
        const char* src
        char* out
        Py_ssize_t src_step, out_step, rows, n, result
        char* code
        Py_ssize_t code_step, code_width
        const char* by
        const char* by_wide
        int divided
        char* scratch
        char* codes
    int STRIPS "CPOOL_STRIPS"
    int MANY_TAPS "CPOOL_MANY_TAPS"
    ctypedef struct cpool_pick:
        const char* grad
        const char* code
        Py_ssize_t step
        const Py_ssize_t* offset
        const uint8_t* wanted
        Py_ssize_t many, even
        char* out
        Py_ssize_t out_step, rows, n
    ctypedef struct cpool_windows:
        const char* src
        Py_ssize_t src_step, out_step
        const Py_ssize_t* offset
        const uint8_t* tap
        Py_ssize_t many, row
        char* out
        Py_ssize_t result
        char* code
        Py_ssize_t code_step
        const char* by
        const char* by_wide
        int divided
        Py_ssize_t windows, n
    enum: MOST_CELLS "CPOOL_MOST_CELLS"
    ctypedef struct cpool_rows:
        Py_ssize_t width, source, result
        int idempotent, reciprocal, plain, byte_codes
        void (*reduce)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*first_reduce)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*reduce_winner)(char*, char*, Py_ssize_t, const char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t,
                              Py_ssize_t, int64_t, int64_t) noexcept nogil
        void (*raise_codes)(char*, int64_t, Py_ssize_t) noexcept nogil
        void (*narrow)(char*, Py_ssize_t, const char*, Py_ssize_t) noexcept nogil
        void (*strips)(const cpool_strips*) noexcept nogil
        void (*first_strips)(const cpool_strips*) noexcept nogil
        void (*windows)(const cpool_windows*) noexcept nogil
        void (*first_windows)(const cpool_windows*) noexcept nogil
        void (*fold)(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*accumulate)(char*, const char*, Py_ssize_t) noexcept nogil
        void (*fill)(char*, Py_ssize_t) noexcept nogil
        void (*load)(char*, const char*, Py_ssize_t, const void*) noexcept nogil
        void (*store)(char*, const char*, Py_ssize_t, const void*) noexcept nogil
    ctypedef struct cpool_grads:
        Py_ssize_t width
        void (*pick)(const cpool_pick*) noexcept nogil
        void (*pick_pairs)(const cpool_pick*) noexcept nogil
    enum: MOST_PICKS "CPOOL_MOST_PICKS"
    int OPERATIONS "CPOOL_OPERATIONS"
    int ELEMENTS "CPOOL_ELEMENTS"
    const cpool_rows ROWS "CPOOL_ROWS"[4][10]
    const cpool_rows SHORT_SUMS "CPOOL_SHORT_SUMS"
    const cpool_grads GRADS "CPOOL_GRADS"[2]
    void cpool_copy_rows(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_gather(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_repeat(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_spread(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_zip(char*, const char*, const char*, Py_ssize_t, Py_ssize_t)


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


cdef char* allocate(Py_ssize_t bytes, Py_ssize_t threads) except NULL nogil:
    cdef char* memory = <char*>malloc(bytes * threads + 64) if 0 < bytes < PY_SSIZE_T_MAX // threads - 64 else NULL
    if memory == NULL:
        with gil:
            raise MemoryError(f"{threads} times {bytes} bytes of scratch memory for pooling")
    return memory


cdef enum:
    # Scratch memory so small needs no malloc: with the call's other costs that is what a tiny array takes.
    ON_STACK = 8 * 1024


cdef inline char* aligned(char* memory) noexcept nogil:
    return memory + (64 - <Py_ssize_t>memory % 64)


cdef int run_reduce(Plan* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t units, bytes, t
    cdef Scratch layout
    cdef char* memory
    cdef char[ON_STACK + 64] stack
    if p.planes == 0 or p.inner == 0:
        return 0
    if folds(p):
        threads = max(1, min(threads, p.planes // FOLDED))
        if threads == 1:
            fold_planes(p, 0, p.planes)
            return 0
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            fold_planes(p, p.planes * t // threads, p.planes * (t + 1) // threads)
        return 0
    if p.repeat:
        prepare_repeat(p, threads)
    else:
        prepare(p, threads)
    units = p.planes * p.blocks
    threads = max(1, min(threads, units))
    bytes = padded(repeat_scratch_bytes(p, &layout, NULL) if p.repeat else scratch_bytes(p, &layout, NULL))
    if threads == 1 and bytes <= ON_STACK:
        reduce_units(p, aligned(stack), 0, units)
        return 0
    memory = allocate(bytes, threads)
    if threads == 1:
        reduce_units(p, aligned(memory), 0, units)
        free(memory)
        return 0
    for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
        reduce_units(p, aligned(memory) + t * bytes, units * t // threads, units * (t + 1) // threads)
    free(memory)
    return 0


cdef void reduce_units(const Plan* p, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef Scratch s
    cdef Py_ssize_t unit, plane, r0
    if p.repeat:
        repeat_scratch_bytes(p, &s, memory)
    else:
        scratch_bytes(p, &s, memory)
    # The padding of every row to come; where it is in input elements of a sum, zeros are zeros.
    if p.copy_rows and not p.repeat:
        p.rows.fill(s.row, p.chunk * p.row_bytes // p.rows.width)
    plane, r0 = first // p.blocks, first % p.blocks * p.block
    for unit in range(first, end):
        if p.repeat:
            repeat_unit(p, &s, plane, r0)
        else:
            reduce_unit(p, &s, plane, r0)
        r0 += p.block
        if r0 >= p.y.out:
            plane, r0 = plane + 1, 0


cdef int run_gradient(GradPlan* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t units, bytes, t
    cdef char* memory
    cdef char[ON_STACK + 64] stack
    if p.planes == 0 or p.inner == 0:
        return 0
    prepare_gradient(p, threads)
    units = p.planes * p.blocks
    threads = max(1, min(threads, units))
    bytes = padded(gradient_scratch_bytes(p))
    if threads == 1 and bytes <= ON_STACK:
        gradient_units(p, aligned(stack), 0, units)
        return 0
    memory = allocate(bytes, threads)
    if threads == 1:
        gradient_units(p, aligned(memory), 0, units)
        free(memory)
        return 0
    for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
        gradient_units(p, aligned(memory) + t * bytes, units * t // threads, units * (t + 1) // threads)
    free(memory)
    return 0


cdef void gradient_units(const GradPlan* p, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t unit, r0, r1
    cdef PickScratch s
    if p.picks:
        pick_scratch_bytes(p, &s, memory)
        if p.pixels:
            find_cells(p, s.cells)
    elif p.places:
        find_places(p, <Py_ssize_t*>memory)
    for unit in range(first, end):
        r0 = unit % p.blocks * p.block
        r1 = min(p.y.size, r0 + p.block)
        if p.picks:
            pick_unit(p, &s, unit // p.blocks, r0, r1)
        else:
            scatter_unit(p, <const Py_ssize_t*>memory, unit // p.blocks, r0, r1)


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
