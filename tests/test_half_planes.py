"""Maxima and averages of halves on planes and channels of all sizes: as those of the same numbers in float32."""

import numpy as np
import pytest

import cpool

ml_dtypes = pytest.importorskip("ml_dtypes")
SIZES = [(3, 7), (7, 7), (14, 14), (20, 20), (11, 33), (40, 70)]
WINDOWS = [(3, 1, 1), (3, 2, 1), (2, 2, 0), (5, 1, 2), (7, 1, 3), (6, 2, 3)]  # size, stride, padding


def maps(rng, size, channels, dtype, data_format):
    """Few different numbers, so that there are ties; all sums of them are exact."""
    shape = (18 if channels == 1 else 2, channels, *size)
    x = rng.integers(-5, 6, shape).astype(dtype)
    return x if data_format == "channels_first" else np.ascontiguousarray(np.moveaxis(x, 1, -1))


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("channels", [1, 9, 16, 33, 70])
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("size", SIZES)
def test_as_in_float32(size, dtype, channels, data_format):
    rng = np.random.default_rng(size[1])
    x = maps(rng, size, channels, dtype, data_format)
    for window in WINDOWS:
        if window[0] > size[0] + 2 * window[2]:
            continue
        y, pullback = cpool.vjp.max_pool2d(x, *window, data_format=data_format)
        expected, other = cpool.vjp.max_pool2d(x.astype(np.float32), *window, data_format=data_format)
        np.testing.assert_array_equal(y.astype(np.float32), expected)
        grad = rng.integers(-8, 9, y.shape).astype(dtype)
        found, wanted = pullback(grad), other(grad.astype(np.float32))
        np.testing.assert_array_equal(found, wanted.astype(dtype))


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("channels", [1, 9, 16, 33, 70])
@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_averages_within_their_rounding(size, include, channels, data_format):
    rng = np.random.default_rng(size[1])
    x = maps(rng, size, channels, np.float16, data_format)
    for window in WINDOWS:
        if window[0] > size[0] + 2 * window[2]:
            continue
        options = {"count_include_pad": include, "data_format": data_format}
        y, pullback = cpool.vjp.avg_pool2d(x, *window, **options)
        expected, other = cpool.vjp.avg_pool2d(x.astype(np.float64), *window, **options)
        grad = rng.integers(-8, 9, y.shape).astype(np.float16)
        for found, wanted in ((y, expected), (pullback(grad), other(grad.astype(np.float64)))):
            np.testing.assert_allclose(found, wanted, rtol=2.0**-11 * 1.01, atol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("kind", ["avg", "sum", "max"])
def test_what_is_no_number_stays_in_its_windows(kind, data_format):
    """Also where the vectors of channels are parts: lanes beside them must not be touched."""
    rng = np.random.default_rng(0)
    for channels in (8, 17, 31, 70):
        x = maps(rng, (9, 12), channels, np.float16, data_format)
        x.reshape(-1)[rng.integers(x.size, size=x.size // 50)] = rng.choice([np.nan, np.inf, -np.inf], x.size // 50)
        for window in WINDOWS:
            y = getattr(cpool, f"{kind}_pool2d")(x, *window, data_format=data_format)
            expected = getattr(cpool, f"{kind}_pool2d")(x.astype(np.float32), *window, data_format=data_format)
            np.testing.assert_array_equal(y, expected.astype(np.float16))


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("kernel", [(1, 3, 4), (1, 4, 4), (1, 5, 5), (1, 7, 7)])
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_gradient_of_slices_that_no_window_joins(dtype, kernel, data_format):
    """Each of them is written (one thread took the first of a volume for all of it), and nothing is left of what was there."""
    rng = np.random.default_rng(0)
    for spatial in ((4, 8, 8), (3, 7, 40), (5, 21, 9)):
        shape = (2, 9, *spatial) if data_format == "channels_first" else (2, *spatial, 9)
        x = rng.integers(-5, 6, shape).astype(dtype)
        for stride in ((1, 1, 1), kernel):
            y, pullback = cpool.vjp.max_pool3d(x, kernel, stride, data_format=data_format)
            _, other = cpool.vjp.max_pool3d(x.astype(np.float32), kernel, stride, data_format=data_format)
            grad, out = rng.integers(-8, 9, y.shape).astype(dtype), np.full_like(x, 7)
            np.testing.assert_array_equal(pullback(grad, out=out), other(grad.astype(np.float32)).astype(dtype))
