"""What the layers share whose window is as large as the input."""

from __future__ import annotations

import numpy as np

from cpool._arguments import DataFormat, batched_array, channels_last, integer, sequence
from cpool.layers._layer import Layer


class GlobalLayer(Layer):
    """A layer whose window is the whole input."""

    def __init__(self, *, data_format: DataFormat = "channels_first", name: str | None = None) -> None:
        super().__init__(name)
        channels_last(data_format)
        self.data_format = data_format

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape: its spatial axes have length 1."""
        last = channels_last(self.data_format)
        lengths = (integer(f"input_shape[{i}]", n, 0) for i, n in enumerate(sequence("input_shape", input_shape)))
        # One cell seen in this shape: what is checked of an array is checked of its shape, with the same messages.
        shape = batched_array("input_shape", np.broadcast_to(0.0, tuple(lengths)), last).shape
        ones = (1,) * (len(shape) - 2)
        return (shape[0], *ones, shape[-1]) if last else (*shape[:2], *ones)


class DescriptorLayer(GlobalLayer):
    """One whose result has no spatial axes: (N, C)."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, (N, C)."""
        shape = super().output_shape(input_shape)
        return shape[0], shape[-1 if self.data_format == "channels_last" else 1]
