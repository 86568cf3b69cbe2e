"""Generalised max pooling: a vector whose product with the descriptor of each cell is near to 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool import _arguments
from cpool._arguments import Array, ArrayLike
from cpool._arguments.parameters import positive_parameter
from cpool._dispatch import FLOAT64
from cpool._ops._images import Images

LEAST, MOST = 1e-12, 1e300
"""Of lambda, over the squares of all cells of an image: with less float64 cannot factor the matrix safely. And as a number."""
BLOCK = 64
"""Rows of a triangular system that are solved at once."""


class Ridge:
    """Ridge regression of each image: X, (C, cells), to ones. xi = (X X' + ridge)^-1 X 1, or what is the same, X a with
    a = (X' X + ridge)^-1 1: by the smaller of the two matrices."""

    def __init__(self, cells: Array, ridge: Array) -> None:
        self.cells, self.turned = cells, cells.transpose(0, 2, 1)
        images, channels, count = cells.shape
        self.primal = channels <= count
        square = self.cells @ self.turned if self.primal else self.turned @ self.cells
        square += ridge[:, None, None] * np.eye(min(channels, count))
        self.factor = np.linalg.cholesky(square)
        if self.primal:
            self.xi = solved(self.factor, cells.sum(axis=2))
            self.weights = 1 - times(self.turned, self.xi)  # ridge times those of the other form
        else:
            self.weights = solved(self.factor, np.ones((images, count)))
            self.xi = times(cells, self.weights)

    def gradients(self, grad: Array) -> tuple[Array, Array]:
        """Of X and of the ridge of each image, from that of xi."""
        if self.primal:
            pull = solved(self.factor, grad)
            onto = times(self.turned, pull)
            of_ridge = -(pull * self.xi).sum(axis=1)
        else:
            onto = solved(self.factor, times(self.turned, grad))
            pull = grad - times(self.cells, onto)
            of_ridge = -(onto * self.weights).sum(axis=1)
        return pull[:, :, None] * self.weights[:, None] - self.xi[:, :, None] * onto[:, None], of_ridge


def times(matrices: Array, vectors: Array) -> Array:
    """Of each image."""
    found: Array = (matrices @ vectors[:, :, None])[:, :, 0]
    return found


def unit(vectors: Array) -> tuple[Array, Array]:
    """Of each its direction and its length; of one that is 0, 0 and inf."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    relative = vectors / np.where(largest == 0, 1, largest)
    length = np.sqrt((relative * relative).sum(axis=1, keepdims=True))
    return relative / np.where(largest == 0, 1, length), np.where(largest == 0, np.inf, largest * length)


def solved(factor: Array, right: Array) -> Array:
    """Of each image the solution of L L' x = right."""
    half = substituted(factor, right)
    return substituted(factor.transpose(0, 2, 1)[:, ::-1, ::-1], half[:, ::-1])[:, ::-1]


def substituted(lower: Array, right: Array) -> Array:
    """Of each image the solution of L x = right, L a lower triangle: block by block."""
    found = np.empty_like(right)
    for i in range(0, right.shape[1], BLOCK):
        rows = slice(i, i + BLOCK)
        rest = right[:, rows] - times(lower[:, rows, :i], found[:, :i])
        found[:, rows] = np.linalg.solve(lower[:, rows, rows], rest[:, :, None])[:, :, 0]
    return found


class Generalized:
    """One call.

    Each image is divided by a power of 2 near its largest cell, and lambda by its square: xi is multiplied by it, exactly, and
    nothing overflows. An image with an infinite cell or a NaN gives NaN.
    """

    def __init__(self, x: ArrayLike, lam: ArrayLike, normalize: bool, data_format: str) -> None:
        self.normalize = _arguments.flag("normalize", normalize)
        self.images = Images(x, data_format)
        self.lam = positive_parameter("lam", lam)

    def pool(self, out: Array | None) -> Array:
        """The result; what is set here is for the gradient."""
        self.images.check_output(out)
        cells = self.images.cells(FLOAT64)
        self.broken = np.any(~np.isfinite(cells), axis=(1, 2))
        cells = np.where(self.broken[:, None, None], 0, cells)
        self.exponent = np.frexp(np.abs(cells).max(axis=(1, 2), initial=0))[1]
        cells = np.ldexp(cells, -self.exponent[:, None, None])
        with np.errstate(all="ignore"):
            lam = np.ldexp(self.lam.table[0, 0], -2 * self.exponent)
            least = np.maximum(LEAST * (cells * cells).sum(axis=(1, 2)), np.finfo(np.float64).tiny)
            self.ridge = Ridge(cells, np.clip(lam, least, MOST))
            y = unit(self.ridge.xi)[0] if self.normalize else np.ldexp(self.ridge.xi, -self.exponent[:, None])
        y[self.broken] = np.nan
        return self.images.hand_over(y, out)

    def vjp(self, out: Array | None) -> tuple[Array, Callable[..., Any]]:
        """The result, and the pullback to x and lam."""
        y = self.pool(out)
        images, ridge, exponent = self.images, self.ridge, self.exponent

        def pullback(grad_y: ArrayLike, *, out: Array | None = None) -> tuple[Array, Array]:
            grad = images.gradient(grad_y, out, FLOAT64)
            with np.errstate(all="ignore"):
                if self.normalize:
                    direction, length = unit(ridge.xi)
                    grad = (grad - direction * (direction * grad).sum(axis=1, keepdims=True)) / length
                else:
                    grad = np.ldexp(grad, -exponent[:, None])
                of_cells, of_ridge = ridge.gradients(grad)
                of_cells[self.broken], of_ridge[self.broken] = np.nan, np.nan
                whole, grad_x = images.like(FLOAT64)
                np.ldexp(of_cells, -exponent[:, None, None], out=grad_x)
                grad_lam = np.ldexp(of_ridge, -2 * exponent).sum(keepdims=True)
            return images.hand_over(whole, out), self.lam.gradient(grad_lam[:, None])

        return y, pullback


def forward(x: ArrayLike, lam: ArrayLike, normalize: bool, data_format: str, out: Array | None) -> Array:
    """Pool x by generalised max pooling."""
    return Generalized(x, lam, normalize, data_format).pool(out)


def vjp(x: ArrayLike, lam: ArrayLike, normalize: bool, data_format: str, out: Array | None) -> tuple[Array, Callable[..., Any]]:
    """Pool x by generalised max pooling, and return the pullback."""
    return Generalized(x, lam, normalize, data_format).vjp(out)
