# The memory of the arrays that entry points are given.

cdef bint in_order(const Py_buffer* b) noexcept:
    cdef Py_ssize_t step = b.itemsize
    cdef int i
    for i in range(b.ndim - 1, -1, -1):
        if b.shape[i] > 1 and b.strides[i] != step:
            return False
        step *= b.shape[i]
    return True


cdef int flat(object array, Py_buffer* buffer, bint writable, Py_ssize_t itemsize, Py_ssize_t count) except -1:
    # The buffer of a C-contiguous array of so many elements, whatever its axes; the caller releases it.
    PyObject_GetBuffer(array, buffer, (PyBUF_WRITABLE if writable else 0) | PyBUF_STRIDES)
    if buffer.itemsize == itemsize and buffer.len == count * itemsize and in_order(buffer):
        return 0
    PyBuffer_Release(buffer)
    raise ValueError("kernel called with an array that does not fit its geometry")


cdef inline void put_code(char* codes, Py_ssize_t width, Py_ssize_t at, Py_ssize_t code) noexcept nogil:
    # -1 says none in every width.
    if width == 1:
        (<uint8_t*>codes)[at] = <uint8_t>code
    elif width == 2:
        (<uint16_t*>codes)[at] = <uint16_t>code
    else:
        (<int32_t*>codes)[at] = <int32_t>code
