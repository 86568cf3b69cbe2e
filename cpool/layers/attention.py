"""The layer of attention pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cpool._arguments import ArrayLike, DataFormat, integer
from cpool._docs import documented
from cpool._ops import attention
from cpool.layers._whole import DescriptorLayer


@documented("attention", 0, "layer")
class AttentionPool(DescriptorLayer):
    """The cells of each image weighted by a softmax of their products with a learned query, as a layer.

    {sections}

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.AttentionPool(2)
    >>> layer([[[1.0, 5.0], [0.0, 2.0]]])
    array([[3., 1.]])
    >>> layer.backward([[1.0, 0.0]])
    array([[[0.5, 0.5],
            [0. , 0. ]]])
    >>> layer.grads["query"]
    array([4., 2.])
    """

    def __init__(self, num_channels: int, *, data_format: DataFormat = "channels_first", name: str | None = None) -> None:
        super().__init__(data_format=data_format, name=name)
        self.num_channels = integer("num_channels", num_channels, 1)
        self.params["query"] = np.zeros(self.num_channels)
        self.grads["query"] = np.zeros(self.num_channels)

    def _forward(self, x: ArrayLike) -> Any:
        return attention.forward(x, self.params["query"], self.data_format, None)

    def _vjp(self, x: ArrayLike) -> tuple[Any, Callable[..., Any]]:
        return attention.vjp(x, self.params["query"], self.data_format, None)
