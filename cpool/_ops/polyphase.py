"""Adaptive polyphase sampling: of the cells `stride` apart, those that start where they are largest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike, Ints
from cpool._geometry import with_spatial
from cpool._layout import layout_of
from cpool._ops._call import Pullback
from cpool._ops._stages import checked_out, finished, pullback_by, widened

MOST_PHASES = 2**63 - 1
AT_ONCE = 1 << 17
"""The cells whose powers are in memory at a time."""


def phase_of(number: int, stride: tuple[int, ...]) -> tuple[int, ...]:
    """Where the cells start, by the order that the first of equal ones wins: along the first axis first."""
    found = []
    for step in stride:
        number, start = divmod(number, step)
        found.append(start)
    return tuple(found)


def numbers_of(chosen: list[tuple[int, ...]], stride: tuple[int, ...]) -> Array:
    """The inverse of `phase_of`, of each image."""
    if math.prod(stride) > MOST_PHASES:
        raise ValueError(f"stride={stride}: indices count up to {MOST_PHASES} components, and there are {math.prod(stride)}")
    return np.array([sum(a * math.prod(stride[:i]) for i, a in enumerate(phase)) for phase in chosen], np.int64)


def sampled_sizes(spatial: tuple[int, ...], stride: tuple[int, ...]) -> tuple[int, ...]:
    """The spatial axes of the result."""
    return tuple(-(-size // step) for size, step in zip(spatial, stride, strict=True))


def best_phases(images: Array, stride: tuple[int, ...], norm: float) -> Array:
    """Of each image (N, C, *spatial), whose axes the stride divides, the number of the phase of the largest norm."""
    many = max(1, AT_ONCE // max(1, math.prod(images.shape[1:])))
    parts = [_best_of(images[i : i + many], stride, norm) for i in range(0, len(images), many)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _best_of(images: Array, stride: tuple[int, ...], norm: float) -> Array:
    # A sum of powers is largest where the norm is. Channels are added first, then the axes in their order, whatever the memory.
    count = len(images)
    add = np.maximum if norm == np.inf else np.add
    reduced = add.reduce(_powers(np.ascontiguousarray(images), norm), axis=1, initial=0)
    for i, step in enumerate(stride):
        shape = reduced.shape
        parts = reduced.reshape(*shape[: 1 + i], shape[1 + i] // step, step, *shape[2 + i :])
        reduced = add.reduce(parts, axis=1 + i, initial=0)
    order = reduced.reshape(count, *stride).transpose(0, *range(len(stride), 0, -1)).reshape(count, math.prod(stride))
    found: Array = np.argmax(order, axis=1)
    return found


def _powers(images: Array, norm: float) -> Array:
    """The powers of the cells' absolute values, in float64, relative to the image's largest where they could overflow."""
    if norm == 2 and images.dtype == np.float32:
        return np.square(images, dtype=np.float64)
    sizes = np.abs(images, dtype=np.float64)
    if norm in (1, np.inf) and images.dtype == np.float32:
        return sizes
    largest = sizes.reshape(len(images), -1).max(axis=1, initial=0) if sizes.size else np.zeros(len(images))
    unit = np.where((largest > 0) & np.isfinite(largest), largest, 1)  # what is not finite wins as it is
    sizes /= unit.reshape(-1, *(1,) * (images.ndim - 1))
    powers: Array = sizes if norm in (1, np.inf) else np.square(sizes) if norm == 2 else sizes**norm
    return powers


def _run(
    rank: int, x: ArrayLike, stride: Ints, norm: float, return_indices: bool, data_format: str, out: Array | None
) -> tuple[Any, Pullback]:
    steps = _arguments.integers("stride", stride, rank, 1)
    norm, return_indices = _arguments.order_of_norm("norm", norm), _arguments.flag("return_indices", return_indices)
    last = _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, rank, last)
    batched = array.ndim == rank + 2
    sizes = _arguments.spatial_shape(array.shape, rank, last)
    y_shape = with_spatial(array.shape, sampled_sizes(sizes, steps), last)
    out = checked_out(out, y_shape, array, x)
    layout, x_shape = layout_of(array, rank, last), array.shape

    def as_images(a: Array) -> Array:
        # (N, C, *spatial), a view
        a = a if batched else a[None]
        return np.moveaxis(a, -1, 1) if last else a

    images = widened(as_images(array))
    # A step beyond the axis goes on from its start: its cells are those of a step as long as the axis, which come before.
    given, steps = steps, tuple(min(step, max(1, size)) for step, size in zip(steps, sizes, strict=True))
    # What is missing to a multiple of the stride continues from the start.
    missing = [-size % step for size, step in zip(sizes, steps, strict=True)]
    whole = np.pad(images, ((0, 0), (0, 0), *((0, n) for n in missing)), "wrap") if any(missing) else images
    chosen = [phase_of(int(k), steps) for k in best_phases(whole, steps, norm)]
    cuts = [(slice(None), *(slice(a, None, n) for a, n in zip(phase, steps, strict=True))) for phase in chosen]
    y, _ = layout.empty(y_shape, images.dtype)
    for i, (cut, image) in enumerate(zip(cuts, as_images(y), strict=True)):
        image[...] = whole[i][cut]
    y = finished(y, _arguments.gradient_dtype(array.dtype), out)
    whole_shape = whole.shape

    def back(grad: Array) -> Array:
        grad_x, memory = layout.empty(x_shape, grad.dtype)
        memory[...] = 0
        found = np.zeros(whole_shape, grad.dtype) if any(missing) else as_images(grad_x)
        for i, (cut, image) in enumerate(zip(cuts, as_images(grad), strict=True)):
            found[i][cut] = image
        if not any(missing):
            return grad_x
        for i, (size, n) in enumerate(zip(sizes, missing, strict=True)):
            outer = np.moveaxis(found, 2 + i, 0)
            for k in range(n):
                outer[k % size] += outer[size + k]
            found = np.moveaxis(outer[:size], 0, 2 + i)
        as_images(grad_x)[...] = found
        return grad_x

    pullback = pullback_by(y.shape, array, back)
    if not return_indices:
        return y, pullback
    return (y, numbers_of(chosen, given).reshape(array.shape[:1] if batched else ())), pullback


def forward(
    rank: int, x: ArrayLike, stride: Ints, norm: float, return_indices: bool, data_format: str, out: Array | None
) -> Any:  # fmt: skip
    """Sample x."""
    return _run(rank, x, stride, norm, return_indices, data_format, out)[0]


def vjp(
    rank: int, x: ArrayLike, stride: Ints, norm: float, return_indices: bool, data_format: str, out: Array | None
) -> tuple[Any, Pullback]:
    """Sample x, and return the pullback, which keeps the phases and not x."""
    return _run(rank, x, stride, norm, return_indices, data_format, out)
