/* Powers of vectors of double, with the same bits in each variant: plain arithmetic without a branch or a table.
 *
 * What log a is rounded by counts e log a times, hundreds of units in the last place at the ends of the range. So the exact ones
 * take log a, e and their product as sums of two: their error is below one unit in the last place for |e| up to 30, of three for
 * |e| up to 300, and roots of powers are exact. The short ones are for what becomes floats: log2 a is within 2^-45, and
 * the result within 2^-44 of its own size besides; both polynomials are Chebyshev's. */
#ifndef CPOOL_POWERS_H
#define CPOOL_POWERS_H

#include "beside.h"

/* An exponent, as the sum of two. */
typedef struct {
    double high, low;
} cpool_exponent;

#define V CPOOL_CAT(vector, f64, CPOOL_LONGEST)
#define M CPOOL_CAT(mask, f64, CPOOL_LONGEST)
enum { CPOOL_POWERS = sizeof(V) / sizeof(double) };
#define ALL(number) ((V){0} + (double)(number))
#define MASK(condition) ((M)(condition))
#if CPOOL_BYTES
#define PICK(mask, yes, no) ((V)(((mask) & (M)(yes)) | (~(mask) & (M)(no))))
#define BITS_OF(v) ((M)(v))
#define OF_BITS(m) ((V)(m))
#else
#define PICK(mask, yes, no) ((mask) ? (yes) : (no))
#define BITS_OF cpool_bits_of_f64
#define OF_BITS cpool_of_bits_f64
#endif
#define SHIFTER 6755399441055744.0 /* 1.5 * 2^52: what is added to it is rounded to an integer, in its low bits */
#define LN2_HIGH 6.93147180369123816490e-01 /* of 32 bits: its products with exponents of 2 are exact */
#define LN2_LOW 1.90821492927058770002e-10
/* The exponent of a positive normal number, for a mantissa between the root of 1/2 and that of 2: m = a / 2^exponent. */
#define EXPONENT(bits) (((bits) - 0x3fe6a09e667f3bcd) >> 52)
#define MANTISSA(bits, exponent) OF_BITS((bits) - ((exponent) << 52))
#define NUMBER(integer) (OF_BITS(BITS_OF(ALL(SHIFTER)) + (integer)) - SHIFTER)
/* 2 to the power of an integer to which SHIFTER was added: 0 for -1023 and infinity for 1024. */
#define POWER_OF_2(shifted) OF_BITS(((BITS_OF(shifted) & 0xfff) + 1023) << 52) /* & so that no NaN overflows it */

CPOOL_INLINE V cpool_power_short_f64(V a, cpool_exponent e)
{
    const M bits = BITS_OF(a), k = EXPONENT(bits);
    const V m = MANTISSA(bits, k), s = (m - 1) / (m + 1), z = s * s; /* log2 m = 2 / ln 2 artanh s */
    V l = ALL(0.28288502340748234);
    l = l * z + 0.31990680380701336;
    l = l * z + 0.41220922406110433;
    l = l * z + 0.5770779426603044;
    l = l * z + 0.9617966941122649;
    l = l * z + 2.885390081777851;
    l = l * s + NUMBER(k);
    l = PICK(MASK(a == ALL(0)), ALL(-INFINITY), PICK(MASK(a < ALL(INFINITY)), l, a));
    V x = l * e.high;
    x = PICK(MASK(x < ALL(-1023)), ALL(-1023), x);
    x = PICK(MASK(x > ALL(1024)), ALL(1024), x);
    const V shifted = x + SHIFTER, r = x - (shifted - SHIFTER);
    V p = ALL(1.0203121063391729e-07);
    p = p * r + 1.3255224878668817e-06;
    p = p * r + 1.525268684626772e-05;
    p = p * r + 0.00015403455452453838;
    p = p * r + 0.0013333558179043112;
    p = p * r + 0.009618129159402558;
    p = p * r + 0.055504108664760424;
    p = p * r + 0.2402265069581299;
    p = p * r + 0.6931471805599453;
    return (p * r + 1) * POWER_OF_2(shifted);
}

/* The factor of at most 26 bits that is left of a number without its last 27. */
CPOOL_INLINE V cpool_leading_f64(V a)
{
    return OF_BITS(BITS_OF(a) & ((M){0} - (1 << 27)));
}
/* What a * b was rounded by; a fused multiply-add would tell, where there is one. */
CPOOL_INLINE V cpool_rounded_off_f64(V a, V b, V product)
{
    const V a1 = cpool_leading_f64(a), a2 = a - a1, b1 = cpool_leading_f64(b), b2 = b - b1;
    return ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;
}

