"""Poolings that mix the maximum with the mean, and the tree of two sums."""

from __future__ import annotations

from cpool._docs.learned import DTYPE, EMPTY, NUM_CHANNELS, WINDOW, pullback_of
from cpool._docs.method import Method

LEE = """\
C.-Y. Lee, P. Gallagher, Z. Tu: Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree,
AISTATS 2016"""
PATENT = "It is said that a patent application exists on gated and tree pooling (UCSD docket SD2016-053)."
GATE_CHANNELS = ("int or None", "With a number, each of so many channels has a gate of its own.")

METHODS = {
    "mixed": Method(
        "mixed_pool{rank}d", "MixedPool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = a * max over i of x[i] + (1 - a) * mean over i of x[i]

"learned": a is `alpha`. "stochastic": in training a is 1 with probability `alpha`, or else 0, drawn for each channel of each
image; in evaluation it is the expectation, `alpha`. With 1 the result is the maximum, with 0 the mean, also beside cells that
are infinite. {EMPTY}

Each cell's gradient is g * (1 - a) / n, and g * a more for the maximum: the first, or the first NaN. That of `alpha` is
g * (max - mean), summed; it is 0 where a was drawn, since a small change of `alpha` then changes nothing. The layer starts with
`alpha`, which may leave the range from 0 to 1 unless its `project` is called after each update.

{LEE}. "stochastic": D. Yu, H. Wang, P. Chen, Z. Wei: Mixed pooling for
convolutional neural networks, RSKT 2014.""",
        parameters={
            "alpha": (
                "float or array_like, (C,)",
                'How much of the maximum there is, for all channels or for each. "stochastic": a probability, from 0 to 1.',
            ),
            "mode": ('"learned" or "stochastic"', "Whether `alpha` mixes, or is the chance of the maximum."),
            "training": ("bool", "Whether to draw, if stochastic, or to give the expectation."),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("alpha"),
    ),
    "gated": Method(
        "gated_pool{rank}d", "GatedPool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = s * max over i of x[i] + (1 - s) * mean over i of x[i],    s = 1 / (1 + exp(-sum over i of mask[i] * x[i]))

{EMPTY}

With r = g * s * (1 - s) * (max - mean) each cell's gradient is g * (1 - s) / n + r * mask[i], and g * s more for the
maximum: the first, or the first NaN. That of mask[i] is r * x[i], summed. The published code gives the maximum's part to all
cells that are as large. The layer's mask is drawn from a normal distribution with standard deviation 0.1.

{LEE}. {PATENT}""",
        parameters={
            "mask": (
                "array_like, ``(*window)`` or ``(C, *window)``",
                "What the cells of a window are multiplied by in the gate, for all channels or for each; of the window's shape.",
            ),
            "stride": ("int or sequence of int, or None", "Steps from window to window; None means the size of the window."),
            "num_channels": GATE_CHANNELS,
        },
        pullback=pullback_of("mask"),
    ),
    "tree": Method(
        "tree_pool{rank}d", "TreePool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = s * sum over i of leaves[0, i] * x[i] + (1 - s) * sum over i of leaves[1, i] * x[i]
    s = 1 / (1 + exp(-sum over i of gate[i] * x[i]))

{EMPTY}

With u and v for the two sums and r = g * s * (1 - s) * (u - v), a cell's gradient is
g * s * leaves[0, i] + g * (1 - s) * leaves[1, i] + r * gate[i]; those of the parameters are g * s * x[i], g * (1 - s) * x[i] and
r * x[i], summed. The layer starts near the mean: leaves of 1 / n and noise of standard deviation 0.1 / sqrt(n), n being the
cells of a window, and a gate from a normal distribution with standard deviation 0.1.

{LEE}: a tree of two levels. {PATENT}""",
        parameters={
            "leaves": (
                "array_like, ``(2, *window)``",
                "Two sets of weights of a window's cells; the shape of each is the window's.",
            ),
            "gate": (
                "array_like, ``(*window)`` or ``(C, *window)``",
                "What the cells of a window are multiplied by in the gate, for all channels or for each.",
            ),
            "stride": ("int or sequence of int, or None", "Steps from window to window; None means the size of the window."),
            "num_channels": GATE_CHANNELS,
        },
        pullback=pullback_of("leaves", "gate"),
    ),
}  # fmt: skip
