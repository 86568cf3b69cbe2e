"""The pages of the API that are the same for every operator, written at the start of each build into docs/api/generated.

An operator has one page: its functions, those with their gradient, its layers and its functions in plain numpy. One rank is
shown in full; the texts of the others are the same.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cpool
import cpool.reference
from cpool._docs import METHODS

FAMILIES = {  # by the module that the function is in
    "select": "Maximum and minimum",
    "linear": "Average and sum",
    "lp": "Norms",
    "median": "Median",
    "whole": "Whole channels",
    "adaptive": "Adaptive: the size of the output is given",
    "fractional": "Fractional",
    "pyramid": "Spatial pyramid",
    "roi": "Regions of interest",
    "unpool": "Unpooling",
    "softmax": "Weights by softmax",
    "power": "Power mean",
    "gates": "Maximum and mean, mixed",
    "weights": "Weights by place and by rank",
    "chance": "By chance, and by rank",
    "s3": "Stochastic spatial sampling",
    "detail": "Detail-preserving",
    "blur": "Blur before the stride",
    "polyphase": "Polyphase",
    "generalized": "Generalised maximum",
    "attention": "Attention",
}
MODULES = {"cpool": cpool, "cpool.vjp": cpool.vjp, "cpool.reference": cpool.reference}
MEMBERS = """
   :members:
   :inherited-members: Layer
   :exclude-members: output_shape"""  # what a layer has besides a `Layer`, such as `project`
AXES = {"1d": "one spatial axis", "2d": "two spatial axes", "3d": "three spatial axes"}


class Operator:
    """An operator by the names it has: without the rank, with `ranks` to be put behind them."""

    def __init__(self, function: str, layer: str) -> None:
        self.function, self.layer = function.removesuffix("{rank}d"), layer.removesuffix("{rank}d")
        found = (re.fullmatch(self.function + "([123]d)?", name) for name in cpool.functional.__all__)
        self.ranks = [match[1] or "" for match in found if match]
        self.family = getattr(cpool, self.function + self.ranks[0]).__module__.rpartition(".")[2]

    def page(self) -> str:
        """All forms of it."""
        return titled(
            self.function,
            titled("Function", *self.entries("function", "cpool", self.function), line="-"),
            titled("Function with its gradient", *self.entries("function", "cpool.vjp", self.function), line="-"),
            titled("Layer", *self.entries("class", "cpool", self.layer), "All other methods are those of `cpool.Layer`.", line="-"),
            titled("In plain numpy", *self.entries("function", "cpool.reference", self.function), line="-"),
            f"`cpool.reference.vjp` has it with its gradient, called as `cpool.vjp.{self.function}{self.shown}` is.\n",
        )

    @property
    def shown(self) -> str:
        """The rank whose text is shown."""
        return "2d" if "2d" in self.ranks else self.ranks[0]

    def entries(self, kind: str, module: str, name: str) -> list[str]:
        """The objects of one form: `shown` by its docstring, the others by their signature."""
        full = f"{module}.{name}{self.shown}"
        found = [f".. auto{kind}:: {full}" + MEMBERS * (kind == "class")]
        for rank in self.ranks:
            if rank != self.shown:
                thing = getattr(MODULES[module], name + rank)
                head = f".. py:{kind}:: {name}{rank}{bare(thing)}\n   :module: {module}"
                found.append(f"{head}\n\n   As `{full}`, over {AXES[rank]}.")
        return found


def titled(title: str, *blocks: str, line: str = "=") -> str:
    """A title with what is below it."""
    return "\n\n".join((f"{title}\n{line * len(title)}", *blocks))


def bare(thing: Callable[..., Any]) -> str:
    """The signature without types."""
    signature = inspect.signature(thing)
    parameters = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def families(operators: list[Operator]) -> str:
    """The list of the pages, family by family."""
    blocks = []
    for family, title in FAMILIES.items():
        names = [each.function for each in operators if each.family == family]
        blocks.append(f".. toctree::\n   :caption: {title}\n   :maxdepth: 1\n\n" + "\n".join(f"   {name}" for name in names))
    modules = "\n".join(f".. py:module:: {name}" for name in (*MODULES, "cpool.reference.vjp"))
    return titled("All operators", INTRODUCTION, *blocks, modules) + "\n"


INTRODUCTION = """\
A page each: functions (`cpool`), functions with their gradient (`cpool.vjp`), layers, and the functions in plain numpy
(`cpool.reference`)."""


def adapter(module: str, package: str, *blocks: str) -> str:
    """The page of `cpool.torch` and its like: the module's docstring, which needs no import, and what does if it is there."""
    source = Path(cpool.__file__).parent / module.removeprefix("cpool.") / "__init__.py"
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    if blocks and importlib.util.find_spec(package) is None:
        blocks = (f"This copy of the site was built without the package ``{package}``, and so without the lists of this page.",)
    return titled(module, f".. py:module:: {module}", text.replace("Examples\n--------", ".. rubric:: Examples\n"), *blocks) + "\n"


def torch_blocks() -> list[str]:
    """What is listed of cpool.torch."""
    names = [name for name in cpool.__all__ if name[0].isupper() and name not in ("Layer", "Layers", "Pooling")]
    listed = ".. autosummary::\n   :nosignatures:\n\n" + "\n".join(f"   {name}" for name in names)
    return [
        ".. autofunction:: cpool.torch.replace",
        ".. autoclass:: cpool.torch.Swap",
        titled("Modules", ".. currentmodule:: cpool.torch", listed, line="-"),
    ]


def dask_blocks() -> list[str]:
    """What is listed of cpool.dask, which does not have all functions; a line where dask is missing."""
    try:
        names = importlib.import_module("cpool.dask").FUNCTIONS
    except ImportError:
        names = {}
    return [f"The functions: {', '.join(f'`{name} <cpool.{name}>`' for name in names)}."]


def write(app: Any) -> None:
    """Write the pages; those that have not changed are left as they are, so that they are not read again."""
    operators = [Operator(method.function, method.layer) for method in METHODS.values()]
    pages = {each.function: each.page() for each in operators}
    pages["index"] = families(operators)
    pages["torch"] = adapter("cpool.torch", "torch", *torch_blocks())
    pages["jax"] = adapter("cpool.jax", "jax")
    pages["dask"] = adapter("cpool.dask", "dask", *dask_blocks())
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
