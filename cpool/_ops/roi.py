"""Regions of interest: RoI pool, the largest cell of each bin, and RoI align, the average of samples between the cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cpool import _arguments, _dispatch, _geometry
from cpool._arguments import Array, ArrayLike, Ints
from cpool._layout import Layout, layout_of
from cpool._ops._call import Pullback, compute_into, converted, pullback_through
from cpool._threads import threads_for

ELEMENTS = ("float32", "float64", "int32", "int64", "uint64")
"""The order of the table in _kernels/roi.h."""

FEW_SAMPLES = 4
"""Floats of less than 64 bits are added in float32 where a bin has at most so many samples an axis, else in float64."""


class Plan(NamedTuple):
    """All about a call but its arrays' contents: what the kernels need, and what the pullback keeps."""

    layout: Layout
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    geometry: bytes
    """Images, channels, rows, columns, regions, bins along y and x, whether channels are innermost: int64."""
    rois: Array
    order: Array
    """The regions image by image, each image's in their own order."""
    starts: Array
    """Of each image in `order`; one more at the end."""
    scale: float
    work: int
    direct: bool = False


class Sampling(NamedTuple):
    """What only RoI align has."""

    ratio: int
    """0 for as many samples as a bin is long in cells, rounded up."""
    aligned: bool

    @property
    def many(self) -> bool:
        """Whether a bin can have so many samples that float32 would add them too coarsely."""
        return not 0 < self.ratio <= FEW_SAMPLES


def _planned(x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float, data_format: str) -> tuple[Array, Plan]:
    last = _arguments.channels_last(data_format)
    size = _arguments.integers("output_size", output_size, 2, 1)
    scale = _arguments.positive("spatial_scale", spatial_scale)
    array = _arguments.images("x", x, last)
    regions, image = _arguments.regions("rois", rois, array.shape[0], scale)
    y_shape = _geometry.region_shape(array.shape, len(regions), size, last)
    layout = layout_of(array, 2, last)
    if 0 not in y_shape:
        _geometry.check_spanned(array.shape, y_shape, layout.five_of(array.shape), layout.five_of(y_shape))
    rows, columns = _arguments.spatial_shape(array.shape, 2, last)
    channels = array.shape[layout.channel_axis(4)]
    numbers = (array.shape[0], channels, rows, columns, len(regions), *size, layout.inner_channels)
    geometry = np.array(numbers, np.int64).tobytes()
    # Without an element nothing is computed: then the number of images may be any.
    order = np.argsort(image, kind="stable") if array.size else image
    starts = np.searchsorted(image[order], np.arange(array.shape[0] + 1)) if array.size else image
    work = array.size + 8 * channels * len(regions) * size[0] * size[1]
    return array, Plan(layout, array.shape, y_shape, geometry, regions, order, starts, scale, work)


def _output(plan: Plan, dtype: np.dtype[Any], out: Array | None, given: tuple[ArrayLike, ...]) -> Array | None:
    return None if out is None else _arguments.output(out, plan.y_shape, dtype, apart_from=given)


def _pullback(plan: Plan, x_dtype: np.dtype[Any], run: Callable[[Array, Array], None]) -> Pullback:
    """The pullback whose kernel is `run(grad, grad_x)`, both in the order of memory of x and in one dtype."""

    def fill(_: int, grad: Array, grad_x: Array) -> None:
        if grad.size:
            run(grad, grad_x)
        else:
            grad_x[...] = 0

    return pullback_through(plan, _dispatch.gradient_of(x_dtype), fill, halves=False)


# ------------------------------------------------------------------------------------------------ RoI align
def _align_call(
    x: ArrayLike,
    rois: ArrayLike,
    output_size: Ints,
    spatial_scale: float,
    sampling_ratio: int,
    aligned: bool,
    data_format: str,
    out: Array | None,
) -> tuple[Array, Array, Plan, Sampling]:
    ratio = max(0, _arguments.integer("sampling_ratio", sampling_ratio))
    sampling = Sampling(ratio, _arguments.flag("aligned", aligned))
    array, plan = _planned(x, rois, output_size, spatial_scale, data_format)
    dtype = _arguments.gradient_dtype(array.dtype)
    out = _output(plan, dtype, out, (x, array, rois))
    wide = _dispatch.at_least_float32(dtype)
    rows = plan.layout.contiguous(converted(array, wide))

    def run(y: Array) -> None:
        if y.size:
            _align(plan, sampling, rows, y, False)

    return array, compute_into(plan.layout, plan.y_shape, dtype, wide, out, run), plan, sampling


