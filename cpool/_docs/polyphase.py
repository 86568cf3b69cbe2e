"""Adaptive polyphase sampling."""

from __future__ import annotations

from cpool._docs.learned import DTYPE
from cpool._docs.method import Method

METHODS = {
    "polyphase": Method(
        "polyphase_pool{rank}d", "PolyphasePool{rank}d", DTYPE,
        """\
Every `stride`-th cell of each image, which may start at `stride` places along each axis: its polyphase components. Of each image
the one of the largest norm, over all channels and positions, is the result::

    y[n] = x[n, :, a::stride, b::stride],    (a, b) = argmax of (sum of abs(x[n, :, a::stride, b::stride])^norm)^(1 / norm)

Of equal ones the first wins, in the order (0, 0), (1, 0), (0, 1), (1, 1): along the first axis first. An axis that the stride does
not divide goes on from its start. The cells that were taken get the gradient: none goes through the choice.

When `x` is shifted around its axes the result is the same, shifted or not. So a network of circular convolutions, this sampling of
axes that the stride divides, and a global pooling does not depend on such shifts at all; with zeros around its convolutions it
does, and where components have equal norms: with ``norm=inf`` those that have the same largest value.

A. Chaman, I. Dokmanic: Truly shift-invariant convolutional neural networks, CVPR 2021.""",
        result="""\
y : ndarray
    The shape of `x`, with ceil(size / stride) elements on each spatial axis.""",
        parameters={
            "stride": ("int or sequence of int", "Steps from cell to cell: one number for every axis, or one an axis ({axes})."),
            "norm": ("float", "The order of the norm, above 0; inf is the largest absolute value."),
            "return_indices": ("bool", "Whether to return the choices too."),
        },
        more={
            "return_indices": """\
indices : ndarray of int64
    Only with ``return_indices=True``: for each image, (N,) or (), the number of its component in the order above."""
        },
    ),
}  # fmt: skip
