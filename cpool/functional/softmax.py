"""Poolings by exponential weights, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import softmax

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("soft", 1, "function")
def soft_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The cells of each window over one spatial axis, weighted by their softmax.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.soft_pool1d([[0.0, 0.0, 1.0, 3.0]], 2).round(3)
    array([[0.   , 2.762]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.soft(1, x, window, beta, detach_weights).pool(out)


@documented("soft", 2, "function")
def soft_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The cells of each window over two spatial axes, weighted by their softmax.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.soft_pool2d([[[0.0, 0.0], [0.0, 2.0]]], 2).round(3)
    array([[[1.422]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.soft(2, x, window, beta, detach_weights).pool(out)


@documented("soft", 3, "function")
def soft_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The cells of each window over three spatial axes, weighted by their softmax.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.soft_pool3d([[[[0.0, 1.0]], [[0.0, 3.0]]]], 2, 2, (0, (0, 1), 0)).round(3)
    array([[[[2.539]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.soft(3, x, window, beta, detach_weights).pool(out)


@documented("lse", 1, "function")
def lse_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The log-sum-exp of each window over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.lse_pool1d([[0.0, 0.0, 1.0, 3.0]], 2).round(3)
    array([[0.   , 2.434]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.log_sum_exp(1, x, window, r).pool(out)


@documented("lse", 2, "function")
def lse_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The log-sum-exp of each window over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.lse_pool2d([[[0.0, 0.0], [0.0, 2.0]]], 2).round(3)
    array([[[0.954]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.log_sum_exp(2, x, window, r).pool(out)


@documented("lse", 3, "function")
def lse_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The log-sum-exp of each window over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.lse_pool3d([[[[0.0, 1.0]], [[0.0, 3.0]]]], 2, 2, (0, (0, 1), 0)).round(3)
    array([[[[1.825]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.log_sum_exp(3, x, window, r).pool(out)


@documented("softmax", 1, "function")
def softmax_pool1d(
    x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over one spatial axis, weighted by the softmax of their logits.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.softmax_pool1d([[1.0, 2.0, 3.0, 5.0]], [[0.0, 0.0, 1.0, 3.0]], 2).round(3)
    array([[1.5  , 4.762]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.importance(1, x, logits, window).pool(out)


@documented("softmax", 2, "function")
def softmax_pool2d(
    x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over two spatial axes, weighted by the softmax of their logits.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.softmax_pool2d([[[1.0, 2.0], [3.0, 4.0]]], [[[0.0, 0.0], [0.0, 2.0]]], 2).round(3)
    array([[[3.422]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.importance(2, x, logits, window).pool(out)


@documented("softmax", 3, "function")
def softmax_pool3d(
    x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over three spatial axes, weighted by the softmax of their logits.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.softmax_pool3d([[[[0.0, 1.0]], [[0.0, 3.0]]]], [[[[0.0, 0.0]], [[0.0, 2.0]]]], (2, 1, 2)).round(3)
    array([[[[2.23]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return softmax.importance(3, x, logits, window).pool(out)
