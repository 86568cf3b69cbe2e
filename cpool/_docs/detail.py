"""Detail-preserving pooling."""

from __future__ import annotations

from cpool._docs.learned import DTYPE, EMPTY, NUM_CHANNELS, WINDOW, pullback_of
from cpool._docs.method import Method

METHODS = {
    "detail": Method(
        "detail_preserving_pool{rank}d", "DetailPreservingPool{rank}d", DTYPE,
        f"""\
{WINDOW}::

    y = sum over i of w[i] * x[i] / sum over i of w[i],    w[i] = u[i] ** (exp(log_lambda) / 2) + exp(log_alpha)
    u[i] = q[i] / c,    q[i] = d[i] ** 2 + eps2,    d[i] = x[i] - m, or without `symmetric` max(x[i] - m, 0)

c is the mean or the sum of q, or 1 with "none", as the paper has it; the published code divides. m is the window's mean; in the
full variant, with `filter`, it is the sum of the filter times the cells around the window's start, 3 along each axis, with the
stride of the windows and a padding of 1 that counts 0, + `bias`: it must give as many values as there are windows, and what it
gives beyond is left out. {EMPTY}

A large log_alpha gives the mean, as does a log_lambda far below 0; with log_alpha far below 0 and a large log_lambda the cell
farthest from m counts, or without `symmetric` the largest. log_lambda above 40 counts as 40. eps2 is absolute: cells that are
all scaled are weighted otherwise. The gradients are those of the formula, also through c and m.

The layer starts as lite, or with ``lite=False``, which needs `num_channels`, with a filter and a bias from a uniform distribution
within 1 / sqrt(cells of the filter) of 0. Its `project`, called after each update, keeps log_lambda at most 4 and log_alpha at
most 10, as the published code does or meant to.

F. Saeedan, N. Weber, M. Goesele, S. Roth: Detail-preserving pooling in deep networks, CVPR 2018.""",
        parameters={
            "log_lambda": (
                "float or array_like, (C,)",
                "Logarithm of the power of the distances, for all channels or for each.",
            ),
            "log_alpha": ("float or array_like, (C,)", "Logarithm of the least weight, for all channels or for each."),
            "symmetric": ("bool", "Whether cells below m count by their distance too."),
            "normalize": ('"mean", "sum" or "none"', "What squared distances are divided by."),
            "eps2": ("float", "What is added to squared distances; above 0."),
            "filter": (
                "array_like, (C, 3, ...), or None",
                "The filter of the full variant, 3 cells along each of the axes ({axes}); None is the lite variant.",
            ),
            "bias": ("array_like, (C,), or None", "What is added to the filtered values."),
            "lite": ("bool", "Whether cells are compared with the mean, or with what a learned filter gives."),
            "num_channels": NUM_CHANNELS,
        },
        pullback=pullback_of("log_lambda", "log_alpha", more="[, grad_filter[, grad_bias]]"),
    ),
}  # fmt: skip
