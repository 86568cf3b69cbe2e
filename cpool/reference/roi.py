"""Regions of interest: torchvision's `roi_pool` and `roi_align`, bin by bin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from cpool import _arguments as arguments
from cpool import _geometry as geometry
from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool.reference._pullback import fill, rounded

Pullback: TypeAlias = Callable[..., Array]
Samples: TypeAlias = tuple[Array, Array, Array, Array]
"""Of the samples of a bin along one axis: the cells before and behind each, and the weights of the two."""


def roi_pool(
    rank: int, /, x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float = 1.0, *,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The largest cell of each bin of each region.

    With corners rounded to cells, half away from 0, a region has end - start + 1 cells along an axis, and at least 1. Bin p
    has the cells from start + floor(p * cells / bins) to start + ceil((p + 1) * cells / bins), as far as they lie in the
    plane; a bin without any gives 0 and takes no gradient. Else the first of the largest, or the first NaN, is the result,
    and takes the whole gradient.

    Parameters
    ----------
    x : array_like, (N, C, H, W)
        With ``data_format="channels_last"``, (N, H, W, C). Any real dtype of at most 64 bits.
    rois : array_like, (K, 5)
        Of each region the number of its image, x1, y1, x2, y2.
    output_size : int or a pair of them
        Bins along H and W.
    spatial_scale : float
        Cells of the plane a unit of the coordinates.
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with the inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> reference.roi_pool(x, [[0, 1, 1, 3, 2]], 2).tolist()
    [[[[6.0, 7.0], [10.0, 11.0]]]]
    """
    x, planes, regions, images, size, scale, last = prepared(x, rois, output_size, spatial_scale, data_format)
    shape = geometry.region_shape(x.shape, len(regions), size, last)
    if out is not None:
        arguments.output(out, shape, x.dtype, apart_from=[x, rois])
    channels, (_, columns) = np.arange(planes.shape[1]), planes.shape[2:]
    comparable = planes if x.dtype.kind in "biu" else planes.astype(np.float64)
    y = np.zeros((len(regions), planes.shape[1], *size), x.dtype)
    indices = np.full(y.shape, -1, np.int64)
    if y.size:
        for k, (_, x1, y1, x2, y2) in enumerate(regions):
            for i, (top, bottom) in enumerate(bounds(y1 * scale, y2 * scale, size[0], planes.shape[2])):
                for j, (left, right) in enumerate(bounds(x1 * scale, x2 * scale, size[1], columns)):
                    if top < bottom and left < right:
                        cells = comparable[images[k], :, top:bottom, left:right].reshape(len(channels), -1)
                        row, column = np.divmod(cells.argmax(1), right - left)
                        indices[k, :, i, j] = (top + row) * columns + left + column
                        y[k, :, i, j] = planes[images[k], channels, top + row, left + column]
    planes_shape = planes.shape

    def spread(grad: Array) -> Array:
        grad_x = np.zeros((*planes_shape[:2], planes_shape[2] * planes_shape[3]))
        for k in range(len(regions)):
            for c in channels:
                won = indices[k, c] >= 0
                with np.errstate(over="ignore", invalid="ignore"):
                    np.add.at(grad_x[images[k], c], indices[k, c][won], grad[k, c][won])
        return grad_x.reshape(planes_shape)

    return fill(out, from_planes(y, last)), pullback_of(spread, x.shape, shape, x.dtype, last)


