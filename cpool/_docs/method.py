"""What the documentation of a way of pooling is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

RESULT = """\
y : ndarray
    The shape of `x`, with one element a window on each spatial axis."""
INDICES = """\
indices : ndarray of int64
    Only with ``return_indices=True``: for each element of `y` where it comes from, flat in the spatial axes of `x`
    without padding."""


BOUNDARIES = """\
boundaries : tuple of ndarray of int64
    Only with ``return_boundaries=True``: the boundaries of each axis, from 0 to its size."""


class Method(NamedTuple):
    """What is particular to one way of pooling. `{rank}` stands for the number of spatial axes, in every text."""

    function: str
    """The function's name."""
    layer: str
    """The layer's name."""
    dtype: str
    """Of the result, a sentence or two."""
    notes: str
    """The section Notes: formula, gradient, source."""
    result: str = RESULT
    """The entry `y` of the section Returns; `dtype` is put below it."""
    parameters: Mapping[str, tuple[str, str]] = {}
    """Type and text of arguments that mean something else here than in `parameters.PARAMETERS`."""
    more: Mapping[str, str] = {"return_indices": INDICES, "return_boundaries": BOUNDARIES}
    """Further results, by the flag that asks for each."""
    pullback: str = ""
    """What the pullback returns, where that is not the gradient of `x` alone."""
