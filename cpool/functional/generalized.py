"""Generalised max pooling, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import generalized


@documented("generalized", 0, "function")
def generalized_max_pool(
    x: ArrayLike, lam: ArrayLike, *, normalize: bool = True, data_format: DataFormat = "channels_first", out: Array | None = None
) -> Array:  # fmt: skip
    """Of each image the vector whose product with the descriptor of every cell is near to 1.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.generalized_max_pool([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]], 0.01, normalize=False).round(3)
    array([[0.995, 0.99 ]])
    """
    return generalized.forward(x, lam, normalize, data_format, out)
