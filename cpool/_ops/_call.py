"""What every pooling over regular windows does before and after its kernel: check, lay out, allocate, convert back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np

from cpool import _arguments, _dispatch, _geometry
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._geometry import TRIVIAL, Axis
from cpool._layout import Layout, layout_of
from cpool._ops._plans import Plans, find, keep
from cpool._threads import threads_for

Pullback: TypeAlias = Callable[..., Array]
"""``pullback(grad_y, *, out=None) -> grad_x``."""


@dataclass(frozen=True, slots=True)  # whose attributes are found in a tenth of the time that those of a named tuple take
class Plan:
    """All about a call but its arrays' contents: what the kernel needs, and what the pullback keeps."""

    layout: Layout
    axes: tuple[Axis, ...]
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    y_dtype: np.dtype[Any]
    y_memory: tuple[int, ...]
    """The shape of the result with its axes as they are in memory."""
    geometry: bytes
    """Planes, inner and the three axes, int64, as the kernels take them."""
    work: int
    """The steps of the forward pass, about: what decides on threads."""
    empty_windows: bool
    cells: int
    """The cells of a window."""
    kernel: _dispatch.Kernel
    direct: bool
    """Whether the array as the user gave it is as the kernel reads it, and what it writes is as the user sees it."""
    gradient: _dispatch.Gradient


_plans: Plans[Plan] = {}


def planned(
    operation: str,
    winners: bool,
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
) -> tuple[Array, Plan]:
    """Check the arguments that every pooling over windows has, and find the kernel of the operation."""
    given = (operation, winners, rank, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    if (known := find(_plans, x, given)) is not None:
        return x, known
    winners = _arguments.flag("return_indices", winners)
    last = _arguments.channels_last(data_format)
    window = _arguments.window(rank, kernel_size, stride, padding, dilation)
    ceil_mode = _arguments.flag("ceil_mode", ceil_mode)
    array = _arguments.spatial_array("x", x, rank, last)
    axes = _geometry.axes_of(_arguments.spatial_shape(array.shape, rank, last), window, ceil_mode)
    plan = plan_of(operation, winners, array, rank, last, axes, array is x)
    return array, keep(_plans, x, given, plan) if array is x else plan


def planned_whole(operation: str, winners: bool, x: ArrayLike, data_format: str) -> tuple[Array, Plan]:
    """Check the arguments of pooling over a window as large as the input, of any rank."""
    given = (operation, winners, data_format)
    if (known := find(_plans, x, given)) is not None:
        return x, known
    winners = _arguments.flag("return_indices", winners)
    last = _arguments.channels_last(data_format)
    array = _arguments.batched_array("x", x, last)
    rank = array.ndim - 2
    axes = tuple(Axis(size, 1, size, size, 1, 0, 0) for size in _arguments.spatial_shape(array.shape, rank, last))
    plan = plan_of(operation, winners, array, rank, last, axes, array is x)
    return array, keep(_plans, x, given, plan) if array is x else plan


def plan_of(
    operation: str, winners: bool, x: Array, rank: int, last: bool, axes: tuple[Axis, ...], as_given: bool
) -> Plan:  # fmt: skip
    """The plan of a call whose arguments were checked; `as_given`: x is the user's array."""
    kernel, layout = _dispatch.kernel_for(operation, x.dtype, winners), layout_of(x, rank, last)
    y_shape = _geometry.pooled_shape(x.shape, axes, last)
    y_memory = layout.shape_in_memory(y_shape)
    planes, *_, inner = five = layout.five_of(x.shape)
    _geometry.check_spanned(x.shape, y_shape, five, layout.five(y_memory))
    numbers = [planes, inner, *(n for axis in (TRIVIAL,) * (3 - rank) + axes for n in axis)]
    return Plan(
        layout=layout,
        axes=axes,
        x_shape=x.shape,
        y_shape=y_shape,
        y_dtype=kernel.result if operation not in ("max", "min") and x.dtype.kind in "biu" else x.dtype,
        y_memory=y_memory,
        geometry=np.array(numbers, np.int64).tobytes(),
        work=max(x.size, math.prod(y_shape)),
        empty_windows=any(axis.has_empty_window() for axis in axes),
        cells=math.prod(axis.kernel for axis in axes),
        kernel=kernel,
        direct=as_given and x.flags.c_contiguous and last == layout.inner_channels and x.dtype is kernel.dtype is kernel.result,
        gradient=_dispatch.gradient_of(x.dtype),
    )


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


def reduce(
    plan: Plan,
    given: ArrayLike,
    x: Array,
    out: Array | None,
    codes: Array | None = None,
    average: bool = False,
    include_pad: bool = False,
    divisor: float = 0.0,
) -> Array:
    """The result of a plan's kernel; `codes` take those of the winners."""
    kernel, y = plan.kernel, None
    if plan.direct:  # the short way, beside which the long one would be most of the time of a tiny array
        if out is None:
            y = np.empty(plan.y_shape, plan.y_dtype)
        elif given is x:
            y = _arguments.plain_output(out, plan.y_shape, plan.y_dtype, x)
    if y is None:
        return _reduce_converted(plan, given, x, out, codes, average, include_pad, divisor)
    threads = threads_for(plan.work)
    _dispatch.kernels.reduce(kernel.operation, kernel.element, x, y, codes, plan.geometry, average, include_pad, divisor, threads)
    return y


def _reduce_converted(
    plan: Plan,
    given: ArrayLike,
    x: Array,
    out: Array | None,
    codes: Array | None,
    average: bool,
    include_pad: bool,
    divisor: float,
) -> Array:
    kernel = plan.kernel
    if out is not None:
        out = _arguments.output(out, plan.y_shape, plan.y_dtype, apart_from=(given, x))
    rows, threads = plan.layout.rows_of(converted(x, kernel.dtype)), threads_for(plan.work)

    def run(y: Array) -> None:
        _dispatch.kernels.reduce(
            kernel.operation, kernel.element, rows, y, codes, plan.geometry, average, include_pad, divisor, threads
        )

    return compute_into(plan.layout, plan.y_shape, plan.y_dtype, kernel.result, out, run)


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
    plan: Shapes,
    gradient: _dispatch.Gradient,
    run: Callable[[int, Array, Array], None],
    *,
    halves: bool = True,
    strided: bool = False,
) -> Pullback:
    """The pullback whose kernel is `run(element, grad, grad_x)`: the same checks and conversions for every family.

    Without kernels for `halves` theirs go through float32; only `strided` ones take rows that are not close together.
    """
    return partial(_pull_back, plan, gradient, run, halves, strided)  # made in half the time that a closure takes


