"""S3Pool, with its gradient."""

from __future__ import annotations

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool._docs import documented
from cpool._ops import s3
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("s3", 1, "vjp")
def s3_pool1d(
    x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest cells of windows over one spatial axis that chance leaves of all, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.s3_pool1d([[1.0, 2.0, 3.0, 4.0]], 2, 2, rng=0)
    >>> y
    array([[3., 4.]])
    >>> pullback([[1.0, 1.0]])
    array([[0., 0., 1., 1.]])
    """
    setting = s3.Setting(kernel_size, grid_size, stride, padding, dilation, training, rng, ceil_mode, data_format)
    return s3.vjp(1, x, setting, out)


@documented("s3", 2, "vjp")
def s3_pool2d(
    x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest cells of windows over two spatial axes that chance leaves of all, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.s3_pool2d([[[1.0, 2.0], [0.0, 5.0]]], 2, 2, training=False)
    >>> y
    array([[[5.]]])
    >>> pullback([[[1.0]]])
    array([[[0., 0.],
            [0., 1.]]])
    """
    setting = s3.Setting(kernel_size, grid_size, stride, padding, dilation, training, rng, ceil_mode, data_format)
    return s3.vjp(2, x, setting, out)


@documented("s3", 3, "vjp")
def s3_pool3d(
    x: ArrayLike, kernel_size: Ints, grid_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    dilation: Ints = 1, *, training: bool = True, rng: np.random.Generator | int | None = None,
    ceil_mode: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest cells of windows over three spatial axes that chance leaves of all, with the gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> y, pullback = cpool.vjp.s3_pool3d([[[[1.0, 3.0]], [[0.0, 4.0]]]], (2, 1, 2), 2, training=False)
    >>> y
    array([[[[4.]]]])
    >>> pullback([[[[1.0]]]]).ravel()
    array([0., 0., 0., 1.])
    """
    setting = s3.Setting(kernel_size, grid_size, stride, padding, dilation, training, rng, ceil_mode, data_format)
    return s3.vjp(3, x, setting, out)
