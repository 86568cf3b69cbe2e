/* Medians. Of windows of few cells many at a time, one a lane: a network of comparators orders the cells of all of them, and no
 * branch depends on the data. Of windows of many cells one at a time, byte by byte of their order: as many sweeps as an element
 * has bytes, whatever the data.
 *
 * Cells that are equal are in the order of their places; which one is the median is found by counting. */
#ifndef CPOOL_MEDIAN_H
#define CPOOL_MEDIAN_H

enum {
    CPOOL_MEDIAN_LANES = 64,
    CPOOL_MEDIAN_CELLS = 128 /* the most that a network orders */
};

/* The comparators (low, high) that put the middle of n elements into place: Batcher's odd-even merge sort without what the middle
 * does not need. Returns how many; `pairs` has room for all of the whole network. */
static isize cpool_median_network(uint8_t *pairs, isize n)
{
    uint8_t needed[2 * CPOOL_MEDIAN_CELLS] = {0};
    isize count = 0, kept = 0;
    for (isize p = 1; p < n; p *= 2)
        for (isize k = p; k >= 1; k /= 2)
            for (isize j = k % p; j + k < n; j += 2 * k)
                for (isize i = 0; i < k && i + j + k < n; i++)
                    if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) {
                        pairs[2 * count] = (uint8_t)(i + j);
                        pairs[2 * count + 1] = (uint8_t)(i + j + k);
                        count++;
                    }
    needed[(n - 1) / 2] = needed[n / 2] = 1;
    for (isize c = count - 1; c >= 0; c--) {
        const uint8_t low = pairs[2 * c], high = pairs[2 * c + 1];
        if (needed[low] | needed[high]) {
            needed[low] = needed[high] = 1;
            kept++;
            pairs[2 * (count - kept)] = low;
            pairs[2 * (count - kept) + 1] = high;
        }
    }
    memmove(pairs, pairs + 2 * (count - kept), (size_t)(2 * kept));
    return kept;
}

