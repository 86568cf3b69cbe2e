"""Lp pooling, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import lp

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("lp", 1, "function")
def lp_pool1d(
    x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The Lp norm of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.lp_pool1d([[3.0, -4.0, 6.0, 8.0]], 2, 2)
    array([[ 5., 10.]])
    """
    return lp.forward(1, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format, out)


@documented("lp", 2, "function")
def lp_pool2d(
    x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The Lp norm of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.lp_pool2d([[[3.0, -4.0], [0.0, 0.0]]], 2, (1, 2))
    array([[[5.],
            [0.]]])
    """
    return lp.forward(2, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format, out)


@documented("lp", 3, "function")
def lp_pool3d(
    x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The Lp norm of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.lp_pool3d([[[[3.0, -4.0]], [[0.0, 0.0]]]], 2, (1, 1, 2)).ravel()
    array([5., 0.])
    """
    return lp.forward(3, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format, out)


@documented("global_lp", 0, "function")
def global_lp_pool(
    x: ArrayLike, norm_type: float, *, normalized: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The Lp norm of each channel of each image.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.global_lp_pool([[[3.0, -4.0]]], 2)
    array([[[5.]]])
    """
    return lp.whole_forward(x, norm_type, normalized, data_format, out)
