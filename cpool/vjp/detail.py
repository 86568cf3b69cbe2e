"""Detail-preserving pooling, with its gradients."""

from __future__ import annotations

from typing import Literal

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import detail
from cpool._ops._call import Pullback
from cpool._ops.detail import Weighting

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("detail", 1, "vjp")
def detail_preserving_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over one spatial axis, those far from its mean counting more, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.detail_preserving_pool1d([[0.0, 2.0, 1.0, 7.0]], 4)
    >>> grad_x, grad_log_lambda, grad_log_alpha = pullback([[1.0]])
    >>> grad_x.round(3)
    array([[0.317, 0.093, 0.205, 0.384]])
    >>> grad_log_lambda.round(3)
    np.float64(0.625)
    >>> grad_log_alpha.round(3)
    np.float64(-0.317)
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    weighting = Weighting(log_lambda, log_alpha, symmetric, normalize, eps2)
    return detail.detail(1, x, window, weighting, filter, bias).vjp(out)


@documented("detail", 2, "vjp")
def detail_preserving_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over two spatial axes, those far from its mean counting more, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.detail_preserving_pool2d([[[0.0, 2.0], [1.0, 7.0]]], 2)
    >>> grad_x, grad_log_lambda, grad_log_alpha = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.317, 0.093],
            [0.205, 0.384]]])
    >>> grad_log_lambda.round(3)
    np.float64(0.625)
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    weighting = Weighting(log_lambda, log_alpha, symmetric, normalize, eps2)
    return detail.detail(2, x, window, weighting, filter, bias).vjp(out)


@documented("detail", 3, "vjp")
def detail_preserving_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over three spatial axes, those far from its mean counting more, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.detail_preserving_pool3d([[[[0.0, 2.0]], [[1.0, 7.0]]]], (2, 1, 2))
    >>> grad_x, grad_log_lambda, grad_log_alpha = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.317, 0.093, 0.205, 0.384])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    weighting = Weighting(log_lambda, log_alpha, symmetric, normalize, eps2)
    return detail.detail(3, x, window, weighting, filter, bias).vjp(out)
