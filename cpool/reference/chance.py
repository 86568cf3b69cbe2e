"""Cells drawn by chance, by their values or their ranks, and what is expected of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference._learned import Call, Pullback, pooled
from cpool.reference._pullback import fill

Choose = Callable[[Array, Array], Array]
"""From the cells of a window, (planes, cells), and a number of [0, 1) for each plane: which cell, or -1."""


def stochastic_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """A cell of every window, drawn with the chance c[t] / sum c of c = max(x, 0); in evaluation y = sum c^2 / sum c.

    With a uniform number u it is the first cell with c[0] + ... + c[t] > u sum c. It takes the whole gradient: none goes
    through the chances. In evaluation the gradient of a positive cell is g (2 x[t] - y) / sum c. Where no cell is positive
    y = 0, without a gradient; where one is NaN, so is y.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.stochastic_pool1d([[0.0, 5.0, 1.0, 3.0]], 2, training=False).tolist()
    [[5.0, 2.5]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    if arguments.flag("training", training):
        return picked(call, by_value, rng, out)
    check_rng(rng)

    def mean_share(share: Array, total: Array) -> Array:
        found: Array = (share**2).sum(axis=1) / np.where(total == 0, 1, total)
        return found

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        unit, share = shares(x)
        total = share.sum(axis=1)
        found: Array = np.where(total == 0, 0, unit * mean_share(share, total))
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        _, share = shares(x)
        total = share.sum(axis=1)
        slope = g[:, None] * (2 * share - mean_share(share, total)[:, None]) / np.where(total == 0, 1, total)[:, None]
        return np.where(x > 0, slope, np.where(np.isnan(x), x, 0)), []

    return pooled(call, [], value, slopes, out)


def max_pool_dropout(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    rate: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The largest cell of every window that is not dropped, each being dropped with the chance `rate`; 0 where all are.

    That is the cell of rank r = 1, 2, ... with the chance (1 - rate) rate^(r - 1), which takes the gradient. In evaluation y is
    what is expected, the sum of the cells times these chances: of n cells they add up to 1 - rate^n.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.max_pool_dropout1d([[4.0, 8.0, 1.0, 0.0]], 2, training=False).tolist()
    [[5.0, 0.5]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    rate = arguments.real("rate", rate)
    if not 0 <= rate < 1:
        raise ValueError(f"rate={rate}: must be at least 0 and below 1")

    def weights(cells: int) -> Array:
        return np.array([(1 - rate) * rate**r for r in range(cells)])

    def choose(x: Array, u: Array) -> Array:
        return by_rank(x, u, np.array([1 - rate ** (r + 1) for r in range(x.shape[1])]))

    if arguments.flag("training", training):
        return picked(call, choose, rng, out)
    check_rng(rng)
    return weighed(call, weights, out)


def rank_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    mode: str = "average", top: int | None = None, decay: float = 0.5, training: bool = True,
    rng: np.random.Generator | int | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of every window weighted by their rank, the largest first, of equal cells the earlier.

    "average" is the mean of the `top` largest cells (None: of half of them, rounded up). "weighted" has the weights
    decay (1 - decay)^(r - 1) of rank r, of the `top` largest or of all, over their sum. "stochastic" draws a cell with these
    weights as chances, which takes the gradient; in evaluation it is "weighted". Where a border cuts a window its n cells share
    all of the weight: the mean is over min(top, n), and the weights are over the sum of theirs.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.rank_pool1d([[4.0, 8.0, 1.0]], 3, mode="weighted").round(3).tolist()
    [[5.857]]
    >>> reference.rank_pool1d([[4.0, 8.0, 1.0]], 3, top=2).tolist()
    [[6.0]]
    """
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    mode = arguments.choice("mode", mode, ("average", "weighted", "stochastic"))
    top = None if top is None else arguments.integer("top", top, 1)
    decay = arguments.real("decay", decay)
    if not 0 < decay <= 1:
        raise ValueError(f"decay={decay}: must be above 0 and at most 1")
    whole = int(np.prod(arguments.window(rank, kernel_size, stride, padding, dilation).kernel))
    most = top or ((whole + 1) // 2 if mode == "average" else whole)

    def weights(cells: int) -> Array:
        raw = np.array([(1.0 if mode == "average" else (1 - decay) ** r) if r < most else 0.0 for r in range(cells)])
        found: Array = raw / raw.sum()
        return found

    if arguments.flag("training", training) and mode == "stochastic":
        return picked(call, lambda x, u: by_rank(x, u, np.append(np.cumsum(weights(x.shape[1]))[:-1], 1)), rng, out)
    check_rng(rng)
    return weighed(call, weights, out)


# ------------------------------------------------------------------------------------------------ drawing
def check_rng(rng: Any) -> None:
    """Refuse what gives no random numbers, where none are needed."""
    if rng is not None:
        arguments.generator(rng)


def shares(x: Array) -> tuple[Array, Array]:
    """The largest cell of each row, 1 if none is positive, and the cells over it: nothing overflows. What is negative is 0."""
    largest = np.where(np.isnan(x), 0, x).max(axis=1)
    unit = np.where(largest > 0, largest, 1)
    share = np.where(x == unit[:, None], 1, np.where(x < 0, 0, x / unit[:, None]))
    return unit, share


def by_value(x: Array, u: Array) -> Array:
    """The first cell up to which the cells add up to more than u of all; where rounding leaves none, the last with a chance."""
    _, share = shares(x)
    found = np.full(len(x), -1)
    for i, row in enumerate(share):
        chances = np.flatnonzero(np.isnan(row) if np.isnan(row).any() else row > 0)
        enough = np.flatnonzero(np.cumsum(row) > u[i] * row.sum())
        if chances.size:
            found[i] = chances[0] if np.isnan(row).any() else enough[0] if enough.size else chances[-1]
    return found


def in_order(x: Array) -> Array:
    """The cells of each row, the largest first; of equal cells the earlier, and NaN before any number."""
    order: Array = np.lexsort((-x, ~np.isnan(x)), axis=-1)
    return order


def by_rank(x: Array, u: Array, chances: Array) -> Array:
    """The cell of the first rank r with u < chances[r]; -1 where there is none."""
    rank = (u[:, None] >= chances).sum(axis=1)
    order: Array = np.hstack([in_order(x), np.full((len(x), 1), -1)])
    found: Array = np.take_along_axis(order, rank[:, None], 1)[:, 0]
    return found


def picked(call: Call, choose: Choose, rng: Any, out: Array | None) -> tuple[Array, Pullback]:
    """The chosen cell of every window, which takes the gradient; 0 where there is none.

    The numbers are drawn as float32 in the order ``(N, C, *spatial)``, whatever x is.
    """
    if out is not None:
        arguments.output(out, call.y_shape, call.dtype, apart_from=[call.x])
    rows = np.arange(len(call.planes))
    u = arguments.generator(rng).random((len(rows), len(call.windows)), np.float32).astype(np.float64)
    y = np.zeros(u.shape)
    chosen: Array = np.full(u.shape, -1)
    with np.errstate(all="ignore"):
        for o, (cells, _) in enumerate(call.windows):
            if cells.size:
                cell = choose(call.planes[:, cells], u[:, o])
                chosen[:, o] = np.where(cell < 0, -1, cells[cell])
                y[:, o] = np.where(cell < 0, 0, call.planes[rows, chosen[:, o]])

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        given = arguments.array("grad_y", grad_y)
        grad = call.to_planes(arguments.gradient("grad_y", given, call.y_shape))
        if out is not None:
            arguments.output(out, call.x.shape, call.dtype, apart_from=[given])
        grad_x = np.zeros(call.planes.shape)
        for o in range(chosen.shape[1]):
            some = chosen[:, o] >= 0
            grad_x[rows[some], chosen[some, o]] += grad[some, o]
        return fill(out, call.as_x(grad_x))

    return call.result(y, out), pullback


def weighed(call: Call, weights: Callable[[int], Array], out: Array | None) -> tuple[Array, Pullback]:
    """The cells of every window, in order, times the weights of so many cells. What counts for nothing may be infinite."""

    def value(x: Array, _: Array, p: list[Array]) -> Array:
        w = weights(x.shape[1])
        found: Array = np.where(w == 0, 0, w * np.take_along_axis(x, in_order(x), 1)).sum(axis=1)
        return found

    def slopes(x: Array, _: Array, p: list[Array], y: Array, g: Array) -> tuple[Array, list[Array]]:
        slope = np.zeros(x.shape)
        np.put_along_axis(slope, in_order(x), g[:, None] * weights(x.shape[1]), 1)
        return slope, []

    return pooled(call, [], value, slopes, out)
