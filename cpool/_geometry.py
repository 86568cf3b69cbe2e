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

from cpool._arguments import Array, Window


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


def pooled_shape(shape: tuple[int, ...], axes: tuple[Axis, ...], last: bool) -> tuple[int, ...]:
    """The shape of the result of pooling an array of this shape."""
    out = tuple(axis.out for axis in axes)
    rank = len(axes)
    return (*shape[: -rank - 1], *out, shape[-1]) if last else (*shape[:-rank], *out)


def region_shape(shape: tuple[int, ...], count: int, size: tuple[int, ...], last: bool) -> tuple[int, ...]:
    """The shape of the bins of so many regions of images of this shape."""
    pooled = (count, *size, shape[-1]) if last else (count, shape[1], *size)
    if 8 * math.prod(n for n in pooled if n) > sys.maxsize:
        raise ValueError(f"output_size={size}: the result, of shape {pooled}, would have more elements than any array")
    return pooled
