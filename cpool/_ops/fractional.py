"""Fractional pooling: windows at random, by PyTorch's scheme or by Graham's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cpool import _arguments, _geometry
from cpool._arguments import Array, ArrayLike
from cpool._geometry import Bins
from cpool._ops._call import Pullback
from cpool._ops.bins import bin_plan, pool, user_indices, with_pullback


class Scheme(NamedTuple):
    """The arguments that say where the windows lie, as the user gave them."""

    kernel_size: Any
    output_size: Any
    output_ratio: Any
    samples: Any
    rng: Any
    boundaries: Any
    overlapping: Any
    pseudorandom: Any
    return_boundaries: Any


class Regions(NamedTuple):
    """Where the windows lie."""

    bins: tuple[Bins, ...]
    boundaries: tuple[Array, ...]
    """Of Graham's scheme."""


def check_scheme(scheme: Scheme) -> None:
    """What can be checked without the input: that the arguments belong together."""
    overlapping = _arguments.flag("overlapping", scheme.overlapping)
    pseudorandom = _arguments.flag("pseudorandom", scheme.pseudorandom)
    return_boundaries = _arguments.flag("return_boundaries", scheme.return_boundaries)
    given = [name for name in ("output_size", "output_ratio", "boundaries") if getattr(scheme, name) is not None]
    if len(given) != 1:
        what = f"not {' and '.join(given)}" if given else "and none is given"
        raise ValueError(f"output_size: exactly one of output_size, output_ratio and boundaries is needed, {what}")
    if scheme.kernel_size is None:
        if scheme.samples is not None:
            raise ValueError("samples: they belong to windows of a fixed kernel_size, which is None")
    elif scheme.boundaries is not None:
        raise ValueError("boundaries: they give the windows, so kernel_size must be None")
    elif overlapping or not pseudorandom or return_boundaries:
        raise ValueError(
            f"kernel_size={_arguments.shown(scheme.kernel_size)}: overlapping, pseudorandom and return_boundaries belong to "
            "regions between boundaries, for which kernel_size must be None"
        )


def output_of(spatial: tuple[int, ...], scheme: Scheme) -> tuple[int, ...]:
    """The size of the output."""
    rank = len(spatial)
    if scheme.boundaries is not None:
        return tuple(len(row) - 1 for row in _arguments.boundaries(scheme.boundaries, spatial))
    if scheme.output_size is not None:
        out = _arguments.integers("output_size", scheme.output_size, rank, 1)
    else:
        ratios = _arguments.output_ratios(scheme.output_ratio, rank, below_one=scheme.kernel_size is not None)
        out = tuple(_geometry.reduced_size(i, n, ratio) for i, (n, ratio) in enumerate(zip(spatial, ratios, strict=True)))
    kernel = None if scheme.kernel_size is None else _arguments.integers("kernel_size", scheme.kernel_size, rank, 1)
    for i, (n, o) in enumerate(zip(spatial, out, strict=True)):
        _geometry.check_fractional(i, n, kernel[i] if kernel else None, o)
    return out


def regions_of(spatial: tuple[int, ...], planes: tuple[int, ...], dtype: np.dtype[Any], scheme: Scheme) -> Regions:
    """The windows over these axes of an array of so many planes (N, C) or (C,)."""
    check_scheme(scheme)
    overlapping, rank = bool(scheme.overlapping), len(spatial)
    if scheme.boundaries is not None:
        return graham(_arguments.boundaries(scheme.boundaries, spatial), overlapping)
    out, rng = output_of(spatial, scheme), _arguments.generator(scheme.rng)
    if scheme.kernel_size is None:
        sizes = zip(spatial, out, strict=True)
        return graham(tuple(_geometry.graham_boundaries(n, o, bool(scheme.pseudorandom), rng) for n, o in sizes), overlapping)
    kernel = _arguments.integers("kernel_size", scheme.kernel_size, rank, 1)
    return Regions(sampled(spatial, kernel, out, planes, dtype, scheme.samples, rng), ())


def graham(boundaries: tuple[Array, ...], overlapping: bool) -> Regions:
    """The regions between boundaries."""
    return Regions(tuple(_geometry.boundary_bins(row, overlapping) for row in boundaries), boundaries)


def sampled(
    spatial: tuple[int, ...],
    kernel: tuple[int, ...],
    out: tuple[int, ...],
    planes: tuple[int, ...],
    dtype: np.dtype[Any],
    samples: Any,
    rng: np.random.Generator,
) -> tuple[Bins, ...]:
    """PyTorch's windows: one sample a plane and axis, in its order of the axes, which over two is columns before rows."""
    rank, precision = len(spatial), np.float64 if dtype == np.float64 else np.float32
    numbers = rng.random((*planes, rank), precision) if samples is None else _arguments.samples(samples, planes, rank)
    numbers = numbers.reshape(-1, rank).astype(precision)
    # A sample just below 1 may have become 1.
    numbers = np.minimum(numbers, np.nextafter(precision(1), precision(0)))
    order = range(rank - 1, -1, -1) if rank == 2 else range(rank)
    axes = zip(spatial, kernel, out, order, strict=True)
    return tuple(_geometry.fractional_bins(n, k, o, numbers[:, column]) for n, k, o, column in axes)


def _regions(rank: int, x: ArrayLike, scheme: Scheme, data_format: str) -> tuple[Array, bool, Regions]:
    last = _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, rank, last)
    spatial = _arguments.spatial_shape(array.shape, rank, last)
    planes = (*array.shape[: -rank - 1], array.shape[-1]) if last else array.shape[:-rank]
    return array, last, regions_of(spatial, planes, array.dtype, scheme)


def _results(y: Array, *more: tuple[bool, Any]) -> Any:
    wanted = [value for flag, value in more if flag]
    return (y, *wanted) if wanted else y


def forward(kind: str, rank: int, x: ArrayLike, scheme: Scheme, data_format: str, return_indices: bool, out: Array | None) -> Any:
    """Pool x by "max" or "avg"."""
    return_indices = _arguments.flag("return_indices", return_indices)
    return_boundaries = _arguments.flag("return_boundaries", scheme.return_boundaries)
    array, last, regions = _regions(rank, x, scheme, data_format)
    plan = bin_plan(array, rank, last, regions.bins)
    y, places = pool(kind, x, array, plan, out, return_indices)
    indices = user_indices(plan, places) if return_indices else None
    return _results(y, (return_indices, indices), (return_boundaries, regions.boundaries))


def vjp(
    kind: str, rank: int, x: ArrayLike, scheme: Scheme, data_format: str, return_indices: bool, out: Array | None
) -> tuple[Any, Pullback]:
    """The same, and the pullback, over the same windows."""
    return_indices = _arguments.flag("return_indices", return_indices)
    return_boundaries = _arguments.flag("return_boundaries", scheme.return_boundaries)
    array, last, regions = _regions(rank, x, scheme, data_format)
    plan = bin_plan(array, rank, last, regions.bins)
    y, places, pullback = with_pullback(kind, x, array, plan, out)
    indices = user_indices(plan, places) if return_indices else None
    return _results(y, (return_indices, indices), (return_boundaries, regions.boundaries)), pullback
