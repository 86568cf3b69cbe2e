"""Weights by position, of which the largest product counts, and weights by rank."""

from __future__ import annotations

from cpool import _arguments
from cpool._arguments import ArrayLike, Ints, Padding
from cpool._arguments.parameters import cell_parameter, kernel_of
from cpool._ops.beside import Family, WindowArguments, channels_of, planned_beside

SCALE_CUT_WINDOWS = 1


def weighted_max(
    rank: int, x: ArrayLike, weight: ArrayLike, stride: Ints | None, padding: Padding, dilation: Ints, ceil_mode: bool,
    data_format: str,
) -> Family:  # fmt: skip
    """The largest of the weighted cells."""
    kernel = kernel_of("weight", weight, rank)
    array, plan = planned_beside(rank, x, (kernel, stride, padding, dilation, ceil_mode, data_format))
    return Family("weighted_max", x, array, plan, [cell_parameter("weight", weight, kernel, channels_of(array, plan))])


def ordinal(rank: int, x: ArrayLike, weight: ArrayLike, window: WindowArguments) -> Family:
    """The cells weighted by their ranks."""
    array, plan = planned_beside(rank, x, window)
    parameter = cell_parameter("weight", weight, (_arguments.cells(plan.cells),), channels_of(array, plan))
    return Family("ranked", x, array, plan, [parameter], flags=SCALE_CUT_WINDOWS)
