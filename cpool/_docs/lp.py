"""Lp pooling, over regular windows and global."""

from __future__ import annotations

from cpool._docs import whole
from cpool._docs.method import Method
from cpool._docs.windows import WINDOWED

DTYPE = """\
Its dtype is that of `x`, and float64 where `x` holds integers or bools. The sum is taken in float64 (for ``norm_type=1`` as
`sum_pool` takes it)."""
PARAMETERS = {
    "norm_type": ("float", "The power p: greater than 0, and inf for the largest absolute value."),
    "normalized": ("bool", "Whether the sum is divided by the number of cells in it: the power mean."),
}
PULLBACK = """\
pullback : callable
    ``pullback(grad_y, *, out=None) -> grad_x``: from the gradient with respect to `y`, of its shape, the gradient with
    respect to `x`, of the shape of `x` and its dtype (float64 where `x` holds integers or bools). It keeps a copy of `x`, and
    can be called any number of times, on any thread."""

NOTES = """\
{window}::

    y{o} = (sum over {t} of |{cell}|**p)**(1 / p)

{inside}.
Absolute values are taken whatever p is, so that `y` is the norm, where `torch.nn.functional.lp_pool2d` raises the cells
themselves and gives NaN for some. Nothing overflows or underflows on the way
where `y` does not. A NaN gives NaN.{empty}

The gradient of a cell is ``grad_y * sign(x) * (abs(x) / y)**(p - 1)``, over the number of cells if `normalized`; it is 0 where x
or y is 0. For p = inf all of it goes to the first cell whose absolute value is the largest (or the first NaN), times its sign.

The operator is {onnx} of ONNX, which has integer p only."""

METHODS = {
    "lp": Method(
        "lp_pool{rank}d", "LPPool{rank}d", DTYPE,
        NOTES.format(
            window="With the window's cells t < kernel_size along each axis, and `before` the padding ahead of the input",
            o="[o]", t="t", cell=WINDOWED, onnx="LpPool-22",
            inside="over the cells inside the input (padding counts for nothing, nor does what overhangs in ceil mode)",
            empty=" The result of a window without\na cell, which only dilation can make, is 0, without a gradient.",
        ),
        parameters=PARAMETERS, pullback=PULLBACK,
    ),
    "global_lp": Method(
        "global_lp_pool", "GlobalLPPool", DTYPE,
        NOTES.format(
            window="Over all cells i of the spatial axes", o="[n, c]", t="i", cell="x[n, c, i]",
            inside="For any number of spatial axes",
            onnx="GlobalLpPool", empty="",
        ),
        whole.RESULT, {**whole.X, **PARAMETERS}, pullback=PULLBACK,
    ),
}  # fmt: skip
