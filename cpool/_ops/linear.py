"""Sum and average pooling: fixed linear maps, whose gradients are their adjoints."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._ops._call import Call, checked, compute_into, converted, spec_of
from cpool._threads import threads_for


def _prepare(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
    data_format: str,
) -> tuple[Call, bool, float]:
    include_pad = _arguments.flag("count_include_pad", count_include_pad)
    divisor = _arguments.divisor(divisor_override)
    call = checked(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return call, include_pad, float(divisor or 0)


def _pool(kind: str, call: Call, include_pad: bool, divisor: float, out: Array | None) -> Array:
    kernel = _dispatch.KERNELS[kind, call.x.dtype.name]
    dtype = kernel.result if call.x.dtype.kind in "biu" else call.x.dtype
    if out is not None:
        out = _arguments.output(out, call.shape, dtype, apart_from=(call.x,))
    x = call.layout.rows_of(converted(call.x, kernel.dtype))

    def run(y: Array) -> None:
        _dispatch.kernels.reduce(
            kernel.operation, kernel.element, x, y, None, call.geometry, kind == "avg", include_pad, divisor, threads_for(call.work)
        )

    return compute_into(call.layout, call.shape, dtype, kernel.result, out, run)


def forward(
    kind: str,
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
    data_format: str,
    out: Array | None,
) -> Array:
    """Pool x by "sum" or "avg"."""
    call, include_pad, divisor = _prepare(
        rank, x, kernel_size, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override, data_format
    )
    return _pool(kind, call, include_pad, divisor, out)


def vjp(
    kind: str,
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
    data_format: str,
    out: Array | None,
) -> tuple[Array, Callable[..., Array]]:
    """Pool x by "sum" or "avg", and return the pullback, which keeps shapes only."""
    call, include_pad, divisor = _prepare(
        rank, x, kernel_size, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override, data_format
    )
    y = _pool(kind, call, include_pad, divisor, out)
    spec, work = spec_of(call), call.work
    dtype = _arguments.gradient_dtype(spec.x_dtype)
    kernel_dtype = np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        grad = _arguments.gradient("grad_y", grad_y, spec.y_shape, kernel_dtype)
        if out is not None:
            out = _arguments.output(out, spec.x_shape, dtype, apart_from=(grad,))
        rows = spec.layout.rows_of(grad)

        def run(grad_x: Array) -> None:
            _dispatch.kernels.spread_gradient(
                _dispatch.GRADIENTS.index(kernel_dtype.name), rows, grad_x, spec.geometry, kind == "avg", include_pad, divisor,
                threads_for(work),
            )  # fmt: skip

        return compute_into(spec.layout, spec.x_shape, dtype, kernel_dtype, out, run)

    return y, pullback
