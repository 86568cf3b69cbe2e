"""Average and sum pooling, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import linear

# fmt: off
# One argument a line would hide how alike the signatures are.


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
