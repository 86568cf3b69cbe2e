"""Layers of poolings by exponential weights."""

from __future__ import annotations

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, flag
from cpool._docs import documented
from cpool._ops import softmax
from cpool._ops.beside import Family
from cpool.layers._learned import LearnedLayer, channel_start


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
    >>> layer.grads["beta"].round(3)
    array(0.42)
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
    array([[[[2.602]]]])
    """

    rank = 3
