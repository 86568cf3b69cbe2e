"""The power mean, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import power

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("gem", 1, "function")
def gem_pool1d(
    x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The power mean of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.gem_pool1d([[1.0, 7.0, 3.0, 4.0]], 2.0, 2).round(3)
    array([[5.   , 3.536]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return power.power_mean(1, x, p, window, eps).pool(out)


@documented("gem", 2, "function")
def gem_pool2d(
    x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The power mean of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.gem_pool2d([[[1.0, 2.0], [3.0, 4.0]]], 3.0).round(3)
    array([[[2.924]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return power.power_mean(2, x, p, window, eps).pool(out)


@documented("gem", 3, "function")
def gem_pool3d(
    x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The power mean of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.gem_pool3d([[[[1.0, 2.0]], [[3.0, 4.0]]]], -1.0, (1, 1, 2)).ravel().round(3)
    array([1.333, 3.429])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return power.power_mean(3, x, p, window, eps).pool(out)
