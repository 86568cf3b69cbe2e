"""The maximum and the mean, mixed by a number or by a gate; two weighted sums mixed by a gate."""

from __future__ import annotations

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._arguments.parameters import (
    Parameter,
    cell_parameter,
    channel_parameter,
    kernel_of,
    kernel_of_leaves,
    probabilities,
)
from cpool._ops._call import Plan
from cpool._ops.beside import Family, WindowArguments, channels_of, planned_beside

MODES = ("learned", "stochastic")


class Drawn(Family):
    """Mixed pooling that is the maximum or the mean in each plane, by chance.

    The numbers of the table are those drawn. As long as no draw turns out otherwise the result does not depend on the chances:
    their gradient is 0.
    """

    def __init__(self, given: ArrayLike, x: Array, plan: Plan, chance: Parameter, rng: np.random.Generator) -> None:
        channels = channels_of(x, plan)
        planes = (x.shape[0] if x.ndim > plan.layout.rank + 1 else 1, channels)
        # Images and channels in this order, whatever the layout: the same seed draws the same for each plane.
        self._drawn = rng.random(planes) < np.broadcast_to(chance.table[:, 0], (channels,))
        super().__init__("mixed", given, x, plan, [chance])

    def _table(self) -> tuple[int, Array | None]:
        numbers = self._drawn.astype(self.wide)
        return max(1, len(numbers) if self.plan.layout.inner_channels else numbers.size), numbers

    def _parameter_gradients(self, sums: Array) -> list[Array]:
        return super()._parameter_gradients(np.zeros_like(sums))


def mixed(
    rank: int, x: ArrayLike, window: WindowArguments, alpha: ArrayLike, mode: str, training: bool,
    rng: np.random.Generator | int | None,
) -> Family:  # fmt: skip
    """The maximum and the mean, mixed by a number that is learned, or one of the two, by chance."""
    drawn = _arguments.choice("mode", mode, MODES) == "stochastic"
    training = _arguments.flag("training", training)
    array, plan = planned_beside(rank, x, window)
    parameter = channel_parameter("alpha", alpha, channels_of(array, plan))
    if drawn:
        probabilities(parameter)
    if drawn and training:
        return Drawn(x, array, plan, parameter, _arguments.generator(rng))
    if rng is not None:
        _arguments.generator(rng)
    return Family("mixed", x, array, plan, [parameter])


def gated(
    rank: int, x: ArrayLike, mask: ArrayLike, stride: Ints | None, padding: Padding, dilation: Ints, ceil_mode: bool,
    data_format: str,
) -> Family:  # fmt: skip
    """The maximum and the mean, mixed by a gate."""
    kernel = kernel_of("mask", mask, rank)
    array, plan = planned_beside(rank, x, (kernel, stride, padding, dilation, ceil_mode, data_format))
    return Family("gated", x, array, plan, [cell_parameter("mask", mask, kernel, channels_of(array, plan))])


def tree(
    rank: int, x: ArrayLike, leaves: ArrayLike, gate: ArrayLike, stride: Ints | None, padding: Padding, dilation: Ints,
    ceil_mode: bool, data_format: str,
) -> Family:  # fmt: skip
    """Two weighted sums, mixed by a gate."""
    kernel = kernel_of_leaves(leaves, rank)
    array, plan = planned_beside(rank, x, (kernel, stride, padding, dilation, ceil_mode, data_format))
    channels = channels_of(array, plan)
    parameters = [cell_parameter("leaves", leaves, (2, *kernel), channels), cell_parameter("gate", gate, kernel, channels)]
    return Family("tree", x, array, plan, parameters)
