"""Sum and average pooling: every window adds up its cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded
from cpool.reference._windows import Window, windows_of


def avg_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The average of every window: y[o] = sum over t of x[o * stride - before + t * dilation], over divisor[o].

    The divisor is the number of the window's cells in the input and its padding; with ``count_include_pad=False`` of those in
    the input; or `divisor_override`. What overhangs in ceil mode never counts. A window with no cell in the input gives 0.
    Each cell of the window gets the gradient grad_y[o] / divisor[o], and cells of several windows add them.

    The average of floats has their dtype, that of integers is float64. Sums are taken in float64 and rounded once.

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
    count_include_pad : bool
        Whether the padding counts in the divisor.
    divisor_override : int, optional
        The divisor of every window, any int but 0.
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with `x`.

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> x = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> reference.avg_pool1d(x, 3, 2, 1, ceil_mode=True).tolist()
    [[1.0, 3.0, 2.0]]
    >>> reference.avg_pool1d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False).tolist()
    [[1.5, 3.0, 4.0]]
    """
    window = arguments.window(rank, kernel_size, stride, padding, dilation)
    count_include_pad = arguments.flag("count_include_pad", count_include_pad)
    override = arguments.divisor(divisor_override)

    def divisor(window: Window) -> int:
        if override is not None:
            return override
        return window.padded if count_include_pad else len(window.cells)

    return add(divisor, rank, x, window, ceil_mode, data_format, out)


def sum_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The sum of every window: y[o] = sum over t of x[o * stride - before + t * dilation].

    Everything is as in `avg_pool` with a divisor of 1, except that sums of integers have the dtype of `numpy.sum`: int64,
    or uint64 for unsigned integers.

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> reference.sum_pool1d(np.array([[True, True, False]]), 2, 1).tolist()
    [[2, 1]]
    """
    window = arguments.window(rank, kernel_size, stride, padding, dilation)
    return add(None, rank, x, window, ceil_mode, data_format, out)


def sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a sum: numpy's for integers and bool, otherwise that of the cells."""
    return np.sum(np.empty(0, dtype)).dtype if dtype.kind in "biu" else dtype


def average_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of an average: float64 for integers and bool, otherwise that of the cells."""
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype


def add(
    divisor: Callable[[Window], int] | None,
    rank: int,
    x: ArrayLike,
    window: arguments.Window,
    ceil_mode: bool,
    data_format: DataFormat,
    out: Array | None,
) -> tuple[Array, Pullback]:
    """The sum of every window, over its divisor if there is one."""
    ceil_mode = arguments.flag("ceil_mode", ceil_mode)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial, windows = windows_of(arguments.spatial_shape(x.shape, rank, last), window, ceil_mode)
    dtype = average_dtype(x.dtype) if divisor else sum_dtype(x.dtype)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, spatial, last), dtype, apart_from=[x])

    # everything is added in float64, but for the sums of integers, which are exact (or wrap around, as in numpy)
    planes = layout.to_planes(x, rank, last).astype(dtype if dtype.kind in "iu" else np.float64)
    y = np.zeros((len(planes), len(windows)), planes.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # inf, and inf - inf = NaN, are results
        for o, one in enumerate(windows):
            if one.cells.size:
                total = planes[:, one.cells].sum(axis=1)
                y[:, o] = total / divisor(one) if divisor else total

    planes_shape = planes.shape

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes_shape)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for o, one in enumerate(windows):
                if one.cells.size:
                    grad_x[:, one.cells] += grad[:, o, None] / (divisor(one) if divisor else 1)
        return grad_x

    y = y if dtype.kind in "iu" else rounded(y, dtype)
    return fill(out, layout.from_planes(y, x.shape, spatial, last)), Pullback(spread, x, spatial, last)
