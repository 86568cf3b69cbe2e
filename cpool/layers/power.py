"""Layers of the power mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding, channels_last, positive, whole_input
from cpool._docs import documented
from cpool._ops import power
from cpool._ops.beside import Family
from cpool.layers._layer import checked_shape
from cpool.layers._learned import LearnedLayer, channel_start


class _GeMPool(LearnedLayer):
    """With `kernel_size` None the window is the whole input."""

    def __init__(
        self,
        kernel_size: Ints | None = None,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        p: float = 3.0,
        alpha: float | None = None,
        num_channels: int | None = None,
        eps: float = 1e-6,
        ceil_mode: bool = False,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        self.whole = kernel_size is None
        if self.whole:
            whole_input(self.rank, stride, padding, dilation)
        size = 1 if kernel_size is None else kernel_size
        super().__init__(size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        if self.whole:
            self.kernel_size = None  # type: ignore[assignment]
        key, start = ("p", p) if alpha is None else ("alpha", alpha)
        self._add(key, channel_start(key, start, num_channels))
        self.p, self.alpha, self.num_channels, self.eps = p, alpha, num_channels, positive("eps", eps)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape, with or without a batch axis."""
        if not self.whole:
            return super().output_shape(input_shape)
        last, ones = channels_last(self.data_format), (1,) * self.rank
        shape = checked_shape(input_shape, self.rank, last)
        return (*shape[: -self.rank - 1], *ones, shape[-1]) if last else (*shape[: -self.rank], *ones)

    def _family(self, x: ArrayLike) -> Family:
        p = self.params["p"] if self.alpha is None else (1 - self.params["alpha"]) / 2
        return power.power_mean(self.rank, x, p, self._window(), self.eps)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        y, pullback = super()._vjp(x)
        if self.alpha is None:
            return y, pullback

        def of_alpha(grad_y: ArrayLike) -> tuple[Array, Array]:
            grad_x, grad_p = pullback(grad_y)
            return grad_x, grad_p / -2

        return y, of_alpha


@documented("gem", 1, "layer")
class GeMPool1d(_GeMPool):
    """The power mean of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GeMPool1d(2)
    >>> layer([[1.0, 7.0, 3.0, 4.0]]).round(3)
    array([[5.561, 3.57 ]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[0.016, 0.792, 0.353, 0.628]])
    >>> round(float(layer.grads["p"]), 3)
    0.45
    """

    rank = 1


@documented("gem", 2, "layer")
class GeMPool2d(_GeMPool):
    """The power mean of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GeMPool2d(p=1.0)
    >>> layer([[[1.0, 2.0], [3.0, 4.0]]]).round(3)
    array([[[2.5]]])
    >>> layer.backward([[[1.0]]]).round(3)
    array([[[0.25, 0.25],
            [0.25, 0.25]]])
    >>> round(float(layer.grads["p"]), 3)
    0.266
    """

    rank = 2


@documented("gem", 3, "layer")
class GeMPool3d(_GeMPool):
    """The power mean of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GeMPool3d((1, 1, 2), alpha=3.0)
    >>> layer([[[[1.0, 2.0]], [[3.0, 4.0]]]]).ravel().round(3)
    array([1.333, 3.429])
    >>> layer.backward([[[[1.0]], [[1.0]]]]).ravel().round(3)
    array([0.889, 0.222, 0.653, 0.367])
    >>> round(float(layer.grads["alpha"]), 3)
    -0.055
    """

    rank = 3
