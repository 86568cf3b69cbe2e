"""What the poolings of the literature share: windows, parameters a channel, and the gradients of both.

A method is two formulas over the cells of one window of many planes at once. `value(x, taps, p)` is their result: `x` is
(planes, cells) in float64, `taps` tells which cells of a whole window these are, and `p` has of each parameter the numbers of
each plane, (planes, numbers). `slopes(x, taps, p, y, g)` is the gradient: of x, and of each parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._arguments.parameters import Parameter
from cpool.reference import _layout as layout
from cpool.reference._pullback import fill, rounded
from cpool.reference._windows import padding_along, windows_along

Pullback: TypeAlias = Callable[..., Any]
"""``pullback(grad_y, *, out=None)``: the gradient of x, or a tuple of it and those of other inputs and parameters."""
Value = Callable[[Array, Array, list[Array]], Array]
Slopes = Callable[[Array, Array, list[Array], Array, Array], tuple[Array, list[Array]]]


class Call:
    """A call over regular windows whose arguments are checked: planes, and the windows of each."""

    def __init__(
        self,
        rank: int,
        x: ArrayLike,
        kernel_size: Ints,
        stride: Ints | None,
        padding: Padding,
        dilation: Ints,
        ceil_mode: bool,
        data_format: str,
    ) -> None:
        window = arguments.window(rank, kernel_size, stride, padding, dilation)
        ceil_mode = arguments.flag("ceil_mode", ceil_mode)
        self.last = arguments.channels_last(data_format)
        self.x = arguments.spatial_array("x", x, rank, self.last)
        self.rank, self.dtype = rank, arguments.gradient_dtype(self.x.dtype)
        self.channels = self.x.shape[-1] if self.last else self.x.shape[-rank - 1]
        self.spatial, self.windows = _windows(arguments.spatial_shape(self.x.shape, rank, self.last), window, ceil_mode)
        self.y_shape = layout.pooled_shape(self.x.shape, self.spatial, self.last)
        self.planes = self.to_planes(self.x)

    def to_planes(self, a: Array) -> Array:
        """An array of the shape of x or of y, as (planes, cells) in float64."""
        return layout.to_planes(a, self.rank, self.last).astype(np.float64)

    def numbers(self, parameter: Parameter) -> Array:
        """The numbers of a parameter in each plane: (planes, numbers)."""
        images = len(self.planes) // max(1, self.channels)
        return np.tile(np.broadcast_to(parameter.table, (self.channels, parameter.table.shape[1])), (images, 1))

    def result(self, planes: Array, out: Array | None) -> Array:
        """The result, of the user's shape and dtype, from (planes, windows)."""
        return fill(out, layout.from_planes(rounded(planes, self.dtype), self.x.shape, self.spatial, self.last))

    def as_x(self, planes: Array) -> Array:
        """An array of the shape and dtype of x from (planes, cells)."""
        return rounded(self.exactly_as_x(planes), self.dtype)

    def exactly_as_x(self, planes: Array) -> Array:
        """The same in float64."""
        return layout.from_planes(planes, self.x.shape, arguments.spatial_shape(self.x.shape, self.rank, self.last), self.last)

    def sums(self, parameter: Parameter, slopes: Array) -> Array:
        """The gradient of a parameter from those in each plane."""
        images = len(self.planes) // max(1, self.channels)
        return parameter.gradient(slopes.reshape(images, self.channels, slopes.shape[1]).sum(0))


def _windows(
    spatial: tuple[int, ...], window: arguments.Window, ceil_mode: bool
) -> tuple[tuple[int, ...], list[tuple[Array, Array]]]:
    """The spatial shape of the output, and of each window its cells in the plane and which of a whole window they are."""
    along = []
    for axis, size in enumerate(spatial):
        padding = window.padding if isinstance(window.padding, str) else window.padding[axis]
        kernel, step = window.kernel[axis], window.dilation[axis]
        windows = windows_along(axis, size, kernel, window.stride[axis], padding, step, ceil_mode)
        before, _ = padding_along(size, step * (kernel - 1) + 1, window.stride[axis], padding)
        along.append([
            [(cell, (cell - (o * window.stride[axis] - before)) // step) for cell in cells] for o, (cells, _) in enumerate(windows)
        ])  # fmt: skip
    found = []
    for index in np.ndindex(*map(len, along)):
        cells = taps = np.zeros(1, np.int64)
        for axis, o in enumerate(index):
            pairs = np.array(along[axis][o], np.int64).reshape(-1, 2)
            cells = (cells[:, None] * spatial[axis] + pairs[:, 0]).ravel()
            taps = (taps[:, None] * window.kernel[axis] + pairs[:, 1]).ravel()
        found.append((cells, taps))
    return tuple(map(len, along)), found


def pooled(
    call: Call, parameters: Sequence[Parameter], value: Value, slopes: Slopes, out: Array | None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The result of a method, and its pullback: the gradient of x, or a tuple with those of the parameters behind it."""
    if out is not None:
        arguments.output(out, call.y_shape, call.dtype, apart_from=[call.x])
    p = [call.numbers(parameter) for parameter in parameters]
    y = np.zeros((len(call.planes), len(call.windows)))
    with np.errstate(all="ignore"):
        for o, (cells, taps) in enumerate(call.windows):
            if cells.size:
                y[:, o] = value(call.planes[:, cells], taps, p)

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
        given = arguments.array("grad_y", grad_y)
        grad = call.to_planes(arguments.gradient("grad_y", given, call.y_shape))
        if out is not None:
            arguments.output(out, call.x.shape, call.dtype, apart_from=[given])
        grad_x, grads = np.zeros(call.planes.shape), [np.zeros(numbers.shape) for numbers in p]
        with np.errstate(all="ignore"):
            for o, (cells, taps) in enumerate(call.windows):
                if cells.size:
                    of_x, of_p = slopes(call.planes[:, cells], taps, p, y[:, o], grad[:, o])
                    grad_x[:, cells] += of_x
                    for sum_, part in zip(grads, of_p, strict=True):
                        sum_ += part
        found = (fill(out, call.as_x(grad_x)), *map(call.sums, parameters, grads))
        return found if parameters else found[0]

    return call.result(y, out), pullback
