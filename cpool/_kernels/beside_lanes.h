/* Between rows and lanes, of one element type: included by beside_type.h. See cpool_segment.
 *
 * Rows are read in whole vectors, also beyond a segment: the lanes behind it are those of the next, or of none. What is read must
 * be in the array; at its end, and where rows of lanes have no room behind them, elements go one by one. Written is only what
 * belongs to a segment: beside it may be what another thread writes. */
#if CPOOL_PARTS
#define COUNT_OF(n, i) ((n) - (i) >= FN(W) ? ~UINT64_C(0) : ~(~UINT64_C(0) << ((n) - (i))))
#define COUNT_OF_64(n) ((n) >= 64 ? ~UINT64_C(0) : ~(~UINT64_C(0) << (n)))
#define LOAD_SOME(p, bits) ((V)CPOOL_NAME(_mm512_maskz_loadu, CPOOL_NAME(CPOOL_EPI, BITS))(bits, p))
#define STORE_SOME(p, v, bits) CPOOL_NAME(_mm512_mask_storeu, CPOOL_NAME(CPOOL_EPI, BITS))(p, bits, (__m512i)(v))
#endif
#define VECTOR_AT(p) (*(V *)(p))
#if CPOOL_BYTES
#define LANES CPOOL_NAME(CPOOL_NAME(CPOOL_LANES, CPOOL_LONGEST), BITS)
#define EVEN_OF(u, v) __builtin_shufflevector(u, v, CPOOL_NAME(CPOOL_EVEN, LANES))
#define ODD_OF(u, v) __builtin_shufflevector(u, v, CPOOL_NAME(CPOOL_ODD, LANES))
#define FIRST_ZIPPED(u, v) __builtin_shufflevector(u, v, CPOOL_NAME(CPOOL_ZIP_LOW, LANES))
#define LAST_ZIPPED(u, v) __builtin_shufflevector(u, v, CPOOL_NAME(CPOOL_ZIP_HIGH, LANES))
#endif

/* Whether rows of a segment may be read in whole vectors, the last of them from element `last` on. */
CPOOL_INLINE int FN(in_vectors)(const cpool_moves *m, isize last, isize n, isize step)
{
    return step <= (CPOOL_BYTES ? 2 : 1) && m->room && last + (n + FN(W) - 1) / FN(W) * FN(W) * step <= m->size;
}

/* Cells of windows into lanes: row k takes cell k of each. */
static void FN(cells_in)(const cpool_moves *m, const cpool_segment *g, isize many, void *lanes, const void *array)
{
    const isize pitch = m->pitch, taps = m->taps, step = m->step;
    const isize *restrict offset = m->offset;
    for (const cpool_segment *end = g + many; g < end; g++) {
        const T *restrict src = (const T *)array + g->x;
        T *restrict dst = (T *)lanes + g->at;
        const isize n = g->n;
        if (!FN(in_vectors)(m, g->x + offset[taps - 1], n, step)) {
            for (isize k = 0; k < taps; k++, dst += pitch)
                for (isize i = 0; i < n; i++)
                    dst[i] = src[offset[k] + i * step];
        } else if (step == 1) {
            for (isize k = 0; k < taps; k++, dst += pitch)
                for (isize i = 0; i < n; i += FN(W))
                    VECTOR_AT(dst + i) = VECTOR_AT(src + offset[k] + i);
        } else {
#if CPOOL_BYTES
            for (isize k = 0; k < taps; k++, dst += pitch) {
                const T *from = src + offset[k];
                if (k + 1 < taps && offset[k + 1] == offset[k] + 1) {
                    for (isize i = 0; i < n; i += FN(W)) {
                        const V u = VECTOR_AT(from + 2 * i), v = VECTOR_AT(from + 2 * i + FN(W));
                        VECTOR_AT(dst + i) = EVEN_OF(u, v);
                        VECTOR_AT(dst + pitch + i) = ODD_OF(u, v);
                    }
                    k++;
                    dst += pitch;
                } else {
                    for (isize i = 0; i < n; i += FN(W))
                        VECTOR_AT(dst + i) = EVEN_OF(VECTOR_AT(from + 2 * i), VECTOR_AT(from + 2 * i + FN(W)));
                }
            }
#endif
        }
    }
}

