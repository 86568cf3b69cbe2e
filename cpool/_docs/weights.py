"""Poolings with weights by position or by rank."""

from __future__ import annotations

from cpool._docs.learned import DTYPE, EMPTY, NUM_CHANNELS, WINDOW, pullback_of
from cpool._docs.method import Method

METHODS = {
    "weighted_max": Method(
        "weighted_max_pool{rank}d", "WeightedMaxPool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = max over i of weight[i] * x[i]

{EMPTY}

All of a window's gradient goes to its winner, the first of the largest or the first NaN: g * weight[i] to the cell, and
g * x[i] to the weight. The layer starts with weights of 1, which is max pooling. Below 0 a weight turns the order of its cell
round; the layer's `project`, called after each update, keeps them from it.

The name is not standard. Of what has been called so this is the maximum with a weight for each position; see `stochastic_pool`
in evaluation for cells weighted by their own share, and `ordinal_pool` for weights by rank.""",
        parameters={
            "weight": (
                "array_like, ``(*window)`` or ``(C, *window)``",
                "The weights of the cells of a window, for all channels or for each; its shape is the window's.",
            ),
            "stride": ("int or sequence of int, or None", "Steps from window to window; None means the size of the window."),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("weight"),
    ),
    "ordinal": Method(
        "ordinal_pool{rank}d", "OrdinalPool{rank}d", DTYPE,
        f"""\
{WINDOW},
x(0) being the largest of them and x(n - 1) the smallest::

    y = sum over r of weight[r] * x(r)

Of equal cells the first comes first, and a NaN counts as larger than any number. All weight on the first rank is the maximum,
on the last the minimum, and the same on all is the mean; a cell of weight 0 may be infinite. Where a border leaves n cells of
a window, the weights of ranks below n are scaled so that they add up to what all do, unless they add up to 0.
{EMPTY}

With all, the sum of all weights, some, that of the first n, and s = all / some, which is 1 in a whole window::

    grad_x(r) += g * s * weight[r]
    grad_weight[r] += g * (s * x(r) + y / all - y / some) of ranks r < n, and g * y / all of those that no cell has

Weights are taken as they are; the layer's `project`, called after each update, moves them to the nearest weights of at least 0 that
add up to 1. (The published code scales them, by which an update that raises all alike brings them nearer to the mean.) The layer
starts with "avg", the mean; with "max", all weight on the first rank; or with "random", uniform and scaled.

A. Deliege, M. Istasse, A. Kumar, C. De Vleeschouwer, M. Van Droogenbroeck: Ordinal pooling, arXiv 2109.01561; A. Kumar: Ordinal
pooling networks, arXiv 1804.02702; and the ordered weighted averages of I. Forcen et al., arXiv 2007.01243.""",
        parameters={
            "weight": (
                "array_like, (n,) or (C, n)",
                "The weights by rank, the largest cell first, for all channels or for each; n is the number of cells of a window.",
            ),
            "init": ('"avg", "max" or "random"', 'The weights at the start; `rng` is for "random" only.'),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("weight"),
    ),
}  # fmt: skip
