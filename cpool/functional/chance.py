"""Poolings by chance, and by rank, forward only."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import chance

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("stochastic", 1, "function")
def stochastic_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """A cell of each window over one spatial axis, drawn in proportion to its value.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.stochastic_pool1d([[0.0, 5.0, 1.0, 3.0]], 2, rng=0)
    array([[5., 3.]])
    >>> cpool.stochastic_pool1d([[0.0, 5.0, 1.0, 3.0]], 2, training=False)
    array([[5. , 2.5]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.stochastic(1, x, window, training, rng).pool(out)


@documented("stochastic", 2, "function")
def stochastic_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """A cell of each window over two spatial axes, drawn in proportion to its value.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.stochastic_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, rng=0)
    array([[[5.]]])
    >>> cpool.stochastic_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, training=False)
    array([[[3.75]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.stochastic(2, x, window, training, rng).pool(out)


@documented("stochastic", 3, "function")
def stochastic_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """A cell of each window over three spatial axes, drawn in proportion to its value.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.stochastic_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), training=False)
    array([[[[3.25]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.stochastic(3, x, window, training, rng).pool(out)


@documented("dropout", 1, "function")
def max_pool_dropout1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest of the cells of each window over one spatial axis that chance leaves.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_pool_dropout1d([[0.0, 5.0, 1.0, 3.0]], 2, rng=0)
    array([[0., 1.]])
    >>> cpool.max_pool_dropout1d([[0.0, 5.0, 1.0, 3.0]], 2, training=False)
    array([[2.5 , 1.75]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.dropout(1, x, window, rate, training, rng).pool(out)


@documented("dropout", 2, "function")
def max_pool_dropout2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest of the cells of each window over two spatial axes that chance leaves.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_pool_dropout2d([[[1.0, 2.0], [0.0, 5.0]]], 2, rng=0)
    array([[[1.]]])
    >>> cpool.max_pool_dropout2d([[[1.0, 2.0], [0.0, 5.0]]], 2, training=False)
    array([[[3.125]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.dropout(2, x, window, rate, training, rng).pool(out)


@documented("dropout", 3, "function")
def max_pool_dropout3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest of the cells of each window over three spatial axes that chance leaves.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_pool_dropout3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), rng=0)
    array([[[[1.]]]])
    >>> cpool.max_pool_dropout3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), training=False)
    array([[[[2.875]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.dropout(3, x, window, rate, training, rng).pool(out)


@documented("rank", 1, "function")
def rank_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["average", "weighted", "stochastic"] = "average", top: int | None = None, decay: float = 0.5,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over one spatial axis by their rank.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.rank_pool1d([[0.0, 5.0, 1.0, 3.0]], 2)
    array([[5., 3.]])
    >>> cpool.rank_pool1d([[0.0, 5.0, 1.0, 3.0]], 2, mode="weighted").round(3)
    array([[3.333, 2.333]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.by_rank(1, x, window, mode, top, decay, training, rng).pool(out)


@documented("rank", 2, "function")
def rank_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["average", "weighted", "stochastic"] = "average", top: int | None = None, decay: float = 0.5,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over two spatial axes by their rank.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.rank_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2)
    array([[[3.5]]])
    >>> cpool.rank_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, mode="weighted").round(3)
    array([[[3.333]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.by_rank(2, x, window, mode, top, decay, training, rng).pool(out)


@documented("rank", 3, "function")
def rank_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["average", "weighted", "stochastic"] = "average", top: int | None = None, decay: float = 0.5,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The cells of each window over three spatial axes by their rank.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.rank_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2))
    array([[[[3.5]]]])
    >>> cpool.rank_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), mode="weighted").round(3)
    array([[[[3.067]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.by_rank(3, x, window, mode, top, decay, training, rng).pool(out)
