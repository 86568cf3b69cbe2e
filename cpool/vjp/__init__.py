"""The functions with their gradients: the same names and arguments, returning the result and a pullback."""

from cpool._ops._call import Pullback
from cpool.vjp.linear import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    sum_pool1d,
    sum_pool2d,
    sum_pool3d,
)
from cpool.vjp.select import (
    max_pool1d,
    max_pool2d,
    max_pool3d,
    min_pool1d,
    min_pool2d,
    min_pool3d,
)
from cpool.vjp.unpool import max_unpool1d, max_unpool2d, max_unpool3d

__all__ = [
    "Pullback",
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
