"""What every pooling over regular windows does before and after its kernel: check, lay out, allocate, convert back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np

from cpool import _arguments, _dispatch, _geometry
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._geometry import TRIVIAL, Axis
from cpool._layout import Layout, layout_of

Pullback: TypeAlias = Callable[..., Array]
"""``pullback(grad_y, *, out=None) -> grad_x``."""


class Plan(NamedTuple):
    """All about a call but its arrays' contents: what the kernel needs, and what the pullback keeps."""

    layout: Layout
    axes: tuple[Axis, ...]
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    geometry: bytes
    """Planes, inner and the three axes, int64, as the kernels take them."""
    work: int
    """The steps of the forward pass, about: what decides on threads."""
    empty_windows: bool
    cells: int
    """The cells of a window."""
    direct: bool
    """Whether the array as the user gave it is as the kernels read it, and its result as the user sees it."""


_plans: dict[tuple[Any, ...], tuple[Plan, tuple[Any, ...]]] = {}
"""The plans of contiguous arrays by the very objects that were given as arguments, none of which can change, and those
objects, so that nothing else comes to be where they were: a training loop makes the same calls again and again, and checking
their arguments takes longer than pooling a small array."""

MOST_PLANS = 4096
P = TypeVar("P")
Key: TypeAlias = tuple[Any, ...]


def planned(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
) -> tuple[Array, Plan]:
    """Check the arguments that every pooling over windows has."""
    key: tuple[Any, ...] | None = None
    given = (kernel_size, stride, padding, dilation, ceil_mode, data_format)
    if type(x) is np.ndarray and x.flags.carray and _dispatch.is_native(x.dtype):
        # By identity: equal arguments of other types, 2.0 or True, must go on being refused.
        key = (rank, x.shape, id(kernel_size), id(stride), id(padding), id(dilation), id(ceil_mode), id(data_format))
        if (found := _plans.get(key)) is not None:
            return x, found[0]
    last = _arguments.channels_last(data_format)
    window = _arguments.window(rank, kernel_size, stride, padding, dilation)
    ceil_mode = _arguments.flag("ceil_mode", ceil_mode)
    array = _arguments.spatial_array("x", x, rank, last)
    axes = _geometry.axes_of(_arguments.spatial_shape(array.shape, rank, last), window, ceil_mode)
    return array, keep(_plans, key, given, _plan_of(array, rank, last, axes, key is not None))


def planned_whole(x: ArrayLike, data_format: str) -> tuple[Array, Plan]:
    """Check the arguments of pooling over a window as large as the input, of any rank."""
    key: tuple[Any, ...] | None = None
    given = (data_format,)
    if type(x) is np.ndarray and x.flags.carray and _dispatch.is_native(x.dtype):
        key = ("whole", x.shape, id(data_format))
        if (found := _plans.get(key)) is not None:
            return x, found[0]
    last = _arguments.channels_last(data_format)
    array = _arguments.batched_array("x", x, last)
    rank = array.ndim - 2
    axes = tuple(Axis(size, 1, size, size, 1, 0, 0) for size in _arguments.spatial_shape(array.shape, rank, last))
    return array, keep(_plans, key, given, _plan_of(array, rank, last, axes, key is not None))


def _plan_of(array: Array, rank: int, last: bool, axes: tuple[Axis, ...], plain: bool) -> Plan:
    """The plan of a call whose arguments were checked; `plain` says that the kernels take the array as it is."""
    layout = layout_of(array, rank, last)
    y_shape = _geometry.pooled_shape(array.shape, axes, last)
    planes, *_, inner = layout.five(layout.shape_in_memory(array.shape))
    numbers = [planes, inner, *(n for axis in (TRIVIAL,) * (3 - rank) + axes for n in axis)]
    work = max(array.size, math.prod(y_shape))
    empty = any(axis.has_empty_window() for axis in axes)
    direct = plain and layout.last == layout.inner_channels
    geometry = np.array(numbers, np.int64).tobytes()
    cells = math.prod(axis.kernel for axis in axes)
    return Plan(layout, axes, array.shape, y_shape, geometry, work, empty, cells, direct)


