# A pooling call as the passes see it: what the caller gives, what prepare() decides, and the scratch memory of one thread.

cdef enum:
    # How the columns are reduced, see across().
    FLAT, PIXELS, GATHER, PHASES
    # Within a strip so many taps are compared one by one before pieces pay: they are loads from the first cache. Integers and
    # windows with dilation; the others leave strips earlier, see PREFIX_TAPS.
    STRIP_TAPS = 15
    STRIP = 16 * 1024       # what the input rows of a block of strips take in bytes
    # What a block's intermediate rows may take in bytes. Where each serves one output row, little: the rows then go from the
    # input to the output while the next ones arrive, and the memory never waits (2x2 on 4x64x224x224: 2.6 ms, with four times
    # as much 3.7). Where windows share rows, what the second cache holds beside the input.
    NEAR = 6 * 1024
    FAR = 256 * 1024
    COPIED = 24 * 1024      # rows of the input copied before they are reduced

cdef struct Plan:
    const cpool_rows* rows
    Axis z, y, x                # what the passes walk: the pooling's axes, or their adjoints
    Axis count_z, count_y, count_x   # the pooling's own axes, for divisors
    Py_ssize_t planes, inner
    const char* source
    Py_ssize_t plane_step, slice_step, row_step      # bytes in the source; within a row everything is contiguous
    char* result                # contiguous
    char* winners               # contiguous, winner_width bytes each; NULL where no winners are wanted
    Py_ssize_t winner_width
    Py_ssize_t kernel_y, kernel_x   # for the codes: ((tz * kernel_y) + ty) * kernel_x + tx
    bint divide_source, divide_result, include_pad
    bint times                  # the divisors' reciprocals are exact, or exact enough
    double divisor              # replaces the counts where it is not 0
    double one                  # what all results are divided by where that is a small integer, or 0; see strips.h
    bint short_sums             # of floats as such, where strips or windows serve: CPOOL_SHORT_SUMS
    bint repeat                 # no passes, but repeat.pxi
    # decided by prepare():
    int mode
    bint windows                # cell by cell, see windows.pxi
    bint strips                 # columns and rows in one pass, see strips.pxi
    bint flat                   # of strips, all their rows as one
    bint prefixes               # columns and rows by prefixes of blocks, see prefixes.pxi
    Py_ssize_t tile, tile_bytes # columns of outputs at a time, and what they take between the passes
    cpool_strips strip
    Py_ssize_t strip_bytes
    Py_ssize_t same_first, same_end
    Py_ssize_t edge, top        # columns and rows of outputs whose windows begin before the input
    bint load_rows, store_rows, x_many, y_many, pad_row, copy_rows, whole_rows, z_identity, y_identity
    Py_ssize_t block, blocks, n     # output rows a unit, units a plane, elements of a result row
    Py_ssize_t row_slots, row_bytes, row_reach, chunk   # chunk: rows that across() takes at a time
    Py_ssize_t row_left, row_width      # of the scratch row: cells of padding before the input's, bytes of an element
    void (*first_reduce)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil


cdef struct Scratch:
    char* strip_codes
    char* strips     # what lies between their passes
    char* row        # a chunk of input rows, padded (and widened)
    char* pieces     # its pieces, with their codes behind them
    char* rows       # the result of across() for the rows of a block
    char* row_codes
    char* slices     # the result of the row pass for every slice
    char* slice_codes
    char* last       # the result of the last pass before it is stored
    char* last_codes
    char* by         # what each element of a row is divided by, or the reciprocals
    cpool_both both  # where that is what divides
    double* by_wide  # of short sums, the reciprocals
    Py_ssize_t by_z, by_y
    double by_rows   # the part of it that depth and rows gave


cdef inline Py_ssize_t padded(Py_ssize_t bytes) noexcept nogil:
    return (bytes + 191) // 64 * 64     # whole cache lines, and one to read beyond


