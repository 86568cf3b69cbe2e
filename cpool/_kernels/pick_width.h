/* The gradient of max and min for one vector of one kind of source: included by rows_blocks.h. See pick.h. */

/* Where the code is the wanted one the gradient is added. A mask of bytes selects elements where the machine has masks;
 * elsewhere what is not wanted adds 0.0, which changes no bit: the sum starts from 0.0, and so is never -0.0. */
CPOOL_INLINE V BN(add_where)(V sum, const char *code, uint8_t wanted, const char *grad)
{
#if X86_BEST && CPOOL_BYTES == 64 && !defined(LANE)
    return (V)FN(x86_add_where)(sum, code, wanted, READ(grad));
#elif CPOOL_BYTES == 0
    return sum + (*(const uint8_t *)code == wanted ? READ(grad) : 0);
#elif defined(LANE)
    return sum + (V){*(const uint8_t *)code == wanted ? READ(grad)[0] : 0};
#else
#if X86_BEST /* of the conversion gcc 12 makes one insertion a lane */
    const M codes = (M)FN(x86_widen)(code);
#else
    FN(bytes) found;
    memcpy(&found, code, LANES);
    const M codes = __builtin_convertvector(found, M);
#endif
    const M mask = codes == BROADCAST(wanted);
    const V g = READ(grad), zero = {0};
    return sum + BLEND(mask, g, zero);
#endif
}

CPOOL_INLINE V BN(pick)(const char *grad, const char *code, const isize *offset, const uint8_t *wanted, isize m)
{
    V sum = {0};
    for (isize j = 0; j < m; j++)
        sum = BN(add_where)(sum, code + offset[j], wanted[j], grad + offset[j] * (isize)sizeof(SOURCE));
    return sum;
}

CPOOL_INLINE void BN(keep)(char *out, V v)
{
    KEEP(out, v);
}

/* out[0], out[2], ... and out[1], out[3], ... */
CPOOL_INLINE void BN(put_pairs)(char *out, V even, V odd)
{
#if CPOOL_BYTES == 0 || defined(LANE)
    KEEP(out, even);
    KEEP(out + sizeof(SOURCE), odd);
#else
    KEEP(out, __builtin_shufflevector(even, odd, CPOOL_NAME(CPOOL_ZIP_LOW, LANES)));
    KEEP(out + LANES * sizeof(SOURCE), __builtin_shufflevector(even, odd, CPOOL_NAME(CPOOL_ZIP_HIGH, LANES)));
#endif
}
