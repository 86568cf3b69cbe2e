"""Median pooling, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import median

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("median", 1, "function")
def median_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The median of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.median_pool1d([[3.0, 9.0, 1.0, 5.0]], 3, 1)
    array([[3., 5.]])
    """
    return median.forward(1, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, out)


@documented("median", 2, "function")
def median_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The median of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.median_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, 1)
    array([[[3., 4.]]])
    """
    return median.forward(2, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, out)


@documented("median", 3, "function")
def median_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The median of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.median_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2)
    array([[[[4.5]]]])
    """
    return median.forward(3, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, out)
