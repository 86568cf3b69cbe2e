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
    >>> round(float(grad_beta), 3)
    0.42
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


@documented("lse", 1, "vjp")
def lse_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The log-sum-exp of each window over one spatial axis, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.lse_pool1d([[0.0, 0.0, 1.0, 3.0]], 2)
    >>> grad_x, grad_r = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.5  , 0.5  , 0.119, 0.881]])
    >>> round(float(grad_r), 3)
    0.328
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.log_sum_exp(1, x, window, r).vjp(out)


@documented("lse", 2, "vjp")
def lse_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The log-sum-exp of each window over two spatial axes, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.lse_pool2d([[[0.0, 0.0], [0.0, 2.0]]], 2)
    >>> grad_x, grad_r = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.096, 0.096],
            [0.096, 0.711]]])
    >>> round(float(grad_r), 3)
    0.468
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.log_sum_exp(2, x, window, r).vjp(out)


@documented("lse", 3, "vjp")
def lse_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The log-sum-exp of each window over three spatial axes, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.lse_pool3d([[[[0.0, 1.0]], [[0.0, 3.0]]]], 2, 2, (0, (0, 1), 0))
    >>> grad_x, grad_r = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.04, 0.11, 0.04, 0.81])
    >>> round(float(grad_r), 3)
    0.714
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.log_sum_exp(3, x, window, r).vjp(out)


@documented("softmax", 1, "vjp")
def softmax_pool1d(
    x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over one spatial axis, weighted by the softmax of their logits, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.softmax_pool1d([[1.0, 2.0, 3.0, 5.0]], [[0.0, 0.0, 1.0, 3.0]], 2)
    >>> grad_x, grad_logits = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.5  , 0.5  , 0.119, 0.881]])
    >>> grad_logits.round(3)
    array([[-0.25,  0.25, -0.21,  0.21]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.importance(1, x, logits, window).vjp(out)


@documented("softmax", 2, "vjp")
def softmax_pool2d(
    x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over two spatial axes, weighted by the softmax of their logits, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.softmax_pool2d([[[1.0, 2.0], [3.0, 4.0]]], [[[0.0, 0.0], [0.0, 2.0]]], 2)
    >>> grad_x, grad_logits = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.096, 0.096],
            [0.096, 0.711]]])
    >>> grad_logits.round(3)
    array([[[-0.233, -0.137],
            [-0.041,  0.411]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.importance(2, x, logits, window).vjp(out)


@documented("softmax", 3, "vjp")
def softmax_pool3d(
    x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over three spatial axes, weighted by the softmax of their logits, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.softmax_pool3d([[[[0.0, 1.0]], [[0.0, 3.0]]]], [[[[0.0, 0.0]], [[0.0, 2.0]]]], (2, 1, 2))
    >>> grad_x, grad_logits = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.096, 0.096, 0.096, 0.711])
    >>> grad_logits.ravel().round(3)
    array([-0.215, -0.118, -0.215,  0.548])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.importance(3, x, logits, window).vjp(out)
