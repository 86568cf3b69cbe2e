"""Adaptive polyphase sampling: of the cells `stride` apart, those that start where they are largest."""

from __future__ import annotations

import itertools
from typing import TypeAlias

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded

Sampled: TypeAlias = "Array | tuple[Array, Array]"
"""The values, or with `return_indices` the values and the phase of each image."""


def polyphase_pool(
    rank: int, /, x: ArrayLike, stride: Ints = 2, *, norm: float = 2, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> tuple[Sampled, Pullback]:  # fmt: skip
    """Every `stride`-th cell of each image, x[:, a::stride, b::stride], from the phase (a, b) of the largest norm.

    The norm, (sum of abs(x)^norm)^(1/norm), is over all channels and positions. Of equal phases the first wins, in the order
    (0, 0), (1, 0), (0, 1), (1, 1): its number there is the image's index. An axis that the stride does not divide goes on from
    its start. The cells that were taken get the gradient: none goes through the choice.

    Examples
    --------
    >>> from cpool import reference
    >>> y, index = reference.polyphase_pool1d([[1.0, 5.0, 3.0, 4.0]], return_indices=True)
    >>> y.tolist(), index.tolist()
    ([[5.0, 4.0]], 1)
    """
    steps = arguments.integers("stride", stride, rank, 1)
    norm, return_indices = arguments.order_of_norm("norm", norm), arguments.flag("return_indices", return_indices)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial, dtype = arguments.spatial_shape(x.shape, rank, last), arguments.gradient_dtype(x.dtype)
    sizes = tuple(-(-size // step) for size, step in zip(spatial, steps, strict=True))
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, sizes, last), dtype, apart_from=[x])
    planes = layout.to_planes(x, rank, last).astype(np.float64)
    channels = x.shape[-1] if last else x.shape[-rank - 1]
    images = x.shape[0] if x.ndim == rank + 2 else 1
    phases = sorted(itertools.product(*map(range, steps)), key=lambda phase: phase[::-1])
    cells = [cells_of(phase, steps, spatial, sizes) for phase in phases]
    found = np.zeros(images, np.int64)
    for n in range(images):
        image = planes[n * channels : (n + 1) * channels]
        found[n] = np.argmax([size_of(image[:, each], np.abs(image).max(initial=0), norm) for each in cells])
    taken = np.array([cells[k] for k in np.repeat(found, channels)], np.int64).reshape(len(planes), int(np.prod(sizes)))
    rows = np.arange(len(planes))[:, None]

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes.shape)
        np.add.at(grad_x, (rows, taken), grad)
        return grad_x

    y = fill(out, layout.from_planes(rounded(planes[rows, taken], dtype), x.shape, sizes, last))
    return (y, found.reshape(x.shape[:1] if x.ndim == rank + 2 else ())) if return_indices else y, Pullback(spread, x, sizes, last)


def cells_of(phase: tuple[int, ...], steps: tuple[int, ...], spatial: tuple[int, ...], sizes: tuple[int, ...]) -> Array:
    """The cells of a phase, flat in the plane."""
    places = [(a + step * np.arange(n)) % size for a, step, size, n in zip(phase, steps, spatial, sizes, strict=True)]
    return np.ravel_multi_index(np.meshgrid(*places, indexing="ij"), spatial).ravel()


def size_of(cells: Array, largest: float, norm: float) -> float:
    """What is larger where the norm is: the sum of powers, or the largest."""
    if norm == np.inf:
        return float(np.abs(cells).max(initial=0))
    unit = largest if np.isfinite(largest) and largest > 0 else 1
    return float((np.abs(cells / unit) ** norm).sum())
