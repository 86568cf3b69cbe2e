"""The functions of `cpool.reference` with their gradients: each returns (result, pullback), and pullback(grad_y) is grad_x."""

from cpool.reference import linear, select, unpool
from cpool.reference._public import with_gradient

max_pool1d = with_gradient(select.max_pool, 1)
max_pool2d = with_gradient(select.max_pool, 2)
max_pool3d = with_gradient(select.max_pool, 3)
min_pool1d = with_gradient(select.min_pool, 1)
min_pool2d = with_gradient(select.min_pool, 2)
min_pool3d = with_gradient(select.min_pool, 3)
avg_pool1d = with_gradient(linear.avg_pool, 1)
avg_pool2d = with_gradient(linear.avg_pool, 2)
avg_pool3d = with_gradient(linear.avg_pool, 3)
sum_pool1d = with_gradient(linear.sum_pool, 1)
sum_pool2d = with_gradient(linear.sum_pool, 2)
sum_pool3d = with_gradient(linear.sum_pool, 3)
max_unpool1d = with_gradient(unpool.max_unpool, 1)
max_unpool2d = with_gradient(unpool.max_unpool, 2)
max_unpool3d = with_gradient(unpool.max_unpool, 3)

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "min_pool1d",
    "min_pool2d",
    "min_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
]
