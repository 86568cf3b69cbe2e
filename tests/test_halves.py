"""float16 and bfloat16: their conversions, and arrays so large that they go to the kernels box by box."""

import ml_dtypes
import numpy as np
import pytest

import cpool
from cpool import _dispatch

HALVES = [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
ALL = np.arange(2**16, dtype=np.uint16)


@pytest.fixture(params=_dispatch.available())
def variant(request):
    with _dispatch.using(request.param):
        yield request.param


def bits(a):
    """The bits of halves, those of every NaN the same."""
    return np.where(np.isnan(a.astype(np.float32)), np.uint16(0xFFFF), a.view(np.uint16))


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize("name", ["max_pool1d", "min_pool1d", "sum_pool1d", "avg_pool1d"])
def test_every_half_comes_back(variant, name, dtype):
    x = ALL.view(dtype)[None]
    np.testing.assert_array_equal(bits(getattr(cpool, name)(x, 1)), bits(x))
    y, pullback = getattr(cpool.vjp, name)(x, 1)
    np.testing.assert_array_equal(bits(y), bits(x))
    positive = np.where(x.view(np.uint16) == 0x8000, 0, x.view(np.uint16)).view(dtype)  # 0 + -0 is 0 in a gradient
    np.testing.assert_array_equal(bits(np.abs(pullback(positive))), bits(np.abs(positive)))


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_floats_are_rounded_to_even(variant, dtype):
    # Half the sum of two neighbours lies in the middle between them, that of others anywhere; subnormals and overflow too.
    rng = np.random.default_rng(0)
    pairs = np.stack([ALL, np.where(rng.random(2**16) < 0.5, ALL + np.uint16(1), rng.permutation(ALL))], 1).view(dtype)
    with np.errstate(all="ignore"):
        exact = pairs.astype(np.float64).sum(1)  # float32 holds every sum of two halves near a boundary of halves
        want = [(exact / 2).astype(np.float32).astype(dtype), exact.astype(np.float32).astype(dtype)]
    got = [cpool.avg_pool1d(pairs.reshape(1, -1), 2)[0], cpool.sum_pool1d(pairs.reshape(1, -1), 2)[0]]
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(bits(a), bits(b))


LARGE = [
    ((2, 3, 150, 170), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ((1, 1, 400, 90), {"kernel_size": (5, 4), "stride": (1, 3), "padding": (2, 1), "dilation": (2, 1), "ceil_mode": True}),
    ((1, 2, 500, 41), {"kernel_size": 2, "stride": 3}),
    ((1, 1, 300, 300), {"kernel_size": 2, "stride": 300}),  # one window of a plane larger than a box
    ((1, 1, 600, 60), {"kernel_size": (40, 2), "stride": (1, 2), "padding": (20, 0)}),
    ((300, 7, 9), {"kernel_size": (7, 9)}),
    ((1, 1, 6, 90, 80), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ((2, 2, 30000), {"kernel_size": 4, "stride": 3, "padding": 1}),
    ((1, 60, 50, 17), {"kernel_size": 3, "stride": 2, "padding": 1, "data_format": "channels_last"}),
    ((1, 5, 70, 30, 8), {"kernel_size": 2, "data_format": "channels_last"}),
    ((2, 40000, 3), {"kernel_size": 5, "stride": 2, "data_format": "channels_last"}),
]


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize(("shape", "options"), LARGE, ids=str)
@pytest.mark.parametrize("op", ["max", "min", "avg", "sum"])
def test_large_arrays_agree_with_the_reference(op, shape, options, dtype):
    rng = np.random.default_rng(1)
    x = rng.integers(-9, 10, shape).astype(np.float32)
    x[rng.random(shape) < 0.001] = np.nan
    x = x.astype(dtype)
    x[..., : shape[-1] // 2] += dtype.type(0.25)
    x = np.where(rng.random(shape) < 0.002, np.array(-0.0, dtype), x)
    name = f"{op}_pool{2 if len(shape) == 3 and isinstance(options['kernel_size'], tuple) else len(shape) - 2}d"
    want, want_pullback = getattr(cpool.reference.vjp, name)(x, **options)
    grad = rng.integers(-4, 5, want.shape).astype(dtype)
    found = []
    for threads in (1, 3):
        with cpool.num_threads(threads):
            y, pullback = getattr(cpool.vjp, name)(x, **options)
            found.append([getattr(cpool, name)(x, **options), y, pullback(grad)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a.view(np.uint16), b.view(np.uint16))
    plain, y, grad_x = found[0]
    if op in ("max", "min"):
        np.testing.assert_array_equal(bits(plain), bits(want))
        np.testing.assert_array_equal(bits(y), bits(want))
    wide = [a.astype(np.float64) for a in (plain, y, want, grad_x, want_pullback(grad))]
    eps = float(np.finfo(np.float16).eps if dtype == np.float16 else ml_dtypes.finfo(dtype).eps)
    for got in wide[:2]:
        np.testing.assert_allclose(got, wide[2], rtol=eps, atol=1e-4)
    np.testing.assert_allclose(wide[3], wide[4], rtol=eps, atol=1e-4)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_a_gradient_of_another_dtype_is_not_rounded_to_halves_first(dtype):
    _, pullback = cpool.vjp.sum_pool1d(np.zeros((1, 4), dtype), 3, 1)
    grad = np.array([[1.0, 2.0**-12]], np.float32)
    np.testing.assert_array_equal(pullback(grad), np.array([[1, 1 + 2.0**-12, 1 + 2.0**-12, 2.0**-12]], np.float32).astype(dtype))
