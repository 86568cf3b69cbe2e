# The pooling passes: max, min, sum and average over (planes, depth, rows, cols, inner), forward; and, over the adjoint axes,
# the gradients of sum and average.
#
# Windows are separable: a pass along the columns of each row (`across`), then one along the rows, then one along the depth
# (`along`), each over what the one before left in a scratch buffer, which stays in cache but for the
# tallest windows. Memory is walked in order: a row is
# read once, whole, before the next (two rows in lockstep are three times slower where the array exceeds the last cache).
# Leftmost wins in the first pass, topmost in the next: together that is the first winner in row-major order.
#
# A block of output rows of one plane is the unit of work: its result depends on nothing that another unit makes.

cdef enum:
    # How the columns are reduced, see across().
    FLAT, PAIRS, PIXELS, GATHER, PHASES
    # From this many overlapping taps on, pieces of 1, 2, 4, ... cells are built, and a window is covered by two of them (sums:
    # by those that its binary digits name). The cost then grows with the logarithm of the kernel.
    MANY_TAPS = 6
    # What a block's intermediate rows may take: within the first cache where each row serves one output row, else the second.
    NEAR = 24 * 1024
    FAR = 256 * 1024

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
    double divisor              # replaces the counts where it is not 0
    # decided by prepare():
    int mode
    bint load_rows, store_rows, x_many, y_many, pad_row, whole_rows, z_identity, y_identity
    Py_ssize_t block, blocks, n     # output rows a unit, units a plane, elements of a result row
    Py_ssize_t row_slots, row_bytes, row_reach, chunk   # chunk: rows that across() takes at a time
    Py_ssize_t row_left, row_width      # of the scratch row: cells of padding before the input's, bytes of an element
    void (*first_reduce)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
    void (*first_pairs)(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, int) noexcept nogil


