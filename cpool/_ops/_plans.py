"""Plans of calls, remembered: a training loop makes the same calls again and again, and checking their arguments takes longer
than pooling a small array.

A plan is found by how the array lies in memory, its shape and strides, and by where the other arguments are. By identity, since
equal arguments of other types, 2.0 or True, must go on being refused, and equal dtypes may differ in what they carry. What is
remembered can never change, and is kept, so that nothing else comes to be where it was; arrays are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from cpool import _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._kernels import _cpu

Given: TypeAlias = tuple[Any, ...]
P = TypeVar("P")
Plans: TypeAlias = dict[bytes, tuple[P, Given]]
"""Plans, and what keeps the objects alive by whose places they are found."""

MOST = 4096
INT = {int}

_values: dict[Any, Any] = {}


def find(plans: Plans[P], x: ArrayLike, given: Given) -> P | None:
    """The plan of a call with the same arguments, or equal ones, which from now on are found where they are."""
    if type(x) is not np.ndarray:
        return None
    if (known := plans.get(_cpu.identities(x, given))) is not None:
        return known[0]
    if (known := plans.get(_cpu.identities(x, tuple(_unique(value, _values.get) for value in given)))) is not None:
        _remember(plans, x, given, known[0])
        return known[0]
    return None


def keep(plans: Plans[P], x: Array, given: Given, plan: P) -> P:
    """The plan, to be found again by these arguments and by equal ones."""
    if len(_values) >= MOST:
        _values.clear()
    for same in (given, tuple(_unique(value, _values.setdefault) for value in given)):
        _remember(plans, x, same, plan)
    return plan


def _remember(plans: Plans[P], x: Array, given: Given, plan: P) -> None:
    if _dispatch.is_native(x.dtype) and all(map(_is_plain, given)):
        if len(plans) >= MOST:
            plans.clear()
        plans[_cpu.identities(x, given)] = plan, (x.dtype, *given)


def _unique(value: Any, find: Callable[[Any, Any], Any]) -> Any:
    """The same object each time for equal ints, or sequences of ints, whose types are these very ones."""
    kind = type(value)
    entries = tuple(value) if kind is tuple or kind is list else (value,)
    if set(map(type, entries)) != INT:
        return value
    key = value if kind is int else entries
    return find(key, key)


def _is_plain(value: Any) -> bool:
    """Whether an argument can never change."""
    kind = type(value)
    return kind is str or kind is int or kind is bool or value is None or (kind is tuple and all(map(_is_plain, value)))
