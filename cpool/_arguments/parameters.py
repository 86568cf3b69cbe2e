"""The numbers that a pooling can learn: given once, once a channel, or once a cell of the window."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from cpool._arguments.arrays import array, gradient_dtype
from cpool._arguments.types import Array, ArrayLike


class Parameter(NamedTuple):
    """A parameter as it was given, and as the kernels take it."""

    name: str
    given: Array
    table: Array
    """float64, (C or 1, numbers): of each channel, or of all, the numbers that a window takes."""
    each: bool
    """Whether it has an entry a channel."""

    def limited(self, most: float) -> Parameter:
        """The same, but for numbers whose magnitude is larger, which count as `most`."""
        return self._replace(table=np.clip(self.table, -most, most))

    def gradient(self, by_channel: Array) -> Array:
        """From that of the table, (C, numbers), to that of the parameter, of its shape and, where it is one, its float dtype."""
        found = by_channel if self.each else by_channel.sum(0)
        with np.errstate(over="ignore"):
            return found.reshape(self.given.shape).astype(gradient_dtype(self.given.dtype))


def numbers_of(name: str, value: ArrayLike) -> Array:
    """An array of real numbers; bools and strings are not."""
    found = array(name, value)
    if found.dtype.kind == "b":
        raise TypeError(f"{name}: real numbers are needed, not bools")
    return found


def channel_parameter(name: str, value: ArrayLike, channels: int) -> Parameter:
    """One number, or one a channel."""
    found = numbers_of(name, value)
    if found.shape not in ((), (channels,)):
        raise ValueError(f"{name}: shape {found.shape} must be () or one number a channel, {(channels,)}")
    return Parameter(name, found, found.astype(np.float64).reshape(-1, 1), found.ndim > 0)


def vector_parameter(name: str, value: ArrayLike, channels: int) -> Parameter:
    """One number a channel."""
    found = numbers_of(name, value)
    if found.shape != (channels,):
        raise ValueError(f"{name}: shape {found.shape} must be one number a channel, {(channels,)}")
    return Parameter(name, found, found.astype(np.float64).reshape(-1, 1), True)


def positive_parameter(name: str, value: ArrayLike) -> Parameter:
    """One number, finite and above 0."""
    found = numbers_of(name, value)
    if found.shape not in ((), (1,)):
        raise ValueError(f"{name}: shape {found.shape} must be () or (1,), one number")
    if not (found.item() > 0 and math.isfinite(found.item())):
        raise ValueError(f"{name}={found.item()}: must be finite and above 0")
    return Parameter(name, found, found.astype(np.float64).reshape(1, 1), False)


def shaped_parameter(name: str, value: ArrayLike, shape: tuple[int, ...], channels: int) -> Parameter:
    """One number for each of `shape` in each channel."""
    found = numbers_of(name, value)
    if found.shape != (channels, *shape):
        raise ValueError(f"{name}: shape {found.shape} must be {(channels, *shape)}, the number of channels first")
    return Parameter(name, found, found.astype(np.float64).reshape(channels, math.prod(shape)), True)


def cell_parameter(name: str, value: ArrayLike, shape: tuple[int, ...], channels: int) -> Parameter:
    """One number for each of `shape`, the same in all channels or for each channel."""
    found = numbers_of(name, value)
    if found.shape not in (shape, (channels, *shape)):
        raise ValueError(f"{name}: shape {found.shape} must be {shape}, or with one a channel {(channels, *shape)}")
    each = found.ndim > len(shape)
    return Parameter(name, found, found.astype(np.float64).reshape(channels if each else 1, math.prod(shape)), each)


def kernel_of(name: str, value: ArrayLike, rank: int) -> tuple[int, ...]:
    """The window's size from a parameter of its shape, or with one a channel."""
    shape = numbers_of(name, value).shape
    if len(shape) not in (rank, rank + 1) or 0 in shape[-rank:]:
        form = "that of the window, or with one a channel (C, *window)"
        raise ValueError(f"{name}: shape {shape} must be {form}; it has {rank} spatial axes of at least one cell")
    return _same(shape[-rank:])


def kernel_of_leaves(value: ArrayLike, rank: int) -> tuple[int, ...]:
    """The window's size from two leaves, each of its shape."""
    shape = numbers_of("leaves", value).shape
    if len(shape) != rank + 1 or shape[0] != 2 or 0 in shape:
        raise ValueError(
            f"leaves: shape {shape} must be (2, *window), where the window has {rank} spatial axes of at least one cell"
        )
    return _same(shape[1:])


@functools.lru_cache(256)
def _same(kernel: tuple[int, ...]) -> tuple[int, ...]:
    """The first of equal tuples: plans are found again by what was given, not by what it is equal to."""
    return kernel


def probabilities(parameter: Parameter) -> Parameter:
    """A parameter whose numbers are chances."""
    if not bool(np.all((parameter.table >= 0) & (parameter.table <= 1))):
        raise ValueError(f"{parameter.name}: every one must be from 0 to 1, as it is a probability")
    return parameter
