"""The functions of cpool in plain numpy: slow, readable, the documentation of every rule and the oracle of every test."""

from cpool.reference import linear, select, unpool, vjp
from cpool.reference._public import forward

max_pool1d = forward(select.max_pool, 1)
max_pool2d = forward(select.max_pool, 2)
max_pool3d = forward(select.max_pool, 3)
min_pool1d = forward(select.min_pool, 1)
min_pool2d = forward(select.min_pool, 2)
min_pool3d = forward(select.min_pool, 3)
avg_pool1d = forward(linear.avg_pool, 1)
avg_pool2d = forward(linear.avg_pool, 2)
avg_pool3d = forward(linear.avg_pool, 3)
sum_pool1d = forward(linear.sum_pool, 1)
sum_pool2d = forward(linear.sum_pool, 2)
sum_pool3d = forward(linear.sum_pool, 3)
max_unpool1d = forward(unpool.max_unpool, 1)
max_unpool2d = forward(unpool.max_unpool, 2)
max_unpool3d = forward(unpool.max_unpool, 3)

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
    "vjp",
]
