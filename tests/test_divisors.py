"""Averages are divided exactly, whichever way: the variants with a fused multiply-add divide by small integers without division."""

import numpy as np
import pytest

import cpool

DIVISORS = (1, 2, 3, 5, 6, 7, 9, 12, 16, 25, 49, 121, 1000, 3969, 4095, 4096, 4097, -3)


def values(dtype, n):
    """Numbers of all sizes, subnormal ones and the least and largest among them, and what is none."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(0)
    low, high = np.log2(info.smallest_subnormal), np.log2(info.max)
    found = np.exp2(rng.uniform(low, high - 0.01, n)).astype(dtype) * rng.choice([-1, 1], n).astype(dtype)
    found[: n // 4] = rng.integers(1, 200, n // 4) * info.smallest_subnormal
    found[n // 4 : n // 2] = 1 + rng.random(n // 2 - n // 4)
    found[-6:] = (0.0, -0.0, np.inf, -np.inf, np.nan, info.max)
    return found


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("divisor", DIVISORS)
def test_quotients_are_those_of_a_division(divisor, size, dtype, data_format):
    cells = values(dtype, 1320).reshape((1, 1, 40, 33) if data_format == "channels_first" else (1, 5, 8, 33))
    # The first cell of each window is the only one that is not -0, which changes no sum.
    axes = (2, 3) if data_format == "channels_first" else (1, 2)
    shape = [size * n if axis in axes else n for axis, n in enumerate(cells.shape)]
    x = np.full(shape, -0.0, dtype)
    x[tuple(slice(None, None, size) if axis in axes else slice(None) for axis in range(4))] = cells
    found = cpool.avg_pool2d(x, size, divisor_override=divisor, data_format=data_format)
    with np.errstate(all="ignore"):
        expected = (cells.astype(np.float64) / divisor).astype(dtype)
    np.testing.assert_array_equal(found, expected)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[number]), np.signbit(expected[number]))
