"""Anti-aliased poolings, with their gradients."""

from __future__ import annotations

from typing import Literal

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import blur
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("blur", 1, "vjp")
def blur_pool1d(
    x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: Literal["reflect", "replicate", "zero"] = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Every other cell over one spatial axis after a blur, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.blur_pool1d([[0.0, 0.0, 8.0, 8.0]], 3)
    >>> y
    array([[0., 6.]])
    >>> pullback([[1.0, 1.0]])
    array([[0.5 , 0.75, 0.5 , 0.25]])
    """
    return blur.vjp(1, x, None, filter_size, stride, mode, data_format, out)


@documented("blur", 2, "vjp")
def blur_pool2d(
    x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: Literal["reflect", "replicate", "zero"] = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Every other cell over two spatial axes after a blur, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.blur_pool2d([[[0.0, 16.0], [0.0, 0.0]]], 3)
    >>> pullback([[[16.0]]])
    array([[[4., 4.],
            [4., 4.]]])
    """
    return blur.vjp(2, x, None, filter_size, stride, mode, data_format, out)


@documented("blur", 3, "vjp")
def blur_pool3d(
    x: ArrayLike, filter_size: Ints = 4, stride: Ints = 2, *, mode: Literal["reflect", "replicate", "zero"] = "reflect",
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Every other cell over three spatial axes after a blur, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.blur_pool3d([[[[0.0, 16.0]], [[0.0, 0.0]]]], 3, mode="replicate")
    >>> pullback([[[[16.0]]]]).ravel()
    array([9., 3., 3., 1.])
    """
    return blur.vjp(3, x, None, filter_size, stride, mode, data_format, out)


@documented("max_blur", 1, "vjp")
def max_blur_pool1d(
    x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *,
    mode: Literal["reflect", "replicate", "zero"] = "reflect", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Max pooling over one spatial axis without aliasing, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_blur_pool1d([[0.0, 0.0, 8.0, 8.0, 8.0]], 2, 3)
    >>> y
    array([[4., 8.]])
    >>> pullback([[1.0, 1.0]])
    array([[0.5 , 0.  , 1.25, 0.25, 0.  ]])
    """
    return blur.max_vjp(1, x, kernel_size, filter_size, stride, mode, data_format, out)


@documented("max_blur", 2, "vjp")
def max_blur_pool2d(
    x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *,
    mode: Literal["reflect", "replicate", "zero"] = "reflect", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Max pooling over two spatial axes without aliasing, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_blur_pool2d([[[0.0, 0.0, 8.0], [0.0, 4.0, 8.0]]], 2, 2, mode="replicate")
    >>> pullback([[[1.0]]])
    array([[[0. , 0. , 0.5],
            [0. , 0.5, 0. ]]])
    """
    return blur.max_vjp(2, x, kernel_size, filter_size, stride, mode, data_format, out)


@documented("max_blur", 3, "vjp")
def max_blur_pool3d(
    x: ArrayLike, kernel_size: Ints = 2, filter_size: Ints = 4, stride: Ints = 2, *,
    mode: Literal["reflect", "replicate", "zero"] = "reflect", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Max pooling over three spatial axes without aliasing, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_blur_pool3d([[[[0.0, 0.0, 8.0]], [[0.0, 4.0, 8.0]]]], (2, 1, 2), 2, mode="replicate")
    >>> pullback([[[[1.0]]]]).ravel()
    array([0. , 0. , 0.5, 0. , 0.5, 0. ])
    """
    return blur.max_vjp(3, x, kernel_size, filter_size, stride, mode, data_format, out)