cdef bint worth_pieces(const Axis* a, Py_ssize_t outputs) noexcept nogil:
    cdef Py_ssize_t levels = 1, piece = 1
    while 2 * piece <= a.kernel:
        piece *= 2
        levels += 1
    # A window far larger than the input (padding="same" can make one) is cheaper cut to the input.
    return (a.kernel >= MANY_TAPS and a.spread == 1 and reach(a, 1) <= 2 * a.size + 64
            and levels * reach(a, outputs) < outputs * a.kernel)


cdef void prepare(Plan* p, Py_ssize_t threads) noexcept nogil:
    cdef const cpool_rows* rows = p.rows
    if p.short_sums:
        p.rows = &SHORT_SUMS
        decide(p, threads)
        if p.strips or p.windows:
            return
        p.rows = rows
    decide(p, threads)


cdef void share_rows(Plan* p, Py_ssize_t threads) noexcept nogil:
    # Blocks that go round the threads.
    cdef Py_ssize_t wanted
    if p.planes < threads:
        wanted = (threads + p.planes - 1) // max(1, p.planes)
        p.block = max(1, min(p.block, (p.y.out + wanted - 1) // wanted))
    p.blocks = (p.y.out + p.block - 1) // p.block


cdef void decide(Plan* p, Py_ssize_t threads) noexcept nogil:
    cdef Py_ssize_t w = p.rows.width, codes = 2 if p.winners else 1, room, behind
    p.n = p.x.out * p.inner
    p.times = p.rows.reciprocal
    p.z_identity, p.y_identity = is_identity(&p.z), is_identity(&p.y)
    p.x_many = worth_pieces(&p.x, p.x.out)
    # Elements are converted as the first pass reads them, or else each row beforehand.
    p.load_rows = p.divide_source or (not p.rows.plain and (p.rows.first_strips == NULL or p.x_many or p.x.spread > 1))
    p.first_reduce, p.row_width = p.rows.reduce, w
    if not p.rows.plain and not p.load_rows:
        p.first_reduce, p.row_width = p.rows.first_reduce, p.rows.source
    p.store_rows = p.rows.store != NULL
    if reach(&p.x, 1) > 2 * p.x.size * p.x.spread + 64 or (p.inner >= 8 and not p.x_many):
        p.mode = PIXELS
    elif p.x.spread > 1:
        p.mode = PHASES
    elif p.x.stride == 1:
        p.mode = FLAT
    else:
        p.mode = GATHER
    p.row_left, p.row_reach = 0, p.x.size
    if p.mode == PHASES:
        p.row_left = (p.x.before + p.x.spread - 1) // p.x.spread
        behind = p.x.out - 1 - p.x.before + (p.x.kernel - 1) * p.x.dilation - (p.x.size - 1) * p.x.spread
        p.row_reach += p.row_left + (behind // p.x.spread if behind > 0 else 0)
    elif p.mode != PIXELS:
        p.row_left = p.x.before
        p.row_reach = max(reach(&p.x, p.x.out), p.x.before + p.x.size)
    p.pad_row = p.row_reach > p.x.size
    p.copy_rows = p.load_rows or p.pad_row
    p.prefixes = worth_prefixes(p)
    p.strips = not p.prefixes and worth_strips(p)
    p.windows = not p.prefixes and worth_windows(p)
    # Halves and quarters are exact.
    if p.windows or (p.strips and p.z_identity):
        p.times = p.times or (p.divide_result and p.divisor == 0 and p.z.kernel <= 2 and p.y.kernel <= 2 and p.x.kernel <= 2)
    p.one = 0
    if p.divide_result and not p.times:
        p.one = p.divisor if p.divisor != 0 else one_divisor(&p.count_z, &p.count_y, &p.count_x, p.include_pad)
        if not small(p.one):
            p.one = 0
    # Where the first pass has nothing to do the next reads the input itself.
    p.whole_rows = is_identity(&p.x) and p.rows.plain and not p.divide_source
    if p.windows:
        p.copy_rows = False
        p.block = p.y.out if threads == 1 else min(16, p.y.out)
        share_rows(p, threads)
        return
    # Blocks: few enough rows for the cache, enough to go round the threads.
    room = NEAR if p.y.stride >= reach(&p.y, 1) and p.y.spread == 1 else FAR
    p.block = max(1, min(p.y.out, room // max(1, p.n * w * codes * p.y.stride)))
    if not p.z_identity:
        p.block = max(1, min(p.block, FAR // max(1, p.z.size * p.n * w * codes)))
    if p.y.kernel > 1 and p.y.spread == 1:
        # The rows that two blocks share are reduced twice: keep that a small part.
        p.block = max(p.block, min(p.y.out, 2 * reach(&p.y, 1) // p.y.stride))
    if p.strips:
        prepare_strips(p)
    elif p.prefixes:
        p.block = max(p.block, min(p.y.out, 64))
        p.copy_rows = False
        p.load_rows = p.divide_source or p.rows.negate != NULL or (not p.rows.plain and p.rows.first_prefixes == NULL)
    share_rows(p, threads)
    if p.prefixes:
        prepare_prefixes(p)
        return
    # By the whole axis, not the block: the order of a sum must not depend on how the work was cut.
    p.y_many = worth_pieces(&p.y, p.y.out)
    p.row_slots = reach(&p.y, p.block) if p.y_many else min(p.y.size, reach(&p.y, p.block) // p.y.spread + 2)
    if p.strips:
        p.chunk = reach(&p.y, p.block)
        p.strip_bytes = 64 * min(STRIPS, p.chunk * max(2, p.n * w // 64 + 1))
        if p.flat:
            p.strip_bytes = padded(p.block * p.row_bytes)
        return
    p.row_bytes = padded(p.row_reach * p.inner * max(w, p.row_width))
    # A row that was just copied is not yet where vectors can be loaded from at any offset (a store is only forwarded to a load
    # that lies within it): copy some rows, then reduce them.
    p.chunk = max(1, min(16, COPIED // p.row_bytes)) if p.copy_rows else p.y.size


cdef Py_ssize_t scratch_bytes(const Plan* p, Scratch* s, char* memory) noexcept nogil:
    # Lays the buffers out from `memory` on and returns their length.
    cdef Py_ssize_t w = p.rows.width, codes = 2 if p.winners else 1, at = <Py_ssize_t>memory
    cdef Py_ssize_t pieces = p.row_bytes if p.x_many else 0
    cdef Py_ssize_t taps = 2 if p.x_many else p.x.kernel
    cdef Py_ssize_t rows = padded(p.row_slots * p.n * w), slices = padded(p.z.size * p.block * p.n * w)
    cdef Py_ssize_t last = padded(p.block * p.n * w)
    cdef Py_ssize_t by = padded(max(p.count_x.out, p.x.out) * p.inner * (16 if p.rows.reciprocal == BOTH else w))
    if p.mode == GATHER:
        pieces = codes * (pieces + padded(taps * p.n * w))
    elif p.mode == PHASES:
        pieces = padded((p.n + min(p.x.spread, p.x.out) * p.inner) * w)
    else:
        pieces = codes * pieces
    if p.windows:
        return 64
    s.strips, at = <char*>at, at + (p.strip_bytes if p.strips else 0)
    s.strip_codes, at = <char*>at, at + (p.strip_bytes if p.strips and codes == 2 else 0)
    s.row, at = <char*>at, at + (padded(p.chunk * p.row_bytes) if p.copy_rows else 0)    # doubles follow bytes
    s.pieces, at = <char*>at, at + (0 if p.strips or p.prefixes else pieces)
    s.rows, at = <char*>at, at + (0 if p.strips or p.prefixes or p.y_identity else rows)
    s.row_codes, at = <char*>at, at + (0 if p.strips or p.prefixes or p.y_identity or codes == 1 else rows)
    s.slices, at = <char*>at, at + (0 if p.z_identity else slices)
    s.slice_codes, at = <char*>at, at + (0 if p.z_identity or codes == 1 else slices)
    s.last, at = <char*>at, at + (last if p.store_rows else 0)
    s.last_codes, at = <char*>at, at + (last if codes == 2 else 0)
    s.by, at = <char*>at, at + (by if p.divide_source or p.divide_result else 0)
    s.both.by, s.both.reciprocal = <double*>s.by, <double*>(<Py_ssize_t>s.by + p.n * <Py_ssize_t>sizeof(double))
    s.both.even = p.divisor != 0
    s.by_wide, at = <double*>at, at + (padded(p.n * sizeof(double)) if in_float(p) and p.divide_result else 0)
    if p.prefixes:
        at = prefix_scratch_bytes(p, s, at)
    s.by_rows = 0
    return at - <Py_ssize_t>memory


cdef inline bint in_float(const Plan* p) noexcept nogil:
    # Sums of floats as such: CPOOL_SHORT_SUMS, and those of halves.
    return p.rows.width == 4 and not p.rows.idempotent and p.rows.reciprocal == 0


# What one window's sum is divided by, as the primitives take it, in its own type; and the reciprocal in double.
cdef struct Divisor:
    double[2] wide
    float[2] short
    double[2] reciprocal   # twice: two are read, as of wide


cdef inline bint small(double cells) noexcept nogil:
    # Whether it is a divisor for OVER_ONE.
    cdef int n
    if not 1 <= cells <= SMALL_DIVISOR:
        return False
    n = <int>cells
    return n == cells and (n % 2 == 1 or n & (n - 1) == 0)


cdef inline const char* divisor_as(const Plan* p, double cells, Divisor* d, int* divided) noexcept nogil:
    divided[0] = TIMES if p.times else OVER_ONE if small(cells) else OVER
    d.reciprocal[0] = d.reciprocal[1] = d.wide[1] = 1 / cells
    d.wide[0] = d.wide[1] if p.times else cells
    d.short[0] = <float>d.wide[0]
    d.short[1] = <float>1 / <float>cells
    return <const char*>d.short if p.rows.width == 4 else <const char*>d.wide


cdef inline double divisor_at(const Plan* p, Py_ssize_t z, Py_ssize_t y, Py_ssize_t x) noexcept nogil:
    # In double: padding of two thousand million cells on three axes would overflow 64 bits. A window without a cell averages to
    # 0, not to 0 / 0.
    if p.divisor != 0:
        return p.divisor
    return max(1.0, <double>divisor_of(&p.count_z, z, p.include_pad) * <double>divisor_of(&p.count_y, y, p.include_pad)
               * <double>divisor_of(&p.count_x, x, p.include_pad))


cdef const char* divisors_of(const Plan* p, Scratch* s, Py_ssize_t z, Py_ssize_t y) noexcept nogil:
    # For each element of a row of outputs; made anew only where the rows' part differs from the last row's, at borders. In
    # double: padding of two thousand million cells on three axes would overflow 64 bits.
    cdef double rows = 1, cells
    cdef Py_ssize_t x, i
    cdef const char* found = <const char*>&s.both if p.rows.reciprocal == BOTH else s.by
    if s.by_rows != 0 and z == s.by_z and y == s.by_y:
        return found
    s.by_z, s.by_y = z, y
    if p.divisor == 0:
        rows = <double>divisor_of(&p.count_z, z, p.include_pad) * <double>divisor_of(&p.count_y, y, p.include_pad)
    if rows != s.by_rows or rows == 0:
        s.by_rows = rows
        for x in range(p.x.out if p.divide_result else p.count_x.out):
            cells = rows * <double>divisor_of(&p.count_x, x, p.include_pad)
            if cells < 1:
                cells = 1       # a window without a cell averages to 0, not to 0 / 0
            if p.divisor != 0:
                cells = p.divisor
            if p.rows.reciprocal == BOTH:
                for i in range(x * p.inner, (x + 1) * p.inner):
                    s.both.by[i], s.both.reciprocal[i] = cells, 1 / cells
                continue
            if p.times:
                cells = 1 / cells
            for i in range(x * p.inner, (x + 1) * p.inner):
                if in_float(p):
                    (<float*>s.by)[i] = <float>cells
                    if p.divide_result:
                        s.by_wide[i] = cells if p.times else 1 / cells
                else:
                    (<double*>s.by)[i] = cells
    return found
