"""Layers of the poolings whose result is one cell of the window: max and min."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cpool._arguments import ArrayLike
from cpool._docs import documented
from cpool._ops import select
from cpool.layers._window import WindowLayer


class _SelectPool(WindowLayer):
    """A layer of `_ops.select`."""

    kind: ClassVar[str]

    def _forward(self, x: ArrayLike) -> Any:
        return select.forward(
            self.kind, self.rank, x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.data_format,
            False, None,
        )  # fmt: skip

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return select.vjp(
            self.kind, self.rank, x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.data_format,
            False, None,
        )  # fmt: skip


class _MaxPool(_SelectPool):
    kind = "max"


class _MinPool(_SelectPool):
    kind = "min"


@documented("max", 1, "layer")
class MaxPool1d(_MaxPool):
    """The largest cell of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPool1d(2)
    >>> layer([[1.0, 5.0, 2.0, 4.0]])
    array([[5., 4.]])
    >>> layer.backward([[1.0, 2.0]])
    array([[0., 1., 0., 2.]])
    """

    rank = 1


@documented("max", 2, "layer")
class MaxPool2d(_MaxPool):
    """The largest cell of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPool2d(2, stride=1)
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[8., 8.]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[0., 0., 0.],
            [0., 3., 0.]]])
    >>> layer
    MaxPool2d(2, stride=1)
    >>> layer.output_shape((16, 3, 32, 32))
    (16, 3, 31, 31)
    """

    rank = 2


@documented("max", 3, "layer")
class MaxPool3d(_MaxPool):
    """The largest cell of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPool3d((1, 2, 2))
    >>> layer([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]]).ravel()
    array([4., 8.])
    >>> layer.backward([[[[1.0]], [[2.0]]]]).ravel()
    array([0., 0., 0., 1., 0., 0., 0., 2.])
    """

    rank = 3


@documented("min", 1, "layer")
class MinPool1d(_MinPool):
    """The smallest cell of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MinPool1d(2)
    >>> layer([[1.0, 5.0, 2.0, 4.0]])
    array([[1., 2.]])
    >>> layer.backward([[1.0, 2.0]])
    array([[1., 0., 2., 0.]])
    """

    rank = 1


@documented("min", 2, "layer")
class MinPool2d(_MinPool):
    """The smallest cell of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MinPool2d(2, stride=1)
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[1., 1.]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[0., 3., 0.],
            [0., 0., 0.]]])
    >>> layer
    MinPool2d(2, stride=1)
    >>> layer.output_shape((16, 3, 32, 32))
    (16, 3, 31, 31)
    """

    rank = 2


@documented("min", 3, "layer")
class MinPool3d(_MinPool):
    """The smallest cell of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MinPool3d((1, 2, 2))
    >>> layer([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]]).ravel()
    array([1., 5.])
    >>> layer.backward([[[[1.0]], [[2.0]]]]).ravel()
    array([1., 0., 0., 0., 2., 0., 0., 0.])
    """

    rank = 3
