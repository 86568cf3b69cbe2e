"""Layers of fractional pooling: windows at random, anew at each forward unless they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, Ints, channels_last, flag, generator, spatial_shape
from cpool._docs import documented
from cpool._geometry import with_spatial
from cpool._ops import fractional
from cpool._ops.fractional import Scheme, output_of
from cpool.layers._layer import Layer, checked_shape, plain


class _FractionalPool(Layer):
    """A layer of `_ops.fractional`."""

    kind: ClassVar[str]
    rank: ClassVar[int]

    def __init__(
        self,
        kernel_size: Ints | None,
        output_size: Ints | None = None,
        output_ratio: float | Sequence[float] | None = None,
        samples: ArrayLike | None = None,
        rng: np.random.Generator | int | None = None,
        *,
        boundaries: Sequence[Sequence[int]] | None = None,
        overlapping: bool = False,
        pseudorandom: bool = True,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel_size = plain(kernel_size)
        self.output_size = plain(output_size)
        self.output_ratio = plain(output_ratio)
        self.samples = None if samples is None else np.array(samples)
        self.rng = rng
        self._generator = generator(rng)
        self.boundaries = plain(boundaries)
        self.overlapping = flag("overlapping", overlapping)
        self.pseudorandom = flag("pseudorandom", pseudorandom)
        channels_last(data_format)
        self.data_format = data_format
        fractional.check_scheme(self._scheme())

    def _scheme(self) -> Scheme:
        size = (self.kernel_size, self.output_size, self.output_ratio)
        return Scheme(*size, self.samples, self._generator, self.boundaries, self.overlapping, self.pseudorandom, False)

    def _forward(self, x: ArrayLike) -> Any:
        return fractional.forward(self.kind, self.rank, x, self._scheme(), self.data_format, False, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return fractional.vjp(self.kind, self.rank, x, self._scheme(), self.data_format, False, None)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        shape = checked_shape(input_shape, self.rank, last)
        return with_spatial(shape, output_of(spatial_shape(shape, self.rank, last), self._scheme()), last)


@documented("fractional_max", 2, "layer")
class FractionalMaxPool2d(_FractionalPool):
    """The largest cell of each of the windows that chance lays over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import numpy as np
    >>> import cpool
    >>> layer = cpool.FractionalMaxPool2d(2, 3, rng=0)
    >>> layer
    FractionalMaxPool2d(2, output_size=3, rng=0)
    >>> layer(np.arange(25.0).reshape(1, 5, 5)).shape
    (1, 3, 3)
    >>> layer.backward(np.ones((1, 3, 3))).sum()
    np.float64(9.0)
    """

    kind = "max"
    rank = 2


@documented("fractional_max", 3, "layer")
class FractionalMaxPool3d(_FractionalPool):
    """The largest cell of each of the windows that chance lays over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import numpy as np
    >>> import cpool
    >>> layer = cpool.FractionalMaxPool3d(2, 3, rng=0)
    >>> layer
    FractionalMaxPool3d(2, output_size=3, rng=0)
    >>> layer(np.arange(125.0).reshape(1, 5, 5, 5)).shape
    (1, 3, 3, 3)
    >>> layer.backward(np.ones((1, 3, 3, 3))).sum()
    np.float64(27.0)
    """

    kind = "max"
    rank = 3


@documented("fractional_avg", 2, "layer")
class FractionalAvgPool2d(_FractionalPool):
    """The average of each of the windows that chance lays over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import numpy as np
    >>> import cpool
    >>> layer = cpool.FractionalAvgPool2d(2, 3, rng=0)
    >>> layer
    FractionalAvgPool2d(2, output_size=3, rng=0)
    >>> layer(np.arange(25.0).reshape(1, 5, 5)).shape
    (1, 3, 3)
    >>> layer.backward(np.ones((1, 3, 3))).sum().round(6)
    np.float64(9.0)
    """

    kind = "avg"
    rank = 2


@documented("fractional_avg", 3, "layer")
class FractionalAvgPool3d(_FractionalPool):
    """The average of each of the windows that chance lays over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import numpy as np
    >>> import cpool
    >>> layer = cpool.FractionalAvgPool3d(2, 3, rng=0)
    >>> layer
    FractionalAvgPool3d(2, output_size=3, rng=0)
    >>> layer(np.arange(125.0).reshape(1, 5, 5, 5)).shape
    (1, 3, 3, 3)
    >>> layer.backward(np.ones((1, 3, 3, 3))).sum().round(6)
    np.float64(27.0)
    """

    kind = "avg"
    rank = 3
