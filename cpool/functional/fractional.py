"""Fractional pooling, forward only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, Ints
from cpool._docs import documented
from cpool._ops import fractional
from cpool._ops.fractional import Scheme

# fmt: off
# One argument a line would hide how alike the signatures are.


@documented("fractional_max", 2, "function")
def fractional_max_pool2d(
    x: ArrayLike, kernel_size: Ints | None, output_size: Ints | None = None, output_ratio: float | Sequence[float] | None = None,
    samples: ArrayLike | None = None, rng: np.random.Generator | int | None = None, return_indices: bool = False, *,
    boundaries: Sequence[Sequence[int]] | None = None, overlapping: bool = False, pseudorandom: bool = True,
    return_boundaries: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Any:
    """The largest cell of each of the windows that chance lays over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.fractional_max_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], None, boundaries=[[0, 1, 2], [0, 2, 3]])
    array([[[4., 3.],
            [8., 5.]]])
    """
    scheme = Scheme(kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom, return_boundaries)
    return fractional.forward("max", 2, x, scheme, data_format, return_indices, out)


@documented("fractional_max", 3, "function")
def fractional_max_pool3d(
    x: ArrayLike, kernel_size: Ints | None, output_size: Ints | None = None, output_ratio: float | Sequence[float] | None = None,
    samples: ArrayLike | None = None, rng: np.random.Generator | int | None = None, return_indices: bool = False, *,
    boundaries: Sequence[Sequence[int]] | None = None, overlapping: bool = False, pseudorandom: bool = True,
    return_boundaries: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Any:
    """The largest cell of each of the windows that chance lays over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.fractional_max_pool3d([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]], None, boundaries=[[0, 2], [0, 1], [0, 2, 3]]).ravel()
    array([6., 9.])
    """
    scheme = Scheme(kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom, return_boundaries)
    return fractional.forward("max", 3, x, scheme, data_format, return_indices, out)


@documented("fractional_avg", 2, "function")
def fractional_avg_pool2d(
    x: ArrayLike, kernel_size: Ints | None, output_size: Ints | None = None, output_ratio: float | Sequence[float] | None = None,
    samples: ArrayLike | None = None, rng: np.random.Generator | int | None = None, *,
    boundaries: Sequence[Sequence[int]] | None = None, overlapping: bool = False, pseudorandom: bool = True,
    return_boundaries: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Any:
    """The average of each of the windows that chance lays over two spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.fractional_avg_pool2d([[[4.0, 1.0, 3.0], [2.0, 8.0, 5.0]]], None, boundaries=[[0, 1, 2], [0, 2, 3]])
    array([[[2.5, 3. ],
            [5. , 5. ]]])
    """
    scheme = Scheme(kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom, return_boundaries)
    return fractional.forward("avg", 2, x, scheme, data_format, False, out)


@documented("fractional_avg", 3, "function")
def fractional_avg_pool3d(
    x: ArrayLike, kernel_size: Ints | None, output_size: Ints | None = None, output_ratio: float | Sequence[float] | None = None,
    samples: ArrayLike | None = None, rng: np.random.Generator | int | None = None, *,
    boundaries: Sequence[Sequence[int]] | None = None, overlapping: bool = False, pseudorandom: bool = True,
    return_boundaries: bool = False, data_format: DataFormat = "channels_first", out: Array | None = None,
) -> Any:
    """The average of each of the windows that chance lays over three spatial axes.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> cpool.fractional_avg_pool3d([[[[1.0, 2.0, 3.0]], [[5.0, 6.0, 9.0]]]], None, boundaries=[[0, 2], [0, 1], [0, 2, 3]]).ravel()
    array([3.5, 6. ])
    """
    scheme = Scheme(kernel_size, output_size, output_ratio, samples, rng, boundaries, overlapping, pseudorandom, return_boundaries)
    return fractional.forward("avg", 3, x, scheme, data_format, False, out)
