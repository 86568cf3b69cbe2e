"""Global pooling: one window as large as the input."""

from __future__ import annotations

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat
from cpool.reference import linear, select
from cpool.reference._pullback import Pullback


def everything(x: ArrayLike, data_format: DataFormat) -> tuple[Array, int, tuple[int, ...]]:
    """The array, the number of its spatial axes, and their lengths: the window."""
    last = arguments.channels_last(data_format)
    x = arguments.batched_array("x", x, last)
    rank = x.ndim - 2
    return x, rank, arguments.spatial_shape(x.shape, rank, last)


def global_max_pool(
    _: int, /, x: ArrayLike, *, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None
) -> tuple[select.Selected, Pullback]:  # fmt: skip
    """The largest cell of each channel: `max_pool` with a window as large as the input.

    Parameters
    ----------
    x : array_like, ``(N, C, *spatial)``
        With ``data_format="channels_last"``, ``(N, *spatial, C)``. Always batched, with 1, 2 or 3 spatial axes.
    return_indices : bool
        Whether to return (y, indices) for y. The indices are int64, flat in the spatial plane.
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with `x`.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.global_max_pool([[[1.0, 5.0, 3.0]]])
    array([[[5.]]])
    """
    array, rank, window = everything(x, data_format)
    return select.max_pool(rank, array, window, data_format=data_format, return_indices=return_indices, out=out)


def global_min_pool(
    _: int, /, x: ArrayLike, *, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None
) -> tuple[select.Selected, Pullback]:  # fmt: skip
    """The smallest cell of each channel: `min_pool` with a window as large as the input.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.global_min_pool([[[1.0, 5.0, 3.0]]])
    array([[[1.]]])
    """
    array, rank, window = everything(x, data_format)
    return select.min_pool(rank, array, window, data_format=data_format, return_indices=return_indices, out=out)


def global_avg_pool(
    _: int, /, x: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The average of each channel: `avg_pool` with a window as large as the input.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.global_avg_pool([[[1.0, 5.0, 3.0]]])
    array([[[3.]]])
    """
    array, rank, window = everything(x, data_format)
    return linear.avg_pool(rank, array, window, data_format=data_format, out=out)


def global_sum_pool(
    _: int, /, x: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The sum of each channel: `sum_pool` with a window as large as the input.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.global_sum_pool([[[1.0, 5.0, 3.0]]])
    array([[[9.]]])
    """
    array, rank, window = everything(x, data_format)
    return linear.sum_pool(rank, array, window, data_format=data_format, out=out)
