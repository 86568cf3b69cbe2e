"""Every pooling function as a pair of PyTorch operators, `cpool::name` and `cpool::name_backward`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch

from cpool._adapters.calls import Calls, Spec
from cpool._adapters.signatures import NAMES, Signature, signature
from cpool.torch._tensors import array_dtype_of, array_of, dtype_of, fake, laid_out, tensor_of

Tensor: TypeAlias = torch.Tensor


def schema(about: Signature) -> str:
    """The arguments of an operator: the settings are one string, which a compiled graph can hold."""
    optional = {name for name, value in about.defaults.items() if value is None}
    tensors = [f"Tensor{'?' * (name in optional)} {name}" for name in about.operands]
    return ", ".join([*tensors, *(["Tensor seed"] * about.random), "str settings"])


class Operator:
    """The computation behind one pair of operators, on tensors and on fake ones."""

    def __init__(self, about: Signature) -> None:
        self.about, self.calls = about, Calls(about)

    def _values(self, arguments: Sequence[Any]) -> dict[str, Any]:
        """The arguments of the function of cpool, from those of the operator."""
        *tensors, settings = arguments
        values = self.about.decoded(settings)
        for name, tensor in zip(self.about.operands, tensors, strict=False):
            values[name] = None if tensor is None else array_of(tensor)
        if self.about.random:
            values["rng"] = int(tensors[-1])
        return values

    def _learned(self, arguments: Sequence[Any]) -> list[Tensor]:
        operands = dict(zip(self.about.operands, arguments, strict=False))
        return [operands[name] for name in self.about.learned if operands[name] is not None]

    def forward(self, *arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
        """The result, the indices and the codes of winners; without elements where there are none."""
        y, indices, codes = (laid_out(tensor_of(array), arguments[0]) for array in self.calls.forward(self._values(arguments)))
        return y, indices, codes

    def backward(self, grad: Tensor, codes: Tensor, *arguments: Any) -> list[Tensor]:
        """The gradients of the operands that have one."""
        gradients = self.calls.backward(self._values(arguments), array_of(codes), array_of(grad))
        operands = self._learned(arguments)
        return [
            laid_out(tensor_of(array).to(operand.dtype).reshape(operand.shape), operand)
            for array, operand in zip(gradients, operands, strict=True)
        ]

    def fake_forward(self, *arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
        """What `forward` gives, without values."""
        *tensors, settings = arguments
        named = zip(self.about.operands, tensors, strict=False)
        specs = {name: None if t is None else Spec(tuple(t.shape), array_dtype_of(t.dtype)) for name, t in named}
        found = self.calls.specs(specs, self.about.decoded(settings))
        y, indices, codes = (fake(spec.shape, dtype_of(spec.dtype), tensors[0]) for spec in found)
        return y, indices, codes

    def fake_backward(self, grad: Tensor, codes: Tensor, *arguments: Any) -> list[Tensor]:
        """What `backward` gives, without values."""
        return [fake(operand.shape, operand.dtype, operand) for operand in self._learned(arguments)]


def define(about: Signature) -> Callable[..., Any]:
    """Register the pair with PyTorch, and return the operator."""
    operator, name, inputs = Operator(about), f"cpool::{about.name}", schema(about)
    forward = torch.library.custom_op(
        name, operator.forward, mutates_args=(), device_types="cpu", schema=f"({inputs}) -> (Tensor, Tensor, Tensor)"
    )
    backward = torch.library.custom_op(
        f"{name}_backward", operator.backward, mutates_args=(), device_types="cpu",
        schema=f"(Tensor grad, Tensor codes, {inputs}) -> Tensor[]",
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
