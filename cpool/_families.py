"""Which file has which functions, and how they are imported when the first of them is asked for.

`cpool.functional` and `cpool.vjp` have a file a family, under the same names. Most programs use one or two of them: to import all
with `import cpool` would take three times as long.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

FAMILIES = {
    "adaptive": ("adaptive_avg_pool", "adaptive_max_pool"),
    "attention": ("attention_pool",),
    "blur": ("blur_pool", "max_blur_pool"),
    "chance": ("max_pool_dropout", "rank_pool", "stochastic_pool"),
    "detail": ("detail_preserving_pool",),
    "fractional": ("fractional_avg_pool", "fractional_max_pool"),
    "gates": ("gated_pool", "mixed_pool", "tree_pool"),
    "generalized": ("generalized_max_pool",),
    "linear": ("avg_pool", "sum_pool"),
    "lp": ("global_lp_pool", "lp_pool"),
    "median": ("median_pool",),
    "polyphase": ("polyphase_pool",),
    "power": ("gem_pool",),
    "pyramid": ("spatial_pyramid_pool",),
    "roi": ("roi_align", "roi_pool"),
    "s3": ("s3_pool",),
    "select": ("max_pool", "min_pool"),
    "softmax": ("lse_pool", "soft_pool", "softmax_pool"),
    "unpool": ("max_unpool",),
    "weights": ("ordinal_pool", "weighted_max_pool"),
    "whole": ("global_avg_pool", "global_max_pool", "global_min_pool", "global_sum_pool"),
}
"""By file the functions in it, without their rank."""

FILES = {function: file for file, functions in FAMILIES.items() for function in functions}


def importer_of(package: str) -> Callable[[str], object]:
    """The `__getattr__` of a package with a file a family; a function stays as an attribute once it was found."""

    def find(name: str) -> object:
        file = FILES.get(name[:-2] if name.endswith(("1d", "2d", "3d")) else name)
        found = None if file is None else getattr(importlib.import_module(f"{package}.{file}"), name, None)
        if found is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, found)
        return found

    return find
