"""Sum and average pooling: fixed linear maps, whose gradients are their adjoints."""

from __future__ import annotations

from collections.abc import Callable

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._ops._call import Plan, Pullback, planned, pullback_through, reduce
from cpool._threads import threads_for


def pooled(kind: str, given: ArrayLike, x: Array, plan: Plan, include_pad: bool, divisor: float, out: Array | None) -> Array:
    """The result of a call that is planned."""
    return reduce(plan, given, x, out, None, kind == "avg", include_pad, divisor)


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
    include_pad = _arguments.flag("count_include_pad", count_include_pad)
    divisor = 0.0 if divisor_override is None else float(_arguments.divisor(divisor_override) or 0)
    array, plan = planned(kind, False, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return pooled(kind, x, array, plan, include_pad, divisor, out)


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
    include_pad = _arguments.flag("count_include_pad", count_include_pad)
    divisor = 0.0 if divisor_override is None else float(_arguments.divisor(divisor_override) or 0)
    array, plan = planned(kind, False, rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    return pooled_vjp(kind, x, array, plan, include_pad, divisor, out)


def pooled_vjp(
    kind: str, given: ArrayLike, x: Array, plan: Plan, include_pad: bool, divisor: float, out: Array | None
) -> tuple[Array, Callable[..., Array]]:  # fmt: skip
    """The result and the pullback of a call that is planned."""
    return pooled(kind, given, x, plan, include_pad, divisor, out), pullback_of(kind, plan, include_pad, divisor)


def pullback_of(kind: str, plan: Plan, include_pad: bool, divisor: float) -> Pullback:
    """The pullback, which needs no values of x."""

    def run(element: int, grad: Array, grad_x: Array) -> None:
        threads = threads_for(plan.work)
        _dispatch.kernels.spread_gradient(element, grad, grad_x, plan.geometry, kind == "avg", include_pad, divisor, threads)

    return pullback_through(plan, plan.gradient, run, strided=True)
