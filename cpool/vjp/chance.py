"""Poolings by chance, and by rank, with their gradients."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import chance
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("stochastic", 1, "vjp")
def stochastic_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """A cell of each window over one spatial axis, drawn in proportion to its value, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.stochastic_pool1d([[0.0, 5.0, 1.0, 3.0]], 2, rng=0)
    >>> y
    array([[5., 3.]])
    >>> pullback([[1.0, 1.0]])
    array([[0., 1., 0., 1.]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.stochastic(1, x, window, training, rng).vjp(out)


@documented("stochastic", 2, "vjp")
def stochastic_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """A cell of each window over two spatial axes, drawn in proportion to its value, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.stochastic_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, rng=0)
    >>> y
    array([[[5.]]])
    >>> pullback([[[1.0]]])
    array([[[0., 0.],
            [0., 1.]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.stochastic(2, x, window, training, rng).vjp(out)


@documented("stochastic", 3, "vjp")
def stochastic_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """A cell of each window over three spatial axes, drawn in proportion to its value, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.stochastic_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), rng=0)
    >>> y
    array([[[[4.]]]])
    >>> pullback([[[[1.0]]]]).ravel()
    array([0., 0., 0., 1.])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.stochastic(3, x, window, training, rng).vjp(out)


@documented("dropout", 1, "vjp")
def max_pool_dropout1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest of the cells of each window over one spatial axis that chance leaves, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_pool_dropout1d([[0.0, 5.0, 1.0, 3.0]], 2, rate=0.2, rng=0)
    >>> y
    array([[0., 3.]])
    >>> pullback([[1.0, 1.0]])
    array([[1., 0., 0., 1.]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.dropout(1, x, window, rate, training, rng).vjp(out)


@documented("dropout", 2, "vjp")
def max_pool_dropout2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest of the cells of each window over two spatial axes that chance leaves, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_pool_dropout2d([[[1.0, 2.0], [0.0, 5.0]]], 2, rate=0.2, rng=0)
    >>> y
    array([[[2.]]])
    >>> pullback([[[1.0]]])
    array([[[0., 1.],
            [0., 0.]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.dropout(2, x, window, rate, training, rng).vjp(out)


@documented("dropout", 3, "vjp")
def max_pool_dropout3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest of the cells of each window over three spatial axes that chance leaves, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_pool_dropout3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), rate=0.2, rng=0)
    >>> y
    array([[[[3.]]]])
    >>> pullback([[[[1.0]]]]).ravel()
    array([0., 1., 0., 0.])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.dropout(3, x, window, rate, training, rng).vjp(out)


@documented("rank", 1, "vjp")
def rank_pool1d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["average", "weighted", "stochastic"] = "average", top: int | None = None, decay: float = 0.5,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over one spatial axis by their rank, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.rank_pool1d([[0.0, 5.0, 1.0, 3.0]], 2, mode="weighted", decay=0.75)
    >>> y.round(3)
    array([[4. , 2.6]])
    >>> pullback([[1.0, 1.0]]).round(3)
    array([[0.2, 0.8, 0.2, 0.8]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.by_rank(1, x, window, mode, top, decay, training, rng).vjp(out)


@documented("rank", 2, "vjp")
def rank_pool2d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["average", "weighted", "stochastic"] = "average", top: int | None = None, decay: float = 0.5,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over two spatial axes by their rank, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.rank_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, mode="weighted", decay=0.75)
    >>> y.round(3)
    array([[[4.188]]])
    >>> pullback([[[1.0]]]).round(3)
    array([[[0.047, 0.188],
            [0.012, 0.753]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.by_rank(2, x, window, mode, top, decay, training, rng).vjp(out)


@documented("rank", 3, "vjp")
def rank_pool3d(
    x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["average", "weighted", "stochastic"] = "average", top: int | None = None, decay: float = 0.5,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The cells of each window over three spatial axes by their rank, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.rank_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), mode="weighted", decay=0.75)
    >>> y.round(3)
    array([[[[3.624]]]])
    >>> pullback([[[[1.0]]]]).round(3).ravel()
    array([0.047, 0.188, 0.012, 0.753])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return chance.by_rank(3, x, window, mode, top, decay, training, rng).vjp(out)
