"""Layout is a shape: every array as (planes, depth, rows, cols, inner), whatever its rank and its order in memory.

Channels first has inner = 1 and planes = N * C; channels last has planes = N and inner = C; missing spatial axes have
length 1. The order in memory decides, not the order of the axes: an NCHW-shaped view of NHWC memory is channels last here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cpool._arguments import Array


class Layout(NamedTuple):
    """How arrays of one call map to the kernels' five axes."""

    rank: int
    last: bool
    """Whether the channels are the last axis of the user's arrays."""
    inner_channels: bool
    """Whether they are the innermost in memory."""

    def channel_axis(self, ndim: int) -> int:
        """Where the channels are in the user's arrays."""
        return ndim - 1 if self.last else ndim - self.rank - 1

    def in_memory_order(self, a: Array) -> Array:
        """The array with its axes as the kernels walk them: channels before the spatial axes, or innermost."""
        if self.last == self.inner_channels:
            return a
        return np.moveaxis(a, self.channel_axis(a.ndim), a.ndim - 1 if self.inner_channels else a.ndim - self.rank - 1)

    def as_user_sees(self, a: Array) -> Array:
        """The inverse of `in_memory_order`, a view."""
        if self.last == self.inner_channels:
            return a
        return np.moveaxis(a, a.ndim - 1 if self.inner_channels else a.ndim - self.rank - 1, self.channel_axis(a.ndim))

    def five(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that the kernels see of a shape in memory order."""
        missing = (1,) * (3 - self.rank)
        end = len(shape) - 1 if self.inner_channels else len(shape)
        spatial = shape[end - self.rank : end]
        planes = 1
        for length in shape[: end - self.rank]:
            planes *= length
        return (planes, *missing, *spatial, shape[-1] if self.inner_channels else 1)

    def shape_in_memory(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The user's shape with its axes in memory order."""
        if self.last == self.inner_channels:
            return shape
        a = self.channel_axis(len(shape))
        rest = shape[:a] + shape[a + 1 :]
        b = len(rest) if self.inner_channels else len(rest) - self.rank
        return (*rest[:b], shape[a], *rest[b:])

    def five_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that the kernels see of the user's."""
        return self.five(self.shape_in_memory(shape))

    def rows_of(self, a: Array) -> Array:
        """An input as the kernels read it: itself or a view where rows are contiguous, as in a crop of an image, else a copy."""
        a = self.in_memory_order(a)
        if a.flags.c_contiguous:
            return a
        view = a.reshape(five := self.five(a.shape))
        columns, inner = view.strides[3], view.strides[4]
        if (five[4] == 1 or inner == a.itemsize) and (five[3] == 1 or columns == five[4] * a.itemsize):
            return view
        return np.ascontiguousarray(a)

    def contiguous(self, a: Array) -> Array:
        """An array as the kernels read it where they take no strides."""
        a = self.in_memory_order(a)
        return a if a.flags.c_contiguous else np.ascontiguousarray(a)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[Array, Array]:
        """A new array of the user's shape in this memory order, and as the kernels write it."""
        memory = np.empty(self.shape_in_memory(shape), dtype)
        return self.as_user_sees(memory), memory

    def target(self, out: Array) -> Array | None:
        """The user's array as the kernels write it, if they can as it lies in memory."""
        memory = self.in_memory_order(out)
        return memory if memory.flags.c_contiguous and memory.flags.aligned else None


def layout_of(x: Array, rank: int, last: bool) -> Layout:
    """The layout whose kernels read x with the least copying."""
    if x.flags.c_contiguous:
        return Layout(rank, last, last)
    other = Layout(rank, last, not last)
    # Strided input stays in the order of its axes, unless its memory is just the other order, in whole or as a crop.
    swapped = other.in_memory_order(x)
    if swapped.flags.c_contiguous or (_densest_axis(x) == other.channel_axis(x.ndim)) != last:
        return other
    return Layout(rank, last, last)


def _densest_axis(x: Array) -> int:
    steps = [abs(s) if n > 1 and s else np.iinfo(np.intp).max for s, n in zip(x.strides, x.shape, strict=True)]
    return steps.index(min(steps))
