/* exp and log of vectors, with the same bits in each variant: plain arithmetic without a branch or a table.
 *
 * The argument is split into a multiple of ln 2 and a rest, exp of which is a polynomial (Taylor's in double, and in float that of
 * the Cephes library); log the other way round, in double by fdlibm's polynomial. Within 2 units in the last place where the
 * result is a normal number; below, exp is 0: all our uses add it to a 1. Included by beside_type.h. */
#if DOUBLE
#define FEWEST (-708.0)
#define SHIFTER 6755399441055744.0 /* 1.5 * 2^52: what is added to it is rounded to an integer, in its low bits */
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define MANTISSA 52
#define BIAS 1023
#define ROOT_HALF 0x3fe6a09e667f3bcd /* the bits of the root of 1/2 */
#else
#define FEWEST (-87.0f)
#define SHIFTER 12582912.0f /* 1.5 * 2^23 */
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)
#define MANTISSA 23
#define BIAS 127
#define ROOT_HALF 0x3f3504f3
#endif
#if CPOOL_BYTES
#define BITS_OF(v) ((M)(v))
#define OF_BITS(m) ((V)(m))
#else
static inline I FN(bits_of)(T v)
{
    I bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
static inline T FN(of_bits)(I bits)
{
    T v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
#define BITS_OF FN(bits_of)
#define OF_BITS FN(of_bits)
#endif

CPOOL_INLINE V FN(exp)(V x)
{
    const M gone = MASK(x < ALL(FEWEST));
    V c = PICK(gone, ALL(FEWEST), x);
    c = PICK(MASK(c > ALL(-FEWEST)), ALL(-FEWEST), c);
    const V shifted = c * (T)1.4426950408889634 + (T)SHIFTER, n = shifted - (T)SHIFTER;
    const V r = c - n * (T)LN2_HIGH - n * (T)LN2_LOW;
#if DOUBLE
    V p = ALL(1 / 6227020800.0);
    p = p * r + 1 / 479001600.0;
    p = p * r + 1 / 39916800.0;
    p = p * r + 1 / 3628800.0;
    p = p * r + 1 / 362880.0;
    p = p * r + 1 / 40320.0;
    p = p * r + 1 / 5040.0;
    p = p * r + 1 / 720.0;
    p = p * r + 1 / 120.0;
    p = p * r + 1 / 24.0;
    p = p * r + 1 / 6.0;
    p = p * r + 0.5;
#else
    V p = ALL(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
#endif
    p = p * (r * r) + r + 1;
    const V scale = OF_BITS((BITS_OF(shifted) + BIAS) << MANTISSA);
    return PICK(gone, ALL(0), PICK(MASK(x == x), p * scale, x));
}

/* Of positive normal numbers, inf and NaN. m is between the root of 1/2 and that of 2. */
CPOOL_INLINE V FN(log)(V x)
{
    const M bits = BITS_OF(x), e = (bits - (I)ROOT_HALF) >> MANTISSA;
    const V m = OF_BITS(bits - (e << MANTISSA)), f = m - 1;
    /* The integer e as a number, by the same trick as above: not every machine converts integers of 64 bits. */
    const V k = OF_BITS(BITS_OF(ALL(SHIFTER)) + e) - (T)SHIFTER;
#if DOUBLE
    const V s = f / (f + 2), z = s * s, half = f * f / 2; /* log(1 + f) = 2 s + 2/3 s^3 + ... */
    V p = ALL(1.479819860511658591e-01);
    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    const V found = k * LN2_HIGH - ((half - (s * (half + p * z) + k * LN2_LOW)) - f);
#else
    const V z = f * f;
    V p = ALL(7.0376836292e-2f);
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    const V found = f + (p * f * z + k * LN2_LOW - z / 2) + k * LN2_HIGH;
#endif
    return PICK(MASK(x < ALL(INFINITY)), found, x);
}
#undef FEWEST
#undef SHIFTER
#undef LN2_HIGH
#undef LN2_LOW
#undef MANTISSA
#undef BIAS
#undef ROOT_HALF
#undef BITS_OF
#undef OF_BITS
