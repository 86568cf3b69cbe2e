"""PyTorch: eager in both memory formats, and its oneDNN tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from peers import Arrays, Calls, Peer
from suite import Case


class Torch(Peer):
    """Eager torch on numpy's memory: NCHW tensors, or channels_last ones (seen as 2d where one axis is pooled)."""

    name = "torch"
    package = "torch"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import torch

        torch.set_num_threads(threads)
        self.torch = torch

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        pool = self.pooling(case)
        x, grad_y = self.tensor(arrays.x, case), self.tensor(arrays.grad_y, case)
        torch = self.torch

        def forward() -> Any:
            with torch.no_grad():
                return pool(x)

        if case.dtype == "uint8":
            return Calls(forward)
        tracked = x.detach().requires_grad_()

        def forward_backward() -> Any:
            y = pool(tracked)
            return y, torch.autograd.grad(y, tracked, grad_y)[0]

        return Calls(forward, forward_backward)

    def pooling(self, case: Case) -> Callable[[Any], Any]:
        kernel, stride, padding, dims = case.kernel, case.stride, case.padding, case.dims
        if dims == 1 and case.layout == "channels_last":
            kernel, stride, padding, dims = (1, *kernel), (1, *stride), (0, *padding), 2
        function = getattr(self.torch.nn.functional, f"{case.kind}_pool{dims}d")
        return lambda x: function(x, kernel, stride, padding, ceil_mode=case.ceil)

    def tensor(self, array: np.ndarray, case: Case) -> Any:
        tensor = self.torch.from_numpy(array)
        if case.layout == "channels_first":
            return tensor
        return (tensor.unsqueeze(1) if case.dims == 1 else tensor).movedim(-1, 1)

    def as_numpy(self, result: Any, case: Case) -> np.ndarray:
        array = result.detach().numpy()
        if case.layout == "channels_first":
            return array
        array = np.moveaxis(array, 1, -1)
        return array[:, 0] if case.dims == 1 else array


class TorchOneDnn(Torch):
    """torch's oneDNN tensors: opaque, in a layout that the library chooses; converted before the clock starts."""

    name = "torch oneDNN"
    layouts = ("channels_first",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        if not self.torch.backends.mkldnn.is_available():
            raise ImportError("this torch is built without oneDNN")

    def supports(self, case: Case) -> bool:
        return super().supports(case) and case.dtype == "float32" and case.dims > 1

    def tensor(self, array: np.ndarray, case: Case) -> Any:
        return self.torch.from_numpy(array).to_mkldnn()

    def as_numpy(self, result: Any, case: Case) -> np.ndarray:
        return result.detach().to_dense().numpy()
