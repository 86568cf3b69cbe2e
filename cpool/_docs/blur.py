"""Anti-aliased poolings."""

from __future__ import annotations

from cpool._docs.learned import DTYPE
from cpool._docs.method import Method

PARAMETERS = {
    "filter_size": (
        "int or sequence of int",
        "Cells of the binomial filter, at least 1: one number for every axis, or one an axis ({axes}). With 1 nothing is\n"
        "blurred, and every `stride`-th cell stays as it is.",
    ),
    "stride": ("int or sequence of int", "Steps from result to result: one number for every axis, or one an axis ({axes})."),
    "mode": (
        '"reflect", "replicate" or "zero"',
        "What is outside of the map: its cells mirrored about the first and the last, which needs more than filter_size / 2 of\n"
        "them; these repeated; or zeros.",
    ),
    "kernel_size": ("int or sequence of int", "Cells of a window of the maximum: one number, or one an axis ({axes})."),
}
SOURCE = "R. Zhang: Making convolutional networks shift-invariant again, ICML 2019, with filters of 2, 3 and 5 cells."
RESULT = """\
y : ndarray
    The shape of `x`, with ceil(size / stride) elements on each spatial axis of so many cells{after}."""

METHODS = {
    "blur": Method(
        "blur_pool{rank}d", "BlurPool{rank}d", DTYPE,
        f"""\
Along each axis, with a filter of f cells, the binomial coefficients over their sum::

    y[o] = sum over t < f of w[t] * x[o * stride - floor((f - 1) / 2) + t],    w[t] = binomial(f - 1, t) / 2^(f - 1)

A filter of 2 cells is [1, 1] / 2, of 3 [1, 2, 1] / 4, of 4 [1, 3, 3, 1] / 8; an even one shifts by half a cell. Its gradient is the
transposed map: what a mirrored cell takes goes to the cell that it mirrors.

{SOURCE}""",
        result=RESULT.format(after=""),
        parameters=PARAMETERS,
    ),
    "max_blur": Method(
        "max_blur_pool{rank}d", "MaxBlurPool{rank}d", DTYPE,
        f"""\
Max pooling with windows one cell apart and without padding, then `blur_pool{{rank}}d` with `filter_size`, `stride` and `mode`: a
max pooling whose resolution is reduced without aliasing. The first of a window's largest cells takes its gradient.

{SOURCE}""",
        result=RESULT.format(after=" less kernel_size - 1"),
        parameters=PARAMETERS,
    ),
}  # fmt: skip
