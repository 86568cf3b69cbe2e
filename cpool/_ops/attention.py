"""Attention pooling: the cells of each image weighted by a softmax of their products with a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _dispatch
from cpool._arguments import Array, ArrayLike
from cpool._arguments.parameters import vector_parameter
from cpool._ops._call import rounded
from cpool._ops._images import Images


class Attention:
    """One call.

    Cells are taken relative to the first of each channel: the softmax and its gradient stay the same, and what is equal is then
    exactly so, however large. Sums are numpy's own, not BLAS's: their bits do not depend on its threads.
    """

    def __init__(self, x: ArrayLike, query: ArrayLike, data_format: str) -> None:
        self.images = Images(x, data_format)
        self.wide = _dispatch.at_least_float32(self.images.dtype)
        self.query = vector_parameter("query", query, self.images.channels)

    def pool(self, out: Array | None) -> tuple[Array, Array, Array]:
        """The result; the cells relative to the first, and their weights."""
        images = self.images
        images.check_output(out)
        with np.errstate(all="ignore"):
            cells = images.cells(self.wide)
            first = cells[:, :, :1]
            apart = cells - first
            scores = np.einsum("c,nct->nt", rounded(self.query.given, self.wide), apart)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            y = first[:, :, 0] + np.einsum("nct,nt->nc", apart, weights)
        return images.hand_over(y, out), apart, weights

    def vjp(self, out: Array | None) -> tuple[Array, Callable[..., Any]]:
        """The result, and the pullback to x and the query."""
        images, wide, query = self.images, self.wide, rounded(self.query.given, self.wide)
        y, apart, weights = self.pool(out)

        def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> tuple[Array, Array]:
            grad = images.gradient(grad_y, out, wide)
            with np.errstate(all="ignore"):
                pull = np.einsum("nc,nct->nt", grad, apart)
                slopes = weights * (pull - (weights * pull).sum(axis=1, keepdims=True))
                whole, grad_x = images.like(wide)
                np.multiply(grad[:, :, None], weights[:, None], out=grad_x)
                grad_x += query[:, None] * slopes[:, None]
                # Products with the cells may be too large for float32, and are none for float64: by the slopes over a power of 2.
                _, unit = np.frexp(np.abs(slopes).max(axis=1, initial=0, keepdims=True))
                grad_query = np.einsum("nct,nt->nc", apart, np.ldexp(slopes, -unit)).astype(np.float64)
                grad_query = np.ldexp(grad_query, unit).sum(axis=0)
            return images.hand_over(whole, out), self.query.gradient(grad_query[:, None])

        return y, pullback


def forward(x: ArrayLike, query: ArrayLike, data_format: str, out: Array | None) -> Array:
    """Pool x by attention to a query."""
    return Attention(x, query, data_format).pool(out)[0]


def vjp(x: ArrayLike, query: ArrayLike, data_format: str, out: Array | None) -> tuple[Array, Callable[..., Any]]:
    """Pool x by attention to a query, and return the pullback."""
    return Attention(x, query, data_format).vjp(out)
