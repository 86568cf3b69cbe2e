"""What the families of windows side by side share: from a checked call to the kernel, and the pullback with its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, TypeAlias, cast

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._arguments.parameters import Parameter
from cpool._ops._call import Plan, compute_into, converted, planned
from cpool._ops.lp import owned
from cpool._ops.select import code_dtype
from cpool._threads import threads_for

CELL_WORK = 8
"""What a family does with a cell, in steps of work."""


WindowArguments: TypeAlias = tuple[Ints, Ints | None, Padding, Ints, bool, str]
"""kernel_size, stride, padding, dilation, ceil_mode and data_format, as `planned` takes them."""


def planned_beside(rank: int, x: ArrayLike, window: WindowArguments) -> tuple[Array, Plan]:
    """As `planned`, for windows side by side."""
    return planned("beside", False, rank, x, *window)


def channels_of(x: Array, plan: Plan) -> int:
    """The number of channels of x."""
    count: int = x.shape[plan.layout.channel_axis(x.ndim)]
    return count


def most_inside(plan: Plan) -> int:
    """As many cells of a window as can lie inside: the others of a window that is larger than the input never count."""
    return _arguments.cells(math.prod(min(axis.kernel, -(-axis.size // axis.dilation)) for axis in plan.axes))


class Family:
    """One call of a family: its inputs as the kernels take them.

    `more` is another input of the shape of x, with a gradient; `side` one of the shape of y, with one where `side_gradient`. Of
    each parameter the table's columns follow those of the one before, in the order that the family names. Those that are not
    `learned` are numbers of the method, without a gradient.
    """

    def __init__(
        self,
        name: str,
        given: ArrayLike,
        x: Array,
        plan: Plan,
        parameters: Sequence[Parameter] = (),
        *,
        more: Array | None = None,
        side: Array | None = None,
        side_gradient: bool = False,
        option: float = 0.0,
        flags: int = 0,
        learned: bool = True,
    ) -> None:
        self.number = _dispatch.FAMILIES.index(name)
        self.given: ArrayLike | None = given
        self.plan, self.parameters = plan, tuple(parameters)
        self.option, self.flags, self.side_gradient, self.learned = option, flags, side_gradient, learned
        self.dtype = _arguments.gradient_dtype(x.dtype)
        self.wide = _dispatch.at_least_float32(self.dtype)
        self.x, self.given_x = self._input(x), cast("Array | None", x)
        self.more, self.given_more = None if more is None else self._input(more), more
        self.side = None if side is None else self._input(side)
        self.channels = channels_of(x, plan)
        self.tables, self.table = self._table()
        self.work = plan.work * plan.cells * CELL_WORK

    def _input(self, a: Array) -> Array:
        return self.plan.layout.contiguous(converted(a, self.wide))

    def _table(self) -> tuple[int, Array | None]:
        """All parameters as (tables, numbers, inner): a table a channel, or one whose rows have a number a channel."""
        if not self.parameters:
            return 1, None
        columns = [np.broadcast_to(p.table, (self.channels, p.table.shape[1])) for p in self.parameters]
        table = _rounded(np.concatenate(columns, axis=1), self.wide)
        if self.plan.layout.inner_channels:
            return 1, np.ascontiguousarray(table.T)
        return max(1, self.channels), table

    def pool(self, out: Array | None = None, codes: Array | None = None) -> Array:
        """The result; `codes` take the cells that were picked."""
        plan = self.plan
        if out is not None:
            given = [a for a in (self.given, self.given_x, self.given_more) if a is not None]
            out = _arguments.output(out, plan.y_shape, self.dtype, apart_from=given)

        def run(y: Array) -> None:
            _dispatch.kernels.beside(
                self.number, int(self.wide is _dispatch.FLOAT64), self.x, self.more, self.side, self.table, self.tables, y, codes,
                plan.geometry, self.option, self.flags, threads_for(self.work),
            )  # fmt: skip

        return compute_into(plan.layout, plan.y_shape, self.dtype, self.wide, out, run)

    def codes(self) -> Array:
        """Room for the cells that a family picks, for the gradient of max."""
        return self.plan.layout.empty(self.plan.y_shape, code_dtype(self.plan.cells))[1]

    def vjp(self, out: Array | None = None) -> tuple[Array, Callable[..., Any]]:
        """The result, and a pullback that returns the gradient of x alone, or a tuple where there are more."""
        y = self.pool(out)
        self.keep()

        def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
            found = self.gradients(grad_y, out)
            return found if len(found) > 1 else found[0]

        return y, pullback

    def keep(self) -> None:
        """Copy what belongs to the caller, who may change it before the pullback is called."""
        if self.given_x is not None and np.may_share_memory(self.x, self.given_x):
            self.x = owned(self.x)
        if self.more is not None and self.given_more is not None and np.may_share_memory(self.more, self.given_more):
            self.more = owned(self.more)
        self.given = self.given_x = self.given_more = None

    def gradients(self, grad_y: ArrayLike, out: Array | None) -> tuple[Array, ...]:
        """The gradient of x, then those of `more`, of `side`, and of the parameters."""
        plan, layout = self.plan, self.plan.layout
        given = _arguments.gradient("grad_y", grad_y, plan.y_shape)
        if out is not None:
            out = _arguments.output(out, plan.x_shape, self.dtype, apart_from=(grad_y, given))
        grad = self._input(given)
        more = None if self.more is None else layout.empty(plan.x_shape, self.wide)
        side = layout.empty(plan.y_shape, self.wide) if self.side_gradient else None
        planes, *_, inner = layout.five_of(plan.x_shape)
        numbers = sum(parameter.table.shape[1] for parameter in self.parameters) if self.learned else 0
        sums = np.zeros((planes, numbers, inner))

        def run(grad_x: Array) -> None:
            self._pull_back(grad, grad_x, more and more[1], side and side[1], sums if numbers else None)

        grad_x = compute_into(layout, plan.x_shape, self.dtype, self.wide, out, run)
        if self.wide is not _dispatch.FLOAT64 and not np.isfinite(sums).all():
            self._in_float64()._pull_back_sums(grad, sums)
        extra = [pair[0] for pair in (more, side) if pair is not None]
        return (grad_x, *extra, *(self._parameter_gradients(sums) if self.learned else ()))

    def _pull_back(
        self, grad: Array, grad_x: Array, grad_more: Array | None, grad_side: Array | None, sums: Array | None
    ) -> None:  # fmt: skip
        _dispatch.kernels.beside_gradient(
            self.number, int(self.wide is _dispatch.FLOAT64), grad, self.x, self.more, self.side, self.table, self.tables, grad_x,
            grad_more, grad_side, sums, self.plan.geometry, self.option, self.flags, threads_for(self.work),
        )  # fmt: skip

    def _in_float64(self) -> Family:
        """The same call in float64: gradients of parameters may be squares of cells, and too large for what these are in."""
        wide = copy(self)
        wide.wide = _dispatch.FLOAT64
        wide.x, wide.more, wide.side = (a if a is None else a.astype(wide.wide) for a in (self.x, self.more, self.side))  # type: ignore[assignment]
        wide.tables, wide.table = wide._table()
        return wide

    def _pull_back_sums(self, grad: Array, sums: Array) -> None:
        """The gradients of the parameters alone, into `sums`."""
        grad = grad.astype(self.wide)
        more = None if self.more is None else np.empty_like(self.more)
        self._pull_back(grad, np.empty_like(self.x), more, np.empty_like(grad) if self.side_gradient else None, sums)

    def _parameter_gradients(self, sums: Array) -> list[Array]:
        by_channel = self._by_channel(sums)
        starts = np.cumsum([0, *(parameter.table.shape[1] for parameter in self.parameters)])
        return [p.gradient(by_channel[:, i : i + p.table.shape[1]]) for p, i in zip(self.parameters, starts, strict=False)]

    def _by_channel(self, sums: Array) -> Array:
        """(planes, numbers, inner) to (C, numbers): the planes of a channel are added up in their order."""
        planes, numbers, _ = sums.shape
        if self.plan.layout.inner_channels:
            return np.ascontiguousarray(sums.sum(0).T)
        found: Array = sums.reshape(planes // max(1, self.channels), self.channels, numbers).sum(0)
        return found


def _rounded(a: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(a.astype(dtype))
