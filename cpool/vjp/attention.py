"""Attention pooling, with its gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import attention
from cpool._ops._call import Pullback


@documented("attention", 0, "vjp")
def attention_pool(
    x: ArrayLike, query: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of each image weighted by a softmax of their products with a query, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.attention_pool([[[1.0, 5.0], [0.0, 2.0]]], [0.0, 1.0])
    >>> grad_x, grad_query = pullback([[1.0, 0.0]])
    >>> grad_x.round(3)
    array([[[ 0.119,  0.881],
            [-0.42 ,  0.42 ]]])
    >>> grad_query.round(3)
    array([1.68, 0.84])
    """
    return attention.vjp(x, query, data_format, out)