#define CPOOL_V(p) (*(V *)(p))
#if CPOOL_X86
#define CPOOL_LEAST(S, u, v) CPOOL_CAT(cpool_x86_plain, S, CPOOL_LONGEST)(CPOOL_MIN, u, v)
#define CPOOL_MOST(S, u, v) CPOOL_CAT(cpool_x86_plain, S, CPOOL_LONGEST)(CPOOL_MAX, u, v)
#else /* its comparisons take no notice of NaN, and neither need these */
#define CPOOL_LEAST(S, u, v) CPOOL_CAT(cpool_combine, S, CPOOL_LONGEST)(CPOOL_MIN, u, v)
#define CPOOL_MOST(S, u, v) CPOOL_CAT(cpool_combine, S, CPOOL_LONGEST)(CPOOL_MAX, u, v)
#endif
#define CPOOL_MEDIAN(S, T, I, U) \
    CPOOL_INLINE T cpool_middle_##S(T a, T b) \
    { \
        const T sum = a + b; \
        return (sum - sum == 0 ? sum / 2 : a / 2 + b / 2); \
    } \
    /* The medians of windows whose n cells are `cells[k][lane]`; `first` and `second`, unless NULL, take the places of the two in \
     * the middle, the second -1 where it is the same. A NaN is the median of its window, and the first NaN its place. Whole \
     * vectors are computed, also beyond `lanes`. */ \
    static void cpool_median_##S(const T *restrict cells, T *restrict work, isize n, isize lanes, const uint8_t *pairs, \
                                 isize many, T *restrict out, I *restrict first, I *restrict second) \
    { \
        typedef CPOOL_CAT(vector, S, CPOOL_LONGEST) V; \
        typedef CPOOL_CAT(mask, S, CPOOL_LONGEST) M; \
        enum { L = CPOOL_MEDIAN_LANES, W = sizeof(V) / sizeof(T) }; \
        const isize low = (n - 1) / 2, high = n / 2; \
        for (isize k = 0; k < n; k++) \
            memcpy(work + k * L, cells + k * L, (size_t)((lanes + W - 1) / W * W) * sizeof(T)); \
        for (isize c = 0; c < many; c++) { \
            T *a = work + pairs[2 * c] * L, *b = work + pairs[2 * c + 1] * L; \
            for (isize i = 0; i < lanes; i += W) { \
                const V u = CPOOL_V(a + i), v = CPOOL_V(b + i); \
                CPOOL_V(a + i) = CPOOL_LEAST(S, u, v); \
                CPOOL_V(b + i) = CPOOL_MOST(S, u, v); \
            } \
        } \
        const T *one = work + low * L, *two = work + high * L; \
        for (isize i = 0; i < lanes; i++) /* 0 has one sign: which of equals it was is not known here */ \
            out[i] = (low == high ? one[i] : cpool_middle_##S(one[i], two[i])) + 0; \
        for (isize i = 0; i < lanes; i += W) { \
            M nan = {0}; \
            for (int which = 0; first && which < (low == high ? 1 : 2); which++) { \
                const V median = CPOOL_V((which ? two : one) + i); \
                M less = {0}, place = {0}; \
                for (isize k = 0; k < n; k++) \
                    less -= CPOOL_V(cells + k * L + i) < median; \
                M before = (M){0} + (I)(which ? high : low) - less; \
                for (isize k = 0; k < n; k++) { \
                    const M equal = CPOOL_V(cells + k * L + i) == median, it = equal & (before == 0); \
                    place |= it & ((M){0} + (I)k); \
                    before += equal; \
                } \
                memcpy((which ? second : first) + i, &place, sizeof place); \
            } \
            for (isize k = 0; k < n; k++) \
                nan |= CPOOL_V(cells + k * L + i) != CPOOL_V(cells + k * L + i); \
            for (isize j = 0; j < W && i + j < lanes; j++) { \
                if (first && low == high) \
                    second[i + j] = -1; \
                if (!((const I *)&nan)[j]) \
                    continue; \
                out[i + j] = (T)NAN; \
                if (first) { \
                    isize k = 0; \
                    while (cells[k * L + i + j] == cells[k * L + i + j]) \
                        k++; \
                    first[i + j] = (I)k; \
                    second[i + j] = -1; \
                } \
            } \
        } \
    } \
    CPOOL_INLINE U cpool_order_##S(T value) \
    { \
        U bits; \
        value += 0; /* both zeros are one */ \
        memcpy(&bits, &value, sizeof bits); \
        return bits >> (8 * sizeof(U) - 1) ? (U)~bits : (U)(bits | (U)1 << (8 * sizeof(U) - 1)); \
    } \
    /* The same for one window of n cells, contiguous. */ \
    static void cpool_median_of_many_##S(const T *cells, U *keys, isize n, T *out, int64_t *first, int64_t *second) \
    { \
        const isize low = (n - 1) / 2, high = n / 2; \
        U found = 0, mask = 0, next; \
        isize rank = low, less = 0, equal = 0, seen = 0; \
        *second = -1; \
        for (isize k = 0; k < n; k++) { \
            if (cells[k] != cells[k]) { \
                *out = (T)NAN; \
                *first = k; \
                return; \
            } \
            keys[k] = cpool_order_##S(cells[k]); \
        } \
        for (int shift = 8 * (int)sizeof(U) - 8; shift >= 0; shift -= 8) { \
            isize counts[256] = {0}; \
            int byte = 0; \
            for (isize k = 0; k < n; k++) \
                counts[keys[k] >> shift & 255] += (keys[k] & mask) == found; \
            for (; rank >= counts[byte]; byte++) \
                rank -= counts[byte]; \
            found |= (U)byte << shift; \
            mask |= (U)255 << shift; \
        } \
        next = (U)-1; \
        for (isize k = 0; k < n; k++) { \
            less += keys[k] < found; \
            equal += keys[k] == found; \
            next = keys[k] > found && keys[k] < next ? keys[k] : next; \
        } \
        const int same = less + equal > high; \
        isize other = -1; \
        for (isize k = 0; k < n; k++) { \
            if (keys[k] == found) { \
                if (seen == low - less) \
                    *first = k; \
                if (same && low != high && seen == high - less) \
                    *second = k; \
                seen++; \
            } else if (other < 0 && keys[k] == next) \
                other = k; \
        } \
        if (low != high && !same) \
            *second = other; \
        *out = (*second < 0 ? cells[*first] : cpool_middle_##S(cells[*first], cells[*second])) + 0; \
    }

CPOOL_MEDIAN(f32, float, int32_t, uint32_t)
CPOOL_MEDIAN(f64, double, int64_t, uint64_t)
#endif
