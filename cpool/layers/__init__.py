"""The layers: configuration, parameters and state around the functions."""

from cpool.layers._layer import Layer
from cpool.layers.adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from cpool.layers.attention import AttentionPool
from cpool.layers.blur import BlurPool1d, BlurPool2d, BlurPool3d, MaxBlurPool1d, MaxBlurPool2d, MaxBlurPool3d
from cpool.layers.chance import (
    MaxPoolDropout1d,
    MaxPoolDropout2d,
    MaxPoolDropout3d,
    RankPool1d,
    RankPool2d,
    RankPool3d,
    StochasticPool1d,
    StochasticPool2d,
    StochasticPool3d,
)
from cpool.layers.detail import DetailPreservingPool1d, DetailPreservingPool2d, DetailPreservingPool3d
from cpool.layers.fractional import FractionalAvgPool2d, FractionalAvgPool3d, FractionalMaxPool2d, FractionalMaxPool3d
from cpool.layers.gates import (
    GatedPool1d,
    GatedPool2d,
    GatedPool3d,
    MixedPool1d,
    MixedPool2d,
    MixedPool3d,
    TreePool1d,
    TreePool2d,
    TreePool3d,
)
from cpool.layers.generalized import GeneralizedMaxPool
from cpool.layers.linear import AvgPool1d, AvgPool2d, AvgPool3d, SumPool1d, SumPool2d, SumPool3d
from cpool.layers.lp import GlobalLPPool, LPPool1d, LPPool2d, LPPool3d
from cpool.layers.median import MedianPool1d, MedianPool2d, MedianPool3d
from cpool.layers.polyphase import PolyphasePool1d, PolyphasePool2d, PolyphasePool3d
from cpool.layers.power import GeMPool1d, GeMPool2d, GeMPool3d
from cpool.layers.pyramid import SpatialPyramidPool2d
from cpool.layers.roi import RoIAlign, RoIPool
from cpool.layers.s3 import S3Pool1d, S3Pool2d, S3Pool3d
from cpool.layers.select import MaxPool1d, MaxPool2d, MaxPool3d, MinPool1d, MinPool2d, MinPool3d
from cpool.layers.softmax import (
    LSEPool1d,
    LSEPool2d,
    LSEPool3d,
    SoftmaxPool1d,
    SoftmaxPool2d,
    SoftmaxPool3d,
    SoftPool1d,
    SoftPool2d,
    SoftPool3d,
)
from cpool.layers.tutorial import Layers, Pooling
from cpool.layers.unpool import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from cpool.layers.weights import (
    OrdinalPool1d,
    OrdinalPool2d,
    OrdinalPool3d,
    WeightedMaxPool1d,
    WeightedMaxPool2d,
    WeightedMaxPool3d,
)
from cpool.layers.whole import GlobalAvgPool, GlobalMaxPool, GlobalMinPool, GlobalSumPool

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AttentionPool",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BlurPool1d",
    "BlurPool2d",
    "BlurPool3d",
    "DetailPreservingPool1d",
    "DetailPreservingPool2d",
    "DetailPreservingPool3d",
    "FractionalAvgPool2d",
    "FractionalAvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "GatedPool1d",
    "GatedPool2d",
    "GatedPool3d",
    "GeMPool1d",
    "GeMPool2d",
    "GeMPool3d",
    "GeneralizedMaxPool",
    "GlobalAvgPool",
    "GlobalLPPool",
    "GlobalMaxPool",
    "GlobalMinPool",
    "GlobalSumPool",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "LSEPool1d",
    "LSEPool2d",
    "LSEPool3d",
    "Layer",
    "Layers",
    "MaxBlurPool1d",
    "MaxBlurPool2d",
    "MaxBlurPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxPoolDropout1d",
    "MaxPoolDropout2d",
    "MaxPoolDropout3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "MedianPool1d",
    "MedianPool2d",
    "MedianPool3d",
    "MinPool1d",
    "MinPool2d",
    "MinPool3d",
    "MixedPool1d",
    "MixedPool2d",
    "MixedPool3d",
    "OrdinalPool1d",
    "OrdinalPool2d",
    "OrdinalPool3d",
    "PolyphasePool1d",
    "PolyphasePool2d",
    "PolyphasePool3d",
    "Pooling",
    "RankPool1d",
    "RankPool2d",
    "RankPool3d",
    "RoIAlign",
    "RoIPool",
    "S3Pool1d",
    "S3Pool2d",
    "S3Pool3d",
    "SoftPool1d",
    "SoftPool2d",
    "SoftPool3d",
    "SoftmaxPool1d",
    "SoftmaxPool2d",
    "SoftmaxPool3d",
    "SpatialPyramidPool2d",
    "StochasticPool1d",
    "StochasticPool2d",
    "StochasticPool3d",
    "SumPool1d",
    "SumPool2d",
    "SumPool3d",
    "TreePool1d",
    "TreePool2d",
    "TreePool3d",
    "WeightedMaxPool1d",
    "WeightedMaxPool2d",
    "WeightedMaxPool3d",
]
