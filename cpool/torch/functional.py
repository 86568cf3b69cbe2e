"""The functions of cpool on tensors: the same names, arguments and rules, without `out`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from cpool._adapters.signatures import Signature, described
from cpool.torch._operators import OPERATORS, SIGNATURES

NO_SEED = 2**63 - 1


def seed_of(rng: Any) -> torch.Tensor:
    """What `rng` draws as a tensor that is the seed of the call: of a number itself, else drawn by PyTorch."""
    if isinstance(rng, torch.Tensor):
        return rng
    if isinstance(rng, int):
        return torch.tensor(rng, dtype=torch.int64)
    if rng is not None and not isinstance(rng, torch.Generator):
        raise TypeError(f"rng={rng!r}: an int, a torch.Generator or None is needed, not {type(rng).__name__}")
    return torch.randint(NO_SEED, (), dtype=torch.int64, generator=rng)


def operand(name: str, value: Any) -> torch.Tensor | None:
    """An argument as a tensor; a number keeps all its digits."""
    if value is None or isinstance(value, torch.Tensor):
        return value
    if name == "x":
        raise TypeError(f"x: a tensor is needed, not {type(value).__name__}")
    return torch.as_tensor(value, dtype=torch.float64)


def function(about: Signature, operator: Callable[..., Any]) -> Callable[..., Any]:
    """The function on tensors of an operator."""

    def pool(*args: Any, **kwargs: Any) -> Any:
        values = about.bound(args, kwargs)
        tensors = [operand(key, values[key] if key in values else about.defaults[key]) for key in about.operands]
        if about.random:
            tensors.append(seed_of(values.get("rng")))
        y, indices, _ = operator(*tensors, about.encoded(values))
        return (y, indices) if about.indices and values.get("return_indices") else y

    return described(pool, about)


FUNCTIONS = {name: function(about, OPERATORS[name]) for name, about in SIGNATURES.items()}
globals().update(FUNCTIONS)
__all__ = list(FUNCTIONS)
