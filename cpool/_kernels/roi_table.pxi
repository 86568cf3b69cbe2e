# What regions of interest touch, found once a region for all channels: along each axis the bins' cells and their weights
# (RoI align), or where the bins start and stop (RoI pool).
#
# The geometry is in double, whatever the dtype of x, by torchvision's formulas as they stand; only +, -, *, / and functions
# that round exactly, so it is the same in every variant.

cdef extern from "roi.h" nogil:
    enum:
        ROI_WIDE "CPOOL_ROI_WIDE"
        ROI_NARROW "CPOOL_ROI_NARROW"
    ctypedef struct Tap "cpool_roi_tap":
        double weight
        float narrow
        int32_t slot
    ctypedef struct TapAxis "cpool_roi_axis":
        Py_ssize_t bins
        const Py_ssize_t* first
        const Tap* taps
    ctypedef struct AlignRoI "cpool_roi_align":
        TapAxis y, x
        char* cells
        const Py_ssize_t* row
        const Py_ssize_t* col
        Py_ssize_t cols
        char* line
        char* bins
        Py_ssize_t bin_step, block
    ctypedef struct MaxRoI "cpool_roi_max":
        Py_ssize_t bins_y, bins_x
        const Py_ssize_t* rows
        const Py_ssize_t* cols
        const char* cells
        Py_ssize_t row_step, col_step, plane_cols
        char* best
        char* codes
        Py_ssize_t best_step, block
    void pack_4 "cpool_roi_pack_4"(char*, Py_ssize_t, const char*, Py_ssize_t, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void pack_8 "cpool_roi_pack_8"(char*, Py_ssize_t, const char*, Py_ssize_t, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void pack_wider "cpool_roi_pack_wider"(char*, Py_ssize_t, const char*, Py_ssize_t, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void unpack_4 "cpool_roi_unpack_4"(char*, Py_ssize_t, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void unpack_8 "cpool_roi_unpack_8"(char*, Py_ssize_t, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void unpack_narrower "cpool_roi_unpack_narrower"(char*, Py_ssize_t, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void unpack_codes "cpool_roi_unpack_codes"(char*, Py_ssize_t, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void align_f32 "cpool_roi_align_f32"(const AlignRoI*)
    void align_f64 "cpool_roi_align_f64"(const AlignRoI*)
    void spread_f32 "cpool_roi_spread_f32"(const AlignRoI*)
    void spread_f64 "cpool_roi_spread_f64"(const AlignRoI*)
    void settle_f32 "cpool_roi_settle_f32"(char*, Py_ssize_t)
    void settle_f64 "cpool_roi_settle_f64"(char*, Py_ssize_t)
    void give_f32 "cpool_roi_give_f32"(char*, Py_ssize_t, Py_ssize_t, const int32_t*, const char*, Py_ssize_t)
    void give_f64 "cpool_roi_give_f64"(char*, Py_ssize_t, Py_ssize_t, const int32_t*, const char*, Py_ssize_t)
    void (*ROI_MAX "CPOOL_ROI_MAX"[5])(const MaxRoI*) noexcept nogil

ctypedef void (*Pack)(char*, Py_ssize_t, const char*, Py_ssize_t, const Py_ssize_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
ctypedef void (*Unpack)(char*, Py_ssize_t, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
ctypedef void (*MaxOf)(const MaxRoI*) noexcept nogil

cdef extern from "<math.h>" nogil:
    double floor(double)
    double ceil(double)
    double round(double)


# One axis of a region: bin p has `grid` samples, `pitch` long.
cdef struct Samples:
    double start, pitch, grid
    Py_ssize_t bins, size
    int64_t count       # grid


# What one region touches along an axis: tap and cell lists grow from where they start in the table's memory.
cdef struct Touched:
    Py_ssize_t* first   # of each bin, the first of its taps; one more at the end
    Tap* taps
    Py_ssize_t* cells
    Py_ssize_t many_taps, many_cells


cdef struct Region:
    Touched y, x
    const Py_ssize_t* bounds
    Py_ssize_t row, col, rows, cols     # the part of the plane that it touches
    Py_ssize_t used                     # cells it needs if it has no others beside it: fewer, where samples are far apart


cdef Samples samples_of(double low, double high, double scale, int64_t ratio, bint aligned, Py_ssize_t bins,
                        Py_ssize_t size) noexcept nogil:
    cdef Samples s
    cdef double offset = 0.5 if aligned else 0.0, length
    s.start = low * scale - offset
    length = high * scale - offset - s.start
    if not aligned and length < 1.0:
        length = 1.0
    s.pitch = length / bins
    s.count = ratio if ratio > 0 else <int64_t>ceil(length / bins)
    s.grid, s.bins, s.size = <double>s.count, bins, size
    return s


cdef inline double sample(const Samples* s, Py_ssize_t p, int64_t i) noexcept nogil:
    # Never less than the sample before it: each of these roundings is monotone.
    return s.start + p * s.pitch + (i + 0.5) * s.pitch / s.grid


cdef int64_t reach_bound(const Samples* s, Py_ssize_t p, int64_t i, double bound, bint beyond) noexcept nogil:
    # The first sample from i on at or behind a bound (`beyond`: behind it), by ever larger steps and then bisection: their
    # number may be astronomic, that of the cells is not.
    cdef int64_t low = i, high, step = 1, middle
    cdef double y
    while True:
        high = low + step - 1
        if high >= s.count:
            high = s.count
            break
        y = sample(s, p, high)
        if y > bound or (y == bound and not beyond):
            break
        low, step = high + 1, 2 * step
    while low < high:
        middle = low + (high - low) // 2
        y = sample(s, p, middle)
        if y > bound or (y == bound and not beyond):
            high = middle
        else:
            low = middle + 1
    return low


cdef double most_groups(const Samples* s) noexcept nogil:
    # Samples between two cells go together, see find_taps: the most groups there can be over all bins.
    return min(s.grid * s.bins, s.size + 4.0 * s.bins + 4.0)


cdef void add_tap(Touched* t, Py_ssize_t bin_start, Py_ssize_t cell, double weight) noexcept nogil:
    # A weight of 0 stays a tap of its own: 0 times inf is NaN, whatever else the bin takes from this cell.
    cdef Py_ssize_t k = t.many_cells, slot = -1
    while k > 0 and k > t.many_cells - 3:
        k -= 1
        if t.cells[k] == cell:
            slot = k
            break
    if slot < 0:
        slot = t.many_cells
        t.cells[slot] = cell
        t.many_cells += 1
    k = t.many_taps
    while k > bin_start and k > t.many_taps - 6:
        k -= 1
        if t.taps[k].slot == slot and (t.taps[k].weight == 0.0) == (weight == 0.0):
            t.taps[k].weight += weight
            t.taps[k].narrow = <float>t.taps[k].weight
            return
    k = t.many_taps
    t.taps[k].weight, t.taps[k].narrow, t.taps[k].slot = weight, <float>weight, <int32_t>slot
    t.many_taps += 1


cdef void find_taps(const Samples* s, Touched* t) noexcept nogil:
    # The samples of a bin that lie between the same two cells form one group, whose weights are an arithmetic series.
    cdef Py_ssize_t p, cell, behind, start
    cdef int64_t i, end
    cdef double y, low, high
    t.many_taps = t.many_cells = 0
    for p in range(s.bins):
        t.first[p] = start = t.many_taps
        i = reach_bound(s, p, 0, -1.0, False)
        while i < s.count:
            y = sample(s, p, i)
            if y > s.size:
                break
            if y <= 0:
                end = reach_bound(s, p, i, 0.0, True)
                cell, behind, high = 0, min(1, s.size - 1), 0.0
            elif y >= s.size - 1:
                end = reach_bound(s, p, i, <double>s.size, True)
                cell = behind = s.size - 1
                high = 0.0
            else:
                cell = <Py_ssize_t>y
                behind = cell + 1
                end = reach_bound(s, p, i, <double>behind, False)
                high = (end - i) * (0.5 * (y + sample(s, p, end - 1)) - cell) if end - i > 1 else y - cell
                if y == cell and high > 0:
                    add_tap(t, start, behind, 0.0)
            low = (end - i) - high
            add_tap(t, start, cell, low / s.grid)
            add_tap(t, start, behind, high / s.grid)
            i = end
    t.first[s.bins] = t.many_taps


cdef void extent(const Touched* t, Py_ssize_t* start, Py_ssize_t* length) noexcept nogil:
    cdef Py_ssize_t k, low = PY_SSIZE_T_MAX, high = -1
    for k in range(t.many_cells):
        low, high = min(low, t.cells[k]), max(high, t.cells[k])
    start[0] = low if high >= 0 else 0
    length[0] = high - low + 1 if high >= 0 else 0


cdef void find_bounds(double low, double high, double scale, Py_ssize_t bins, Py_ssize_t size, Py_ssize_t* bounds,
                      Py_ssize_t* start, Py_ssize_t* length) noexcept nogil:
    # Of each bin where it starts and stops, cut to the plane; the region itself may lie anywhere.
    cdef double first = round(low * scale), cells = max(round(high * scale) - first + 1.0, 1.0), pitch = cells / bins
    cdef Py_ssize_t p
    for p in range(bins):
        bounds[2 * p] = <Py_ssize_t>min(max(floor(p * pitch) + first, 0.0), <double>size)
        bounds[2 * p + 1] = <Py_ssize_t>min(max(ceil((p + 1) * pitch) + first, 0.0), <double>size)
    start[0] = bounds[0]
    length[0] = bounds[2 * bins - 1] - bounds[0]
