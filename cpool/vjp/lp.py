"""Lp pooling with its gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import lp
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("lp", 1, "vjp")
def lp_pool1d(
    x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The Lp norm of each window over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.lp_pool1d([[3.0, -4.0, 6.0, 8.0]], 2, 2)
    >>> y
    array([[ 5., 10.]])
    >>> pullback([[1.0, 1.0]])
    array([[ 0.6, -0.8,  0.6,  0.8]])
    """
    return lp.vjp(1, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format, out)


@documented("lp", 2, "vjp")
def lp_pool2d(
    x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The Lp norm of each window over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.lp_pool2d([[[3.0, -4.0], [0.0, 0.0]]], 2, (1, 2))
    >>> y
    array([[[5.],
            [0.]]])
    >>> pullback([[[1.0], [1.0]]])
    array([[[ 0.6, -0.8],
            [ 0. ,  0. ]]])
    """
    return lp.vjp(2, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format, out)


@documented("lp", 3, "vjp")
def lp_pool3d(
    x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The Lp norm of each window over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.lp_pool3d([[[[3.0, -4.0]], [[0.0, 0.0]]]], 2, (1, 1, 2))
    >>> y.ravel()
    array([5., 0.])
    >>> pullback([[[[1.0]], [[1.0]]]]).ravel()
    array([ 0.6, -0.8,  0. ,  0. ])
    """
    return lp.vjp(3, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format, out)


@documented("global_lp", 0, "vjp")
def global_lp_pool(
    x: ArrayLike, norm_type: float, *, normalized: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The Lp norm of each channel of each image, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.global_lp_pool([[[3.0, -4.0]]], 2)
    >>> y
    array([[[5.]]])
    >>> pullback([[[1.0]]])
    array([[[ 0.6, -0.8]]])
    """
    return lp.whole_vjp(x, norm_type, normalized, data_format, out)