CPOOL_INLINE V FN(onto)(int add, V there, V v)
{
    if (add)
        return there + v;
    return v;
}
/* n elements of a row, no more of which is read, into what is there, or added to it. */
CPOOL_INLINE void FN(row_out)(T *restrict dst, const T *restrict src, isize n, int add)
{
    isize i = 0;
#if CPOOL_PARTS
    for (; i < n; i += FN(W)) {
        const uint64_t bits = COUNT_OF(n, i);
        const V v = LOAD_SOME(src + i, bits);
        STORE_SOME(dst + i, FN(onto)(add, LOAD_SOME(dst + i, bits), v), bits);
    }
#else
    for (; i + FN(W) <= n; i += FN(W))
        VECTOR_AT(dst + i) = FN(onto)(add, VECTOR_AT(dst + i), VECTOR_AT(src + i));
    for (; i < n; i++)
        dst[i] = add ? dst[i] + src[i] : src[i];
#endif
}
/* Two rows in turn become dst[2 i] and dst[2 i + 1]. */
CPOOL_INLINE void FN(pairs_put)(T *restrict dst, const T *restrict src, const T *restrict next, isize n)
{
    isize i = 0;
#if CPOOL_PARTS
    for (; i < n; i += FN(W)) {
        const V even = VECTOR_AT(src + i), odd = VECTOR_AT(next + i);
        T *to = dst + 2 * i;
        STORE_SOME(to, FIRST_ZIPPED(even, odd), COUNT_OF(2 * n, 2 * i));
        if (2 * i + FN(W) < 2 * n)
            STORE_SOME(to + FN(W), LAST_ZIPPED(even, odd), COUNT_OF(2 * n, 2 * i + FN(W)));
    }
#elif CPOOL_BYTES
    for (; i + FN(W) <= n; i += FN(W)) {
        const V even = VECTOR_AT(src + i), odd = VECTOR_AT(next + i);
        VECTOR_AT(dst + 2 * i) = FIRST_ZIPPED(even, odd);
        VECTOR_AT(dst + 2 * i + FN(W)) = LAST_ZIPPED(even, odd);
    }
#endif
    for (; i < n; i++) {
        dst[2 * i] = src[i];
        dst[2 * i + 1] = next[i];
    }
}
/* Rows of overlapping windows, one or two cells apart: each of their cells is read and written once, and between takes what the
 * windows give it. (To read what was stored just before a cell further would wait for the cache.) */
