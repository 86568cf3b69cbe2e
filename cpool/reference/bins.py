"""Adaptive, fractional and pyramid pooling: windows that are not all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool.reference import _layout as layout
from cpool.reference._bins import (
    adaptive_spans,
    boundary_spans,
    cells_of,
    fractional_output,
    random_boundaries,
    sampled_spans,
)
from cpool.reference._pullback import Pullback, fill, rounded
from cpool.reference.linear import average_dtype


def adaptive_max_pool(
    rank: int, /, x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:  # fmt: skip
    """The largest cell of each of `output_size` windows.

    Window o has the cells from floor(o * size / out) to ceil((o + 1) * size / out) - 1.

    The first of equals in row-major order wins, the first NaN before all; the gradient goes to the winner.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.adaptive_max_pool1d([[1, 5, 2, 4, 3]], 2).tolist()
    [[5, 4]]
    """
    return adaptive("max", rank, x, output_size, data_format, return_indices, out)


def adaptive_avg_pool(
    rank: int, /, x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Any, Pullback]:  # fmt: skip
    """The average of each of `output_size` windows, which are those of `adaptive_max_pool`; taken in float64.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.adaptive_avg_pool1d([[1.0, 5.0, 3.0]], 2).tolist()
    [[3.0, 4.0]]
    """
    return adaptive("avg", rank, x, output_size, data_format, False, out)


def adaptive(
    kind: str, rank: int, x: ArrayLike, output_size: Any, data_format: DataFormat, return_indices: bool, out: Array | None
) -> tuple[Any, Pullback]:
    """Max or average over adaptive windows."""
    return_indices = arguments.flag("return_indices", return_indices)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial = arguments.spatial_shape(x.shape, rank, last)
    sizes = arguments.output_sizes(output_size, spatial)
    cells = cells_of(spatial, [adaptive_spans(n, o) for n, o in zip(spatial, sizes, strict=True)])
    y, indices, pullback = pool(kind, x, rank, last, sizes, lambda _: cells, out)
    return ((y, indices), pullback) if return_indices else (y, pullback)


def fractional_max_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints | None, output_size: Ints | None = None,
    output_ratio: float | Sequence[float] | None = None, samples: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None, return_indices: bool = False, *,
    boundaries: Sequence[Sequence[int]] | None = None, overlapping: bool = False, pseudorandom: bool = True,
    return_boundaries: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Any, Pullback]:  # fmt: skip
    """The largest cell of each of the windows that chance lays: PyTorch's scheme with a `kernel_size`, else Graham's.

    PyTorch's windows along an axis start at floor((o + u) * step) - floor(u * step) with step = (size - kernel_size) /
    (output_size - 1) and the sample u of the plane and axis, the last at size - kernel_size. Graham's lie between boundaries
    that all planes share.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.fractional_max_pool2d([[[4, 1, 3], [2, 8, 5]]], None, boundaries=[[0, 1, 2], [0, 2, 3]]).tolist()
    [[[4, 3], [8, 5]]]
    """
    scheme = (kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom)
    return fractional("max", rank, x, scheme, return_boundaries, data_format, return_indices, out)


def fractional_avg_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints | None, output_size: Ints | None = None,
    output_ratio: float | Sequence[float] | None = None, samples: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None, *,
    boundaries: Sequence[Sequence[int]] | None = None, overlapping: bool = False, pseudorandom: bool = True,
    return_boundaries: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Any, Pullback]:  # fmt: skip
    """The average of each of the windows of `fractional_max_pool`; taken in float64.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.fractional_avg_pool2d([[[4.0, 1.0, 3.0]]], None, boundaries=[[0, 1], [0, 2, 3]]).tolist()
    [[[2.5, 3.0]]]
    """
    scheme = (kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom)
    return fractional("avg", rank, x, scheme, return_boundaries, data_format, False, out)


def fractional(
    kind: str, rank: int, x: ArrayLike, scheme: tuple[Any, ...], return_boundaries: bool, data_format: DataFormat,
    return_indices: bool, out: Array | None,
) -> tuple[Any, Pullback]:  # fmt: skip
    """Max or average over fractional windows."""
    kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom = scheme
    flags = {"overlapping": overlapping, "pseudorandom": pseudorandom, "return_boundaries": return_boundaries}
    for name, value in (flags | {"return_indices": return_indices}).items():
        arguments.flag(name, value)
    if sum(each is not None for each in (output_size, output_ratio, boundaries)) != 1:
        raise ValueError("output_size: exactly one of output_size, output_ratio and boundaries is needed")
    if kernel_size is None and samples is not None:
        raise ValueError("samples: they belong to windows of a fixed kernel_size, which is None")
    if kernel_size is not None and (boundaries is not None or overlapping or not pseudorandom or return_boundaries):
        raise ValueError("kernel_size: it must be None for windows between boundaries")
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial = arguments.spatial_shape(x.shape, rank, last)
    lead = (*x.shape[: -rank - 1], x.shape[-1]) if last else x.shape[:-rank]
    edges: list[list[int]] = []
    if boundaries is not None:
        edges = [[int(cell) for cell in row] for row in arguments.boundaries(boundaries, spatial)]
        sizes = tuple(len(row) - 1 for row in edges)
    else:
        sizes = fractional_output(spatial, kernel_size, output_size, output_ratio)
        generator = arguments.generator(rng)
    if kernel_size is None:
        if not edges:
            edges = [random_boundaries(n, o, pseudorandom, generator) for n, o in zip(spatial, sizes, strict=True)]
        shared = cells_of(spatial, [boundary_spans(row, overlapping) for row in edges])

        def windows(plane: int) -> list[Array]:
            return shared

    else:
        kernel = arguments.integers("kernel_size", kernel_size, rank, 1)
        kind_of_sample = np.float64 if x.dtype == np.float64 else np.float32
        numbers: Array
        if samples is None:
            numbers = generator.random((*lead, rank), kind_of_sample).reshape(-1, rank)
        else:
            numbers = arguments.samples(samples, lead, rank).astype(kind_of_sample)
        numbers = np.minimum(numbers, np.nextafter(kind_of_sample(1), kind_of_sample(0)))
        columns = [1, 0] if rank == 2 else [0, 1, 2]  # PyTorch's order over two axes is width, height

        def windows(plane: int) -> list[Array]:
            u = [numbers[plane, column] for column in columns]
            return cells_of(spatial, [sampled_spans(*each) for each in zip(spatial, kernel, sizes, u, strict=True)])

    y, indices, pullback = pool(kind, x, rank, last, sizes, windows, out)
    more = [indices] * return_indices + [tuple(np.array(row, np.int64) for row in edges)] * return_boundaries
    return ((y, *more), pullback) if more else (y, pullback)


def spatial_pyramid_pool(
    rank: int, /, x: ArrayLike, levels: Sequence[int], mode: Literal["max", "avg"] = "max", *,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Callable[..., Array]]:  # fmt: skip
    """For each level n an adaptive pooling to n x n cells, as C * n * n features in the order (C, n, n), one level after the other.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.spatial_pyramid_pool2d([[[4, 1, 3], [2, 8, 5]]], [1, 2]).tolist()
    [8, 4, 3, 8, 8]
    """
    last = arguments.channels_last(data_format)
    kind = arguments.choice("mode", mode, ("max", "avg"))
    array = arguments.spatial_array("x", x, rank, last)
    sizes = [arguments.integer("levels", n, 1) for n in arguments.sequence("levels", levels)]
    if not sizes:
        raise ValueError("levels: at least one level is needed")
    first = np.moveaxis(array, -1, -3) if last else array
    found = [adaptive(kind, rank, first, (n, n), "channels_first", False, None) for n in sizes]
    shape = (*first.shape[:-3], sum(first.shape[-3] * n * n for n in sizes))
    parts = [part.reshape(*first.shape[:-3], first.shape[-3] * n * n) for n, (part, _) in zip(sizes, found, strict=True)]
    y = np.concatenate(parts, -1)
    if out is not None:
        arguments.output(out, shape, y.dtype, apart_from=[array])
    dtype, x_shape = arguments.gradient_dtype(array.dtype), array.shape

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Array:
        exact = arguments.gradient("grad_y", grad_y, shape).astype(np.float64)
        if out is not None:
            arguments.output(out, x_shape, dtype, apart_from=[grad_y])
        total, at = np.zeros(first.shape), 0
        for n, (part, level) in zip(sizes, found, strict=True):
            features = first.shape[-3] * n * n
            total += level(exact[..., at : at + features].reshape(part.shape))
            at += features
        grad_x = np.array(np.moveaxis(total, -3, -1) if last else total, order="C")
        return fill(out, rounded(grad_x, dtype))

    return fill(out, y), pullback


def pool(
    kind: str, x: Array, rank: int, last: bool, sizes: tuple[int, ...], windows: Callable[[int], list[Array]], out: Array | None
) -> tuple[Array, Array, Pullback]:
    """Max (with the indices of the winners) or average, where `windows` gives the cells of each window of a plane."""
    dtype = average_dtype(x.dtype) if kind == "avg" else x.dtype
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, sizes, last), dtype, apart_from=[x])
    planes = layout.to_planes(x, rank, last)
    comparable = planes if x.dtype.kind in "biu" else planes.astype(np.float64)
    y = np.zeros((len(planes), int(np.prod(sizes))), np.float64 if kind == "avg" else x.dtype)
    indices = np.zeros(y.shape, np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        for plane in range(len(planes)):
            for o, cells in enumerate(windows(plane)):
                if kind == "avg":
                    y[plane, o] = comparable[plane, cells].astype(np.float64).mean()
                else:
                    indices[plane, o] = cells[np.argmax(comparable[plane, cells])]
                    y[plane, o] = planes[plane, indices[plane, o]]
    planes_shape = planes.shape

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes_shape)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for plane in range(planes_shape[0]):
                for o, cells in enumerate(windows(plane)):
                    if kind == "avg":
                        grad_x[plane, cells] += grad[plane, o] / len(cells)
                    else:
                        grad_x[plane, indices[plane, o]] += grad[plane, o]
        return grad_x

    pullback = Pullback(spread, x, sizes, last)
    result = fill(out, layout.from_planes(rounded(y, dtype) if kind == "avg" else y, x.shape, sizes, last))
    return result, layout.from_planes(indices, x.shape, sizes, last), pullback
