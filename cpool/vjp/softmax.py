"""Poolings by exponential weights, with their gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import softmax
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("soft", 1, "vjp")
def soft_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over one spatial axis, weighted by their softmax, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.soft_pool1d([[0.0, 0.0, 1.0, 3.0]], 2)
    >>> grad_x, grad_beta = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[ 0.5  ,  0.5  , -0.091,  1.091]])
    >>> grad_beta.round(3)
    array(0.42)
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.soft(1, x, window, beta, detach_weights).vjp(out)


@documented("soft", 2, "vjp")
def soft_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over two spatial axes, weighted by their softmax, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.soft_pool2d([[[0.0, 0.0], [0.0, 2.0]]], 2)
    >>> grad_x, grad_beta = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[-0.041, -0.041],
            [-0.041,  1.122]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.soft(2, x, window, beta, detach_weights).vjp(out)


@documented("soft", 3, "vjp")
def soft_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over three spatial axes, weighted by their softmax, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.soft_pool3d([[[[0.0, 1.0]], [[0.0, 3.0]]]], 2, 2, (0, (0, 1), 0))
    >>> grad_x, grad_beta = pullback([[[[1.0]]]])
    >>> grad_x.sum().round(6)
    np.float64(1.0)
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.soft(3, x, window, beta, detach_weights).vjp(out)
