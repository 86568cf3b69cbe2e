"""Which compiled kernels run: the instruction-set variant, and the one table of kernels by operation and dtype."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cpool._variants import available as available
from cpool._variants import choose, load

OPERATIONS = ("max", "min", "sum", "avg")
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
HALVES = ("float16", "bfloat16")


def at_least_float32(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What a float is computed in where there are kernels for float32 and float64 only."""
    return FLOAT64 if dtype.itemsize == 8 else FLOAT32


ELEMENTS = ("float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", *HALVES)
"""The order of the enumerations in _kernels/rows.h and halves.h."""

WINNERS = ("float32", "float64", "int32", "uint32", "int64", "uint64", *HALVES)
GRADIENTS = ("float32", "float64", *HALVES)


FAMILIES = (
    "softmax", "log_sum_exp", "power_mean", "mixed", "gated", "tree", "dot", "weighted_max", "ranked", "rank_pick", "value_pick",
    "value_mean", "detail",
)  # fmt: skip
"""The families of windows side by side, in the order of _kernels/beside.h."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """How an operation runs on a dtype: what x becomes first, and the numbers that the kernels know the pair by."""

    operation: int
    element: int
    dtype: np.dtype[Any]
    """What x is converted to, or viewed as."""
    result: np.dtype[Any]
    """What the kernel returns, before it is converted back."""


def buffer_dtype(name: str) -> np.dtype[Any]:
    """The dtype by which the kernels are given an element type: there are no buffers of bfloat16."""
    return np.dtype(np.uint16 if name in HALVES else name)


def _element_for(name: str, allowed: tuple[str, ...]) -> str:
    """The element type that holds every value of a dtype, among those that a kernel exists for."""
    if name in allowed:
        return name
    if name == "bool":
        return _element_for("uint8", allowed)
    return "int32"  # the 8- and 16-bit integers


def _kernel(operation: str, name: str, allowed: tuple[str, ...]) -> Kernel:
    element = _element_for(name, allowed)
    dtype = buffer_dtype(element)
    result = dtype
    if element in HALVES:
        pass
    elif dtype.kind in "iu" and operation == "sum":
        result = np.dtype(np.int64 if dtype.kind == "i" or name == "bool" else np.uint64)
    elif dtype.kind in "iu" and operation == "avg":
        result = np.dtype(np.float64)
    return Kernel(OPERATIONS.index(operation), ELEMENTS.index(element), dtype, result)


@dataclass(frozen=True, slots=True)
class Gradient:
    """How gradients with respect to an array run."""

    dtype: np.dtype[Any]
    """That of the gradient."""
    wide: np.dtype[Any]
    """In which it is computed where there are kernels for float32 and float64 only."""
    element: int
    """The number of those kernels."""


def gradient_of(dtype: np.dtype[Any]) -> Gradient:
    """The gradients with respect to arrays of a dtype: theirs, and float64 for those of integers."""
    if dtype.kind in "biu":
        dtype = FLOAT64
    wide = at_least_float32(dtype)
    return Gradient(dtype, wide, GRADIENTS.index(wide.name))


DTYPES = ("bool", *ELEMENTS)
"""By name: bfloat16 is a dtype only where ml_dtypes is installed."""

KERNELS = {(operation, name): _kernel(operation, name, ELEMENTS) for operation in OPERATIONS for name in DTYPES}
"""The kernel of each operation on each dtype. Dispatch, `python -m cpool check` and the tests all go through this table."""

WINNER_KERNELS = {(operation, name): _kernel(operation, name, WINNERS) for operation in ("max", "min") for name in DTYPES}
"""The same where the place of each winner is kept."""


_by_dtype: dict[tuple[str, bool, np.dtype[Any]], Kernel] = {}
_gradients: dict[np.dtype[Any], tuple[int, np.dtype[Any]]] = {}
_native: dict[np.dtype[Any], bool] = {}


def kernel_for(operation: str, dtype: np.dtype[Any], winners: bool = False) -> Kernel:
    """The kernel of an operation on a dtype; remembered by the dtype, whose name takes a microsecond to make."""
    key = operation, winners, dtype
    if (found := _by_dtype.get(key)) is None:
        if operation in OPERATIONS:
            found = (WINNER_KERNELS if winners else KERNELS)[operation, dtype.name]
        else:  # kernels of their own, for float32 and float64
            gradient = gradient_of(dtype)
            found = Kernel(0, gradient.element, gradient.wide, gradient.wide)
        _by_dtype[key] = found
    return found


def gradient_kernel(dtype: np.dtype[Any]) -> tuple[int, np.dtype[Any]]:
    """The number of the kernels for gradients of a dtype, and the dtype by which they are given them."""
    if (found := _gradients.get(dtype)) is None:
        found = _gradients[dtype] = GRADIENTS.index(dtype.name), buffer_dtype(dtype.name)
    return found


def is_native(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of the dtype go to a kernel without a conversion of their bytes."""
    if (found := _native.get(dtype)) is None:
        found = _native[dtype] = dtype.isnative and dtype.name in DTYPES
    return found


def is_stored_as(dtype: np.dtype[Any], kernel_dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype are arrays of a kernel's dtype, or can be viewed as such."""
    if dtype == kernel_dtype:
        return True
    if not is_native(dtype):
        return False
    return (kernel_dtype == np.uint8 and dtype == np.bool_) or (kernel_dtype == np.uint16 and dtype.name in HALVES)


_active = choose(os.environ.get("CPOOL_ISA"))
kernels: Any = load(_active)
"""The module of the active variant; read it at each call, `using` may change it."""


def active() -> str:
    """The variant in use."""
    return _active


@contextlib.contextmanager
def using(variant: str) -> Iterator[None]:
    """Use another variant within a ``with`` block, in the whole process: for cross-checks, not for threads."""
    global _active, kernels
    before = _active, kernels
    _active, kernels = variant, load(variant)
    try:
        yield
    finally:
        _active, kernels = before
