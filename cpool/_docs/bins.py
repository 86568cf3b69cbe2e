"""Adaptive, fractional and pyramid pooling."""

from __future__ import annotations

from cpool._docs.method import Method
from cpool._docs.windows import SAME_DTYPE

MEAN_DTYPE = "Its dtype is that of `x`, and float64 where `x` holds integers or bools. Floats are added in float64."
GRADIENTS = {
    "max": "All of a window's gradient goes to its winner: the first in row-major order, or the first NaN.",
    "avg": "Each cell of a window gets the window's gradient over the number of its cells.",
}
OUTPUT_SIZE = (
    "int, None, or sequence of int and None",
    "Windows along each axis: one number for every axis, or one an axis ({axes}); None keeps the size of an axis.",
)

ADAPTIVE = """\
With an input of `size` and an output of `out` cells along an axis, window o has the cells from::

    floor(o * size / out)  to  ceil((o + 1) * size / out) - 1

in integer arithmetic; windows overlap where `out` does not divide `size`, and `out` may be larger than `size`.
{gradient}

The operator is `torch.nn.functional.adaptive_{kind}_pool{{rank}}d`."""

FRACTIONAL = """\
With `kernel_size`, PyTorch's scheme, `torch.nn.functional.fractional_max_pool{{rank}}d`: along each axis of each plane a sample u
of [0, 1) shifts windows of a fixed size, which start at::

    floor((o + u) * step) - floor(u * step),  step = (size - kernel_size) / (output_size - 1)

and for the last o at size - kernel_size; in the precision of `x`, at least float32. With ``kernel_size=None``, the scheme of
Graham (Fractional max-pooling, arXiv 1412.6071, 2014) and TensorFlow: one increasing sequence of boundaries an axis for all
planes, whose steps are floor(size / output_size) or one more, in random order, or with `pseudorandom` as evenly as can be at
a random phase. Window o has the cells from boundary o to the next, and with `overlapping` the next one's first cell too.
{gradient}
The pullback uses the windows of its forward."""

PYRAMID = """\
Each level n is an adaptive pooling (`adaptive_max_pool2d` or `adaptive_avg_pool2d`) to n x n cells. A level's features are in the
order (C, n, n) in either layout, and the levels follow each other. The gradients of the levels add up.

Source: He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks for visual recognition, 2014; with
adaptive bins, so that every level has its n x n cells whatever the size of the input."""

FRACTIONAL_PARAMETERS = {
    "kernel_size": ("int, sequence of int, or None", "Cells of a window along each axis; None for windows between boundaries."),
    "output_size": (
        "int, sequence of int, or None",
        "Windows along each axis. Exactly one of `output_size`, `output_ratio` and `boundaries` is given.",
    ),
}

METHODS = {
    "adaptive_max": Method(
        "adaptive_max_pool{rank}d", "AdaptiveMaxPool{rank}d", SAME_DTYPE, ADAPTIVE.format(kind="max", gradient=GRADIENTS["max"]),
        parameters={"output_size": OUTPUT_SIZE},
    ),
    "adaptive_avg": Method(
        "adaptive_avg_pool{rank}d", "AdaptiveAvgPool{rank}d", MEAN_DTYPE, ADAPTIVE.format(kind="avg", gradient=GRADIENTS["avg"]),
        parameters={"output_size": OUTPUT_SIZE},
    ),
    "fractional_max": Method(
        "fractional_max_pool{rank}d", "FractionalMaxPool{rank}d", SAME_DTYPE, FRACTIONAL.format(gradient=GRADIENTS["max"]),
        parameters=FRACTIONAL_PARAMETERS,
    ),
    "fractional_avg": Method(
        "fractional_avg_pool{rank}d", "FractionalAvgPool{rank}d", MEAN_DTYPE, FRACTIONAL.format(gradient=GRADIENTS["avg"]),
        parameters=FRACTIONAL_PARAMETERS,
    ),
    "spatial_pyramid": Method(
        "spatial_pyramid_pool{rank}d", "SpatialPyramidPool{rank}d", "Its dtype is that of the pooling `mode` names.", PYRAMID,
        result="y : ndarray\n    (N, F) or (F,): F features, C * n * n for each level n.",
    ),
}  # fmt: skip
