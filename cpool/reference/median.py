"""Median pooling: the middle of the sorted cells of every window."""

from __future__ import annotations

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded
from cpool.reference._windows import windows_of


def median_pool(
    rank: int, /, x: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0, dilation: Ints = 1, *,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The median of every window: the middle of its sorted cells x[o * stride - before + t * dilation] in the input.

    Of an even number of cells it is the mean of the two in the middle. The gradient goes to the cell in the middle, or half of
    it to each of the two; among equal cells those that come first in row-major order come first in the sorted order. A NaN in
    a window is its median, and the first NaN takes the gradient. A window with no cell in the input gives 0.

    The median of floats has their dtype, that of integers is float64.

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
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with `x`.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.median_pool1d([[3.0, 9.0, 1.0, 5.0]], 3, 1).tolist()
    [[3.0, 5.0]]
    >>> reference.median_pool1d([[3.0, 9.0, 1.0, 5.0]], 4).tolist()
    [[4.0]]
    """
    window = arguments.window(rank, kernel_size, stride, padding, dilation)
    ceil_mode = arguments.flag("ceil_mode", ceil_mode)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial, windows = windows_of(arguments.spatial_shape(x.shape, rank, last), window, ceil_mode)
    dtype = arguments.gradient_dtype(x.dtype)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, spatial, last), dtype, apart_from=[x])

    planes = layout.to_planes(x, rank, last).astype(np.float64)
    rows = np.arange(len(planes))
    y = np.zeros((len(planes), len(windows)))
    middles = np.full((2, *y.shape), -1, np.int64)
    for o, (cells, _) in enumerate(windows):
        if not cells.size:
            continue
        values = planes[:, cells]
        order = np.argsort(values, axis=1, kind="stable")  # NaN come last
        bad = np.isnan(values)
        for which, rank_of in enumerate(((cells.size - 1) // 2, cells.size // 2)):
            place = np.where(bad.any(axis=1), bad.argmax(axis=1), order[:, rank_of])
            middles[which, :, o] = cells[place]
        a, b = planes[rows, middles[0, :, o]], planes[rows, middles[1, :, o]]
        with np.errstate(over="ignore", invalid="ignore"):
            y[:, o] = np.where(np.isfinite(a + b), (a + b) / 2, a / 2 + b / 2) + 0.0

    planes_shape = planes.shape

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes_shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for o, (cells, _) in enumerate(windows):
                for which in (0, 1) if cells.size else ():
                    grad_x[rows, middles[which, :, o]] += grad[:, o] / 2
        return grad_x

    return fill(out, layout.from_planes(rounded(y, dtype), x.shape, spatial, last)), Pullback(spread, x, spatial, last)
