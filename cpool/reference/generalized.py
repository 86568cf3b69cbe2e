"""Generalised max pooling over the whole input."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat
from cpool._arguments.parameters import positive_parameter
from cpool.reference._learned import Pullback
from cpool.reference._pullback import fill, rounded
from cpool.reference.attention import Images

LEAST = 1e-12
"""Of lambda, over the squares of all cells of an image: with less the matrix may have no inverse in float64."""


def generalized_max_pool(
    _: int, /, x: ArrayLike, lam: ArrayLike, *, normalize: bool = True, data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """The vector of each image whose product with the descriptor of every cell is near to 1.

    X being its cells, (C, T), it is xi = (X X' + lam)^-1 X 1, where lam is at least 1e-12 of the sum of their squares.

    With `normalize` it is divided by its length. An image of zeros gives 0, without a gradient.

    Gradients, with G that of xi and z = (X X' + lam)^-1 G: grad_X = z (1 - X' xi)' - xi (X' z)', grad_lam = -z . xi; of v = xi /
    length, G = (g - v (v . g)) / length.

    Examples
    --------
    >>> from cpool import reference
    >>> reference.generalized_max_pool([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]], 1e-9, normalize=False).round(6)
    array([[1., 1.]])
    """
    normalize = arguments.flag("normalize", normalize)
    images = Images(x, data_format, out)
    parameter = positive_parameter("lam", lam)
    ridges = [max(float(parameter.table[0, 0]), LEAST * float((cells * cells).sum())) for cells in images.cells]
    matrices = [cells @ cells.T + ridge * np.eye(images.channels) for ridge, cells in zip(ridges, images.cells, strict=True)]
    vectors = [np.linalg.solve(matrix, cells.sum(axis=1)) for matrix, cells in zip(matrices, images.cells, strict=True)]
    lengths = [float(np.linalg.norm(xi)) if normalize else 1.0 for xi in vectors]
    y = np.zeros(images.shape[:2])
    for n, (xi, length) in enumerate(zip(vectors, lengths, strict=True)):
        y[n] = xi / length if length else 0

    def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> Any:
        grad, grad_x, grad_lam = images.gradient(grad_y, out), np.zeros(images.cells.shape), np.zeros((1, 1))
        for n, (matrix, xi, length) in enumerate(zip(matrices, vectors, lengths, strict=True)):
            if not length:
                continue
            of_xi = (grad[n] - y[n] * (y[n] @ grad[n])) / length if normalize else grad[n]
            z, cells = np.linalg.solve(matrix, of_xi), images.cells[n]
            grad_x[n] = np.outer(z, 1 - cells.T @ xi) - np.outer(xi, cells.T @ z)
            grad_lam -= z @ xi
        return fill(out, images.as_x(grad_x)), parameter.gradient(grad_lam)

    return fill(out, rounded(y, images.dtype)), pullback
