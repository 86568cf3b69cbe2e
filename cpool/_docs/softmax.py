"""Poolings by exponential weights."""

from __future__ import annotations

from cpool._docs.learned import DTYPE, EMPTY, NUM_CHANNELS, WINDOW, pullback_of
from cpool._docs.method import Method

METHODS = {
    "soft": Method(
        "soft_pool{rank}d", "SoftPool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = sum over i of w[i] * x[i],    w = softmax(beta * x)

The largest cells count most: ``beta=0`` is the average, and towards infinity the maximum. {EMPTY}

The gradient of a cell is g * w[i] * (1 + beta * (x[i] - y)), which may be negative, and that of beta the sum of
g * w[i] * x[i] * (x[i] - y). The published code takes the weights for constants, g * w[i]: `detach_weights` does so.

A. Stergiou, R. Poppe, G. Kalliatakis: Refining activation downsampling with SoftPool, ICCV 2021; beta is ours.""",
        parameters={
            "beta": ("float or array_like, (C,)", "How much larger cells count more, for all channels or for each."),
            "detach_weights": ("bool", "Whether the gradient takes the weights for constants. That of beta stays what it is."),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("beta"),
    ),
}  # fmt: skip
