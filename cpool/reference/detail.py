"""Cells weighted by how far they are from the window's mean, or from a filtered value."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._arguments.parameters import Parameter, channel_parameter, shaped_parameter
from cpool.reference._learned import Call, Pullback
from cpool.reference._pullback import fill

NORMALIZE = ("mean", "sum", "none")
LARGEST_LAMBDA = 40.0
"""A larger log_lambda counts as this one."""


def within(mean: Array, x: Array) -> Array:
    """A mean of each row, which rounding must not take beyond its cells: the distances of equal cells are 0."""
    return np.clip(mean, x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True))


class Parts(NamedTuple):
    """Of the cells of one window of each plane: (planes, cells), or (planes, 1)."""

    d: Array
    q: Array
    c: Array
    u: Array
    power: Array
    t: Array
    floor: Array
    w: Array
    y: Array


class Formula(NamedTuple):
    """The formula of one window and its slopes, relative to the largest weight: y = sum w x / sum w."""

    symmetric: bool
    normalize: str
    eps2: float

    def parts(self, x: Array, m: Array, log_lambda: Array, log_alpha: Array) -> Parts:
        """All that the formula has."""
        d = x - m if self.symmetric else np.maximum(x - m, 0)
        q = d * d + self.eps2
        c = {"mean": q.mean(axis=1, keepdims=True), "sum": q.sum(axis=1, keepdims=True), "none": np.ones(m.shape)}[self.normalize]
        power = np.exp(np.minimum(log_lambda, LARGEST_LAMBDA)) / 2
        u = q / c
        log_alpha = np.minimum(log_alpha, 1e30)
        z = power * np.log(u)
        top = np.maximum(z.max(axis=1, keepdims=True), log_alpha)
        t = np.exp(z - top)
        floor = np.exp(log_alpha - top)
        w = t + floor
        y = (w * x).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)
        return Parts(d, q, c, u, power, t, floor, w, within(y, x))

    def slopes(self, x: Array, p: Parts, g: Array) -> tuple[Array, Array, Array, Array]:
        """Of x where m stays, of m, of log_lambda, and of log_alpha."""
        e = g * (x - p.y) / p.w.sum(axis=1, keepdims=True)
        b = p.power * e * p.t
        total = {"mean": b.mean(axis=1, keepdims=True), "sum": b.sum(axis=1, keepdims=True), "none": 0.0}[self.normalize]
        h = 2 * p.d * (b / p.q - total / p.c)
        of_x = g * p.w / p.w.sum(axis=1, keepdims=True) + h
        of_lambda = (b * np.log(p.u)).sum(axis=1)
        return of_x, -h.sum(axis=1, keepdims=True), of_lambda, (e * p.floor).sum(axis=1)


def detail_preserving_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    log_lambda: ArrayLike = 0.0, log_alpha: ArrayLike = 0.0, symmetric: bool = True,
    normalize: Literal["mean", "sum", "none"] = "mean", eps2: float = 1e-3, filter: ArrayLike | None = None,
    bias: ArrayLike | None = None, ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of every window weighted by how far they are from its mean m: y = sum over t of w[t] x[t] / sum over t of w[t].

    w[t] = u[t]**(lambda / 2) + alpha, lambda = exp(log_lambda), alpha = exp(log_alpha), u[t] = q[t] / c, q[t] = d[t]**2 + eps2;
    d[t] is x[t] - m, or without `symmetric` max(x[t] - m, 0), and c is the mean or the sum of q, or 1. With `filter` m is not the
    mean: it is the sum of the filter times the 3 cells along each axis around the place where the window starts, + `bias`, by
    the steps of the window from a padding of 1 on, as often as there are windows; outside cells count 0.

    Gradients: see `Formula.slopes`; that of m is spread over the cells that it is made of, and over filter and bias.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.detail_preserving_pool1d([[0.0, 0.0, 0.0, 4.0]], 4).round(3).tolist()
    [[1.422]]
    """
    formula = Formula(
        arguments.flag("symmetric", symmetric),
        arguments.choice("normalize", normalize, NORMALIZE),
        arguments.positive("eps2", eps2),
    )
    call = Call(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    parameters = [channel_parameter("log_lambda", log_lambda, call.channels)]
    parameters.append(channel_parameter("log_alpha", log_alpha, call.channels))
    filtered = None if filter is None else Filtered(call, kernel_size if stride is None else stride, filter, bias, data_format)
    if filtered is None and bias is not None:
        raise ValueError("bias: only with a filter is there something to add it to")
    if out is not None:
        arguments.output(out, call.y_shape, call.dtype, apart_from=[call.x])
    numbers = [call.numbers(parameter) for parameter in parameters]
    y = np.zeros((len(call.planes), len(call.windows)))

    def parts(o: int) -> tuple[Array, Parts]:
        cells = call.planes[:, call.windows[o][0]]
        middle = within(cells.mean(axis=1, keepdims=True), cells) if filtered is None else filtered.value(o)
        return cells, formula.parts(cells, middle, *numbers)

    with np.errstate(all="ignore"):
        for o, (cells, _) in enumerate(call.windows):
            if cells.size:
                y[:, o] = parts(o)[1].y[:, 0]

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
        given = arguments.array("grad_y", grad_y)
        grad = call.to_planes(arguments.gradient("grad_y", given, call.y_shape))
        if out is not None:
            arguments.output(out, call.x.shape, call.dtype, apart_from=[given])
        grad_x, grads = np.zeros(call.planes.shape), [np.zeros(each.shape) for each in numbers]
        extra = [] if filtered is None else [np.zeros(each.shape) for each in filtered.numbers]
        with np.errstate(all="ignore"):
            for o, (places, _) in enumerate(call.windows):
                if places.size == 0:
                    continue
                cells, p = parts(o)
                of_x, of_m, of_lambda, of_alpha = formula.slopes(cells, p, grad[:, o : o + 1])
                grad_x[:, places] += of_x
                grads[0][:, 0] += of_lambda
                grads[1][:, 0] += of_alpha
                if filtered is None:
                    grad_x[:, places] += of_m / places.size
                else:
                    filtered.spread(o, of_m, grad_x, extra)
        every = parameters if filtered is None else parameters + filtered.parameters
        return (fill(out, call.as_x(grad_x)), *map(call.sums, every, grads + extra))

    return call.result(y, out), pullback


class Filtered:
    """What takes the place of the mean: the cells around a window's start, times a filter of 3 cells along each axis."""

    def __init__(self, call: Call, stride: Ints, filter: ArrayLike, bias: ArrayLike | None, data_format: str) -> None:
        self.parameters: list[Parameter] = [shaped_parameter("filter", filter, (3,) * call.rank, call.channels)]
        if bias is not None:
            self.parameters.append(shaped_parameter("bias", bias, (), call.channels))
        around = Call(call.rank, call.x, 3, stride, 1, 1, False, data_format)
        if any(one < other for one, other in zip(around.spatial, call.spatial, strict=True)):
            raise ValueError(
                f"filter: along each axis it must have at least as many as the pooling, {call.spatial}, not {around.spatial}"
            )
        grid = np.arange(len(around.windows)).reshape(around.spatial)[tuple(map(slice, call.spatial))]
        self.call, self.windows = call, [around.windows[o] for o in grid.ravel()]
        self.numbers = [call.numbers(parameter) for parameter in self.parameters]

    def value(self, o: int) -> Array:
        """The filtered value of window o of each plane, (planes, 1)."""
        cells, taps = self.windows[o]
        found: Array = (self.numbers[0][:, taps] * self.call.planes[:, cells]).sum(axis=1, keepdims=True)
        return found + self.numbers[1] if len(self.numbers) > 1 else found

    def spread(self, o: int, slope: Array, grad_x: Array, grads: list[Array]) -> None:
        """Add what the gradient of that value gives to those of x, filter and bias."""
        cells, taps = self.windows[o]
        grad_x[:, cells] += slope * self.numbers[0][:, taps]
        grads[0][:, taps] += slope * self.call.planes[:, cells]
        if len(grads) > 1:
            grads[1] += slope