def _align(plan: Plan, sampling: Sampling, x: Array, y: Array, spread: bool) -> None:
    _dispatch.kernels.roi_align(
        x.itemsize, sampling.many and x.itemsize == 4, x, y, plan.rois, plan.order, plan.starts, plan.geometry, plan.scale,
        sampling.ratio, sampling.aligned, spread, threads_for(plan.work),
    )  # fmt: skip


def align(
    x: ArrayLike,
    rois: ArrayLike,
    output_size: Ints,
    spatial_scale: float,
    sampling_ratio: int,
    aligned: bool,
    data_format: str,
    out: Array | None,
) -> Array:
    """The average of the samples of each bin of each region."""
    return _align_call(x, rois, output_size, spatial_scale, sampling_ratio, aligned, data_format, out)[1]


def align_vjp(
    x: ArrayLike,
    rois: ArrayLike,
    output_size: Ints,
    spatial_scale: float,
    sampling_ratio: int,
    aligned: bool,
    data_format: str,
    out: Array | None,
) -> tuple[Array, Pullback]:
    """The same, and the pullback, which keeps the regions only."""
    array, y, plan, sampling = _align_call(x, rois, output_size, spatial_scale, sampling_ratio, aligned, data_format, out)

    def run(grad: Array, grad_x: Array) -> None:
        _align(plan, sampling, grad_x, grad, True)

    return y, _pullback(plan, array.dtype, run)


# ------------------------------------------------------------------------------------------------ RoI pool
def _element_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The element type that holds every value of a dtype."""
    if dtype.name in ELEMENTS:
        return dtype
    if dtype.kind in "biu":
        return np.dtype(np.int64 if dtype == np.uint32 else np.int32)
    return _dispatch.FLOAT32


def _pool_call(
    x: ArrayLike,
    rois: ArrayLike,
    output_size: Ints,
    spatial_scale: float,
    data_format: str,
    out: Array | None,
    winners: bool,
) -> tuple[Array, Array, Plan, Array]:
    """The input, the result, the plan, and if `winners` where in its plane each bin's winner is."""
    array, plan = _planned(x, rois, output_size, spatial_scale, data_format)
    rows, columns = _arguments.spatial_shape(array.shape, 2, plan.layout.last)
    if winners and array.size and rows * columns > _arguments.LARGEST:
        raise ValueError(f"x: shape {array.shape}: a gradient needs planes of at most {_arguments.LARGEST} cells")
    out = _output(plan, array.dtype, out, (x, array, rois))
    dtype = _element_dtype(array.dtype)
    codes = plan.layout.empty(plan.y_shape, np.dtype(np.int32))[1] if winners else np.empty(0, np.int32)
    cells = plan.layout.contiguous(converted(array, dtype))

    def run(y: Array) -> None:
        if y.size:
            _dispatch.kernels.roi_max(
                ELEMENTS.index(dtype.name), cells, y, codes if winners else None, plan.rois, plan.order, plan.starts,
                plan.geometry, plan.scale, threads_for(plan.work),
            )  # fmt: skip

    return array, compute_into(plan.layout, plan.y_shape, array.dtype, dtype, out, run), plan, codes


def pool(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float, data_format: str, out: Array | None
) -> Array:  # fmt: skip
    """The largest cell of each bin of each region."""
    return _pool_call(x, rois, output_size, spatial_scale, data_format, out, False)[1]


def pool_vjp(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float, data_format: str, out: Array | None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The same, and the pullback, which keeps the place of each winner."""
    array, y, plan, codes = _pool_call(x, rois, output_size, spatial_scale, data_format, out, True)

    def run(grad: Array, grad_x: Array) -> None:
        _dispatch.kernels.roi_max_gradient(
            grad.itemsize, grad_x, grad, codes, plan.order, plan.starts, plan.geometry, threads_for(plan.work)
        )

    return y, _pullback(plan, array.dtype, run)
