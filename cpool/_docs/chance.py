"""Poolings by chance, and by rank."""

from __future__ import annotations

from cpool._docs.learned import DTYPE, EMPTY, WINDOW
from cpool._docs.method import Method

TRAINING = ("bool", "Whether to draw; if not, what is expected of it is returned. A layer does so in eval mode.")
RNG = (
    "numpy.random.Generator, int or None",
    "Where random numbers come from; an int is a seed, None a fresh generator. The same seed gives the same result for any\n"
    "number of threads and any layout.",
)

METHODS = {
    "stochastic": Method(
        "stochastic_pool{rank}d", "StochasticPool{rank}d", DTYPE,
        f"""\
{WINDOW},
and c = max(x, 0)::

    training:    y = x[i],  i drawn with the chance c[i] / sum c
    evaluation:  y = sum c^2 / sum c,  which is expected of it

Each window draws on its own, by a uniform number of 24 bits. The cell that was drawn takes all of the gradient; in evaluation a
positive cell takes g * (2 x[i] - y) / sum c. What is not positive has no chance: where no cell of a window is, the result is 0,
without a gradient. A NaN in a window is its result. {EMPTY}

M. Zeiler, R. Fergus: Stochastic pooling for regularization of deep convolutional neural networks, ICLR 2013.""",
        parameters={"training": TRAINING, "rng": RNG},
    ),
    "dropout": Method(
        "max_pool_dropout{rank}d", "MaxPoolDropout{rank}d", DTYPE,
        f"""\
{WINDOW},
the r-th largest being x(r)::

    training:    y = x(r),  r drawn with the chance (1 - rate) rate^(r - 1);  y = 0 with the chance rate^n
    evaluation:  y = sum over r of (1 - rate) rate^(r - 1) x(r),  which is expected of it

That is the largest of those cells that are left where each is dropped with the chance `rate` on its own, in each window anew.
With ``rate=0`` it is max pooling. Unlike dropout's, the results are not scaled; negative cells compete as they are, so that the 0
of a window whose cells are all dropped may be larger than each. Padding never survives. Of equal cells the earlier is the
larger, and NaN is larger than any number. The cell that is left takes all of the gradient. {EMPTY}

H. Wu, X. Gu: Max-pooling dropout for regularization of convolutional neural networks, ICONIP 2015; Towards dropout training for
convolutional neural networks, Neural Networks 71, 2015, with the rule for evaluation, probabilistic weighted pooling.""",
        parameters={
            "rate": ("float", "The chance of a cell to be dropped; at least 0 and below 1."),
            "training": TRAINING,
            "rng": RNG,
        },
    ),
    "rank": Method(
        "rank_pool{rank}d", "RankPool{rank}d", DTYPE,
        f"""\
{WINDOW},
n of them, the r-th largest being x(r)::

    "average":     y = (x(1) + ... + x(t)) / t,  t = min(top, n)
    "weighted":    y = sum over r of p[r] x(r),  p[r] = decay (1 - decay)^(r - 1) / sum of these
    "stochastic":  y = x(r),  r drawn with the chance p[r];  in evaluation as "weighted"

Of equal cells the earlier is the larger, and NaN is larger than any number. An average of ``top=1`` is the maximum and of all cells
the average; ``decay=1`` is the maximum too, and towards 0 it is the average. The published weights are not divided by their sum,
which is 1 - (1 - decay)^n. A cell takes the gradient times its weight, the one that was drawn all of it. {EMPTY}

Z. Shi, Y. Ye, Y. Wu: Rank-based pooling for deep convolutional neural networks, Neural Networks 83, 2016.""",
        parameters={
            "mode": ('"average", "weighted" or "stochastic"', "What becomes of the ranks."),
            "top": (
                "int or None",
                "The largest cells that count, at least 1. None: half of a whole window's, rounded up, for the average, and all\n"
                "of them else.",
            ),
            "decay": ("float", "The share of the weight that is left which each rank takes; above 0 and at most 1."),
            "training": ("bool", 'Whether "stochastic" draws; if not, it is as "weighted". A layer does so in eval mode.'),
            "rng": RNG,
        },
    ),
}  # fmt: skip
