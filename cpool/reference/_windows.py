"""Where the windows lie, written down window by window.

One axis at a time: a window is a `range` of positions, position 0 is the first cell of the input, negative positions are
the padding before it. This repeats the rules of the compiled package in the plainest way and shares no code with it.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array


class Window(NamedTuple):
    """One window over all spatial axes."""

    cells: Array
    """Its cells that lie inside the input, in row-major order, as flat indices in the spatial plane."""
    padded: int
    """How many of its cells lie inside the input or its padding: a ceil-mode overhang beyond both never counts."""


def padding_along(size: int, effective: int, stride: int, padding: str | tuple[int, int]) -> tuple[int, int]:
    """The cells of padding before and after one axis.

    "same" makes ceil(size / stride) windows out of as little padding as possible; an odd cell goes after the input
    ("same", the rule of TensorFlow and ONNX's SAME_UPPER) or before it ("same_lower").
    """
    if not isinstance(padding, str):
        return padding
    if padding == "valid":
        return 0, 0
    last_start = (math.ceil(size / stride) - 1) * stride
    missing = max(0, last_start + effective - size)
    half = missing // 2
    return (missing - half, half) if padding == "same_lower" else (half, missing - half)


def starts_along(size: int, effective: int, stride: int, before: int, after: int, ceil_mode: bool) -> range:
    """The first position of every window along one axis.

    Windows start every `stride` positions from the first cell of the padding, and must end within the padding after the
    input. In ceil mode the last may reach fewer than `stride` positions beyond that, provided that it starts inside the
    input or the padding before it (PyTorch's rule).
    """
    first, end = -before, size + after
    if not ceil_mode:
        return range(first, end - effective + 1, stride)
    overhang = stride - 1
    return range(first, min(end + overhang - effective + 1, size), stride)


def windows_along(
    axis: int, size: int, kernel: int, stride: int, padding: str | tuple[int, int], dilation: int, ceil_mode: bool
) -> list[tuple[list[int], int]]:
    """Of every window along one axis: its positions inside the input, and how many there are with the padding."""
    effective = dilation * (kernel - 1) + 1
    before, after = padding_along(size, effective, stride, padding)
    windows = []
    for start in starts_along(size, effective, stride, before, after, ceil_mode):
        positions = range(start, start + effective, dilation)
        fewer, more = sorted((positions, range(size)), key=len)
        inside = [cell for cell in fewer if cell in more]
        padded = len(range(start, min(start + effective, size + after), dilation))
        windows.append((inside, padded))
    if not windows:
        raise ValueError(
            f"kernel_size={kernel}: on spatial axis {axis} the window's effective size, {dilation} * {kernel - 1} + 1 = "
            f"{effective}, is larger than the padded input, {before} + {size} + {after} = {before + size + after}"
        )
    return windows


def windows_of(spatial: tuple[int, ...], window: arguments.Window, ceil_mode: bool) -> tuple[tuple[int, ...], list[Window]]:
    """The spatial shape of the output, and the window of each of its cells in row-major order."""
    padding = [window.padding] * len(spatial) if isinstance(window.padding, str) else window.padding
    along = [
        windows_along(axis, size, window.kernel[axis], window.stride[axis], padding[axis], window.dilation[axis], ceil_mode)
        for axis, size in enumerate(spatial)
    ]
    windows = []
    for parts in itertools.product(*along):
        cells = np.zeros(1, dtype=np.int64)
        padded = 1
        for size, (inside, count) in zip(spatial, parts, strict=True):
            cells = (cells[:, None] * size + np.array(inside, dtype=np.int64)).ravel()
            padded *= count
        windows.append(Window(cells, padded))
    return tuple(map(len, along)), windows
