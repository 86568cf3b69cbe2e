"""Weights by exponentials of the cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import channel_parameter, numbers_of
from cpool.reference._learned import Call, Pullback, pooled
from cpool.reference._pullback import fill, rounded

MOST = float(np.finfo(np.float64).max)
"""What an infinite beta or r counts as: a factor by which any two cells that differ are far apart."""


def from_top(x: Array, factor: Array) -> tuple[Array, Array]:
    """The largest cell of each row, or the least where the factor is negative, and all cells less that: 0 for equal ones, even
    where they are infinite."""
    top = np.where(factor < 0, x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True))
    return top, np.where(x == top, 0, x - top)


def exponents(d: Array, factor: Array) -> Array:
    """factor d, none above 0: a distance that is 0 is so by any factor, and a factor of 0 makes any distance so."""
    return np.where((d == 0) | (factor == 0), 0, factor * d)


def softmax(z: Array) -> Array:
    """Of each row, none of whose numbers is above 0, and one is 0."""
    weights = np.exp(z)
    found: Array = weights / weights.sum(axis=1, keepdims=True)
    return found


def weighed(w: Array, x: Array) -> Array:
    """The sum of w x of each row, (rows, 1); what counts for nothing may be infinite."""
    found: Array = np.where(w == 0, 0, w * x).sum(axis=1, keepdims=True)
    return found


def apart(w: Array, x: Array) -> Array:
    """How far the cells of each row are from their weighted sum, both taken from a cell of the largest weight; 0 without weight."""
    d = x - np.take_along_axis(x, w.argmax(axis=1)[:, None], 1)
    return np.where(w == 0, 0, d - weighed(w, d))


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

    def weights(x: Array, beta: Array) -> Array:
        return softmax(exponents(from_top(x, beta)[1], beta))

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        return weighed(weights(x, limited(p[0])), x)[:, 0]

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        beta = limited(p[0])
        w = weights(x, beta)
        d, share = apart(w, x), g[:, None] * w
        return share if detach_weights else share * (1 + beta * d), [(share * d * d).sum(axis=1, keepdims=True)]

    return pooled(call, [parameter], value, slopes, out)


def limited(factor: Array) -> Array:
    """An infinite factor as the largest number."""
    return np.clip(factor, -MOST, MOST)


def log_mean_exp(d: Array, r: Array) -> Array:
    """log(mean exp(r d)) / r of each row, and the mean where r is 0. No r d is above 0, and one is 0."""
    z = exponents(d, r)
    logarithm = np.log1p(np.expm1(z).mean(axis=1, keepdims=True))
    # Of the least z too it is the mean, to within a rounding; they may be so small that they have no digits to divide.
    found: Array = np.where(z.min(axis=1, keepdims=True) > -1e-17, d.mean(axis=1, keepdims=True), logarithm / r)
    return found


def slope_of_r(d: Array, r: Array) -> Array:
    """The derivative of `log_mean_exp` with respect to r."""
    z = exponents(d, r)
    near = (np.abs(r * d) < 1e-6).all(axis=1, keepdims=True)
    steep = (weighed(softmax(z), d) - log_mean_exp(d, r)) / r
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

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        r = limited(p[0])
        one, d = from_top(x, r)
        found: Array = np.where(np.isinf(one), one, one + log_mean_exp(d, r))[:, 0]
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        r = limited(p[0])
        _, d = from_top(x, r)
        return g[:, None] * softmax(exponents(d, r)), [g[:, None] * slope_of_r(d, r)]

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

    def weights(cells: Array) -> Array:
        return softmax(from_top(z[:, cells], np.ones(1))[1])

    y = np.zeros((len(x), len(call.windows)))
    with np.errstate(all="ignore"):
        for o, (cells, _) in enumerate(call.windows):
            if cells.size:
                y[:, o] = weighed(weights(cells), x[:, cells])[:, 0]

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
        grad_given = arguments.array("grad_y", grad_y)
        grad = call.to_planes(arguments.gradient("grad_y", grad_given, call.y_shape))
        if out is not None:
            arguments.output(out, call.x.shape, call.dtype, apart_from=[grad_given])
        grad_x, grad_z = np.zeros(x.shape), np.zeros(x.shape)
        with np.errstate(all="ignore"):
            for o, (cells, _) in enumerate(call.windows):
                if cells.size:
                    w = weights(cells)
                    share = grad[:, o, None] * w
                    grad_x[:, cells] += share
                    grad_z[:, cells] += share * apart(w, x[:, cells])
        grad_logits = call.exactly_as_x(grad_z)
        if given.shape != call.x.shape:
            grad_logits = grad_logits.sum(axis=axis, keepdims=True)
        return fill(out, call.as_x(grad_x)), rounded(grad_logits, arguments.gradient_dtype(given.dtype))

    return call.result(y, out), pullback
