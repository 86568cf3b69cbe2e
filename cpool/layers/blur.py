"""Layers of anti-aliased poolings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from cpool._arguments import ArrayLike, DataFormat, Ints, channels_last, integers, spatial_shape
from cpool._docs import documented
from cpool._geometry import with_spatial
from cpool._ops import blur
from cpool.layers._layer import Layer, checked_shape, plain


class _BlurPool(Layer):
    rank: ClassVar[int]
    kernel_size: Ints | None = None

    def __init__(
        self,
        filter_size: Ints = 4,
        stride: Ints = 2,
        *,
        mode: Literal["reflect", "replicate", "zero"] = "reflect",
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.filter_size: Ints = plain(filter_size)
        self.stride: Ints = plain(stride)
        self.mode, self.data_format = mode, data_format
        blur.blur_of(self.rank, self.filter_size, self.stride, mode, data_format)

    def _arguments(self) -> tuple[Ints | None, Ints, Ints, str, str]:
        return self.kernel_size, self.filter_size, self.stride, self.mode, self.data_format

    def _forward(self, x: ArrayLike) -> Any:
        return blur.forward(self.rank, x, *self._arguments(), None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return blur.vjp(self.rank, x, *self._arguments(), None)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        last = channels_last(self.data_format)
        shape = checked_shape(input_shape, self.rank, last)
        sizes = blur.before_blur(self.rank, spatial_shape(shape, self.rank, last), self.kernel_size)
        setting = blur.blur_of(self.rank, self.filter_size, self.stride, self.mode, self.data_format)
        return with_spatial(shape, blur.blurred_sizes(sizes, setting), last)


@documented("blur", 1, "layer")
class BlurPool1d(_BlurPool):
    """Every other cell over one spatial axis after a blur, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.BlurPool1d(3)
    >>> layer([[0.0, 0.0, 8.0, 8.0]])
    array([[0., 6.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[0.5 , 0.75, 0.5 , 0.25]])
    """

    rank = 1


@documented("blur", 2, "layer")
class BlurPool2d(_BlurPool):
    """Every other cell over two spatial axes after a blur, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.BlurPool2d(3)
    >>> layer([[[0.0, 16.0], [0.0, 0.0]]])
    array([[[4.]]])
    """

    rank = 2


@documented("blur", 3, "layer")
class BlurPool3d(_BlurPool):
    """Every other cell over three spatial axes after a blur, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.BlurPool3d().output_shape((8, 3, 16, 32, 31))
    (8, 3, 8, 16, 16)
    """

    rank = 3


class _MaxBlurPool(_BlurPool):
    def __init__(
        self,
        kernel_size: Ints = 2,
        filter_size: Ints = 4,
        stride: Ints = 2,
        *,
        mode: Literal["reflect", "replicate", "zero"] = "reflect",
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(filter_size, stride, mode=mode, data_format=data_format, name=name)
        self.kernel_size = plain(kernel_size)
        integers("kernel_size", kernel_size, self.rank, 1)


@documented("max_blur", 1, "layer")
class MaxBlurPool1d(_MaxBlurPool):
    """Max pooling over one spatial axis without aliasing, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxBlurPool1d(2, 3)
    >>> layer([[0.0, 0.0, 8.0, 8.0, 8.0]])
    array([[4., 8.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[0.5 , 0.  , 1.25, 0.25, 0.  ]])
    """

    rank = 1


@documented("max_blur", 2, "layer")
class MaxBlurPool2d(_MaxBlurPool):
    """Max pooling over two spatial axes without aliasing, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxBlurPool2d(filter_size=2, mode="replicate")
    >>> layer([[[0.0, 0.0, 8.0], [0.0, 4.0, 8.0]]])
    array([[[6.]]])
    """

    rank = 2


@documented("max_blur", 3, "layer")
class MaxBlurPool3d(_MaxBlurPool):
    """Max pooling over three spatial axes without aliasing, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.MaxBlurPool3d().output_shape((8, 3, 16, 32, 31))
    (8, 3, 8, 16, 15)
    """

    rank = 3
