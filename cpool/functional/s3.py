"""S3Pool, forward only."""

from __future__ import annotations

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import s3

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("s3", 1, "function")
def s3_pool1d(
    x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest cells of windows over one spatial axis that chance leaves of all.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.s3_pool1d([[1.0, 2.0, 3.0, 4.0, 0.0, 6.0]], 2, 4, rng=0)
    array([[4., 4., 6.]])
    >>> cpool.s3_pool1d([[1.0, 2.0, 3.0, 4.0, 0.0, 6.0]], 2, 4, training=False)
    array([[2.5, 4. , 6. ]])
    """
    setting = s3.Setting(kernel_size, grid_size, stride, padding, dilation, training, rng, ceil_mode, data_format)
    return s3.forward(1, x, setting, out)


@documented("s3", 2, "function")
def s3_pool2d(
    x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest cells of windows over two spatial axes that chance leaves of all.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.s3_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, 2, training=False)
    array([[[5.]]])
    """
    setting = s3.Setting(kernel_size, grid_size, stride, padding, dilation, training, rng, ceil_mode, data_format)
    return s3.forward(2, x, setting, out)


@documented("s3", 3, "function")
def s3_pool3d(
    x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest cells of windows over three spatial axes that chance leaves of all.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.s3_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), 2, training=False)
    array([[[[4.]]]])
    """
    setting = s3.Setting(kernel_size, grid_size, stride, padding, dilation, training, rng, ceil_mode, data_format)
    return s3.forward(3, x, setting, out)
