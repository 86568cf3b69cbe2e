"""Where an axis is cut: which windows are a block of the result, and which cells of the input they need."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from cpool._geometry import Axis

FEWEST_WINDOWS = 24
"""Of an axis, whose sums depend on how many there are: a row of one window is added up in another order than a row of many."""


class Block(NamedTuple):
    """Some windows of an axis, computed from some cells alone."""

    first: int
    end: int
    """The windows."""
    first_cell: int
    end_cell: int
    padding: tuple[int, int]
    """That of the windows over these cells."""
    kept: slice
    """Of the windows that are computed, those of the block."""


def cut(axis: Axis, chunks: Sequence[int], ceil_mode: bool, ordered: bool) -> list[Block]:
    """The windows by the chunk that they start in, those that start before the first by that.

    `ordered`: the order of a sum must be that of the whole axis. It depends on where, modulo the kernel, the first window starts,
    and on whether there are few windows, so that more of them are computed than are kept.
    """
    ends = [min(axis.out, max(0, (end + axis.before - 1) // axis.stride + 1)) for end in itertools.accumulate(chunks)]
    return [block(axis, first, end, ceil_mode, ordered) for first, end in itertools.pairwise(sorted({0, axis.out, *ends}))]


def block(axis: Axis, first: int, end: int, ceil_mode: bool, ordered: bool) -> Block:
    """The windows from `first` to before `end`."""
    start, stop = first, end
    if ordered:
        step = axis.kernel // math.gcd(axis.kernel, axis.stride)
        start = min(first, max(0, axis.out - FEWEST_WINDOWS)) // step * step
        stop = min(axis.out, max(end, start + FEWEST_WINDOWS))
    begin = start * axis.stride - axis.before
    behind = (stop - 1) * axis.stride - axis.before + axis.effective
    after = max(0, behind - axis.size)
    if stop == axis.out and ceil_mode:  # what the last window has beyond the padding does not count
        behind, after = axis.size, axis.after
    return Block(first, end, max(0, begin), min(axis.size, behind), (max(0, -begin), after), slice(first - start, end - start))
