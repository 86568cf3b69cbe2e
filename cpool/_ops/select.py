"""Max and min pooling: each output is one cell of its window, and its gradient goes back to that cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._ops._call import Plan, Pullback, planned, pullback_through, reduce
from cpool._threads import threads_for

UINT8 = np.dtype(np.uint8)


def code_dtype(cells: int) -> np.dtype[Any]:
    """The smallest dtype for the place of a winner in its window; its largest value says that there is none."""
    if cells < 2**8:
        return UINT8
    return np.dtype(np.uint16 if _arguments.cells(cells) < 2**16 else np.int32)


def no_winner(dtype: np.dtype[Any]) -> int:
    """The code of a window without a cell."""
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else -1


def _neutral(kind: str, dtype: np.dtype[Any]) -> Any:
    """The value of a window without a cell."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min if kind == "max" else np.iinfo(dtype).max
    if dtype.kind == "b":
        return kind == "min"
    return -np.inf if kind == "max" else np.inf


def fill_empty_windows(plan: Plan, a: Array, value: Any) -> None:
    """Set what windows without a cell give; for values the kernel's own may be that of a wider dtype than the user's."""
    first = a.ndim - len(plan.axes) - plan.layout.last
    for i, axis in enumerate(plan.axes):
        a[(slice(None),) * (first + i) + (axis.taps()[1] == 0,)] = value


def pooled_with_codes(kind: str, given: ArrayLike, x: Array, plan: Plan, out: Array | None) -> tuple[Array, Array]:
    """The result, and the code of each winner as the kernels wrote it."""
    codes = np.empty(plan.y_memory, code_dtype(plan.cells))
    y = reduce(plan, given, x, out, codes)
    if plan.empty_windows:
        fill_empty_windows(plan, y, _neutral(kind, y.dtype))
        fill_empty_windows(plan, plan.layout.as_user_sees(codes), no_winner(codes.dtype))
    return y, codes


def plane_indices(written: Array, plan: Plan) -> Array:
    """The place of each winner, flat in the unpadded spatial plane as PyTorch gives it; -1 where a window has no cell."""
    codes = plan.layout.as_user_sees(written)
    if codes.size == 0:
        return np.empty(codes.shape, np.int64)
    none = codes == no_winner(codes.dtype)
    rest = codes.astype(np.int64)
    indices = np.zeros_like(rest)
    plane = 1
    for behind, axis in enumerate(reversed(plan.axes)):
        rest, tap = np.divmod(rest, axis.kernel)
        start = np.arange(axis.out, dtype=np.int64) * axis.stride - axis.before
        start = start.reshape((axis.out,) + (1,) * (behind + plan.layout.last))
        indices += (start + tap * axis.dilation) * plane
        plane *= axis.size
    indices[none] = -1
    return indices


def forward(
    kind: str,
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
    return_indices: bool,
    out: Array | None,
) -> Any:
    """Pool x by "max" or "min"; without indices, no winner is looked for."""
    array, plan = planned(kind, return_indices, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return pooled(kind, x, array, plan, return_indices, out)


def pooled(kind: str, given: ArrayLike, x: Array, plan: Plan, return_indices: bool, out: Array | None) -> Any:
    """The result of a call that is planned."""
    if return_indices:
        winners, codes = pooled_with_codes(kind, given, x, plan, out)
        return winners, plane_indices(codes, plan)
    y = reduce(plan, given, x, out)
    if plan.empty_windows and y.dtype == np.bool_:
        fill_empty_windows(plan, y, _neutral(kind, y.dtype))
    return y


def vjp(
    kind: str,
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
    return_indices: bool,
    out: Array | None,
) -> tuple[Any, Callable[..., Array]]:
    """Pool x by "max" or "min", and return the pullback, which keeps one small code an output and not x."""
    return_indices = _arguments.flag("return_indices", return_indices)
    array, plan = planned(kind, True, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return pooled_vjp(kind, x, array, plan, return_indices, out)


def pooled_vjp(
    kind: str, given: ArrayLike, x: Array, plan: Plan, return_indices: bool, out: Array | None
) -> tuple[Any, Callable[..., Array]]:  # fmt: skip
    """The result and the pullback of a call that is planned."""
    y, codes = pooled_with_codes(kind, given, x, plan, out)
    return (y, plane_indices(codes, plan)) if return_indices else y, pullback_of(plan, codes)


def pullback_of(plan: Plan, codes: Array) -> Pullback:
    """The pullback of winners with these codes."""

    def run(element: int, grad: Array, grad_x: Array) -> None:
        _dispatch.kernels.winner_gradient(element, grad, codes, grad_x, plan.geometry, threads_for(plan.work))

    return pullback_through(plan, plan.gradient, run)