def _pull_back(
    plan: Shapes,
    gradient: _dispatch.Gradient,
    run: Callable[[int, Array, Array], None],
    halves: bool,
    strided: bool,
    grad_y: ArrayLike,
    *,
    out: Array | None = None,
) -> Array:
    dtype, wide = gradient.dtype, gradient.wide
    if plan.direct and type(grad_y) is np.ndarray and grad_y.dtype is wide is dtype and grad_y.shape == plan.y_shape:
        flags = grad_y.flags
        if flags.c_contiguous and flags.aligned:  # the short way, as in `reduce`
            grad_x = np.empty(plan.x_shape, dtype) if out is None else _arguments.plain_output(out, plan.x_shape, dtype, grad_y)
            if grad_x is not None:
                run(gradient.element, grad_y, grad_x)
                return grad_x
    grad = _arguments.gradient("grad_y", grad_y, plan.y_shape)
    if out is not None:
        out = _arguments.output(out, plan.x_shape, dtype, apart_from=(grad_y, grad))
    # A gradient in halves goes through kernels for halves, any other is not first rounded to halves.
    element, kernel_dtype = _dispatch.gradient_kernel(dtype if halves and grad.dtype == dtype else wide)
    grad = converted(grad, kernel_dtype)
    rows = plan.layout.rows_of(grad) if strided else plan.layout.contiguous(grad)
    return compute_into(plan.layout, plan.x_shape, dtype, kernel_dtype, out, lambda grad_x: run(element, rows, grad_x))
