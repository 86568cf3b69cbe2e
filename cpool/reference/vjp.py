"""The functions of `cpool.reference` with their gradients: each returns (result, pullback), and pullback(grad_y) is grad_x."""

from cpool.reference import linear, lp, median, select, whole
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
global_avg_pool = with_gradient(whole.global_avg_pool, 0, suffix=False)
global_max_pool = with_gradient(whole.global_max_pool, 0, suffix=False)
global_min_pool = with_gradient(whole.global_min_pool, 0, suffix=False)
global_sum_pool = with_gradient(whole.global_sum_pool, 0, suffix=False)
lp_pool1d = with_gradient(lp.lp_pool, 1)
lp_pool2d = with_gradient(lp.lp_pool, 2)
lp_pool3d = with_gradient(lp.lp_pool, 3)
global_lp_pool = with_gradient(lp.global_lp_pool, 0, suffix=False)
median_pool1d = with_gradient(median.median_pool, 1)
median_pool2d = with_gradient(median.median_pool, 2)
median_pool3d = with_gradient(median.median_pool, 3)

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
]
