"""Windows with infinite cells and with NaN, and infinite parameters: the kernels are the reference, and the limits are exact."""

import itertools

import numpy as np
import pytest
from learned_cases import METHODS, called

import cpool

INF = np.inf
WINDOWS = [
    [1, 2, -INF], [1, 2, INF], [-INF, -INF, -INF], [INF, INF, INF], [INF, -INF, 1], [INF, INF, 1], [-INF, -INF, 1], [0, 0, INF],
    [0, 0, -INF], [np.nan, 1, 2], [np.nan, INF, 1], [INF, np.nan, 1], [-INF, np.nan, -INF], [1, -INF, np.nan], [1, INF, np.nan],
]  # fmt: skip
ARGUMENTS = {
    "soft_pool": [{"beta": beta} for beta in (0.0, 1.0, -1.0, INF, -INF, 1e300)],
    "lse_pool": [{"r": r} for r in (0.0, 1.0, -1.0, INF, -INF, 1e-6, 1e300)],
    "softmax_pool": [{"logits": np.reshape(logits, (1, 1, 1, 3))} for logits in ([0.0, 1, 2], [0, INF, -INF])],
    "gem_pool": [{"p": p} for p in (1.0, 3.0, -1.0)],
    "mixed_pool": [{"alpha": alpha} for alpha in (0.0, 0.3, 1.0)],
    "gated_pool": [{"mask": np.full((1, 3), mask)} for mask in (0.0, 0.1, -0.1)],
    "tree_pool": [{"leaves": np.full((2, 1, 3), leaf), "gate": np.full((1, 3), 0.1)} for leaf in (0.0, 0.1, -0.1)],
    "weighted_max_pool": [{"weight": np.array([[1, weight, 0.5]])} for weight in (0, 1, 0.4, -0.1)],
    "ordinal_pool": [{"weight": np.array(weight)} for weight in ([1.0, 0, 0], [0, 0, 1.0], [0.5, 0.2, 0.3], [0.5, 0.5, 0])],
    "detail_preserving_pool": [
        {"log_lambda": power, "log_alpha": floor, "symmetric": symmetric, "normalize": normalize}
        for power, floor in itertools.product((0, -INF, INF), repeat=2)
        for symmetric, normalize in itertools.product((True, False), ("mean", "sum", "none"))
    ],
    "stochastic_pool": [{"training": False}, {"rng": 0}],
    "max_pool_dropout": [{"training": False}, {"rng": 0}, {"rate": 0.0}],
    "rank_pool": [{}, {"mode": "weighted"}, {"mode": "stochastic", "rng": 0}, {"top": 1}],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", METHODS)
def test_kernels_are_the_reference(name, dtype):
    options = {"kernel_size": (1, 3)} if METHODS[name].window else {}
    for window, arguments in itertools.product(WINDOWS, ARGUMENTS[name]):
        x = np.array(window, dtype).reshape(1, 1, 1, 3)
        found = []
        with np.errstate(all="ignore"):
            for module in (cpool.vjp, cpool.reference.vjp):
                y, pullback = called(module, name, 2, x, arguments, options)
                gradients = pullback(np.full(y.shape, 0.75))
                found.append([y, *(gradients if isinstance(gradients, tuple) else (gradients,))])
        for one, other in zip(*found, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6, err_msg=f"{window} {arguments}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [INF, -INF, 1e300, -1e300])
@pytest.mark.parametrize(("name", "key"), [("gem_pool", "p"), ("lse_pool", "r"), ("soft_pool", "beta")])
def test_infinite_parameters_are_max_and_min(name, key, value, dtype):
    """With a gradient that equal winners share, and none of the parameter."""
    x = np.arange(1, 17, dtype=dtype).reshape(1, 4, 4) / 4
    x[0, 1, 1] = x[0, 0, 0] = x[0, 0, 1] = 7
    other = cpool.max_pool2d if value > 0 else cpool.min_pool2d
    options = {} if name == "gem_pool" else {key: value}
    arguments = (value, 2) if name == "gem_pool" else (2,)
    for module in (cpool, cpool.reference):
        y, pullback = getattr(module.vjp, f"{name}2d")(x, *arguments, **options)
        np.testing.assert_allclose(y, other(x, 2), rtol=1e-15)
        grad_x, grad = pullback(np.ones_like(y))
        cells = x.reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(4, 4)
        winners = cells == other(x, 2).reshape(4, 1)
        shares = (winners / winners.sum(axis=1, keepdims=True)).reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(1, 4, 4)
        np.testing.assert_allclose(grad_x, shares, rtol=1e-6)
        assert grad == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("p", [INF, -INF])
def test_infinite_power_of_a_large_input(p):
    x = np.random.default_rng(0).uniform(0.5, 2, (2, 3, 40, 50))
    y, pullback = cpool.vjp.gem_pool2d(x, p)
    np.testing.assert_array_equal(y, x.max(axis=(2, 3), keepdims=True) if p > 0 else x.min(axis=(2, 3), keepdims=True))
    grad_x, grad_p = pullback(np.ones_like(y))
    np.testing.assert_allclose(grad_x, x == y, rtol=1e-12)
    assert grad_p == pytest.approx(0, abs=1e-20)


def test_layer_of_an_infinite_alpha():
    layer = cpool.GeMPool2d(2, alpha=-INF)
    x = np.random.default_rng(0).uniform(0.5, 2, (2, 3, 4, 4))
    np.testing.assert_array_equal(layer(x), cpool.max_pool2d(x, 2))
    assert np.isfinite(layer.backward(np.ones((2, 3, 2, 2)))).all()
    assert layer.grads["alpha"] == pytest.approx(0, abs=1e-20)
