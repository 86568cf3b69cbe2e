"""The layers: configuration, parameters and state around the functions."""

from cpool.layers._layer import Layer
from cpool.layers.linear import AvgPool1d, AvgPool2d, AvgPool3d, SumPool1d, SumPool2d, SumPool3d
from cpool.layers.lp import GlobalLPPool, LPPool1d, LPPool2d, LPPool3d
from cpool.layers.median import MedianPool1d, MedianPool2d, MedianPool3d
from cpool.layers.select import MaxPool1d, MaxPool2d, MaxPool3d, MinPool1d, MinPool2d, MinPool3d
from cpool.layers.tutorial import Layers, Pooling
from cpool.layers.whole import GlobalAvgPool, GlobalMaxPool, GlobalMinPool, GlobalSumPool

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "GlobalAvgPool",
    "GlobalLPPool",
    "GlobalMaxPool",
    "GlobalMinPool",
    "GlobalSumPool",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "Layer",
    "Layers",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MedianPool1d",
    "MedianPool2d",
    "MedianPool3d",
    "MinPool1d",
    "MinPool2d",
    "MinPool3d",
    "Pooling",
    "SumPool1d",
    "SumPool2d",
    "SumPool3d",
]
