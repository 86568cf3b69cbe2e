"""Weights by exponentials of the cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import channel_parameter, numbers_of
from cpool.reference._learned import Call, Pullback, pooled
from cpool.reference._pullback import fill, rounded


def softmax(z: Array) -> Array:
    """Of each row; relative to the largest, so that nothing overflows."""
    weights = np.exp(z - z.max(axis=1, keepdims=True))
    found: Array = weights / weights.sum(axis=1, keepdims=True)
    return found


def soft_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    beta: ArrayLike = 1.0, detach_weights: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of every window weighted by their softmax: y = sum over t of w[t] x[t], w = softmax(beta x).

    Gradients: grad_x[t] += g w[t] (1 + beta (x[t] - y)), or g w[t] with `detach_weights`;
    grad_beta += g (sum over t of w[t] x[t] (x[t] - y)).

    Examples
    --------
    >>> from cpool import reference
    >>> reference.soft_pool1d([[0.0, 0.0, 1.0, 1.0]], 2).tolist()
    [[0.0, 1.0]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    parameter = channel_parameter("beta", beta, call.channels)
    detach_weights = arguments.flag("detach_weights", detach_weights)

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        found: Array = (softmax(p[0] * x) * x).sum(axis=1)
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        share, apart = g[:, None] * softmax(p[0] * x), x - y[:, None]
        return share if detach_weights else share * (1 + p[0] * apart), [(share * apart * x).sum(axis=1, keepdims=True)]

    return pooled(call, [parameter], value, slopes, out)


def log_mean_exp(d: Array, r: Array) -> Array:
    """log(mean exp(r d)) / r of each row, and the mean where r is 0. No r d is above 0, and one is 0."""
    found: Array = np.where(r == 0, d.mean(axis=1, keepdims=True), np.log1p(np.expm1(r * d).mean(axis=1, keepdims=True)) / r)
    return found


def slope_of_r(d: Array, r: Array) -> Array:
    """The derivative of `log_mean_exp` with respect to r."""
    near = np.abs(r * d).max(axis=1, keepdims=True) < 1e-6
    steep = ((softmax(r * d) * d).sum(axis=1, keepdims=True) - log_mean_exp(d, r)) / r
    found: Array = np.where(near, d.var(axis=1, keepdims=True) / 2, steep)
    return found


def lse_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    r: ArrayLike = 1.0, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """Log-sum-exp over every window: y = log((sum over t of exp(r x[t])) / n) / r, of n cells; their average where r is 0.

    Gradients: grad_x[t] += g w[t], w = softmax(r x); grad_r += g ((sum over t of w[t] x[t]) - y) / r, and g var(x) / 2 where r
    is 0. All of it relative to the largest cell, or the least where r is negative.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.lse_pool1d([[0.0, 0.0, 1.0, 1.0]], 2).tolist()
    [[0.0, 1.0]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    parameter = channel_parameter("r", r, call.channels)

    def top(x: Array, r: Array) -> Array:
        found: Array = np.where(r < 0, x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True))
        return found

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        one = top(x, p[0])
        found: Array = (one + log_mean_exp(x - one, p[0]))[:, 0]
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        return g[:, None] * softmax(p[0] * x), [g[:, None] * slope_of_r(x - top(x, p[0]), p[0])]

    return pooled(call, [parameter], value, slopes, out)


def softmax_pool(
    rank: int, /, x: ArrayLike, logits: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of every window weighted by the softmax of their logits: y = sum over t of w[t] x[t], w = softmax(logits).

    Gradients: grad_x[t] += g w[t]; grad_logits[t] += g w[t] (x[t] - y). Logits with one channel are those of all, and their
    gradient is the sum over channels.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.softmax_pool1d([[1.0, 2.0, 3.0, 4.0]], [[0.0, 0.0, 1000.0, 0.0]], 2).tolist()
    [[1.5, 3.0]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    given = numbers_of("logits", logits)
    axis = call.x.ndim - (1 if call.last else rank + 1)
    single = tuple(1 if i == axis else length for i, length in enumerate(call.x.shape))
    if given.shape not in (call.x.shape, single):
        raise ValueError(f"logits: shape {given.shape} must be that of x, {call.x.shape}, or with one channel {single}")
    if out is not None:
        arguments.output(out, call.y_shape, call.dtype, apart_from=[call.x, given])
    x, z = call.planes, call.to_planes(np.broadcast_to(given, call.x.shape))
    y = np.zeros((len(x), len(call.windows)))
    with np.errstate(all="ignore"):
        for o, (cells, _) in enumerate(call.windows):
            if cells.size:
                y[:, o] = (softmax(z[:, cells]) * x[:, cells]).sum(axis=1)

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
        grad_given = arguments.array("grad_y", grad_y)
        grad = call.to_planes(arguments.gradient("grad_y", grad_given, call.y_shape))
        if out is not None:
            arguments.output(out, call.x.shape, call.dtype, apart_from=[grad_given])
        grad_x, grad_z = np.zeros(x.shape), np.zeros(x.shape)
        with np.errstate(all="ignore"):
            for o, (cells, _) in enumerate(call.windows):
                if cells.size:
                    share = grad[:, o, None] * softmax(z[:, cells])
                    grad_x[:, cells] += share
                    grad_z[:, cells] += share * (x[:, cells] - y[:, o, None])
        grad_logits = call.exactly_as_x(grad_z)
        if given.shape != call.x.shape:
            grad_logits = grad_logits.sum(axis=axis, keepdims=True)
        return fill(out, call.as_x(grad_x)), rounded(grad_logits, arguments.gradient_dtype(given.dtype))

    return call.result(y, out), pullback
