# Lp pooling where powers leave the range of double: a window, or a cell of the gradient, by itself. See lp.h.

cdef extern from "rows.h" nogil:
    ctypedef struct cpool_lp:
        int kind, exact, careful
        double p, low, high
    int LP_1 "CPOOL_LP_1"
    int LP_2 "CPOOL_LP_2"
    int LP_3 "CPOOL_LP_3"
    int LP_4 "CPOOL_LP_4"
    int LP_ANY "CPOOL_LP_ANY"
    int LP_MAX "CPOOL_LP_MAX"
    double DBL_MAX
    int F64 "CPOOL_F64"
    bint cpool_lp_sum_fits(const cpool_lp*, double)
    bint cpool_lp_quotient_fits(double)
    bint cpool_lp_slope_fits(double)
    bint cpool_lp_ordinary(double)
    void cpool_lp_set_exponents(cpool_lp*)
    double cpool_lp_slope(const cpool_lp*, double)
    double cpool_lp_quotient(double, double, double)
    double cpool_lp_scaled_term(double, double, double)
    double cpool_lp_scaled_root(double, double, double, double, int)
    double cpool_lp_scaled_slope(double, double, double)
    void cpool_lp_load_f32(const cpool_lp*, double*, const float*, Py_ssize_t)
    void cpool_lp_load_f64(const cpool_lp*, double*, const double*, Py_ssize_t)
    int cpool_lp_store_f32(const cpool_lp*, float*, double*, const double*, Py_ssize_t)
    int cpool_lp_store_f64(const cpool_lp*, double*, double*, const double*, Py_ssize_t)
    int cpool_lp_load_grad_f32(const cpool_lp*, double*, const float*, const double*, Py_ssize_t)
    int cpool_lp_load_grad_f64(const cpool_lp*, double*, const double*, const double*, Py_ssize_t)
    int cpool_lp_store_grad_f32(const cpool_lp*, float*, const double*, const float*, Py_ssize_t)
    int cpool_lp_store_grad_f64(const cpool_lp*, double*, const double*, const double*, Py_ssize_t)
    void cpool_lp_absolute_f32(float*, const float*, Py_ssize_t)
    void cpool_lp_absolute_f64(double*, const double*, Py_ssize_t)
    void cpool_lp_signed_f32(float*, const float*, const float*, Py_ssize_t, bint)
    void cpool_lp_signed_f64(double*, const double*, const double*, Py_ssize_t, bint)
    double fabs(double)

cdef struct Lp:
    cpool_lp power
    bint plain          # p = 1 and p = inf, without powers: the kernels pool |x| in its own type
    const char* x       # of gradients: the input, contiguous
    double* norms       # of powers, and contiguous: the outputs before they are rounded; or NULL


cdef inline const Lp* lp_of(const Boxes* b) noexcept nogil:
    return <const Lp*>b.by


cdef double scaled_norm(const Call* c, double p, floating type, Py_ssize_t plane, Py_ssize_t z, Py_ssize_t y, Py_ssize_t x,
                        Py_ssize_t channel) noexcept nogil:
    # Of one window.
    cdef Cells cz = cells_of(&c.shape.z, z), cy = cells_of(&c.shape.y, y), cx = cells_of(&c.shape.x, x)
    cdef const char* source = c.source + plane * c.steps[0]
    cdef const floating* row
    cdef Py_ssize_t i, j, k, way
    cdef double largest = 0, total = 0, a
    for way in range(2):
        for i in range(cz.count):
            for j in range(cy.count):
                row = <const floating*>(source + (cz.first + i * c.shape.z.hop) * c.steps[1]
                                        + (cy.first + j * c.shape.y.hop) * c.steps[2])
                for k in range(cx.count):
                    a = fabs(<double>row[(cx.first + k * c.shape.x.hop) * c.shape.inner + channel])
                    if way:
                        total += cpool_lp_scaled_term(p, a, largest)
                    elif a > largest:
                        largest = a
        if not cpool_lp_ordinary(largest):
            return largest
    return cpool_lp_scaled_root(p, largest, total, <double>cz.count * <double>cy.count * <double>cx.count, c.average)


