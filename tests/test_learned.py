"""The poolings with parameters: against the reference, their gradients against differences, equal bits whatever computes them."""

import numpy as np
import pytest
from cases import examples, windows
from hypothesis import given
from hypothesis import strategies as st
from learned_cases import METHODS, called, spread

import cpool
from cpool import _dispatch

MANY = examples(30)


@st.composite
def calls(draw, name, dtypes=(np.float32, np.float64)):
    """x, the arguments beside it and the window of a legal call."""
    method = METHODS[name]
    rank = draw(st.integers(1, 3))
    spatial = tuple(draw(st.integers(1, {1: 40, 2: 9, 3: 5}[rank])) for _ in range(rank))
    options = draw(windows(spatial))
    if not method.dilation:
        options.pop("dilation", None)
        options["padding"] = "same"
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    channels, batch = draw(st.sampled_from([1, 2, 3, 5, 17])), draw(st.sampled_from([(), (1,), (2,), (3,)]))
    last = draw(st.booleans())
    options["data_format"] = "channels_last" if last else "channels_first"
    shape = (*batch, *spatial, channels) if last else (*batch, channels, *spatial)
    x = spread(rng, shape, method.positive).astype(draw(st.sampled_from(dtypes)))
    kernel = options["kernel_size"]
    kernel = (int(kernel),) * rank if np.ndim(kernel) == 0 else tuple(map(int, kernel))
    if not method.window:
        del options["kernel_size"]
    return rank, x, method.draw(rng, channels, kernel, x), options


def close(found, expected, scale):
    """Equal to some units of float32, or of float64, relative to what was computed with."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    error = {2: 4e-3, 4: 3e-5, 8: 1e-11}[min(8, found.dtype.itemsize)]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=error, atol=error * max(1e-3, scale))


def gradients(module, name, rank, x, arguments, options, seed=0):
    y, pullback = called(module, name, rank, x, arguments, options)
    grad = np.random.default_rng(seed).standard_normal(y.shape).astype(y.dtype)
    found = pullback(grad)
    return y, grad, found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("name", METHODS)
@MANY
@given(data=st.data())
def test_agrees_with_the_reference(name, data):
    rank, x, arguments, options = data.draw(calls(name))
    y = called(cpool, name, rank, x, arguments, options)
    scale = float(np.abs(x).max(initial=0))
    assert y.dtype == x.dtype
    close(y, called(cpool.reference, name, rank, x.astype(float), arguments, options), scale)
    again, grad, found = gradients(cpool.vjp, name, rank, x, arguments, options)
    np.testing.assert_array_equal(again, y)
    _, pullback = called(cpool.reference.vjp, name, rank, x.astype(float), arguments, options)
    expected = pullback(grad.astype(float))
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert len(found) == len(expected) == 1 + len(METHODS[name].smooth)
    for one, other in zip(found, expected, strict=True):
        close(one.astype(x.dtype), other, max(1, scale) ** 2 * max(1, np.abs(other).max(initial=0)))


@pytest.mark.parametrize("name", METHODS)
@MANY
@given(data=st.data())
def test_gradient_is_the_slope(name, data):
    """Of the reference: in a random direction of x and of each parameter, by central differences."""
    rank, x, arguments, options = data.draw(calls(name, dtypes=(np.float64,)))
    _, grad, found = gradients(cpool.reference.vjp, name, rank, x, arguments, options)
    rng = np.random.default_rng(1)
    for key, gradient in zip(("x", *METHODS[name].smooth), found, strict=True):
        value = np.asarray(x if key == "x" else arguments[key], float)
        direction, step = rng.standard_normal(value.shape), 1e-6
        sides = []
        for sign in (1, -1):
            moved = value + sign * step * direction
            args = (moved, arguments) if key == "x" else (x, {**arguments, key: moved})
            sides.append((called(cpool.reference, name, rank, *args, options) * grad).sum())
        slope, wanted = (sides[0] - sides[1]) / (2 * step), (gradient * direction).sum()
        assert slope == pytest.approx(wanted, rel=1e-4, abs=1e-5 * max(1, np.abs(grad).sum() * np.abs(x).max(initial=1)))


@pytest.mark.parametrize("name", METHODS)
@MANY
@given(data=st.data())
def test_bits_do_not_depend_on_threads_or_variants(name, data):
    rank, x, arguments, options = data.draw(calls(name))
    results = []
    for variant in _dispatch.available():
        for threads in (1, 3):
            with _dispatch.using(variant), cpool.num_threads(threads):
                y, _, found = gradients(cpool.vjp, name, rank, x, arguments, options)
                results.append((y, *found))
    for result in results[1:]:
        for one, other in zip(result, results[0], strict=True):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
