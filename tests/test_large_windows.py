"""Windows of many cells, which prefixes and suffixes of blocks make: where blocks, borders, vectors and tiles meet."""

import numpy as np
import pytest
from numerics import assert_same_bits

import cpool

SHAPES = [(1, 17, 20, 20), (2, 3, 33, 41), (1, 33, 9, 70), (5, 1, 16, 24), (1, 2, 130, 7)]
WINDOWS = [
    {"kernel_size": 31, "padding": 15},
    {"kernel_size": (7, 19), "stride": (2, 3), "padding": ((6, 0), (9, 18))},
    {"kernel_size": (1, 16), "padding": (0, 8)},
    {"kernel_size": (40, 3), "stride": (3, 1), "padding": "same"},
]


def arranged(x, last):
    """The same array in another layout."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)) if last else x


def order(last):
    return {"data_format": "channels_last" if last else "channels_first"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_winners(shape, window, dtype):
    """Ties, zeros of both signs and NaN: the first in row-major order, as in the reference."""
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal(shape)).astype(dtype)
    x[rng.random(shape) < 0.002] = np.nan
    for kind in ("max", "min"):
        for last in (False, True):
            given, options = arranged(x, last), window | order(last)
            y, indices = getattr(cpool.reference, f"{kind}_pool2d")(given, return_indices=True, **options)
            got = getattr(cpool, f"{kind}_pool2d")(given, return_indices=True, **options)
            assert_same_bits(got[0], y)
            np.testing.assert_array_equal(got[1], indices)
            assert_same_bits(getattr(cpool, f"{kind}_pool2d")(given, **options), y)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layouts_add_in_one_order(shape, window):
    x = np.random.default_rng(0).standard_normal(shape)
    results = []
    for last in (False, True):
        y, pullback = cpool.vjp.avg_pool2d(arranged(x, last), count_include_pad=False, **window, **order(last))
        results.append([arranged(a, not last) for a in (y, pullback(y))])
    for first, last in zip(*results, strict=True):
        assert_same_bits(first, last)
