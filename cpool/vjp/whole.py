"""Global pooling with its gradients."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import whole
from cpool._ops._call import Pullback


@documented("global_max", 0, "vjp")
def global_max_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None
) -> tuple[Any, Pullback]:  # fmt: skip
    """The largest cell of each channel of each image, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.global_max_pool([[[1.0, 5.0, 3.0]]])
    >>> y
    array([[[5.]]])
    >>> pullback([[[2.0]]])
    array([[[0., 2., 0.]]])
    """
    return whole.select_vjp("max", x, data_format, return_indices, out)


@documented("global_min", 0, "vjp")
def global_min_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", return_indices: bool = False, out: Array | None = None
) -> tuple[Any, Pullback]:  # fmt: skip
    """The smallest cell of each channel of each image, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.global_min_pool([[[1.0, 5.0, 3.0]]])
    >>> y
    array([[[1.]]])
    >>> pullback([[[2.0]]])
    array([[[2., 0., 0.]]])
    """
    return whole.select_vjp("min", x, data_format, return_indices, out)


@documented("global_avg", 0, "vjp")
def global_avg_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The average of each channel of each image, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.global_avg_pool([[[1.0, 5.0, 3.0]]])
    >>> y
    array([[[3.]]])
    >>> pullback([[[3.0]]])
    array([[[1., 1., 1.]]])
    """
    return whole.linear_vjp("avg", x, data_format, out)


@documented("global_sum", 0, "vjp")
def global_sum_pool(
    x: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The sum of each channel of each image, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.global_sum_pool([[[1.0, 5.0, 3.0]]])
    >>> y
    array([[[9.]]])
    >>> pullback([[[2.0]]])
    array([[[2., 2., 2.]]])
    """
    return whole.linear_vjp("sum", x, data_format, out)
