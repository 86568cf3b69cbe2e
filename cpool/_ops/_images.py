"""Inputs whose pooling is of all channels together and gives one number for each: seen as (N, C, cells), whatever their layout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike
from cpool._layout import layout_of
from cpool._ops._call import converted, rounded


class Images:
    """x of a call, whose result is (N, C)."""

    def __init__(self, x: ArrayLike, data_format: str) -> None:
        self.last = _arguments.channels_last(data_format)
        self.given, self.array = x, _arguments.batched_array("x", x, self.last)
        self.dtype = _arguments.gradient_dtype(self.array.dtype)
        self.shape = self.array.shape
        self.layout = layout_of(self.array, self.array.ndim - 2, self.last)
        self.channels = self.shape[-1 if self.last else 1]
        self.y_shape = (self.shape[0], self.channels)

    def cells(self, dtype: np.dtype[Any]) -> Array:
        """The array in this dtype; a view where that is possible."""
        return self._flat(converted(self.array, dtype), self.last)

    def like(self, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        """A new array of the shape of x that lies in memory as x does, and the same as cells."""
        whole, memory = self.layout.empty(self.shape, dtype)
        return whole, self._flat(memory, self.layout.inner_channels)

    def _flat(self, a: Array, last: bool) -> Array:
        count = math.prod(_arguments.spatial_shape(self.shape, len(self.shape) - 2, self.last))
        if last:
            return np.moveaxis(a.reshape(self.shape[0], count, self.channels), 2, 1)
        return a.reshape(self.shape[0], self.channels, count)

    def check_output(self, out: Array | None) -> None:
        """Whether the result can be written to `out`."""
        if out is not None:
            _arguments.output(out, self.y_shape, self.dtype, apart_from=(self.given, self.array))

    def gradient(self, grad_y: ArrayLike, out: Array | None, dtype: np.dtype[Any]) -> Array:
        """The gradient of the result in this dtype, and whether that of x can be written to `out`."""
        given = _arguments.gradient("grad_y", grad_y, self.y_shape)
        if out is not None:
            _arguments.output(out, self.shape, self.dtype, apart_from=(grad_y, given))
        return rounded(given, dtype)

    def hand_over(self, found: Array, out: Array | None) -> Array:
        """A result or a gradient of x as the user gets it."""
        if out is None:
            return rounded(found, self.dtype)
        out[...] = rounded(found, self.dtype)
        return out
