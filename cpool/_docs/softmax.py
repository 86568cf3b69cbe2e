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

The largest cells count most: ``beta=0`` is the average, and an infinite beta gives the maximum. {EMPTY}

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
    "lse": Method(
        "lse_pool{rank}d", "LSEPool{rank}d", DTYPE,
        f"""\
{WINDOW},
n of them::

    y = log((sum over i of exp(r * x[i])) / n) / r

A smooth maximum: towards ``r=0``, where it is taken for the average, it is the average, towards infinity and there the maximum,
and towards minus infinity the minimum. Near 0 it is computed by its series; nothing overflows.
{EMPTY}

The gradient of a cell is g * w[i] with w = softmax(r * x), and that of r is g * ((sum over i of w[i] * x[i]) - y) / r. The layer
learns r; who wants it fixed does not step it.

P. O. Pinheiro, R. Collobert: From image-level to pixel-level labeling with convolutional networks, CVPR 2015. AlphaMEX pooling is
``r = log(a / (1 - a))``.""",
        parameters={
            "r": ("float or array_like, (C,)", "How sharp the maximum is, for all channels or for each; any sign."),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("r"),
    ),
    "softmax": Method(
        "softmax_pool{rank}d", "SoftmaxPool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = sum over i of w[i] * x[i],    w = softmax(logits)

The logits are of your making, mostly the result of a small network on `x`. Where they are equal it is the average. With
``logits=beta * x`` it is `soft_pool`.
{EMPTY}

The gradient of a cell is g * w[i], and that of its logit g * w[i] * (x[i] - y). One channel of logits weighs all channels of x,
and its gradient is their sum. The layer has two inputs, ``layer(x, logits)``, and its `backward` returns both gradients.

Z. Gao, L. Wang, G. Wu: LIP: local importance-based pooling, ICCV 2019.""",
        parameters={
            "logits": ("array_like", "The shape of `x`, or the same with one channel."),
            "out": ("ndarray or None", "An array of the result's shape and dtype to write it into, apart from the inputs."),
        },
        pullback=pullback_of("logits"),
    ),
}  # fmt: skip
