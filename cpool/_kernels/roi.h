/* Regions of interest: the innermost loops, over a block of channels side by side.
 *
 * Both operators see a block of channels of one image as cells of `lanes` elements each: the memory itself where the channels
 * are the last axis, else a copy of the part that the regions touch, made once for all regions of the image. Every vector
 * instruction then does the same to as many channels, whatever the region looks like.
 *
 * Steps and offsets are in bytes.
 */
#ifndef CPOOL_ROI_H
#define CPOOL_ROI_H

#include "rows.h"

/* Bytes of a cell: a cache line pair, or one vector where there are few channels. */
enum { CPOOL_ROI_WIDE = 128, CPOOL_ROI_NARROW = CPOOL_BYTES ? CPOOL_BYTES : 16 };

/* One cell of an axis that a bin's samples touch, and the sum of their weights over the samples of the bin. */
typedef struct {
    double weight;
    float narrow; /* the same in float */
    int32_t slot; /* which of the cells that the region touches along the axis */
} cpool_roi_tap;

/* The taps of bin b along an axis are taps[first[b]] to taps[first[b + 1]]. */
typedef struct {
    isize bins;
    const isize *first;
    const cpool_roi_tap *taps;
} cpool_roi_axis;

typedef struct {
    cpool_roi_axis y, x;
    char *cells;       /* cell (r, c) of those the region touches is at cells + row[r] + col[c] */
    const isize *row, *col; /* a negative row takes no part in a gradient */
    isize cols;
    char *line;        /* scratch: `cols` cells */
    char *bins;        /* the result, or its gradient: cell y * x.bins + x */
    isize bin_step;
    isize block;       /* CPOOL_ROI_WIDE or CPOOL_ROI_NARROW */
} cpool_roi_align;

typedef struct {
    isize bins_y, bins_x;
    const isize *rows, *cols; /* start and stop of each bin */
    const char *cells;   /* the cell (0, 0) of the plane, though it need not exist */
    isize row_step, col_step, plane_cols;
    char *best, *codes;  /* the result, bins of `block` bytes; the winners flat in the plane, as wide as an element, or NULL */
    isize best_step;     /* from bin to bin of the result */
    isize block;
} cpool_roi_max;

/* Channels of cells from planes into blocks of `lanes`, those that are missing as zeros: cell c of channel j lies at
 * src + j * channel_step + offset[c], or + c * cell_step where offset is NULL. */
#define CPOOL_ROI_PACK(NAME, FROM, TO) \
    static void NAME(char *dst, isize lanes, const char *src, isize channel_step, const isize *offset, isize cell_step, \
                     isize cells, isize channels) \
    { \
        TO *to = (TO *)dst; \
        if (channels < lanes) \
            memset(dst, 0, (size_t)(cells * lanes) * sizeof(TO)); \
        if (channel_step == (isize)sizeof(FROM) && (offset || cell_step != channel_step)) { \
            for (isize c = 0; c < cells; c++, to += lanes) { \
                const FROM *from = (const FROM *)(src + (offset ? offset[c] : c * cell_step)); \
                for (isize j = 0; j < channels; j++) \
                    to[j] = (TO)from[j]; \
            } \
            return; \
        } \
        for (isize j = 0; j < channels; j++, src += channel_step) { \
            if (offset) \
                for (isize c = 0; c < cells; c++) \
                    to[c * lanes + j] = (TO) * (const FROM *)(src + offset[c]); \
            else if (cell_step == (isize)sizeof(FROM)) \
                for (isize c = 0; c < cells; c++) \
                    to[c * lanes + j] = (TO)((const FROM *)src)[c]; \
            else \
                for (isize c = 0; c < cells; c++) \
                    to[c * lanes + j] = (TO) * (const FROM *)(src + c * cell_step); \
        } \
    }
/* And back. */
#define CPOOL_ROI_UNPACK(NAME, FROM, TO) \
    static void NAME(char *dst, isize channel_step, isize cell_step, const char *src, isize lanes, isize cells, isize channels) \
    { \
        const FROM *from = (const FROM *)src; \
        if (channel_step == (isize)sizeof(TO) && cell_step != channel_step) { \
            for (isize c = 0; c < cells; c++, dst += cell_step, from += lanes) \
                for (isize j = 0; j < channels; j++) \
                    ((TO *)dst)[j] = (TO)from[j]; \
            return; \
        } \
        for (isize j = 0; j < channels; j++, dst += channel_step) { \
            if (cell_step == (isize)sizeof(TO)) \
                for (isize c = 0; c < cells; c++) \
                    ((TO *)dst)[c] = (TO)from[c * lanes + j]; \
            else \
                for (isize c = 0; c < cells; c++) \
                    *(TO *)(dst + c * cell_step) = (TO)from[c * lanes + j]; \
        } \
    }
CPOOL_ROI_PACK(cpool_roi_pack_4, cpool_bytes4, cpool_bytes4)
CPOOL_ROI_PACK(cpool_roi_pack_8, cpool_bytes8, cpool_bytes8)
CPOOL_ROI_PACK(cpool_roi_pack_wider, float, double)
CPOOL_ROI_UNPACK(cpool_roi_unpack_4, cpool_bytes4, cpool_bytes4)
CPOOL_ROI_UNPACK(cpool_roi_unpack_8, cpool_bytes8, cpool_bytes8)
CPOOL_ROI_UNPACK(cpool_roi_unpack_narrower, double, float)
CPOOL_ROI_UNPACK(cpool_roi_unpack_codes, int64_t, int32_t)

#define S f32
#define T float
#define I int32_t
#define WEIGHT narrow
#define NAN_FIRST 1
#include "roi_type.h"
#define S f64
#define T double
#define I int64_t
#define WEIGHT weight
#define NAN_FIRST 1
#include "roi_type.h"
#define S i32
#define T int32_t
#define I int32_t
#define NAN_FIRST 0
#include "roi_type.h"
#define S i64
#define T int64_t
#define I int64_t
#define NAN_FIRST 0
#include "roi_type.h"
#define S u64
#define T uint64_t
#define I int64_t
#define NAN_FIRST 0
#include "roi_type.h"

/* The order is that of cpool._ops.roi.ELEMENTS. */
static void (*const CPOOL_ROI_MAX[5])(const cpool_roi_max *) = {
    cpool_roi_max_f32, cpool_roi_max_f64, cpool_roi_max_i32, cpool_roi_max_i64, cpool_roi_max_u64,
};

#endif
