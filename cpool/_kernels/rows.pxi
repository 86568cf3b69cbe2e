# rows.h and what it includes, as Cython sees it; the comments are there.

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
    int TIMES "CPOOL_TIMES"
    int OVER "CPOOL_OVER"
    int OVER_ONE "CPOOL_OVER_ONE"
    int SMALL_DIVISOR "CPOOL_SMALL_DIVISOR"
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
        const char* weight
        Py_ssize_t lines, row, hop
        char* out
        Py_ssize_t result
        char* code
        Py_ssize_t code_step
        const char* by
        const char* by_wide
        int divided
        Py_ssize_t windows, n
        Py_ssize_t down, src_down, out_down, code_down
    enum: PARTS "CPOOL_PARTS"
    enum: MOST_CELLS "CPOOL_MOST_CELLS"
    ctypedef struct cpool_both:
        double* by
        double* reciprocal
        int even
    ctypedef struct cpool_prefixes:
        Py_ssize_t size, kernel, stride, before, spread, first, end
        const char* src
        const char* src_code
        Py_ssize_t from_cell, src_step, ahead
        char* out
        char* code
        Py_ssize_t out_step, code_step, code_width
        int64_t tap_step
        Py_ssize_t n, result, rows, row_step, out_row_step
        const double* by_window
        const double* by
        int divided
        char* scratch
    int cpool_prefixes_phase(cpool_prefixes*, Py_ssize_t)
    Py_ssize_t cpool_prefixes_bytes(Py_ssize_t, Py_ssize_t, Py_ssize_t)
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
        void (*prefixes)(const cpool_prefixes*) noexcept nogil
        void (*first_prefixes)(const cpool_prefixes*) noexcept nogil
        void (*prefixes_across)(const cpool_prefixes*) noexcept nogil
        void (*first_prefixes_across)(const cpool_prefixes*) noexcept nogil
        void (*negate)(char*, const char*, Py_ssize_t) noexcept nogil
        void (*fold)(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*fold_best)(char*, char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*accumulate)(char*, const char*, Py_ssize_t) noexcept nogil
        void (*fill)(char*, Py_ssize_t) noexcept nogil
        void (*load)(char*, const char*, Py_ssize_t, const void*) noexcept nogil
        void (*store)(char*, const char*, Py_ssize_t, const void*) noexcept nogil
    ctypedef struct cpool_grads:
        Py_ssize_t width
        void (*pick)(const cpool_pick*) noexcept nogil
        void (*pick_pairs)(const cpool_pick*) noexcept nogil
    enum: MOST_PICKS "CPOOL_MOST_PICKS"
    ctypedef struct cpool_halves:
        void (*load)(char*, const char*, Py_ssize_t) noexcept nogil
        void (*store)(char*, const char*, Py_ssize_t) noexcept nogil
        int (*keys)(char*, const char*, Py_ssize_t) noexcept nogil
        void (*unkeys)(char*, const char*, Py_ssize_t) noexcept nogil
    int HALF_TYPES "CPOOL_HALF_TYPES"
    const cpool_halves HALVES "CPOOL_HALVES"[2]
    int SUM "CPOOL_SUM"
    int F32 "CPOOL_F32"
    int I16 "CPOOL_I16"
    int OPERATIONS "CPOOL_OPERATIONS"
    int ELEMENTS "CPOOL_ELEMENTS"
    const cpool_rows ROWS "CPOOL_ROWS"[4][10]
    const cpool_rows SHORT_SUMS "CPOOL_SHORT_SUMS"
    const cpool_rows HALF_REPEATS "CPOOL_HALF_REPEATS"[2]
    const cpool_rows HALF_ROWS "CPOOL_HALF_ROWS"[2][4]
    const cpool_rows FEW_SUMS "CPOOL_FEW_SUMS"[2][4]
    int FEW_CELLS "CPOOL_FEW_CELLS"
    int BOTH "CPOOL_BOTH"
    int I8 "CPOOL_I8"
    int U16 "CPOOL_U16"
    const cpool_grads GRADS "CPOOL_GRADS"[4]
    void cpool_copy_rows(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_halve_rows(char*, Py_ssize_t, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_gather(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_repeat(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_spread(char*, const char*, Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void cpool_zip(char*, const char*, const char*, Py_ssize_t, Py_ssize_t)
