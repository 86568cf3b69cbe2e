"""Layers of max unpooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from cpool._arguments import (
    ArrayLike,
    DataFormat,
    Ints,
    Padding,
    channels_last,
    choice,
    integer,
    sequence,
    spatial_array,
    spatial_shape,
    unpooled_sizes,
    unpooling_window,
)
from cpool._docs import documented
from cpool._geometry import unpooling_axes, with_spatial
from cpool._ops import unpool
from cpool.layers._layer import Layer, plain


class _MaxUnpool(Layer):
    """A layer of `_ops.unpool`; `rank` is the number of spatial axes."""

    rank: ClassVar[int]

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        output_size: Ints | None = None,
        *,
        duplicates: str = "last",
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel_size: Ints = plain(kernel_size)
        self.stride: Ints | None = plain(stride)
        self.padding: Padding = plain(padding)
        self.output_size: Ints | None = plain(output_size)
        unpooling_window(self.rank, self.kernel_size, self.stride, self.padding)
        unpooled_sizes(self.output_size, self.rank, channels_last(data_format))
        self.duplicates = choice("duplicates", duplicates, unpool.DUPLICATES)
        self.data_format = data_format

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        lengths = (integer(f"input_shape[{i}]", n, 0) for i, n in enumerate(sequence("input_shape", input_shape)))
        # One cell seen in this shape: what is checked of an array is checked of its shape, with the same messages.
        shape = spatial_array("input_shape", np.broadcast_to(0.0, tuple(lengths)), self.rank, last).shape
        window = unpooling_window(self.rank, self.kernel_size, self.stride, self.padding)
        sizes = unpooled_sizes(self.output_size, self.rank, last)
        axes = unpooling_axes(spatial_shape(shape, self.rank, last), window, sizes)
        return with_spatial(shape, tuple(axis.size for axis in axes), last)

    def _forward(self, x: ArrayLike, indices: ArrayLike) -> Any:
        return unpool.forward(*self._call(x, indices))

    def _vjp(self, x: ArrayLike, indices: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return unpool.vjp(*self._call(x, indices))

    def _call(self, x: ArrayLike, indices: ArrayLike) -> tuple[Any, ...]:
        window = (self.kernel_size, self.stride, self.padding, self.output_size)
        return self.rank, x, indices, *window, self.duplicates, self.data_format, None


@documented("unpool", 1, "layer")
class MaxUnpool1d(_MaxUnpool):
    """Values put back where max pooling over one spatial axis found them, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxUnpool1d(2)
    >>> layer([[5.0, 4.0]], [[1, 3]])
    array([[0., 5., 0., 4.]])
    >>> layer.backward([[1.0, 2.0, 3.0, 4.0]])
    array([[2., 4.]])
    """

    rank = 1


@documented("unpool", 2, "layer")
class MaxUnpool2d(_MaxUnpool):
    """Values put back where max pooling over two spatial axes found them, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxUnpool2d(2, output_size=(2, 5))
    >>> layer([[[5.0, 4.0]]], [[[1, 7]]])
    array([[[0., 5., 0., 0., 0.],
            [0., 0., 4., 0., 0.]]])
    >>> layer
    MaxUnpool2d(2, output_size=(2, 5))
    >>> layer.output_shape((16, 3, 1, 2))
    (16, 3, 2, 5)
    """

    rank = 2


@documented("unpool", 3, "layer")
class MaxUnpool3d(_MaxUnpool):
    """Values put back where max pooling over three spatial axes found them, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxUnpool3d((1, 2, 2))
    >>> layer([[[[4.0]], [[8.0]]]], [[[[3]], [[7]]]]).ravel()
    array([0., 0., 0., 4., 0., 0., 0., 8.])
    """

    rank = 3
