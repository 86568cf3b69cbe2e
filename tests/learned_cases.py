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


METHODS = {
    "soft_pool": Method(
        lambda rng, channels, kernel, x: {"beta": each(rng, channels, -1, 2), "detach_weights": False}, smooth=("beta",)
    ),
}


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
