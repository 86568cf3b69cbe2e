/* The families for one element type T: included by beside.h. S is the suffix of its names, I the integer of its width.
 *
 * A family takes the lanes vector by vector and the cells within: what it adds up stays in registers. The vectors are those of
 * rows_width.h; loops over plain arrays were left scalar by the compiler as often as not. */
#define FN(name) CPOOL_NAME(CPOOL_NAME(cpool, name), S)
#define V CPOOL_CAT(vector, S, CPOOL_LONGEST)
#define M CPOOL_CAT(mask, S, CPOOL_LONGEST)
#define L (b->pitch)
enum { FN(W) = sizeof(V) / sizeof(T) };
#define EACH_VECTOR for (isize i = 0; i < b->lanes; i += FN(W))
#define EACH_CELL for (isize k = 0; k < b->n; k++)
/* The vector i of row k of an array of lanes. */
#define AT(array, k) (*(V *)((T *)(array) + (k) * L + i))
/* Of an input: cell k of the windows. */
#define CELL_OF(array, k) (*(V *)((T *)(array) + b->place[k] + i))
#define CELL(k) CELL_OF(b->x, k)
#define READY(k, number) (*(V *)((T *)b->ready + b->ready_place[k] + (number) * b->ready_step + i))
#define PARAM(k) AT(b->params, k)
#define ALL(number) ((V){0} + (T)(number))
#define PLACE(number) ((M){0} + (I)(number))
#define MASK(condition) ((M)(condition))
#if CPOOL_BYTES
#define PICK(mask, yes, no) ((V)(((mask) & (M)(yes)) | (~(mask) & (M)(no))))
#define PICK_PLACE(mask, yes, no) (((mask) & (yes)) | (~(mask) & (no)))
#define COUNT(mask) (-(mask))
#else
#define PICK(mask, yes, no) ((mask) ? (yes) : (no))
#define PICK_PLACE PICK
#define COUNT(mask) (mask)
#endif
#define MOST(u, v) PICK(MASK((u) > (v)), u, v)
#define LEAST(u, v) PICK(MASK((u) < (v)), u, v)
/* Adds cell k to a sum whose cells of 32 are added up apart: a sum of many cells errs no more than numpy's pairwise one. */
#define ADD(sum, part, v) \
    do { \
        part += (v); \
        if (k % 32 == 31) { \
            sum += part; \
            part = ALL(0); \
        } \
    } while (0)
/* Whether the second replaces the first as the largest: not if equal, and the first NaN stays. */
#define WINS(v, best) ((MASK((v) > (best)) | MASK((v) != (v))) & MASK((best) == (best)))

/* What a family computes with, apart from all that it writes to: the compiler then need not read it again. */
#define OWN \
    const cpool_beside own = *given; \
    const cpool_beside *const b = &own;

/* One of two vectors for all lanes: gcc takes those read from memory for another type, which ?: refuses. */
CPOOL_INLINE V FN(either)(int condition, V yes, V no)
{
    if (condition)
        return yes;
    return no;
}

/* Whether a lane is set. */
CPOOL_INLINE int FN(any)(M mask)
{
#if CPOOL_X86 && CPOOL_BYTES == 64
    return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0;
#elif CPOOL_X86 && CPOOL_BYTES == 32
    return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#elif CPOOL_X86
    return _mm_movemask_epi8((__m128i)mask) != 0;
#else
    I lanes[FN(W)], found = 0;
    memcpy(lanes, &mask, sizeof lanes);
    for (isize j = 0; j < FN(W); j++)
        found |= lanes[j];
    return found != 0;
#endif
}

/* Whether a lane in use is not set. */
static const I FN(lane_numbers)[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
CPOOL_INLINE int FN(any_without)(const cpool_beside *b, isize i, M mask)
{
    return FN(any)(~mask & MASK(*(const M *)FN(lane_numbers) < PLACE(b->lanes - i)));
}

/* The codes of vector i. */
static inline void FN(put_codes)(const cpool_beside *b, isize i, M code)
{
    I found[FN(W)];
    memcpy(found, &code, sizeof found);
    for (isize j = 0; j < FN(W); j++)
        b->code[i + j] = (int32_t)found[j];
}

#include "beside_lanes.h"
#include "beside_math.h"
#include "beside_softmax.h"
#include "beside_mean.h"
#include "beside_gates.h"
#include "beside_rank.h"
#include "beside_chance.h"
#include "beside_detail.h"

#undef FN
#undef V
#undef M
#undef L
#undef EACH_VECTOR
#undef EACH_CELL
#undef AT
#undef CELL
#undef CELL_OF
#undef READY
#undef PARAM
#undef ALL
#undef PLACE
#undef MASK
#undef PICK
#undef PICK_PLACE
#undef COUNT
#undef MOST
#undef LEAST
#undef OWN
#undef PUT
#undef WINS
#undef ADD
