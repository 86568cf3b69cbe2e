"""The layer of spatial pyramid pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from cpool._arguments import ArrayLike, DataFormat, channels_last, choice
from cpool._docs import documented
from cpool._ops import pyramid
from cpool.layers._layer import Layer, checked_shape, plain


@documented("spatial_pyramid", 2, "layer")
class SpatialPyramidPool2d(Layer):
    """Adaptive poolings of several sizes as one row of features, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SpatialPyramidPool2d([1, 2])
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([8., 4., 3., 8., 8.])
    >>> layer.output_shape((16, 3, 32, 32))
    (16, 15)
    """

    def __init__(
        self,
        levels: Sequence[int],
        mode: Literal["max", "avg"] = "max",
        *,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.levels = plain(levels)
        pyramid.pyramid_levels(self.levels)
        self.mode = choice("mode", mode, pyramid.MODES)
        channels_last(data_format)
        self.data_format = data_format

    def _forward(self, x: ArrayLike) -> Any:
        return pyramid.forward(x, self.levels, self.mode, self.data_format, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return pyramid.vjp(x, self.levels, self.mode, self.data_format, None)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        return pyramid.features(checked_shape(input_shape, 2, last), self.levels, last)
