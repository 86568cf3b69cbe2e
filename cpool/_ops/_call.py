"""What every pooling over regular windows does before and after its kernel: check, lay out, allocate, convert back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cpool import _arguments, _geometry
from cpool._arguments import Array, ArrayLike, Ints, Padding, Window
from cpool._geometry import TRIVIAL, Axis
from cpool._layout import Layout, layout_of


class Call(NamedTuple):
    """A checked call: the input, its windows and its layout."""

    x: Array
    window: Window
    axes: tuple[Axis, ...]
    layout: Layout
    shape: tuple[int, ...]
    """The shape of the result."""

    @property
    def geometry(self) -> Array:
        """The axes as the kernels take them."""
        return np.array((TRIVIAL,) * (3 - len(self.axes)) + self.axes, np.int64)

    @property
    def work(self) -> int:
        """The steps of the forward pass, about."""
        return max(self.x.size, math.prod(self.shape))


class Spec(NamedTuple):
    """What a pullback needs of the call: no arrays."""

    x_shape: tuple[int, ...]
    x_dtype: np.dtype[Any]
    y_shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    layout: Layout
    geometry: Array


def checked(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
) -> Call:
    """Check the arguments that every pooling over windows has."""
    last = _arguments.channels_last(data_format)
    window = _arguments.window(rank, kernel_size, stride, padding, dilation)
    ceil_mode = _arguments.flag("ceil_mode", ceil_mode)
    array = _arguments.spatial_array("x", x, rank, last)
    axes = _geometry.axes_of(_arguments.spatial_shape(array.shape, rank, last), window, ceil_mode)
    return Call(array, window, axes, layout_of(array, rank, last), _geometry.pooled_shape(array.shape, axes, last))


def spec_of(call: Call) -> Spec:
    """What remains of a call for its pullback."""
    return Spec(call.x.shape, call.x.dtype, call.shape, call.axes, call.layout, call.geometry)


def converted(x: Array, dtype: np.dtype[Any]) -> Array:
    """The array in a kernel's dtype; bool is uint8 without a copy."""
    if x.dtype == dtype:
        return x
    if x.dtype == np.bool_ and dtype == np.uint8:
        return x.view(np.uint8)
    return rounded(x, dtype)


def rounded(a: Array, dtype: np.dtype[Any]) -> Array:
    """The array in another dtype; what does not fit float16 becomes inf without a warning, as in the kernels."""
    with np.errstate(over="ignore", invalid="ignore"):
        return a.astype(dtype)


def compute_into(
    layout: Layout,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    kernel_dtype: np.dtype[Any],
    out: Array | None,
    run: Callable[[Array], None],
) -> Array:
    """Let `run` write a result in the kernels' dtype and memory order, and hand it over as the user wants it.

    `out` is written by the kernel itself where it has the kernel's dtype and lies in memory as the kernel writes; else once,
    at the end.
    """
    same = dtype == kernel_dtype or (dtype == np.bool_ and kernel_dtype == np.uint8)
    if out is not None and same and (target := layout.target(out)) is not None:
        run(target.view(kernel_dtype))
        return out
    result, target = layout.empty(shape, kernel_dtype)
    run(target)
    if not same:
        result = rounded(result, dtype)
    elif dtype == np.bool_:
        result = result.view(np.bool_)
    if out is None:
        return result
    out[...] = result
    return out
