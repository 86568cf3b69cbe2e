"""What the layers share whose windows are given by size, stride, padding and dilation."""

from __future__ import annotations

from typing import ClassVar

from cpool._arguments import DataFormat, Ints, Padding, channels_last, flag, spatial_shape, window
from cpool._geometry import Axis, axes_of, pooled_shape
from cpool.layers._layer import Layer, checked_shape, plain


class WindowLayer(Layer):
    """A layer whose windows lie on a regular grid; `rank` is the number of spatial axes."""

    rank: ClassVar[int]

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel_size: Ints = plain(kernel_size)
        self.stride: Ints | None = plain(stride)
        self.padding: Padding = plain(padding)
        self.dilation: Ints = plain(dilation)
        window(self.rank, self.kernel_size, self.stride, self.padding, self.dilation)
        self.ceil_mode = flag("ceil_mode", ceil_mode)
        channels_last(data_format)
        self.data_format = data_format

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        shape = checked_shape(input_shape, self.rank, last)
        return pooled_shape(shape, self._axes(spatial_shape(shape, self.rank, last)), last)

    def _axes(self, spatial: tuple[int, ...]) -> tuple[Axis, ...]:
        """The windows along these spatial axes."""
        windows = window(self.rank, self.kernel_size, self.stride, self.padding, self.dilation)
        return axes_of(spatial, windows, self.ceil_mode)
