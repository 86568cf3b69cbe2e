"""Max and min pooling: every window selects one of its cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill
from cpool.reference._windows import windows_of

Selected: TypeAlias = "Array | tuple[Array, Array]"
"""The values, or with `return_indices` the values and where they were."""


def max_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Selected, Pullback]:  # fmt: skip
    """The largest cell of every window: y[o] = max over t of x[o * stride - before + t * dilation].

    Of equal cells the first in row-major order is the winner, of a window with NaNs the first NaN: the rule of
    `numpy.argmax`. y[o] is the winner itself, and the whole gradient of y[o] goes to it; a cell that wins several windows
    adds their gradients. Padding never wins: where a window has no cell in the input, y[o] is -inf (the least value of an
    integer dtype, False), its index -1, and its gradient goes nowhere.

    Parameters
    ----------
    x : array_like, ``(N, C, *spatial)`` or ``(C, *spatial)``
        With ``data_format="channels_last"``, ``(N, *spatial, C)`` or ``(*spatial, C)``. Any real dtype of at most 64 bits.
    kernel_size, stride, dilation : int or one int an axis
        ``stride=None`` is `kernel_size`.
    padding : int, one int an axis, one pair (before, after) an axis, "valid", "same" or "same_lower"
        Below the effective kernel size, dilation * (kernel_size - 1) + 1.
    ceil_mode : bool
        Whether a last window may overhang the padded input; it must start inside the input or the padding before it.
    return_indices : bool
        Whether to return (y, indices) for y. The indices are int64, flat in the unpadded spatial plane.
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with `x`.

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> y, indices = reference.max_pool1d(np.array([[1, 3, 3, 2]]), 3, 1, return_indices=True)
    >>> y.tolist(), indices.tolist()
    ([[3, 3]], [[1, 1]])
    """
    return select(
        np.argmax, lowest, rank, x, arguments.window(rank, kernel_size, stride, padding, dilation),
        ceil_mode, data_format, return_indices, out,
    )  # fmt: skip


def min_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None,
) -> tuple[Selected, Pullback]:  # fmt: skip
    """The smallest cell of every window: y[o] = min over t of x[o * stride - before + t * dilation].

    Everything is as in `max_pool`: the first of equal cells wins, and the first NaN. Where a window has no cell in the input,
    y[o] is inf (the largest value of an integer dtype, True).

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> reference.min_pool1d(np.array([[1.0, -0.0, 0.0, np.nan]]), 2).tolist()
    [[-0.0, nan]]
    """
    return select(
        np.argmin, highest, rank, x, arguments.window(rank, kernel_size, stride, padding, dilation),
        ceil_mode, data_format, return_indices, out,
    )  # fmt: skip


def lowest(dtype: np.dtype[Any]) -> Any:
    """What max takes from no cells at all."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return False if dtype.kind == "b" else -np.inf


def highest(dtype: np.dtype[Any]) -> Any:
    """What min takes from no cells at all."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).max
    return True if dtype.kind == "b" else np.inf


def select(
    best: Callable[..., Any],
    of_nothing: Callable[[np.dtype[Any]], Any],
    rank: int,
    x: ArrayLike,
    window: arguments.Window,
    ceil_mode: bool,
    data_format: DataFormat,
    return_indices: bool,
    out: Array | None,
) -> tuple[Selected, Pullback]:
    """The cell of every window that `best` (`numpy.argmax` or `numpy.argmin`) points at."""
    ceil_mode = arguments.flag("ceil_mode", ceil_mode)
    return_indices = arguments.flag("return_indices", return_indices)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial, windows = windows_of(arguments.spatial_shape(x.shape, rank, last), window, ceil_mode)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, spatial, last), x.dtype, apart_from=[x])

    planes = layout.to_planes(x, rank, last)
    rows = np.arange(len(planes))
    # float64 holds every smaller float exactly, and orders NaN, where bfloat16 might not; integers are compared as they are
    comparable = planes if x.dtype.kind in "biu" else planes.astype(np.float64)
    y = np.full((len(planes), len(windows)), of_nothing(x.dtype), x.dtype)
    indices = np.full(y.shape, -1, np.int64)
    for o, (cells, _) in enumerate(windows):
        if cells.size:
            indices[:, o] = cells[best(comparable[:, cells], axis=1)]
            y[:, o] = planes[rows, indices[:, o]]

    planes_shape = planes.shape

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes_shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for o, (cells, _) in enumerate(windows):
                if cells.size:
                    grad_x[rows, indices[:, o]] += grad[:, o]
        return grad_x

    pullback = Pullback(spread, x, spatial, last)
    result = fill(out, layout.from_planes(y, x.shape, spatial, last))
    if return_indices:
        return (result, layout.from_planes(indices, x.shape, spatial, last)), pullback
    return result, pullback
