"""Adaptive polyphase sampling, forward only."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import polyphase

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("polyphase", 1, "function")
def polyphase_pool1d(
    x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first", return_indices: bool = False,
    out: Array | None = None,
) -> Any:
    """Every other cell over one spatial axis, of those that are largest.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, index = cpool.polyphase_pool1d([[1.0, 5.0, 3.0, 4.0]], return_indices=True)
    >>> y
    array([[5., 4.]])
    >>> index
    array(1)
    """
    return polyphase.forward(1, x, stride, norm, return_indices, data_format, out)


@documented("polyphase", 2, "function")
def polyphase_pool2d(
    x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first", return_indices: bool = False,
    out: Array | None = None,
) -> Any:
    """Every other cell over two spatial axes, of those that are largest.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, index = cpool.polyphase_pool2d([[[1.0, 2.0], [5.0, 0.0]]], return_indices=True)
    >>> y
    array([[[5.]]])
    >>> index
    array(1)
    """
    return polyphase.forward(2, x, stride, norm, return_indices, data_format, out)


@documented("polyphase", 3, "function")
def polyphase_pool3d(
    x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first", return_indices: bool = False,
    out: Array | None = None,
) -> Any:
    """Every other cell over three spatial axes, of those that are largest.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, index = cpool.polyphase_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], return_indices=True)
    >>> y
    array([[[[4.]]]])
    >>> index
    array(5)
    """
    return polyphase.forward(3, x, stride, norm, return_indices, data_format, out)