/* log of a positive finite number as high + *low: log m = 2 artanh((m - 1) / (m + 1)). */
CPOOL_INLINE V cpool_log_in_two_f64(V a, V *low)
{
    const M small = MASK(a < ALL(DBL_MIN)), bits = BITS_OF(PICK(small, a * 0x1p54, a)), e = EXPONENT(bits);
    const V m = MANTISSA(bits, e), f = m - 1, k = NUMBER(e) - PICK(small, ALL(54), ALL(0));
    const V sum = m + 1, sum_low = m - (sum - 1), by = 1 / sum, s = f * by, back = s * sum;
    const V s_low = (((f - back) - cpool_rounded_off_f64(s, sum, back)) - s * sum_low) * by * 2, z = s * s;
    V p = ALL(2 / 25.0);
    p = p * z + 2 / 23.0;
    p = p * z + 2 / 21.0;
    p = p * z + 2 / 19.0;
    p = p * z + 2 / 17.0;
    p = p * z + 2 / 15.0;
    p = p * z + 2 / 13.0;
    p = p * z + 2 / 11.0;
    p = p * z + 2 / 9.0;
    p = p * z + 2 / 7.0;
    p = p * z + 2 / 5.0;
    p = p * z + 2 / 3.0;
    const V whole = k * LN2_HIGH, high = whole + 2 * s;
    const V rest = (2 * s - (high - whole)) + (k * LN2_LOW + (z * s * p + (s_low * z + s_low))), found = high + rest;
    *low = rest - (found - high);
    return found;
}

/* exp(x + low) */
CPOOL_INLINE V cpool_exp_of_two_f64(V x, V low)
{
    const M below = MASK(x < ALL(-746)), above = MASK(x > ALL(710)); /* all is 0 there, or infinite */
    x = PICK(above, ALL(710), PICK(below, ALL(-746), x));
    const V n = x * 1.4426950408889634 + SHIFTER - SHIFTER, high = x - n * LN2_HIGH;
    const V rest = n * LN2_LOW - PICK(below | above, ALL(0), low), r = high - rest, r_low = (high - r) - rest;
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
    p = (p * (r * r) + r_low) + r + 1;
    /* In two factors: one alone may leave the range. */
    const V half = n / 2 + SHIFTER, other = n - (half - SHIFTER) + SHIFTER;
    return p * POWER_OF_2(half) * POWER_OF_2(other);
}

CPOOL_INLINE V cpool_power_exact_f64(V a, cpool_exponent e)
{
    V low;
    const V l = cpool_log_in_two_f64(a, &low), x = l * e.high;
    const V found = cpool_exp_of_two_f64(x, cpool_rounded_off_f64(l, ALL(e.high), x) + (low * e.high + l * e.low));
    const M ordinary = MASK(a > ALL(0)) & MASK(a < ALL(INFINITY));
    const V ends = e.high > 0 ? a : PICK(MASK(a == ALL(0)), ALL(INFINITY), ALL(0)); /* of 0 and infinity */
    return PICK(ordinary, found, PICK(MASK(a == a), ends, a));
}

/* a^e, in place, of numbers that are not below 0. */
#define CPOOL_POWERS_OF(name) \
    static void cpool_powers_##name(double *a, cpool_exponent e, isize n) \
    { \
        isize i = 0; \
        for (; i + CPOOL_POWERS <= n; i += CPOOL_POWERS) \
            *(V *)(a + i) = cpool_power_##name##_f64(*(const V *)(a + i), e); \
        if (i < n) { \
            V last = {0}; \
            memcpy(&last, a + i, (size_t)(n - i) * sizeof(double)); \
            last = cpool_power_##name##_f64(last, e); \
            memcpy(a + i, &last, (size_t)(n - i) * sizeof(double)); \
        } \
    }
CPOOL_POWERS_OF(short)
CPOOL_POWERS_OF(exact)

#undef V
#undef M
#undef ALL
#undef MASK
#undef PICK
#undef BITS_OF
#undef OF_BITS
#undef LN2_HIGH
#undef LN2_LOW
#undef SHIFTER
#undef EXPONENT
#undef MANTISSA
#undef NUMBER
#undef POWER_OF_2
#endif
