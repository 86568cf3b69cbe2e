"""Max and min pooling, forward only."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import select

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("max", 1, "function")
def max_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The largest cell of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_pool1d([[1.0, 5.0, 2.0, 4.0]], 2)
    array([[5., 4.]])
    """
    return select.forward("max", 1, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("max", 2, "function")
def max_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The largest cell of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    array([[[8., 8.]]])
    >>> cpool.max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, padding="same", return_indices=True)[1]
    array([[[4, 5]]])
    """
    return select.forward("max", 2, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("max", 3, "function")
def max_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The largest cell of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2)
    array([[[[8.]]]])
    """
    return select.forward("max", 3, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("min", 1, "function")
def min_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The smallest cell of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.min_pool1d([[1.0, 5.0, 2.0, 4.0]], 2)
    array([[1., 2.]])
    """
    return select.forward("min", 1, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("min", 2, "function")
def min_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The smallest cell of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.min_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    array([[[1., 1.]]])
    """
    return select.forward("min", 2, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("min", 3, "function")
def min_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The smallest cell of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.min_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2)
    array([[[[1.]]]])
    """
    return select.forward("min", 3, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)
