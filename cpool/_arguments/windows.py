"""Where windows lie: kernels, strides, padding, sizes, ratios and boundaries."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from cpool._arguments.arrays import spatial_shape
from cpool._arguments.numbers import integer, integers, is_sequence, real, sequence, shown
from cpool._arguments.types import Array, Ints, Padding

NAMED_PADDING = ("valid", "same", "same_lower")


class Window(NamedTuple):
    """The window arguments, checked and one entry an axis; `padding` is a name where it depends on the input's size."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]


def padding_pairs(value: Padding, rank: int) -> str | tuple[tuple[int, int], ...]:
    """One (before, after) pair an axis, or the name of a rule."""
    if isinstance(value, str):
        if value not in NAMED_PADDING:
            raise ValueError(f"padding={shown(value)}: a name must be one of {', '.join(map(repr, NAMED_PADDING))}")
        return value
    if not is_sequence(value):
        number = integer("padding", value, 0)
        return ((number, number),) * rank
    entries = sequence("padding", value)
    if len(entries) != rank:
        raise ValueError(
            f"padding={shown(value)}: {rank} spatial axes need {rank} entries (ints or (before, after) pairs), not {len(entries)}"
        )
    pairs = []
    for i, entry in enumerate(entries):
        if is_sequence(entry) and not isinstance(entry, str):
            pair = tuple(entry)
            if len(pair) != 2:
                raise ValueError(f"padding[{i}]={shown(entry)}: a pair (before, after) is needed, not {len(pair)} entries")
        else:
            pair = (entry, entry)
        pairs.append((integer(f"padding[{i}]", pair[0], 0), integer(f"padding[{i}]", pair[1], 0)))
    return tuple(pairs)


def window(rank: int, kernel_size: Ints, stride: Ints | None, padding: Padding, dilation: Ints) -> Window:
    """The window arguments of every pooling, checked as far as they can be without the input."""
    kernel = integers("kernel_size", kernel_size, rank, 1)
    steps = kernel if stride is None else integers("stride", stride, rank, 1)
    spread = integers("dilation", dilation, rank, 1)
    pads = padding_pairs(padding, rank)
    if not isinstance(pads, str):
        for i, (before, after) in enumerate(pads):
            effective = spread[i] * (kernel[i] - 1) + 1
            if max(before, after) >= effective:
                raise ValueError(
                    f"padding={shown(padding)}: on axis {i} it must be smaller than the effective kernel size, "
                    f"dilation * (kernel_size - 1) + 1 = {effective}"
                )
    return Window(kernel, steps, pads, spread)


def whole_input(rank: int, stride: Ints | None, padding: Padding, dilation: Ints) -> None:
    """A window as large as the input has nowhere to step to, and no border."""
    steps, pads = integers("dilation", dilation, rank, 1), padding_pairs(padding, rank)
    if stride is not None or set(steps) != {1} or pads not in ("valid", ((0, 0),) * rank):
        raise ValueError("kernel_size=None: the window is the whole input, so stride, padding and dilation must be left out")


def unpooling_window(rank: int, kernel_size: Ints, stride: Ints | None, padding: Padding) -> Window:
    """The window arguments of unpooling, whose padding must be in numbers: a name leaves the size open."""
    if isinstance(padding, str):
        raise TypeError(f"padding={shown(padding)}: ints are needed, one, one an axis or one pair an axis, not a name")
    return window(rank, kernel_size, stride, padding, 1)


def unpooled_sizes(output_size: Ints | None, rank: int, last: bool) -> tuple[int, ...] | None:
    """The spatial part of a size or of a whole shape with batch and channels; None stays."""
    if output_size is None:
        return None
    if not is_sequence(output_size):
        return (integer("output_size", output_size, 1, 2**62),) * rank
    entries = sequence("output_size", output_size)
    if len(entries) not in (rank, rank + 2):
        raise ValueError(
            f"output_size={shown(output_size)}: {rank} spatial axes need {rank} entries, or {rank + 2} with batch and channels, "
            f"not {len(entries)}"
        )
    numbers = tuple(integer(f"output_size[{i}]", entry, 0, 2**62) for i, entry in enumerate(entries))
    return numbers if len(numbers) == rank else spatial_shape(numbers, rank, last)


def output_sizes(value: Any, spatial: tuple[int, ...]) -> tuple[int, ...]:
    """One output size an axis, from one for all or a sequence; None keeps the size of the axis."""
    entries = sequence("output_size", value) if is_sequence(value) else (value,) * len(spatial)
    if len(entries) != len(spatial):
        raise ValueError(
            f"output_size={shown(value)}: {len(spatial)} spatial axes need {len(spatial)} entries (or one int), not {len(entries)}"
        )
    pairs = zip(entries, spatial, strict=True)
    return tuple(size if entry is None else integer(f"output_size[{i}]", entry, 1) for i, (entry, size) in enumerate(pairs))


def output_ratios(value: Any, rank: int, below_one: bool) -> tuple[float, ...]:
    """One ratio an axis, above 0 and at most 1; PyTorch's rule excludes 1."""
    entries = sequence("output_ratio", value) if is_sequence(value) else (value,) * rank
    if len(entries) != rank:
        raise ValueError(f"output_ratio={shown(value)}: {rank} spatial axes need {rank} numbers (or one), not {len(entries)}")
    ratios = tuple(real(f"output_ratio[{i}]", entry) for i, entry in enumerate(entries))
    for i, ratio in enumerate(ratios):
        if not 0 < ratio <= 1 or (below_one and ratio == 1):
            raise ValueError(f"output_ratio[{i}]={shown(entries[i])}: must be above 0 and {'below' if below_one else 'at most'} 1")
    return ratios


def boundaries(value: Any, spatial: tuple[int, ...]) -> tuple[Array, ...]:
    """One increasing sequence of ints an axis, from 0 to its size."""
    rows = sequence("boundaries", value)
    if len(rows) != len(spatial):
        raise ValueError(f"boundaries: {len(spatial)} spatial axes need {len(spatial)} sequences, not {len(rows)}")
    found = []
    for i, (row, size) in enumerate(zip(rows, spatial, strict=True)):
        name = f"boundaries[{i}]"
        cells = [integer(f"{name}[{j}]", entry, 0) for j, entry in enumerate(sequence(name, row))]
        if len(cells) < 2 or cells[0] != 0 or cells[-1] != size or any(a >= b for a, b in itertools.pairwise(cells)):
            raise ValueError(f"{name}={shown(row)}: must increase from 0 to the size of the axis, {size}")
        found.append(np.array(cells, np.int64))
    return tuple(found)
