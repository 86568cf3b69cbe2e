"""Detail-preserving pooling: cells weighted by how far they are from the window's mean, or from a filtered value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._arguments.parameters import Parameter, channel_parameter, shaped_parameter
from cpool._geometry import Axis, axes_of
from cpool._ops._call import Plan, converted, plan_of
from cpool._ops._stages import finished
from cpool._ops.beside import Family, WindowArguments, channels_of, planned_beside

ASYMMETRIC = 1
NORMALIZE = {"mean": 2, "sum": 4, "none": 0}
"""The kernel's flags."""


class Weighting(NamedTuple):
    """How distances become weights, as it was given."""

    log_lambda: ArrayLike
    log_alpha: ArrayLike
    symmetric: bool
    normalize: str
    eps2: float

    def checked(self) -> tuple[float, int]:
        """The option and the flags of the kernel."""
        flags = ASYMMETRIC * (not _arguments.flag("symmetric", self.symmetric))
        flags += NORMALIZE[_arguments.choice("normalize", self.normalize, tuple(NORMALIZE))]
        return _arguments.positive("eps2", self.eps2), flags

    def parameters(self, channels: int) -> list[Parameter]:
        """What is learned."""
        return [channel_parameter(name, getattr(self, name), channels) for name in ("log_lambda", "log_alpha")]


def detail(
    rank: int, x: ArrayLike, window: WindowArguments, weighting: Weighting, filter: ArrayLike | None, bias: ArrayLike | None
) -> Family | Filtered:  # fmt: skip
    """Detail-preserving pooling, lite or with a filter."""
    option, flags = weighting.checked()
    array, plan = planned_beside(rank, x, window)
    parameters = weighting.parameters(channels_of(array, plan))
    if filter is not None:
        return Filtered(x, array, plan, parameters, filter, bias, option, flags)
    if bias is not None:
        raise ValueError("bias: only with a filter is there something to add it to")
    return Family("detail", x, array, plan, parameters, option=option, flags=flags)


def filter_axes(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The windows of the filter, as many as those of the pooling: of 3 cells, by the same steps from a padding of 1 on."""
    steps = tuple(axis.stride for axis in axes)
    found = axes_of(tuple(axis.size for axis in axes), _arguments.window(len(axes), 3, steps, 1, 1), False)
    for i, (one, axis) in enumerate(zip(found, axes, strict=True)):
        if one.out < axis.out:
            raise ValueError(
                f"filter: 3 cells with the stride of the windows, {axis.stride}, and a padding of 1 give {one.out} values along "
                f"spatial axis {i} of {axis.size} cells, where the pooling has {axis.out} windows; with less padding it has fewer"
            )
    return tuple(one._replace(out=axis.out) for one, axis in zip(found, axes, strict=True))


class Filtered:
    """One call of the full variant: a filter gives what cells are compared with, and the kernel of the lite one does the rest."""

    def __init__(
        self,
        given: ArrayLike,
        x: Array,
        plan: Plan,
        parameters: list[Parameter],
        filter: ArrayLike,
        bias: ArrayLike | None,
        option: float,
        flags: int,
    ) -> None:
        rank, channels = plan.layout.rank, channels_of(x, plan)
        weights = shaped_parameter("filter", filter, (3,) * rank, channels)
        self.bias = None if bias is None else shaped_parameter("bias", bias, (), channels)
        around = plan_of("beside", False, x, rank, plan.layout.last, filter_axes(plan.axes), False)
        self.given, self.given_x, self.plan = given, x, plan
        self.dtype = _arguments.gradient_dtype(x.dtype)
        # From here on halves are float32: what is between filter and pooling, and the two parts of a gradient, is not rounded.
        wide = converted(x, _dispatch.at_least_float32(self.dtype))
        self.dot = Family("dot", given, wide, around, [weights])
        middle = self.dot.pool()
        if self.bias is not None:
            shape = [1] * middle.ndim
            shape[plan.layout.channel_axis(middle.ndim)] = channels
            middle += self.bias.table.astype(middle.dtype).reshape(shape)
        self.detail = Family(
            "detail", given, wide, plan, parameters, side=middle, side_gradient=True, option=option, flags=flags
        )  # fmt: skip

    def pool(self, out: Array | None = None) -> Array:
        """The result."""
        if self.detail.dtype == self.dtype:
            return self.detail.pool(out)
        if out is not None:
            out = _arguments.output(out, self.plan.y_shape, self.dtype, apart_from=(self.given, self.given_x))
        return finished(self.detail.pool(), self.dtype, out)

    def vjp(self, out: Array | None = None) -> tuple[Array, Callable[..., Any]]:
        """The result, and the pullback."""
        y = self.pool(out)
        self.detail.keep()
        self.dot.x = self.detail.x
        return y, self._gradients

    def _gradients(self, grad_y: ArrayLike, *, out: Array | None = None) -> tuple[Array, ...]:
        given = _arguments.gradient("grad_y", grad_y, self.plan.y_shape)
        if out is not None:
            out = _arguments.output(out, self.plan.x_shape, self.dtype, apart_from=(grad_y, given))
        grad_x, grad_middle, *found = self.detail.gradients(given, None)
        through, of_filter = self.dot.gradients(grad_middle, None)
        grad_x += through
        found.append(of_filter)
        if self.bias is not None:
            axis = self.plan.layout.channel_axis(grad_middle.ndim)
            sums = grad_middle.sum(axis=tuple(i for i in range(grad_middle.ndim) if i != axis), dtype=np.float64)
            found.append(self.bias.gradient(sums[:, None]))
        return finished(grad_x, self.dtype, out), *found
