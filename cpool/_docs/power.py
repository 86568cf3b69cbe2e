"""The power mean."""

from __future__ import annotations

from cpool._docs.learned import DTYPE, EMPTY, NUM_CHANNELS, WINDOW, pullback_of
from cpool._docs.method import Method
from cpool._docs.parameters import WINDOWS

METHODS = {
    "gem": Method(
        "gem_pool{rank}d", "GeMPool{rank}d", DTYPE,
        f"""\
{WINDOW},
n of them, and c = max(x, eps)::

    y = ((sum over i of c[i]**p) / n)**(1 / p)

p = 1 is the average, towards infinity it is the maximum, p = -1 the harmonic mean, and towards minus infinity it is the minimum,
as with p infinite; p = 0 is the geometric mean. It is computed from logarithms relative to one cell, so that nothing overflows
or underflows.
{EMPTY}

The gradient of a cell is g * (c[i] / y)**(p - 1) / n, and 0 where x < eps; that of p is g * y / p * (sum over i of w[i] *
log(c[i] / y)), w[i] being c[i]**p over the sum of them. Cells below eps (float32: and below 1.2e-38) count as eps.

The alpha-integration of Amari, which pooling has too, is the same with p = (1 - alpha) / 2: -1 is the average, 1 the geometric and
3 the harmonic mean. A layer given `alpha` learns it in place of p; its gradient is minus half of that of p.

F. Radenovic, G. Tolias, O. Chum: Fine-tuning CNN image retrieval with no human annotation, TPAMI 2018 (GeM; there over the whole
input). H. Eom, H. Choi: Alpha-integration pooling for convolutional neural networks, 2018, arXiv 1811.03436.""",
        parameters={
            "kernel_size": (
                f"{WINDOWS} or None",
                "Cells of a window: one number for every axis, or one an axis ({axes}). None is the whole input; stride,\n"
                "padding and dilation are then left out, and the spatial axes of the result have length 1.",
            ),
            "p": ("float or array_like, (C,)", "The power, for all channels or for each; any sign."),
            "alpha": ("float or None", "In place of `p`: the power is (1 - alpha) / 2."),
            "eps": ("float", "What smaller cells are raised to; above 0."),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("p"),
    ),
}  # fmt: skip
