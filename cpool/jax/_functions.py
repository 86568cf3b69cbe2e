"""Every pooling function on JAX's arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cpool._adapters.calls import Calls, Spec
from cpool._adapters.signatures import NAMES, Signature, described, signature
from cpool._arguments import Array

Shape: Any = jax.ShapeDtypeStruct


def as_jax_has_it(a: Array) -> Array:
    """In C's order; without ``jax_enable_x64`` in 32 bits."""
    dtype = np.dtype(jax.dtypes.canonicalize_dtype(a.dtype))
    if a.dtype != dtype and dtype.kind == "i" and a.size and a.max() > np.iinfo(dtype).max:
        raise OverflowError(f"indices up to {a.max()} need jax_enable_x64")
    return np.ascontiguousarray(a, dtype)


class Pool:
    """The callbacks of one function: `operands` are its arrays that are given, in order, and of a random one the seed."""

    def __init__(self, about: Signature) -> None:
        self.about, self.calls = about, Calls(about)

    def values(self, names: tuple[str, ...], settings: str, operands: tuple[Any, ...]) -> dict[str, Any]:
        """The arguments of the function of cpool."""
        values = dict.fromkeys(self.about.operands) | self.about.decoded(settings)
        values |= {name: np.asarray(operand) for name, operand in zip(names, operands, strict=False)}
        if self.about.random:
            values["rng"] = int(operands[-1])
        return values

    def forward(self, names: tuple[str, ...], settings: str, *operands: Any) -> tuple[Array, ...]:
        """Result, indices and codes of winners, in C's order: that is how JAX takes them."""
        return tuple(as_jax_has_it(a) for a in self.calls.forward(self.values(names, settings, operands)))

    def backward(self, names: tuple[str, ...], settings: str, grad: Any, codes: Any, *operands: Any) -> tuple[Array, ...]:
        """The gradients of the operands that have one."""
        values = self.values(names, settings, operands)
        found = self.calls.backward(values, np.asarray(codes), np.asarray(grad))
        wanted = [values[name] for name in self.about.learned if name in names]
        return tuple(np.ascontiguousarray(g, a.dtype).reshape(a.shape) for g, a in zip(found, wanted, strict=True))

    def shapes(self, names: tuple[str, ...], settings: str, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """What `forward` gives, without values."""
        specs = dict.fromkeys(self.about.operands) | {
            name: Spec(tuple(operand.shape), np.dtype(operand.dtype)) for name, operand in zip(names, operands, strict=False)
        }
        found = self.calls.specs(specs, self.about.decoded(settings))
        return tuple(Shape(spec.shape, jax.dtypes.canonicalize_dtype(spec.dtype)) for spec in found)


def differentiable(pool: Pool) -> Callable[..., Any]:
    """`call(names, settings, *operands)`, with its gradient."""
    about = pool.about

    def run(names: tuple[str, ...], settings: str, operands: tuple[Any, ...]) -> Any:
        found = pool.shapes(names, settings, operands)
        return jax.pure_callback(partial(pool.forward, names, settings), found, *operands, vmap_method="sequential")

    @partial(jax.custom_vjp, nondiff_argnums=(0, 1))
    def call(names: tuple[str, ...], settings: str, *operands: Any) -> Any:
        return run(names, settings, operands)[:2]

    def forward(names: tuple[str, ...], settings: str, *operands: Any) -> Any:
        y, indices, codes = run(names, settings, operands)
        return (y, indices), (codes, operands)

    def backward(names: tuple[str, ...], settings: str, kept: Any, grads: Any) -> Any:
        codes, operands = kept
        learned = [operand for name, operand in zip(names, operands, strict=False) if name in about.learned]
        found = iter(
            jax.pure_callback(
                partial(pool.backward, names, settings),
                tuple(Shape(a.shape, a.dtype) for a in learned),
                grads[0],
                codes,
                *operands,
                vmap_method="sequential",
            )
        )
        gradients = [next(found) if name in about.learned else None for name in names]
        return (*gradients, *((None,) * about.random))

    call.defvjp(forward, backward)
    return call


def function(about: Signature) -> Callable[..., Any]:
    """The function on JAX's arrays."""
    call = differentiable(Pool(about))

    def pool(*args: Any, **kwargs: Any) -> Any:
        values = about.bound(args, kwargs)
        given = {**about.defaults, **values}
        names = tuple(name for name in about.operands if given[name] is not None)
        operands = [jnp.asarray(given[name]) for name in names]
        if about.random:
            seed = values.get("rng", 0 if not about.draws(values) else None)
            if seed is None:
                raise TypeError(f"{about.name}: rng=None: an int is needed, which seeds the draw: JAX has no generator of its own")
            operands.append(jnp.asarray(seed))
        y, indices = call(names, about.encoded(values), *operands)
        return (y, indices) if about.indices and values.get("return_indices") else y

    return described(pool, about)


FUNCTIONS = {name: function(signature(name)) for name in NAMES}
