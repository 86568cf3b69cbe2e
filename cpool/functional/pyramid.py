"""Spatial pyramid pooling, forward only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._docs import documented
from cpool._ops import pyramid

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("spatial_pyramid", 2, "function")
def spatial_pyramid_pool2d(
    x: ArrayLike, levels: Sequence[int], mode: Literal["max", "avg"] = "max", *, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> Array:
    """Adaptive poolings of several sizes as one row of features.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.spatial_pyramid_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], [1, 2])
    array([8., 4., 3., 8., 8.])
    """
    return pyramid.forward(x, levels, mode, data_format, out)
