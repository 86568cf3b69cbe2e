"""Anti-aliasing: binomial blurring while the resolution is reduced."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded
from cpool.reference.select import max_pool


def blur_pool(
    rank: int, /, x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: str = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """A binomial filter at every `stride`-th cell: along each axis y[o] = sum over t of w[t] x[o stride - before + t].

    w[t] = binomial(filter_size - 1, t) / 2^(filter_size - 1), before = floor((filter_size - 1) / 2). Outside of x are its cells
    mirrored about the first and the last ("reflect", which needs more than filter_size / 2 of them), these repeated
    ("replicate"), or zeros. There are ceil(size / stride) results. The gradient is the transposed map.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.blur_pool1d([[0.0, 0.0, 8.0, 8.0]], 3).tolist()
    [[0.0, 6.0]]
    """
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial = arguments.spatial_shape(x.shape, rank, last)
    maps = blurs(rank, spatial, filter_size, stride, mode)
    sizes = tuple(len(each) for each in maps)
    dtype = arguments.gradient_dtype(x.dtype)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, sizes, last), dtype, apart_from=[x])
    pullback = Pullback(lambda grad: applied([each.T for each in maps], grad, sizes), x, sizes, last)
    planes = applied(maps, layout.to_planes(x, rank, last).astype(np.float64), spatial)
    return fill(out, layout.from_planes(rounded(planes, dtype), x.shape, sizes, last)), pullback


def max_blur_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *, mode: str = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Any]:  # fmt: skip
    """The largest cell of windows one cell apart, without padding, blurred as by `blur_pool`.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.max_blur_pool1d([[0.0, 0.0, 8.0, 8.0, 8.0]], 2, 3).tolist()
    [[4.0, 8.0]]
    """
    last = arguments.channels_last(data_format)
    given = arguments.spatial_array("x", x, rank, last)
    dtype = arguments.gradient_dtype(given.dtype)
    y, back = max_pool(rank, given.astype(np.float64), kernel_size, 1, data_format=data_format)
    assert isinstance(y, np.ndarray)
    blurred, back_of_blur = blur_pool(rank, y, filter_size, stride, mode=mode, data_format=data_format)
    if out is not None:
        arguments.output(out, blurred.shape, dtype, apart_from=[given])

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        grad = arguments.array("grad_y", grad_y)
        if out is not None:
            arguments.output(out, given.shape, dtype, apart_from=[grad])
        return fill(out, rounded(back(back_of_blur(grad)), dtype))

    return fill(out, rounded(blurred, dtype)), pullback


def blurs(rank: int, spatial: tuple[int, ...], filter_size: Ints, stride: Ints, mode: str) -> list[Array]:
    """The map of each axis as a matrix, (results, cells)."""
    filters = arguments.integers("filter_size", filter_size, rank, 1)
    steps = arguments.integers("stride", stride, rank, 1)
    arguments.choice("mode", mode, ("reflect", "replicate", "zero"))
    found = []
    for i, (size, f, step) in enumerate(zip(spatial, filters, steps, strict=True)):
        if mode == "reflect" and size <= f // 2:
            raise ValueError(f"mode='reflect': filter_size={f} needs more than {f // 2} cells on spatial axis {i}, not {size}")
        matrix = np.zeros((-(-size // step), size))
        for o in range(len(matrix)):
            for t in range(f):
                cell = o * step - (f - 1) // 2 + t
                if mode == "reflect":
                    cell = abs(cell) if cell < size else 2 * (size - 1) - cell
                elif mode == "replicate":
                    cell = min(max(cell, 0), size - 1)
                if 0 <= cell < size:
                    matrix[o, cell] += comb(f - 1, t) / 2 ** (f - 1)
        found.append(matrix)
    return found


def applied(maps: list[Array], planes: Array, spatial: tuple[int, ...]) -> Array:
    """The map of each axis, of planes with their cells flat. What is not finite stays in the results that it is part of."""
    a = planes.reshape(len(planes), *spatial)
    with np.errstate(all="ignore"):
        for i, matrix in enumerate(maps):
            cells = np.moveaxis(a, 1 + i, -1)[..., None, :]
            a = np.moveaxis(np.where(matrix == 0, 0, matrix * cells).sum(axis=-1), -1, 1 + i)
    return a.reshape(len(planes), -1) if a.size else np.zeros((len(planes), int(np.prod(a.shape[1:]))))