def keep(plans: dict[Key, tuple[P, Key]], key: Key | None, given: Key, plan: P) -> P:
    """The plan, to be found again by the key where nothing that was given can change."""
    if key is not None and all(map(_is_plain, given)):
        if len(plans) >= MOST_PLANS:
            plans.clear()
        plans[key] = plan, given
    return plan


def _is_plain(value: Any) -> bool:
    """Whether an argument can never change."""
    kind = type(value)
    return kind is int or kind is bool or value is None or kind is str or (kind is tuple and all(map(_is_plain, value)))


def converted(x: Array, dtype: np.dtype[Any]) -> Array:
    """The array in a kernel's dtype; a view where the kernel takes the very bytes."""
    if x.dtype == dtype:
        return x
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    return x.view(dtype) if _dispatch.is_stored_as(x.dtype, dtype) else rounded(x, dtype)


def rounded(a: Array, dtype: np.dtype[Any]) -> Array:
    """The array in another dtype; what does not fit becomes inf without a warning, as in the kernels."""
    with np.errstate(over="ignore", invalid="ignore"):
        return a.astype(dtype)


def compute_into(
    layout: Layout,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    kernel_dtype: np.dtype[Any],
    out: Array | None,
    run: Callable[[Array], None],
) -> Array:
    """Let `run` write a result in the kernels' dtype and memory order, and hand it over as the user wants it.

    `out` is written by the kernel itself where it has the kernel's dtype and lies in memory as the kernel writes; else once,
    at the end.
    """
    same = _dispatch.is_stored_as(dtype, kernel_dtype)
    if out is not None and same and (target := layout.target(np.asarray(out))) is not None:
        run(target.view(kernel_dtype))
        return out
    result, target = layout.empty(shape, kernel_dtype)
    run(target)
    result = result.view(dtype) if same else rounded(result, dtype)
    if out is None:
        return result
    out[...] = result
    return out


class Shapes(Protocol):
    """What of a plan the pullback needs."""

    @property
    def layout(self) -> Layout: ...
    @property
    def x_shape(self) -> tuple[int, ...]: ...
    @property
    def y_shape(self) -> tuple[int, ...]: ...
    @property
    def direct(self) -> bool: ...


def pullback_through(
    plan: Shapes, x_dtype: np.dtype[Any], run: Callable[[int, Array, Array], None], *, halves: bool = True
) -> Pullback:
    """The pullback whose kernel is `run(element, grad, grad_x)`: the same checks and conversions for every family.

    Without kernels for `halves` theirs go through float32.
    """
    dtype = _arguments.gradient_dtype(x_dtype)
    wide = _dispatch.at_least_float32(dtype)
    direct = plan.direct and dtype is wide

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        # The short way, where nothing is to be converted: the long one would be most of the time of a tiny array.
        if out is None and direct and type(grad_y) is np.ndarray and grad_y.dtype is dtype and grad_y.flags.carray:
            _arguments.check_shape("grad_y", grad_y.shape, plan.y_shape)
            grad_x = np.empty(plan.x_shape, dtype)
            run(_dispatch.gradient_kernel(dtype)[0], grad_y, grad_x)
            return grad_x
        grad = _arguments.gradient("grad_y", grad_y, plan.y_shape)
        # A gradient in halves goes through kernels for halves, any other is not first rounded to halves.
        element, kernel_dtype = _dispatch.gradient_kernel(dtype if halves and grad.dtype == dtype else wide)
        grad = converted(grad, kernel_dtype)
        if out is not None:
            out = _arguments.output(out, plan.x_shape, dtype, apart_from=(grad_y, grad))
        return compute_into(plan.layout, plan.x_shape, dtype, kernel_dtype, out, lambda grad_x: run(element, grad, grad_x))

    return pullback
