"""Cells drawn by chance, by their values or their ranks, and what is expected of them: stochastic, dropout and rank pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._arguments.parameters import Parameter
from cpool._ops._call import Plan, pullback_through
from cpool._ops.beside import Family, WindowArguments, most_inside, planned_beside
from cpool._threads import threads_for

CUT_SHARE_ALL = 1
"""Where a border cuts a window, the ranks that it has share all of the weight."""
MODES = ("average", "weighted", "stochastic")


class Picked(Family):
    """A family that picks a cell of each window, to which the gradient goes."""

    def vjp(self, out: Array | None = None) -> tuple[Array, Callable[..., Any]]:
        """The result, and the pullback, which keeps the code of each cell and not x."""
        plan, codes = self.plan, self.codes()
        y = self.pool(out, codes)

        def run(element: int, grad: Array, grad_x: Array) -> None:
            _dispatch.kernels.winner_gradient(element, grad, codes, grad_x, plan.geometry, threads_for(plan.work))

        return y, pullback_through(plan, plan.gradient, run)


def uniforms(rng: np.random.Generator, plan: Plan) -> Array:
    """A number of [0, 1) for each window, of 24 bits: the same whatever the layout, the format and the dtype of x."""
    rank = plan.layout.rank
    if not plan.layout.last:
        return rng.random(plan.y_shape, np.float32)
    *batch, channels = plan.y_shape
    lead, spatial = batch[: len(batch) - rank], batch[len(batch) - rank :]
    return np.moveaxis(rng.random((*lead, channels, *spatial), np.float32), -rank - 1, -1)


def check_rng(rng: Any) -> None:
    """Refuse what gives no random numbers, where none are needed."""
    if rng is not None:
        _arguments.generator(rng)


def ranks(numbers: Array) -> Parameter:
    """A number for each rank, the same in all channels."""
    return Parameter("ranks", numbers, numbers.reshape(1, -1), False)


def stochastic(rank: int, x: ArrayLike, window: WindowArguments, training: bool, rng: Any) -> Family:
    """Stochastic pooling."""
    training = _arguments.flag("training", training)
    check_rng(rng)
    array, plan = planned_beside(rank, x, window)
    if not training:
        return Family("value_mean", x, array, plan)
    return Picked("value_pick", x, array, plan, side=uniforms(_arguments.generator(rng), plan))


def dropout_rate(rate: Any) -> float:
    """The chance of a cell to be dropped."""
    number = _arguments.real("rate", rate)
    if not 0 <= number < 1:
        raise ValueError(f"rate={_arguments.shown(rate)}: must be at least 0 and below 1")
    return number


def dropout(rank: int, x: ArrayLike, window: WindowArguments, rate: float, training: bool, rng: Any) -> Family:
    """Max-pooling dropout: of the cells by rank, the first that is not dropped."""
    rate = dropout_rate(rate)
    training = _arguments.flag("training", training)
    check_rng(rng)
    array, plan = planned_beside(rank, x, window)
    before = rate ** np.arange(most_inside(plan))
    if not training:
        return Family("ranked", x, array, plan, [ranks((1 - rate) * before)], learned=False)
    chances = ranks(1 - rate * before)
    return Picked("rank_pick", x, array, plan, [chances], side=uniforms(_arguments.generator(rng), plan))


def rank_settings(mode: Any, top: Any, decay: Any) -> tuple[str, int | None, float]:
    """The arguments of rank pooling, checked."""
    mode = _arguments.choice("mode", mode, MODES)
    top = None if top is None else _arguments.integer("top", top, 1)
    number = _arguments.real("decay", decay)
    if not 0 < number <= 1:
        raise ValueError(f"decay={_arguments.shown(decay)}: must be above 0 and at most 1")
    return mode, top, number


def rank_weights(plan: Plan, mode: str, top: int | None, decay: float) -> Array:
    """The weights of the ranks that there can be, which add up to 1."""
    cells = most_inside(plan)
    if mode == "average":
        top = min(cells, -(-plan.cells // 2) if top is None else top)
        return np.where(np.arange(cells) < top, 1 / top, 0.0)
    weights = (1 - decay) ** np.arange(cells)
    weights[cells if top is None else top :] = 0
    found: Array = weights / weights.sum()
    return found


def by_rank(
    rank: int, x: ArrayLike, window: WindowArguments, mode: str, top: int | None, decay: float, training: bool, rng: Any
) -> Family:
    """Rank pooling."""
    mode, top, decay = rank_settings(mode, top, decay)
    training = _arguments.flag("training", training)
    check_rng(rng)
    array, plan = planned_beside(rank, x, window)
    weights = rank_weights(plan, mode, top, decay)
    if mode != "stochastic" or not training:
        return Family("ranked", x, array, plan, [ranks(weights)], flags=CUT_SHARE_ALL, learned=False)
    sums = np.cumsum(weights)
    chances = ranks(sums / sums[-1])
    side = uniforms(_arguments.generator(rng), plan)
    return Picked("rank_pick", x, array, plan, [chances], side=side, flags=CUT_SHARE_ALL)
