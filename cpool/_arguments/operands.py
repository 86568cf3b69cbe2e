"""The arrays that some poolings take beside x: indices, samples, regions of interest."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool._arguments.arrays import array, spatial_array, spatial_shape
from cpool._arguments.numbers import LARGEST
from cpool._arguments.types import Array, ArrayLike


def plane_indices(value: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Indices into a plane, one for each element of an array of this shape; whether they lie in the plane is seen later."""
    found = array("indices", value)
    if found.dtype.kind not in "iu":
        raise TypeError(f"indices: dtype {found.dtype} is not an integer")
    if found.shape != shape:
        raise ValueError(f"indices: shape {found.shape} must be that of x, {shape}")
    return found


def samples(value: ArrayLike, planes: tuple[int, ...], rank: int) -> Array:
    """One number of [0, 1) an axis for each plane, as (planes, rank)."""
    found = array("samples", value)
    allowed = {(*planes, rank), (1, *planes, rank)} if len(planes) == 1 else {(*planes, rank)}
    if found.shape not in allowed:
        raise ValueError(f"samples: shape {found.shape} must be {(*planes, rank)}, one number an axis for each plane")
    if found.dtype.kind in "biu":
        found = found.astype(np.float64)
    if not bool(np.all((found >= 0) & (found < 1))):
        raise ValueError("samples: every one must be at least 0 and below 1")
    return found.reshape(-1, rank)


FARTHEST = 1e15
"""The largest coordinate of a region of interest, in cells: a float64 still tells places within a cell apart."""


def images(name: str, value: ArrayLike, last: bool) -> Array:
    """An array (N, C, H, W), or (N, H, W, C) with the channels last, whose planes are not empty: N tells regions apart."""
    found = array(name, value)
    if found.ndim != 4:
        form = "(N, H, W, C)" if last else "(N, C, H, W)"
        raise ValueError(f"{name}: shape {found.shape} has {found.ndim} axes; it must be {form}")
    found = spatial_array(name, found, 2, last)
    if found.size and max(spatial_shape(found.shape, 2, last)) > LARGEST:
        raise ValueError(f"{name}: shape {found.shape} has a spatial axis of more than {LARGEST} cells")
    return found


def regions(name: str, value: ArrayLike, batch: int, scale: float) -> tuple[Array, Array]:
    """Regions of interest, (K, 5): a float64 copy of them, and of which image each is.

    Each is its image's number, x1, y1, x2, y2; times `scale`, in cells of the plane.
    """
    found = array(name, value)
    if found.dtype.kind == "b":
        raise TypeError(f"{name}: numbers are needed, not bools")
    if found.ndim != 2 or found.shape[1] != 5:
        raise ValueError(f"{name}: shape {found.shape} must be (K, 5): batch index, x1, y1, x2, y2")
    rois = found.astype(np.float64, order="C")
    image, low, high = rois[:, 0], rois[:, 1:3], rois[:, 3:]
    farthest = FARTHEST / scale
    _all(name, rois, np.isfinite(rois).all(1), "is not finite")
    whole = (image == np.floor(image)) & (image >= 0) & (image < batch)
    _all(name, rois, whole, f"has a batch index that is not a whole number from 0 to {batch - 1}, of {batch} images")
    _all(name, rois, (low <= high).all(1), "has x2 < x1 or y2 < y1")
    _all(name, rois, (np.abs(rois[:, 1:]) <= farthest).all(1), f"reaches beyond {FARTHEST:.0e} cells, at spatial_scale={scale}")
    return rois, image.astype(np.int64)


def _all(name: str, rois: Array, fine: Any, otherwise: str) -> None:
    if not fine.all():
        k = int(np.argmin(fine))
        raise ValueError(f"{name}: region {k}, {rois[k].tolist()}, {otherwise}")
