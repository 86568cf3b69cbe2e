"""The interface of the tutorial that cpool starts from: `Layers(name)` and `Pooling(name, ksize, stride, type)`.

The arithmetic is not the tutorial's: windows that overlap, and sizes that the stride does not divide, are right here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cpool._arguments import ArrayLike, Ints, choice, integers
from cpool.layers._layer import Layer, plain
from cpool.layers.blur import BlurPool2d, MaxBlurPool2d
from cpool.layers.chance import MaxPoolDropout2d, RankPool2d, StochasticPool2d
from cpool.layers.detail import DetailPreservingPool2d
from cpool.layers.gates import GatedPool2d, MixedPool2d, TreePool2d
from cpool.layers.linear import AvgPool2d, SumPool2d
from cpool.layers.lp import LPPool2d
from cpool.layers.median import MedianPool2d
from cpool.layers.power import GeMPool2d
from cpool.layers.s3 import S3Pool2d
from cpool.layers.select import MaxPool2d, MinPool2d
from cpool.layers.softmax import LSEPool2d, SoftPool2d
from cpool.layers.weights import OrdinalPool2d, WeightedMaxPool2d

TYPES: dict[str, Callable[[Ints, Ints], Layer]] = {
    "max": MaxPool2d,
    "min": MinPool2d,
    "aveg": AvgPool2d,  # the tutorial's spelling
    "avg": AvgPool2d,
    "sum": SumPool2d,
    "lp": partial(LPPool2d, 2),
    "median": MedianPool2d,
    "stochastic": StochasticPool2d,
    "max_dropout": MaxPoolDropout2d,
    "rank": RankPool2d,
    "mixed": MixedPool2d,
    "gated": GatedPool2d,
    "tree": TreePool2d,
    "weighted_max": WeightedMaxPool2d,
    "ordinal": OrdinalPool2d,
    "gem": GeMPool2d,
    "lse": LSEPool2d,
    "soft": SoftPool2d,
    "detail_preserving": DetailPreservingPool2d,
    "s3": lambda ksize, stride: S3Pool2d(ksize, stride, stride),  # the grid that distorts least
    "blur": BlurPool2d,
    "max_blur": lambda ksize, stride: MaxBlurPool2d(ksize, stride=stride),
}
"""What needs no more than a window and a stride; the others are layers of their own."""


class Layers(Layer):
    """The base class of the tutorial's layers: a `Layer` whose name is given first.

    Parameters
    ----------
    name : str
        The name of the layer.

    Examples
    --------
    >>> import cpool
    >>> cpool.Layers("conv1").name
    'conv1'
    """

    def __init__(self, name: str) -> None:
        """See the class."""
        super().__init__(name)


class Pooling(Layers):
    """The tutorial's pooling layer: x of shape (b, c, h, w), without padding, and only windows that lie inside.

    Parameters
    ----------
    name : str
        The name of the layer.
    ksize : int or sequence of int
        Cells of a window: one number for both axes, or (h, w).
    stride : int or sequence of int
        Steps from window to window.
    type : {"max", "aveg", "avg", "sum", "min", "lp", "median", "stochastic", "max_dropout", "rank", "mixed", "gated", "tree", \
            "weighted_max", "ordinal", "gem", "lse", "soft", "detail_preserving", "s3", "blur", "max_blur"}
        What is taken of a window; "aveg", as the tutorial spells it, and "avg" are the average, "lp" is the Euclidean norm. The
        others are the layers of these names with their defaults ("s3" with the stride as its grid, "blur" with the window as its
        filter): what they learn is in `params` and `grads`, and those that draw at random do so in training only.

    Raises
    ------
    TypeError
        For an argument of the wrong type, and for a dtype of x that is not supported.
    ValueError
        For an unknown type, a number below 1, and an x that is smaller than the window.
    RuntimeError
        By `backward` in eval mode, or without a forward of its own before it.

    See Also
    --------
    cpool.MaxPool2d, cpool.AvgPool2d, cpool.SumPool2d, cpool.MinPool2d : the layers that do the work

    Examples
    --------
    The tutorial's: a 5 x 5 map, a 3 x 3 window and stride 1 give 3 x 3.

    >>> import cpool
    >>> import numpy as np
    >>> pool = cpool.Pooling("pool1", 3, 1, "max")
    >>> pool.forward(np.arange(25.0).reshape(1, 1, 5, 5))
    array([[[[12., 13., 14.],
             [17., 18., 19.],
             [22., 23., 24.]]]])
    >>> pool.backward(np.ones((1, 1, 3, 3))).sum()
    np.float64(9.0)
    """

    def __init__(self, name: str, ksize: Ints, stride: Ints, type: str) -> None:
        """See the class."""
        super().__init__(name)
        self.ksize: Ints = plain(ksize)
        self.stride: Ints = plain(stride)
        self.type = choice("type", type, tuple(TYPES))
        # Checked here, since the inner layer would speak of `kernel_size`, and would take None as the stride.
        integers("ksize", self.ksize, 2, 1)
        integers("stride", self.stride, 2, 1)
        self._pool = TYPES[type](self.ksize, self.stride)
        self.params, self.grads = self._pool.params, self._pool.grads

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape."""
        return self._pool.output_shape(input_shape)

    def _forward(self, x: ArrayLike) -> Any:
        self._pool.training = self.training
        return self._pool._forward(x)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        self._pool.training = self.training
        return self._pool._vjp(x)
