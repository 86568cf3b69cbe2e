"""The parts that docstrings share: written once, filled in when the module is imported.

A docstring of the public surface holds its own summary and example, and the line `{sections}` between the two.
`documented` replaces that line by the sections of a method, its parameters taken from the signature, and returns the
very object that it was given: a call costs nothing more.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

T = TypeVar("T", bound=Callable[..., Any])
Role = Literal["function", "vjp", "layer"]


class Method(NamedTuple):
    """What is particular to one way of pooling."""

    formula: str
    dtype: str
    gradient: str
    empty: str
    source: str


WINDOWED = "x[o * stride - before + t * dilation]"
SAME_DTYPE = "Its dtype is that of `x`: any float of at most 64 bits, bfloat16, any integer or bool."

METHODS = {
    "max": Method(
        f"y[o] = max over t of {WINDOWED}",
        SAME_DTYPE,
        "All of a window's gradient goes to its winner: the first in row-major order, or the first NaN.",
        "is -inf (the least value of an integer dtype), with index -1 and no gradient",
        "The operator is `torch.nn.functional.max_pool{rank}d`, and MaxPool-22 of ONNX with the defaults of PyTorch. A NaN in\n"
        "a window is its result. Unlike PyTorch's, the padding may be as large as the effective kernel less 1.",
    ),
    "min": Method(
        f"y[o] = min over t of {WINDOWED}",
        SAME_DTYPE,
        "All of a window's gradient goes to its winner: the first in row-major order, or the first NaN.",
        "is inf (the largest value of an integer dtype), with index -1 and no gradient",
        "The operator is ``-torch.nn.functional.max_pool{rank}d(-x, ...)``, which is `jax.lax.reduce_window` with `jax.lax.min`.\n"
        "A NaN in a window is its result.",
    ),
    "avg": Method(
        f"y[o] = (sum over t of {WINDOWED}) / divisor[o]",
        "Its dtype is that of `x`, and float64 where `x` holds integers or bools. Floats are added in float64; but for a window\n"
        "of at most 3 cells an axis those of less than 64 bits in float32, as accurately as by numpy.",
        "Each cell of a window gets the window's gradient over its divisor.",
        "is 0, without a gradient",
        "The divisor is the number of cells of the window that lie in the input or in the padding, of those in the input alone\n"
        "with ``count_include_pad=False``, or `divisor_override`. What overhangs in ceil mode never counts. The operator is\n"
        "`torch.nn.functional.avg_pool{rank}d`, and AveragePool-22 of ONNX, which also has the dilation (and whose\n"
        "`count_include_pad` is off unless given).",
    ),
    "sum": Method(
        f"y[o] = sum over t of {WINDOWED}",
        "Its dtype is that of `x`; int64 or uint64 where `x` holds integers or bools, as that of `numpy.sum`. Floats are added in\n"
        "float64; but for a window of at most 3 cells an axis those of less than 64 bits in float32, as accurately as by numpy.",
        "Each cell of a window gets the window's gradient.",
        "is 0, without a gradient",
        "The operator is `torch.nn.functional.avg_pool{rank}d` with ``divisor_override=1`` (PyTorch's 1d lacks it), and\n"
        "`jax.lax.reduce_window` with `jax.lax.add`.",
    ),
}

WINDOWS = "int or sequence of int"
PARAMETERS = {
    "x": (
        "array_like",
        '(N, C, {axes}) or (C, {axes}); with ``data_format="channels_last"`` (N, {axes}, C) or ({axes}, C). Any strides;\n'
        "never modified.",
    ),
    "kernel_size": (WINDOWS, "Cells of a window: one number for every axis, or one an axis ({axes})."),
    "stride": (f"{WINDOWS} or None", "Steps from window to window; None means `kernel_size`."),
    "padding": (
        'int, sequence of int, sequence of (before, after) pairs, "valid", "same" or "same_lower"',
        "Cells added around the input, none of which holds a value: fewer than the effective kernel size, which is\n"
        'dilation * (kernel_size - 1) + 1. "same" adds what ceil(size / stride) windows need, the odd cell after the input, and\n'
        '"same_lower" before it.',
    ),
    "dilation": (WINDOWS, "Steps from cell to cell of a window."),
    "ceil_mode": (
        "bool",
        "Whether a last window may overhang the padded input. It must still start inside the input or the padding before it.",
    ),
    "count_include_pad": ("bool", "Whether cells of the padding count in the divisor."),
    "divisor_override": ("int or None", "A divisor for every window, in place of its number of cells; not 0."),
    "data_format": ('"channels_first" or "channels_last"', "Where the axis of the channels is."),
    "return_indices": ("bool", "Whether to return the winners' indices too."),
    "out": ("ndarray or None", "An array of the result's shape and dtype to write it into, apart from `x` in memory."),
    "name": ("str or None", "A name of your own for the layer."),
}

RESULT = """\
y : ndarray
    The shape of `x`, with one element a window on each spatial axis."""
INDICES = """\
indices : ndarray of int64
    Only with ``return_indices=True``: for each element of `y` where it comes from, flat in the spatial axes of `x`
    without padding."""
PULLBACK = """\
pullback : callable
    ``pullback(grad_y, *, out=None) -> grad_x``: from the gradient with respect to `y`, of its shape, the gradient with
    respect to `x`, of the shape of `x` and its dtype (float64 where `x` holds integers or bools). It keeps no more of the
    forward pass than it needs, and can be called any number of times, on any thread."""
PAIR = "    With ``return_indices=True`` the function returns ``((y, indices), pullback)``."
RAISES = """\
TypeError
    For an argument of the wrong type, such as a bool, float or str for an int, and for a dtype that is not supported.
