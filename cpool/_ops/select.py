"""Max and min pooling: each output is one cell of its window, and its gradient goes back to that cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._geometry import Axis
from cpool._ops._call import Call, checked, compute_into, converted, spec_of
from cpool._threads import threads_for


def _code_dtype(cells: int) -> np.dtype[Any]:
    """The smallest dtype for the place of a winner in its window; its largest value says that there is none."""
    if cells < 2**8:
        return np.dtype(np.uint8)
    return np.dtype(np.uint16 if cells < 2**16 else np.int32)


def _neutral(kind: str, dtype: np.dtype[Any]) -> Any:
    """The value of a window without a cell."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min if kind == "max" else np.iinfo(dtype).max
    if dtype.kind == "b":
        return kind == "min"
    return -np.inf if kind == "max" else np.inf


def _pool(kind: str, call: Call, out: Array | None) -> Array:
    kernel = _dispatch.KERNELS[kind, call.x.dtype.name]
    if out is not None:
        out = _arguments.output(out, call.shape, call.x.dtype, apart_from=(call.x,))
    x = call.layout.rows_of(converted(call.x, kernel.dtype))

    def run(y: Array) -> None:
        _dispatch.kernels.reduce(
            kernel.operation, kernel.element, x, y, None, call.geometry, False, False, 0.0, threads_for(call.work)
        )

    return compute_into(call.layout, call.shape, call.x.dtype, kernel.dtype, out, run)


def _pool_with_winners(kind: str, call: Call, out: Array | None) -> tuple[Array, Array]:
    """The result, and in the kernels' memory order the code of each winner."""
    kernel = _dispatch.WINNER_KERNELS[kind, call.x.dtype.name]
    dtype = _code_dtype(_arguments.cells(call.window))
    if out is not None:
        out = _arguments.output(out, call.shape, call.x.dtype, apart_from=(call.x,))
    codes, codes_view = call.layout.empty(call.shape, dtype)
    x = call.layout.rows_of(converted(call.x, kernel.dtype))

    def run(y: Array) -> None:
        _dispatch.kernels.reduce(
            kernel.operation, kernel.element, x, y, codes_view, call.geometry, False, False, 0.0, threads_for(call.work)
        )

    y = compute_into(call.layout, call.shape, call.x.dtype, kernel.dtype, out, run)
    for i, axis in enumerate(call.axes):
        if axis.has_empty_window():
            first = y.ndim - len(call.axes) - call.layout.last
            empty = (slice(None),) * (first + i) + (axis.taps()[1] == 0,)
            y[empty] = _neutral(kind, y.dtype)  # the kernel's own is that of a wider integer
            codes[empty] = np.iinfo(dtype).max if dtype.kind == "u" else -1
    return y, codes


def plane_indices(codes: Array, axes: tuple[Axis, ...], last: bool) -> Array:
    """The place of each winner, flat in the unpadded spatial plane as PyTorch gives it; -1 where a window has no cell."""
    rank = len(axes)
    none = codes == np.array(-1).astype(codes.dtype)
    rest = codes.astype(np.int64)
    indices = np.zeros_like(rest)
    plane = 1
    for i in range(rank - 1, -1, -1):
        axis = axes[i]
        rest, tap = np.divmod(rest, axis.kernel)
        start = np.arange(axis.out, dtype=np.int64) * axis.stride - axis.before
        start = start.reshape((axis.out,) + (1,) * (rank - 1 - i + (1 if last else 0)))
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
    return_indices = _arguments.flag("return_indices", return_indices)
    call = checked(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    if not return_indices:
        return _pool(kind, call, out)
    y, codes = _pool_with_winners(kind, call, out)
    return y, plane_indices(codes, call.axes, call.layout.last)


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
    call = checked(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    y, codes = _pool_with_winners(kind, call, out)
    spec, work = spec_of(call), call.work
    dtype = _arguments.gradient_dtype(spec.x_dtype)
    kernel_dtype = np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)
    codes_view = spec.layout.contiguous(codes)

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        grad = _arguments.gradient("grad_y", grad_y, spec.y_shape, kernel_dtype)
        if out is not None:
            out = _arguments.output(out, spec.x_shape, dtype, apart_from=(grad,))
        rows = spec.layout.contiguous(grad)

        def run(grad_x: Array) -> None:
            _dispatch.kernels.winner_gradient(
                _dispatch.GRADIENTS.index(kernel_dtype.name), rows, codes_view, grad_x, spec.geometry, threads_for(work)
            )

        return compute_into(spec.layout, spec.x_shape, dtype, kernel_dtype, out, run)

    return (y, plane_indices(codes, spec.axes, spec.layout.last)) if return_indices else y, pullback
