"""cpool's poolings as modules of PyTorch.

Those that PyTorch has take its arguments in its order, and by keyword what cpool has besides. All others are made from the layers
of cpool: the same arguments, their parameters as `torch.nn.Parameter`. What is random draws from PyTorch's generator.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar

import torch
from torch import nn

import cpool
from cpool.torch._operators import SIGNATURES
from cpool.torch.functional import FUNCTIONS

WORDS = {"GeM": "Gem", "LSE": "Lse", "RoI": "Roi", "LP": "Lp"}


class Pool(nn.Module):
    """What all modules share: a function and its settings."""

    function: ClassVar[str]

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, x: torch.Tensor) -> Any:
        """The pooled tensor, with indices where they are asked for."""
        return FUNCTIONS[self.function](x, **self.settings)

    def extra_repr(self) -> str:
        """The arguments of the constructor, without those that have their defaults."""
        parameters = inspect.signature(type(self)).parameters
        return ", ".join(f"{key}={value!r}" for key, value in self.settings.items() if repr(value) != repr(parameters[key].default))


class _MaxPool(Pool):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False, *, data_format: str = "channels_first",
    ) -> None:  # fmt: skip
        super().__init__(
            kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, return_indices=return_indices,
            ceil_mode=ceil_mode, data_format=data_format,
        )  # fmt: skip


class _AvgPool(Pool):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: int | None = None, *, dilation: Any = 1, data_format: str = "channels_first",
    ) -> None:  # fmt: skip
        super().__init__(
            kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode,
            count_include_pad=count_include_pad, divisor_override=divisor_override, data_format=data_format,
        )  # fmt: skip


class _AdaptiveMaxPool(Pool):
    def __init__(self, output_size: Any, return_indices: bool = False, *, data_format: str = "channels_first") -> None:
        super().__init__(output_size=output_size, return_indices=return_indices, data_format=data_format)


class _AdaptiveAvgPool(Pool):
    def __init__(self, output_size: Any, *, data_format: str = "channels_first") -> None:
        super().__init__(output_size=output_size, data_format=data_format)


class _LPPool(Pool):
    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False, *, padding: Any = 0,
        dilation: Any = 1, normalized: bool = False, data_format: str = "channels_first",
    ) -> None:  # fmt: skip
        super().__init__(
            norm_type=norm_type, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            normalized=normalized, ceil_mode=ceil_mode, data_format=data_format,
        )  # fmt: skip


class _FractionalMaxPool(Pool):
    """With samples drawn as PyTorch draws them: the same seed gives the same windows as there."""

    rank: ClassVar[int]

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: torch.Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size=kernel_size, output_size=output_size, output_ratio=output_ratio, return_indices=return_indices)
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, x: torch.Tensor) -> Any:
        """The pooled tensor, with indices where they are asked for."""
        samples = self._random_samples
        if samples is None:
            batch = x.shape[: -self.rank]
            samples = torch.rand((*((1,) * (2 - len(batch))), *batch, self.rank), dtype=x.dtype, device=x.device)
        return FUNCTIONS[self.function](x, samples=samples, **self.settings)


class _MaxUnpool(Pool):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, *, duplicates: str = "last") -> None:
        super().__init__(kernel_size=kernel_size, stride=stride, padding=padding, duplicates=duplicates)

    def forward(self, x: torch.Tensor, indices: torch.Tensor, output_size: Any = None) -> Any:  # type: ignore[override]
        """The values of x at the indices, zeros elsewhere."""
        spatial = None if output_size is None else tuple(output_size)[-(x.ndim - 2) :]
        return FUNCTIONS[self.function](x, indices, output_size=spatial, **self.settings)


OWN = {
    "MaxPool": _MaxPool, "AvgPool": _AvgPool, "AdaptiveMaxPool": _AdaptiveMaxPool, "AdaptiveAvgPool": _AdaptiveAvgPool,
    "LPPool": _LPPool, "FractionalMaxPool": _FractionalMaxPool, "MaxUnpool": _MaxUnpool,
}  # fmt: skip
"""What PyTorch has, with its constructors."""


# --------------------------------------------------------------------------------------------------------- from cpool's layers
class LayerPool(Pool):
    """A module made from a layer of cpool, whose settings and starting parameters it takes."""

    layer: ClassVar[type[cpool.Layer]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        layer = self.layer(*args, **kwargs)
        about = SIGNATURES[self.function]
        super().__init__(
            **{key: getattr(layer, key) for key in (*about.operands, *about.settings)
               if key not in ("training", *layer.params) and hasattr(layer, key)}
        )  # fmt: skip
        self._layer = layer
        self._trains = "training" in about.settings
        for key, value in layer.params.items():
            self.register_parameter(key, nn.Parameter(torch.tensor(value, dtype=torch.get_default_dtype())))

    def forward(self, x: torch.Tensor, *others: torch.Tensor) -> Any:
        """The pooled tensor."""
        given = dict(self.settings)
        if self._trains:
            given["training"] = self.training
        for key, value in self._parameters.items():
            name, operand = as_operand(self.function, key, value)
            given[name] = operand
        return FUNCTIONS[self.function](x, *others, **given)

    def extra_repr(self) -> str:
        """The arguments of the constructor."""
        return repr(self._layer).partition("(")[2][:-1]

    def project(self) -> None:
        """Bring the weights back to what they may be, after a step of an optimiser; of layers whose weights have a rule."""
        if not hasattr(self._layer, "project"):
            raise AttributeError(f"{type(self).__name__} has no rule to project to")
        parameters = dict(self.named_parameters())
        with torch.no_grad():
            self._layer.params.update((key, value.double().numpy().copy()) for key, value in parameters.items())
            self._layer.project()
            for key, value in parameters.items():
                value.copy_(torch.from_numpy(self._layer.params[key]))


def as_operand(function: str, key: str, value: Any) -> tuple[str, Any]:
    """The argument of the function that a parameter of the layer stands for."""
    if key == "log_lam":
        return "lam", value.clamp(-700, 700).exp()
    if key == "alpha" and function.startswith("gem"):
        return "p", (1 - value) / 2
    return key, value


def function_of(layer: str) -> str:
    """The function that a layer calls, by their names."""
    for word, plain in WORDS.items():
        layer = layer.replace(word, plain)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", layer).lower()


def make(name: str, layer: type[cpool.Layer]) -> type[Pool]:
    """The module for a layer of cpool."""
    family, rank = re.fullmatch(r"(.*?)(?:([123])d)?", name).groups()  # type: ignore[union-attr]
    base: type[Pool] = OWN.get(family, LayerPool) if rank else LayerPool
    doc = (layer.__doc__ or name).partition("\n")[0].removesuffix(", as a layer.") + f": `cpool.{name}` as a module."
    members: dict[str, Any] = {"function": function_of(name), "__doc__": doc, "__module__": __name__}
    members |= {"layer": layer} if base is LayerPool else {"rank": int(rank)}
    return type(name, (base,), members)


LAYERS = {
    name: layer for name in cpool.__all__
    if isinstance(layer := getattr(cpool, name), type) and issubclass(layer, cpool.Layer) and function_of(name) in FUNCTIONS
}  # fmt: skip
MODULES = {name: make(name, layer) for name, layer in LAYERS.items()}
globals().update(MODULES)
__all__ = list(MODULES)
