"""Global pooling: one window as large as the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpool import _arguments
from cpool._arguments import Array, ArrayLike
from cpool._ops import linear, select
from cpool._ops._call import planned_whole


def select_forward(kind: str, x: ArrayLike, data_format: str, return_indices: bool, out: Array | None) -> Any:
    """Pool all of x by "max" or "min"."""
    array, plan = planned_whole(kind, return_indices, x, data_format)
    return select.pooled(kind, x, array, plan, return_indices, out)


def select_vjp(
    kind: str, x: ArrayLike, data_format: str, return_indices: bool, out: Array | None
) -> tuple[Any, Callable[..., Array]]:  # fmt: skip
    """Pool all of x by "max" or "min", and return the pullback."""
    return_indices = _arguments.flag("return_indices", return_indices)
    array, plan = planned_whole(kind, True, x, data_format)
    return select.pooled_vjp(kind, x, array, plan, return_indices, out)


def linear_forward(kind: str, x: ArrayLike, data_format: str, out: Array | None) -> Array:
    """Pool all of x by "sum" or "avg"."""
    array, plan = planned_whole(kind, False, x, data_format)
    return linear.pooled(kind, x, array, plan, True, 0.0, out)


def linear_vjp(kind: str, x: ArrayLike, data_format: str, out: Array | None) -> tuple[Array, Callable[..., Array]]:
    """Pool all of x by "sum" or "avg", and return the pullback."""
    array, plan = planned_whole(kind, False, x, data_format)
    return linear.pooled_vjp(kind, x, array, plan, True, 0.0, out)
