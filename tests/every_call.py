"""A call of every public function, small, in which each does what it is for: for proofs that go over all of them."""

import inspect

import numpy as np

import cpool
from cpool._adapters.signatures import NAMES as NAMES

SPATIAL = {1: (14,), 2: (10, 8), 3: (6, 4, 6)}
ROIS = [[0, 0.0, 0.0, 7.0, 6.0], [1, 1.5, 2.0, 6.0, 9.0]]


def rank_of(name):
    """The number of spatial axes: 2 where it can be any."""
    return int(name[-2]) if name[-2].isdigit() else 2


def sample(rank, dtype=np.float64):
    """Cells that are apart, above 0, and no sums of halves: those would be exact in any order."""
    shape = (2, 3, *SPATIAL[rank])
    return ((np.random.default_rng(rank).permutation(int(np.prod(shape))).reshape(shape) + 1) / 61).astype(dtype)


def arguments(name):
    """Those of the call besides x; arrays for operands."""
    rank = rank_of(name)
    taps, weights = np.linspace(-0.4, 0.8, 2**rank).reshape((2,) * rank), np.linspace(0.2, 0.9, 2**rank)
    overlapping = {"kernel_size": (3, *((2,) * (rank - 1)))}
    of_stem = {
        "adaptive_avg_pool": {"output_size": 3},
        "adaptive_max_pool": {"output_size": 3},
        "attention_pool": {"query": np.array([0.5, -1.0, 0.2])},
        "blur_pool": {},
        "detail_preserving_pool": {"kernel_size": 2, "log_lambda": np.array(0.2), "log_alpha": np.array(-0.5)},
        "fractional_avg_pool": {"kernel_size": None, "output_ratio": 0.6, "rng": 5},
        "fractional_max_pool": {"kernel_size": 2, "output_size": 2, "rng": 5},
        "gated_pool": {"mask": taps},
        "gem_pool": {"p": np.array([2.0, 2.5, 3.0]), "kernel_size": 2},
        "generalized_max_pool": {"lam": np.array(0.7)},
        "global_avg_pool": {},
        "global_lp_pool": {"norm_type": 2.0},
        "global_max_pool": {},
        "global_min_pool": {},
        "global_sum_pool": {},
        "lp_pool": {"norm_type": 3.0, "kernel_size": 2},
        "max_blur_pool": {},
        "max_pool_dropout": {"kernel_size": 2, "rng": 5},
        "max_unpool": {"kernel_size": 2, "indices": winners(rank)},
        "mixed_pool": {"kernel_size": 2, "alpha": np.array(0.3)},
        "ordinal_pool": {"weight": weights, "kernel_size": 2},
        "polyphase_pool": {},
        "rank_pool": {"kernel_size": 2, "top": 2},
        "roi_align": {"rois": np.array(ROIS), "output_size": 3},
        "roi_pool": {"rois": np.array(ROIS), "output_size": 3},
        "s3_pool": {"kernel_size": 2, "grid_size": 2, "rng": 5},
        "softmax_pool": {"kernel_size": 2, "logits": np.random.default_rng(2).standard_normal(sample(rank).shape)},
        "spatial_pyramid_pool": {"levels": (1, 2)},
        "stochastic_pool": {"kernel_size": 2, "rng": 5},
        "tree_pool": {"leaves": np.stack([taps, -taps]), "gate": taps},
        "weighted_max_pool": {"weight": np.exp(taps)},
    }
    return of_stem.get(name[:-2] if name[-2].isdigit() else name, overlapping)


def winners(rank):
    """The indices that max pooling of the sample gives."""
    return getattr(cpool, f"max_pool{rank}d")(sample(rank), 2, return_indices=True)[1]


def call(name, dtype=np.float64, last=False):
    """x, and the arguments by name; `last`: with the channels last."""
    rank, given = rank_of(name), arguments(name)
    x = sample(rank, dtype)
    if name.startswith("max_unpool"):
        x = getattr(cpool, f"max_pool{rank}d")(x, 2)
    if not last:
        return x, given
    moved = {key: np.ascontiguousarray(np.moveaxis(value, 1, -1)) for key, value in given.items() if key in ("indices", "logits")}
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)), {**given, **moved, "data_format": "channels_last"}


def outcome(name, x, given):
    """What the call gives, and the gradients for some gradient of the result, as a list of arrays."""
    y, pullback = getattr(cpool.vjp, name)(x, **given)
    last = y.ndim > 2 and given.get("data_format") == "channels_last"  # the same cells have the same gradient then
    shape = (y.shape[0], y.shape[-1], *y.shape[1:-1]) if last else y.shape
    grad = np.cos(np.arange(y.size)).reshape(shape).astype(y.dtype)
    found = pullback(np.ascontiguousarray(np.moveaxis(grad, 1, -1)) if last else grad)
    return [np.asarray(a) for a in (y, *(found if isinstance(found, tuple) else (found,)))]


LAYERS = tuple(
    name
    for name in cpool.__all__
    if inspect.isclass(getattr(cpool, name))
    and issubclass(getattr(cpool, name), cpool.Layer)
    and name not in ("Layer", "Layers", "Pooling")
)
"""Every layer."""


def layer_and_inputs(name, dtype=np.float64):
    """A layer, and what to call it with."""
    made = {"kernel_size": 2, "output_size": 2, "norm_type": 3.0, "levels": (1, 2), "grid_size": 2, "rng": 0}
    kind, rank = getattr(cpool, name), rank_of(name)
    needed = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty or p.name == "rng"]
    options = {p.name: made.get(p.name, 3) for p in needed}
    if "Fractional" in name:
        options["output_size"] = 2
    if "MaxUnpool" in name:
        return kind(**options), (getattr(cpool, f"max_pool{rank}d")(sample(rank, dtype), 2), winners(rank))
    if "RoI" in name:
        return kind(**options), (sample(2, dtype), np.array(ROIS))
    if "SoftmaxPool" in name:
        return kind(**options), (sample(rank, dtype), arguments(f"softmax_pool{rank}d")["logits"])
    return kind(**options), (sample(rank, dtype),)
