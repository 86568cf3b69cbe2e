"""Detail-preserving pooling, forward only."""

from __future__ import annotations

from typing import Literal

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import detail
from cpool._ops.detail import Weighting

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("detail", 1, "function")
def detail_preserving_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over one spatial axis, those far from its mean counting more.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.detail_preserving_pool1d([[0.0, 2.0, 1.0, 7.0]], 4).round(3)
    array([[3.082]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    weighting = Weighting(log_lambda, log_alpha, symmetric, normalize, eps2)
    return detail.detail(1, x, window, weighting, filter, bias).pool(out)


@documented("detail", 2, "function")
def detail_preserving_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over two spatial axes, those far from its mean counting more.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.detail_preserving_pool2d([[[0.0, 2.0], [1.0, 7.0]]], 2).round(3)
    array([[[3.082]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    weighting = Weighting(log_lambda, log_alpha, symmetric, normalize, eps2)
    return detail.detail(2, x, window, weighting, filter, bias).pool(out)


@documented("detail", 3, "function")
def detail_preserving_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over three spatial axes, those far from its mean counting more.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.detail_preserving_pool3d([[[[0.0, 2.0]], [[1.0, 7.0]]]], (2, 1, 2)).round(3)
    array([[[[3.082]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    weighting = Weighting(log_lambda, log_alpha, symmetric, normalize, eps2)
    return detail.detail(3, x, window, weighting, filter, bias).pool(out)
