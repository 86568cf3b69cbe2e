"""The power mean of each window: GeM."""

from __future__ import annotations

import math

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._arguments.parameters import Parameter, channel_parameter
from cpool._ops._call import Plan, converted, planned_whole, rounded
from cpool._ops.beside import Family, channels_of, planned_beside

WholeOrWindow = tuple[Ints | None, Ints | None, Padding, Ints, bool, str]
"""As WindowArguments; kernel_size None is a window as large as the input."""

MOST = 1e30
"""What an infinite power counts as: its mean is the maximum, or the minimum, of cells that differ in their last bit."""
DIVIDED, PART = 1024, 256
"""Above how many cells the whole input is divided into parts, and the cells of a part."""


def power_mean(rank: int, x: ArrayLike, p: ArrayLike, window: WholeOrWindow, eps: float) -> Family:
    """The power mean of the cells, those below eps counting as eps."""
    eps = _arguments.positive("eps", eps)
    array, plan = planned_window(rank, x, *window)
    parameter = channel_parameter("p", p, channels_of(array, plan)).limited(MOST)
    if window[0] is None and plan.cells > DIVIDED:
        return Whole(x, array, plan, parameter, eps)
    return Family("power_mean", x, array, plan, [parameter], option=eps)


def planned_window(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints | None,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
) -> tuple[Array, Plan]:
    """As `planned`, and the window as large as the input where there is no kernel_size."""
    if kernel_size is not None:
        return planned_beside(rank, x, (kernel_size, stride, padding, dilation, ceil_mode, data_format))
    _arguments.whole_input(rank, stride, padding, dilation)
    last = _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, rank, last)
    if array.ndim == rank + 2:
        _arguments.flag("ceil_mode", ceil_mode)
        return planned_whole("beside", False, array, data_format)
    window = (_arguments.spatial_shape(array.shape, rank, last), None, 0, 1, ceil_mode, data_format)
    return planned_beside(rank, array, window)


class Whole(Family):
    """A large input: the power mean of those of its parts, each counted as often as it has cells.

    The parts are windows of the planes as one axis. Not one long window: its sums would be less exact, and few planes fill few
    lanes.
    """

    def __init__(self, given: ArrayLike, x: Array, plan: Plan, p: Parameter, eps: float) -> None:
        self.x_given, self.whole, self.p = x, plan, p
        last, rank = plan.layout.last, plan.layout.rank
        lead = x.shape[: x.ndim - rank - 1] if last else x.shape[: x.ndim - rank]
        wide = _dispatch.at_least_float32(_arguments.gradient_dtype(x.dtype))
        flat = converted(x, wide).reshape(*lead, plan.cells, *((x.shape[-1],) if last else ()))
        window = (PART, None, 0, 1, True, "channels_last" if last else "channels_first")
        super().__init__("power_mean", given, *planned_beside(1, flat, window), [p], option=eps)
        count = math.ceil(plan.cells / PART)
        self.share = np.minimum(PART, plan.cells - PART * np.arange(count)) / plan.cells

    def _by_channel(self, parts: Array) -> Array:
        # (..., C, parts), in float64
        parts = parts.astype(np.float64)
        return np.moveaxis(parts, -2, -1) if self.whole.layout.last else parts

    def pool(self, out: Array | None = None, codes: Array | None = None) -> Array:
        """The result; what is set here is for the gradient."""
        dtype = _arguments.gradient_dtype(self.x_given.dtype)
        if out is not None:
            out = _arguments.output(out, self.whole.y_shape, dtype, apart_from=(self.given, self.x_given))
        means, p = self._by_channel(super().pool()), self.p.table
        with np.errstate(all="ignore"):
            one = np.where(p < 0, means.min(axis=-1, keepdims=True), means.max(axis=-1, keepdims=True))
            self.logs = np.log(means / one)
            change = (self.share * np.expm1(p * self.logs)).sum(axis=-1, keepdims=True)
            mean = (self.share * self.logs).sum(axis=-1, keepdims=True)
            self.root = np.where(p == 0, mean, np.log1p(change) / p)
            self.y = one * np.exp(self.root)
            apart = self.logs - self.root
            weighed = (self.share * np.exp(p * self.logs) * apart).sum(axis=-1, keepdims=True) / (1 + change) / p
            near = np.abs(p * self.logs).max(axis=-1, keepdims=True) < 1e-6
            self.slope = np.where(near, (self.share * (self.logs - mean) ** 2).sum(axis=-1, keepdims=True) / 2, weighed)
        y = rounded(self.y.reshape(self.whole.y_shape), dtype)
        if out is None:
            return y
        out[...] = y
        return out

    def gradients(self, grad_y: ArrayLike, out: Array | None) -> tuple[Array, ...]:
        """The gradients of x and p: through those of the parts."""
        dtype = _arguments.gradient_dtype(self.x_given.dtype)
        given = _arguments.gradient("grad_y", grad_y, self.whole.y_shape)
        if out is not None:
            out = _arguments.output(out, self.whole.x_shape, dtype, apart_from=(grad_y, given))
        grad, p = given.astype(np.float64).reshape(self.y.shape), self.p.table
        with np.errstate(all="ignore"):
            of_parts = grad * self.share * np.exp((p - 1) * (self.logs - self.root))
            direct = (grad * self.y * self.slope)[..., 0]
            direct = direct.sum(axis=tuple(range(direct.ndim - 1)))
        of_parts = np.moveaxis(of_parts, -1, -2) if self.whole.layout.last else of_parts
        flat, of_p = super().gradients(of_parts, None)
        grad_x = rounded(flat.reshape(self.whole.x_shape), dtype)
        if out is not None:
            out[...] = grad_x
            grad_x = out
        return grad_x, np.asarray(of_p + self.p.gradient(direct[:, None]))
