"""What of a function of cpool's is an array that another library holds, and what is a setting of the call."""

from __future__ import annotations

import ast
import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cpool

WITHOUT_GRADIENT = frozenset({"indices", "rois", "samples"})
LEFT_OUT = frozenset({"out", "return_boundaries", "rng"})


@dataclass(frozen=True)
class Signature:
    """A function by its name."""

    name: str
    operands: tuple[str, ...]
    """Its arrays, x first."""
    settings: tuple[str, ...]
    names: tuple[str, ...]
    """All of its arguments here, in their order, those of `rng` among them."""
    required: tuple[str, ...]
    positional: int
    """How many of them may be given by position."""
    defaults: dict[str, Any]
    """Of the arrays."""
    texts: dict[str, str]
    """Those of the settings, encoded."""
    random: bool
    indices: bool
    """Whether it can return them."""

    @property
    def learned(self) -> tuple[str, ...]:
        """The operands that have gradients, in the order in which the pullback gives them."""
        return tuple(name for name in self.operands if name not in WITHOUT_GRADIENT)

    def bound(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by their names, those with defaults only where they are given."""
        if len(args) > self.positional:
            raise TypeError(f"{self.name}: {len(args)} arguments by position, at most {self.positional} are taken")
        values = dict(zip(self.names, args, strict=False))
        for key, value in kwargs.items():
            if key not in self.names or key in values:
                raise TypeError(f"{self.name}: the argument {key!r} {'is given twice' if key in values else 'does not exist'}")
            values[key] = value
        for key in self.required:
            if key not in values:
                raise TypeError(f"{self.name}: the argument {key!r} is missing")
        return values

    def draws(self, values: Mapping[str, Any]) -> bool:
        """Whether a call with these arguments is left to chance."""
        if not self.random or not values.get("training", True):
            return False
        modes = ("stochastic",) if "mode" in self.settings else (None,)
        return values.get("mode") in modes and values.get("samples") is None and values.get("boundaries") is None

    def encoded(self, values: dict[str, Any]) -> str:
        """The settings, those among these values or the defaults, in a form that a compiled graph can hold.

        Defaults are text from the start: as numbers, a compiler that looks for what may change would take them for variables.
        """
        texts = (repr(_plain(values[name])) if name in values else self.texts[name] for name in self.settings)
        return f"({', '.join(texts)},)"

    def decoded(self, text: str) -> dict[str, Any]:
        """The inverse of `encoded`."""
        return dict(zip(self.settings, _values(text), strict=True))


def _plain(value: Any) -> Any:
    return "inf" if isinstance(value, float) and value == math.inf else value  # which has no literal


@functools.lru_cache(maxsize=1024)
def _values(text: str) -> Sequence[Any]:
    return tuple(math.inf if value == "inf" else value for value in ast.literal_eval(text))


def signature(name: str) -> Signature:
    """That of a public function."""
    parameters = inspect.signature(getattr(cpool, name)).parameters
    arrays = [key for key, entry in parameters.items() if "ArrayLike" in str(entry.annotation)]
    kept = [key for key in parameters if key not in LEFT_OUT]
    names = [key for key in parameters if key in kept or key == "rng"]
    defaults = {key: parameters[key].default for key in names if parameters[key].default is not inspect.Parameter.empty}
    return Signature(
        name=name,
        operands=tuple(arrays),
        settings=tuple(key for key in kept if key not in arrays),
        names=tuple(names),
        required=tuple(key for key in names if key not in defaults),
        positional=sum(parameters[key].kind is not inspect.Parameter.KEYWORD_ONLY for key in names),
        defaults={key: value for key, value in defaults.items() if key in arrays},
        texts={key: repr(_plain(value)) for key, value in defaults.items() if key not in arrays},
        random="rng" in parameters,
        indices="return_indices" in parameters,
    )


NAMES = tuple(name for name in cpool.__all__ if inspect.isfunction(getattr(cpool.vjp, name, None)))
"""Every pooling function."""


def described(function: Callable[..., Any], about: Signature) -> Callable[..., Any]:
    """The function with the name, the signature and the first line of the docstring of cpool's."""
    original = getattr(cpool, about.name)
    parameters = inspect.signature(original).parameters
    function.__name__ = function.__qualname__ = about.name
    function.__doc__ = f"{original.__doc__.partition(chr(10))[0]}\n\nArguments and rules are those of `cpool.{about.name}`."
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameters[name].replace(annotation=inspect.Parameter.empty) for name in about.names]
    )
    return function
