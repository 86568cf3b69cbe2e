"""What every function of `cpool.reference.vjp` returns besides its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike
from cpool.reference import _layout as layout


class Pullback:
    """From the gradient of a result to the gradient of x.

    `spread` does it for planes, in float64: (planes, windows) -> (planes, cells). It keeps indices or counts, never x.
    """

    def __init__(self, spread: Callable[[Array], Array], x: Array, spatial: tuple[int, ...], last: bool) -> None:
        rank = len(spatial)
        self._spread = spread
        self._x_shape = x.shape
        self._x_spatial = arguments.spatial_shape(x.shape, rank, last)
        self._y_shape = layout.pooled_shape(x.shape, spatial, last)
        self._dtype = arguments.gradient_dtype(x.dtype)
        self._last = last

    def __call__(self, grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        """The gradient of x: computed in float64, rounded once to x's dtype (float64 where x holds integers)."""
        given = arguments.array("grad_y", grad_y)
        exact = arguments.gradient("grad_y", given, self._y_shape).astype(np.float64)
        if out is not None:
            arguments.output(out, self._x_shape, self._dtype, apart_from=[given])
        planes = self._spread(layout.to_planes(exact, len(self._x_spatial), self._last))
        return fill(out, layout.from_planes(rounded(planes, self._dtype), self._x_shape, self._x_spatial, self._last))


def rounded(exact: Array, dtype: np.dtype[Any]) -> Array:
    """A float64 array rounded to this dtype; what is too large for it becomes inf."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return exact.astype(dtype)


def fill(out: Array | None, result: Array) -> Array:
    """The result itself, or `out` (checked before) with the result written into it."""
    if out is None:
        return result
    out[...] = result
    return out
