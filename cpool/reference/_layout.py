"""Every layout as planes: one row a plane (a channel of an image), its spatial cells flat in row-major order."""

from __future__ import annotations

import math

import numpy as np

from cpool._arguments import Array


def to_planes(x: Array, rank: int, last: bool) -> Array:
    """The array (planes, cells) of an array in either layout, batched or not."""
    if last:
        x = np.moveaxis(x, -1, -rank - 1)
    lead, spatial = x.shape[:-rank], x.shape[-rank:]
    return x.reshape(math.prod(lead), math.prod(spatial))


def from_planes(planes: Array, shape: tuple[int, ...], spatial: tuple[int, ...], last: bool) -> Array:
    """A new C-contiguous array with the batch and channels of `shape` and these spatial axes."""
    rank = len(spatial)
    if not last:
        return np.array(planes.reshape(*shape[:-rank], *spatial), order="C")
    array = planes.reshape(*shape[: -rank - 1], shape[-1], *spatial)
    return np.array(np.moveaxis(array, -rank - 1, -1), order="C")


def pooled_shape(shape: tuple[int, ...], spatial: tuple[int, ...], last: bool) -> tuple[int, ...]:
    """`shape` with its spatial axes replaced."""
    rank = len(spatial)
    return (*shape[: -rank - 1], *spatial, shape[-1]) if last else (*shape[:-rank], *spatial)
