"""Global pooling: one window as large as the input."""

from __future__ import annotations

from typing import NamedTuple

from cpool._docs.method import Method
from cpool._docs.windows import SAME_DTYPE

X = {
    "x": (
        "array_like",
        '``(N, C, {axes})`` of 1, 2 or 3 spatial axes; with ``data_format="channels_last"`` ``(N, {axes}, C)``. There is\n'
        "always a batch axis, since the number of spatial axes follows from that of all. Any strides; never modified.",
    ),
}
RESULT = """\
y : ndarray
    The shape of `x` with spatial axes of length 1."""


class _Whole(NamedTuple):
    formula: str
    dtype: str
    gradient: str
    source: str


_WHOLE = {
    "max": _Whole(
        "max over i of x[n, c, i]",
        SAME_DTYPE,
        "All of the gradient goes to the winner: the first in row-major order, or the first NaN. A NaN in a channel is its result.",
        "`torch.nn.functional.adaptive_max_pool2d(x, 1)`, and GlobalMaxPool of ONNX",
    ),
    "min": _Whole(
        "min over i of x[n, c, i]",
        SAME_DTYPE,
        "All of the gradient goes to the winner: the first in row-major order, or the first NaN. A NaN in a channel is its result.",
        "``-torch.nn.functional.adaptive_max_pool2d(-x, 1)``",
    ),
    "avg": _Whole(
        "(sum over i of x[n, c, i]) / (number of cells)",
        "Its dtype is that of `x`, and float64 where `x` holds integers or bools. Floats are added in float64 (float16 and\n"
        "bfloat16 in float32).",
        "Each cell gets the gradient over the number of cells.",
        "`torch.nn.functional.adaptive_avg_pool2d(x, 1)`, and GlobalAveragePool of ONNX",
    ),
    "sum": _Whole(
        "sum over i of x[n, c, i]",
        "Its dtype is that of `x`; int64 or uint64 where `x` holds integers or bools, as that of `numpy.sum`. Floats are added in\n"
        "float64 (float16 and bfloat16 in float32).",
        "Each cell gets the gradient.",
        "`numpy.sum` over the spatial axes with ``keepdims=True``",
    ),
}

NOTES = """\
Over all cells i of the spatial axes::

    y[n, c] = {formula}

{gradient}

The operator is {source}, for any number of spatial axes."""

METHODS = {
    f"global_{kind}": Method(
        f"global_{kind}_pool", f"Global{kind.capitalize()}Pool", each.dtype, NOTES.format(**each._asdict()), RESULT, X
    )
    for kind, each in _WHOLE.items()
}  # fmt: skip
