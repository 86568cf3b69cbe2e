"""Max unpooling: values go back to the cells that their pooling took them from, by plane indices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cpool import _arguments, _dispatch, _geometry
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._geometry import TRIVIAL, Axis
from cpool._layout import Layout, layout_of
from cpool._ops._call import compute_into, rounded
from cpool._ops._plans import Plans, find, keep
from cpool._threads import threads_for

DUPLICATES = ("last", "sum", "error")
MOST_CODES = 255
OWNED_CELLS = 2**17
"""Of a plane whose cells' owners stay in the cache."""
RAW = {width: np.dtype(f"u{width}") for width in (1, 2, 4, 8)}
INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)


class Plan(NamedTuple):
    """All about a call but its arrays' contents."""

    layout: Layout
    axes: tuple[Axis, ...]
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    sizes: tuple[int, int, int, int]
    """Planes, values a plane, cells a plane and inner, as the kernels take them."""
    geometry: bytes
    """The same with the three axes; empty where the windows share cells, overhang or have too many."""
    duplicates: str
    work: int
    """The steps of a pass, about: what decides on threads."""


_plans: Plans[Plan] = {}


class Places(NamedTuple):
    """Where the values go: by codes in windows of their own, or by places in the plane."""

    codes: Array | None
    places: Array | None
    kept: Array | None
    """For the gradient: the same, but -1 where a later value replaces this one."""


def prepare(
    rank: int,
    x: ArrayLike,
    indices: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    output_size: Ints | None,
    duplicates: str,
    data_format: str,
) -> tuple[Array, Array, Plan]:
    """Check the arguments, all but whether the indices lie in the plane."""
    given = (rank, kernel_size, stride, padding, output_size, duplicates, data_format)
    if (known := find(_plans, x, given)) is not None:
        return x, _arguments.plane_indices(indices, x.shape), known
    last = _arguments.channels_last(data_format)
    window = _arguments.unpooling_window(rank, kernel_size, stride, padding)
    wanted = _arguments.unpooled_sizes(output_size, rank, last)
    duplicates = _arguments.choice("duplicates", duplicates, DUPLICATES)
    array = _arguments.spatial_array("x", x, rank, last)
    found = _arguments.plane_indices(indices, array.shape)
    axes = _geometry.unpooling_axes(_arguments.spatial_shape(array.shape, rank, last), window, wanted)
    layout = layout_of(array, rank, last)
    planes, *outputs, inner = layout.five_of(array.shape)
    sizes = (planes, math.prod(outputs), math.prod(axis.size for axis in axes), inner)
    geometry = b""
    if all(map(_geometry.lie_apart, axes)) and math.prod(window.kernel) <= MOST_CODES and sizes[2] < 2**31:
        numbers = [planes, inner, *(n for axis in (TRIVIAL,) * (3 - rank) + axes for n in axis)]
        geometry = np.array(numbers, np.int64).tobytes()
    y_shape = _geometry.with_spatial(array.shape, tuple(axis.size for axis in axes), last)
    plan = Plan(layout, axes, array.shape, y_shape, sizes, geometry, duplicates, max(array.size, math.prod(y_shape)))
    return array, found, keep(_plans, x, given, plan) if array is x else plan


def check(plan: Plan, indices: Array, written: Array) -> None:
    """A ValueError for the first index outside the plane; `written` are the same as the kernels read them."""
    cells = plan.sizes[2]
    if _dispatch.kernels.check_places(written, *plan.sizes, threads_for(plan.work)) >= 0:
        at = tuple(int(i) for i in np.argwhere((indices < 0) | (indices >= cells))[0])
        raise ValueError(
            f"indices[{', '.join(map(str, at))}]={indices[at]}: must be at least 0 and below {cells}, the cells of a plane"
        )


def refuse_duplicates(plan: Plan, indices: Array) -> None:
    """A ValueError for the first index that an earlier one of its plane equals, in the order of the axes as given."""
    as_given = plan.layout._replace(inner_channels=plan.layout.last)
    rows = as_given.contiguous(indices).astype(INT64, copy=False)
    planes, *outputs, inner = as_given.five(rows.shape)
    at = _dispatch.kernels.first_repeated(rows, planes, math.prod(outputs), plan.sizes[2], inner, threads_for(plan.work))
    if at >= 0:
        found = tuple(int(i) for i in np.unravel_index(at, indices.shape))
        raise ValueError(
            f"indices[{', '.join(map(str, found))}]={indices[found]}: an earlier value of its plane has the same index, which "
            f'duplicates="error" refuses'
        )


def as_read(plan: Plan, indices: Array) -> Array:
    """The indices as the kernels read them."""
    rows = plan.layout.contiguous(indices)
    return rows if rows.dtype == INT32 else rows.astype(INT64, copy=False)


def find_codes(plan: Plan, rows: Array) -> Places | None:
    """Codes, where the windows lie apart and each value goes to a cell of its own."""
    if plan.geometry:
        codes = np.empty(rows.shape, np.uint8)
        if _dispatch.kernels.window_codes(rows, codes, plan.geometry, threads_for(plan.work)):
            return Places(codes, None, None)
    return None


def find_places(plan: Plan, indices: Array, rows: Array, gradient: bool) -> Places:
    """Check the indices, and find where the values go, for the gradient too."""
    check(plan, indices, rows)
    if plan.duplicates == "error":
        refuse_duplicates(plan, indices)
    if not gradient:
        return Places(None, rows, None)
    kept = kept_places(plan, rows)
    if plan.duplicates == "last":
        _dispatch.kernels.last_places(rows, kept, *plan.sizes, threads_for(plan.work), True)
    else:
        kept[...] = rows
    return Places(None, rows, kept)


