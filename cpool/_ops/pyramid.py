"""Spatial pyramid pooling: adaptive poolings of several sizes, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool import _arguments, _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._ops import bins
from cpool._ops._call import Pullback

MODES = ("max", "avg")


def pyramid_levels(levels: Any) -> tuple[int, ...]:
    """The number of bins along either axis, one a level."""
    entries = _arguments.sequence("levels", levels)
    if not entries:
        raise ValueError("levels: at least one level is needed")
    return tuple(_arguments.integer(f"levels[{i}]", entry, 1) for i, entry in enumerate(entries))


def _flat(y: Array, last: bool) -> Array:
    """A level as a row of features an image, the channels slowest whatever the layout."""
    y = np.moveaxis(y, -1, -3) if last else y
    return y.reshape(*y.shape[:-3], y.shape[-3] * y.shape[-2] * y.shape[-1])


def _joined(parts: list[Array], out: Array | None, given: ArrayLike) -> Array:
    if out is None:
        return np.concatenate(parts, axis=-1)
    shape = (*parts[0].shape[:-1], sum(part.shape[-1] for part in parts))
    out = _arguments.output(out, shape, parts[0].dtype, apart_from=(given,))
    return np.concatenate(parts, axis=-1, out=out)


def forward(x: ArrayLike, levels: Any, mode: str, data_format: str, out: Array | None) -> Array:
    """The features of every level."""
    sizes, mode, last = pyramid_levels(levels), _arguments.choice("mode", mode, MODES), _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, 2, last)
    parts = [_flat(bins.adaptive(mode, 2, array, (n, n), data_format, False, None), last) for n in sizes]
    return _joined(parts, out, x)


def vjp(x: ArrayLike, levels: Any, mode: str, data_format: str, out: Array | None) -> tuple[Array, Pullback]:
    """The features, and the pullback, which adds up the gradients of the levels in their order."""
    sizes, mode, last = pyramid_levels(levels), _arguments.choice("mode", mode, MODES), _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, 2, last)
    found = [bins.adaptive_vjp(mode, 2, array, (n, n), data_format, False, None) for n in sizes]
    y = _joined([_flat(part, last) for part, _ in found], out, x)
    shape, x_shape, dtype = y.shape, array.shape, _arguments.gradient_dtype(array.dtype)
    channels = x_shape[-1 if last else -3]

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        grad = _arguments.gradient("grad_y", grad_y, shape)
        if out is not None:
            out = _arguments.output(out, x_shape, dtype, apart_from=(grad_y, grad))
        total: Array = np.zeros(x_shape, _dispatch.at_least_float32(dtype))
        at = 0
        for n, (_, level) in zip(sizes, found, strict=True):
            part = grad[..., at : at + channels * n * n].reshape(*shape[:-1], channels, n, n)
            total += level(np.moveaxis(part, -3, -1) if last else part)
            at += channels * n * n
        if out is None:
            return total.astype(dtype, copy=False)
        out[...] = total
        return out

    return y, pullback


def features(shape: tuple[int, ...], levels: Any, last: bool) -> tuple[int, ...]:
    """The shape of the result for an input of this shape."""
    channels = shape[-1 if last else -3]
    return (*shape[:-3], channels * sum(n * n for n in pyramid_levels(levels)))
