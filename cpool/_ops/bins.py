"""Poolings whose windows are given cell by cell along each axis: adaptive, fractional and pyramid pooling."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from cpool import _arguments, _dispatch, _geometry
from cpool._arguments import Array, ArrayLike
from cpool._geometry import Bins
from cpool._layout import Layout, layout_of
from cpool._ops import linear, select
from cpool._ops._call import Pullback, compute_into, converted, planned, pullback_through
from cpool._threads import threads_for


class BinPlan(NamedTuple):
    """All about a call but its arrays' contents."""

    layout: Layout
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    bounds: Array
    """First and end of every window along depth, rows and columns; one row for all planes, or one a plane."""
    shape: tuple[int, ...]
    """Planes and inner, the input's depth, rows and columns, the output's, and the rows of `bounds`."""
    work: int
    direct: bool = False


def bin_plan(x: Array, rank: int, last: bool, bins: tuple[Bins, ...]) -> BinPlan:
    """The plan of pooling x over these windows."""
    tables = max(1 if each.first.ndim == 1 else len(each.first) for each in bins)
    # Channels with windows of their own are planes.
    layout = layout_of(x, rank, last) if all(each.first.ndim == 1 for each in bins) else Layout(rank, last, False)
    out = tuple(each.first.shape[-1] for each in bins)
    y_shape = _geometry.with_spatial(x.shape, out, last)
    planes, depth, rows, columns, inner = five = layout.five_of(x.shape)
    if depth * rows * columns > _arguments.LARGEST:
        raise ValueError(f"x: shape {x.shape} has spatial axes of more than {_arguments.LARGEST} cells")
    _geometry.check_spanned(x.shape, y_shape, five, layout.five_of(y_shape))
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    every = [part for each in ((Bins(zero, one),) * (3 - rank) + bins) for part in each]
    bounds = np.concatenate([np.broadcast_to(part, (tables, part.shape[-1])) for part in every], axis=1)
    shape = (planes, inner, depth, rows, columns, *(1,) * (3 - rank), *out, tables)
    return BinPlan(layout, x.shape, y_shape, bounds, shape, 2 * max(x.size, math.prod(y_shape)))


def _kernel(kind: str, dtype: np.dtype[Any], winners: bool = False) -> _dispatch.Kernel:
    return _dispatch.kernel_for(kind, _dispatch.FLOAT32 if dtype.name in _dispatch.HALVES else dtype, winners)


def pool(kind: str, given: ArrayLike, x: Array, plan: BinPlan, out: Array | None, winners: bool) -> tuple[Array, Array | None]:
    """The result, and with `winners` the place of each in its plane, as the kernels wrote it."""
    kernel = _kernel(kind, x.dtype, winners)
    dtype = kernel.result if kind == "avg" and x.dtype.kind in "biu" else x.dtype
    if out is not None:
        out = _arguments.output(out, plan.y_shape, dtype, apart_from=(given, x))
    places = None
    if winners:
        _, places = plan.layout.empty(plan.y_shape, np.dtype(np.int64 if kernel.dtype.itemsize == 8 else np.int32))
    rows = plan.layout.contiguous(converted(x, kernel.dtype))

    def run(y: Array) -> None:
        _dispatch.kernels.reduce_bins(
            kernel.operation, kernel.element, rows, y, places, plan.bounds, plan.shape, threads_for(plan.work)
        )

    return compute_into(plan.layout, plan.y_shape, dtype, kernel.result, out, run), places


def user_indices(plan: BinPlan, places: Array | None) -> Array:
    """Places as PyTorch gives them."""
    assert places is not None
    return np.array(plan.layout.as_user_sees(places), np.int64, order="C")


def with_pullback(kind: str, given: ArrayLike, x: Array, plan: BinPlan, out: Array | None) -> tuple[Array, Array | None, Pullback]:
    """The result, the places of winners, and the pullback."""
    y, places = pool(kind, given, x, plan, out, winners=kind == "max")
    planes, inner, *sizes = plan.shape
    cells, outputs = math.prod(sizes[:3]), math.prod(sizes[3:6])

    def run(element: int, grad: Array, grad_x: Array) -> None:
        threads = threads_for(plan.work)
        if kind == "max":
            _dispatch.kernels.add_at(element, grad, places, grad_x, planes, outputs, cells, inner, threads, True)
        else:
            _dispatch.kernels.spread_bins(element, grad, grad_x, plan.bounds, plan.shape, threads)

    return y, places, pullback_through(plan, _dispatch.gradient_of(x.dtype), run, halves=False)


# ------------------------------------------------------------------------------------------------ adaptive
@functools.lru_cache(maxsize=1024)
def _regular_kernel(spatial: tuple[int, ...], out: tuple[int, ...]) -> tuple[int, ...] | None:
    """The windows of an adaptive pooling that divides its axes evenly: the same tuple each time, by which plans are found."""
    pairs = list(zip(spatial, out, strict=True))
    kernel = tuple(n // o for n, o in pairs)
    return kernel if all(n % o == 0 for n, o in pairs) and max(kernel) <= 4 else None


@functools.lru_cache(maxsize=256)
def _adaptive_bins(spatial: tuple[int, ...], out: tuple[int, ...]) -> tuple[Bins, ...]:
    return tuple(_geometry.adaptive_bins(n, o) for n, o in zip(spatial, out, strict=True))


def _adaptive(
    rank: int, x: ArrayLike, output_size: Any, data_format: str
) -> tuple[Array, bool, tuple[int, ...], tuple[int, ...], tuple[int, ...] | None]:
    last = _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, rank, last)
    spatial = _arguments.spatial_shape(array.shape, rank, last)
    out = _arguments.output_sizes(output_size, spatial)
    _geometry.check_size(out, _geometry.with_spatial(array.shape, out, last))
    return array, last, spatial, out, _regular_kernel(spatial, out)


def adaptive(
    kind: str, rank: int, x: ArrayLike, output_size: Any, data_format: str, return_indices: bool, out: Array | None
) -> Any:
    """Pool x by "max" or "avg" to an output of this size."""
    return_indices = _arguments.flag("return_indices", return_indices)
    array, last, spatial, sizes, kernel = _adaptive(rank, x, output_size, data_format)
    if kernel is not None:
        _, plan = planned(kind, return_indices, rank, array, kernel, None, 0, 1, False, data_format)
        if kind == "max":
            return select.pooled(kind, x, array, plan, return_indices, out)
        return linear.pooled(kind, x, array, plan, True, 0.0, out)
    bins = bin_plan(array, rank, last, _adaptive_bins(spatial, sizes))
    y, places = pool(kind, x, array, bins, out, return_indices)
    return (y, user_indices(bins, places)) if return_indices else y


def adaptive_vjp(
    kind: str, rank: int, x: ArrayLike, output_size: Any, data_format: str, return_indices: bool, out: Array | None
) -> tuple[Any, Pullback]:
    """The same, and the pullback."""
    return_indices = _arguments.flag("return_indices", return_indices)
    array, last, spatial, sizes, kernel = _adaptive(rank, x, output_size, data_format)
    if kernel is not None:
        _, plan = planned(kind, kind == "max", rank, array, kernel, None, 0, 1, False, data_format)
        if kind == "max":
            return select.pooled_vjp(kind, x, array, plan, return_indices, out)
        return linear.pooled_vjp(kind, x, array, plan, True, 0.0, out)
    bins = bin_plan(array, rank, last, _adaptive_bins(spatial, sizes))
    y, places, pullback = with_pullback(kind, x, array, bins, out)
    return (y, user_indices(bins, places)) if return_indices else y, pullback
