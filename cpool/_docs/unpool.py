"""Max unpooling."""

from __future__ import annotations

from cpool._docs.method import Method

RESULT = """\
y : ndarray
    The shape of `x`, with the spatial axes unpooled."""
DTYPE = "Its dtype is that of `x`: any float of at most 64 bits, bfloat16, any integer or bool."

NOTES = """\
Of each plane, an axis of n windows being unpooled into (n - 1) * stride + kernel_size - before - after cells, or `output_size`::

    y[indices[o]] = x[o],   0 elsewhere

Where several values of a plane have the same index, the last in row-major order stays and has the gradient
(``duplicates="last"``); or they are added up, in x's dtype (integers wrap around, of bools one is enough, floats are added in
float64), and each has the gradient ("sum"); or that is an error ("error").
Else the gradient of x is that of y, taken from where its value went. The indices have none.

The operator is `torch.nn.functional.max_unpool{rank}d`, whose result for equal indices is that of a race and whose gradient then
goes to all of them; and MaxUnpool-22 of ONNX, whose indices count through the whole array and not each plane. Every index must lie
in its plane: -1, with which pooling marks a window without a cell, is refused like any other; only dilation makes such windows."""

PARAMETERS = {
    "kernel_size": (
        "int or sequence of int",
        "Cells of a window of the pooling: one number for every axis, or one an axis ({axes}).",
    ),
    "stride": ("int or sequence of int or None", "Steps from window to window of the pooling; None means `kernel_size`."),
    "padding": (
        "int, sequence of int or sequence of (before, after) pairs",
        'Cells that the pooling added around its input, fewer than `kernel_size`. A name such as "same" leaves the size open.',
    ),
    "output_size": (
        "int or sequence of int or None",
        "The size of the spatial axes ({axes}), or a whole shape with batch and channels, of which only these are read: within\n"
        "less than one stride of the default, which is the least size that has so many windows.",
    ),
    "out": (
        "ndarray or None",
        "An array of the result's shape and dtype to write it into, apart from `x` and `indices` in memory.",
    ),
}

METHODS = {
    "unpool": Method(
        "max_unpool{rank}d", "MaxUnpool{rank}d", DTYPE, NOTES, result=RESULT, parameters=PARAMETERS, more={},
    ),
}  # fmt: skip
