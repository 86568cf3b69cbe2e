"""Adaptive pooling with its gradient."""

from __future__ import annotations

from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import bins
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("adaptive_max", 1, "vjp")
def adaptive_max_pool1d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The largest cell of each of a given number of windows over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.adaptive_max_pool1d([[1.0, 5.0, 2.0, 4.0, 3.0]], 2)
    >>> y
    array([[5., 4.]])
    >>> pullback([[1.0, 2.0]])
    array([[0., 1., 0., 2., 0.]])
    """
    return bins.adaptive_vjp("max", 1, x, output_size, data_format, return_indices, out)


@documented("adaptive_max", 2, "vjp")
def adaptive_max_pool2d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The largest cell of each of a given number of windows over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.adaptive_max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], (1, 2))
    >>> y
    array([[[8., 8.]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[0., 0., 0.],
            [0., 3., 0.]]])
    """
    return bins.adaptive_vjp("max", 2, x, output_size, data_format, return_indices, out)


@documented("adaptive_max", 3, "vjp")
def adaptive_max_pool3d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    return_indices: bool = False, out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The largest cell of each of a given number of windows over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.adaptive_max_pool3d([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]], (2, 1, 2))
    >>> y.ravel()
    array([2., 3., 6., 9.])
    >>> pullback([[[[1.0, 2.0]], [[3.0, 4.0]]]]).ravel()
    array([0., 1., 2., 0., 3., 4.])
    """
    return bins.adaptive_vjp("max", 3, x, output_size, data_format, return_indices, out)


@documented("adaptive_avg", 1, "vjp")
def adaptive_avg_pool1d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The average of each of a given number of windows over one spatial axis, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.adaptive_avg_pool1d([[1.0, 5.0, 2.0, 4.0, 3.0]], 2)
    >>> y
    array([[2.66666667, 3.        ]])
    >>> pullback([[1.0, 2.0]])
    array([[0.33333333, 0.33333333, 1.        , 0.66666667, 0.66666667]])
    """
    return bins.adaptive_vjp("avg", 1, x, output_size, data_format, False, out)


@documented("adaptive_avg", 2, "vjp")
def adaptive_avg_pool2d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The average of each of a given number of windows over two spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.adaptive_avg_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], (1, 2))
    >>> y
    array([[[3.75, 4.25]]])
    >>> pullback([[[1.0, 2.0]]])
    array([[[0.25, 0.75, 0.5 ],
            [0.25, 0.75, 0.5 ]]])
    """
    return bins.adaptive_vjp("avg", 2, x, output_size, data_format, False, out)


@documented("adaptive_avg", 3, "vjp")
def adaptive_avg_pool3d(
    x: ArrayLike, output_size: Any, *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Any, Pullback]:
    """The average of each of a given number of windows over three spatial axes, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.adaptive_avg_pool3d([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]], (2, 1, 2))
    >>> y.ravel()
    array([1.5, 2.5, 5.5, 7.5])
    >>> pullback([[[[1.0, 2.0]], [[3.0, 4.0]]]]).ravel()
    array([0.5, 1.5, 1. , 1.5, 3.5, 2. ])
    """
    return bins.adaptive_vjp("avg", 3, x, output_size, data_format, False, out)
