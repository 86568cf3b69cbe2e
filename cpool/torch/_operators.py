"""Every pooling function as a pair of PyTorch operators, `cpool::name` and `cpool::name_backward`.

An operator gives the result, the indices (without elements where none are asked for), and the codes of the winners (of max and
min over windows), which its backward takes. What else a backward needs it computes again from the inputs, which PyTorch keeps
anyway. Random ones take a seed, so that both draw the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import cpool
from cpool._arguments import Array
from cpool._ops import linear, select
from cpool._ops._call import Plan, planned
from cpool.torch._signatures import NAMES, Signature, signature
from cpool.torch._tensors import array_dtype_of, array_of, dtype_of, fake, laid_out, tensor_of

Tensor = torch.Tensor
WINDOW = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "data_format")
PER_IMAGE = frozenset({"x", "logits", "indices"})
"""Operands whose first axis is the batch, where x has one."""


def of_windows(name: str) -> tuple[str, int] | None:
    """Whether it is max, min, sum or average over windows, and of which rank."""
    kind, _, rank = name.partition("_pool")
    return (kind, int(rank[0])) if kind in ("max", "min", "sum", "avg") and rank in ("1d", "2d", "3d") else None


class Operator:
    """The computation behind one pair of operators."""

    def __init__(self, about: Signature) -> None:
        self.about = about
        self.windows = of_windows(about.name)
        self.keeps = self.windows is not None and self.windows[0] in ("max", "min")
        """Whether the codes of winners go from forward to backward."""
        self.by_roi = "rois" in about.operands

    def _arguments(self, tensors: Sequence[Tensor | None], settings: str) -> dict[str, Any]:
        """Those of the function of cpool, from those of the operator."""
        values = self.about.decoded(settings)
        for name, tensor in zip(self.about.operands, tensors, strict=False):
            values[name] = None if tensor is None else array_of(tensor)
        if self.about.random:
            seed = tensors[-1]
            assert seed is not None
            values["rng"] = int(seed)
        return values

    def _plan(self, values: dict[str, Any]) -> tuple[Array, Plan]:
        assert self.windows is not None
        kind, rank = self.windows
        return planned(kind, self.keeps, rank, values["x"], *(values[name] for name in WINDOW))

    # ------------------------------------------------------------------------------------------------------------- forward
    def forward(self, *arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
        """The operator."""
        x, arrays = arguments[0], self._compute(self._arguments(arguments[:-1], arguments[-1]))
        y, indices, codes = (laid_out(tensor_of(array), x) for array in arrays)
        return y, indices, codes

    def _compute(self, values: dict[str, Any]) -> tuple[Any, Any, Any]:
        none = np.empty(0, np.int64)
        if self.keeps:
            x, plan = self._plan(values)
            y, codes = select.pooled_with_codes(str(self.windows[0]), values["x"], x, plan, None)  # type: ignore[index]
            indices = select.plane_indices(codes, plan) if values["return_indices"] else none
            return y, indices, plan.layout.as_user_sees(codes)
        found = getattr(cpool, self.about.name)(**values)
        return (*found, none) if isinstance(found, tuple) else (found, none, none)

    def fake_forward(self, *arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
        """The operator's results without values: those of an empty batch, with the batch put back."""
        *tensors, settings = arguments
        x, values = tensors[0], self.about.decoded(settings)
        rank = self._rank(x, values)
        batched = x.ndim == rank + 2
        for name, tensor in zip(self.about.operands, tensors, strict=False):
            values[name] = None if tensor is None or name == "samples" else self._empty(name, tensor, batched)
        if self.about.random:
            values["rng"] = 0
        first = (tensors[1] if self.by_roi else x).shape[:1] if batched or self.by_roi else ()
        y, indices, codes = (
            fake((0,), dtype_of(a.dtype), x) if a.shape == (0,) else fake((*first, *a.shape[1:]), dtype_of(a.dtype), x)
            for a in self._compute(values)
        )
        return y, indices, codes

    def _rank(self, x: Tensor, values: dict[str, Any]) -> int:
        """The number of spatial axes of x."""
        digits = self.about.name[-2]
        return int(digits) if digits.isdigit() else 2 if self.by_roi else x.ndim - 2

    def _empty(self, name: str, tensor: Tensor, batched: bool) -> Array:
        """An operand in an array without elements along its batch."""
        dtype = array_dtype_of(tensor.dtype)
        shape = [int(n) for n in (tensor.shape[1:] if batched or name == "rois" else tensor.shape)]
        if name == "rois" or (name in PER_IMAGE and not self.by_roi):
            return np.empty((0, *shape), dtype)
        if name == "x":
            return np.empty((1, *shape), dtype)
        return np.ones([int(n) for n in tensor.shape], dtype)

    # ------------------------------------------------------------------------------------------------------------ backward
    def backward(self, grad: Tensor, codes: Tensor, *arguments: Any) -> list[Tensor]:
        """The gradients of the operands that have one."""
        values = self._arguments(arguments[:-1], arguments[-1])
        found = self._pullback(values, codes)(array_of(grad))
        gradients = found if isinstance(found, tuple) else (found,)
        operands = self._learned(arguments)
        return [
            laid_out(tensor_of(array).to(operand.dtype).reshape(operand.shape), operand)
            for array, operand in zip(gradients, operands, strict=True)
        ]

    def _pullback(self, values: dict[str, Any], codes: Tensor) -> Callable[..., Any]:
        if self.windows is None:
            pullback: Callable[..., Any] = getattr(cpool.vjp, self.about.name)(**values)[1]
            return pullback
        plan = self._plan(values)[1]
        if self.keeps:
            return select.pullback_of(plan, plan.layout.contiguous(array_of(codes)))
        average = self.windows[0] == "avg"
        divisor = float(values.get("divisor_override") or 0)
        return linear.pullback_of(self.windows[0], plan, values["count_include_pad"] if average else True, divisor)

    def fake_backward(self, grad: Tensor, codes: Tensor, *arguments: Any) -> list[Tensor]:
        """The gradients without values."""
        return [fake(operand.shape, operand.dtype, operand) for operand in self._learned(arguments)]

    def _learned(self, arguments: Sequence[Any]) -> list[Tensor]:
        operands = dict(zip(self.about.operands, arguments, strict=False))
        return [operands[name] for name in self.about.learned if operands[name] is not None]


