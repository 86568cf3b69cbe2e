"""The functions, forward only: no winners are computed or kept unless they are asked for.

Each `def` is written out, so that it can be searched for and its signature and types are its own. The sections that their
docstrings share are in `_docs.py`; arguments are checked once, in `_ops`.
"""

from cpool.functional.linear import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    sum_pool1d,
    sum_pool2d,
    sum_pool3d,
)
from cpool.functional.select import (
    max_pool1d,
    max_pool2d,
    max_pool3d,
    min_pool1d,
    min_pool2d,
    min_pool3d,
)
from cpool.functional.unpool import max_unpool1d, max_unpool2d, max_unpool3d

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