CPOOL_INLINE void FN(shared_out)(T *restrict dst, const T *restrict src, isize pitch, isize row, isize n, isize step)
{
    const isize total = (n - 1) * step + row, behind = step == 1 ? row - 1 : (row - 1) / 2;
#define TAP(m, place) src[(m) * pitch + (place)]
#if CPOOL_PARTS
    const uint64_t all = COUNT_OF_64(n);
    for (isize c = 0; c * step < total; c += FN(W)) {
        T *to = dst + c * step;
        const isize first = c - behind; /* the first window that has the first of these cells */
        /* The lanes of the windows that there are, for one cell of theirs after the other. */
        uint64_t there = first < 0 ? all << -first : all >> first;
        const uint64_t bits = COUNT_OF(total, c * step);
        const int longer = step == 2 && c * 2 + FN(W) < total;
        V u = LOAD_SOME(to, bits), v = {0};
        if (step == 1) {
            for (isize m = row - 1; m >= 0; m--, there >>= 1)
                u += LOAD_SOME(&TAP(m, c - m), there);
            STORE_SOME(to, u, bits);
            continue;
        }
        if (longer)
            v = LOAD_SOME(to + FN(W), COUNT_OF(total, c * 2 + FN(W)));
        V even = EVEN_OF(u, v), odd = ODD_OF(u, v);
        for (isize m = row - 1; m >= 0; m--) {
            const V found = LOAD_SOME(&TAP(m, c - m / 2), there);
            if (m % 2) {
                odd += found;
            } else {
                even += found;
                there >>= 1;
            }
        }
        u = FIRST_ZIPPED(even, odd), v = LAST_ZIPPED(even, odd);
        STORE_SOME(to, u, bits);
        if (longer)
            STORE_SOME(to + FN(W), v, COUNT_OF(total, c * 2 + FN(W)));
    }
#else
    isize c = 0;
    while (c * step < total) {
#if CPOOL_BYTES
        if (c >= behind && c + FN(W) <= n) {
            T *to = dst + c * step;
            V u = VECTOR_AT(to);
            if (step == 1) {
                for (isize m = row - 1; m >= 0; m--)
                    u += VECTOR_AT(&TAP(m, c - m));
                VECTOR_AT(to) = u;
                c += FN(W);
                continue;
            }
            if (2 * (c + FN(W)) <= total) {
                V v = VECTOR_AT(to + FN(W)), even = EVEN_OF(u, v), odd = ODD_OF(u, v);
                for (isize m = row - 1; m >= 0; m--) {
                    const V found = VECTOR_AT(&TAP(m, c - m / 2));
                    if (m % 2)
                        odd += found;
                    else
                        even += found;
                }
                VECTOR_AT(to) = FIRST_ZIPPED(even, odd);
                VECTOR_AT(to + FN(W)) = LAST_ZIPPED(even, odd);
                c += FN(W);
                continue;
            }
        }
#endif
        for (isize m = row - 1; m >= 0; m--)
            if (c - m / step >= 0 && c - m / step < n)
                dst[c * step + m % step] += TAP(m, c - m / step);
        c++;
    }
#endif
#undef TAP
}
/* The other way round: what is in the lanes becomes the cells, or is added to them.
 *
 * The cells of a row from the last to the first: what windows side by side add to a cell that they share is then in the order of
 * the windows, wherever segments begin and in whatever layout. */
CPOOL_INLINE void FN(cells_out)(const cpool_moves *m, const cpool_segment *g, isize many, void *array, const void *lanes, int add)
{
    const isize pitch = m->pitch, step = m->step, row = m->row;
    for (const cpool_segment *end = g + many; g < end; g++) {
        T *restrict dst = (T *)array + g->x;
        const isize *offset = m->offset, n = g->n;
        const T *restrict src = (const T *)lanes + g->at;
        for (const isize *last = offset + m->taps; offset < last; offset += row, src += row * pitch) {
            if (add && m->shared) {
                FN(shared_out)(dst + offset[0], src, pitch, row, n, step);
                continue;
            }
            for (isize k = row - 1; k >= 0; k--) {
                T *to = dst + offset[k];
                const T *from = src + k * pitch;
                if (step == 1) {
                    FN(row_out)(to, from, n, add);
                } else if (!add && step == 2 && k % 2 && offset[k] == offset[k - 1] + 1) {
                    FN(pairs_put)(to - 1, from - pitch, from, n);
                    k--;
                } else {
                    for (isize i = 0; i < n; i++)
                        to[i * step] = add ? to[i * step] + from[i] : from[i];
                }
            }
        }
    }
}
static void FN(cells_put)(const cpool_moves *m, const cpool_segment *g, isize many, void *array, const void *lanes)
{
    FN(cells_out)(m, g, many, array, lanes, 0);
}
static void FN(cells_add)(const cpool_moves *m, const cpool_segment *g, isize many, void *array, const void *lanes)
{
    FN(cells_out)(m, g, many, array, lanes, 1);
}

