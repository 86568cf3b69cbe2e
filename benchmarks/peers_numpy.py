"""The image libraries, where one of their functions happens to be a pooling: forward only."""

from __future__ import annotations

from typing import Any

import numpy as np
from peers import Arrays, Calls, Peer
from suite import Case


def over_axes(case: Case, values: tuple[int, ...]) -> tuple[int, ...]:
    """One number an axis of the array: `values` on the spatial ones, 1 on the others."""
    return (1, 1, *values) if case.layout == "channels_first" else (1, *values, 1)


class SkimageBlocks(Peer):
    """scikit-image's `block_reduce`: windows that neither overlap nor overhang."""

    name = "block_reduce"
    package = "scikit-image"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        from skimage.measure import block_reduce

        self.block_reduce = block_reduce

    def supports(self, case: Case) -> bool:
        whole = all(size % kernel == 0 for size, kernel in zip(case.shape[2:], case.kernel, strict=True))
        return super().supports(case) and case.kernel == case.stride and whole and not any(case.padding)

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        blocks, function = over_axes(case, case.kernel), np.max if case.kind == "max" else np.mean
        return Calls(lambda: self.block_reduce(arrays.x, blocks, function))


class ScipyFilter(Peer):
    """scipy.ndimage's `maximum_filter` and `uniform_filter`: stride 1, odd windows, an output as large as the input."""

    name = "scipy.ndimage"
    package = "scipy"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        from scipy import ndimage

        self.ndimage = ndimage

    def supports(self, case: Case) -> bool:
        same = all(kernel == 2 * pad + 1 for kernel, pad in zip(case.kernel, case.padding, strict=True))
        return super().supports(case) and set(case.stride) == {1} and same and case.dtype != "float16"

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        size, y = over_axes(case, case.kernel), np.zeros(case.y_shape, case.dtype)
        function = self.ndimage.maximum_filter if case.kind == "max" else self.ndimage.uniform_filter
        border = -np.inf if case.kind == "max" and case.dtype != "uint8" else 0

        def forward() -> Any:
            function(arrays.x, size, output=y, mode="constant", cval=border)
            return y

        return Calls(forward)
