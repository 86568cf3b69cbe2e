"""The layers: configuration, parameters and state around the functions."""

from cpool.layers._layer import Layer
from cpool.layers.linear import AvgPool1d, AvgPool2d, AvgPool3d, SumPool1d, SumPool2d, SumPool3d
from cpool.layers.select import MaxPool1d, MaxPool2d, MaxPool3d, MinPool1d, MinPool2d, MinPool3d
from cpool.layers.tutorial import Layers, Pooling
from cpool.layers.unpool import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "Layer",
    "Layers",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "MinPool1d",
    "MinPool2d",
    "MinPool3d",
    "Pooling",
    "SumPool1d",
    "SumPool2d",
    "SumPool3d",
]
