"""Weights by exponentials of the cells: SoftPool, log-sum-exp, local importance."""

from __future__ import annotations

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._arguments.parameters import Parameter, channel_parameter, numbers_of
from cpool._ops._call import Plan, rounded
from cpool._ops.beside import Family, WindowArguments, channels_of, planned_beside

CONSTANT_WEIGHTS = 1


def factor(name: str, value: ArrayLike, x: Array, plan: Plan) -> Parameter:
    """What cells are multiplied by; an infinite one counts as the largest number: the result is the maximum, or the minimum."""
    wide = _dispatch.at_least_float32(_arguments.gradient_dtype(x.dtype))
    return channel_parameter(name, value, channels_of(x, plan)).limited(float(np.finfo(wide).max))


def soft(rank: int, x: ArrayLike, window: WindowArguments, beta: ArrayLike, detach_weights: bool) -> Family:
    """SoftPool."""
    detach_weights = _arguments.flag("detach_weights", detach_weights)
    array, plan = planned_beside(rank, x, window)
    return Family("softmax", x, array, plan, [factor("beta", beta, array, plan)], flags=CONSTANT_WEIGHTS * detach_weights)


def log_sum_exp(rank: int, x: ArrayLike, window: WindowArguments, r: ArrayLike) -> Family:
    """The logarithm of the mean of exponentials."""
    array, plan = planned_beside(rank, x, window)
    return Family("log_sum_exp", x, array, plan, [factor("r", r, array, plan)])


class Important(Family):
    """Local importance: a softmax of logits, which may be the same for all channels."""

    def __init__(self, given: ArrayLike, x: Array, plan: Plan, logits: Array) -> None:
        super().__init__("softmax", given, x, plan, more=np.broadcast_to(logits, x.shape))
        self.logits_shape = logits.shape
        self.logits_dtype = _arguments.gradient_dtype(logits.dtype)

    def gradients(self, grad_y: ArrayLike, out: Array | None) -> tuple[Array, ...]:
        """The gradients of x and of the logits."""
        grad_x, grad_logits = super().gradients(grad_y, out)
        if grad_logits.shape != self.logits_shape:
            axis = self.plan.layout.channel_axis(grad_logits.ndim)
            grad_logits = grad_logits.sum(axis, dtype=np.float64, keepdims=True)
        return grad_x, rounded(grad_logits, self.logits_dtype)


def importance(rank: int, x: ArrayLike, logits: ArrayLike, window: WindowArguments) -> Important:
    """Local importance pooling."""
    array, plan = planned_beside(rank, x, window)
    return Important(x, array, plan, logits_of(logits, array.shape, plan.layout.channel_axis(array.ndim)))


def logits_of(value: ArrayLike, shape: tuple[int, ...], channel_axis: int) -> Array:
    """Logits of the shape of x, or with one channel."""
    found = numbers_of("logits", value)
    single = tuple(1 if axis == channel_axis else length for axis, length in enumerate(shape))
    if found.shape not in (shape, single):
        raise ValueError(f"logits: shape {found.shape} must be that of x, {shape}, or with one channel {single}")
    return found
