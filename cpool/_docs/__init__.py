"""The parts that docstrings share: written once, filled in when the module is imported.

A docstring of the public surface holds its own summary and example, and the line `{sections}` between the two.
`documented` replaces that line by the sections of a method, its parameters taken from the signature, and returns the
very object that it was given: a call costs nothing more.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from cpool._docs import (
    bins,
    blur,
    chance,
    descriptors,
    detail,
    gates,
    lp,
    median,
    polyphase,
    power,
    roi,
    s3,
    softmax,
    unpool,
    weights,
    whole,
    windows,
)
from cpool._docs.method import Method
from cpool._docs.parameters import PARAMETERS

T = TypeVar("T", bound=Callable[..., Any])
Role = Literal["function", "vjp", "layer"]

METHODS: dict[str, Method] = {
    **windows.METHODS,
    **bins.METHODS,
    **descriptors.METHODS,
    **detail.METHODS,
    **gates.METHODS,
    **blur.METHODS,
    **chance.METHODS,
    **lp.METHODS,
    **median.METHODS,
    **power.METHODS,
    **polyphase.METHODS,
    **roi.METHODS,
    **s3.METHODS,
    **softmax.METHODS,
    **unpool.METHODS,
    **weights.METHODS,
    **whole.METHODS,
}

PULLBACK = """\
pullback : callable
    ``pullback(grad_y, *, out=None) -> grad_x``: from the gradient with respect to `y`, of its shape, the gradient with
    respect to `x`, of the shape of `x` and its dtype (float64 where `x` holds integers or bools). It keeps no more of the
    forward pass than it needs, and can be called any number of times, on any thread."""
RAISES = """\
TypeError
    For an argument of the wrong type, such as a bool, float or str for an int, and for a dtype that is not supported.
ValueError
    For a value or a shape that breaks a rule above, and for an output axis that would have no window."""
EMPTY = inspect.Parameter.empty
LAYER_RAISES = f"""\
{RAISES}
RuntimeError
    By `backward` in eval mode, or without a forward of its own before it."""


def documented(method: str, rank: int, role: Role) -> Callable[[T], T]:
    """Fill in the line `{sections}` of the docstring of a function or layer."""

    def fill(thing: T) -> T:
        if thing.__doc__:  # python -OO strips docstrings
            text = "\n\n".join(sections(thing, method, rank, role))
            thing.__doc__ = inspect.cleandoc(thing.__doc__).replace("{sections}", text)
        return thing

    return fill


def sections(thing: Callable[..., Any], kind: str, rank: int, role: Role) -> list[str]:
    """The sections of numpydoc between the summary and the example."""
    method = METHODS[kind]
    signature = arguments(thing)
    found = [section("Parameters", *(parameter(name, default, method) for name, default in signature.items()))]
    if role != "layer":
        more = [text for flag, text in method.more.items() if flag in signature]
        results = [f"{method.result}\n{indented(method.dtype)}", *more]
        if role == "vjp":
            results.append(method.pullback or PULLBACK)
            results += [pair(flag, text) for flag, text in method.more.items() if flag in signature]
        found.append(section("Returns", *results))
    found.append(section("Raises", LAYER_RAISES if role == "layer" else RAISES))
    found.append(section("See Also", *(f"{name} : {what}" for key, (name, what) in related(method).items() if key != role)))
    found.append(section("Notes", method.notes))
    axes = ", ".join("DHW"[3 - rank :]) if rank else "*spatial"
    return [text.replace("{axes}", axes).replace("{rank}", str(rank)) for text in found]


def pair(flag: str, text: str) -> str:
    """How a further result comes together with the pullback."""
    return f"    With ``{flag}=True`` the function returns ``((y, {text.split(' : ')[0]}), pullback)``."


def related(method: Method) -> dict[str, tuple[str, str]]:
    """The other forms of the same operator."""
    return {
        "function": (f"cpool.{method.function}", "the function, forward only"),
        "vjp": (f"cpool.vjp.{method.function}", "the function with its gradient"),
        "layer": (f"cpool.{method.layer}", "the layer"),
        "reference": (f"cpool.reference.{method.function}", "the same in plain numpy"),
    }


def arguments(thing: Callable[..., Any]) -> dict[str, Any]:
    """The names of the arguments with their defaults, EMPTY where there is none: in a tenth of the time of `inspect.signature`,
    which for all of the public surface would be a third of what `import cpool` takes."""
    function: Any = thing.__init__ if isinstance(thing, type) else thing  # type: ignore[misc]
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = dict.fromkeys(names, EMPTY)
    found |= dict(zip(names[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    found |= function.__kwdefaults__ or {}
    found.pop("self", None)
    return found


def parameter(name: str, default: Any, method: Method) -> str:
    """One entry of the section Parameters."""
    kind, text = method.parameters.get(name) or PARAMETERS[name]
    return f"{name} : {kind}{'' if default is EMPTY else f', default {default!r}'}\n{indented(text)}"


def indented(text: str) -> str:
    """A paragraph four spaces to the right."""
    return "    " + text.replace("\n", "\n    ")


def section(title: str, *entries: str) -> str:
    """A section of numpydoc."""
    return "\n".join((title, "-" * len(title), *entries))
