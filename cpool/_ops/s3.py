"""S3Pool: maxima at places that are drawn, or in evaluation their averages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike, Ints, Padding, Window
from cpool._geometry import Axis, Bins, axes_of, pooled_shape
from cpool._layout import layout_of
from cpool._ops import linear, select
from cpool._ops._call import Pullback, planned
from cpool._ops._stages import checked_out, finished, pullback_by, widened
from cpool._ops.bins import bin_plan, pool, with_pullback
from cpool._ops.chance import check_rng

Back: TypeAlias = Callable[[Array], Array]


class Setting(NamedTuple):
    """The arguments but x, as the user gave them."""

    kernel_size: Ints
    grid_size: Ints
    stride: Ints | None
    padding: Padding
    dilation: Ints
    training: bool
    rng: Any
    ceil_mode: bool
    data_format: str


def places_of(axis: Axis) -> int:
    """The windows one cell apart that those of an axis are taken from: each starts where there still is a cell."""
    return min(axis.out * axis.stride, axis.size + axis.before)


def drawn(axis: Axis, grid: int, rng: np.random.Generator) -> Array:
    """Of each strip of `grid` places as many as the stride would take, any of them with the same chance, in their order."""
    count = places_of(axis)
    strip = np.arange(count) // grid
    wanted = np.bincount(np.arange(0, count, axis.stride) // grid, minlength=strip[-1] + 1)
    order = np.lexsort((rng.random(count), strip))
    return np.sort(order[np.arange(count) % grid < wanted[strip]])


def _bins(axis: Axis, places: Array) -> Bins:
    start = places - axis.before
    return Bins(np.maximum(start, 0), np.minimum(start + axis.kernel, axis.size))


def _of_bins(rank: int, x: Array, last: bool, bins: list[Bins], gradient: bool) -> tuple[Array, Back | None]:
    """The maxima of these windows only."""
    plan = bin_plan(x, rank, last, tuple(bins))
    if not gradient:
        return pool("max", x, x, plan, None, False)[0], None
    y, _, back = with_pullback("max", x, x, plan, None)
    return y, back


def _of_all(
    rank: int, x: Array, data_format: str, window: Window, axes: tuple[Axis, ...], places: list[Array] | None, gradient: bool
) -> tuple[Array, Back | None]:
    """The maxima of all windows, then those at the places, or the averages of as many as the stride takes."""
    # The padding behind is what so many places need; see places_of.
    padding = tuple((a.before, places_of(a) - a.size - a.before + a.effective - 1) for a in axes)
    windows = (window.kernel, 1, padding, window.dilation, False, data_format)
    _, plan = planned("max", gradient, rank, x, *windows)
    largest, one = (
        select.pooled_vjp("max", x, x, plan, False, None) if gradient else (select.pooled("max", x, x, plan, False, None), None)
    )
    if plan.empty_windows:
        select.fill_empty_windows(plan, largest, 0)
    two: Back | None = None
    if places is None:
        steps = (window.stride, window.stride, 0, 1, True, True, None, data_format, None)
        y, two = linear.vjp("avg", rank, largest, *steps) if gradient else (linear.forward("avg", rank, largest, *steps), None)
    else:
        first, y, shape = x.ndim - rank - (data_format == "channels_last"), largest, largest.shape
        for i, some in enumerate(places):
            y = np.take(y, some, axis=first + i)
        index = (slice(None),) * first + np.ix_(*places)

        def two(grad: Array) -> Array:
            every = np.zeros(shape, grad.dtype)
            every[index] = grad
            return every

    return y, None if one is None or two is None else lambda grad: one(two(grad))


def _run(rank: int, x: ArrayLike, s: Setting, out: Array | None, gradient: bool) -> tuple[Array, Pullback | None]:
    last = _arguments.channels_last(s.data_format)
    window = _arguments.window(rank, s.kernel_size, s.stride, s.padding, s.dilation)
    grid = _arguments.integers("grid_size", s.grid_size, rank, 1)
    training, ceil_mode = _arguments.flag("training", s.training), _arguments.flag("ceil_mode", s.ceil_mode)
    check_rng(s.rng)
    array = _arguments.spatial_array("x", x, rank, last)
    axes = axes_of(_arguments.spatial_shape(array.shape, rank, last), window, ceil_mode)
    y_shape = pooled_shape(array.shape, axes, last)
    out = checked_out(out, y_shape, array, x)
    # As it lies in memory, so that no stage turns it round.
    layout, dtype = layout_of(array, rank, last), _arguments.gradient_dtype(array.dtype)
    wide = widened(layout.in_memory_order(array))
    places = None
    if training:
        rng = _arguments.generator(s.rng)
        places = [drawn(axis, n, rng) for axis, n in zip(axes, grid, strict=True)]
    if places is not None and max(window.dilation) == 1:
        y, back = _of_bins(
            rank, wide, layout.inner_channels, [_bins(axis, some) for axis, some in zip(axes, places, strict=True)], gradient
        )
    else:
        data_format = "channels_last" if layout.inner_channels else "channels_first"
        y, back = _of_all(rank, wide, data_format, window, axes, places, gradient)
    y = finished(layout.as_user_sees(y), dtype, out)
    if back is None:
        return y, None
    return y, pullback_by(y_shape, array, lambda grad: layout.as_user_sees(back(layout.in_memory_order(grad))))


def forward(rank: int, x: ArrayLike, setting: Setting, out: Array | None) -> Array:
    """Pool x."""
    return _run(rank, x, setting, out, False)[0]


def vjp(rank: int, x: ArrayLike, setting: Setting, out: Array | None) -> tuple[Array, Pullback]:
    """Pool x, and return the pullback."""
    y, pullback = _run(rank, x, setting, out, True)
    assert pullback is not None
    return y, pullback
