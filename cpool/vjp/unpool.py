"""Max unpooling with its gradient."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import unpool
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("unpool", 1, "vjp")
def max_unpool1d(
    x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Values put back where max pooling over one spatial axis found them, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_unpool1d([[5.0, 4.0]], [[1, 3]], 2)
    >>> y
    array([[0., 5., 0., 4.]])
    >>> pullback([[1.0, 2.0, 3.0, 4.0]])
    array([[2., 4.]])
    """
    return unpool.vjp(1, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format, out)


@documented("unpool", 2, "vjp")
def max_unpool2d(
    x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Values put back where max pooling over two spatial axes found them, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_unpool2d([[[5.0, 4.0]]], [[[1, 6]]], 2)
    >>> y
    array([[[0., 5., 0., 0.],
            [0., 0., 4., 0.]]])
    >>> pullback([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
    array([[[2., 7.]]])
    """
    return unpool.vjp(2, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format, out)


@documented("unpool", 3, "vjp")
def max_unpool3d(
    x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:
    """Values put back where max pooling over three spatial axes found them, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.max_unpool3d([[[[8.0]]]], [[[[7]]]], 2)
    >>> pullback([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])
    array([[[[8.]]]])
    """
    return unpool.vjp(3, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format, out)
