/* exp and log of vectors, with the same bits in each variant: plain arithmetic without a branch or a table.
 *
 * The argument is split into a multiple of ln 2 and a rest, exp of which is a polynomial (Taylor's in double; in float one of
 * degree 6, which errs 3e-9 at most); log the other way round, in double by fdlibm's polynomial, in float by that of the Cephes
 * library. Within 2 units in the last place where the result is a normal number; below, exp is 0: all our uses add it to a 1.
 * Included by beside_type.h. */
#if DOUBLE
#define FEWEST (-708.0)
#define SHIFTER 6755399441055744.0 /* 1.5 * 2^52: what is added to it is rounded to an integer, in its low bits */
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define MANTISSA 52
#define BIAS 1023
#define ROOT_HALF 0x3fe6a09e667f3bcd /* the bits of the root of 1/2 */
#define UNSIGNED INT64_MAX
#else
#define FEWEST (-87.0f)
#define SHIFTER 12582912.0f /* 1.5 * 2^23 */
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)
#define MANTISSA 23
#define BIAS 127
#define ROOT_HALF 0x3f3504f3
#define UNSIGNED INT32_MAX
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

/* Of one vector or of several, step by step: each step of one waits for the step before, and the processor looks ahead over the
 * steps of hardly more than one. */
#define EACH_OF(many) for (int j = 0; j < many; j++)

/* exp between FEWEST and its opposite; numbers beyond count as these, and NaN stays. */
CPOOL_INLINE void FN(exps_within)(int many, const V *x, V *found)
{
    V c[2], n[2], r[2], p[2], square[2];
    M scale[2];
    EACH_OF(many) c[j] = PICK(MASK(x[j] < ALL(FEWEST)), ALL(FEWEST), x[j]);
    EACH_OF(many) c[j] = PICK(MASK(c[j] > ALL(-FEWEST)), ALL(-FEWEST), c[j]);
    EACH_OF(many) n[j] = c[j] * (T)1.4426950408889634 + (T)SHIFTER;
    EACH_OF(many) scale[j] = ((BITS_OF(n[j]) & 0xfff) + BIAS) << MANTISSA; /* so that no NaN overflows it */
    EACH_OF(many) n[j] = n[j] - (T)SHIFTER;
    EACH_OF(many) r[j] = c[j] - n[j] * (T)LN2_HIGH - n[j] * (T)LN2_LOW;
    EACH_OF(many) square[j] = r[j] * r[j];
#define TERM(number) EACH_OF(many) p[j] = p[j] * r[j] + (T)(number);
#if DOUBLE
    EACH_OF(many) p[j] = ALL(1 / 6227020800.0);
    TERM(1 / 479001600.0)
    TERM(1 / 39916800.0)
    TERM(1 / 3628800.0)
    TERM(1 / 362880.0)
    TERM(1 / 40320.0)
    TERM(1 / 5040.0)
    TERM(1 / 720.0)
    TERM(1 / 120.0)
    TERM(1 / 24.0)
    TERM(1 / 6.0)
    TERM(0.5)
#else
    EACH_OF(many) p[j] = ALL(1.3814318227e-3f);
    TERM(8.3688516170e-3f)
    TERM(4.1668400168e-2f)
    TERM(1.6666519642e-1f)
    TERM(4.9999994040e-1f)
#endif
#undef TERM
    EACH_OF(many) p[j] = p[j] * square[j] + r[j] + 1;
    EACH_OF(many) found[j] = p[j] * OF_BITS(scale[j]);
}
CPOOL_INLINE V FN(exp_within)(V x)
{
    V found;
    FN(exps_within)(1, &x, &found);
    return found;
}
CPOOL_INLINE void FN(exps)(int many, const V *x, V *found)
{
    FN(exps_within)(many, x, found);
    EACH_OF(many) found[j] = PICK(MASK(x[j] < ALL(FEWEST)), ALL(0), PICK(MASK(x[j] == x[j]), found[j], x[j]));
}
CPOOL_INLINE V FN(exp)(V x)
{
    V found;
    FN(exps)(1, &x, &found);
    return found;
}

/* Of positive normal numbers, inf and NaN. m is between the root of 1/2 and that of 2. Signs, which lanes that no one reads may
 * have, are cut off: the integers would overflow. */
CPOOL_INLINE void FN(logs)(int many, const V *x, V *found)
{
    M bits[2], e[2];
    V f[2], k[2], p[2], square[2];
    EACH_OF(many) bits[j] = BITS_OF(x[j]) & (I)UNSIGNED;
    EACH_OF(many) e[j] = (bits[j] - (I)ROOT_HALF) >> MANTISSA;
    EACH_OF(many) f[j] = OF_BITS(bits[j] - (e[j] << MANTISSA)) - 1;
    /* The integer e as a number, by the same trick as above: not every machine converts integers of 64 bits. */
    EACH_OF(many) k[j] = OF_BITS(BITS_OF(ALL(SHIFTER)) + e[j]) - (T)SHIFTER;
#if DOUBLE
    V s[2], half[2];
    EACH_OF(many) s[j] = f[j] / (f[j] + 2); /* log(1 + f) = 2 s + 2/3 s^3 + ... */
    EACH_OF(many) square[j] = s[j] * s[j];
    EACH_OF(many) half[j] = f[j] * f[j] / 2;
#define TERM(number) EACH_OF(many) p[j] = p[j] * square[j] + (T)(number);
    EACH_OF(many) p[j] = ALL(1.479819860511658591e-01);
    TERM(1.531383769920937332e-01)
    TERM(1.818357216161805012e-01)
    TERM(2.222219843214978396e-01)
    TERM(2.857142874366239149e-01)
    TERM(3.999999999940941908e-01)
    TERM(6.666666666666735130e-01)
    EACH_OF(many)
        found[j] = k[j] * LN2_HIGH - ((half[j] - (s[j] * (half[j] + p[j] * square[j]) + k[j] * LN2_LOW)) - f[j]);
#else
    EACH_OF(many) square[j] = f[j] * f[j];
#define TERM(number) EACH_OF(many) p[j] = p[j] * f[j] + (T)(number);
    EACH_OF(many) p[j] = ALL(7.0376836292e-2f);
    TERM(-1.1514610310e-1f)
    TERM(1.1676998740e-1f)
    TERM(-1.2420140846e-1f)
    TERM(1.4249322787e-1f)
    TERM(-1.6668057665e-1f)
    TERM(2.0000714765e-1f)
    TERM(-2.4999993993e-1f)
    TERM(3.3333331174e-1f)
    EACH_OF(many) found[j] = f[j] + (p[j] * f[j] * square[j] + k[j] * LN2_LOW - square[j] / 2) + k[j] * LN2_HIGH;
#endif
#undef TERM
    EACH_OF(many) found[j] = PICK(MASK(x[j] < ALL(INFINITY)), found[j], x[j]);
}
CPOOL_INLINE V FN(log)(V x)
{
    V found;
    FN(logs)(1, &x, &found);
    return found;
}
#undef FEWEST
#undef SHIFTER
#undef LN2_HIGH
#undef LN2_LOW
#undef MANTISSA
#undef BIAS
#undef ROOT_HALF
#undef UNSIGNED
#undef BITS_OF
#undef OF_BITS
