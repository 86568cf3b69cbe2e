"""cpool in PyTorch, on CPU tensors: functions, modules, and `replace`, which puts them into a model.

Needs PyTorch (``pip install "cpool-nn[torch]"``). The functions are those of cpool on tensors, differentiable, with the same
arguments but `out`; a parameter may be a tensor that requires a gradient. They are operators of `torch.library`, so that they
work in eager mode, in `torch.compile` and in `torch.export`; they share memory with the tensors, and keep `torch.channels_last`.

The modules of PyTorch's names take PyTorch's arguments. All others have the arguments of cpool's layers, and what they learn as
parameters. Random functions draw from PyTorch's generator; ``rng`` may be a seed or a `torch.Generator`.

Examples
--------
>>> import torch, cpool.torch
>>> x = torch.tensor([[[0.0, 1.0, 2.0, 4.0]]], requires_grad=True)
>>> y = cpool.torch.max_pool1d(x, 2)
>>> y.sum().backward()
>>> x.grad
tensor([[[0., 1., 0., 1.]]])
>>> pool = cpool.torch.GeMPool2d(2)
>>> pool, pool.p
(GeMPool2d(kernel_size=2), Parameter containing:
tensor(3., requires_grad=True))
"""

try:
    import torch as _torch  # noqa: F401
except ImportError:
    raise ImportError("cpool.torch needs PyTorch, which is not installed: pip install 'cpool-nn[torch]'") from None

from cpool.torch import functional, modules
from cpool.torch.functional import FUNCTIONS
from cpool.torch.modules import MODULES
from cpool.torch.replace import Swap, replace

globals().update(FUNCTIONS, **MODULES)
__all__ = ["Swap", "functional", "modules", "replace", *FUNCTIONS, *MODULES]
