"""Weights by position, of which the largest product counts, and weights by rank."""

from __future__ import annotations

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import cell_parameter, kernel_of
from cpool.reference._learned import Call, Pullback, pooled


def weighted_max_pool(
    rank: int, /, x: ArrayLike, weight: ArrayLike, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The largest of the weighted cells of every window: y = max over t of weight[t] x[t].

    Gradients, with t the first of the largest: grad_x[t] += g weight[t], grad_weight[t] += g x[t].

    Examples
    --------
    >>> from cpool import reference
    >>> reference.weighted_max_pool1d([[1.0, 1.0, 1.0, 3.0]], [2.0, 1.0]).tolist()
    [[2.0, 3.0]]
    """
    call = Call(rank, x, kernel := kernel_of("weight", weight, rank), stride, padding, dilation, ceil_mode, data_format)
    parameter = cell_parameter("weight", weight, kernel, call.channels)

    def value(x: Array, taps: Array, p: list[Array]) -> Array:
        found: Array = (p[0][:, taps] * x).max(axis=1)
        return found

    def slopes(x: Array, taps: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        rows, best = np.arange(len(x)), (p[0][:, taps] * x).argmax(axis=1)
        of_x, of_weight = np.zeros(x.shape), np.zeros(p[0].shape)
        of_x[rows, best] = g * p[0][rows, taps[best]]
        of_weight[rows, taps[best]] = g * x[rows, best]
        return of_x, [of_weight]

    return pooled(call, [parameter], value, slopes, out)


def ordinal_pool(
    rank: int, /, x: ArrayLike, weight: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of every window weighted by their ranks: y = sum over r of weight[r] x(r), x(0) being the largest.

    Of equal cells the first has the lower rank, and a NaN counts as larger than any number. A cell of weight 0 counts for
    nothing, even if it is infinite. Where a border leaves n cells of a window, the weights of ranks below n are scaled to the sum
    of all, unless they add up to 0: y = (sum of all / sum of these) (sum over r < n of weight[r] x(r)).
    Gradients of a whole window: grad_x(r) += g weight[r], grad_weight[r] += g x(r).

    Examples
    --------
    >>> from cpool import reference
    >>> reference.ordinal_pool1d([[0.0, 2.0, 1.0, 3.0]], [0.75, 0.25], 2).tolist()
    [[1.5, 2.5]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    cells = int(np.prod(arguments.integers("kernel_size", kernel_size, rank, 1)))
    parameter = cell_parameter("weight", weight, (cells,), call.channels)

    def ordered(x: Array) -> Array:
        return np.lexsort((np.where(np.isnan(x), 0, -x), ~np.isnan(x)))

    def terms(x: Array, p: list[Array]) -> tuple[Array, Array]:
        """The terms of the sum, and the cells, by rank."""
        w, cells = p[0][:, : x.shape[1]], np.take_along_axis(x, ordered(x), 1)
        return np.where((w != 0) | np.isnan(cells), w * cells, 0), cells

    def scale(x: Array, p: list[Array]) -> tuple[Array, Array]:
        all_, some = p[0].sum(axis=1), p[0][:, : x.shape[1]].sum(axis=1)
        whole = x.shape[1] == cells
        return np.where(whole | (some == 0), 1, all_ / some), np.where(whole | (some == 0), np.inf, some)

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        found: Array = terms(x, p)[0].sum(axis=1) * scale(x, p)[0]
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        n = x.shape[1]
        products, cells_by_rank = terms(x, p)
        factor, some = scale(x, p)
        of_x, of_weight = np.zeros(x.shape), np.zeros(p[0].shape)
        np.put_along_axis(of_x, ordered(x), (g * factor)[:, None] * p[0][:, :n], 1)
        of_weight[:, :n] = (g * factor)[:, None] * cells_by_rank
        # The factor is all / some: every weight adds to the first, those of ranks that there are also to the second.
        slope = np.where(np.isinf(some), 0, g * products.sum(axis=1) / some)[:, None]
        of_weight += slope
        of_weight[:, :n] -= slope * factor[:, None]
        return of_x, [of_weight]

    return pooled(call, [parameter], value, slopes, out)
