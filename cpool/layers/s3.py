"""Layers of S3Pool: they draw in training, and average in eval mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, generator, integers
from cpool._docs import documented
from cpool._ops import s3
from cpool.layers._layer import plain
from cpool.layers._window import WindowLayer


class _S3Pool(WindowLayer):
    def __init__(
        self,
        kernel_size: Ints,
        grid_size: Ints,
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
        self.grid_size: Ints = plain(grid_size)
        integers("grid_size", self.grid_size, self.rank, 1)
        self.rng, self._generator = rng, generator(rng)

    def _setting(self) -> s3.Setting:
        windows = (self.kernel_size, self.grid_size, self.stride, self.padding, self.dilation)
        return s3.Setting(*windows, self.training, self._generator, self.ceil_mode, self.data_format)

    def _forward(self, x: ArrayLike) -> Any:
        return s3.forward(self.rank, x, self._setting(), None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return s3.vjp(self.rank, x, self._setting(), None)


@documented("s3", 1, "layer")
class S3Pool1d(_S3Pool):
    """The largest cells of windows over one spatial axis that chance leaves of all, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.S3Pool1d(2, 2, rng=0)
    >>> layer
    S3Pool1d(2, 2, rng=0)
    >>> layer.eval()([[0.0, 5.0, 1.0, 3.0]])
    array([[5., 3.]])
    """

    rank = 1


@documented("s3", 2, "layer")
class S3Pool2d(_S3Pool):
    """The largest cells of windows over two spatial axes that chance leaves of all, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.S3Pool2d(2, 2, rng=0)
    >>> layer
    S3Pool2d(2, 2, rng=0)
    >>> layer.eval()([[[1.0, 2.0], [0.0, 5.0]]])
    array([[[5.]]])
    """

    rank = 2


@documented("s3", 3, "layer")
class S3Pool3d(_S3Pool):
    """The largest cells of windows over three spatial axes that chance leaves of all, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.S3Pool3d((2, 1, 2), 2, rng=0)
    >>> layer
    S3Pool3d((2, 1, 2), 2, rng=0)
    >>> layer.eval()([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    array([[[[4.]]]])
    """

    rank = 3
