"""Weights by position, of which the largest product counts, and weights by rank."""

from __future__ import annotations

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._arguments.parameters import Parameter, cell_parameter, kernel_of
from cpool._ops._call import Plan
from cpool._ops.beside import Family, WindowArguments, channels_of, most_inside, planned_beside

SCALE_CUT_WINDOWS = 1


def weighted_max(
    rank: int, x: ArrayLike, weight: ArrayLike, stride: Ints | None, padding: Padding, dilation: Ints, ceil_mode: bool,
    data_format: str,
) -> Family:  # fmt: skip
    """The largest of the weighted cells."""
    kernel = kernel_of("weight", weight, rank)
    array, plan = planned_beside(rank, x, (kernel, stride, padding, dilation, ceil_mode, data_format))
    return Family("weighted_max", x, array, plan, [cell_parameter("weight", weight, kernel, channels_of(array, plan))])


class Ranked(Family):
    """Cells weighted by their ranks.

    In a window larger than the input there are ranks that no cell has: what counts of their weights is the sum, which takes the
    place of the first of them.
    """

    def __init__(self, given: ArrayLike, x: Array, plan: Plan, weight: Parameter) -> None:
        self.weight, self.ranks = weight, most_inside(plan)
        self.beyond = weight.table.shape[1] - self.ranks
        if self.beyond > 0:
            first, rest = np.split(weight.table, [self.ranks], axis=1)
            weight = weight._replace(table=np.hstack([first, rest.sum(axis=1, keepdims=True)]))
        super().__init__("ranked", given, x, plan, [weight], flags=SCALE_CUT_WINDOWS)

    def _parameter_gradients(self, sums: Array) -> list[Array]:
        if self.beyond <= 0:
            return super()._parameter_gradients(sums)
        first, rest = np.split(self._by_channel(sums), [self.ranks], axis=1)
        return [self.weight.gradient(np.hstack([first, np.repeat(rest, self.beyond, axis=1)]))]


def ordinal(rank: int, x: ArrayLike, weight: ArrayLike, window: WindowArguments) -> Family:
    """The cells weighted by their ranks."""
    array, plan = planned_beside(rank, x, window)
    parameter = cell_parameter("weight", weight, (_arguments.cells(plan.cells),), channels_of(array, plan))
    return Ranked(x, array, plan, parameter)
