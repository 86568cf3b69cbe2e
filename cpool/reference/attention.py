"""Attention to a query over the whole input."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._arguments.parameters import vector_parameter
from cpool.reference._learned import Pullback
from cpool.reference._pullback import fill, rounded
from cpool.reference.softmax import from_top, softmax


def attention_pool(
    _: int, /, x: ArrayLike, query: ArrayLike, *, data_format: DataFormat = "channels_first", out: Array | None = None
) -> tuple[Array, Pullback]:  # fmt: skip
    """The cells of each image weighted by attention: y[n, c] = sum over t of w[n, t] x[n, c, t], w = softmax(query . x).

    All of it relative to the first cell of each channel: what is equal is then exactly so, however large.

    Gradients, with e[n, t] = w[n, t] (sum over c of g[n, c] (x[n, c, t] - y[n, c])): grad_x[n, c, t] = g[n, c] w[n, t] +
    query[c] e[n, t], and grad_query[c] = sum over n and t of e[n, t] x[n, c, t].

    Examples
    --------
    >>> from cpool import reference
    >>> reference.attention_pool([[[1.0, 5.0, 3.0]]], [0.0]).tolist()
    [[3.0]]
    """
    images = Images(x, data_format, out)
    parameter = vector_parameter("query", query, images.channels)
    q, cells = parameter.table[:, 0], images.cells
    with np.errstate(all="ignore"):
        first = cells[:, :, :1]
        apart = cells - first
        weights = softmax(from_top(np.einsum("c,nct->nt", q, apart), np.ones(1))[1])
        beyond = np.einsum("nct,nt->nc", apart, weights)
        y = first[:, :, 0] + beyond

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
        grad = images.gradient(grad_y, out)
        with np.errstate(all="ignore"):
            slopes = weights * np.einsum("nc,nct->nt", grad, apart - beyond[:, :, None])
            grad_x = grad[:, :, None] * weights[:, None] + q[:, None] * slopes[:, None]
            grad_query = np.einsum("nct,nt->c", apart, slopes)
        return fill(out, images.as_x(grad_x)), parameter.gradient(grad_query[:, None])

    return fill(out, rounded(y, images.dtype)), pullback


class Images:
    """A batch whose result is (N, C), as (N, C, cells) in float64."""

    def __init__(self, x: ArrayLike, data_format: str, out: Array | None) -> None:
        self.last = arguments.channels_last(data_format)
        self.x = arguments.batched_array("x", x, self.last)
        self.dtype = arguments.gradient_dtype(self.x.dtype)
        first = np.moveaxis(self.x, -1, 1) if self.last else self.x
        self.shape, self.channels = first.shape, first.shape[1]
        self.cells = first.reshape(*first.shape[:2], int(np.prod(first.shape[2:]))).astype(np.float64)
        if out is not None:
            arguments.output(out, first.shape[:2], self.dtype, apart_from=[self.x])

    def gradient(self, grad_y: ArrayLike, out: Array | None) -> Array:
        """The gradient of the result, and whether that of x can be written to `out`."""
        given = arguments.array("grad_y", grad_y)
        grad = arguments.gradient("grad_y", given, self.shape[:2]).astype(np.float64)
        if out is not None:
            arguments.output(out, self.x.shape, self.dtype, apart_from=[given])
        return grad

    def as_x(self, cells: Array) -> Array:
        """An array of the shape and dtype of x."""
        first = rounded(cells, self.dtype).reshape(self.shape)
        return np.ascontiguousarray(np.moveaxis(first, 1, -1)) if self.last else first
