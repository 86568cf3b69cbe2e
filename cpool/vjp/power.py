"""The power mean, with its gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import power
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("gem", 1, "vjp")
def gem_pool1d(
    x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The power mean of each window over one spatial axis, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.gem_pool1d([[1.0, 7.0, 3.0, 4.0]], 2.0, 2)
    >>> grad_x, grad_p = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.1  , 0.7  , 0.424, 0.566]])
    >>> round(float(grad_p), 3)
    0.779
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return power.power_mean(1, x, p, window, eps).vjp(out)


@documented("gem", 2, "vjp")
def gem_pool2d(
    x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The power mean of each window over two spatial axes, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.gem_pool2d([[[1.0, 2.0], [3.0, 4.0]]], 3.0)
    >>> grad_x, grad_p = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.029, 0.117],
            [0.263, 0.468]]])
    >>> round(float(grad_p), 3)
    0.162
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return power.power_mean(2, x, p, window, eps).vjp(out)


@documented("gem", 3, "vjp")
def gem_pool3d(
    x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The power mean of each window over three spatial axes, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.gem_pool3d([[[[1.0, 2.0]], [[3.0, 4.0]]]], -1.0, (1, 1, 2))
    >>> grad_x, grad_p = pullback([[[[1.0]], [[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.889, 0.222, 0.653, 0.367])
    >>> round(float(grad_p), 3)
    0.111
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return power.power_mean(3, x, p, window, eps).vjp(out)
