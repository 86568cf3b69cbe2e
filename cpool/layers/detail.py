"""Layers of detail-preserving pooling."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, flag, generator
from cpool._docs import documented
from cpool._geometry import Axis
from cpool._ops import detail
from cpool._ops.beside import Family
from cpool._ops.detail import Filtered, Weighting
from cpool.layers._layer import held
from cpool.layers._learned import LearnedLayer, channel_start


class _DetailPreservingPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        log_lambda: float = 0.0,
        log_alpha: float = 0.0,
        symmetric: bool = True,
        normalize: Literal["mean", "sum", "none"] = "mean",
        eps2: float = 1e-3,
        lite: bool = True,
        num_channels: int | None = None,
        rng: np.random.Generator | int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.log_lambda, self.log_alpha, self.num_channels, self.rng = log_lambda, log_alpha, num_channels, rng
        self.symmetric, self.normalize, self.eps2, self.lite = symmetric, normalize, eps2, flag("lite", lite)
        self._add("log_lambda", channel_start("log_lambda", log_lambda, num_channels))
        self._add("log_alpha", channel_start("log_alpha", log_alpha, num_channels))
        self._weighting().checked()
        source = generator(rng)
        if not lite:
            if num_channels is None:
                raise ValueError("num_channels=None: with lite=False, which has a filter a channel, their number is needed")
            reach = 3 ** (-self.rank / 2)
            self._add("filter", source.uniform(-reach, reach, (num_channels, *(3,) * self.rank)))
            self._add("bias", source.uniform(-reach, reach, num_channels))

    def project(self) -> None:
        """Keep `log_lambda` at most 4 and `log_alpha` at most 10, in place: to be called after each update."""
        for key, most in (("log_lambda", 4), ("log_alpha", 10)):
            value = held(self.params, key)
            np.minimum(value, most, out=value)

    def _axes(self, spatial: tuple[int, ...]) -> tuple[Axis, ...]:
        axes = super()._axes(spatial)
        if not self.lite:
            detail.filter_axes(axes)  # which says so where there are too few of its windows
        return axes

    def _weighting(self) -> Weighting:
        return Weighting(self.params["log_lambda"], self.params["log_alpha"], self.symmetric, self.normalize, self.eps2)

    def _family(self, x: ArrayLike) -> Family | Filtered:
        filters = self.params.get("filter"), self.params.get("bias")
        return detail.detail(self.rank, x, self._window(), self._weighting(), *filters)


@documented("detail", 1, "layer")
class DetailPreservingPool1d(_DetailPreservingPool):
    """The cells of each window over one spatial axis, those far from its mean counting more, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.DetailPreservingPool1d(4)
    >>> layer([[0.0, 2.0, 1.0, 7.0]]).round(3)
    array([[3.082]])
    >>> layer.backward([[1.0]]).round(3)
    array([[0.317, 0.093, 0.205, 0.384]])
    >>> layer.grads["log_alpha"].round(3)
    np.float64(-0.317)
    """

    rank = 1


@documented("detail", 2, "layer")
class DetailPreservingPool2d(_DetailPreservingPool):
    """The cells of each window over two spatial axes, those far from its mean counting more, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.DetailPreservingPool2d(2, log_lambda=1.0)
    >>> layer([[[0.0, 2.0], [1.0, 7.0]]]).round(3)
    array([[[4.244]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[ 0.471, -0.164],
            [ 0.047,  0.647]]])
    """

    rank = 2


@documented("detail", 3, "layer")
class DetailPreservingPool3d(_DetailPreservingPool):
    """The cells of each window over three spatial axes, those far from its mean counting more, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.DetailPreservingPool3d((2, 1, 2), symmetric=False)
    >>> layer([[[[0.0, 2.0]], [[1.0, 7.0]]]]).round(3)
    array([[[[3.979]]]])
    """

    rank = 3
