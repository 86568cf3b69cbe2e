"""Poolings that mix the maximum with the mean, and the tree of two sums, with their gradients."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import gates
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("mixed", 1, "vjp")
def mixed_pool1d(
    x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["learned", "stochastic"] = "learned", training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The maximum and the mean of each window over one spatial axis, mixed, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.mixed_pool1d([[0.0, 2.0, 1.0, 3.0]], 2, 0.5)
    >>> grad_x, grad_alpha = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.25, 0.75, 0.25, 0.75]])
    >>> grad_alpha.round(3)
    np.float64(2.0)
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return gates.mixed(1, x, window, alpha, mode, training, rng).vjp(out)


@documented("mixed", 2, "vjp")
def mixed_pool2d(
    x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["learned", "stochastic"] = "learned", training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The maximum and the mean of each window over two spatial axes, mixed, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.mixed_pool2d([[[0.0, 2.0], [1.0, 3.0]]], 2, 0.5)
    >>> grad_x, grad_alpha = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.125, 0.125],
            [0.125, 0.625]]])
    >>> grad_alpha.round(3)
    np.float64(1.5)
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return gates.mixed(2, x, window, alpha, mode, training, rng).vjp(out)


@documented("mixed", 3, "vjp")
def mixed_pool3d(
    x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: Literal["learned", "stochastic"] = "learned", training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The maximum and the mean of each window over three spatial axes, mixed, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.mixed_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], (2, 1, 2), 0.5)
    >>> grad_x, grad_alpha = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.125, 0.125, 0.125, 0.625])
    """
    window = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return gates.mixed(3, x, window, alpha, mode, training, rng).vjp(out)


@documented("gated", 1, "vjp")
def gated_pool1d(
    x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The maximum and the mean of each window over one spatial axis, mixed by a gate, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.gated_pool1d([[0.0, 2.0, 1.0, 3.0]], [0.5, -0.5])
    >>> grad_x, grad_mask = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.464, 0.536, 0.464, 0.536]])
    >>> grad_mask.round(3)
    array([0.197, 0.983])
    """
    return gates.gated(1, x, mask, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("gated", 2, "vjp")
def gated_pool2d(
    x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The maximum and the mean of each window over two spatial axes, mixed by a gate, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.gated_pool2d([[[0.0, 2.0], [1.0, 3.0]]], [[0.5, 0.0], [0.0, -0.5]])
    >>> grad_x, grad_mask = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[0.316, 0.204],
            [0.204, 0.275]]])
    >>> grad_mask.round(3)
    array([[0.   , 0.447],
           [0.224, 0.671]])
    """
    return gates.gated(2, x, mask, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("gated", 3, "vjp")
def gated_pool3d(
    x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The maximum and the mean of each window over three spatial axes, mixed by a gate, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.gated_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], [[[0.5, 0.0]], [[0.0, -0.5]]])
    >>> grad_x, grad_mask = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([0.316, 0.204, 0.204, 0.275])
    """
    return gates.gated(3, x, mask, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("tree", 1, "vjp")
def tree_pool1d(
    x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Two weighted sums of each window over one spatial axis, mixed by a gate, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> leaves = [[1.0, 0.0], [0.0, 1.0]]
    >>> y, pullback = cpool.vjp.tree_pool1d([[0.0, 2.0, 1.0, 3.0]], leaves, [0.5, -0.5])
    >>> grad_x, grad_leaves, grad_gate = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[0.072, 0.928, 0.072, 0.928]])
    >>> grad_leaves.round(3)
    array([[0.269, 1.345],
           [0.731, 3.655]])
    >>> grad_gate.round(3)
    array([-0.393, -1.966])
    """
    return gates.tree(1, x, leaves, gate, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("tree", 2, "vjp")
def tree_pool2d(
    x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Two weighted sums of each window over two spatial axes, mixed by a gate, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> leaves = [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]
    >>> y, pullback = cpool.vjp.tree_pool2d([[[0.0, 2.0], [1.0, 3.0]]], leaves, [[0.5, 0.0], [0.0, -0.5]])
    >>> grad_x, grad_leaves, grad_gate = pullback([[[1.0]]])
    >>> grad_x.round(3)
    array([[[-0.041,  0.   ],
            [ 0.   ,  1.041]]])
    >>> grad_gate.round(3)
    array([[ 0.   , -0.895],
           [-0.447, -1.342]])
    """
    return gates.tree(2, x, leaves, gate, stride, padding, dilation, ceil_mode, data_format).vjp(out)


@documented("tree", 3, "vjp")
def tree_pool3d(
    x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Two weighted sums of each window over three spatial axes, mixed by a gate, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> leaves = [[[[1.0, 0.0]], [[0.0, 0.0]]], [[[0.0, 0.0]], [[0.0, 1.0]]]]
    >>> y, pullback = cpool.vjp.tree_pool3d([[[[0.0, 2.0]], [[1.0, 3.0]]]], leaves, [[[0.5, 0.0]], [[0.0, -0.5]]])
    >>> grad_x, grad_leaves, grad_gate = pullback([[[[1.0]]]])
    >>> grad_x.ravel().round(3)
    array([-0.041,  0.   ,  0.   ,  1.041])
    """
    return gates.tree(3, x, leaves, gate, stride, padding, dilation, ceil_mode, data_format).vjp(out)
