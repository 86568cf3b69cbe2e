"""The functions of cpool in plain numpy: slow, readable, the documentation of every rule and the oracle of every test."""

from cpool.reference import linear, lp, median, select, vjp, whole
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
global_avg_pool = forward(whole.global_avg_pool, 0, suffix=False)
global_max_pool = forward(whole.global_max_pool, 0, suffix=False)
global_min_pool = forward(whole.global_min_pool, 0, suffix=False)
global_sum_pool = forward(whole.global_sum_pool, 0, suffix=False)
lp_pool1d = forward(lp.lp_pool, 1)
lp_pool2d = forward(lp.lp_pool, 2)
lp_pool3d = forward(lp.lp_pool, 3)
global_lp_pool = forward(lp.global_lp_pool, 0, suffix=False)
median_pool1d = forward(median.median_pool, 1)
median_pool2d = forward(median.median_pool, 2)
median_pool3d = forward(median.median_pool, 3)

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "global_avg_pool",
    "global_lp_pool",
    "global_max_pool",
    "global_min_pool",
    "global_sum_pool",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "median_pool1d",
    "median_pool2d",
    "median_pool3d",
    "min_pool1d",
    "min_pool2d",
    "min_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
    "vjp",
]
