"""Layers of poolings by chance, and by rank: they draw in training, and give what is expected in eval mode."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, generator
from cpool._docs import documented
from cpool._ops import chance
from cpool._ops.beside import Family
from cpool.layers._learned import LearnedLayer


class _StochasticPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.rng, self._generator = rng, generator(rng)

    def _family(self, x: ArrayLike) -> Family:
        return chance.stochastic(self.rank, x, self._window(), self.training, self._generator)


@documented("stochastic", 1, "layer")
class StochasticPool1d(_StochasticPool):
    """A cell of each window over one spatial axis, drawn in proportion to its value, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.StochasticPool1d(2, rng=0)
    >>> layer([[0.0, 5.0, 1.0, 3.0]])
    array([[5., 3.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[0., 1., 0., 1.]])
    >>> layer.eval()([[0.0, 5.0, 1.0, 3.0]])
    array([[5. , 2.5]])
    """

    rank = 1


@documented("stochastic", 2, "layer")
class StochasticPool2d(_StochasticPool):
    """A cell of each window over two spatial axes, drawn in proportion to its value, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.StochasticPool2d(2, rng=0)
    >>> layer([[[1.0, 2.0], [0.0, 5.0]]])
    array([[[5.]]])
    >>> layer.backward([[[1.0]]])
    array([[[0., 0.],
            [0., 1.]]])
    >>> layer.eval()([[[1.0, 2.0], [0.0, 5.0]]])
    array([[[3.75]]])
    """

    rank = 2


@documented("stochastic", 3, "layer")
class StochasticPool3d(_StochasticPool):
    """A cell of each window over three spatial axes, drawn in proportion to its value, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.StochasticPool3d((2, 1, 2), rng=0)
    >>> layer([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    array([[[[4.]]]])
    >>> layer.backward([[[[1.0]]]]).ravel()
    array([0., 0., 0., 1.])
    >>> layer.eval()([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    array([[[[3.25]]]])
    """

    rank = 3


class _MaxPoolDropout(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        rate: float = 0.5,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.rate = chance.dropout_rate(rate)
        self.rng, self._generator = rng, generator(rng)

    def _family(self, x: ArrayLike) -> Family:
        return chance.dropout(self.rank, x, self._window(), self.rate, self.training, self._generator)


@documented("dropout", 1, "layer")
class MaxPoolDropout1d(_MaxPoolDropout):
    """The largest of the cells of each window over one spatial axis that chance leaves, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPoolDropout1d(2, rate=0.2, rng=0)
    >>> layer([[0.0, 5.0, 1.0, 3.0]])
    array([[0., 3.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[1., 0., 0., 1.]])
    >>> layer.eval()([[0.0, 5.0, 1.0, 3.0]]).round(3)
    array([[4.  , 2.56]])
    """

    rank = 1


@documented("dropout", 2, "layer")
class MaxPoolDropout2d(_MaxPoolDropout):
    """The largest of the cells of each window over two spatial axes that chance leaves, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPoolDropout2d(2, rate=0.2, rng=0)
    >>> layer([[[1.0, 2.0], [0.0, 5.0]]])
    array([[[2.]]])
    >>> layer.backward([[[1.0]]])
    array([[[0., 1.],
            [0., 0.]]])
    >>> layer.eval()([[[1.0, 2.0], [0.0, 5.0]]]).round(3)
    array([[[4.352]]])
    """

    rank = 2


@documented("dropout", 3, "layer")
class MaxPoolDropout3d(_MaxPoolDropout):
    """The largest of the cells of each window over three spatial axes that chance leaves, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPoolDropout3d((2, 1, 2), rate=0.2, rng=0)
    >>> layer([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    array([[[[3.]]]])
    >>> layer.backward([[[[1.0]]]]).ravel()
    array([0., 1., 0., 0.])
    >>> layer.eval()([[[[1.0, 3.0]], [[0.0, 4.0]]]]).round(3)
    array([[[[3.712]]]])
    """

    rank = 3


class _RankPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        mode: Literal["average", "weighted", "stochastic"] = "average",
        top: int | None = None,
        decay: float = 0.5,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.mode, self.top, self.decay = chance.rank_settings(mode, top, decay)
        self.rng, self._generator = rng, generator(rng)

    def _family(self, x: ArrayLike) -> Family:
        return chance.by_rank(self.rank, x, self._window(), self.mode, self.top, self.decay, self.training, self._generator)


@documented("rank", 1, "layer")
class RankPool1d(_RankPool):
    """The cells of each window over one spatial axis by their rank, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.RankPool1d(2, mode="stochastic", rng=0)
    >>> layer([[0.0, 5.0, 1.0, 3.0]])
    array([[0., 3.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[1., 0., 0., 1.]])
    >>> layer.eval()([[0.0, 5.0, 1.0, 3.0]]).round(3)
    array([[3.333, 2.333]])
    """

    rank = 1


@documented("rank", 2, "layer")
class RankPool2d(_RankPool):
    """The cells of each window over two spatial axes by their rank, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.RankPool2d(2, mode="stochastic", rng=0)
    >>> layer([[[1.0, 2.0], [0.0, 5.0]]])
    array([[[1.]]])
    >>> layer.backward([[[1.0]]])
    array([[[1., 0.],
            [0., 0.]]])
    >>> layer.eval()([[[1.0, 2.0], [0.0, 5.0]]]).round(3)
    array([[[3.333]]])
    """

    rank = 2


@documented("rank", 3, "layer")
class RankPool3d(_RankPool):
    """The cells of each window over three spatial axes by their rank, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.RankPool3d((2, 1, 2), mode="stochastic", rng=0)
    >>> layer([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    array([[[[1.]]]])
    >>> layer.backward([[[[1.0]]]]).ravel()
    array([1., 0., 0., 0.])
    >>> layer.eval()([[[[1.0, 3.0]], [[0.0, 4.0]]]]).round(3)
    array([[[[3.067]]]])
    """

    rank = 3
