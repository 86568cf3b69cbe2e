"""Pooling over regions of interest, forward only."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import roi

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("roi_pool", 2, "function")
def roi_pool(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float = 1.0, *,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The largest cell of each bin of each region of interest.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> x = [[[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]]]
    >>> cpool.roi_pool(x, [[0, 0, 0, 2, 1], [0, 1, 0, 2, 0]], (1, 2))
    array([[[[8., 8.]]],
    <BLANKLINE>
    <BLANKLINE>
           [[[1., 3.]]]])
    """
    return roi.pool(x, rois, output_size, spatial_scale, data_format, out)


@documented("roi_align", 2, "function")
def roi_align(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float = 1.0, sampling_ratio: int = -1,
    aligned: bool = False, *, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Array:
    """The average of samples of each bin of each region of interest.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> x = [[[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]]]
    >>> cpool.roi_align(x, [[0, 0.5, 0.5, 2.5, 1.5]], (1, 2), aligned=True)
    array([[[[3.75, 4.25]]]])
    """
    return roi.align(
        x, rois, output_size, spatial_scale, sampling_ratio, aligned, data_format, out
    )
