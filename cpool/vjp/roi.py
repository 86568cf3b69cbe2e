"""Pooling over regions of interest, with its gradient."""

from __future__ import annotations

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import roi
from cpool._ops._call import Pullback

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("roi_pool", 2, "vjp")
def roi_pool(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float = 1.0, *,
    data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The largest cell of each bin of each region of interest, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> x = [[[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]]]
    >>> y, pullback = cpool.vjp.roi_pool(x, [[0, 0, 0, 1, 1], [0, 1, 0, 2, 1]], 1)
    >>> y.ravel()
    array([8., 8.])
    >>> pullback([[[[1.0]]], [[[2.0]]]])
    array([[[[0., 0., 0.],
             [0., 3., 0.]]]])
    """
    return roi.pool_vjp(x, rois, output_size, spatial_scale, data_format, out)


@documented("roi_align", 2, "vjp")
def roi_align(
    x: ArrayLike, rois: ArrayLike, output_size: Ints, spatial_scale: float = 1.0, sampling_ratio: int = -1,
    aligned: bool = False, *, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> tuple[Array, Pullback]:
    """The average of samples of each bin of each region of interest, and its gradient.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> x = [[[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]]]
    >>> y, pullback = cpool.vjp.roi_align(x, [[0, 0.5, 0.5, 2.5, 1.5]], (1, 2), aligned=True)
    >>> y
    array([[[[3.75, 4.25]]]])
    >>> pullback([[[[1.0, 2.0]]]])
    array([[[[0.25, 0.75, 0.5 ],
             [0.25, 0.75, 0.5 ]]]])
    """
    return roi.align_vjp(
        x, rois, output_size, spatial_scale, sampling_ratio, aligned, data_format, out
    )
