"""Average and sum pooling with their gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import linear
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("avg", 1, "vjp")
def avg_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The average of each window over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.avg_pool1d([[1.0, 5.0, 2.0, 4.0]], 2, stride=1)
    >>> y
    array([[3. , 3.5, 3. ]])
    >>> pullback([[1.0, 2.0, 3.0]])
    array([[0.5, 1.5, 2.5, 1.5]])
    """
    return linear.vjp(
        "avg", 1, x, kernel_size, stride, padding, dilation, ceil_mode,
        count_include_pad, divisor_override, data_format, out,
    )


@documented("avg", 2, "vjp")
def avg_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The average of each window over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.avg_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    >>> y
    array([[[3.75, 4.25]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[0.25, 0.75, 0.5 ],
            [0.25, 0.75, 0.5 ]]])
    """
    return linear.vjp(
        "avg", 2, x, kernel_size, stride, padding, dilation, ceil_mode,
        count_include_pad, divisor_override, data_format, out,
    )


@documented("avg", 3, "vjp")
def avg_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The average of each window over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.avg_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], (1, 2, 2))
    >>> pullback([[[[1.0]], [[2.0]]]]).ravel()
    array([0.25, 0.25, 0.25, 0.25, 0.5 , 0.5 , 0.5 , 0.5 ])
    """
    return linear.vjp(
        "avg", 3, x, kernel_size, stride, padding, dilation, ceil_mode,
        count_include_pad, divisor_override, data_format, out,
    )


@documented("sum", 1, "vjp")
def sum_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The sum of each window over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.sum_pool1d([[1.0, 5.0, 2.0, 4.0]], 2, stride=1)
    >>> y
    array([[6., 7., 6.]])
    >>> pullback([[1.0, 2.0, 3.0]])
    array([[1., 3., 5., 3.]])
    """
    return linear.vjp("sum", 1, x, kernel_size, stride, padding, dilation, ceil_mode, True, None, data_format, out)


@documented("sum", 2, "vjp")
def sum_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The sum of each window over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.sum_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    >>> y
    array([[[15., 17.]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[1., 3., 2.],
            [1., 3., 2.]]])
    """
    return linear.vjp("sum", 2, x, kernel_size, stride, padding, dilation, ceil_mode, True, None, data_format, out)


@documented("sum", 3, "vjp")
def sum_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The sum of each window over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.sum_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], (1, 2, 2))
    >>> pullback([[[[1.0]], [[2.0]]]]).ravel()
    array([1., 1., 1., 1., 2., 2., 2., 2.])
    """
    return linear.vjp("sum", 3, x, kernel_size, stride, padding, dilation, ceil_mode, True, None, data_format, out)
