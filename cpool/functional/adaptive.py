"""Adaptive pooling, forward only."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import bins

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("adaptive_max", 1, "function")
def adaptive_max_pool1d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The largest cell of each of a given number of windows over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.adaptive_max_pool1d([[1.0, 5.0, 2.0, 4.0, 3.0]], 2)
    array([[5., 4.]])
    """
    return bins.adaptive("max", 1, x, output_size, data_format, return_indices, out)


@documented("adaptive_max", 2, "function")
def adaptive_max_pool2d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The largest cell of each of a given number of windows over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.adaptive_max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], (1, 2))
    array([[[8., 8.]]])
    """
    return bins.adaptive("max", 2, x, output_size, data_format, return_indices, out)


@documented("adaptive_max", 3, "function")
def adaptive_max_pool3d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> Any:
    """The largest cell of each of a given number of windows over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.adaptive_max_pool3d([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]], (2, 1, 2)).ravel()
    array([2., 3., 6., 9.])
    """
    return bins.adaptive("max", 3, x, output_size, data_format, return_indices, out)


@documented("adaptive_avg", 1, "function")
def adaptive_avg_pool1d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Any:
    """The average of each of a given number of windows over one spatial axis.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.adaptive_avg_pool1d([[1.0, 5.0, 2.0, 4.0, 3.0]], 2)
    array([[2.66666667, 3.        ]])
    """
    return bins.adaptive("avg", 1, x, output_size, data_format, False, out)


@documented("adaptive_avg", 2, "function")
def adaptive_avg_pool2d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Any:
    """The average of each of a given number of windows over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.adaptive_avg_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], (1, 2))
    array([[[3.75, 4.25]]])
    """
    return bins.adaptive("avg", 2, x, output_size, data_format, False, out)


@documented("adaptive_avg", 3, "function")
def adaptive_avg_pool3d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Any:
    """The average of each of a given number of windows over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.adaptive_avg_pool3d([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]], (2, 1, 2)).ravel()
    array([1.5, 2.5, 5.5, 7.5])
    """
    return bins.adaptive("avg", 3, x, output_size, data_format, False, out)
