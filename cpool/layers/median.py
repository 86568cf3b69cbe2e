"""Layers of median pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpool._arguments import ArrayLike
from cpool._docs import documented
from cpool._ops import median
from cpool.layers._window import WindowLayer


class _MedianPool(WindowLayer):
    """A layer of `_ops.median`."""

    def _forward(self, x: ArrayLike) -> Any:
        return median.forward(*self._call(x))

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return median.vjp(*self._call(x))

    def _call(self, x: ArrayLike) -> tuple[Any, ...]:
        window = (self.kernel_size, self.stride, self.padding, self.dilation)
        return self.rank, x, *window, self.ceil_mode, self.data_format, None


@documented("median", 1, "layer")
class MedianPool1d(_MedianPool):
    """The median of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MedianPool1d(3, 1)
    >>> layer([[3.0, 9.0, 1.0, 5.0]])
    array([[3., 5.]])
    >>> layer.backward([[1.0, 2.0]])
    array([[1., 0., 0., 2.]])
    """

    rank = 1


@documented("median", 2, "layer")
class MedianPool2d(_MedianPool):
    """The median of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MedianPool2d(2, 1)
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[3., 4.]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[0.5, 0. , 1. ],
            [0.5, 0. , 1. ]]])
    """

    rank = 2


@documented("median", 3, "layer")
class MedianPool3d(_MedianPool):
    """The median of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MedianPool3d(2)
    >>> layer([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])
    array([[[[4.5]]]])
    >>> layer.backward([[[[2.0]]]]).ravel()
    array([0., 0., 0., 1., 1., 0., 0., 0.])
    """

    rank = 3
