"""Layers of Lp pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, flag, positive
from cpool._docs import documented
from cpool._ops import lp
from cpool.layers._layer import plain
from cpool.layers._whole import GlobalLayer
from cpool.layers._window import WindowLayer


class _LPPool(WindowLayer):
    """A layer of `_ops.lp`."""

    def __init__(
        self,
        norm_type: float,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        normalized: bool = False,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        positive("norm_type", norm_type)
        self.norm_type: float = plain(norm_type)
        self.normalized = flag("normalized", normalized)

    def _forward(self, x: ArrayLike) -> Any:
        return lp.forward(*self._call(x))

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return lp.vjp(*self._call(x))

    def _call(self, x: ArrayLike) -> tuple[Any, ...]:
        window = (self.kernel_size, self.stride, self.padding, self.dilation)
        return self.rank, x, self.norm_type, *window, self.normalized, self.ceil_mode, self.data_format, None


class _GlobalLPPool(GlobalLayer):
    def __init__(
        self,
        norm_type: float,
        *,
        normalized: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(data_format=data_format, name=name)
        positive("norm_type", norm_type)
        self.norm_type: float = plain(norm_type)
        self.normalized = flag("normalized", normalized)

    def _forward(self, x: ArrayLike) -> Any:
        return lp.whole_forward(x, self.norm_type, self.normalized, self.data_format, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return lp.whole_vjp(x, self.norm_type, self.normalized, self.data_format, None)


@documented("lp", 1, "layer")
class LPPool1d(_LPPool):
    """The Lp norm of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.LPPool1d(2, 2)
    >>> layer([[3.0, -4.0, 6.0, 8.0]])
    array([[ 5., 10.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[ 0.6, -0.8,  0.6,  0.8]])
    """

    rank = 1


@documented("lp", 2, "layer")
class LPPool2d(_LPPool):
    """The Lp norm of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.LPPool2d(2, (1, 2))
    >>> layer([[[3.0, -4.0], [0.0, 0.0]]])
    array([[[5.],
            [0.]]])
    >>> layer.backward([[[1.0], [1.0]]])
    array([[[ 0.6, -0.8],
            [ 0. ,  0. ]]])
    """

    rank = 2


@documented("lp", 3, "layer")
class LPPool3d(_LPPool):
    """The Lp norm of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.LPPool3d(2, (1, 1, 2))
    >>> layer([[[[3.0, -4.0]], [[0.0, 0.0]]]]).ravel()
    array([5., 0.])
    >>> layer.backward([[[[1.0]], [[1.0]]]]).ravel()
    array([ 0.6, -0.8,  0. ,  0. ])
    """

    rank = 3


@documented("global_lp", 0, "layer")
class GlobalLPPool(_GlobalLPPool):
    """The Lp norm of each channel of each image, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GlobalLPPool(2)
    >>> layer([[[3.0, -4.0]]])
    array([[[5.]]])
    >>> layer.backward([[[1.0]]])
    array([[[ 0.6, -0.8]]])
    """
