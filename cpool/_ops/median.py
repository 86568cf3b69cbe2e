"""Median pooling: the middle cell of each window, or the mean of the two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._ops._call import Plan, compute_into, converted, planned, pullback_through
from cpool._ops.select import code_dtype, no_winner
from cpool._threads import threads_for


def _pool(given: ArrayLike, x: Array, plan: Plan, codes: tuple[Array | None, Array | None], out: Array | None) -> Array:
    """The result; `codes` take the two cells in the middle of each window."""
    kernel = plan.kernel
    if out is not None:
        out = _arguments.output(out, plan.y_shape, plan.y_dtype, apart_from=(given, x))
    rows = plan.layout.rows_of(converted(x, kernel.dtype))
    threads = threads_for(plan.work * plan.cells)

    def run(y: Array) -> None:
        _dispatch.kernels.median_pool(kernel.element, rows, y, *codes, plan.geometry, threads)

    return compute_into(plan.layout, plan.y_shape, plan.y_dtype, kernel.result, out, run)


def forward(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
    out: Array | None,
) -> Array:
    """Pool x by the median."""
    array, plan = planned("median", False, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return _pool(x, array, plan, (None, None), out)


def vjp(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
    out: Array | None,
) -> tuple[Array, Callable[..., Array]]:
    """Pool x by the median, and return the pullback, which keeps the codes of the cells in the middle."""
    array, plan = planned("median", False, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    dtype = code_dtype(plan.cells)
    _, first = plan.layout.empty(plan.y_shape, dtype)
    _, second = plan.layout.empty(plan.y_shape, dtype)
    y = _pool(x, array, plan, (first, second), out)
    two = second != no_winner(dtype)
    some = bool(two.any())

    def run(element: int, grad: Array, grad_x: Array) -> None:
        # The gradient of max, once for each of the two.
        threads = threads_for(plan.work)
        if not some:
            _dispatch.kernels.winner_gradient(element, grad, first, grad_x, plan.geometry, threads)
            return
        half = grad / 2
        _dispatch.kernels.winner_gradient(element, np.where(two, half, grad), first, grad_x, plan.geometry, threads)
        other = np.empty_like(grad_x)
        _dispatch.kernels.winner_gradient(element, half, second, other, plan.geometry, threads)
        grad_x += other

    return y, pullback_through(plan, plan.gradient, run, halves=False)
