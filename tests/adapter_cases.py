"""A call of every function, for the adapters to other libraries."""

import numpy as np

import cpool

SPATIAL = {1: (14,), 2: (10, 8), 3: (6, 4, 6)}
ROIS = [[0, 0.0, 0.0, 7.0, 6.0], [1, 1.5, 2.0, 6.0, 9.0]]


def arguments(name, rank):
    """Those of a call that has sense, besides x; arrays for operands."""
    cells = (2,) * rank
    weights, taps = np.linspace(0.2, 0.9, 2**rank), np.linspace(-0.4, 0.8, 2**rank).reshape(cells)
    stem = name[:-2] if name[-2].isdigit() else name
    return {
        "gem_pool": {"p": np.array([2.0, 2.5, 3.0]), "kernel_size": 2}, "mixed_pool": {"kernel_size": 2, "alpha": np.array(0.3)},
        "softmax_pool": {"kernel_size": 2, "logits": np.random.default_rng(2).standard_normal((2, 3, *SPATIAL[rank]))},
        "gated_pool": {"mask": taps}, "tree_pool": {"leaves": np.stack([taps, -taps]), "gate": taps},
        "weighted_max_pool": {"weight": np.exp(taps)}, "ordinal_pool": {"weight": weights, "kernel_size": 2},
        "lp_pool": {"norm_type": 3.0, "kernel_size": 2}, "s3_pool": {"kernel_size": 2, "grid_size": 2, "rng": 5},
        "stochastic_pool": {"kernel_size": 2, "rng": 5}, "max_pool_dropout": {"kernel_size": 2, "rng": 5},
        "adaptive_max_pool": {"output_size": 3}, "adaptive_avg_pool": {"output_size": 3},
        "fractional_max_pool": {"kernel_size": 2, "output_size": 2, "rng": 5},
        "fractional_avg_pool": {"kernel_size": None, "output_ratio": 0.6, "rng": 5},
        "max_unpool": {"kernel_size": 2, "indices": cpool_indices(rank)}, "spatial_pyramid_pool": {"levels": (1, 2)},
        "roi_pool": {"rois": np.array(ROIS), "output_size": 3}, "roi_align": {"rois": np.array(ROIS), "output_size": 3},
        "global_lp_pool": {"norm_type": 2.0}, "attention_pool": {"query": np.array([0.5, -1.0, 0.2])},
        "generalized_max_pool": {"lam": np.array(0.7)},
        "detail_preserving_pool": {"kernel_size": 2, "log_lambda": np.array(0.2), "log_alpha": np.array(-0.5)},
        "blur_pool": {}, "max_blur_pool": {}, "polyphase_pool": {},
        "rank_pool": {"kernel_size": 2, "top": 2},
    }.get(stem, {} if stem.startswith("global") else {"kernel_size": (3, *((2,) * (rank - 1)))})  # fmt: skip


def cpool_indices(rank):
    x = sample(rank)
    return getattr(cpool, f"max_pool{rank}d")(x, 2, return_indices=True)[1]


def sample(rank, dtype=np.float64):
    """Cells that are apart, and above 0."""
    shape = (2, 3, *SPATIAL[rank])
    return ((np.random.default_rng(rank).permutation(int(np.prod(shape))).reshape(shape) + 1) / 64).astype(dtype)


def call(name, dtype=np.float64):
    rank = int(name[-2]) if name[-2].isdigit() else 2
    x, given = sample(rank, dtype), arguments(name, rank)
    if name.startswith("max_unpool"):
        x = getattr(cpool, f"max_pool{rank}d")(x, 2)
    return x, given