cdef void mend_windows(const Boxes* b, const Box* box, floating* result) noexcept nogil:
    # The results of a box, of this plane on, whose sums do not fit.
    cdef const Call* c = b.call
    cdef const cpool_lp* power = &lp_of(b).power
    cdef const Shape* s = &box.part.shape
    cdef const double* sums = <const double*>box.part.result
    cdef Py_ssize_t plane, z, y, x, i, at
    cdef double norm
    for plane in range(s.planes):
        for z in range(s.z.out):
            for y in range(s.y.out):
                at = (((box.plane + plane) * c.shape.z.out + z) * c.shape.y.out + box.row + y) * s.x.out * s.inner
                for x in range(s.x.out):
                    for i in range(s.inner):
                        if not cpool_lp_sum_fits(power, sums[0]):
                            norm = scaled_norm(c, power.p, result[0], box.plane + plane, z, box.row + y, x, i)
                            result[at] = <floating>norm
                            if lp_of(b).norms:
                                lp_of(b).norms[at] = norm
                        sums += 1
                        at += 1


cdef bint fits(const cpool_lp* power, const Axis* over_z, const Axis* over_y, const Axis* over_x, const Cells* wz, const Cells* wy,
               const Cells* wx, const floating* grad, const double* y, Py_ssize_t inner, double a) noexcept nogil:
    # Whether all that a cell's gradient was made of is within the range.
    cdef Py_ssize_t i, j, k, at
    if not cpool_lp_slope_fits(cpool_lp_slope(power, a)):
        return False
    for i in range(wz.count):
        for j in range(wy.count):
            for k in range(wx.count):
                at = (wz.first + i * over_z.hop) * over_y.size + wy.first + j * over_y.hop
                at = (at * over_x.size + wx.first + k * over_x.hop) * inner
                if (cpool_lp_ordinary(grad[at]) and cpool_lp_ordinary(y[at])
                        and not cpool_lp_quotient_fits(cpool_lp_quotient(grad[at], y[at], cpool_lp_slope(power, y[at])))):
                    return False
    return True


cdef double scaled_gradient(const Call* c, double p, const Axis* over_z, const Axis* over_y, const Axis* over_x, const Cells* wz,
                            const Cells* wy, const Cells* wx, const floating* grad, const double* y, double a) noexcept nogil:
    cdef Py_ssize_t i, j, k, z, r, x, at
    cdef double total = 0, part
    for i in range(wz.count):
        for j in range(wy.count):
            for k in range(wx.count):
                z, r, x = wz.first + i * over_z.hop, wy.first + j * over_y.hop, wx.first + k * over_x.hop
                at = ((z * over_y.size + r) * over_x.size + x) * c.shape.inner
                if y[at] == 0:
                    continue
                part = <double>grad[at] * cpool_lp_scaled_slope(p, a, y[at])
                if c.average:
                    part /= (<double>cells_of(&c.shape.z, z).count * <double>cells_of(&c.shape.y, r).count
                             * <double>cells_of(&c.shape.x, x).count)
                total += part
    return total


cdef void mend_cells(const Boxes* b, const Box* box, floating* result) noexcept nogil:
    # The gradients in a box for which some factor does not fit.
    cdef const Call* c = b.call
    cdef const Lp* lp = lp_of(b)
    cdef const Shape* s = &c.shape
    cdef Axis over_z = adjoint(&s.z), over_y = adjoint(&s.y), over_x = adjoint(&s.x)
    cdef Cells wz, wy, wx
    cdef Py_ssize_t plane, z, y, x, i, at, outputs = s.z.out * s.y.out * s.x.out * s.inner
    cdef const floating* source = <const floating*>lp.x
    cdef const double* norms
    cdef const floating* grad
    cdef double a, found
    for plane in range(box.plane, box.plane + box.part.shape.planes):
        for z in range(s.z.size):
            wz = cells_of(&over_z, z)
            for y in range(box.row, box.row + box.part.shape.y.size):
                wy = cells_of(&over_y, y)
                for x in range(s.x.size):
                    wx = cells_of(&over_x, x)
                    for i in range(s.inner):
                        at = (((plane * s.z.size + z) * s.y.size + y) * s.x.size + x) * s.inner + i
                        if not cpool_lp_ordinary(source[at]):
                            continue
                        a = fabs(<double>source[at])
                        grad, norms = <const floating*>c.source + plane * outputs + i, lp.norms + plane * outputs + i
                        if not fits(&lp.power, &over_z, &over_y, &over_x, &wz, &wy, &wx, grad, norms, s.inner, a):
                            found = scaled_gradient(c, lp.power.p, &over_z, &over_y, &over_x, &wz, &wy, &wx, grad, norms, a)
                            result[at] = <floating>(-found if source[at] < 0 else found)
