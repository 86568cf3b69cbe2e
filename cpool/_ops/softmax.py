"""Weights by exponentials of the cells: SoftPool, log-sum-exp, local importance."""

from __future__ import annotations

from cpool import _arguments
from cpool._arguments import ArrayLike
from cpool._arguments.parameters import channel_parameter
from cpool._ops._call import planned
from cpool._ops.beside import Family, WindowArguments, channels_of

CONSTANT_WEIGHTS = 1


def soft(rank: int, x: ArrayLike, window: WindowArguments, beta: ArrayLike, detach_weights: bool) -> Family:
    """SoftPool."""
    detach_weights = _arguments.flag("detach_weights", detach_weights)
    array, plan = planned(rank, x, *window)
    parameter = channel_parameter("beta", beta, channels_of(array, plan))
    return Family("softmax", x, array, plan, [parameter], flags=CONSTANT_WEIGHTS * detach_weights)
