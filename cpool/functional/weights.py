"""Poolings with weights by position or by rank, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import weights

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("weighted_max", 1, "function")
def weighted_max_pool1d(
    x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The largest of the weighted cells of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.weighted_max_pool1d([[0.0, 2.0, 1.0, 3.0]], [1.0, 2.0]).round(3)
    array([[4., 6.]])
    """
    return weights.weighted_max(1, x, weight, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("weighted_max", 2, "function")
def weighted_max_pool2d(
    x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The largest of the weighted cells of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.weighted_max_pool2d([[[0.0, 2.0], [1.0, 3.0]]], [[1.0, 2.0], [1.0, 1.0]]).round(3)
    array([[[4.]]])
    """
    return weights.weighted_max(2, x, weight, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("weighted_max", 3, "function")
def weighted_max_pool3d(
    x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The largest of the weighted cells of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.weighted_max_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], [[[1.0, 2.0]], [[1.0, 1.0]]]).round(3)
    array([[[[4.]]]])
    """
    return weights.weighted_max(3, x, weight, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("ordinal", 1, "function")
def ordinal_pool1d(
    x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The cells of each window over one spatial axis, weighted by their ranks.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.ordinal_pool1d([[0.0, 2.0, 1.0, 3.0]], [0.75, 0.25], 2).round(3)
    array([[1.5, 2.5]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return weights.ordinal(1, x, weight, window).pool(out)


@documented("ordinal", 2, "function")
def ordinal_pool2d(
    x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The cells of each window over two spatial axes, weighted by their ranks.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.ordinal_pool2d([[[0.0, 2.0], [1.0, 3.0]]], [0.5, 0.25, 0.25, 0.0], 2).round(3)
    array([[[2.25]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return weights.ordinal(2, x, weight, window).pool(out)


@documented("ordinal", 3, "function")
def ordinal_pool3d(
    x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The cells of each window over three spatial axes, weighted by their ranks.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.ordinal_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], [0.5, 0.25, 0.25, 0.0], (2, 1, 2)).round(3)
    array([[[[2.25]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return weights.ordinal(3, x, weight, window).pool(out)
