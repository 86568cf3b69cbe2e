"""Layers of global pooling: one window as large as the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cpool._arguments import ArrayLike
from cpool._docs import documented
from cpool._ops import whole
from cpool.layers._whole import GlobalLayer


class _GlobalSelectPool(GlobalLayer):
    kind: ClassVar[str]

    def _forward(self, x: ArrayLike) -> Any:
        return whole.select_forward(self.kind, x, self.data_format, False, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return whole.select_vjp(self.kind, x, self.data_format, False, None)


class _GlobalLinearPool(GlobalLayer):
    kind: ClassVar[str]

    def _forward(self, x: ArrayLike) -> Any:
        return whole.linear_forward(self.kind, x, self.data_format, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return whole.linear_vjp(self.kind, x, self.data_format, None)


@documented("global_max", 0, "layer")
class GlobalMaxPool(_GlobalSelectPool):
    """The largest cell of each channel of each image, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GlobalMaxPool()
    >>> layer([[[1.0, 5.0, 3.0]]])
    array([[[5.]]])
    >>> layer.backward([[[2.0]]])
    array([[[0., 2., 0.]]])
    """

    kind = "max"


@documented("global_min", 0, "layer")
class GlobalMinPool(_GlobalSelectPool):
    """The smallest cell of each channel of each image, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GlobalMinPool()
    >>> layer([[[1.0, 5.0, 3.0]]])
    array([[[1.]]])
    >>> layer.backward([[[2.0]]])
    array([[[2., 0., 0.]]])
    """

    kind = "min"


@documented("global_avg", 0, "layer")
class GlobalAvgPool(_GlobalLinearPool):
    """The average of each channel of each image, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GlobalAvgPool()
    >>> layer([[[1.0, 5.0, 3.0]]])
    array([[[3.]]])
    >>> layer.backward([[[3.0]]])
    array([[[1., 1., 1.]]])
    """

    kind = "avg"


@documented("global_sum", 0, "layer")
class GlobalSumPool(_GlobalLinearPool):
    """The sum of each channel of each image, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GlobalSumPool()
    >>> layer([[[1.0, 5.0, 3.0]]])
    array([[[9.]]])
    >>> layer.backward([[[2.0]]])
    array([[[2., 2., 2.]]])
    """

    kind = "sum"
