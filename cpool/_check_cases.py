"""The calls that `python -m cpool check` makes of functions over other than regular windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cpool import reference
from cpool._arguments import Array

Options = dict[str, Any]

# Few planes and enough to lay side by side, bins of one width and of two, windows that every plane has for itself.
BINS: dict[str, tuple[tuple[tuple[int, ...], Options], ...]] = {
    "adaptive_{kind}_pool1d": (((2, 3, 41), {"output_size": 7}), ((1, 20, 9), {"output_size": 12})),
    "adaptive_{kind}_pool2d": (((2, 3, 13, 37), {"output_size": (5, 9)}), ((3, 11, 10, 6), {"output_size": (7, None)})),
    "adaptive_{kind}_pool3d": (((2, 3, 5, 7, 19), {"output_size": (2, 3, 5)}),),
    "fractional_{kind}_pool2d": (
        ((2, 3, 13, 37), {"kernel_size": (2, 3), "output_size": (8, 20), "rng": 0}),
        ((3, 11, 10, 6), {"kernel_size": None, "output_ratio": 0.7, "overlapping": True, "rng": 1}),
    ),
    "fractional_{kind}_pool3d": (
        ((1, 3, 5, 7, 19), {"kernel_size": None, "output_size": (2, 3, 9), "rng": 2, "pseudorandom": False}),
    ),
}
WINDOWS: tuple[tuple[tuple[int, ...], Options], ...] = (
    ((2, 3, 40), {"kernel_size": 7, "stride": 3, "padding": "same"}),
    ((2, 3, 11, 37), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ((1, 3, 9, 21), {"kernel_size": (2, 4), "stride": 1, "padding": (1, 3), "dilation": (2, 1)}),
    ((1, 2, 5, 6, 9), {"kernel_size": 2}),
)
WHOLE = ((2, 3, 41), (3, 5, 7, 9), (2, 3, 4, 5, 6))
REGIONS = [[0, 0.0, 0.0, 9.0, 7.0], [1, 2.5, 1.25, 30.0, 11.75], [0, -4.0, 3.0, 4.0, 40.0], [1, 5.0, 5.0, 5.0, 5.0]]

WEIGHTS = np.linspace(-0.4, 0.9, 9)
LEARNED: dict[str, tuple[Options, ...]] = {
    "soft_pool2d": ({"beta": 0.7}, {"beta": [0.5, -1.0, 2.0], "detach_weights": True}),
    "lse_pool2d": ({"r": 1.5}, {"r": [0.05, -1.0, 4.0]}),
    "gem_pool2d": ({"p": 2.5}, {"p": [0.05, -2.0, 3.0]}),
    "mixed_pool2d": ({"alpha": [0.0, 0.3, 1.0]}, {"alpha": 0.6, "mode": "stochastic", "rng": 0}),
    "ordinal_pool2d": ({"weight": 1 - WEIGHTS},),
    "detail_preserving_pool2d": ({"log_lambda": 0.3, "log_alpha": -1.0}, {"symmetric": False, "normalize": "sum"}),
    "stochastic_pool2d": ({"rng": 0}, {"training": False}),
    "max_pool_dropout2d": ({"rng": 0}, {"training": False}),
    "rank_pool2d": ({}, {"mode": "weighted"}, {"mode": "stochastic", "rng": 0}),
    "gated_pool2d": ({"mask": WEIGHTS.reshape(3, 3)},),
    "tree_pool2d": ({"leaves": np.stack([WEIGHTS, -WEIGHTS]).reshape(2, 3, 3), "gate": WEIGHTS.reshape(3, 3)},),
    "weighted_max_pool2d": ({"weight": WEIGHTS.reshape(3, 3)},),
    "blur_pool2d": ({"filter_size": 3},),
}
"""Those that learn, and those that draw: over windows of 3x3, whose cells are positive, each a kernel or two of its own."""

SELECTIONS = ("max", "min", "adaptive_max", "fractional_max", "global_max", "global_min", "roi_pool")
"""What the functions whose results are cells begin with: those must agree in every bit."""


def families() -> Iterator[tuple[str, tuple[int, ...], Options]]:
    """(function, shape of x with the channels first, options) of every call."""
    for pattern, calls in BINS.items():
        for kind in ("max", "avg"):
            for shape, options in calls:
                yield pattern.format(kind=kind), shape, options
    for shape, options in WINDOWS:
        rank = len(shape) - 2
        yield f"median_pool{rank}d", shape, options
        for norm_type in (1, 2, 3.5, np.inf):
            yield f"lp_pool{rank}d", shape, {"norm_type": norm_type, **options}
    for shape in WHOLE:
        for kind in ("max", "min", "avg", "sum"):
            yield f"global_{kind}_pool", shape, {}
        yield "global_lp_pool", shape, {"norm_type": 2}
    yield "spatial_pyramid_pool2d", (2, 3, 11, 13), {"levels": (1, 2, 4)}
    yield "roi_pool", (2, 5, 12, 31), {"rois": REGIONS, "output_size": (3, 4)}
    for options in ({"sampling_ratio": 2}, {"aligned": True, "spatial_scale": 0.5}):
        yield "roi_align", (2, 5, 12, 31), {"rois": REGIONS, "output_size": (3, 4), **options}
    for duplicates in ("last", "sum"):
        yield "max_unpool2d", (2, 3, 5, 8), {"kernel_size": 3, "stride": 2, "duplicates": duplicates}
    for name, settings in LEARNED.items():
        window = {} if name == "blur_pool2d" else {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}
        if {"mask", "leaves"} & settings[0].keys() or name == "weighted_max_pool2d":
            del window["kernel_size"]  # the parameter has it
        for options in settings:
            yield name, (2, 3, 11, 37), window | options


def indices_for(x: Array, options: Options) -> Array:
    """Indices to unpool x by: those of pooling an array of the unpooled size."""
    window = {key: options[key] for key in ("kernel_size", "stride")}
    size = tuple((n - 1) * window["stride"] + window["kernel_size"] for n in x.shape[2:])
    from_where = np.random.default_rng(3).integers(0, 9, (*x.shape[:2], *size))
    indices: Array = reference.max_pool2d(from_where, **window, return_indices=True)[1]
    return indices
