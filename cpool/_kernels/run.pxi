# The work out to the threads: a unit is a block of rows of one plane, and no unit writes what another reads or writes.

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


# Units first to end of a job, in scratch memory of one thread.
ctypedef void (*Work)(const void*, char*, Py_ssize_t, Py_ssize_t) noexcept nogil


cdef int share_out(Work work, const void* job, Py_ssize_t bytes, Py_ssize_t units, Py_ssize_t threads) except -1 nogil:
    # All units of a job among the threads, each with so many bytes of scratch memory.
    cdef Py_ssize_t t
    cdef char* memory
    cdef char[ON_STACK + 64] stack
    threads = max(1, min(threads, units))
    if threads == 1 and bytes <= ON_STACK:
        work(job, aligned(stack), 0, units)
        return 0
    memory = allocate(bytes, threads)
    if threads == 1:
        work(job, aligned(memory), 0, units)
    else:
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            work(job, aligned(memory) + t * bytes, units * t // threads, units * (t + 1) // threads)
    free(memory)
    return 0


cdef Py_ssize_t prepare_reduce(Plan* p, Py_ssize_t threads) noexcept nogil:
    # Returns the bytes of scratch memory that reduce_units needs.
    cdef Scratch unused
    if p.repeat:
        prepare_repeat(p, threads)
        return padded(repeat_scratch_bytes(p, &unused, NULL))
    planes_as_rows(p)
    prepare(p, threads)
    return padded(scratch_bytes(p, &unused, NULL))


cdef int run_reduce(Plan* p, Py_ssize_t threads) except -1 nogil:
    cdef Py_ssize_t bytes, t
    if p.planes == 0 or p.inner == 0:
        return 0
    if folds(p):
        threads = max(1, min(threads, p.planes))
        if threads == 1:
            fold_planes(p, 0, p.planes)
            return 0
        for t in prange(threads, num_threads=threads, schedule="static", chunksize=1):
            fold_planes(p, p.planes * t // threads, p.planes * (t + 1) // threads)
        return 0
    bytes = prepare_reduce(p, threads)
    return share_out(reduce_units, p, bytes, p.planes * p.blocks, threads)


cdef void reduce_units(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const Plan* p = <const Plan*>job
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
    if p.planes == 0 or p.inner == 0:
        return 0
    prepare_gradient(p, threads)
    return share_out(gradient_units, p, padded(gradient_scratch_bytes(p)), p.planes * p.blocks, threads)


cdef void gradient_units(const void* job, char* memory, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    cdef const GradPlan* p = <const GradPlan*>job
    cdef Py_ssize_t unit, r0, r1
    cdef PickScratch s
    if p.picks:
        pick_scratch_bytes(p, &s, memory)
        prepare_lists(p, &s)
    elif p.places:
        find_places(p, <Py_ssize_t*>memory)
    for unit in range(first, end):
        r0 = unit % p.blocks * p.block
        r1 = min(p.y.size, r0 + p.block)
        if p.picks:
            pick_unit(p, &s, unit // p.blocks, r0, r1)
        else:
            scatter_unit(p, <const Py_ssize_t*>memory, unit // p.blocks, r0, r1)
