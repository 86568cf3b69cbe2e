"""Every function of windows on dask arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import dask.array as da
import numpy as np

import cpool
from cpool import _arguments
from cpool._adapters.calls import Calls, Spec
from cpool._adapters.signatures import NAMES, Signature, described, signature
from cpool._arguments import Array
from cpool._geometry import axes_of
from cpool.dask._blocks import Block, cut

STEPS = ("stride", "padding", "dilation")
OF_WINDOWS = frozenset({*STEPS, "ceil_mode"})
"""The arguments by which a function is known whose windows look at their own cells alone."""
PER_CELL = frozenset({"x", "logits"})
"""Operands of the shape of x."""
SELECTIONS = ("max_pool", "min_pool", "median_pool")
"""Whose results no order of additions can change."""


class Cuts(NamedTuple):
    """How the spatial axes of an array are cut."""

    axes: tuple[int, ...]
    """Their places, from the end."""
    sizes: tuple[int, ...]
    blocks: tuple[tuple[Block, ...], ...]
    """One row an axis."""

    def with_halos(self, x: Any) -> Any:
        """The array with the cells of each block in a chunk of its own; those that several blocks need, as often."""
        for axis, row in zip(self.axes, self.blocks, strict=True):
            place = x.ndim + axis
            before = (slice(None),) * place
            parts = [x[(*before, slice(b.first_cell, b.end_cell))] for b in row]
            x = da.concatenate(parts, axis=place)  # type: ignore[no-untyped-call]
            x = x.rechunk({place: tuple(b.end_cell - b.first_cell for b in row)})
        return x

    def chunks(self, chunks: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
        """Those of the result, where the input has these."""
        found = list(chunks)
        for axis, row in zip(self.axes, self.blocks, strict=True):
            found[axis] = tuple(block.end - block.first for block in row)
        return tuple(found)

    def at(self, block_id: Sequence[int]) -> list[Block]:
        """The part that each axis has in a block of the result."""
        return [row[block_id[axis]] for axis, row in zip(self.axes, self.blocks, strict=True)]

    def in_whole(self, indices: Array, parts: Sequence[Block]) -> Array:
        """Indices into the plane of a block as indices into the whole plane; -1, of a window without a cell, stays."""
        places = np.unravel_index(np.maximum(indices, 0), [part.end_cell - part.first_cell for part in parts])
        moved = [place + part.first_cell for place, part in zip(places, parts, strict=True)]
        return np.where(indices < 0, indices, np.ravel_multi_index(moved, self.sizes))


def pool_block(
    name: str, values: dict[str, Any], names: Sequence[str], cuts: Cuts, *arrays: Array, block_id: Sequence[int]
) -> Array:  # fmt: skip
    """One block of the result: of y, or of pairs of it with the indices."""
    parts = cuts.at(block_id)
    given = values | {"padding": tuple(part.padding for part in parts)}
    given |= {key: np.ascontiguousarray(a) for key, a in zip(names, arrays, strict=True)}
    with cpool.num_threads(1):  # dask has one for each block at work
        found = getattr(cpool, name)(**given)
    y, indices = found if isinstance(found, tuple) else (found, None)
    kept: list[Any] = [slice(None)] * y.ndim
    for axis, part in zip(cuts.axes, parts, strict=True):
        kept[axis] = part.kept
    if indices is None:
        return np.ascontiguousarray(y[tuple(kept)])
    pairs = np.empty(y[tuple(kept)].shape, pair_of(y.dtype))
    pairs["y"], pairs["indices"] = y[tuple(kept)], cuts.in_whole(indices[tuple(kept)], parts)
    return pairs


def pair_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A cell of the result with its index: one block computes both."""
    return np.dtype([("y", dtype), ("indices", np.int64)])


