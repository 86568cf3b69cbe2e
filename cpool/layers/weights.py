"""Layers of poolings with weights by position or by rank."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding, choice, generator
from cpool._docs import documented
from cpool._ops import weights
from cpool._ops.beside import Family
from cpool.layers._layer import held
from cpool.layers._learned import LearnedLayer, shape_of_each


class _WeightedMaxPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        num_channels: int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.num_channels = num_channels
        self._add("weight", np.ones(shape_of_each(self._kernel(), num_channels)))

    def project(self) -> None:
        """Keep the weights at least 0, in place: to be called after each update."""
        weight = held(self.params, "weight")
        np.maximum(weight, 0, out=weight)

    def _family(self, x: ArrayLike) -> Family:
        return weights.weighted_max(self.rank, x, self.params["weight"], *self._steps())


@documented("weighted_max", 1, "layer")
class WeightedMaxPool1d(_WeightedMaxPool):
    """The largest of the weighted cells of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.WeightedMaxPool1d(2)
    >>> layer([[0.0, 2.0, 1.0, 3.0]]).round(3)
    array([[2., 3.]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0., 1., 0., 1.]])
    >>> layer.grads["weight"].round(3)
    array([0., 5.])
    """

    rank = 1


@documented("weighted_max", 2, "layer")
class WeightedMaxPool2d(_WeightedMaxPool):
    """The largest of the weighted cells of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.WeightedMaxPool2d(2)
    >>> layer([[[0.0, 2.0], [1.0, 3.0]]]).round(3)
    array([[[3.]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0., 0.],
            [0., 1.]]])
    """

    rank = 2


@documented("weighted_max", 3, "layer")
class WeightedMaxPool3d(_WeightedMaxPool):
    """The largest of the weighted cells of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.WeightedMaxPool3d((2, 1, 2))
    >>> layer([[[[0.0, 2.0]], [[1.0, 3.0]]]]).round(3)
    array([[[[3.]]]])
    """

    rank = 3


class _OrdinalPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        init: Literal["avg", "max", "random"] = "avg",
        num_channels: int | None = None,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.init, self.num_channels, self.rng = choice("init", init, ("avg", "max", "random")), num_channels, rng
        cells, source = math.prod(self._kernel()), generator(rng)
        shape = shape_of_each((cells,), num_channels)
        start = source.random(shape) if init == "random" else np.ones(shape)
        if init == "max":
            start[..., 1:] = 0
        self._add("weight", start / start.sum(axis=-1, keepdims=True))

    def project(self) -> None:
        """Move the weights to the nearest of at least 0 that add up to 1, in place: to be called after each update."""
        on_simplex(held(self.params, "weight"))

    def _family(self, x: ArrayLike) -> Family:
        return weights.ordinal(self.rank, x, self.params["weight"], self._window())


def on_simplex(rows: Array) -> None:
    """Move each row, in place, to the nearest weights of at least 0 that add up to 1: all shifted alike, then clipped at 0.

    Not scaled: an update that raises all weights by the same, as one by signs of gradients does, must leave them where they were,
    and scaled they would come nearer to each other.
    """
    falling = -np.sort(-rows, axis=-1)
    # What would have to be taken from the k largest for these to add up to 1; as many count as are then above 0.
    shifts = (np.cumsum(falling, axis=-1) - 1) / np.arange(1, rows.shape[-1] + 1)
    last = np.count_nonzero(falling > shifts, axis=-1, keepdims=True) - 1
    np.maximum(rows - np.take_along_axis(shifts, last, axis=-1), 0, out=rows)


@documented("ordinal", 1, "layer")
class OrdinalPool1d(_OrdinalPool):
    """The cells of each window over one spatial axis, weighted by their ranks, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.OrdinalPool1d(2)
    >>> layer([[0.0, 2.0, 1.0, 3.0]]).round(3)
    array([[1., 2.]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0.5, 0.5, 0.5, 0.5]])
    >>> layer.grads["weight"].round(3)
    array([5., 1.])
    """

    rank = 1


@documented("ordinal", 2, "layer")
class OrdinalPool2d(_OrdinalPool):
    """The cells of each window over two spatial axes, weighted by their ranks, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.OrdinalPool2d(2, init="max")
    >>> layer([[[0.0, 2.0], [1.0, 3.0]]]).round(3)
    array([[[3.]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0., 0.],
            [0., 1.]]])
    """

    rank = 2


@documented("ordinal", 3, "layer")
class OrdinalPool3d(_OrdinalPool):
    """The cells of each window over three spatial axes, weighted by their ranks, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.OrdinalPool3d((2, 1, 2))
    >>> layer([[[[0.0, 2.0]], [[1.0, 3.0]]]]).round(3)
    array([[[[1.5]]]])
    """

    rank = 3
