"""Regions of interest."""

from __future__ import annotations

from cpool._docs.method import Method

RESULT = """\
y : ndarray
    (K, C, PH, PW); with ``data_format="channels_last"`` (K, PH, PW, C), for an `output_size` of (PH, PW)."""
PARAMETERS = {
    "x": ("array_like", '(N, C, H, W); with ``data_format="channels_last"`` (N, H, W, C). Any strides; never modified.'),
    "output_size": ("int or sequence of int", "Bins of a region along H and W: one number for both, or one each."),
    "out": ("ndarray or None", "An array of the result's shape and dtype to write it into, apart from the inputs in memory."),
}
GEOMETRY = """\
The regions get no gradient. Where their bins lie is computed in float64 whatever the dtypes are; torchvision takes the dtype
of `x`, so a corner that lies within a rounding error of a half{or_so} may fall to the other side there."""

METHODS = {
    "roi_pool": Method(
        "roi_pool",
        "RoIPool",
        "Its dtype is that of `x`: any float of at most 64 bits, bfloat16, any integer or bool.",
        f"""\
With the corners times `spatial_scale` rounded to cells, a half away from 0, a region has ``cells = end - start + 1`` cells
along an axis, at least 1. Bin p takes those from ``start + floor(p * cells / bins)`` to
``start + ceil((p + 1) * cells / bins)``, as far as they lie in the plane; neighbours may share one. A bin without a cell gives
0, and no gradient. Else all of a bin's gradient goes to its winner: the first in row-major order, or the first NaN.

The operator is `torchvision.ops.roi_pool`, but a NaN in a bin is its result, and regions are checked.
{GEOMETRY.format(or_so="")}""",
        RESULT,
        PARAMETERS,
    ),
    "roi_align": Method(
        "roi_align",
        "RoIAlign",
        "Its dtype is that of `x`, and float64 where `x` holds integers or bools. Floats of less than 64 bits are added in\n"
        "float32 where `sampling_ratio` is 1 to 4, else in float64.",
        f"""\
Each bin has so many samples along either axis, evenly spaced from half a step behind its start on; its result is their average.
A sample is the average of the four cells around it, weighed by how near they are. One beyond [-1, H] or [-1, W] counts as 0,
and one outside the centres of the outermost cells as the nearest cell. A region without extent has no samples, and gives 0,
where `aligned` is True and `sampling_ratio` is not positive. A cell whose weight is 0 still counts: 0 times inf is NaN.

Each cell takes as much of the gradient as it gave. Samples between the same cells are taken together: the cost grows with the
cells that a region touches, not with its size or `sampling_ratio`.

The operator is `torchvision.ops.roi_align`, and RoiAlign-16 of ONNX with mode "avg" (whose "half_pixel" is `aligned`, and its
`sampling_ratio` 0 by default), but regions are checked.
{GEOMETRY.format(or_so=" or of a border")}""",
        RESULT,
        PARAMETERS,
    ),
}
