"""Global pooling, forward only."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import whole


@documented("global_max", 0, "function")
def global_max_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None
) -> Any:  # fmt: skip
    """The largest cell of each channel of each image.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.global_max_pool([[[1.0, 5.0, 3.0]]])
    array([[[5.]]])
    """
    return whole.select_forward("max", x, data_format, return_indices, out)


@documented("global_min", 0, "function")
def global_min_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None
) -> Any:  # fmt: skip
    """The smallest cell of each channel of each image.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.global_min_pool([[[1.0, 5.0, 3.0]]])
    array([[[1.]]])
    """
    return whole.select_forward("min", x, data_format, return_indices, out)


@documented("global_avg", 0, "function")
def global_avg_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> Array:  # fmt: skip
    """The average of each channel of each image.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.global_avg_pool([[[1.0, 5.0, 3.0]]])
    array([[[3.]]])
    """
    return whole.linear_forward("avg", x, data_format, out)


@documented("global_sum", 0, "function")
def global_sum_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> Array:  # fmt: skip
    """The sum of each channel of each image.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.global_sum_pool([[[1.0, 5.0, 3.0]]])
    array([[[9.]]])
    """
    return whole.linear_forward("sum", x, data_format, out)
