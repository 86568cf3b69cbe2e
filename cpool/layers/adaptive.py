"""Layers of adaptive pooling: the size of the output is given, and the windows follow from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cpool._arguments import ArrayLike, DataFormat, channels_last, output_sizes, spatial_shape
from cpool._docs import documented
from cpool._geometry import with_spatial
from cpool._ops import bins
from cpool.layers._layer import Layer, checked_shape, plain


class _AdaptivePool(Layer):
    """A layer of `_ops.bins.adaptive`."""

    kind: ClassVar[str]
    rank: ClassVar[int]

    def __init__(self, output_size: Any, *, data_format: DataFormat = "channels_first", name: str | None = None) -> None:
        super().__init__(name)
        self.output_size = plain(output_size)
        output_sizes(self.output_size, (1,) * self.rank)
        channels_last(data_format)
        self.data_format = data_format

    def _forward(self, x: ArrayLike) -> Any:
        return bins.adaptive(self.kind, self.rank, x, self.output_size, self.data_format, False, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return bins.adaptive_vjp(self.kind, self.rank, x, self.output_size, self.data_format, False, None)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        shape = checked_shape(input_shape, self.rank, last)
        return with_spatial(shape, output_sizes(self.output_size, spatial_shape(shape, self.rank, last)), last)


@documented("adaptive_max", 1, "layer")
class AdaptiveMaxPool1d(_AdaptivePool):
    """The largest cell of each of a given number of windows over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AdaptiveMaxPool1d(2)
    >>> layer([[1.0, 5.0, 2.0, 4.0, 3.0]])
    array([[5., 4.]])
    >>> layer.backward([[1.0, 2.0]])
    array([[0., 1., 0., 2., 0.]])
    """

    kind = "max"
    rank = 1


@documented("adaptive_max", 2, "layer")
class AdaptiveMaxPool2d(_AdaptivePool):
    """The largest cell of each of a given number of windows over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AdaptiveMaxPool2d((1, 2))
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[8., 8.]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[0., 0., 0.],
            [0., 3., 0.]]])
    """

    kind = "max"
    rank = 2


@documented("adaptive_max", 3, "layer")
class AdaptiveMaxPool3d(_AdaptivePool):
    """The largest cell of each of a given number of windows over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AdaptiveMaxPool3d((2, 1, 2))
    >>> layer([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]]).ravel()
    array([2., 3., 6., 9.])
    >>> layer.backward([[[[1.0, 2.0]], [[3.0, 4.0]]]]).ravel()
    array([0., 1., 2., 0., 3., 4.])
    """

    kind = "max"
    rank = 3


@documented("adaptive_avg", 1, "layer")
class AdaptiveAvgPool1d(_AdaptivePool):
    """The average of each of a given number of windows over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AdaptiveAvgPool1d(2)
    >>> layer([[1.0, 5.0, 2.0, 4.0, 3.0]])
    array([[2.66666667, 3.        ]])
    >>> layer.backward([[1.0, 2.0]])
    array([[0.33333333, 0.33333333, 1.        , 0.66666667, 0.66666667]])
    """

    kind = "avg"
    rank = 1


@documented("adaptive_avg", 2, "layer")
class AdaptiveAvgPool2d(_AdaptivePool):
    """The average of each of a given number of windows over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AdaptiveAvgPool2d((1, 2))
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[3.75, 4.25]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[0.25, 0.75, 0.5 ],
            [0.25, 0.75, 0.5 ]]])
    """

    kind = "avg"
    rank = 2


@documented("adaptive_avg", 3, "layer")
class AdaptiveAvgPool3d(_AdaptivePool):
    """The average of each of a given number of windows over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AdaptiveAvgPool3d((2, 1, 2))
    >>> layer([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]]).ravel()
    array([1.5, 2.5, 5.5, 7.5])
    >>> layer.backward([[[[1.0, 2.0]], [[3.0, 4.0]]]]).ravel()
    array([0.5, 1.5, 1. , 1.5, 3.5, 2. ])
    """

    kind = "avg"
    rank = 3