def kept_places(plan: Plan, rows: Array) -> Array:
    """What takes the places that the gradient comes from."""
    return np.empty(rows.shape, INT32 if plan.sizes[2] < 2**31 else INT64)


def at_once(plan: Plan, x: Array, rows: Array, gradient: bool, y: Array) -> Places | None:
    """Write the values into y while the indices are checked; None where that does not do, and y holds nothing of use."""
    kernels, threads, (planes, outputs, cells, inner) = _dispatch.kernels, threads_for(plan.work), plan.sizes
    x, y = x.view(RAW[x.dtype.itemsize]), y.view(RAW[x.dtype.itemsize])
    if plan.geometry:
        codes = np.empty(rows.shape, np.uint8)
        if kernels.unpool_windows(x, rows, codes, y, plan.geometry, threads):
            return Places(codes, None, None)
    if plan.duplicates == "last" and inner == 1 and cells <= OWNED_CELLS and outputs < 2**31:
        kept = kept_places(plan, rows) if gradient else None
        if kernels.unpool_planes(x, rows, kept, y, planes, outputs, cells, threads):
            return Places(None, rows, kept)
    return None


def spread(plan: Plan, x: Array, to: Places, y: Array) -> None:
    """Write the values into y, as the kernels see it."""
    kernels, dtype = _dispatch.kernels, x.dtype
    if to.codes is not None or plan.duplicates != "sum":
        x, y = x.view(RAW[dtype.itemsize]), y.view(RAW[dtype.itemsize])
        if to.codes is not None:
            kernels.spread_codes(x, to.codes, y, plan.geometry, threads_for(plan.work))
        else:
            kernels.put_at(x, to.places, y, *plan.sizes, threads_for(plan.work), True)
    elif dtype.kind == "b":  # whether any is true: what is false goes nowhere
        places = np.where(x, to.places, -1)  # type: ignore[arg-type]
        kernels.put_at(x.view(np.uint8), places, y.view(np.uint8), *plan.sizes, threads_for(plan.work), True)
    elif dtype.kind in "iu":
        kernels.add_at(2, x, to.places, y, *plan.sizes, threads_for(plan.work), True)
    else:
        wide = y if dtype.itemsize == 8 else np.empty(y.shape, np.float64)
        kernels.add_at(1, x.astype(np.float64, copy=False), to.places, wide, *plan.sizes, threads_for(plan.work), True)
        if wide is not y:
            y[...] = rounded(wide, dtype)
        if (minus := np.signbit(x) & (x == 0)).any():  # where nothing else is added the sum is -0.0 too
            y[_reached(plan, to, minus, y.shape) & ~_reached(plan, to, ~minus, y.shape)] = -0.0


def _reached(plan: Plan, to: Places, which: Array, shape: tuple[int, ...]) -> Array:
    """The cells, in this shape, that these values go to."""
    found, places = np.empty(shape, np.uint8), np.where(which, to.places, -1)  # type: ignore[arg-type]
    _dispatch.kernels.put_at(which.view(np.uint8), places, found, *plan.sizes, threads_for(plan.work), True)
    return found.view(bool)


def unpool(
    given: tuple[ArrayLike, ...], plan: Plan, x: Array, indices: Array, gradient: bool, out: Array | None
) -> tuple[Array, Places]:
    """The result, and where the values went."""
    if out is not None:
        out = _arguments.output(out, plan.y_shape, x.dtype, apart_from=(*given, x, indices))
    written, rows = plan.layout.contiguous(x), as_read(plan, indices)
    to = find_codes(plan, rows) or find_places(plan, indices, rows, gradient) if out is not None else None

    def run(y: Array) -> None:
        nonlocal to
        if to is None and (to := at_once(plan, written, rows, gradient, y)) is not None:
            return
        to = to or find_places(plan, indices, rows, gradient)
        spread(plan, written, to, y)

    y = compute_into(plan.layout, plan.y_shape, x.dtype, x.dtype, out, run)
    assert to is not None
    return y, to


def forward(
    rank: int,
    x: ArrayLike,
    indices: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    output_size: Ints | None,
    duplicates: str,
    data_format: str,
    out: Array | None,
) -> Array:
    """Unpool x."""
    array, found, plan = prepare(rank, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format)
    return unpool((x, indices), plan, array, found, False, out)[0]


def vjp(
    rank: int,
    x: ArrayLike,
    indices: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    output_size: Ints | None,
    duplicates: str,
    data_format: str,
    out: Array | None,
) -> tuple[Array, Callable[..., Array]]:
    """Unpool x, and return the pullback, which keeps a code or a place of each value."""
    array, found, plan = prepare(rank, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format)
    y, to = unpool((x, indices), plan, array, found, True, out)
    codes, kept = to.codes, to.kept
    dtype = _arguments.gradient_dtype(array.dtype)
    raw = RAW[dtype.itemsize]

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        grad = _arguments.gradient("grad_y", grad_y, plan.y_shape)
        if out is not None:
            out = _arguments.output(out, plan.x_shape, dtype, apart_from=(grad_y, grad))
        rows = plan.layout.contiguous(grad if grad.dtype == dtype else rounded(grad, dtype)).view(raw)

        def run(grad_x: Array) -> None:
            if codes is not None:
                _dispatch.kernels.gather_codes(rows, codes, grad_x.view(raw), plan.geometry, threads_for(plan.work))
            else:
                _dispatch.kernels.take_at(rows, kept, grad_x.view(raw), *plan.sizes, threads_for(plan.work), True)

        return compute_into(plan.layout, plan.x_shape, dtype, dtype, out, run)

    return y, pullback
