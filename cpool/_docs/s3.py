"""S3Pool."""

from __future__ import annotations

from cpool._docs.chance import RNG, TRAINING
from cpool._docs.learned import DTYPE
from cpool._docs.method import Method

METHODS = {
    "s3": Method(
        "s3_pool{rank}d", "S3Pool{rank}d", DTYPE,
        """\
Max pooling with windows one cell apart, of which along each axis some are kept (stochastic spatial sampling)::

    training:    of each strip of `grid_size` windows every `stride`-th would be kept: as many are drawn, in their order
    evaluation:  the average of each `stride` windows, in place of one of them

There are as many results as of `max_pool{rank}d` with the same arguments: the windows that are drawn from start from the padding's
first cell to `stride` cells behind the start of the last result's, as far as `x` has cells, and are cut at its end. One draw is for
the whole batch and all channels. The smaller the grid, the less the map is distorted: with ``grid_size=stride`` each result is of
its own strip, and what is expected of it is the result in evaluation. The largest cell of a window takes the gradient, the first of
equal ones; a NaN in a window is its maximum. That of a window without a cell, which only dilation can make, is 0.

S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris: S3Pool: pooling with stochastic spatial sampling, CVPR 2017. There
the last windows are left out, and in evaluation padding shifts the averages by half a stride.""",
        parameters={
            "grid_size": ("int or sequence of int", "Windows of a strip, one number for every axis or one an axis."),
            "training": TRAINING,
            "rng": RNG,
        },
    ),
}  # fmt: skip
