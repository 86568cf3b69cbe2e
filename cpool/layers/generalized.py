"""The layer of generalised max pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool._arguments import Array, ArrayLike, DataFormat, flag, positive
from cpool._docs import documented
from cpool._ops import generalized
from cpool.layers._whole import DescriptorLayer


@documented("generalized", 0, "layer")
class GeneralizedMaxPool(DescriptorLayer):
    """Of each image the vector whose product with the descriptor of every cell is near to 1, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.GeneralizedMaxPool(1.0, normalize=False)
    >>> layer([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]).round(3)
    array([[0.667, 0.5  ]])
    >>> layer.backward([[1.0, 1.0]]).round(3)
    array([[[-0.111, -0.111, -0.167],
            [-0.   , -0.   ,  0.   ]]])
    >>> float(layer.params["log_lam"]), round(float(layer.grads["log_lam"]), 3)
    (0.0, -0.472)
    """

    def __init__(
        self,
        lam: float = 1e3,
        *,
        normalize: bool = True,
        data_format: DataFormat = "channels_first",
        name: str | None = None,
    ) -> None:
        super().__init__(data_format=data_format, name=name)
        self.lam, self.normalize = positive("lam", lam), flag("normalize", normalize)
        self.params["log_lam"] = np.array(np.log(self.lam))
        self.grads["log_lam"] = np.zeros(())

    def _lam(self) -> Any:
        return np.exp(np.clip(self.params["log_lam"], -700, 700))  # always a number above 0

    def _forward(self, x: ArrayLike) -> Any:
        return generalized.forward(x, self._lam(), self.normalize, self.data_format, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        lam = self._lam()
        y, pullback = generalized.vjp(x, lam, self.normalize, self.data_format, None)

        def of_logarithm(grad_y: ArrayLike) -> tuple[Array, Array]:
            grad_x, grad_lam = pullback(grad_y)
            return grad_x, grad_lam * lam

        return y, of_logarithm
