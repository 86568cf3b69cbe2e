"""Adaptive polyphase sampling, with its gradient."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import polyphase
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("polyphase", 1, "vjp")
def polyphase_pool1d(
    x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first", return_indices: bool = False,
    out: Array | None = None,
) -> tuple[Any, Pullback]:
    """Every other cell over one spatial axis, of those that are largest, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.polyphase_pool1d([[1.0, 5.0, 3.0, 4.0]])
    >>> y
    array([[5., 4.]])
    >>> pullback([[1.0, 1.0]])
    array([[0., 1., 0., 1.]])
    """
    return polyphase.vjp(1, x, stride, norm, return_indices, data_format, out)


@documented("polyphase", 2, "vjp")
def polyphase_pool2d(
    x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first", return_indices: bool = False,
    out: Array | None = None,
) -> tuple[Any, Pullback]:
    """Every other cell over two spatial axes, of those that are largest, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.polyphase_pool2d([[[1.0, 2.0], [5.0, 0.0]]])
    >>> y
    array([[[5.]]])
    >>> pullback([[[1.0]]])
    array([[[0., 0.],
            [1., 0.]]])
    """
    return polyphase.vjp(2, x, stride, norm, return_indices, data_format, out)


@documented("polyphase", 3, "vjp")
def polyphase_pool3d(
    x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first", return_indices: bool = False,
    out: Array | None = None,
) -> tuple[Any, Pullback]:
    """Every other cell over three spatial axes, of those that are largest, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.polyphase_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    >>> y
    array([[[[4.]]]])
    >>> pullback([[[[1.0]]]]).ravel()
    array([0., 0., 0., 1.])
    """
    return polyphase.vjp(3, x, stride, norm, return_indices, data_format, out)
