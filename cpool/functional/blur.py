"""Anti-aliased poolings, forward only."""

from __future__ import annotations

from typing import Literal

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import blur

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("blur", 1, "function")
def blur_pool1d(
    x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: Literal["reflect", "replicate", "zero"] = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """Every other cell over one spatial axis after a blur.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.blur_pool1d([[0.0, 0.0, 8.0, 8.0]], 3)
    array([[0., 6.]])
    """
    return blur.forward(1, x, None, filter_size, stride, mode, data_format, out)


@documented("blur", 2, "function")
def blur_pool2d(
    x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: Literal["reflect", "replicate", "zero"] = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """Every other cell over two spatial axes after a blur.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.blur_pool2d([[[0.0, 16.0], [0.0, 0.0]]], 3)
    array([[[4.]]])
    >>> cpool.blur_pool2d([[[0.0, 16.0], [0.0, 0.0]]], 3, mode="replicate")
    array([[[3.]]])
    """
    return blur.forward(2, x, None, filter_size, stride, mode, data_format, out)


@documented("blur", 3, "function")
def blur_pool3d(
    x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: Literal["reflect", "replicate", "zero"] = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """Every other cell over three spatial axes after a blur.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.blur_pool3d([[[[0.0, 16.0]], [[0.0, 0.0]]]], 3, mode="replicate")
    array([[[[3.]]]])
    """
    return blur.forward(3, x, None, filter_size, stride, mode, data_format, out)


@documented("max_blur", 1, "function")
def max_blur_pool1d(
    x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *,
    mode: Literal["reflect", "replicate", "zero"] = "reflect", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Max pooling over one spatial axis without aliasing.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_blur_pool1d([[0.0, 0.0, 8.0, 8.0, 8.0]], 2, 3)
    array([[4., 8.]])
    """
    return blur.max_forward(1, x, kernel_size, filter_size, stride, mode, data_format, out)


@documented("max_blur", 2, "function")
def max_blur_pool2d(
    x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *,
    mode: Literal["reflect", "replicate", "zero"] = "reflect", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Max pooling over two spatial axes without aliasing.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_blur_pool2d([[[0.0, 0.0, 8.0], [0.0, 4.0, 8.0]]], 2, 2, mode="replicate")
    array([[[6.]]])
    """
    return blur.max_forward(2, x, kernel_size, filter_size, stride, mode, data_format, out)


@documented("max_blur", 3, "function")
def max_blur_pool3d(
    x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *,
    mode: Literal["reflect", "replicate", "zero"] = "reflect", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Max pooling over three spatial axes without aliasing.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.max_blur_pool3d([[[[0.0, 0.0, 8.0]], [[0.0, 4.0, 8.0]]]], (2, 1, 2), 2, mode="replicate")
    array([[[[6.]]]])
    """
    return blur.max_forward(3, x, kernel_size, filter_size, stride, mode, data_format, out)
