"""Layers of pooling over regions of interest: their inputs are x and the regions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, Ints, channels_last, flag, images, integer, integers, positive, sequence
from cpool._docs import documented
from cpool._geometry import region_shape
from cpool._ops import roi
from cpool.layers._layer import Layer, plain


class _RoILayer(Layer):
    """What both have; `backward` gives the gradient of x alone, the regions have none."""

    def __init__(self, output_size: Ints, spatial_scale: float, data_format: DataFormat, name: str | None) -> None:
        super().__init__(name)
        self.output_size: Ints = plain(output_size)
        integers("output_size", self.output_size, 2, 1)
        self.spatial_scale = positive("spatial_scale", spatial_scale)
        channels_last(data_format)
        self.data_format = data_format

    def output_shape(self, input_shape: tuple[int, ...], rois_shape: tuple[int, ...]) -> tuple[int, ...]:  # type: ignore[override]
        """The shape of the result for images and regions of these shapes."""
        last = channels_last(self.data_format)
        lengths = (integer(f"input_shape[{i}]", n, 0) for i, n in enumerate(sequence("input_shape", input_shape)))
        shape = images("input_shape", np.broadcast_to(0.0, tuple(lengths)), last).shape
        rois = tuple(integer(f"rois_shape[{i}]", n, 0) for i, n in enumerate(sequence("rois_shape", rois_shape)))
        if len(rois) != 2 or rois[1] != 5:
            raise ValueError(f"rois_shape={rois}: must be (K, 5)")
        return region_shape(shape, rois[0], integers("output_size", self.output_size, 2, 1), last)


class _RoIPool(_RoILayer):
    def __init__(
        self,
        output_size: Ints,
        spatial_scale: float = 1.0,
        *,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(output_size, spatial_scale, data_format, name)

    def _forward(self, x: ArrayLike, rois: ArrayLike) -> Any:
        return roi.pool(x, rois, self.output_size, self.spatial_scale, self.data_format, None)

    def _vjp(self, x: ArrayLike, rois: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return roi.pool_vjp(x, rois, self.output_size, self.spatial_scale, self.data_format, None)


class _RoIAlign(_RoILayer):
    def __init__(
        self,
        output_size: Ints,
        spatial_scale: float = 1.0,
        sampling_ratio: int = -1,
        aligned: bool = False,
        *,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(output_size, spatial_scale, data_format, name)
        self.sampling_ratio = integer("sampling_ratio", sampling_ratio)
        self.aligned = flag("aligned", aligned)

    def _forward(self, x: ArrayLike, rois: ArrayLike) -> Any:
        return roi.align(x, rois, *self._options())

    def _vjp(self, x: ArrayLike, rois: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return roi.align_vjp(x, rois, *self._options())

    def _options(self) -> tuple[Any, ...]:
        return self.output_size, self.spatial_scale, self.sampling_ratio, self.aligned, self.data_format, None


@documented("roi_pool", 2, "layer")
class RoIPool(_RoIPool):
    """The largest cell of each bin of each region of interest, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.RoIPool(1)
    >>> layer([[[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]]], [[0, 0, 0, 1, 1], [0, 1, 0, 2, 1]]).ravel()
    array([8., 8.])
    >>> layer.backward([[[[1.0]]], [[[2.0]]]])
    array([[[[0., 0., 0.],
             [0., 3., 0.]]]])
    >>> layer.output_shape((2, 16, 32, 32), (7, 5))
    (7, 16, 1, 1)
    """


@documented("roi_align", 2, "layer")
class RoIAlign(_RoIAlign):
    """The average of samples of each bin of each region of interest, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.RoIAlign((1, 2), aligned=True)
    >>> layer([[[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]]], [[0, 0.5, 0.5, 2.5, 1.5]])
    array([[[[3.75, 4.25]]]])
    >>> layer.backward([[[[1.0, 2.0]]]])
    array([[[[0.25, 0.75, 0.5 ],
             [0.25, 0.75, 0.5 ]]]])
    >>> layer
    RoIAlign((1, 2), aligned=True)
    """