cdef struct Scratch:
    char* row        # one input row, padded (and widened)
    char* pieces     # its pieces, with their codes behind them
    char* rows       # the result of across() for the rows of a block
    char* row_codes
    char* slices     # the result of the row pass for every slice
    char* slice_codes
    char* last       # the result of the last pass before it is stored
    char* last_codes


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
    cdef Py_ssize_t w = p.rows.width, codes = 2 if p.winners else 1, room, wanted, behind
    p.n = p.x.out * p.inner
    p.z_identity, p.y_identity = is_identity(&p.z), is_identity(&p.y)
    p.x_many = worth_pieces(&p.x, p.x.out)
    # Elements are converted as the first pass reads them, or else each row beforehand.
    p.load_rows = p.divide_source or (not p.rows.plain and (p.rows.first_reduce == NULL or p.x_many or p.x.spread > 1))
    p.first_reduce, p.first_pairs, p.row_width = p.rows.reduce, p.rows.pairs, w
    if not p.rows.plain and not p.load_rows:
        p.first_reduce, p.first_pairs, p.row_width = p.rows.first_reduce, p.rows.first_pairs, p.rows.source
    p.store_rows = p.rows.store != NULL
    if reach(&p.x, 1) > 2 * p.x.size * p.x.spread + 64 or (p.inner >= 8 and not p.x_many):
        p.mode = PIXELS
    elif p.x.spread > 1:
        p.mode = PHASES
    elif p.x.stride == 1:
        p.mode = FLAT
    elif p.x.stride == 2 and p.inner == 1 and p.x.dilation == 1 and not p.x_many:
        p.mode = PAIRS
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
    # Where the first pass has nothing to do the next reads the input itself.
    p.whole_rows = is_identity(&p.x) and p.rows.plain and not p.divide_source
    # Blocks: few enough rows for the cache, enough to go round the threads.
    room = NEAR if p.y.stride >= reach(&p.y, 1) and p.y.spread == 1 else FAR
    p.block = max(1, min(p.y.out, room // max(1, p.n * w * codes * p.y.stride)))
    if not p.z_identity:
        p.block = max(1, min(p.block, FAR // max(1, p.z.size * p.n * w * codes)))
    if p.y.kernel > 1 and p.y.spread == 1:
        # The rows that two blocks share are reduced twice: keep that a small part.
        p.block = max(p.block, min(p.y.out, 2 * reach(&p.y, 1) // p.y.stride))
    if p.planes < threads:
        wanted = (threads + p.planes - 1) // max(1, p.planes)
        p.block = max(1, min(p.block, (p.y.out + wanted - 1) // wanted))
    p.blocks = (p.y.out + p.block - 1) // p.block
    # By the whole axis, not the block: the order of a sum must not depend on how the work was cut.
    p.y_many = worth_pieces(&p.y, p.y.out)
    p.row_slots = reach(&p.y, p.block) if p.y_many else min(p.y.size, reach(&p.y, p.block) // p.y.spread + 2)
    p.row_bytes = padded(p.row_reach * p.inner * max(w, p.row_width))
    # A row that was just copied is not yet where vectors can be loaded from at any offset (a store is only forwarded to a load
    # that lies within it): copy some rows, then reduce them.
    p.chunk = max(1, min(16, NEAR // p.row_bytes)) if p.load_rows or p.pad_row else p.y.size


cdef Py_ssize_t scratch_bytes(const Plan* p, Scratch* s, char* memory) noexcept nogil:
    # Lays the buffers out from `memory` on and returns their length.
    cdef Py_ssize_t w = p.rows.width, codes = 2 if p.winners else 1, at = <Py_ssize_t>memory
    cdef Py_ssize_t pieces = p.row_bytes if p.x_many else 0
    cdef Py_ssize_t taps = 2 if p.x_many else p.x.kernel
    cdef Py_ssize_t rows = padded(p.row_slots * p.n * w), slices = padded(p.z.size * p.block * p.n * w)
    cdef Py_ssize_t last = padded(p.block * p.n * w)
    if p.mode == GATHER:
        pieces = codes * (pieces + padded(taps * p.n * w))
    elif p.mode == PHASES:
        pieces = padded((p.n + min(p.x.spread, p.x.out) * p.inner) * w)
    else:
        pieces = codes * pieces
    s.row, at = <char*>at, at + (p.chunk * p.row_bytes if p.load_rows or p.pad_row else 0)
    s.pieces, at = <char*>at, at + pieces
    s.rows, at = <char*>at, at + (0 if p.y_identity else rows)
    s.row_codes, at = <char*>at, at + (0 if p.y_identity or codes == 1 else rows)
    s.slices, at = <char*>at, at + (0 if p.z_identity else slices)
    s.slice_codes, at = <char*>at, at + (0 if p.z_identity or codes == 1 else slices)
    s.last, at = <char*>at, at + (last if p.store_rows else 0)
    s.last_codes, at = <char*>at, at + (last if codes == 2 else 0)
    return at - <Py_ssize_t>memory


# ---------------------------------------------------------------------------------------------------------------- one step
cdef inline void reduce_step(const Plan* p, char* out, char* out_code, Py_ssize_t out_step, const char* src,
                             const char* src_code, Py_ssize_t src_step, Py_ssize_t count, Py_ssize_t tap_step, Py_ssize_t taps,
                             Py_ssize_t n, Py_ssize_t code, Py_ssize_t code_step) noexcept nogil:
    cdef Py_ssize_t c
    if taps == 0:
        for c in range(count):
            p.rows.fill(out + c * out_step, n)
            if out_code:
                memset(out_code + c * out_step, 0, n * p.rows.width)
    elif out_code:
        p.rows.reduce_winner(out, out_code, out_step, src, src_code, src_step, count, tap_step, taps, n, code, code_step)
    else:
        p.rows.reduce(out, out_step, src, src_step, count, tap_step, taps, n)


cdef Py_ssize_t build_pieces(const Plan* p, const Axis* a, char* at, char* code, Py_ssize_t pitch, Py_ssize_t piece,
                             Py_ssize_t target, Py_ssize_t length, Py_ssize_t n, Py_ssize_t code_step) noexcept nogil:
    # In place: from pieces of `piece` cells at `length` places, pitch bytes apart, to pieces of `target`. Returns the places.
    cdef Py_ssize_t hop
    while piece < target:
        hop = piece * a.dilation
        length -= hop
        reduce_step(p, at, code, pitch, at, code, pitch, length, hop * pitch, 2, n, 0, piece * code_step)
        piece *= 2
    return length


cdef inline Py_ssize_t largest_piece(Py_ssize_t kernel) noexcept nogil:
    cdef Py_ssize_t piece = 1
    while 2 * piece <= kernel:
        piece *= 2
    return piece


# ------------------------------------------------------------------------------------------------------ along rows or depth
cdef void along(const Plan* p, const Axis* a, bint many, Py_ssize_t o0, Py_ssize_t o1, char* src, char* src_code,
                Py_ssize_t src_first, Py_ssize_t pitch, char* out, char* out_code, Py_ssize_t out_step, Py_ssize_t n,
                Py_ssize_t code_step) noexcept nogil:
    # Windows o0 to o1 over lines of n elements; the line of cell i is at src + (i - src_first) * pitch.
    cdef Py_ssize_t lo, hi, o, piece, done, length, start, lines
    cdef Cells c
    if many:
        start = o0 * a.stride - a.before - src_first
        length = reach(a, o1 - o0)
        src += start * pitch
        if src_code:
            src_code += start * pitch
        if p.rows.idempotent:
            piece = largest_piece(a.kernel)
            build_pieces(p, a, src, src_code, pitch, 1, piece, length, n, code_step)
            reduce_step(p, out, out_code, out_step, src, src_code, a.stride * pitch, o1 - o0,
                        (a.kernel - piece) * a.dilation * pitch, 2, n, 0, (a.kernel - piece) * code_step)
            return
        piece, done = 1, 0
        while True:
            if a.kernel & piece:
                for o in range(o1 - o0):
                    if done:
                        p.rows.accumulate(out + o * out_step, src + (o * a.stride + done * a.dilation) * pitch, n)
                    else:
                        memcpy(out + o * out_step, src + o * a.stride * pitch, n * p.rows.width)
                done += piece
            if 2 * piece > a.kernel:
                return
            length = build_pieces(p, a, src, NULL, pitch, piece, 2 * piece, length, n, 0)
            piece *= 2
    lo, hi = max(o0, first_inside(a)), min(o1, end_inside(a))
    o = o0
    while o < o1:
        if o == lo and hi > lo and a.spread == 1:
            start = o * a.stride - a.before - src_first
            # Lines that follow each other without a gap, into lines that do too: one long line.
            lines = hi - lo if a.stride * pitch == n * p.rows.width and out_step == n * p.rows.width else 1
            reduce_step(p, out, out_code, out_step, src + start * pitch, src_code + start * pitch if src_code else NULL,
                        a.stride * pitch, (hi - lo) // lines, a.dilation * pitch, a.kernel, n * lines, 0, code_step)
            out += (hi - lo) * out_step
            if out_code:
                out_code += (hi - lo) * out_step
            o = hi
            continue
        c = cells_of(a, o)
        start = c.first - src_first
        reduce_step(p, out, out_code, out_step, src + start * pitch, src_code + start * pitch if src_code else NULL,
                    0, 1, a.hop * pitch, c.count, n, c.tap * code_step, code_step)
        out += out_step
        if out_code:
            out_code += out_step
        o += 1


cdef void raise_row(const Plan* p, char* code, Py_ssize_t least) noexcept nogil:
    # Padding may be chosen only where all that a window sees is the neutral element; its first real cell is then the winner.
    # It has the code `least` plus the column taps that lie before the input.
    cdef Py_ssize_t o, width = p.inner * p.rows.width
    if least:
        p.rows.raise_codes(code, least, p.n)
    for o in range(first_inside(&p.x)):
        p.rows.raise_codes(code + o * width, least + cells_of(&p.x, o).tap, p.inner)


# ------------------------------------------------------------------------------------------------------------ along columns
cdef void load_row(const Plan* p, const char* source, char* row, Py_ssize_t z, Py_ssize_t y) noexcept nogil:
    # One input row into the scratch row, between its padding: converted and divided as the plan says.
    cdef Py_ssize_t x = 0, end, pixel = p.inner * p.row_width
    row += p.row_left * pixel
    if not p.load_rows:
        memcpy(row, source, p.x.size * pixel)
    elif not p.divide_source:
        p.rows.load(row, source, p.x.size * p.inner, 1.0)
    else:
        while x < p.x.size:
            end = run_end(p, x)
            p.rows.load(row + x * pixel, source + x * p.inner * p.rows.source, (end - x) * p.inner, divisor_at(p, z, y, x))
            x = end


cdef inline void first_step(const Plan* p, char* out, char* out_code, Py_ssize_t out_step, const char* src, Py_ssize_t src_step,
                            Py_ssize_t count, Py_ssize_t tap_step, Py_ssize_t taps, Py_ssize_t n, Py_ssize_t code) noexcept nogil:
    # As reduce_step, from a row of the input.
    if out_code or taps == 0:
        reduce_step(p, out, out_code, out_step, src, NULL, src_step, count, tap_step, taps, n, code, 1)
    else:
        p.first_reduce(out, out_step, src, src_step, count, tap_step, taps, n)


cdef void across(const Plan* p, const Scratch* s, const char* source, Py_ssize_t count, char* out, char* out_code, Py_ssize_t z,
                 Py_ssize_t y) noexcept nogil:
    # Some input rows from row y on -> the windows' columns of each, p.n elements; codes count the column taps.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t pixel = p.inner * p.row_width, pitch = p.n * p.rows.width, step = p.row_step, r
    cdef const char* src = source
    cdef bint readable = p.load_rows or p.pad_row or reach(a, a.out) < a.size
    if p.load_rows or p.pad_row:
        for r in range(count):
            load_row(p, source + r * p.row_step, s.row + r * p.row_bytes, z, y + r)
        src, step = s.row, p.row_bytes
    if p.mode == FLAT and not p.x_many:
        first_step(p, out, out_code, pitch, src, step, count, a.dilation * pixel, a.kernel, p.n, 0)
    elif p.mode == PAIRS and out_code:
        p.rows.pairs_winner(out, out_code, pitch, src, step, count, a.kernel, p.n, readable)
    elif p.mode == PAIRS:
        p.first_pairs(out, pitch, src, step, count, a.kernel, p.n, readable)
    else:
        for r in range(count):
            across_row(p, s, src + r * step, out + r * pitch, out_code + r * pitch if out_code else NULL)
    if out_code and p.mode != PIXELS and p.x.before > 0:
        for r in range(count):
            raise_row(p, out_code + r * pitch, 0)


cdef void across_row(const Plan* p, const Scratch* s, const char* src, char* out, char* out_code) noexcept nogil:
    cdef const Axis* a = &p.x
    cdef Py_ssize_t pixel = p.inner * p.row_width, gathered = p.n * p.row_width, t
    if p.mode == PIXELS:
        across_pixels(p, src, out, out_code)
    elif p.mode == PHASES:
        across_phases(p, s, src, out)
    elif p.x_many and p.rows.idempotent:
        across_pieces(p, s, src, out, out_code)
    elif p.x_many:
        across_digits(p, s, src, out, reach(a, a.out))
    else:
        # Each tap's column for every window side by side, then one reduction of whole rows.
        for t in range(a.kernel):
            cpool_gather(s.pieces + t * gathered, src + t * a.dilation * pixel, a.stride, a.out, pixel)
        first_step(p, out, out_code, 0, s.pieces, 0, 1, gathered, a.kernel, p.n, 0)


cdef void across_pixels(const Plan* p, const char* src, char* out, char* out_code) noexcept nogil:
    # Window by window, its pixels whole; windows are cut to the input, so nothing is padded.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t lo = first_inside(a), hi = end_inside(a), o = 0, count
    cdef Py_ssize_t from_pixel = p.inner * p.row_width, to_pixel = p.inner * p.rows.width
    cdef Cells c
    while o < a.out:
        c = cells_of(a, o)
        count = hi - lo if o == lo and hi > lo and a.spread == 1 else 1
        first_step(p, out + o * to_pixel, out_code + o * to_pixel if out_code else NULL, to_pixel, src + c.first * from_pixel,
                   a.stride * from_pixel, count, a.hop * from_pixel, c.count, p.inner, c.tap)
        o += count


cdef void across_phases(const Plan* p, const Scratch* s, const char* src, char* out) noexcept nogil:
    # Over a stretched row: columns whose distance is the spread meet the same taps. Each such phase is a reduction of the row
    # with stride 1, and the phases are dealt out in turn.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t pixel = p.inner * p.rows.width, phases = min(a.spread, a.out), q, n
    cdef Py_ssize_t longest = (a.out + a.spread - 1) // a.spread
    cdef char* phase
    cdef Cells c
    for q in range(phases):
        n = (a.out - q + a.spread - 1) // a.spread
        phase = s.pieces + q * longest * pixel
        c = endless_cells(a, q)
        reduce_step(p, phase, NULL, 0, src + (c.first + p.row_left) * pixel, NULL, 0, 1, a.hop * pixel, c.count, n * p.inner, 0, 0)
        if phases != 2:
            cpool_spread(out + q * pixel, phase, a.spread, n, pixel)
    if phases == 2:
        cpool_zip(out, s.pieces, s.pieces + longest * pixel, a.out, pixel)


cdef void across_pieces(const Plan* p, const Scratch* s, const char* src, char* out, char* out_code) noexcept nogil:
    # Max and min of many taps: two overlapping pieces cover the window.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t w = p.rows.width, pixel = p.inner * w, piece = largest_piece(a.kernel), done = 2, hop
    cdef Py_ssize_t length = reach(a, a.out) - a.dilation, rest = a.kernel - piece, gathered = p.n * w
    cdef char* code = s.pieces + p.row_bytes if out_code else NULL
    cdef char* at = s.pieces + (2 if out_code else 1) * p.row_bytes
    # The first doubling goes from the row, whose padding must stay, into the pieces.
    reduce_step(p, s.pieces, code, 0, src, NULL, 0, 1, a.dilation * pixel, 2, length * p.inner, 0, 1)
    while done < piece:
        hop = done * a.dilation
        length -= hop
        reduce_step(p, s.pieces, code, 0, s.pieces, code, 0, 1, hop * pixel, 2, length * p.inner, 0, done)
        done *= 2
    hop = rest * a.dilation * pixel
    if a.stride == 1:
        reduce_step(p, out, out_code, 0, s.pieces, code, 0, 1, hop, 2, p.n, 0, rest)
        return
    cpool_gather(at, s.pieces, a.stride, a.out, pixel)
    cpool_gather(at + gathered, s.pieces + hop, a.stride, a.out, pixel)
    if code:
        cpool_gather(at + 2 * gathered, code, a.stride, a.out, pixel)
        cpool_gather(at + 3 * gathered, code + hop, a.stride, a.out, pixel)
    reduce_step(p, out, out_code, 0, at, at + 2 * gathered if code else NULL, 0, 1, gathered, 2, p.n, 0, rest)


cdef void across_digits(const Plan* p, const Scratch* s, const char* src, char* out, Py_ssize_t length) noexcept nogil:
    # Sums of many taps: the window is the pieces that the binary digits of the kernel name, side by side, none twice.
    cdef const Axis* a = &p.x
    cdef Py_ssize_t piece = 1, done = 0, pixel = p.inner * p.rows.width
    cdef char* gathered = s.pieces + p.row_bytes
    cdef const char* term
    while True:
        if a.kernel & piece:
            term = src + done * a.dilation * pixel
            if a.stride > 1:
                cpool_gather(gathered, term, a.stride, a.out, pixel)
                term = gathered
            if done:
                p.rows.accumulate(out, term, p.n)
            else:
                memcpy(out, term, p.n * p.rows.width)
            done += piece
        if 2 * piece > a.kernel:
            return
        length -= piece * a.dilation
        p.rows.reduce(s.pieces, 0, src, 0, 1, piece * a.dilation * pixel, 2, length * p.inner)
        src = s.pieces
        piece *= 2


# ------------------------------------------------------------------------------------------------------------------ divisors
cdef inline double divisor_at(const Plan* p, Py_ssize_t z, Py_ssize_t y, Py_ssize_t x) noexcept nogil:
    cdef double cells
    if p.divisor != 0:
        return p.divisor
    # In double: padding of two thousand million cells on three axes would overflow 64 bits.
    cells = <double>divisor_of(&p.count_z, z, p.include_pad) * <double>divisor_of(&p.count_y, y, p.include_pad)
    cells *= <double>divisor_of(&p.count_x, x, p.include_pad)
    return cells if cells > 1 else 1.0     # a window without a cell averages to 0, not to 0 / 0


cdef inline Py_ssize_t run_end(const Plan* p, Py_ssize_t x) noexcept nogil:
    # Windows within the input have the same divisor; each at the border may have its own.
    return end_inside(&p.count_x) if first_inside(&p.count_x) <= x < end_inside(&p.count_x) else x + 1


cdef void store_row(const Plan* p, char* out, const char* src, Py_ssize_t z, Py_ssize_t y) noexcept nogil:
    cdef Py_ssize_t x = 0, end
    if not p.divide_result:
        p.rows.store(out, src, p.n, 1.0)
        return
    while x < p.x.out:
        end = run_end(p, x)
        p.rows.store(out + x * p.inner * p.rows.result, src + x * p.inner * p.rows.width, (end - x) * p.inner, divisor_at(p, z, y, x))
        x = end


# ---------------------------------------------------------------------------------------------------------------- one unit
cdef void fill_line(const Plan* p, char* line, char* code, Py_ssize_t n) noexcept nogil:
    p.rows.fill(line, n)
    if code:
        memset(code, 0, n * p.rows.width)


cdef inline bint between_windows(const Axis* a, Py_ssize_t y) noexcept nogil:
    return a.dilation == 1 and a.spread == 1 and (y + a.before) % a.stride >= a.kernel


cdef void rows_across(const Plan* p, const Scratch* s, const char* slice, Py_ssize_t first, Py_ssize_t end, char* out, char* out_code,
                      Py_ssize_t z) noexcept nogil:
    # The input rows first to end along their columns, chunk by chunk, without those that no window has.
    cdef Py_ssize_t y = first, to, pitch = p.n * p.rows.width
    cdef bint gaps = p.y.stride > p.y.kernel
    while y < end:
        to = min(end, y + p.chunk)
        if gaps:
            if between_windows(&p.y, y):
                y += 1
                continue
            to = min(to, y + 1)
        across(p, s, slice + y * p.row_step, to - y, out + (y - first) * pitch, out_code + (y - first) * pitch if out_code else NULL, z, y)
        y = to


cdef void slice_rows(const Plan* p, const Scratch* s, const char* slice, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1, char* out,
                     char* out_code) noexcept nogil:
    # One input slice -> its windows of rows r0 to r1, pooled along columns and rows.
    cdef Py_ssize_t w = p.rows.width, pitch = p.n * w, y, first, end, start, r
    cdef const Axis* a = &p.y
    if p.y_identity:
        rows_across(p, s, slice, r0, r1, out, out_code, z)
        return
    if p.whole_rows and not p.y_many:
        along(p, a, False, r0, r1, <char*>slice, NULL, 0, p.row_step, out, out_code, pitch, p.n, p.kernel_x)
        return
    start = r0 * a.stride - a.before
    end = start + reach(a, r1 - r0)
    first = max(0, (start + a.spread - 1) // a.spread) if start > 0 else 0
    end = min(a.size, (end - 1) // a.spread + 1) if end > 0 else 0
    if not p.y_many:
        start = first
    for y in range(start, first):
        fill_line(p, s.rows + (y - start) * pitch, s.row_codes + (y - start) * pitch if out_code else NULL, p.n)
    rows_across(p, s, slice, first, end, s.rows + (first - start) * pitch, s.row_codes + (first - start) * pitch if out_code else NULL, z)
    if p.y_many:
        for y in range(max(first, end), start + reach(a, r1 - r0)):
            fill_line(p, s.rows + (y - start) * pitch, s.row_codes + (y - start) * pitch if out_code else NULL, p.n)
    along(p, a, p.y_many, r0, r1, s.rows, s.row_codes if out_code else NULL, start, pitch, out, out_code, pitch, p.n, p.kernel_x)
    if out_code and p.y_many:
        for r in range(r0, min(r1, first_inside(a))):
            raise_row(p, out_code + (r - r0) * pitch, cells_of(a, r).tap * p.kernel_x)


cdef void finish(const Plan* p, const Scratch* s, Py_ssize_t plane, Py_ssize_t z, Py_ssize_t r0, Py_ssize_t r1) noexcept nogil:
    # What the last pass left in scratch goes out: stored values, narrowed codes.
    cdef Py_ssize_t r, at, pitch = p.n * p.rows.width
    for r in range(r0, r1):
        at = ((plane * p.z.out + z) * p.y.out + r) * p.n
        if p.store_rows:
            store_row(p, p.result + at * p.rows.result, s.last + (r - r0) * pitch, z, r)
        if p.winners:
            p.rows.narrow(p.winners + at * p.winner_width, p.winner_width, s.last_codes + (r - r0) * pitch, p.n)


cdef void reduce_unit(const Plan* p, const Scratch* s, Py_ssize_t unit) noexcept nogil:
    cdef Py_ssize_t plane = unit // p.blocks, r0 = unit % p.blocks * p.block, r1 = min(p.y.out, r0 + p.block), z
    cdef Py_ssize_t n = (r1 - r0) * p.n, pitch = n * p.rows.width
    cdef const char* source = p.source + plane * p.plane_step
    cdef char* out
    cdef char* out_code = s.last_codes if p.winners else NULL
    if not p.z_identity:
        for z in range(p.z.size):
            slice_rows(p, s, source + z * p.slice_step, z, r0, r1, s.slices + z * pitch,
                       s.slice_codes + z * pitch if out_code else NULL)
    for z in range(p.z.out):
        out = s.last if p.store_rows else p.result + (((plane * p.z.out + z) * p.y.out + r0) * p.n) * p.rows.result
        if p.z_identity:
            slice_rows(p, s, source + z * p.slice_step, z, r0, r1, out, out_code)
        else:
            along(p, &p.z, False, z, z + 1, s.slices, s.slice_codes if out_code else NULL, 0, pitch, out, out_code, pitch, n,
                  p.kernel_y * p.kernel_x)
        finish(p, s, plane, z, r0, r1)
