/* One vector of LANES elements of unpooling: included by unpool_type.h once for each width B in bytes. */
#define V CPOOL_CAT(vector, S, B)
#define M CPOOL_CAT(mask, S, B)
#define W(name) CPOOL_CAT(CPOOL_NAME(cpool, name), S, B)
typedef T V __attribute__((vector_size(B), aligned(sizeof(T)), may_alias));
typedef I M __attribute__((vector_size(B), aligned(sizeof(I)), may_alias));
typedef uint8_t W(bytes) __attribute__((vector_size(LANES)));

/* All ones where the code is k. Of the conversion of bytes gcc 12 makes one insertion a lane. */
CPOOL_INLINE M W(where)(const uint8_t *code, uint8_t k)
{
#if CPOOL_X86 && CPOOL_BYTES == 64
    __m128i found = _mm_setzero_si128();
    memcpy(&found, code, LANES);
    return (M)CPOOL_NAME(W(ones), x86)(_mm_cmpeq_epi8_mask(found, _mm_set1_epi8((char)k)));
#else
    const M wanted = (M){0} + (I)k;
#if CPOOL_X86
    const M codes = (M)CPOOL_NAME(W(widen), x86)((const char *)code);
#else
    W(bytes) found;
    memcpy(&found, code, LANES);
    const M codes = __builtin_convertvector(found, M);
#endif
    return codes == wanted;
#endif
}

#define AT(p) (*(V *)(p))
#define FROM(p) (*(const V *)(p))
#define BLEND(mask, b, a) ((V)(((mask) & (M)(b)) | (~(mask) & (M)(a))))

CPOOL_INLINE void W(spread_pairs)(T *window, const T *x, const uint8_t *code, const isize *place, isize rows)
{
    const M all = (M)FROM(x);
    for (isize r = 0; r < rows; r++) {
        const M even = all & W(where)(code, (uint8_t)(2 * r)), odd = all & W(where)(code, (uint8_t)(2 * r + 1));
        AT(window + place[2 * r]) = (V)__builtin_shufflevector(even, odd, CPOOL_NAME(CPOOL_ZIP_LOW, LANES));
        AT(window + place[2 * r] + LANES) = (V)__builtin_shufflevector(even, odd, CPOOL_NAME(CPOOL_ZIP_HIGH, LANES));
    }
}
CPOOL_INLINE void W(gather_pairs)(T *x, const T *window, const uint8_t *code, const isize *place, isize rows)
{
    V found = {0};
    for (isize r = 0; r < rows; r++) {
        const V low = FROM(window + place[2 * r]), high = FROM(window + place[2 * r] + LANES);
        const V even = __builtin_shufflevector(low, high, CPOOL_NAME(CPOOL_EVEN, LANES));
        const V odd = __builtin_shufflevector(low, high, CPOOL_NAME(CPOOL_ODD, LANES));
        found = BLEND(W(where)(code, (uint8_t)(2 * r)), even, found);
        found = BLEND(W(where)(code, (uint8_t)(2 * r + 1)), odd, found);
    }
    AT(x) = found;
}
CPOOL_INLINE void W(spread_pixel)(T *window, const T *x, const uint8_t *code, const isize *place, isize cells, isize n)
{
    const M all = (M)FROM(x);
    for (isize k = 0; k < cells; k++)
        AT(window + place[k] * n) = (V)(all & W(where)(code, (uint8_t)k));
}
CPOOL_INLINE void W(gather_pixel)(T *x, const T *window, const uint8_t *code, const isize *place, isize cells, isize n)
{
    V found = {0};
    for (isize k = 0; k < cells; k++)
        found = BLEND(W(where)(code, (uint8_t)k), FROM(window + place[k] * n), found);
    AT(x) = found;
}

#undef AT
#undef FROM
#undef BLEND
#undef V
#undef M
#undef W
#undef B
#undef LANES
