"""A model's poolings by cpool's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import nn

from cpool.torch.modules import MODULES

WINDOW = ("kernel_size", "stride", "padding")
ARGUMENTS = {  # the attributes of PyTorch's modules that are the arguments of ours
    "MaxPool": (*WINDOW, "dilation", "return_indices", "ceil_mode"),
    "AvgPool": (*WINDOW, "ceil_mode", "count_include_pad", "divisor_override"),
    "AdaptiveMaxPool": ("output_size", "return_indices"),
    "AdaptiveAvgPool": ("output_size",),
    "LPPool": ("norm_type", "kernel_size", "stride", "ceil_mode"),
    "FractionalMaxPool": ("kernel_size", "output_size", "output_ratio", "return_indices", "_random_samples"),
    "MaxUnpool": WINDOW,
}


class Swap(NamedTuple):
    """A pooling of a model: where it is, what it was, and the module that took its place, or why none did."""

    name: str
    before: nn.Module
    after: nn.Module | None
    why: str = ""

    def __str__(self) -> str:
        """One line for a report."""
        return f"{self.name}: {self.before} " + (f"is left: {self.why}" if self.after is None else f"-> cpool.torch.{self.after}")


def differs(module: nn.Module) -> str:
    """Why cpool would compute something else; empty where it computes the same."""
    if isinstance(module, (nn.LPPool1d, nn.LPPool2d, nn.LPPool3d)):
        if module.norm_type % 2:
            return "PyTorch takes the root of a sum of signed powers where norm_type is not even; cpool's is a norm"
        if module.ceil_mode:
            return "PyTorch scales sums of windows that overhang the input"
    return ""


def ours(module: nn.Module) -> nn.Module:
    """cpool's module for one of PyTorch's."""
    kind = type(module).__name__
    found = MODULES[kind](**{key: getattr(module, key) for key in ARGUMENTS[kind[:-2]] if hasattr(module, key)})
    return found.train(module.training)


def replace(model: nn.Module, *, filter: Callable[[str, nn.Module], bool] | None = None) -> list[Swap]:
    """Put cpool's modules in the place of PyTorch's poolings, in place.

    Parameters
    ----------
    model : torch.nn.Module
        Whose submodules are looked through. Parameters, buffers and hooks of other modules stay as they are.
    filter : callable, optional
        ``filter(name, module)`` says whether a pooling is to be replaced; all are by default.

    Returns
    -------
    list of Swap
        Every pooling found, in the model's order: its name, the module before and after; and why it was left where it was.

    Raises
    ------
    TypeError
        If the model is none.
    ValueError
        If the model itself is a pooling, in whose place nothing can be put.

    Examples
    --------
    >>> from torch import nn
    >>> import cpool.torch
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
    >>> print(*cpool.torch.replace(model), sep="\\n")
    2: MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False) -> cpool.torch.MaxPool2d(kernel_size=2, stride=2)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model={model!r}: a torch.nn.Module is needed, not {type(model).__name__}")
    if is_pooling(model):
        raise ValueError(f"model: {model} is a pooling itself; put it into a model, or call cpool.torch.{type(model).__name__}")
    swaps, known = [], dict[nn.Module, nn.Module]()
    for path, parent in list(model.named_modules()):
        for key, child in list(parent.named_children()):
            name = f"{path}.{key}" if path else key
            if not is_pooling(child) or (filter is not None and not filter(name, child)):
                continue
            if why := differs(child):
                swaps.append(Swap(name, child, None, why))
                continue
            after = known.setdefault(child, known.get(child) or ours(child))  # one that serves in two places still does
            setattr(parent, key, after)
            swaps.append(Swap(name, child, after))
    return swaps


def is_pooling(module: Any) -> bool:
    """Whether it is one of PyTorch's own that cpool has."""
    return type(module).__module__ == "torch.nn.modules.pooling" and type(module).__name__[:-2] in ARGUMENTS
