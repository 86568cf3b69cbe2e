"""Anti-aliasing: binomial blurring while the resolution is reduced."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike, Ints
from cpool._arguments.parameters import Parameter
from cpool._geometry import axes_of, with_spatial
from cpool._layout import layout_of
from cpool._ops import select
from cpool._ops._call import Pullback
from cpool._ops._stages import checked_out, finished, pullback_by, widened
from cpool._ops.beside import Family, planned_beside

MODES = {"reflect": "reflect", "replicate": "edge", "zero": "constant"}
"""What the borders are extended by, and numpy's name for it."""


TOGETHER = 64
"""The most cells of a filter that is applied along all axes at once."""


class Blur(NamedTuple):
    """The arguments of a blur, checked; one entry an axis."""

    filter: tuple[int, ...]
    stride: tuple[int, ...]
    mode: str
    data_format: str

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """The cells before and after each axis: of an even filter the odd one goes after."""
        return tuple(((f - 1) // 2, f // 2) for f in self.filter)


def blur_of(rank: int, filter_size: Ints, stride: Ints, mode: Any, data_format: Any) -> Blur:
    """Check the arguments of a blur."""
    sizes = _arguments.integers("filter_size", filter_size, rank, 1)
    steps = _arguments.integers("stride", stride, rank, 1)
    mode = _arguments.choice("mode", mode, tuple(MODES))
    _arguments.channels_last(data_format)
    return Blur(sizes, steps, mode, data_format)


def blurred_sizes(spatial: tuple[int, ...], blur: Blur) -> tuple[int, ...]:
    """The spatial axes of the result; a ValueError where the mode needs more cells than there are."""
    if blur.mode == "reflect":
        for i, (size, (_, after)) in enumerate(zip(spatial, blur.pads, strict=True)):
            if size <= after:
                raise ValueError(
                    f"mode='reflect': filter_size={blur.filter[i]} extends spatial axis {i} by {after} cells, for which it must "
                    f"have more than {after}, not {size}; 'replicate' and 'zero' need none"
                )
    return tuple(-(-size // step) for size, step in zip(spatial, blur.stride, strict=True))


def before_blur(rank: int, spatial: tuple[int, ...], kernel_size: Ints | None) -> tuple[int, ...]:
    """The spatial axes that are blurred: those of x, or of its maxima."""
    if kernel_size is None:
        return spatial
    return tuple(axis.out for axis in axes_of(spatial, _arguments.window(rank, kernel_size, 1, 0, 1), False))


@functools.lru_cache(maxsize=64)
def binomial(filter_sizes: tuple[int, ...]) -> Parameter:
    """The weights of the window: of each axis a row of Pascal's triangle, all of which add up to 1."""
    weights = np.ones(1)
    for size in filter_sizes:
        row = np.array([math.comb(size - 1, k) / 2 ** (size - 1) for k in range(size)])
        weights = np.multiply.outer(weights, row).ravel()
    return Parameter("filter", weights, weights.reshape(1, -1), False)


def _blurred(rank: int, x: Array, blur: Blur) -> tuple[Array, Callable[[], Callable[[Array], Array]]]:
    """The blur of an array in wide floats, and what makes the way back of a gradient: axis by axis if the filter is large."""
    adjoints = []
    for part in _parts(blur) if math.prod(blur.filter) > TOGETHER else (blur,):
        x, adjoint = _blurred_at_once(rank, x, part)
        adjoints.append(adjoint)

    def adjoint_of_all() -> Callable[[Array], Array]:
        ways = [adjoint() for adjoint in reversed(adjoints)]
        return lambda grad: functools.reduce(lambda found, way: way(found), ways, grad)

    return x, adjoint_of_all


def _parts(blur: Blur) -> Iterator[Blur]:
    """The same blur along one axis after the other."""
    for i in range(len(blur.filter)):
        alone = [tuple(n if k == i else 1 for k, n in enumerate(each)) for each in (blur.filter, blur.stride)]
        yield blur._replace(filter=alone[0], stride=alone[1])


def _blurred_at_once(rank: int, x: Array, blur: Blur) -> tuple[Array, Callable[[], Callable[[Array], Array]]]:
    first = x.ndim - rank - _arguments.channels_last(blur.data_format)
    # Zeros too: windows that no border cuts are worth a copy.
    extended = _extended(x, first, blur)
    array, plan = planned_beside(rank, extended, (blur.filter, blur.stride, 0, 1, False, blur.data_format))
    family = Family("dot", extended, array, plan, [binomial(blur.filter)], learned=False)

    def adjoint() -> Callable[[Array], Array]:
        # The map is linear: its gradient needs the shape of x, of which any values will do.
        family.x, family.given_x, family.given = np.zeros_like(family.x), None, None

        def back(grad: Array) -> Array:
            return np.ascontiguousarray(_folded(family.gradients(grad, None)[0], first, blur))

        return back

    return family.pool(), adjoint


def _extended(x: Array, first: int, blur: Blur) -> Array:
    none = ((0, 0),)
    widths = none * first + blur.pads + none * (x.ndim - first - len(blur.pads))
    return np.pad(x, widths, MODES[blur.mode])  # type: ignore[call-overload,no-any-return]


def _folded(grad: Array, first: int, blur: Blur) -> Array:
    """The adjoint of the extension: what was put into the cells around the input goes to those that they came from."""
    for i, (before, after) in enumerate(blur.pads):
        axis = first + i
        size = grad.shape[axis] - before - after
        outer = np.moveaxis(grad, axis, 0)
        inner = outer[before : before + size]  # a view, into an array that nobody else has
        for k in range(before if blur.mode != "zero" else 0):
            inner[before - k if blur.mode == "reflect" else 0] += outer[k]
        for k in range(after if blur.mode != "zero" else 0):
            inner[size - 2 - k if blur.mode == "reflect" else size - 1] += outer[before + size + k]
        grad = np.moveaxis(inner, 0, axis)
    return grad


def _stages(
    rank: int, x: ArrayLike, kernel_size: Ints | None, blur: Blur, out: Array | None, gradient: bool
) -> tuple[Array, Pullback | None]:
    """The blur of x, or of its maxima over windows one cell apart."""
    last = _arguments.channels_last(blur.data_format)
    array = _arguments.spatial_array("x", x, rank, last)
    sizes = blurred_sizes(before_blur(rank, _arguments.spatial_shape(array.shape, rank, last), kernel_size), blur)
    y_shape = with_spatial(array.shape, sizes, last)
    out = checked_out(out, y_shape, array, x)
    # As it lies in memory, so that no stage turns it round.
    layout, dtype = layout_of(array, rank, last), _arguments.gradient_dtype(array.dtype)
    wide = widened(layout.in_memory_order(array))
    blur = blur._replace(data_format="channels_last" if layout.inner_channels else "channels_first")
    before: Callable[..., Array] | None = None
    if kernel_size is not None:
        arguments = ("max", rank, wide, kernel_size, 1, 0, 1, False, blur.data_format, False, None)
        wide, before = select.vjp(*arguments) if gradient else (select.forward(*arguments), None)
    y, adjoint = _blurred(rank, wide, blur)
    y = finished(layout.as_user_sees(y), dtype, out)
    if not gradient:
        return y, None
    back = adjoint()

    def back_of_all(grad: Array) -> Array:
        found = back(layout.in_memory_order(grad))
        return layout.as_user_sees(found if before is None else before(found))

    return y, pullback_by(y_shape, array, back_of_all)


def forward(
    rank: int, x: ArrayLike, kernel_size: Ints | None, filter_size: Ints, stride: Ints, mode: str, data_format: str,
    out: Array | None,
) -> Array:  # fmt: skip
    """Blur x, or its maxima where there is a kernel_size."""
    return _stages(rank, x, kernel_size, blur_of(rank, filter_size, stride, mode, data_format), out, False)[0]


def max_forward(
    rank: int, x: ArrayLike, kernel_size: Ints, filter_size: Ints, stride: Ints, mode: str, data_format: str, out: Array | None
) -> Array:
    """Blur the maxima of x."""
    kernel = _arguments.integers("kernel_size", kernel_size, rank, 1)
    return forward(rank, x, kernel, filter_size, stride, mode, data_format, out)


def max_vjp(
    rank: int, x: ArrayLike, kernel_size: Ints, filter_size: Ints, stride: Ints, mode: str, data_format: str, out: Array | None
) -> tuple[Array, Pullback]:
    """The same, and the pullback."""
    kernel = _arguments.integers("kernel_size", kernel_size, rank, 1)
    return vjp(rank, x, kernel, filter_size, stride, mode, data_format, out)


def vjp(
    rank: int, x: ArrayLike, kernel_size: Ints | None, filter_size: Ints, stride: Ints, mode: str, data_format: str,
    out: Array | None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The same, and the pullback."""
    y, pullback = _stages(rank, x, kernel_size, blur_of(rank, filter_size, stride, mode, data_format), out, True)
    assert pullback is not None
    return y, pullback
