"""What this CPU can run, whether the kernels were built with OpenMP, and where objects and arrays are in memory: always compiled
for the baseline."""

from cpython.buffer cimport PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AsString, PyBytes_FromStringAndSize


cdef extern from "Python.h":
    void* PyTuple_GetItem(object, Py_ssize_t)    # borrowed


cdef extern from *:
    """
    #if defined(__GNUC__) && defined(__x86_64__)
    /* These ask the operating system too: without its support for the wide registers they are false. */
    static int cpool_level(void)
    {
        __builtin_cpu_init();
        if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi")
              && __builtin_cpu_supports("bmi2")))
            return 0;
        if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd")
              && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")))
            return 3;
        return 4;
    }
    #else
    static int cpool_level(void) { return 0; }
    #endif
    #ifdef _OPENMP
    #include <omp.h>
    static int cpool_openmp(void) { return 1; }
    static int cpool_max_threads(void) { return omp_get_max_threads(); }
    #else
    static int cpool_openmp(void) { return 0; }
    static int cpool_max_threads(void) { return 1; }
    #endif
    """
    int cpool_level() nogil
    int cpool_openmp() nogil
    int cpool_max_threads() nogil


def level() -> int:
    """The x86-64 level that CPU and operating system support: 4, 3, or 0 for the baseline."""
    return cpool_level()


def openmp() -> bool:
    """Whether the kernels can use several threads."""
    return bool(cpool_openmp())


def max_threads() -> int:
    """What OpenMP would use now: OMP_NUM_THREADS, the CPU affinity at start, threadpoolctl."""
    return cpool_max_threads()


def identities(x not None, tuple objects not None, /):
    """How an array lies in memory, and where its dtype and the objects are, as bytes.

    They are equal, while these live, for the very same ones only, and arrays of the same shape, strides and alignment.
    """
    cdef Py_buffer b
    cdef Py_ssize_t i, count = len(objects)
    cdef Py_ssize_t* to
    cdef object dtype = x.dtype
    cdef bytes found
    PyObject_GetBuffer(x, &b, PyBUF_STRIDES)
    try:
        found = PyBytes_FromStringAndSize(NULL, (3 + 2 * b.ndim + count) * sizeof(Py_ssize_t))
        to = <Py_ssize_t*>PyBytes_AsString(found)
        to[0], to[1], to[2] = b.ndim, <Py_ssize_t>b.buf % b.itemsize if b.itemsize else 0, <Py_ssize_t><void*>dtype
        for i in range(b.ndim):
            to[3 + i], to[3 + b.ndim + i] = b.shape[i], b.strides[i]
        for i in range(count):
            to[3 + 2 * b.ndim + i] = <Py_ssize_t>PyTuple_GetItem(objects, i)
    finally:
        PyBuffer_Release(&b)
    return found


def apart(a not None, b not None, /) -> bool:
    """Whether two contiguous arrays have no byte in common."""
    cdef Py_buffer first, second
    cdef bint found
    PyObject_GetBuffer(a, &first, PyBUF_STRIDES)
    try:
        PyObject_GetBuffer(b, &second, PyBUF_STRIDES)
        found = (first.len == 0 or second.len == 0 or <char*>first.buf + first.len <= <char*>second.buf
                 or <char*>second.buf + second.len <= <char*>first.buf)
        PyBuffer_Release(&second)
    finally:
        PyBuffer_Release(&first)
    return found
