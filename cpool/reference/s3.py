"""S3Pool: maxima at places that are drawn, or in evaluation their averages."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded
from cpool.reference._windows import padding_along, windows_along
from cpool.reference.chance import check_rng


def s3_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None, ceil_mode: bool = False,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The maxima of windows one cell apart, of which along each axis some are drawn at random; in evaluation their averages.

    There are as many results as of max pooling. Along each axis windows lie one cell apart from the start of the padding, as
    many as the results times the stride and as start before the end of x. They are divided into strips of `grid_size`; of
    each strip as many are drawn as have a number that the stride divides, each with the same chance, and kept in their order.
    One draw is for the whole batch and all channels. In evaluation each result is the average of the next `stride` windows.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.s3_pool1d([[1.0, 2.0, 3.0, 4.0]], 2, 2, training=False).tolist()
    [[2.5, 4.0]]
    """
    window = arguments.window(rank, kernel_size, stride, padding, dilation)
    grid = arguments.integers("grid_size", grid_size, rank, 1)
    training, ceil_mode = arguments.flag("training", training), arguments.flag("ceil_mode", ceil_mode)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    check_rng(rng)
    generator = arguments.generator(rng) if training else None
    along = []  # of each axis, of each result the windows of which the average is taken, as cells
    for i, size in enumerate(arguments.spatial_shape(x.shape, rank, last)):
        kernel, step, spread = window.kernel[i], window.stride[i], window.dilation[i]
        effective = spread * (kernel - 1) + 1
        pad = window.padding if isinstance(window.padding, str) else window.padding[i]
        before, _ = padding_along(size, effective, step, pad)
        out_size = len(windows_along(i, size, kernel, step, pad, spread, ceil_mode))
        places = np.arange(min(out_size * step, size + before))
        of_results = drawn(places, grid[i], step, generator) if generator else np.split(places, places[step::step])
        along.append([[cells_from(p - before, effective, spread, size) for p in some] for some in of_results])
    return averages_of_maxima(x, along, last, out)


def drawn(places: Array, grid: int, step: int, rng: np.random.Generator) -> list[Array]:
    """One place for each result: of each strip those of the smallest of random numbers."""
    keys = rng.random(len(places))
    found: list[Array] = []
    for first in range(0, len(places), grid):
        strip = places[first : first + grid]
        count = int((strip % step == 0).sum())
        found += [np.array([place]) for place in sorted(sorted(strip, key=lambda place: keys[place])[:count])]
    return found


def cells_from(start: int, effective: int, dilation: int, size: int) -> list[int]:
    """The cells of a window that lie inside."""
    return [cell for cell in range(start, start + effective, dilation) if 0 <= cell < size]


def averages_of_maxima(x: Array, along: list[list[list[list[int]]]], last: bool, out: Array | None) -> tuple[Array, Any]:
    """Of each result the average of the largest cells of its windows, the first of equal ones; that of no cells is 0."""
    spatial = arguments.spatial_shape(x.shape, len(along), last)
    sizes, dtype = tuple(map(len, along)), arguments.gradient_dtype(x.dtype)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, sizes, last), dtype, apart_from=[x])
    planes = layout.to_planes(x, len(spatial), last).astype(np.float64)
    rows = np.arange(len(planes))
    y = np.zeros((len(planes), int(np.prod(sizes))))
    winners: list[list[Array]] = []
    counts: list[int] = []
    with np.errstate(all="ignore"):
        for o, results in enumerate(itertools.product(*along)):
            windows = list(itertools.product(*results))
            some = [np.ravel_multi_index(np.meshgrid(*each, indexing="ij"), spatial).ravel() for each in windows if all(each)]
            winners.append([each[np.argmax(planes[:, each], axis=1)] for each in some])
            counts.append(len(windows))
            y[:, o] = sum(planes[rows, each] for each in winners[o]) / counts[o]

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes.shape)
        for o, some in enumerate(winners):
            for each in some:
                grad_x[rows, each] += grad[:, o] / counts[o]
        return grad_x

    return fill(out, layout.from_planes(rounded(y, dtype), x.shape, sizes, last)), Pullback(spread, x, sizes, last)
