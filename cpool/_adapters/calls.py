"""A function of cpool as a pair of calls without state between them: a result and what its gradient needs, and the gradient.

Max and min over windows keep the codes of their winners. What else a gradient needs is computed again from the inputs, which the
libraries that differentiate keep anyway. Random ones take a seed, so that both draw the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import cpool
from cpool._adapters.signatures import Signature
from cpool._arguments import Array
from cpool._ops import linear, select
from cpool._ops._call import Plan, planned

WINDOW = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "data_format")
PER_IMAGE = frozenset({"x", "logits", "indices"})
"""Operands whose first axis is the batch, where x has one."""
NONE = np.empty(0, np.int64)


class Result(NamedTuple):
    """Of a call: without elements are indices where none are asked for, and codes where none are kept."""

    y: Array
    indices: Array
    codes: Array


class Spec(NamedTuple):
    """The shape and dtype of an array without its values; lengths of a batch may be symbols."""

    shape: tuple[Any, ...]
    dtype: np.dtype[Any]


def of_windows(name: str) -> tuple[str, int] | None:
    """Whether it is max, min, sum or average over windows, and of which rank."""
    kind, _, rank = name.partition("_pool")
    return (kind, int(rank[0])) if kind in ("max", "min", "sum", "avg") and rank in ("1d", "2d", "3d") else None


class Calls:
    """The calls of one function; `values` are its arguments by name, arrays, settings and, of a random one, `rng`."""

    def __init__(self, about: Signature) -> None:
        self.about = about
        self.windows = of_windows(about.name)
        self.keeps = self.windows is not None and self.windows[0] in ("max", "min")
        """Whether codes go from forward to backward."""
        self.by_region = "rois" in about.operands

    def _plan(self, values: Mapping[str, Any]) -> tuple[Array, Plan]:
        assert self.windows is not None
        kind, rank = self.windows
        return planned(kind, self.keeps, rank, values["x"], *(values[name] for name in WINDOW))

    def forward(self, values: Mapping[str, Any]) -> Result:
        """The result of a call."""
        if self.windows is not None and self.keeps:
            x, plan = self._plan(values)
            y, codes = select.pooled_with_codes(self.windows[0], values["x"], x, plan, None)
            indices = select.plane_indices(codes, plan) if values["return_indices"] else NONE
            return Result(y, indices, plan.layout.as_user_sees(codes))
        found = getattr(cpool, self.about.name)(**values)
        y, indices = found if isinstance(found, tuple) else (found, NONE)
        return Result(y, indices, NONE)

    def backward(self, values: Mapping[str, Any], codes: Array, grad: Array) -> tuple[Array, ...]:
        """The gradients of the operands that have one, and are given."""
        found = self._pullback(values, codes)(grad)
        return found if isinstance(found, tuple) else (found,)

    def _pullback(self, values: Mapping[str, Any], codes: Array) -> Callable[..., Any]:
        if self.windows is None:
            pullback: Callable[..., Any] = getattr(cpool.vjp, self.about.name)(**values)[1]
            return pullback
        plan = self._plan(values)[1]
        if self.keeps:
            return select.pullback_of(plan, plan.layout.contiguous(codes))
        divisor = float(values.get("divisor_override") or 0)
        return linear.pullback_of(self.windows[0], plan, values.get("count_include_pad", True), divisor)

    # -------------------------------------------------------------------------------------------------------------- shapes
    def specs(self, operands: Mapping[str, Spec | None], settings: Mapping[str, Any]) -> tuple[Spec, Spec, Spec]:
        """What `forward` would give: that of an empty batch, which costs no arithmetic, with the batch put back."""
        x = operands["x"]
        assert x is not None
        batched = self.by_region or len(x.shape) == self._rank(x) + 2
        values = dict(settings)
        for name, spec in operands.items():
            values[name] = None if spec is None or name == "samples" else self._empty(name, spec, batched)
        if self.about.random:
            values["rng"] = 0
        rois = operands.get("rois")
        batch = (rois or x).shape[:1] if batched else ()
        y, indices, codes = (Spec(a.shape if a is NONE else (*batch, *a.shape[1:]), a.dtype) for a in self.forward(values))
        return y, indices, codes

    def _rank(self, x: Spec) -> int:
        digit = self.about.name[-2]
        return int(digit) if digit.isdigit() else len(x.shape) - 2

    def _empty(self, name: str, spec: Spec, batched: bool) -> Array:
        """An operand without elements along its batch; of regions, their number."""
        if name == "rois" or (name in PER_IMAGE and batched and not self.by_region):
            return np.empty((0, *map(int, spec.shape[1:])), spec.dtype)
        if name in PER_IMAGE and not batched:
            return np.empty((0, *map(int, spec.shape)), spec.dtype)
        shape = (1, *spec.shape[1:]) if name == "x" else spec.shape
        return np.ones(tuple(map(int, shape)), spec.dtype)
