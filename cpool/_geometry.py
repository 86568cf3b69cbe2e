"""Every rule about shapes: where the windows of a pooling lie, and how many there are.

All later code sees an axis as an `Axis`: window o takes the cells o * stride - before + t * dilation, t < kernel, that
lie inside the input. Names of padding, ceil mode and the spellings of the arguments end here.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import NamedTuple

import numpy as np

from cpool._arguments import Array, Window, shown

MOST_CELLS = 2**59
"""The most cells of a plane whose bytes can still be counted."""

MOST_SPANNED = 2**44
"""The most cells that the input and the result of a pooling may span in a plane: what the kernels count, no more than a thousand
times as many bytes for each, then fits 63 bits. No memory holds so many, but an array with strides of 0 can have them."""


class Axis(NamedTuple):
    """The windows along one spatial axis."""

    size: int
    out: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def effective(self) -> int:
        """The cells from the first to the last of a window."""
        return self.dilation * (self.kernel - 1) + 1

    def taps(self) -> tuple[Array, Array, Array]:
        """Of each window: how many of its cells precede the input, lie inside it, and lie before the padding's end."""
        start = np.arange(self.out, dtype=np.int64) * self.stride - self.before
        ahead = np.minimum(self.kernel, -(np.minimum(start, 0) // self.dilation))
        inside = np.clip(-((start - self.size) // self.dilation), ahead, self.kernel) - ahead
        padded = np.clip(-((start - self.size - self.after) // self.dilation), 0, self.kernel)
        return ahead, inside, padded

    @functools.lru_cache(maxsize=256)  # noqa: B019  # of tuples, which are no more than their numbers
    def uncovered(self) -> Array:
        """The cells that are in no window: behind the last one, or between windows."""
        covered = np.zeros(self.size, bool)
        last = (self.out - 1) * self.stride - self.before
        first = max(0, -(last // self.dilation))  # the first tap that any window has in the input
        for tap in range(first, min(self.kernel, (self.size - 1 + self.before) // self.dilation + 1)):
            start = tap * self.dilation - self.before
            start += max(0, -(start // self.stride)) * self.stride
            covered[start : last + tap * self.dilation + 1 : self.stride] = True
        return np.flatnonzero(~covered)

    def has_empty_window(self) -> bool:
        """Whether some window has no cell in the input; only padding with dilation (or a ceil overhang) makes one."""
        return self.effective > self.size and bool((self.taps()[1] == 0).any())


TRIVIAL = Axis(1, 1, 1, 1, 1, 0, 0)
"""An axis that a lower rank does not have."""


def same_padding(size: int, effective: int, stride: int, lower: bool) -> tuple[int, int]:
    """TensorFlow's SAME: ceil(size / stride) windows, and the odd cell of padding goes after (before where `lower`)."""
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + effective - size)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def output_size(size: int, effective: int, stride: int, before: int, after: int, ceil_mode: bool) -> int:
    """PyTorch's rule: in ceil mode the last window must still start inside the input or the padding before it."""
    out = (size + before + after - effective + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (out - 1) * stride >= size + before:
        out -= 1
    return out


@functools.lru_cache(maxsize=1024)
def axes_of(spatial: tuple[int, ...], window: Window, ceil_mode: bool) -> tuple[Axis, ...]:
    """The windows over these spatial axes; a ValueError with the arithmetic where an axis would have none."""
    axes = []
    for i, size in enumerate(spatial):
        kernel, stride, dilation = window.kernel[i], window.stride[i], window.dilation[i]
        effective = dilation * (kernel - 1) + 1
        if window.padding == "valid":
            before, after = 0, 0
        elif isinstance(window.padding, str):
            before, after = same_padding(size, effective, stride, lower=window.padding == "same_lower")
        else:
            before, after = window.padding[i]
        out = output_size(size, effective, stride, before, after, ceil_mode)
        if out < 1:
            raise ValueError(
                f"kernel_size={kernel}: the window is larger than the padded input on spatial axis {i}: its effective size is "
                f"dilation * (kernel_size - 1) + 1 = {dilation} * {kernel - 1} + 1 = {effective}, the input has "
                f"{size} + {before} + {after} = {size + before + after} cells with padding, so the output would have {out}"
            )
        axes.append(Axis(size, out, kernel, stride, dilation, before, after))
    return tuple(axes)


def unpooled_size(size: int, kernel: int, stride: int, before: int, after: int) -> int:
    """The least size that this many windows of a pooling come from: PyTorch's default for unpooling."""
    return (size - 1) * stride + kernel - before - after


@functools.lru_cache(maxsize=1024)
def unpooling_axes(spatial: tuple[int, ...], window: Window, sizes: tuple[int, ...] | None) -> tuple[Axis, ...]:
    """The windows of the pooling that unpooling these spatial axes undoes, over `sizes` cells or as many as they need."""
    axes, cells, padding = [], 1, window.padding
    assert not isinstance(padding, str)
    for i, count in enumerate(spatial):
        kernel, stride, (before, after) = window.kernel[i], window.stride[i], padding[i]
        default = unpooled_size(count, kernel, stride, before, after)
        size = default if sizes is None else sizes[i]
        if sizes is not None and not default - stride < size < default + stride:
            raise ValueError(
                f"output_size={sizes}: on spatial axis {i} it must be within less than one stride of the default, "
                f"({count} - 1) * {stride} + {kernel} - {before} - {after} = {default}"
            )
        if size < 1:
            raise ValueError(
                f"padding: on spatial axis {i} the output would have size ({count} - 1) * {stride} + {kernel} - {before} - {after} "
                f"= {default}, which must be at least 1"
            )
        axes.append(Axis(size, count, kernel, stride, 1, before, after))
        cells *= size
    if cells > MOST_CELLS:
        raise ValueError(f"kernel_size: with stride and input they make {cells} cells a plane, of which there may be {MOST_CELLS}")
    return tuple(axes)


def lie_apart(axis: Axis) -> bool:
    """Whether the windows share no cell and lie within the input."""
    inside = axis.before == 0 and (axis.out - 1) * axis.stride + axis.kernel <= axis.size
    return inside and axis.kernel <= axis.stride and axis.dilation == 1


def pooled_shape(shape: tuple[int, ...], axes: tuple[Axis, ...], last: bool) -> tuple[int, ...]:
    """The shape of the result of pooling an array of this shape."""
    return with_spatial(shape, tuple(axis.out for axis in axes), last)


def with_spatial(shape: tuple[int, ...], spatial: tuple[int, ...], last: bool) -> tuple[int, ...]:
    """The shape with other spatial axes."""
    rank = len(spatial)
    return (*shape[: -rank - 1], *spatial, shape[-1]) if last else (*shape[:-rank], *spatial)


def check_spanned(shape: tuple[int, ...], y_shape: tuple[int, ...], five: tuple[int, ...], y_five: tuple[int, ...]) -> None:
    """Refuse what is too large to count: between its passes a pooling has the longer one of input and result along each axis.

    `five` and `y_five` are the shapes as the kernels see them, whose planes are counted one by one.
    """
    spanned = math.prod(map(max, five[1:], y_five[1:]))
    if spanned > MOST_SPANNED:
        raise ValueError(
            f"x: its shape {shape} and that of the result, {y_shape}, span {spanned} cells a plane, counted by the longer one "
            f"along each axis; there may be {MOST_SPANNED}"
        )


class Bins(NamedTuple):
    """Windows along one axis that are given cell by cell: window o takes the cells first[o] to end[o] - 1.

    The arrays have one entry a window; or, where each plane has windows of its own, one row a plane.
    """

    first: Array
    end: Array


def adaptive_bins(size: int, out: int) -> Bins:
    """PyTorch's rule, in integers: from floor(o * size / out) to ceil((o + 1) * size / out)."""
    o = np.arange(out, dtype=np.int64)
    return Bins(o * size // out, -(-(o + 1) * size // out))


def reduced_size(i: int, size: int, ratio: float) -> int:
    """The output size that a ratio asks for."""
    out = int(size * ratio)
    if out < 1:
        raise ValueError(f"output_ratio={shown(ratio)}: spatial axis {i} of size {size} would have no output")
    return out


def check_fractional(i: int, size: int, kernel: int | None, out: int) -> None:
    """PyTorch's condition for windows of a fixed size; regions between boundaries have at least a cell each."""
    if out + (kernel or 1) - 1 > size:
        raise ValueError(
            f"output_size={out}: on spatial axis {i}, output_size + kernel_size - 1 = {out} + {kernel or 1} - 1 = "
            f"{out + (kernel or 1) - 1} must be at most the input's size, {size}"
        )


def fractional_bins(size: int, kernel: int, out: int, samples: Array) -> Bins:
    """PyTorch's rule: windows of `kernel` cells whose starts the samples, one a plane, shift; in the samples' precision."""
    kind = samples.dtype.type
    starts = np.full((len(samples), out), size - kernel, np.int64)
    if out > 1:
        step = kind(size - kernel) / kind(out - 1)
        u = samples[:, None]
        shifted = ((np.arange(out - 1).astype(kind) + u) * step).astype(np.int64) - (u * step).astype(np.int64)
        starts[:, :-1] = np.minimum(shifted, size - kernel)
    return Bins(starts, starts + kernel)


def graham_boundaries(size: int, out: int, pseudorandom: bool, rng: np.random.Generator) -> Array:
    """Graham's regions: steps of floor(size / out) and one more, in random order; or as evenly as can be, at a random phase."""
    if pseudorandom:
        return (np.arange(out + 1, dtype=np.int64) * size + rng.integers(out)) // out
    small, large = divmod(size, out)
    steps = np.full(out, small, np.int64)
    steps[:large] += 1
    return np.concatenate([[0], np.cumsum(rng.permutation(steps))])


def boundary_bins(boundaries: Array, overlapping: bool) -> Bins:
    """The regions between boundaries; where they overlap, with the first cell of the next."""
    return Bins(boundaries[:-1], np.minimum(boundaries[1:] + overlapping, boundaries[-1]))


def check_size(size: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """A ValueError for a size that gives a result whose bytes cannot be counted; an axis of 0 hides no other."""
    if 8 * math.prod(n for n in shape if n) > sys.maxsize:
        raise ValueError(f"output_size={size}: the result, of shape {shape}, would have more elements than any array")


def region_shape(shape: tuple[int, ...], count: int, size: tuple[int, ...], last: bool) -> tuple[int, ...]:
    """The shape of the bins of so many regions of images of this shape."""
    pooled = (count, *size, shape[-1]) if last else (count, shape[1], *size)
    check_size(size, pooled)
    return pooled
