"""The maximum and the mean, mixed by a number or by a gate; two weighted sums mixed by a gate."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import cell_parameter, channel_parameter, kernel_of, kernel_of_leaves, probabilities
from cpool.reference._learned import Call, Pullback, pooled

MODES = ("learned", "stochastic")


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), whose exponential never overflows."""
    small = np.exp(-np.abs(z))
    found: Array = np.where(z < 0, small, 1.0) / (1 + small)
    return found


def mixture(x: Array, a: Array) -> Array:
    """a max + (1 - a) mean of each row; what counts for nothing may be infinite."""
    most, mean = x.max(axis=1), x.mean(axis=1)
    found: Array = np.where(a == 1, most, np.where(a == 0, mean, a * most + (1 - a) * mean))
    return found


def mixture_slopes(x: Array, a: Array, g: Array) -> Array:
    """Of a row: (1 - a) / n for each cell, and a more for the first that is the largest, or the first NaN."""
    found = np.repeat((g * (1 - a) / x.shape[1])[:, None], x.shape[1], axis=1)
    found[np.arange(len(x)), x.argmax(axis=1)] += g * a
    return found


def mixed_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, alpha: ArrayLike, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, mode: Literal["learned", "stochastic"] = "learned", training: bool = True,
    rng: np.random.Generator | int | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The maximum and the mean of every window, mixed: y = a max + (1 - a) mean, a = alpha.

    Gradients: grad_x[t] += g ((1 - a) / n + a [t is the maximum]), grad_alpha += g (max - mean). In training "stochastic" draws
    a of each plane, 1 with probability alpha or else 0, and the gradient of alpha, which the result then does not depend on
    smoothly, is 0.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.mixed_pool1d([[0.0, 2.0, 1.0, 3.0]], 2, 0.5).tolist()
    [[1.5, 2.5]]
    """
    drawn = arguments.choice("mode", mode, MODES) == "stochastic"
    training = arguments.flag("training", training)
    generator = arguments.generator(rng)
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    parameter = channel_parameter("alpha", alpha, call.channels)
    if drawn:
        probabilities(parameter)
    if not (drawn and training):
        chosen = None
    else:
        chance = call.numbers(parameter)
        chosen = (generator.random(len(chance)) < chance[:, 0]).astype(np.float64)

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        return mixture(x, p[0][:, 0] if chosen is None else chosen)

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        if chosen is not None:
            return mixture_slopes(x, chosen, g), [np.zeros((len(x), 1))]
        return mixture_slopes(x, p[0][:, 0], g), [(g * (x.max(axis=1) - x.mean(axis=1)))[:, None]]

    return pooled(call, [parameter], value, slopes, out)


def gated_pool(
    rank: int, /, x: ArrayLike, mask: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The maximum and the mean of every window, mixed by a gate: y = s max + (1 - s) mean, s = sigmoid(sum over t of mask[t] x[t]).

    Gradients: with r = s (1 - s) (max - mean), grad_x[t] += g ((1 - s) / n + s [t is the maximum] + r mask[t]),
    grad_mask[t] += g r x[t].

    Examples
    --------
    >>> from cpool import reference
    >>> reference.gated_pool1d([[0.0, 2.0, 1.0, 3.0]], [0.0, 0.0]).tolist()
    [[1.5, 2.5]]
    """
    call = Call(rank, x, kernel := kernel_of("mask", mask, rank), stride, padding, dilation, ceil_mode, data_format)
    parameter = cell_parameter("mask", mask, kernel, call.channels)

    def gate(x: Array, mask: Array) -> Array:
        return sigmoid((x * mask).sum(axis=1))

    def value(x: Array, taps: Array, p: list[Array]) -> Array:
        s = gate(x, p[0][:, taps])
        found: Array = s * x.max(axis=1) + (1 - s) * x.mean(axis=1)
        return found

    def slopes(x: Array, taps: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        s = gate(x, p[0][:, taps])
        slope = (g * s * (1 - s) * (x.max(axis=1) - x.mean(axis=1)))[:, None]
        of_mask = np.zeros(p[0].shape)
        of_mask[:, taps] = slope * x
        return mixture_slopes(x, s, g) + slope * p[0][:, taps], [of_mask]

    return pooled(call, [parameter], value, slopes, out)


def tree_pool(
    rank: int, /, x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """Two weighted sums of every window, mixed by a gate: y = s u + (1 - s) v.

    u and v are the sums over t of leaves[0][t] x[t] and of leaves[1][t] x[t], and s = sigmoid(sum over t of gate[t] x[t]).
    Gradients: with r = s (1 - s) (u - v), grad_x[t] += g (s leaves[0][t] + (1 - s) leaves[1][t] + r gate[t]),
    grad_leaves[0][t] += g s x[t], grad_leaves[1][t] += g (1 - s) x[t], grad_gate[t] += g r x[t].

    Examples
    --------
    >>> from cpool import reference
    >>> reference.tree_pool1d([[1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]).tolist()
    [[2.0]]
    """
    call = Call(rank, x, kernel := kernel_of_leaves(leaves, rank), stride, padding, dilation, ceil_mode, data_format)
    both = cell_parameter("leaves", leaves, (2, *kernel), call.channels)
    third = cell_parameter("gate", gate, kernel, call.channels)

    def parts(x: Array, taps: Array, p: list[Array]) -> tuple[Array, Array, Array, list[Array]]:
        first, second = (half[:, taps] for half in np.split(p[0], 2, axis=1))
        w = [first, second, p[1][:, taps]]
        u, v, z = ((x * each).sum(axis=1) for each in w)
        return u, v, sigmoid(z), w

    def value(x: Array, taps: Array, p: list[Array]) -> Array:
        u, v, s, _ = parts(x, taps, p)
        found: Array = s * u + (1 - s) * v
        return found

    def slopes(x: Array, taps: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        u, v, s, w = parts(x, taps, p)
        each = [(g * s)[:, None], (g * (1 - s))[:, None], (g * s * (1 - s) * (u - v))[:, None]]
        found = [np.zeros(p[1].shape) for _ in each]
        for one, slope in zip(found, each, strict=True):
            one[:, taps] = slope * x
        of_x = each[0] * w[0] + each[1] * w[1] + each[2] * w[2]
        return of_x, [np.concatenate(found[:2], axis=1), found[2]]

    return pooled(call, [both, third], value, slopes, out)
