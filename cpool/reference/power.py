"""The power mean of every window."""

from __future__ import annotations

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import channel_parameter
from cpool.reference._learned import Call, Pullback, pooled
from cpool.reference.softmax import log_mean_exp, slope_of_r

MOST = 1e30
"""What an infinite power counts as."""


def gem_pool(
    rank: int, /, x: ArrayLike, p: ArrayLike, kernel_size: Ints | None = None, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, eps: float = 1e-6, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The power mean of every window: y = ((sum over t of c[t]**p) / n)**(1 / p), c = max(x, eps), of n cells.

    Where p is 0 it is the geometric mean. Without a kernel_size there is one window, the whole input.

    Gradients: grad_x[t] += g (c[t] / y)**(p - 1) / n where x[t] >= eps; grad_p += g y d, d being the derivative of log y, that of
    the log-sum-exp of log c.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.gem_pool1d([[1.0, 7.0, 3.0, 3.0]], 2.0, 2).tolist()
    [[5.0, 3.0]]
    """
    eps = arguments.positive("eps", eps)
    if kernel_size is None:
        arguments.whole_input(rank, stride, padding, dilation)
        last = arguments.channels_last(data_format)
        x = arguments.spatial_array("x", x, rank, last)
        kernel_size = arguments.spatial_shape(x.shape, rank, last)
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    parameter = channel_parameter("p", p, call.channels)

    def logs(x: Array, p: Array) -> tuple[Array, Array]:
        # Relative to the largest cell, or to the least where p is negative.
        c = np.maximum(x, eps)
        one = np.where(p < 0, c.min(axis=1, keepdims=True), c.max(axis=1, keepdims=True))
        return one, np.where(c == one, 0, np.log(c / one))

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        power = np.clip(p[0], -MOST, MOST)
        one, log = logs(x, power)
        found: Array = np.where(np.isinf(one), one, one * np.exp(log_mean_exp(log, power)))[:, 0]
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        power = np.clip(p[0], -MOST, MOST)
        _, log = logs(x, power)
        root = log_mean_exp(log, power)
        exponent = np.where((power == 1) & ~np.isnan(root), 0, (power - 1) * (log - root))
        slope = np.where(np.isnan(x), x, np.where(x >= eps, np.exp(exponent) / x.shape[1], 0))
        return g[:, None] * slope, [(g * y)[:, None] * slope_of_r(log, power)]

    return pooled(call, [parameter], value, slopes, out)
