"""The functions of cpool in plain numpy: slow, readable, the documentation of every rule and the oracle of every test."""

from cpool.reference import bins, blur, chance, linear, lp, median, polyphase, roi, s3, select, softmax, unpool, vjp, whole
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
adaptive_max_pool1d = forward(bins.adaptive_max_pool, 1)
adaptive_max_pool2d = forward(bins.adaptive_max_pool, 2)
adaptive_max_pool3d = forward(bins.adaptive_max_pool, 3)
fractional_max_pool2d = forward(bins.fractional_max_pool, 2)
fractional_max_pool3d = forward(bins.fractional_max_pool, 3)
adaptive_avg_pool1d = forward(bins.adaptive_avg_pool, 1)
adaptive_avg_pool2d = forward(bins.adaptive_avg_pool, 2)
adaptive_avg_pool3d = forward(bins.adaptive_avg_pool, 3)
fractional_avg_pool2d = forward(bins.fractional_avg_pool, 2)
fractional_avg_pool3d = forward(bins.fractional_avg_pool, 3)
spatial_pyramid_pool2d = forward(bins.spatial_pyramid_pool, 2)
roi_align = forward(roi.roi_align, 2, suffix=False)
roi_pool = forward(roi.roi_pool, 2, suffix=False)
global_avg_pool = forward(whole.global_avg_pool, 0, suffix=False)
global_max_pool = forward(whole.global_max_pool, 0, suffix=False)
global_min_pool = forward(whole.global_min_pool, 0, suffix=False)
global_sum_pool = forward(whole.global_sum_pool, 0, suffix=False)
lp_pool1d = forward(lp.lp_pool, 1)
lp_pool2d = forward(lp.lp_pool, 2)
lp_pool3d = forward(lp.lp_pool, 3)
global_lp_pool = forward(lp.global_lp_pool, 0, suffix=False)
max_unpool1d = forward(unpool.max_unpool, 1)
max_unpool2d = forward(unpool.max_unpool, 2)
max_unpool3d = forward(unpool.max_unpool, 3)
median_pool1d = forward(median.median_pool, 1)
median_pool2d = forward(median.median_pool, 2)
median_pool3d = forward(median.median_pool, 3)
soft_pool1d = forward(softmax.soft_pool, 1)
soft_pool2d = forward(softmax.soft_pool, 2)
soft_pool3d = forward(softmax.soft_pool, 3)
stochastic_pool1d = forward(chance.stochastic_pool, 1)
stochastic_pool2d = forward(chance.stochastic_pool, 2)
stochastic_pool3d = forward(chance.stochastic_pool, 3)
max_pool_dropout1d = forward(chance.max_pool_dropout, 1)
max_pool_dropout2d = forward(chance.max_pool_dropout, 2)
max_pool_dropout3d = forward(chance.max_pool_dropout, 3)
rank_pool1d = forward(chance.rank_pool, 1)
rank_pool2d = forward(chance.rank_pool, 2)
rank_pool3d = forward(chance.rank_pool, 3)
s3_pool1d = forward(s3.s3_pool, 1)
s3_pool2d = forward(s3.s3_pool, 2)
s3_pool3d = forward(s3.s3_pool, 3)
blur_pool1d = forward(blur.blur_pool, 1)
blur_pool2d = forward(blur.blur_pool, 2)
blur_pool3d = forward(blur.blur_pool, 3)
max_blur_pool1d = forward(blur.max_blur_pool, 1)
max_blur_pool2d = forward(blur.max_blur_pool, 2)
max_blur_pool3d = forward(blur.max_blur_pool, 3)
polyphase_pool1d = forward(polyphase.polyphase_pool, 1)
polyphase_pool2d = forward(polyphase.polyphase_pool, 2)
polyphase_pool3d = forward(polyphase.polyphase_pool, 3)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "blur_pool1d",
    "blur_pool2d",
    "blur_pool3d",
    "fractional_avg_pool2d",
    "fractional_avg_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
    "global_avg_pool",
    "global_lp_pool",
    "global_max_pool",
    "global_min_pool",
    "global_sum_pool",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_blur_pool1d",
    "max_blur_pool2d",
    "max_blur_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_dropout1d",
    "max_pool_dropout2d",
    "max_pool_dropout3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "median_pool1d",
    "median_pool2d",
    "median_pool3d",
    "min_pool1d",
    "min_pool2d",
    "min_pool3d",
    "polyphase_pool1d",
    "polyphase_pool2d",
    "polyphase_pool3d",
    "rank_pool1d",
    "rank_pool2d",
    "rank_pool3d",
    "roi_align",
    "roi_pool",
    "s3_pool1d",
    "s3_pool2d",
    "s3_pool3d",
    "soft_pool1d",
    "soft_pool2d",
    "soft_pool3d",
    "spatial_pyramid_pool2d",
    "stochastic_pool1d",
    "stochastic_pool2d",
    "stochastic_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
    "vjp",
]
