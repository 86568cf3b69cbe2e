"""Poolings that mix the maximum with the mean, and the tree of two sums, forward only."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import gates

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("mixed", 1, "function")
def mixed_pool1d(
    x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["learned", "stochastic"] = "learned", training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The maximum and the mean of each window over one spatial axis, mixed.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.mixed_pool1d([[0.0, 2.0, 1.0, 3.0]], 2, 0.5).round(3)
    array([[1.5, 2.5]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return gates.mixed(1, x, window, alpha, mode, training, rng).pool(out)


@documented("mixed", 2, "function")
def mixed_pool2d(
    x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["learned", "stochastic"] = "learned", training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The maximum and the mean of each window over two spatial axes, mixed.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.mixed_pool2d([[[0.0, 2.0], [1.0, 3.0]]], 2, 0.5).round(3)
    array([[[2.25]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return gates.mixed(2, x, window, alpha, mode, training, rng).pool(out)


@documented("mixed", 3, "function")
def mixed_pool3d(
    x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["learned", "stochastic"] = "learned", training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The maximum and the mean of each window over three spatial axes, mixed.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.mixed_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], (2, 1, 2), 0.5).round(3)
    array([[[[2.25]]]])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return gates.mixed(3, x, window, alpha, mode, training, rng).pool(out)


@documented("gated", 1, "function")
def gated_pool1d(
    x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The maximum and the mean of each window over one spatial axis, mixed by a gate.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.gated_pool1d([[0.0, 2.0, 1.0, 3.0]], [0.5, -0.5]).round(3)
    array([[1.269, 2.269]])
    """
    return gates.gated(1, x, mask, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("gated", 2, "function")
def gated_pool2d(
    x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The maximum and the mean of each window over two spatial axes, mixed by a gate.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.gated_pool2d([[[0.0, 2.0], [1.0, 3.0]]], [[0.5, 0.0], [0.0, -0.5]]).round(3)
    array([[[1.774]]])
    """
    return gates.gated(2, x, mask, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("gated", 3, "function")
def gated_pool3d(
    x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """The maximum and the mean of each window over three spatial axes, mixed by a gate.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.gated_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], [[[0.5, 0.0]], [[0.0, -0.5]]]).round(3)
    array([[[[1.774]]]])
    """
    return gates.gated(3, x, mask, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("tree", 1, "function")
def tree_pool1d(
    x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Two weighted sums of each window over one spatial axis, mixed by a gate.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> leaves = [[1.0, 0.0], [0.0, 1.0]]
    >>> cpool.tree_pool1d([[0.0, 2.0, 1.0, 3.0]], leaves, [0.5, -0.5]).round(3)
    array([[1.462, 2.462]])
    """
    return gates.tree(1, x, leaves, gate, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("tree", 2, "function")
def tree_pool2d(
    x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Two weighted sums of each window over two spatial axes, mixed by a gate.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> leaves = [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]
    >>> cpool.tree_pool2d([[[0.0, 2.0], [1.0, 3.0]]], leaves, [[0.5, 0.0], [0.0, -0.5]]).round(3)
    array([[[2.453]]])
    """
    return gates.tree(2, x, leaves, gate, stride, padding, dilation, ceil_mode, data_format).pool(out)


@documented("tree", 3, "function")
def tree_pool3d(
    x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Two weighted sums of each window over three spatial axes, mixed by a gate.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> leaves = [[[[1.0, 0.0]], [[0.0, 0.0]]], [[[0.0, 0.0]], [[0.0, 1.0]]]]
    >>> cpool.tree_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], leaves, [[[0.5, 0.0]], [[0.0, -0.5]]]).round(3)
    array([[[[2.453]]]])
    """
    return gates.tree(3, x, leaves, gate, stride, padding, dilation, ceil_mode, data_format).pool(out)