ValueError
    For a value or a shape that breaks a rule above, and for an output axis that would have no window."""
LAYER_RAISES = f"""\
{RAISES}
RuntimeError
    By `backward` in eval mode, or without a forward of its own before it."""
NOTES = """\
With the window's cells t < kernel_size along each axis, and `before` the padding ahead of the input::

    {method.formula}

over the cells inside the input. The result of a window without any, which only dilation can make,
{method.empty}.
{method.gradient}

{method.source}"""


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
    axes = ", ".join("DHW"[3 - rank :])
    signature = inspect.signature(thing).parameters
    found = [section("Parameters", *(parameter(p).replace("{axes}", axes) for p in signature.values()))]
    if role != "layer":
        result = f"{RESULT}\n{textwrap.indent(method.dtype, '    ')}"
        indices = [INDICES] if "return_indices" in signature else []
        pullback = [PULLBACK, *([PAIR] if indices else [])] if role == "vjp" else []
        found.append(section("Returns", result, *indices, *pullback))
    found.append(section("Raises", LAYER_RAISES if role == "layer" else RAISES))
    found.append(section("See Also", *(f"{name} : {what}" for key, (name, what) in related(kind, rank).items() if key != role)))
    found.append(section("Notes", NOTES.format(method=method).replace("{rank}", str(rank))))
    return found


def related(kind: str, rank: int) -> dict[str, tuple[str, str]]:
    """The other forms of the same operator."""
    function = f"{kind}_pool{rank}d"
    return {
        "function": (f"cpool.{function}", "the function, forward only"),
        "vjp": (f"cpool.vjp.{function}", "the function with its gradient"),
        "layer": (f"cpool.{kind.capitalize()}Pool{rank}d", "the layer"),
        "reference": (f"cpool.reference.{function}", "the same in plain numpy"),
    }


def parameter(p: inspect.Parameter) -> str:
    """One entry of the section Parameters."""
    kind, text = PARAMETERS[p.name]
    default = "" if p.default is p.empty else f", default {p.default!r}"
    return f"{p.name} : {kind}{default}\n{textwrap.indent(text, '    ')}"


def section(title: str, *entries: str) -> str:
    """A section of numpydoc."""
    return "\n".join((title, "-" * len(title), *entries))
