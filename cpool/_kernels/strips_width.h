/* What strips.h needs of one vector: included by rows_width.h. */

/* The better of two vectors without a NaN, and at the same time the code of the better: where it is the second. Codes are bytes
 * where the machine has masks, else as wide as an element. */
#if WINNERS && FLOATING && X86_BEST && CPOOL_BYTES == 64
typedef __m128i FN(codes);
#define CODES(c) _mm_set1_epi8((char)(c))
#define PLUS(codes, c) _mm_add_epi8(codes, CODES(c))
#define CHOOSE(a, from, b, other) *(a) = (V)FN(x86_winner)(op, plain, *(a), b, from, other)
#define PUT_CODES(out, from) FN(x86_put)(out, from)
#define PUT_WIDE(out, from) FN(x86_put_wide)(out, from)
#elif WINNERS
typedef M FN(codes);
#define CODES(c) BROADCAST(c)
#define PLUS(codes, c) ((codes) + BROADCAST(c))
#define CHOOSE(a, from, b, other) \
    do { \
        const M mask = plain ? FN(better)(op, *(a), b) : FN(wins)(op, *(a), b); \
        *(a) = BLEND(mask, b, *(a)); \
        *(from) = BLEND_CODE(mask, other, *(from)); \
    } while (0)
#define PUT_WIDE(out, from) STORE_CODE(out, from)
#if CPOOL_BYTES == 0
#define PUT_CODES(out, from) (*(uint8_t *)(out) = (uint8_t)(from))
#elif defined(LANE)
#define PUT_CODES(out, from) (*(uint8_t *)(out) = (uint8_t)(from)[0])
#else
#define PUT_CODES(out, from) \
    do { \
        const FN(bytes) narrow = __builtin_convertvector(from, FN(bytes)); \
        memcpy(out, &narrow, LANES); \
    } while (0)
#endif
#else
typedef char FN(codes);
#define CODES(c) 0
#define PLUS(codes, c) 0
#define CHOOSE(a, from, b, other) (void)from
#define PUT_CODES(out, from) (void)0
#define PUT_WIDE(out, from) (void)0
#endif

CPOOL_INLINE M FN(better)(int op, V a, V b)
{
    return op == CPOOL_MAX ? (M)(b > a) : (M)(b < a);
}

/* The next tap of a window joins it. */
CPOOL_INLINE void FN(join)(int op, int plain, int winners, V *a, FN(codes) *from, V b, FN(codes) other)
{
    if (winners) {
        CHOOSE(a, from, b, other);
    } else if (plain && op != CPOOL_SUM) {
#if FLOATING && X86_BEST
        *a = (V)FN(x86_plain)(op, *a, b);
#else
        const M mask = FN(better)(op, *a, b);
        *a = BLEND(mask, b, *a);
#endif
    } else {
        *a = FN(combine)(op, *a, b);
    }
}

CPOOL_INLINE int FN(any_nan)(V seen)
{
#if !FLOATING
    (void)seen;
    return 0;
#elif X86_BEST
    return FN(x86_any_nan)(seen);
#elif CPOOL_BYTES == 0
    return seen != seen;
#else
    const M bad = (M)(seen != seen);
    int any = 0;
    for (size_t lane = 0; lane < sizeof(V) / sizeof(T); lane++)
        any |= bad[lane] != 0;
    return any;
#endif
}

/* In place, down the rows: from cells to pieces of 1, 2, 4, ... cells, two of which cover a window. */
CPOOL_INLINE void FN(build_pieces)(int op, int plain, int winners, V *cells, FN(codes) *codes, isize lines, isize many, isize *taps,
                                   isize *hop, isize *code_step)
{
    isize piece = 1;
    for (; 2 * piece <= *taps; piece *= 2) {
        const isize apart = piece * *hop * many;
        lines -= piece * *hop;
        for (isize i = 0; i < lines * many; i++) {
            FN(codes) other = CODES(0);
            if (winners)
                other = PLUS(codes[i + apart], piece * *code_step);
            FN(join)(op, plain, winners, &cells[i], &codes[i], cells[i + apart], other);
        }
    }
    *hop *= *taps - piece;
    *code_step *= *taps - piece;
    *taps = 2;
}

/* v / by, where `by` is one small integer all over and `near` its reciprocal: see CPOOL_OVER_ONE. */
CPOOL_INLINE V FN(quotient)(V v, V by, V near)
{
#if CPOOL_PARTS && B == 64 && FLOATING
    return (V)FN(x86_quotient)(v, by, near);
#else
    (void)near;
    return v / by;
#endif
}

/* A vector of results; of sums, divided or multiplied by a factor, and as float where that is wanted. */
CPOOL_INLINE V FN(finish)(int op, V v, int divided, V factor, V near)
{
#if SUMS && FLOATING
    if (op == CPOOL_SUM) {
        if (divided == CPOOL_TIMES)
            v = v * factor;
        else if (divided == CPOOL_OVER)
            v = v / factor;
        else if (divided == CPOOL_OVER_ONE)
            v = FN(quotient)(v, factor, near);
#if !SHORT_SUMS /* what is not finite is taken again */
        const V nan = (V){0} + (T)NAN;
        const M number = (M)(v == v);
        v = BLEND(number, v, nan);
#endif
    }
#else
    (void)op, (void)divided, (void)factor, (void)near;
#endif
    return v;
}

CPOOL_INLINE void FN(put)(int op, char *out, V v, int divided, V factor, V near, isize result)
{
    v = FN(finish)(op, v, divided, factor, near);
#if WIDENS
    if (op == CPOOL_SUM && result == 4) {
#if CPOOL_BYTES == 0
        *(float *)out = (float)v;
#elif defined(LANE)
        *(float *)out = (float)v[0];
#else
        *(FN(half) *)out = __builtin_convertvector(v, FN(half));
#endif
        return;
    }
#endif
    (void)result;
    STORE(out, v);
}

/* The same of some lanes, one bit each, and of their codes; of all where the machine has no such masks. */
CPOOL_INLINE void FN(put_part)(int op, char *out, V v, int divided, V factor, V near, isize result, uint64_t part)
{
#if CPOOL_PARTS && B == 64 && FLOATING
    v = FN(finish)(op, v, divided, factor, near);
#if WIDENS
    if (op == CPOOL_SUM && result == 4) {
        _mm256_mask_storeu_ps((float *)out, (__mmask8)part, _mm512_cvtpd_ps((__m512d)v));
        return;
    }
#endif
    (void)result;
    CPOOL_NAME(_mm512_mask_storeu, CPOOL_NAME(CPOOL_EPI, BITS))(out, part, (__m512i)v);
#else
    (void)part;
    FN(put)(op, out, v, divided, factor, near, result);
#endif
}

CPOOL_INLINE void FN(put_codes_part)(char *out, FN(codes) from, uint64_t part)
{
#if WINNERS && FLOATING && CPOOL_PARTS && B == 64
    _mm_mask_storeu_epi8(out, (__mmask16)(LANES == 8 ? part & 0xff : part), from);
#else
    (void)part;
    PUT_CODES(out, from);
#endif
}
