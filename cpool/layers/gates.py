"""Layers of poolings that mix the maximum with the mean, and of the tree of two sums."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, choice, generator
from cpool._arguments.parameters import channel_parameter, probabilities
from cpool._docs import documented
from cpool._ops import gates
from cpool._ops.beside import Family
from cpool.layers._layer import held
from cpool.layers._learned import LearnedLayer, channel_start, shape_of_each

GATE_DEVIATION = 0.1
LEAF_DEVIATION = 0.1


class _MixedPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        alpha: float = 0.5,
        mode: Literal["learned", "stochastic"] = "learned",
        num_channels: int | None = None,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.mode = choice("mode", mode, gates.MODES)
        self._add("alpha", channel_start("alpha", alpha, num_channels))
        if mode == "stochastic":
            probabilities(channel_parameter("alpha", self.params["alpha"], self.params["alpha"].size))
        self.alpha, self.num_channels = alpha, num_channels
        self.rng, self._generator = rng, generator(rng)

    def project(self) -> None:
        """Keep `alpha` from 0 to 1, in place: to be called after each update."""
        alpha = held(self.params, "alpha")
        np.clip(alpha, 0, 1, out=alpha)

    def _family(self, x: ArrayLike) -> Family:
        return gates.mixed(self.rank, x, self._window(), self.params["alpha"], self.mode, self.training, self._generator)


@documented("mixed", 1, "layer")
class MixedPool1d(_MixedPool):
    """The maximum and the mean of each window over one spatial axis, mixed, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MixedPool1d(2)
    >>> layer([[0.0, 2.0, 1.0, 3.0]]).round(3)
    array([[1.5, 2.5]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0.25, 0.75, 0.25, 0.75]])
    >>> layer.grads["alpha"].round(3)
    np.float64(2.0)
    """

    rank = 1


@documented("mixed", 2, "layer")
class MixedPool2d(_MixedPool):
    """The maximum and the mean of each window over two spatial axes, mixed, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MixedPool2d(2, alpha=0.75)
    >>> layer([[[0.0, 2.0], [1.0, 3.0]]]).round(3)
    array([[[2.625]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0.062, 0.062],
            [0.062, 0.812]]])
    """

    rank = 2


@documented("mixed", 3, "layer")
class MixedPool3d(_MixedPool):
    """The maximum and the mean of each window over three spatial axes, mixed, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MixedPool3d((2, 1, 2), num_channels=1)
    >>> layer([[[[0.0, 2.0]], [[1.0, 3.0]]]]).round(3)
    array([[[[2.25]]]])
    """

    rank = 3


class _GatedPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        num_channels: int | None = None,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.num_channels, self.rng = num_channels, rng
        self._add("mask", generator(rng).normal(0, GATE_DEVIATION, shape_of_each(self._kernel(), num_channels)))

    def _family(self, x: ArrayLike) -> Family:
        return gates.gated(self.rank, x, self.params["mask"], *self._steps())


@documented("gated", 1, "layer")
class GatedPool1d(_GatedPool):
    """The maximum and the mean of each window over one spatial axis, mixed by a gate, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GatedPool1d(2, rng=0)
    >>> layer([[0.0, 2.0, 1.0, 3.0]]).round(3)
    array([[1.493, 2.493]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0.256, 0.743, 0.257, 0.743]])
    >>> layer.grads["mask"].round(3)
    array([0.25, 1.25])
    """

    rank = 1


@documented("gated", 2, "layer")
class GatedPool2d(_GatedPool):
    """The maximum and the mean of each window over two spatial axes, mixed by a gate, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GatedPool2d(2, rng=0)
    >>> layer([[[0.0, 2.0], [1.0, 3.0]]]).round(3)
    array([[[2.276]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0.125, 0.116],
            [0.145, 0.642]]])
    """

    rank = 2


@documented("gated", 3, "layer")
class GatedPool3d(_GatedPool):
    """The maximum and the mean of each window over three spatial axes, mixed by a gate, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GatedPool3d((2, 1, 2), rng=0)
    >>> layer([[[[0.0, 2.0]], [[1.0, 3.0]]]]).round(3)
    array([[[[2.276]]]])
    """

    rank = 3


class _TreePool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        num_channels: int | None = None,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.num_channels, self.rng = num_channels, rng
        kernel, source = self._kernel(), generator(rng)
        cells = math.prod(kernel)
        # Sums of the leaves near 1, whatever the size of the window.
        self._add("leaves", 1 / cells + source.normal(0, LEAF_DEVIATION / math.sqrt(cells), (2, *kernel)))
        self._add("gate", source.normal(0, GATE_DEVIATION, shape_of_each(kernel, num_channels)))

    def _family(self, x: ArrayLike) -> Family:
        return gates.tree(self.rank, x, self.params["leaves"], self.params["gate"], *self._steps())


@documented("tree", 1, "layer")
class TreePool1d(_TreePool):
    """Two weighted sums of each window over one spatial axis, mixed by a gate, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.TreePool1d(2, rng=0)
    >>> layer([[0.0, 2.0, 1.0, 3.0]]).round(3)
    array([[0.997, 2.023]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0.527, 0.498, 0.528, 0.498]])
    >>> layer.grads["gate"].round(3)
    array([-0.022, -0.082])
    """

    rank = 1


@documented("tree", 2, "layer")
class TreePool2d(_TreePool):
    """Two weighted sums of each window over two spatial axes, mixed by a gate, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.TreePool2d(2, rng=0)
    >>> layer([[[0.0, 2.0], [1.0, 3.0]]]).round(3)
    array([[[1.655]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0.241, 0.264],
            [0.304, 0.279]]])
    """

    rank = 2


@documented("tree", 3, "layer")
class TreePool3d(_TreePool):
    """Two weighted sums of each window over three spatial axes, mixed by a gate, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.TreePool3d((2, 1, 2), rng=0)
    >>> layer([[[[0.0, 2.0]], [[1.0, 3.0]]]]).round(3)
    array([[[[1.655]]]])
    """

    rank = 3
