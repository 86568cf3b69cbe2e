"""Lp pooling: the norm of every window."""

from __future__ import annotations

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded
from cpool.reference._windows import windows_of
from cpool.reference.whole import everything


def lp_pool(
    rank: int, /, x: ArrayLike, norm_type: float, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, normalized: bool = False, ceil_mode: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The norm of every window: ``y[o] = (sum over t of abs(x[o * stride - before + t * dilation])**p)**(1 / p)``.

    Only cells in the input count. With `normalized` the sum is divided by their number, which makes the result their power
    mean. The norm for p = inf is the largest abs(x). A window with no cell in the input gives 0.

    The gradient of a cell is ``grad_y[o] * sign(x) * (abs(x) / y[o])**(p - 1)``, over the number of cells if `normalized`,
    and 0 where x or y[o] is 0. For p = inf it is all of the first cell whose abs(x) is the largest (or of the first NaN),
    times its sign.

    The norm of floats has their dtype, that of integers is float64. It is computed relative to the largest abs(x) of the window,
    so that nothing overflows or underflows where the norm does not.

    Parameters
    ----------
    x : array_like, ``(N, C, *spatial)`` or ``(C, *spatial)``
        With ``data_format="channels_last"``, ``(N, *spatial, C)`` or ``(*spatial, C)``. Any real dtype of at most 64 bits.
    norm_type : float
        The power p, greater than 0.
    kernel_size, stride, dilation : int or one int an axis
        ``stride=None`` is `kernel_size`.
    padding : int, one int an axis, one pair (before, after) an axis, "valid", "same" or "same_lower"
        Below the effective kernel size, dilation * (kernel_size - 1) + 1.
    normalized : bool
        Whether to divide the sum by the number of cells.
    ceil_mode : bool
        Whether a last window may overhang the padded input; it must start inside the input or the padding before it.
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with `x`.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.lp_pool1d([[3.0, -4.0, 6.0, 8.0]], 2, 2).tolist()
    [[5.0, 10.0]]
    """
    power = arguments.order_of_norm("norm_type", norm_type)
    window = arguments.window(rank, kernel_size, stride, padding, dilation)
    normalized = arguments.flag("normalized", normalized)
    ceil_mode = arguments.flag("ceil_mode", ceil_mode)
    last = arguments.channels_last(data_format)
    x = arguments.spatial_array("x", x, rank, last)
    spatial, windows = windows_of(arguments.spatial_shape(x.shape, rank, last), window, ceil_mode)
    dtype = arguments.gradient_dtype(x.dtype)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, spatial, last), dtype, apart_from=[x])

    # Integers count as float64. longdouble has more digits than the results, and mostly a far larger range.
    planes = layout.to_planes(x, rank, last).astype(np.float64).astype(np.longdouble)
    sizes = np.abs(planes)
    norms = np.zeros((len(planes), len(windows)), np.longdouble)
    with np.errstate(all="ignore"):
        for o, (cells, _) in enumerate(windows):
            if cells.size:
                norms[:, o] = norm(sizes[:, cells], power, normalized)
    rows = np.arange(len(planes))

    def spread(grad: Array) -> Array:
        grad_x = np.zeros(planes.shape, np.longdouble)
        with np.errstate(all="ignore"):
            for o, (cells, _) in enumerate(windows):
                if not cells.size:
                    continue
                if np.isinf(power):
                    first = cells[np.argmax(sizes[:, cells], axis=1)]
                    winner = planes[rows, first]
                    grad_x[rows, first] += grad[:, o] * np.where(winner < 0, -1, np.where(winner == 0, 0, 1))
                    continue
                y = norms[:, o, None]
                slope = np.sign(planes[:, cells]) * (sizes[:, cells] / y) ** (power - 1)
                none = (planes[:, cells] == 0) | (y == 0)
                grad_x[:, cells] += np.where(none, 0, grad[:, o, None] * slope / (cells.size if normalized else 1))
        return rounded(grad_x, np.dtype(np.float64))

    y = rounded(norms, dtype)
    return fill(out, layout.from_planes(y, x.shape, spatial, last)), Pullback(spread, x, spatial, last)


def norm(sizes: Array, power: float, normalized: bool) -> Array:
    """Of each row of absolute values."""
    largest: Array = sizes.max(axis=1)
    if np.isinf(power):
        return largest
    parts = (sizes / largest[:, None]) ** power
    total = parts.mean(axis=1) if normalized else parts.sum(axis=1)
    if normalized and power < 1e-3:  # powers near 1, whose difference from it counts
        logarithms = np.log1p(np.expm1(power * np.log(sizes / largest[:, None])).mean(axis=1)) / np.longdouble(power)
        return np.where(np.isfinite(largest) & (largest > 0), largest * np.exp(logarithms), largest)
    found: Array = np.where(np.isfinite(largest) & (largest > 0), largest * total ** (1 / np.longdouble(power)), largest)
    return found


def global_lp_pool(
    _: int, /, x: ArrayLike, norm_type: float, *, normalized: bool = False, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The norm of each channel: `lp_pool` with a window as large as the input.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.global_lp_pool([[[3.0, -4.0]]], 2)
    array([[[5.]]])
    """
    array, rank, window = everything(x, data_format)
    return lp_pool(rank, array, norm_type, window, normalized=normalized, data_format=data_format, out=out)
