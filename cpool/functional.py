"""The functions, forward only: no winners are computed or kept unless they are asked for.

Each `def` is written out, so that it can be searched for and its signature and types are its own. The sections that their
docstrings share are in `_docs.py`; arguments are checked once, in `_ops`.
"""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import linear, select

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


@documented("avg", 1, "function")
def avg_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The average of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.avg_pool1d([[1.0, 5.0, 2.0, 4.0]], 2)
    array([[3., 3.]])
    """
    return linear.forward(
        "avg", 1, x, kernel_size, stride, padding, dilation, ceil_mode,
        count_include_pad, divisor_override, data_format, out,
    )


@documented("avg", 2, "function")
def avg_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The average of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.avg_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, padding=(0, (0, 1)))
    array([[[3.75, 2.  ]]])
    >>> cpool.avg_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, padding=(0, (0, 1)), count_include_pad=False)
    array([[[3.75, 4.  ]]])
    """
    return linear.forward(
        "avg", 2, x, kernel_size, stride, padding, dilation, ceil_mode,
        count_include_pad, divisor_override, data_format, out,
    )


@documented("avg", 3, "function")
def avg_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The average of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.avg_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2)
    array([[[[4.5]]]])
    """
    return linear.forward(
        "avg", 3, x, kernel_size, stride, padding, dilation, ceil_mode,
        count_include_pad, divisor_override, data_format, out,
    )


@documented("sum", 1, "function")
def sum_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The sum of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.sum_pool1d([[1.0, 5.0, 2.0, 4.0]], 2)
    array([[6., 6.]])
    """
    return linear.forward("sum", 1, x, kernel_size, stride, padding, dilation, ceil_mode, True, None, data_format, out)


@documented("sum", 2, "function")
def sum_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The sum of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.sum_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    array([[[15., 17.]]])
    """
    return linear.forward("sum", 2, x, kernel_size, stride, padding, dilation, ceil_mode, True, None, data_format, out)


@documented("sum", 3, "function")
def sum_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The sum of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.sum_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2)
    array([[[[36.]]]])
    """
    return linear.forward("sum", 3, x, kernel_size, stride, padding, dilation, ceil_mode, True, None, data_format, out)
