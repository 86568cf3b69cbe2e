"""From one definition of a method to its public functions.

A method is written once, as a function of the spatial rank and the public arguments that returns (result, pullback).
The public functions are made of it: `forward` fixes the rank and drops the pullback, `with_gradient` fixes the rank only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
Q = TypeVar("Q")
R = TypeVar("R")
T = TypeVar("T")


def forward(method: Callable[Concatenate[int, P], tuple[R, Any]], rank: int, suffix: bool = True) -> Callable[P, R]:
    """The method over `rank` spatial axes, which its name tells if `suffix`, without its gradient."""

    def function(*args: P.args, **kwargs: P.kwargs) -> R:
        result, _ = method(rank, *args, **kwargs)
        return result

    return dressed(function, method, f"{rank}d" if suffix else "", "cpool.reference")


def with_gradient(
    method: Callable[Concatenate[int, P], tuple[R, Q]], rank: int, suffix: bool = True
) -> Callable[P, tuple[R, Q]]:  # fmt: skip
    """The method over `rank` spatial axes, which its name tells if `suffix`: (result, pullback)."""

    def function(*args: P.args, **kwargs: P.kwargs) -> tuple[R, Q]:
        return method(rank, *args, **kwargs)

    return dressed(function, method, f"{rank}d" if suffix else "", "cpool.reference.vjp")


def dressed(function: Callable[P, T], method: Callable[..., Any], suffix: str, module: str) -> Callable[P, T]:
    """The function with the name, the documentation and the arguments that a user sees."""
    signature = inspect.signature(method)
    _, *public = signature.parameters.values()
    returns: str = signature.return_annotation
    if module == "cpool.reference":
        returns = returns.removeprefix("tuple[").removesuffix(", Pullback]")
    function.__doc__ = method.__doc__
    function.__name__ = function.__qualname__ = f"{method.__name__}{suffix}"
    function.__module__ = module
    function.__annotations__ = {each.name: each.annotation for each in public} | {"return": returns}
    function.__signature__ = signature.replace(parameters=public, return_annotation=returns)  # type: ignore[attr-defined]
    return function