def define(about: Signature) -> Callable[..., Any]:
    """Register the pair with PyTorch, and return the operator."""
    operator = Operator(about)
    name = f"cpool::{about.name}"
    inputs = f"({about.schema})"
    forward = torch.library.custom_op(
        name, operator.forward, mutates_args=(), device_types="cpu", schema=f"{inputs} -> (Tensor, Tensor, Tensor)"
    )
    backward = torch.library.custom_op(
        f"{name}_backward", operator.backward, mutates_args=(), device_types="cpu",
        schema=f"(Tensor grad, Tensor codes, {about.schema}) -> Tensor[]",
    )  # fmt: skip
    forward.register_fake(operator.fake_forward)
    backward.register_fake(operator.fake_backward)
    count = len(about.operands) + about.random

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(output[2], *inputs[:count])
        ctx.settings = inputs[count]

    def differentiate(ctx: Any, grad: Any, *_: Any) -> Any:
        if grad is None:
            return (None,) * (count + 1)
        codes, *operands = ctx.saved_tensors
        gradients = iter(backward(grad, codes, *operands, ctx.settings))
        given = dict(zip(about.operands, operands, strict=False))
        return (
            *(next(gradients) if name in about.learned and given[name] is not None else None for name in about.operands),
            *((None,) * about.random),
            None,
        )

    forward.register_autograd(differentiate, setup_context=setup_context)
    found: Callable[..., Any] = getattr(torch.ops.cpool, about.name)
    return found


SIGNATURES = {name: signature(name) for name in NAMES}
OPERATORS = {name: define(about) for name, about in SIGNATURES.items()}
