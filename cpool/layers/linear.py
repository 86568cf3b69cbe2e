"""Layers of the poolings that weigh every cell of the window alike: average and sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cpool._arguments import ArrayLike, DataFormat, Ints, Padding, divisor, flag
from cpool._docs import documented
from cpool._ops import linear
from cpool.layers._window import WindowLayer


class _LinearPool(WindowLayer):
    """A layer of `_ops.linear`."""

    kind: ClassVar[str]
    count_include_pad = True
    divisor_override: int | None = None

    def _forward(self, x: ArrayLike) -> Any:
        return linear.forward(
            self.kind, self.rank, x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.count_include_pad, self.divisor_override, self.data_format, None,
        )  # fmt: skip

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return linear.vjp(
            self.kind, self.rank, x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.count_include_pad, self.divisor_override, self.data_format, None,
        )  # fmt: skip


class _AvgPool(_LinearPool):
    kind = "avg"

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode, data_format=data_format, name=name)
        self.count_include_pad = flag("count_include_pad", count_include_pad)
        self.divisor_override = divisor(divisor_override)


class _SumPool(_LinearPool):
    kind = "sum"


@documented("avg", 1, "layer")
class AvgPool1d(_AvgPool):
    """The average of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AvgPool1d(2)
    >>> layer([[1.0, 5.0, 2.0, 4.0]])
    array([[3., 3.]])
    >>> layer.backward([[1.0, 2.0]])
    array([[0.5, 0.5, 1. , 1. ]])
    """

    rank = 1


@documented("avg", 2, "layer")
class AvgPool2d(_AvgPool):
    """The average of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AvgPool2d(2, stride=1)
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[3.75, 4.25]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[0.25, 0.75, 0.5 ],
            [0.25, 0.75, 0.5 ]]])
    >>> layer
    AvgPool2d(2, stride=1)
    >>> layer.output_shape((16, 3, 32, 32))
    (16, 3, 31, 31)
    """

    rank = 2


@documented("avg", 3, "layer")
class AvgPool3d(_AvgPool):
    """The average of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AvgPool3d((1, 2, 2))
    >>> layer([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]]).ravel()
    array([2.5, 6.5])
    >>> layer.backward([[[[1.0]], [[2.0]]]]).ravel()
    array([0.25, 0.25, 0.25, 0.25, 0.5 , 0.5 , 0.5 , 0.5 ])
    """

    rank = 3


@documented("sum", 1, "layer")
class SumPool1d(_SumPool):
    """The sum of each window over one spatial axis, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SumPool1d(2)
    >>> layer([[1.0, 5.0, 2.0, 4.0]])
    array([[6., 6.]])
    >>> layer.backward([[1.0, 2.0]])
    array([[1., 1., 2., 2.]])
    """

    rank = 1


@documented("sum", 2, "layer")
class SumPool2d(_SumPool):
    """The sum of each window over two spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SumPool2d(2, stride=1)
    >>> layer([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]])
    array([[[15., 17.]]])
    >>> layer.backward([[[1.0, 2.0]]])
    array([[[1., 3., 2.],
            [1., 3., 2.]]])
    >>> layer
    SumPool2d(2, stride=1)
    >>> layer.output_shape((16, 3, 32, 32))
    (16, 3, 31, 31)
    """

    rank = 2


@documented("sum", 3, "layer")
class SumPool3d(_SumPool):
    """The sum of each window over three spatial axes, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.SumPool3d((1, 2, 2))
    >>> layer([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]]).ravel()
    array([10., 26.])
    >>> layer.backward([[[[1.0]], [[2.0]]]]).ravel()
    array([1., 1., 1., 1., 2., 2., 2., 2.])
    """

    rank = 3
