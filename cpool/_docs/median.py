"""Median pooling."""

from __future__ import annotations

from cpool._docs.method import Method
from cpool._docs.windows import WINDOWED

NOTES = f"""\
With the window's cells t < kernel_size along each axis, and `before` the padding ahead of the input::

    y[o] = median over t of {WINDOWED}

over the cells inside the input: the one in the middle of their order, and of an even number the mean of the two in the middle,
as `numpy.median` has it (PyTorch takes the lower). A NaN in a window is its result. The result of a window without a cell,
which only dilation can make, is 0, without a gradient.

All of a window's gradient goes to the cell in the middle, or half to each of the two; of equal cells the first in row-major
order comes first. The first NaN of a window takes it all."""

METHODS = {
    "median": Method(
        "median_pool{rank}d", "MedianPool{rank}d", "Its dtype is that of `x`, and float64 where `x` holds integers or bools.", NOTES
    ),
}
