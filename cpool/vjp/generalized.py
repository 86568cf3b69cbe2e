"""Generalised max pooling, with its gradients."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import generalized
from cpool._ops._call import Pullback


@documented("generalized", 0, "vjp")
def generalized_max_pool(
    x: ArrayLike, lam: ArrayLike, *, normalize: bool = True, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """Of each image the vector whose product with the descriptor of every cell is near to 1, with the gradients.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.generalized_max_pool([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]], 1.0, normalize=False)
    >>> grad_x, grad_lam = pullback([[1.0, 1.0]])
    >>> grad_x.round(3)
    array([[[-0.111, -0.111, -0.167],
            [-0.   , -0.   ,  0.   ]]])
    >>> round(float(grad_lam), 3)
    -0.472
    """
    return generalized.vjp(x, lam, normalize, data_format, out)
