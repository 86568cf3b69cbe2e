"""Layers over windows whose arithmetic has parameters, to be learned or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np

from cpool._arguments import Array, ArrayLike, Ints, Padding, integer, integers
from cpool._ops.beside import WindowArguments
from cpool.layers._window import WindowLayer

StepArguments: TypeAlias = tuple[Ints | None, Padding, Ints, bool, str]
"""stride, padding, dilation, ceil_mode and data_format."""


class Call(Protocol):
    """A call whose arguments are checked."""

    def pool(self, out: Array | None = None) -> Array: ...
    def vjp(self, out: Array | None = None) -> tuple[Array, Callable[..., Any]]: ...


class LearnedLayer(WindowLayer):
    """A layer of a family of `_ops`. A subclass defines `_family(x)`, from its settings and `params`."""

    def _add(self, key: str, value: Array) -> None:
        """A parameter that starts with this value, in float64: it is cast to what x is computed in."""
        self.params[key] = value
        self.grads[key] = np.zeros_like(value)

    def _window(self) -> WindowArguments:
        return (self.kernel_size, *self._steps())

    def _kernel(self) -> tuple[int, ...]:
        """Along each axis, the cells of a window."""
        return integers("kernel_size", self.kernel_size, self.rank, 1)

    def _steps(self) -> StepArguments:
        """The window's arguments but for its size, which is that of a parameter."""
        return self.stride, self.padding, self.dilation, self.ceil_mode, self.data_format

    def _family(self, x: ArrayLike) -> Call:
        raise NotImplementedError(f"{type(self).__name__} defines no _family")

    def _forward(self, x: ArrayLike) -> Any:
        return self._family(x).pool()

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return self._family(x).vjp()


def channel_start(name: str, value: float, num_channels: int | None) -> Array:
    """The start of a parameter that all channels share, or that has one entry a channel."""
    from cpool._arguments.parameters import channel_parameter

    start = channel_parameter(name, value, 0 if num_channels is None else integer("num_channels", num_channels, 1))
    return np.array(np.broadcast_to(start.given.astype(np.float64), start.given.shape if num_channels is None else (num_channels,)))


def shape_of_each(shape: tuple[int, ...], num_channels: int | None) -> tuple[int, ...]:
    """The shape of a parameter that all channels share, or with an axis of the channels before it."""
    return shape if num_channels is None else (integer("num_channels", num_channels, 1), *shape)
