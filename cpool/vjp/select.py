"""Max and min pooling with their gradients."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import select
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("max", 1, "vjp")
def max_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The largest cell of each window over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_pool1d([[1.0, 5.0, 2.0, 4.0]], 2, stride=1)
    >>> y
    array([[5., 5., 4.]])
    >>> pullback([[1.0, 2.0, 3.0]])
    array([[0., 3., 0., 3.]])
    """
    return select.vjp("max", 1, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("max", 2, "vjp")
def max_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The largest cell of each window over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    >>> y
    array([[[8., 8.]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[0., 0., 0.],
            [0., 3., 0.]]])
    """
    return select.vjp("max", 2, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("max", 3, "vjp")
def max_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The largest cell of each window over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], (1, 2, 2))
    >>> pullback([[[[1.0]], [[2.0]]]]).ravel()
    array([0., 0., 0., 1., 0., 0., 0., 2.])
    """
    return select.vjp("max", 3, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("min", 1, "vjp")
def min_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The smallest cell of each window over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.min_pool1d([[1.0, 5.0, 2.0, 4.0]], 2, stride=1)
    >>> y
    array([[1., 2., 2.]])
    >>> pullback([[1.0, 2.0, 3.0]])
    array([[1., 0., 5., 0.]])
    """
    return select.vjp("min", 1, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("min", 2, "vjp")
def min_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The smallest cell of each window over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.min_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, stride=1)
    >>> y
    array([[[1., 1.]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[0., 3., 0.],
            [0., 0., 0.]]])
    """
    return select.vjp("min", 2, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)


@documented("min", 3, "vjp")
def min_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The smallest cell of each window over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.min_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], (1, 2, 2))
    >>> pullback([[[[1.0]], [[2.0]]]]).ravel()
    array([1., 0., 0., 0., 2., 0., 0., 0.])
    """
    return select.vjp("min", 3, x, kernel_size, stride, padding, dilation, ceil_mode, data_format, return_indices, out)
