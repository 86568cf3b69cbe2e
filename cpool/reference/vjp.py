"""The functions of `cpool.reference` with their gradients: each returns (result, pullback), and pullback(grad_y) is grad_x."""

from cpool.reference import (
    attention,
    bins,
    blur,
    chance,
    detail,
    gates,
    generalized,
    linear,
    lp,
    median,
    polyphase,
    power,
    roi,
    s3,
    select,
    softmax,
    unpool,
    weights,
    whole,
)
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
adaptive_max_pool1d = with_gradient(bins.adaptive_max_pool, 1)
adaptive_max_pool2d = with_gradient(bins.adaptive_max_pool, 2)
adaptive_max_pool3d = with_gradient(bins.adaptive_max_pool, 3)
fractional_max_pool2d = with_gradient(bins.fractional_max_pool, 2)
fractional_max_pool3d = with_gradient(bins.fractional_max_pool, 3)
adaptive_avg_pool1d = with_gradient(bins.adaptive_avg_pool, 1)
adaptive_avg_pool2d = with_gradient(bins.adaptive_avg_pool, 2)
adaptive_avg_pool3d = with_gradient(bins.adaptive_avg_pool, 3)
fractional_avg_pool2d = with_gradient(bins.fractional_avg_pool, 2)
fractional_avg_pool3d = with_gradient(bins.fractional_avg_pool, 3)
spatial_pyramid_pool2d = with_gradient(bins.spatial_pyramid_pool, 2)
roi_align = with_gradient(roi.roi_align, 2, suffix=False)
roi_pool = with_gradient(roi.roi_pool, 2, suffix=False)
global_avg_pool = with_gradient(whole.global_avg_pool, 0, suffix=False)
global_max_pool = with_gradient(whole.global_max_pool, 0, suffix=False)
global_min_pool = with_gradient(whole.global_min_pool, 0, suffix=False)
global_sum_pool = with_gradient(whole.global_sum_pool, 0, suffix=False)
lp_pool1d = with_gradient(lp.lp_pool, 1)
lp_pool2d = with_gradient(lp.lp_pool, 2)
lp_pool3d = with_gradient(lp.lp_pool, 3)
global_lp_pool = with_gradient(lp.global_lp_pool, 0, suffix=False)
max_unpool1d = with_gradient(unpool.max_unpool, 1)
max_unpool2d = with_gradient(unpool.max_unpool, 2)
max_unpool3d = with_gradient(unpool.max_unpool, 3)
median_pool1d = with_gradient(median.median_pool, 1)
median_pool2d = with_gradient(median.median_pool, 2)
median_pool3d = with_gradient(median.median_pool, 3)
soft_pool1d = with_gradient(softmax.soft_pool, 1)
soft_pool2d = with_gradient(softmax.soft_pool, 2)
soft_pool3d = with_gradient(softmax.soft_pool, 3)
lse_pool1d = with_gradient(softmax.lse_pool, 1)
lse_pool2d = with_gradient(softmax.lse_pool, 2)
lse_pool3d = with_gradient(softmax.lse_pool, 3)
softmax_pool1d = with_gradient(softmax.softmax_pool, 1)
softmax_pool2d = with_gradient(softmax.softmax_pool, 2)
softmax_pool3d = with_gradient(softmax.softmax_pool, 3)
gem_pool1d = with_gradient(power.gem_pool, 1)
gem_pool2d = with_gradient(power.gem_pool, 2)
gem_pool3d = with_gradient(power.gem_pool, 3)
attention_pool = with_gradient(attention.attention_pool, 0, suffix=False)
generalized_max_pool = with_gradient(generalized.generalized_max_pool, 0, suffix=False)
mixed_pool1d = with_gradient(gates.mixed_pool, 1)
mixed_pool2d = with_gradient(gates.mixed_pool, 2)
mixed_pool3d = with_gradient(gates.mixed_pool, 3)
gated_pool1d = with_gradient(gates.gated_pool, 1)
gated_pool2d = with_gradient(gates.gated_pool, 2)
gated_pool3d = with_gradient(gates.gated_pool, 3)
tree_pool1d = with_gradient(gates.tree_pool, 1)
tree_pool2d = with_gradient(gates.tree_pool, 2)
tree_pool3d = with_gradient(gates.tree_pool, 3)
weighted_max_pool1d = with_gradient(weights.weighted_max_pool, 1)
weighted_max_pool2d = with_gradient(weights.weighted_max_pool, 2)
weighted_max_pool3d = with_gradient(weights.weighted_max_pool, 3)
ordinal_pool1d = with_gradient(weights.ordinal_pool, 1)
ordinal_pool2d = with_gradient(weights.ordinal_pool, 2)
ordinal_pool3d = with_gradient(weights.ordinal_pool, 3)
detail_preserving_pool1d = with_gradient(detail.detail_preserving_pool, 1)
detail_preserving_pool2d = with_gradient(detail.detail_preserving_pool, 2)
detail_preserving_pool3d = with_gradient(detail.detail_preserving_pool, 3)
stochastic_pool1d = with_gradient(chance.stochastic_pool, 1)
stochastic_pool2d = with_gradient(chance.stochastic_pool, 2)
stochastic_pool3d = with_gradient(chance.stochastic_pool, 3)
max_pool_dropout1d = with_gradient(chance.max_pool_dropout, 1)
max_pool_dropout2d = with_gradient(chance.max_pool_dropout, 2)
max_pool_dropout3d = with_gradient(chance.max_pool_dropout, 3)
rank_pool1d = with_gradient(chance.rank_pool, 1)
rank_pool2d = with_gradient(chance.rank_pool, 2)
rank_pool3d = with_gradient(chance.rank_pool, 3)
s3_pool1d = with_gradient(s3.s3_pool, 1)
s3_pool2d = with_gradient(s3.s3_pool, 2)
s3_pool3d = with_gradient(s3.s3_pool, 3)
blur_pool1d = with_gradient(blur.blur_pool, 1)
blur_pool2d = with_gradient(blur.blur_pool, 2)
blur_pool3d = with_gradient(blur.blur_pool, 3)
max_blur_pool1d = with_gradient(blur.max_blur_pool, 1)
max_blur_pool2d = with_gradient(blur.max_blur_pool, 2)
max_blur_pool3d = with_gradient(blur.max_blur_pool, 3)
polyphase_pool1d = with_gradient(polyphase.polyphase_pool, 1)
polyphase_pool2d = with_gradient(polyphase.polyphase_pool, 2)
polyphase_pool3d = with_gradient(polyphase.polyphase_pool, 3)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "attention_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "blur_pool1d",
    "blur_pool2d",
    "blur_pool3d",
    "detail_preserving_pool1d",
    "detail_preserving_pool2d",
    "detail_preserving_pool3d",
    "fractional_avg_pool2d",
    "fractional_avg_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
    "gated_pool1d",
    "gated_pool2d",
    "gated_pool3d",
    "gem_pool1d",
    "gem_pool2d",
    "gem_pool3d",
    "generalized_max_pool",
    "global_avg_pool",
    "global_lp_pool",
    "global_max_pool",
    "global_min_pool",
    "global_sum_pool",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "lse_pool1d",
    "lse_pool2d",
    "lse_pool3d",
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
    "mixed_pool1d",
    "mixed_pool2d",
    "mixed_pool3d",
    "ordinal_pool1d",
    "ordinal_pool2d",
    "ordinal_pool3d",
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
    "softmax_pool1d",
    "softmax_pool2d",
    "softmax_pool3d",
    "spatial_pyramid_pool2d",
    "stochastic_pool1d",
    "stochastic_pool2d",
    "stochastic_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
    "tree_pool1d",
    "tree_pool2d",
    "tree_pool3d",
    "weighted_max_pool1d",
    "weighted_max_pool2d",
    "weighted_max_pool3d",
]