def function(about: Signature) -> Callable[..., Any]:
    """The function on dask arrays."""
    calls, rank, sums = Calls(about), int(about.name[-2]), about.name[:-2] not in SELECTIONS

    def pool(*args: Any, **kwargs: Any) -> Any:
        values = about.bound(args, kwargs)
        if about.draws(values):
            raise ValueError(f"{about.name}: a draw would depend on the chunks; give training=False for what is to be expected")
        if values.get("filter") is not None:
            raise ValueError(f"{about.name}: filter looks at cells beside the windows, of which a block knows nothing")
        settings = about.decoded(about.encoded(values))
        operands = {name: values.get(name, about.defaults.get(name)) for name in about.operands}
        arrays = {name: chunked(name, value) for name, value in operands.items() if name in PER_CELL}
        learned = {name: in_memory(name, value) for name, value in operands.items() if name not in PER_CELL}
        given = {name: None if a is None else Spec(tuple(a.shape), a.dtype) for name, a in (arrays | learned).items()}
        dtype = calls.specs(given, settings)[0].dtype  # after all of cpool's checks

        last = settings["data_format"] == "channels_last"
        if any(a is not None and a.ndim for a in learned.values()) or (last and sums):
            # An entry a channel belongs to its channel; and a few channels can be added up in another order than many.
            channels = x_channels(arrays["x"].ndim, rank, last)
            arrays = {name: a.rechunk({channels: -1}) for name, a in arrays.items()}
        chunks = arrays["x"].chunks
        kernel = settings.get("kernel_size", next((a.shape[-rank:] for a in learned.values() if a is not None), None))
        cuts = cuts_of(arrays["x"], rank, last, [kernel, *(settings[name] for name in STEPS)], settings["ceil_mode"], sums)
        laid = {name: cuts.with_halos(a.rechunk(chunks)) for name, a in arrays.items()}
        run = partial(pool_block, about.name, settings | learned, tuple(laid), cuts)
        pairs = bool(settings.get("return_indices"))
        y = mapped(run, list(laid.values()), cuts.chunks(chunks), pair_of(dtype) if pairs else dtype)
        return (y["y"], y["indices"]) if pairs else y

    return described(pool, about)


def cuts_of(x: Any, rank: int, last: bool, window: Sequence[Any], ceil_mode: bool, ordered: bool) -> Cuts:
    """Where to cut x for these windows."""
    axes = tuple(range(-rank - last, -last)) if last else tuple(range(-rank, 0))
    sizes = _arguments.spatial_shape(x.shape, rank, last)
    found = axes_of(sizes, _arguments.window(rank, *window), ceil_mode)
    rows = (tuple(cut(axis, x.chunks[place], ceil_mode, ordered)) for axis, place in zip(found, axes, strict=True))
    return Cuts(axes, sizes, tuple(rows))


def mapped(run: Callable[..., Array], arrays: Sequence[Any], chunks: tuple[tuple[int, ...], ...], dtype: np.dtype[Any]) -> Any:
    """The blocks of the result, from those of the arrays."""
    return da.map_blocks(run, *arrays, dtype=dtype, chunks=chunks, meta=np.empty((0,) * len(chunks), dtype))  # type: ignore[no-untyped-call]


def x_channels(ndim: int, rank: int, last: bool) -> int:
    """The place of the channels."""
    return ndim - 1 if last else ndim - rank - 1


def in_memory(name: str, value: Any) -> Array | None:
    """What every block needs whole."""
    if isinstance(value, da.Array):
        raise TypeError(f"{name}: every block needs it whole: a numpy array is needed, not a dask array")
    return None if value is None else np.asarray(value)


def chunked(name: str, a: Any) -> Any:
    """A dask array whose sizes are known."""
    if not isinstance(a, da.Array):
        raise TypeError(f"{name}: a dask array is needed, not {type(a).__name__}")
    if any(math.isnan(n) for n in a.shape):
        raise ValueError(f"{name}: its shape, {a.shape}, must be known: call compute_chunk_sizes first")
    return a


def looks_at_windows(about: Signature) -> bool:
    """Whether a window's result depends on its own cells alone; strips of S3 pooling go through the whole map."""
    return set(about.names) >= OF_WINDOWS and "grid_size" not in about.names


FUNCTIONS = {about.name: function(about) for about in map(signature, NAMES) if looks_at_windows(about)}
