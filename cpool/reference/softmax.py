"""Weights by exponentials of the cells."""

from __future__ import annotations

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import channel_parameter
from cpool.reference._learned import Call, Pullback, pooled


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
