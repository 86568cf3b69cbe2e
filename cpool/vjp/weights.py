"""Poolings with weights by position or by rank, with their gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import weights
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("weighted_max", 1, "vjp")
def weighted_max_pool1d(
    x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest of the weighted cells of each window over one spatial axis, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.weighted_max_pool1d([[0.0, 2.0, 1.0, 3.0]], [1.0, 2.0])
    >>> grad_x, grad_weight = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0., 2., 0., 2.]])
    >>> grad_weight.round(3)
    array([0., 5.])
    """
    return weights.weighted_max(1, x, weight, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("weighted_max", 2, "vjp")
def weighted_max_pool2d(
    x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest of the weighted cells of each window over two spatial axes, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.weighted_max_pool2d([[[0.0, 2.0], [1.0, 3.0]]], [[1.0, 2.0], [1.0, 1.0]])
    >>> grad_x, grad_weight = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0., 2.],
            [0., 0.]]])
    >>> grad_weight.round(3)
    array([[0., 2.],
           [0., 0.]])
    """
    return weights.weighted_max(2, x, weight, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("weighted_max", 3, "vjp")
def weighted_max_pool3d(
    x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest of the weighted cells of each window over three spatial axes, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.weighted_max_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], [[[1.0, 2.0]], [[1.0, 1.0]]])
    >>> grad_x, grad_weight = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0., 2., 0., 0.])
    """
    return weights.weighted_max(3, x, weight, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("ordinal", 1, "vjp")
def ordinal_pool1d(
    x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over one spatial axis, weighted by their ranks, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.ordinal_pool1d([[0.0, 2.0, 1.0, 3.0]], [0.75, 0.25], 2)
    >>> grad_x, grad_weight = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.25, 0.75, 0.25, 0.75]])
    >>> grad_weight.round(3)
    array([5., 1.])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return weights.ordinal(1, x, weight, window).vjp(out)


@documented("ordinal", 2, "vjp")
def ordinal_pool2d(
    x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over two spatial axes, weighted by their ranks, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.ordinal_pool2d([[[0.0, 2.0], [1.0, 3.0]]], [0.5, 0.25, 0.25, 0.0], 2)
    >>> grad_x, grad_weight = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.  , 0.25],
            [0.25, 0.5 ]]])
    >>> grad_weight.round(3)
    array([3., 2., 1., 0.])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return weights.ordinal(2, x, weight, window).vjp(out)


@documented("ordinal", 3, "vjp")
def ordinal_pool3d(
    x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over three spatial axes, weighted by their ranks, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.ordinal_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], [0.5, 0.25, 0.25, 0.0], (2, 1, 2))
    >>> grad_x, grad_weight = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.  , 0.25, 0.25, 0.5 ])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return weights.ordinal(3, x, weight, window).vjp(out)
