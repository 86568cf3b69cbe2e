"""Median pooling with its gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import median
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("median", 1, "vjp")
def median_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The median of each window over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.median_pool1d([[3.0, 9.0, 1.0, 5.0]], 3, 1)
    >>> y
    array([[3., 5.]])
    >>> pullback([[1.0, 2.0]])
    array([[1., 0., 0., 2.]])
    """
    return median.vjp(1, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, out)


@documented("median", 2, "vjp")
def median_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The median of each window over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.median_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, 1)
    >>> y
    array([[[3., 4.]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[0.5, 0. , 1. ],
            [0.5, 0. , 1. ]]])
    """
    return median.vjp(2, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, out)


@documented("median", 3, "vjp")
def median_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The median of each window over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.median_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2)
    >>> y
    array([[[[4.5]]]])
    >>> pullback([[[[2.0]]]]).ravel()
    array([0., 0., 0., 1., 1., 0., 0., 0.])
    """
    return median.vjp(3, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, out)
