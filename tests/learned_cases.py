"""The poolings with parameters, one row each: how to draw what a call takes beside x and the window."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass
class Method:
    """`draw(rng, channels, kernel, x)` gives the arguments of a call by name; those in `smooth` have gradients.

    `positional` go between x and the window, by position; where the window's size is that of a parameter, `window` is False.
    `positive` methods are tested on positive cells only, where their formula has a value.
    """

    draw: Callable[..., dict[str, Any]]
    smooth: tuple[str, ...] = ()
    positional: tuple[str, ...] = ()
    window: bool = True
    positive: bool = False
    dilation: bool = True


def each(rng, channels, low=0.2, high=2.0):
    """One number, or one a channel."""
    return rng.uniform(low, high, channels) if rng.integers(2) else float(rng.uniform(low, high))


def shaped(rng, channels, shape):
    """Numbers for the cells of a window, or for those of each channel."""
    return rng.standard_normal((channels, *shape) if rng.integers(2) else tuple(shape)) / 2


METHODS = {
    "soft_pool": Method(
        lambda rng, channels, kernel, x: {"beta": each(rng, channels, -1, 2), "detach_weights": False}, smooth=("beta",)
    ),
    "lse_pool": Method(lambda rng, channels, kernel, x: {"r": each(rng, channels, -2, 3)}, smooth=("r",)),
    "softmax_pool": Method(
        lambda rng, channels, kernel, x: {"logits": rng.uniform(-3, 3, x.shape).astype(x.dtype)},
        smooth=("logits",),
        positional=("logits",),
    ),
    "gem_pool": Method(
        lambda rng, channels, kernel, x: {"p": each(rng, channels, -3, 5)}, smooth=("p",), positional=("p",), positive=True
    ),
    "mixed_pool": Method(lambda rng, channels, kernel, x: {"alpha": each(rng, channels, -1, 2)}, smooth=("alpha",)),
    "gated_pool": Method(
        lambda rng, channels, kernel, x: {"mask": shaped(rng, channels, kernel)},
        smooth=("mask",), positional=("mask",), window=False,
    ),
    "tree_pool": Method(
        lambda rng, channels, kernel, x: {"leaves": rng.standard_normal((2, *kernel)) / 2, "gate": shaped(rng, channels, kernel)},
        smooth=("leaves", "gate"), positional=("leaves", "gate"), window=False,
    ),
    "weighted_max_pool": Method(
        lambda rng, channels, kernel, x: {"weight": shaped(rng, channels, kernel)},
        smooth=("weight",), positional=("weight",), window=False,
    ),
    "ordinal_pool": Method(
        lambda rng, channels, kernel, x: {"weight": 0.7 + shaped(rng, channels, (int(np.prod(kernel)),))},
        smooth=("weight",), positional=("weight",),
    ),
    "detail_preserving_pool": Method(
        lambda rng, channels, kernel, x: {
            "log_lambda": each(rng, channels, -1, 1), "log_alpha": each(rng, channels, -2, 1), "symmetric": bool(rng.integers(2)),
            "normalize": str(rng.choice(["mean", "sum", "none"])), "eps2": 1e-2,
        },
        smooth=("log_lambda", "log_alpha"),
    ),
}  # fmt: skip


def by_chance(rng, **more):
    """Whether to draw, and the seed."""
    return {**more, "training": bool(rng.integers(4)), "rng": int(rng.integers(2**32))}


METHODS |= {
    "stochastic_pool": Method(lambda rng, channels, kernel, x: by_chance(rng)),
    "max_pool_dropout": Method(lambda rng, channels, kernel, x: by_chance(rng, rate=float(rng.choice([0, 0.1, 0.5, 0.8])))),
    "rank_pool": Method(
        lambda rng, channels, kernel, x: by_chance(
            rng,
            mode=str(rng.choice(["average", "weighted", "stochastic"])),
            top=None if rng.integers(2) else int(rng.integers(1, 12)),
            decay=float(rng.choice([0.1, 0.5, 0.75, 1.0])),
        )
    ),
}


def called(module, name, rank, x, arguments, options):
    """The call of a method in one of the modules."""
    method, rest = METHODS[name], {**options, **arguments}
    first = [rest.pop(key) for key in method.positional]
    return getattr(module, f"{name}{rank}d")(x, *first, **rest)


def spread(rng, shape, positive=False):
    """Cells all different, and at least 1/20 apart, as are their magnitudes: no kink is near."""
    count = int(np.prod(shape))
    values = (rng.permutation(count) + 1.5) / (10 if count < 200 else count / 20)
    return (values if positive else values * np.where(rng.integers(2, size=count), 1, -1)).reshape(shape)
