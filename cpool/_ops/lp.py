"""Lp pooling: the norm of each window, or its power mean."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._ops._call import Plan, compute_into, converted, planned, planned_whole, pullback_through
from cpool._ops.select import code_dtype, fill_empty_windows, no_winner
from cpool._threads import threads_for

POWER_WORK = 6
"""What a power takes, in steps of work."""


class _Norm:
    """A call that is planned."""

    def __init__(self, given: ArrayLike, x: Array, plan: Plan, norm_type: float, normalized: bool) -> None:
        self.given, self.x, self.plan = given, x, plan
        self.norm_type, self.normalized = norm_type, normalized
        self.values = converted(x, plan.kernel.dtype)

    def threads(self) -> int:
        return threads_for(self.plan.work * (1 if self.norm_type in (1.0, 2.0, 3.0, 4.0, math.inf) else POWER_WORK))

    def pool(self, out: Array | None, kept: Array | None = None) -> Array:
        """The result; `kept` takes what the gradient needs of it."""
        plan, kernel = self.plan, self.plan.kernel
        if out is not None:
            out = _arguments.output(out, plan.y_shape, plan.y_dtype, apart_from=(self.given, self.x))
        rows = plan.layout.rows_of(self.values)

        def run(y: Array) -> None:
            _dispatch.kernels.lp_pool(kernel.element, rows, y, kept, self.norm_type, self.normalized, plan.geometry, self.threads())

        y = compute_into(plan.layout, plan.y_shape, plan.y_dtype, kernel.result, out, run)
        if plan.empty_windows and math.isinf(self.norm_type):
            fill_empty_windows(plan, y, 0)
        return y

    def pool_vjp(self, out: Array | None) -> tuple[Array, Callable[..., Array]]:
        """The result and the pullback, which keeps x, and the winners, or the result as it was before it was rounded."""
        plan, norm_type, normalized = self.plan, self.norm_type, self.normalized
        kept = None
        if math.isinf(norm_type):
            codes, kept = plan.layout.empty(plan.y_shape, code_dtype(plan.cells))
        elif norm_type != 1:
            _, kept = plan.layout.empty(plan.y_shape, _dispatch.FLOAT64)
        y = self.pool(out, kept)
        if plan.empty_windows and math.isinf(norm_type):
            fill_empty_windows(plan, codes, no_winner(codes.dtype))
        cells = plan.layout.contiguous(self.values)
        if np.may_share_memory(cells, self.x):
            cells = owned(cells)
        threads = self.threads()
        # What no window has gets nothing, where it is not a number too.
        first = len(plan.y_shape) - len(plan.axes) - plan.layout.inner_channels
        bare = [(first + i, none) for i, axis in enumerate(plan.axes) if (none := axis.uncovered()).size]

        def run(element: int, grad: Array, grad_x: Array) -> None:
            _dispatch.kernels.lp_gradient(element, grad, cells, kept, grad_x, norm_type, normalized, plan.geometry, threads)
            for axis, none in bare:
                grad_x[(slice(None),) * axis + (none,)] = 0

        return y, pullback_through(plan, plan.gradient, run, halves=False)


def owned(a: Array) -> Array:
    """A copy of a contiguous array, which the pullback of a large one waits for: by several threads."""
    threads = threads_for(a.size)
    if threads < 2:
        return a.copy()
    copy = np.empty(a.shape, a.dtype)
    _dispatch.kernels.copy(a, copy, threads)
    return copy


def _window(
    rank: int,
    x: ArrayLike,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    normalized: bool,
    ceil_mode: bool,
    data_format: str,
) -> _Norm:
    power = _arguments.order_of_norm("norm_type", norm_type)
    mean = _arguments.flag("normalized", normalized)
    return _Norm(x, *planned("lp", False, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format), power, mean)


def _whole(x: ArrayLike, norm_type: float, normalized: bool, data_format: str) -> _Norm:
    power = _arguments.order_of_norm("norm_type", norm_type)
    mean = _arguments.flag("normalized", normalized)
    return _Norm(x, *planned_whole("lp", False, x, data_format), power, mean)


def forward(
    rank: int,
    x: ArrayLike,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    normalized: bool,
    ceil_mode: bool,
    data_format: str,
    out: Array | None,
) -> Array:
    """Pool x by the norm of each window."""
    return _window(rank, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format).pool(out)


def vjp(
    rank: int,
    x: ArrayLike,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    normalized: bool,
    ceil_mode: bool,
    data_format: str,
    out: Array | None,
) -> tuple[Array, Callable[..., Array]]:
    """Pool x by the norm of each window, and return the pullback."""
    return _window(rank, x, norm_type, kernel_size, stride, padding, dilation, normalized, ceil_mode, data_format).pool_vjp(out)


def whole_forward(x: ArrayLike, norm_type: float, normalized: bool, data_format: str, out: Array | None) -> Array:
    """Pool all of x by its norm."""
    return _whole(x, norm_type, normalized, data_format).pool(out)


def whole_vjp(
    x: ArrayLike, norm_type: float, normalized: bool, data_format: str, out: Array | None
) -> tuple[Array, Callable[..., Array]]:  # fmt: skip
    """Pool all of x by its norm, and return the pullback."""
    return _whole(x, norm_type, normalized, data_format).pool_vjp(out)
