"""Layers of adaptive polyphase sampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cpool._arguments import ArrayLike, DataFormat, Ints, channels_last, integers, order_of_norm, spatial_shape
from cpool._docs import documented
from cpool._geometry import with_spatial
from cpool._ops import polyphase
from cpool.layers._layer import Layer, checked_shape, plain


class _PolyphasePool(Layer):
    rank: ClassVar[int]

    def __init__(
        self,
        stride: Ints = 2,
        *,
        norm: float = 2,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.stride: Ints = plain(stride)
        integers("stride", self.stride, self.rank, 1)
        self.norm = norm
        order_of_norm("norm", norm)
        channels_last(data_format)
        self.data_format = data_format

    def _forward(self, x: ArrayLike) -> Any:
        return polyphase.forward(self.rank, x, self.stride, self.norm, False, self.data_format, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return polyphase.vjp(self.rank, x, self.stride, self.norm, False, self.data_format, None)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        shape = checked_shape(input_shape, self.rank, last)
        steps = integers("stride", self.stride, self.rank, 1)
        return with_spatial(shape, polyphase.sampled_sizes(spatial_shape(shape, self.rank, last), steps), last)


@documented("polyphase", 1, "layer")
class PolyphasePool1d(_PolyphasePool):
    """Every other cell over one spatial axis, of those that are largest, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.PolyphasePool1d()
    >>> layer([[1.0, 5.0, 3.0, 4.0]])
    array([[5., 4.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[0., 1., 0., 1.]])
    """

    rank = 1


@documented("polyphase", 2, "layer")
class PolyphasePool2d(_PolyphasePool):
    """Every other cell over two spatial axes, of those that are largest, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.PolyphasePool2d()
    >>> layer([[[1.0, 2.0], [5.0, 0.0]]])
    array([[[5.]]])
    >>> layer.backward([[[1.0]]])
    array([[[0., 0.],
            [1., 0.]]])
    """

    rank = 2


@documented("polyphase", 3, "layer")
class PolyphasePool3d(_PolyphasePool):
    """Every other cell over three spatial axes, of those that are largest, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.PolyphasePool3d()
    >>> layer([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    array([[[[4.]]]])
    >>> layer.backward([[[[1.0]]]]).ravel()
    array([0., 0., 0., 1.])
    """

    rank = 3
