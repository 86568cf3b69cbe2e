"""From one definition of a method to its public functions.

A method is written once, as a function of the spatial rank and the public arguments that returns (result, pullback).
The public functions are made of it: `forward` fixes the rank and drops the pullback, `with_gradient` fixes the rank only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from cpool.reference._pullback import Pullback

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def forward(method: Callable[Concatenate[int, P], tuple[R, Pullback]], rank: int) -> Callable[P, R]:
    """The method over `rank` spatial axes, without its gradient."""

    def function(*args: P.args, **kwargs: P.kwargs) -> R:
        result, _ = method(rank, *args, **kwargs)
        return result

    return dressed(function, method, rank, "cpool.reference")


def with_gradient(
    method: Callable[Concatenate[int, P], tuple[R, Pullback]], rank: int
) -> Callable[P, tuple[R, Pullback]]:
    """The method over `rank` spatial axes: (result, pullback)."""

    def function(*args: P.args, **kwargs: P.kwargs) -> tuple[R, Pullback]:
        return method(rank, *args, **kwargs)

    return dressed(function, method, rank, "cpool.reference.vjp")


def dressed(function: Callable[P, T], method: Callable[..., Any], rank: int, module: str) -> Callable[P, T]:
    """The function with the name, the documentation and the arguments that a user sees."""
    signature = inspect.signature(method)
    _, *public = signature.parameters.values()
    returns: str = signature.return_annotation
    if module == "cpool.reference":
        returns = returns.removeprefix("tuple[").removesuffix(", Pullback]")
    function.__doc__ = method.__doc__
    function.__name__ = function.__qualname__ = f"{method.__name__}{rank}d"
    function.__module__ = module
    function.__annotations__ = {each.name: each.annotation for each in public} | {"return": returns}
    function.__signature__ = signature.replace(parameters=public, return_annotation=returns)  # type: ignore[attr-defined]
    return function
