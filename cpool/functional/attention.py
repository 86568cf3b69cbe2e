"""Attention pooling, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import attention


@documented("attention", 0, "function")
def attention_pool(
    x: ArrayLike, query: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> Array:  # fmt: skip
    """The cells of each image weighted by a softmax of their products with a query.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.attention_pool([[[1.0, 5.0], [0.0, 2.0]]], [0.0, 1.0]).round(3)
    array([[4.523, 1.762]])
    """
    return attention.forward(x, query, data_format, out)
