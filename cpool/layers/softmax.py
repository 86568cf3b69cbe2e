"""Layers of poolings by exponential weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, flag
from cpool._docs import documented
from cpool._ops import softmax
from cpool._ops.beside import Family
from cpool.layers._learned import LearnedLayer, channel_start
from cpool.layers._window import WindowLayer


class _SoftPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        beta: float = 1.0,
        num_channels: int | None = None,
        detach_weights: bool = False,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self._add("beta", channel_start("beta", beta, num_channels))
        self.beta, self.num_channels = beta, num_channels
        self.detach_weights = flag("detach_weights", detach_weights)

    def _family(self, x: ArrayLike) -> Family:
        return softmax.soft(self.rank, x, self._window(), self.params["beta"], self.detach_weights)


@documented("soft", 1, "layer")
class SoftPool1d(_SoftPool):
    """The cells of each window over one spatial axis, weighted by their softmax, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SoftPool1d(2)
    >>> layer([[0.0, 0.0, 1.0, 3.0]]).round(3)
    array([[0.   , 2.762]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[ 0.5  ,  0.5  , -0.091,  1.091]])
    >>> round(float(layer.grads["beta"]), 3)
    0.42
    """

    rank = 1


@documented("soft", 2, "layer")
class SoftPool2d(_SoftPool):
    """The cells of each window over two spatial axes, weighted by their softmax, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SoftPool2d(2, beta=2.0)
    >>> layer([[[0.0, 0.0], [0.0, 2.0]]]).round(3)
    array([[[1.896]]])
    """

    rank = 2


@documented("soft", 3, "layer")
class SoftPool3d(_SoftPool):
    """The cells of each window over three spatial axes, weighted by their softmax, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SoftPool3d((2, 1, 2))
    >>> layer([[[[0.0, 1.0]], [[0.0, 3.0]]]]).round(3)
    array([[[[2.539]]]])
    """

    rank = 3


class _LSEPool(LearnedLayer):
    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        r: float = 1.0,
        num_channels: int | None = None,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self._add("r", channel_start("r", r, num_channels))
        self.r, self.num_channels = r, num_channels

    def _family(self, x: ArrayLike) -> Family:
        return softmax.log_sum_exp(self.rank, x, self._window(), self.params["r"])


@documented("lse", 1, "layer")
class LSEPool1d(_LSEPool):
    """The log-sum-exp of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.LSEPool1d(2)
    >>> layer([[0.0, 0.0, 1.0, 3.0]]).round(3)
    array([[0.   , 2.434]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0.5  , 0.5  , 0.119, 0.881]])
    >>> round(float(layer.grads["r"]), 3)
    0.328
    """

    rank = 1


@documented("lse", 2, "layer")
class LSEPool2d(_LSEPool):
    """The log-sum-exp of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.LSEPool2d(2, r=10.0)
    >>> layer([[[0.0, 0.0], [0.0, 2.0]]]).round(3)
    array([[[1.861]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0., 0.],
            [0., 1.]]])
    >>> round(float(layer.grads["r"]), 3)
    0.014
    """

    rank = 2


@documented("lse", 3, "layer")
class LSEPool3d(_LSEPool):
    """The log-sum-exp of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.LSEPool3d((2, 1, 2))
    >>> layer([[[[0.0, 1.0]], [[0.0, 3.0]]]]).round(3)
    array([[[[1.825]]]])
    >>> layer.backward([[[[1.0]]]]).ravel().round(3)
    array([0.04, 0.11, 0.04, 0.81])
    >>> round(float(layer.grads["r"]), 3)
    0.714
    """

    rank = 3


class _SoftmaxPool(WindowLayer):
    """Its inputs are x and the logits, and `backward` gives the gradients of both."""

    def _family(self, x: ArrayLike, logits: ArrayLike) -> Family:
        window = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.data_format)
        return softmax.importance(self.rank, x, logits, window)

    def _forward(self, x: ArrayLike, logits: ArrayLike) -> Any:
        return self._family(x, logits).pool()

    def _vjp(self, x: ArrayLike, logits: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return self._family(x, logits).vjp()


@documented("softmax", 1, "layer")
class SoftmaxPool1d(_SoftmaxPool):
    """The cells of each window over one spatial axis, weighted by the softmax of their logits, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SoftmaxPool1d(2)
    >>> layer([[1.0, 2.0, 3.0, 5.0]], [[0.0, 0.0, 1.0, 3.0]]).round(3)
    array([[1.5  , 4.762]])
    >>> grad_x, grad_logits = layer.backward([[1.0, 1.0]])
    >>> grad_logits.round(3)
    array([[-0.25,  0.25, -0.21,  0.21]])
    """

    rank = 1


@documented("softmax", 2, "layer")
class SoftmaxPool2d(_SoftmaxPool):
    """The cells of each window over two spatial axes, weighted by the softmax of their logits, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SoftmaxPool2d(2)
    >>> layer([[[1.0, 2.0], [3.0, 4.0]]], [[[0.0, 0.0], [0.0, 2.0]]]).round(3)
    array([[[3.422]]])
    >>> grad_x, grad_logits = layer.backward([[[1.0]]])
    >>> grad_logits.round(3)
    array([[[-0.233, -0.137],
            [-0.041,  0.411]]])
    """

    rank = 2


@documented("softmax", 3, "layer")
class SoftmaxPool3d(_SoftmaxPool):
    """The cells of each window over three spatial axes, weighted by the softmax of their logits, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SoftmaxPool3d((2, 1, 2))
    >>> layer([[[[0.0, 1.0]], [[0.0, 3.0]]]], [[[[0.0, 0.0]], [[0.0, 2.0]]]]).round(3)
    array([[[[2.23]]]])
    >>> grad_x, grad_logits = layer.backward([[[[1.0]]]])
    >>> grad_logits.ravel().round(3)
    array([-0.215, -0.118, -0.215,  0.548])
    """

    rank = 3
