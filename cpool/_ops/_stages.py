"""What poolings in several stages share: wide floats between the stages, and one conversion at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._ops._call import Pullback, rounded


def widened(x: Array) -> Array:
    """The array in what it is computed in: halves in float32, integers in float64."""
    wide = _dispatch.at_least_float32(_arguments.gradient_dtype(x.dtype))
    return x if x.dtype == wide else rounded(x, wide)


def checked_out(out: Array | None, shape: tuple[int, ...], x: Array, given: ArrayLike) -> Array | None:
    """The user's array for the result, if there is one."""
    return None if out is None else _arguments.output(out, shape, _arguments.gradient_dtype(x.dtype), apart_from=(given, x))


def finished(a: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    """The result of the last stage as the user wants it."""
    if a.dtype != dtype:
        a = rounded(a, dtype)
    if out is None:
        return a
    out[...] = a
    return out


def pullback_by(y_shape: tuple[int, ...], x: Array, back: Callable[[Array], Array]) -> Pullback:
    """The pullback of all stages, from `back` in wide floats."""
    x_shape, dtype = x.shape, _arguments.gradient_dtype(x.dtype)
    wide = _dispatch.at_least_float32(dtype)

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        grad = _arguments.gradient("grad_y", grad_y, y_shape)
        if out is not None:
            out = _arguments.output(out, x_shape, dtype, apart_from=(grad_y, grad))
        return finished(back(grad if grad.dtype == wide else rounded(grad, wide)), dtype, out)

    return pullback
