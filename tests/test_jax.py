"""cpool.jax against cpool's reference, with the gradients, traced and not."""

import doctest

import numpy as np
import pytest
from every_call import call

import cpool

jax = pytest.importorskip("jax")
import cpool.jax  # noqa: E402
from cpool._adapters.signatures import signature  # noqa: E402

NAMES = [name for name in cpool.jax.__all__ if name.endswith("2d") or not name[-2].isdigit()]


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_the_reference(name):
    x, given = call(name, np.float32)
    y, pullback = getattr(cpool.reference.vjp, name)(x, **given)
    wanted = pullback(np.ones_like(y))
    about, pool = signature(name), getattr(cpool.jax, name)
    learned = [key for key in about.learned[1:] if key in given]

    def total(x, *values):
        return pool(x, **{**given, **dict(zip(learned, values, strict=True))}).sum()

    operands = [x, *(np.float32(given[key]) for key in learned)]
    gradients = jax.grad(total, tuple(range(len(operands))))(*operands)
    np.testing.assert_allclose(pool(x, **given), y, rtol=1e-4, atol=1e-5)
    for gradient, want in zip(gradients, wanted if isinstance(wanted, tuple) else (wanted,), strict=False):
        np.testing.assert_allclose(gradient, want, rtol=2e-3, atol=2e-4)
    np.testing.assert_allclose(jax.jit(jax.grad(total))(*operands), gradients[0], rtol=1e-6)


def test_max_and_average_are_exact():
    x = np.random.default_rng(0).standard_normal((2, 3, 9, 9), dtype=np.float32)
    for name, options in (("max_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1}), ("avg_pool2d", {"kernel_size": 2})):
        y, pullback = getattr(cpool.vjp, name)(x, **options)
        found, back = jax.vjp(lambda x, n=name, o=options: getattr(cpool.jax, n)(x, **o), x)
        np.testing.assert_array_equal(found, y)
        np.testing.assert_array_equal(back(jax.numpy.asarray(y))[0], pullback(y))


def test_what_is_returned_beside_the_result():
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 8), dtype=np.float32)
    y, indices = cpool.jax.max_pool2d(x, 2, return_indices=True)
    np.testing.assert_array_equal(indices, cpool.max_pool2d(x, 2, return_indices=True)[1])
    many = jax.vmap(lambda x: cpool.jax.max_pool2d(x, 2))(x[None])
    np.testing.assert_array_equal(many[0], y)


def test_draws_take_a_seed():
    x = np.random.default_rng(0).random((2, 3, 8, 8), dtype=np.float32)
    drawn = jax.jit(lambda seed: cpool.jax.stochastic_pool2d(x, 2, rng=seed))
    np.testing.assert_array_equal(drawn(3), cpool.stochastic_pool2d(x, 2, rng=3))
    with pytest.raises(TypeError, match="rng=None: an int is needed"):
        cpool.jax.stochastic_pool2d(x, 2)
    with pytest.raises(ValueError, match="kernel_size"):
        cpool.jax.max_pool2d(x, 0)


def test_doctest():
    assert doctest.testmod(cpool.jax).failed == 0
