"""Max unpooling, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import unpool

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("unpool", 1, "function")
def max_unpool1d(
    x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Values put back where max pooling over one spatial axis found them.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, indices = cpool.max_pool1d([[1.0, 5.0, 2.0, 4.0]], 2, return_indices=True)
    >>> cpool.max_unpool1d(y, indices, 2)
    array([[0., 5., 0., 4.]])
    >>> cpool.max_unpool1d([[3.0, 4.0]], [[1, 1]], 2, duplicates="sum")
    array([[0., 7., 0., 0.]])
    """
    return unpool.forward(1, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format, out)


@documented("unpool", 2, "function")
def max_unpool2d(
    x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Values put back where max pooling over two spatial axes found them.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, indices = cpool.max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], 2, return_indices=True)
    >>> cpool.max_unpool2d(y, indices, 2, output_size=(2, 3))
    array([[[0., 0., 0.],
            [0., 8., 0.]]])
    """
    return unpool.forward(2, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format, out)


@documented("unpool", 3, "function")
def max_unpool3d(
    x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Values put back where max pooling over three spatial axes found them.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, indices = cpool.max_pool3d([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], 2, return_indices=True)
    >>> cpool.max_unpool3d(y, indices, 2).ravel()
    array([0., 0., 0., 0., 0., 0., 0., 8.])
    """
    return unpool.forward(3, x, indices, kernel_size, stride, padding, output_size, duplicates, data_format, out)