/* A number of each window: its result, or what is beside it. */
static void FN(results_in)(const cpool_moves *m, const cpool_segment *g, isize many, void *lanes, const void *array)
{
    for (const cpool_segment *end = g + many; g < end; g++) {
        const T *restrict src = (const T *)array + g->out;
        T *restrict dst = (T *)lanes + g->at;
        if (!m->room || g->out + (g->n + FN(W) - 1) / FN(W) * FN(W) > m->results)
            for (isize i = 0; i < g->n; i++)
                dst[i] = src[i];
        else
            for (isize i = 0; i < g->n; i += FN(W))
                VECTOR_AT(dst + i) = VECTOR_AT(src + i);
    }
}
static void FN(results_out)(const cpool_segment *g, isize many, void *array, const void *lanes)
{
    for (const cpool_segment *end = g + many; g < end; g++)
        FN(row_out)((T *)array + g->out, (const T *)lanes + g->at, g->n, 0);
}

/* Row i of the parameters takes number i of a channel's table: `table` has `count` rows of `inner` numbers for each of the planes
 * in turn. */
static void FN(params_in)(const cpool_moves *m, const cpool_segment *g, isize many, void *lanes, const void *table, isize count,
                          isize inner, isize tables)
{
    if (!count)
        return;
    for (const cpool_segment *end = g + many; g < end; g++) {
        const T *restrict src = (const T *)table + g->plane % tables * count * inner + g->channel;
        T *restrict dst = (T *)lanes + g->at;
        const isize n = g->n, beyond = m->room ? (n + FN(W) - 1) / FN(W) * FN(W) : n;
        for (isize i = 0; i < count; i++, dst += m->pitch, src += inner) {
            if (inner > 1)
                FN(row_out)(dst, src, n, 0);
            else if (m->room)
                for (isize j = 0; j < beyond; j += FN(W))
                    VECTOR_AT(dst + j) = (V){0} + *src;
            else
                for (isize j = 0; j < n; j++)
                    dst[j] = *src;
        }
    }
}

/* The sum of n lanes, in as many parts as the longest vector of double has: from where they begin, whatever was before. */
CPOOL_INLINE double FN(total)(const T *restrict src, isize n)
{
#if CPOOL_PARTS
    __m512d sum = _mm512_setzero_pd();
    for (isize i = 0; i < n; i += FN(W)) {
        const V v = LOAD_SOME(src + i, COUNT_OF(n, i));
#if DOUBLE
        sum = _mm512_add_pd(sum, (__m512d)v);
#else
        sum = _mm512_add_pd(sum, _mm512_cvtps_pd(_mm512_castps512_ps256((__m512)v)));
        sum = _mm512_add_pd(sum, _mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)v, 1)));
#endif
    }
    const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(sum), _mm512_extractf64x4_pd(sum, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return two[0] + two[1];
#else
    double part[8] = {0};
    isize i = 0;
    for (; i + 8 <= n; i += 8)
        for (isize j = 0; j < 8; j++)
            part[j] += (double)src[i + j];
    for (isize j = 0; i + j < n; j++)
        part[j] += (double)src[i + j];
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
#endif
}
/* The parameters' gradients, by plane and channel, in double. */
static void FN(params_out)(const cpool_moves *m, const cpool_segment *g, isize many, double *sums, const void *lanes, isize count,
                           isize inner)
{
    for (const cpool_segment *end = g + many; g < end;) {
        const T *restrict src = (const T *)lanes + g->at;
        double *restrict dst = sums + g->plane * count * inner + g->channel;
        isize n = g->n;
        const isize plane = g++->plane;
        for (; inner == 1 && g < end && g->plane == plane; g++)
            n += g->n; /* the lanes of a plane follow each other */
        for (isize i = 0; i < count; i++, src += m->pitch, dst += inner)
            if (inner == 1)
                *dst += FN(total)(src, n);
            else
                for (isize j = 0; j < n; j++)
                    dst[j] += (double)src[j];
    }
}
#undef COUNT_OF
#undef COUNT_OF_64
#undef LOAD_SOME
#undef STORE_SOME
#undef VECTOR_AT
#undef EVEN_OF
#undef ODD_OF
#undef FIRST_ZIPPED
#undef LAST_ZIPPED
#undef LANES