def roi_align(
    rank: int, /, x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float = 1.0, sampling_ratio: int = -1,
    aligned: bool = False, *, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The average of samples of each bin of each region, each sample weighed from the four cells around it.

    With `aligned` the centre of a cell is at a half, and a region may be of any size; without, it is at a whole number, and a
    region is at least 1 cell high and wide. A bin has `sampling_ratio` samples along each axis, evenly spaced, or where that
    is not positive as many as the bin is long in cells, rounded up: none where the region has no extent. A sample beyond
    [-1, size] counts as 0, one outside the centres of the outermost cells as the nearest cell.

    Everything else is as in `roi_pool`, but integers give float64, and each cell takes as much of the gradient as it gave.

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> reference.roi_align(x, [[0, 0.5, 0.5, 2.5, 2.5]], 2, aligned=True).tolist()
    [[[[2.5, 3.5], [6.5, 7.5]]]]
    """
    sampling_ratio = arguments.integer("sampling_ratio", sampling_ratio)
    aligned = arguments.flag("aligned", aligned)
    x, planes, regions, images, size, scale, last = prepared(x, rois, output_size, spatial_scale, data_format)
    dtype = arguments.gradient_dtype(x.dtype)
    shape = geometry.region_shape(x.shape, len(regions), size, last)
    if out is not None:
        arguments.output(out, shape, dtype, apart_from=[x, rois])
    exact, planes_shape = planes.astype(np.float64), planes.shape
    _, _, rows, columns = planes_shape
    y = np.zeros((len(regions), planes.shape[1], *size))

    def each() -> Any:
        """Of each bin its place in y, and of each of its samples the cells around it and their weights."""
        for k, (_, x1, y1, x2, y2) in enumerate(regions):
            down, vertical = samples(y1, y2, scale, sampling_ratio, aligned, size[0], rows)
            across, horizontal = samples(x1, x2, scale, sampling_ratio, aligned, size[1], columns)
            for i, (top, bottom, over, under) in enumerate(down):
                for j, (left, right, before, behind) in enumerate(across):
                    corners = [(r, c, v[:, None] * h) for r, v in ((top, over), (bottom, under))
                               for c, h in ((left, before), (right, behind))]  # fmt: skip
                    yield k, i, j, corners, max(vertical * horizontal, 1)

    if y.size:
        with np.errstate(over="ignore", invalid="ignore"):
            for k, i, j, corners, count in each():
                values = [exact[images[k]][:, r[:, None], c] * w for r, c, w in corners]
                y[k, :, i, j] = np.sum(np.stack(values), axis=(0, 2, 3)) / count

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes_shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for k, i, j, corners, count in each() if grad.size else ():
                for r, c, w in corners:
                    at: Any = slice(None), r[:, None], c
                    np.add.at(grad_x[images[k]], at, grad[k, :, i, j, None, None] * w / count)
        return grad_x

    return fill(out, from_planes(rounded(y, dtype), last)), pullback_of(spread, x.shape, shape, x.dtype, last)


def prepared(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float, data_format: DataFormat
) -> tuple[Array, Array, Array, Array, tuple[int, ...], float, bool]:
    """The checked arguments: x as given and with the channels first, the regions and their images, bins, scale, layout."""
    last = arguments.channels_last(data_format)
    size = arguments.integers("output_size", output_size, 2, 1)
    scale = arguments.positive("spatial_scale", spatial_scale)
    x = arguments.images("x", x, last)
    regions, images = arguments.regions("rois", rois, x.shape[0], scale)
    return x, np.moveaxis(x, -1, 1) if last else x, regions, images, size, scale, last


def from_planes(planes: Array, last: bool) -> Array:
    """A C-contiguous array with the channels where the user has them."""
    return np.array(np.moveaxis(planes, 1, -1) if last else planes, order="C")


def pullback_of(
    spread: Callable[[Array], Array], x_shape: tuple[int, ...], y_shape: tuple[int, ...], x_dtype: np.dtype[Any], last: bool
) -> Pullback:
    """The pullback, of what does it with the channels first, in float64."""
    dtype = arguments.gradient_dtype(x_dtype)

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        given = arguments.array("grad_y", grad_y)
        exact = arguments.gradient("grad_y", given, y_shape).astype(np.float64)
        if out is not None:
            arguments.output(out, x_shape, dtype, apart_from=[given])
        return fill(out, from_planes(rounded(spread(np.moveaxis(exact, -1, 1) if last else exact), dtype), last))

    return pullback


def bounds(low: float, high: float, bins: int, size: int) -> list[tuple[int, int]]:
    """Of each bin of RoI pool along one axis, where it starts and stops."""
    start, end = nearest(low), nearest(high)
    pitch = max(end - start + 1, 1) / bins
    cells = [(math.floor(p * pitch) + start, math.ceil((p + 1) * pitch) + start) for p in range(bins)]
    return [(min(max(a, 0), size), min(max(b, 0), size)) for a, b in cells]


def nearest(value: float) -> int:
    """The nearest whole number, a half away from 0."""
    whole = math.floor(abs(value))
    away = whole + (abs(value) - whole >= 0.5)
    return away if value > 0 else -away


def samples(
    low: float, high: float, scale: float, ratio: int, aligned: bool, bins: int, size: int
) -> tuple[list[Samples], int]:  # fmt: skip
    """The samples of each bin of RoI align along one axis that lie in reach of the plane, and how many a bin has in all."""
    offset = 0.5 if aligned else 0.0
    start = low * scale - offset
    length = high * scale - offset - start
    if not aligned:
        length = max(length, 1.0)
    pitch = length / bins
    count = ratio if ratio > 0 else math.ceil(pitch)
    found = []
    for p in range(bins):
        bin_start = start + p * pitch
        near = (0.0, float(count))
        if count and (step := pitch / count) > 1e-300:
            # Of a region far larger than the plane only the samples near it can be visited.
            slack = 3.0 + 1e-15 * abs(bin_start) / step
            near = (-1.0 - bin_start) / step - slack, (size - bin_start) / step + slack
        number = np.arange(*(math.floor(min(max(v, 0.0), count)) for v in near))
        at = bin_start + (number + 0.5) * pitch / max(count, 1)
        at = np.maximum(at[(at >= -1) & (at <= size)], 0)
        before = np.minimum(at.astype(np.int64), size - 1)
        behind = np.minimum(before + 1, size - 1)
        part = np.where(before < size - 1, at - before, 0.0)
        found.append((before, behind, 1 - part, part))
    return found, count
