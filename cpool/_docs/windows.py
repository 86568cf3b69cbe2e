"""Max, min, average and sum over regular windows."""

from __future__ import annotations

from typing import NamedTuple

from cpool._docs.method import Method


class _Windowed(NamedTuple):
    formula: str
    dtype: str
    gradient: str
    empty: str
    source: str


WINDOWED = "x[o * stride - before + t * dilation]"
SAME_DTYPE = "Its dtype is that of `x`: any float of at most 64 bits, bfloat16, any integer or bool."

_WINDOWED = {
    "max": _Windowed(
        f"y[o] = max over t of {WINDOWED}",
        SAME_DTYPE,
        "All of a window's gradient goes to its winner: the first in row-major order, or the first NaN.",
        "is -inf (the least value of an integer dtype), with index -1 and no gradient",
        "The operator is `torch.nn.functional.max_pool{rank}d`, and MaxPool-22 of ONNX with the defaults of PyTorch. A NaN in\n"
        "a window is its result. Unlike PyTorch's, the padding may be as large as the effective kernel less 1.",
    ),
    "min": _Windowed(
        f"y[o] = min over t of {WINDOWED}",
        SAME_DTYPE,
        "All of a window's gradient goes to its winner: the first in row-major order, or the first NaN.",
        "is inf (the largest value of an integer dtype), with index -1 and no gradient",
        "The operator is ``-torch.nn.functional.max_pool{rank}d(-x, ...)``, which is `jax.lax.reduce_window` with `jax.lax.min`.\n"
        "A NaN in a window is its result.",
    ),
    "avg": _Windowed(
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
    "sum": _Windowed(
        f"y[o] = sum over t of {WINDOWED}",
        "Its dtype is that of `x`; int64 or uint64 where `x` holds integers or bools, as that of `numpy.sum`. Floats are added in\n"
        "float64; but for a window of at most 3 cells an axis those of less than 64 bits in float32, as accurately as by numpy.",
        "Each cell of a window gets the window's gradient.",
        "is 0, without a gradient",
        "The operator is `torch.nn.functional.avg_pool{rank}d` with ``divisor_override=1`` (PyTorch's 1d lacks it), and\n"
        "`jax.lax.reduce_window` with `jax.lax.add`.",
    ),
}

NOTES = """\
With the window's cells t < kernel_size along each axis, and `before` the padding ahead of the input::

    {formula}

over the cells inside the input. The result of a window without any, which only dilation can make,
{empty}.
{gradient}

{source}"""

METHODS = {
    kind: Method(f"{kind}_pool{{rank}}d", f"{kind.capitalize()}Pool{{rank}}d", each.dtype, NOTES.format(**each._asdict()))
    for kind, each in _WINDOWED.items()
}
