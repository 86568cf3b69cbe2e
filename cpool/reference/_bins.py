"""Where the windows of adaptive and fractional pooling lie: along one axis, each as its first cell and one past its last.

This repeats the rules of the compiled package in the plainest way and shares no code with it.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array

Spans: TypeAlias = list[tuple[int, int]]


def adaptive_spans(size: int, out: int) -> Spans:
    """Window o has the cells from floor(o * size / out) to ceil((o + 1) * size / out) - 1."""
    share = Fraction(size, out)
    return [(math.floor(o * share), math.ceil((o + 1) * share)) for o in range(out)]


def sampled_spans(size: int, kernel: int, out: int, u: Any) -> Spans:
    """PyTorch's fractional windows: a fixed size, shifted by the sample u, in the precision of u."""
    kind = type(u)
    starts = []
    for o in range(out - 1):
        step = kind(size - kernel) / kind(out - 1)
        starts.append(int((kind(o) + u) * step) - int(u * step))
    return [(start, start + kernel) for start in [*starts, size - kernel]]


def random_boundaries(size: int, out: int, pseudorandom: bool, rng: np.random.Generator) -> list[int]:
    """Graham's boundaries: from 0 to size, in steps of floor(size / out) or one more."""
    if pseudorandom:
        phase = int(rng.integers(out))
        return [(o * size + phase) // out for o in range(out + 1)]
    small, large = divmod(size, out)
    steps = rng.permutation([small + 1] * large + [small] * (out - large))
    return [0, *itertools.accumulate(map(int, steps))]


def boundary_spans(boundaries: list[int], overlapping: bool) -> Spans:
    """The regions between boundaries, with the first cell of the next where they overlap."""
    return [(a, min(b + overlapping, boundaries[-1])) for a, b in itertools.pairwise(boundaries)]


def cells_of(spatial: tuple[int, ...], spans: list[Spans]) -> list[Array]:
    """The cells of every window in row-major order, as flat indices in the plane."""
    found = []
    for parts in itertools.product(*spans):
        cells = np.zeros(1, np.int64)
        for size, (first, end) in zip(spatial, parts, strict=True):
            cells = (cells[:, None] * size + np.arange(first, end)).ravel()
        found.append(cells)
    return found


def fractional_output(spatial: tuple[int, ...], kernel_size: Any, output_size: Any, output_ratio: Any) -> tuple[int, ...]:
    """The size of the output, from a size or a ratio, where there are enough cells for it."""
    rank = len(spatial)
    if output_size is not None:
        out = arguments.integers("output_size", output_size, rank, 1)
    else:
        ratios = arguments.output_ratios(output_ratio, rank, below_one=kernel_size is not None)
        out = tuple(int(size * ratio) for size, ratio in zip(spatial, ratios, strict=True))
    kernel = (1,) * rank if kernel_size is None else arguments.integers("kernel_size", kernel_size, rank, 1)
    for size, k, o in zip(spatial, kernel, out, strict=True):
        if o < 1 or o + k - 1 > size:
            raise ValueError(f"output_size={o}: an axis of {size} cells has no room for so many windows of {k}")
    return out
