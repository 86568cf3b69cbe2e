"""GeM: limits and special cases of the power, the whole input, what its arguments may be, and the layers."""

import numpy as np
import pytest

import cpool

MODULES = [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp]


def positive(seed=0, shape=(2, 3, 7, 6), dtype=np.float64):
    return np.random.default_rng(seed).uniform(0.1, 3, shape).astype(dtype)


# ------------------------------------------------------------------------------------------ special cases
def test_power_1_is_the_average():
    x = positive()
    y, pullback = cpool.vjp.gem_pool2d(x, 1.0, 3, 2)
    np.testing.assert_allclose(y, cpool.avg_pool2d(x, 3, 2), rtol=1e-12)
    np.testing.assert_allclose(pullback(y)[0], cpool.vjp.avg_pool2d(x, 3, 2)[1](y), rtol=1e-12)


@pytest.mark.parametrize("p", [0.5, 2, 3.0, 7.5])
def test_positive_powers_are_the_normalized_norm(p):
    x = positive()
    y, pullback = cpool.vjp.gem_pool2d(x, p, 3, 2, 1)
    expected, other = cpool.vjp.lp_pool2d(x, p, 3, 2, 1, normalized=True)
    np.testing.assert_allclose(y, expected, rtol=1e-12)
    np.testing.assert_allclose(pullback(y)[0], other(y), rtol=1e-11)


def test_geometric_and_harmonic_means():
    x = positive()
    np.testing.assert_allclose(cpool.gem_pool2d(x, 0.0, 3, 2), np.exp(cpool.avg_pool2d(np.log(x), 3, 2)), rtol=1e-12)
    np.testing.assert_allclose(cpool.gem_pool2d(x, -1.0, 3, 2), 1 / cpool.avg_pool2d(1 / x, 3, 2), rtol=1e-12)
    y, pullback = cpool.vjp.gem_pool2d(x, 0.0, 3, 2)
    logs = np.log(x)
    variance = cpool.avg_pool2d(logs**2, 3, 2) - cpool.avg_pool2d(logs, 3, 2) ** 2
    np.testing.assert_allclose(pullback(np.ones(y.shape))[1], (y * variance / 2).sum(), rtol=1e-10)


def test_large_powers_are_the_maximum_and_the_minimum():
    x = positive()
    np.testing.assert_allclose(cpool.gem_pool2d(x, 1e6, 3, 2), cpool.max_pool2d(x, 3, 2), rtol=1e-5)
    np.testing.assert_allclose(cpool.gem_pool2d(x, -1e6, 3, 2), cpool.min_pool2d(x, 3, 2), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_powers_near_0_are_smooth(dtype):
    x = positive(dtype=dtype)
    error = 3e-5 if dtype is np.float32 else 1e-9
    for p in (*np.geomspace(1e-6, 10, 40), *-np.geomspace(1e-6, 10, 40)):
        y, pullback = cpool.vjp.gem_pool2d(x, p, 3, 2)
        expected, other = cpool.reference.vjp.gem_pool2d(x.astype(float), p, 3, 2)
        np.testing.assert_allclose(y, expected, rtol=error)
        for one, two in zip(pullback(np.ones(y.shape)), other(np.ones(y.shape)), strict=True):
            np.testing.assert_allclose(one, two, rtol=error, atol=error)


def test_small_powers_of_far_cells():
    """Where p is small but its product with the logarithms is not."""
    x = np.array([[1e-6, 1e30, 1.0, 1e12]])
    for p in (1e-4, -1e-4, 5e-3, 0.0):
        y, pullback = cpool.vjp.gem_pool1d(x.astype(np.float32), p, 4)
        expected, other = cpool.reference.vjp.gem_pool1d(x, p, 4)
        np.testing.assert_allclose(y, expected, rtol=1e-4)
        np.testing.assert_allclose(pullback([[1.0]])[1], other([[1.0]])[1], rtol=1e-3)


# ------------------------------------------------------------------------------------------ small and large cells
@pytest.mark.parametrize("p", [-3.0, -0.01, 0.0, 0.01, 1.0, 3.0, 9.0, 100.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_dead_map_is_eps_without_a_gradient(p, dtype):
    x = -positive(dtype=dtype)
    y, pullback = cpool.vjp.gem_pool2d(x, p, 3, 2)
    np.testing.assert_array_equal(y, dtype(1e-6))
    grad_x, grad_p = pullback(np.ones(y.shape))
    np.testing.assert_array_equal(grad_x, 0)
    assert grad_p == 0


@pytest.mark.parametrize("p", [-100.0, -3.0, -0.01, 0.0, 0.01, 0.5, 1.0, 3.0, 9.0, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1.0, 1e30])
@pytest.mark.parametrize("sign", [1, -1, 0])
def test_scaled_maps_give_no_nan(p, scale, sign):
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 6)).astype(np.float32)
    x = np.float32(scale) * (x if sign == 0 else sign * abs(x))
    y, pullback = cpool.vjp.gem_pool2d(x, p, 3, 2, 1)
    assert np.isfinite(y).all()
    assert (y >= np.float32(1e-6) * (1 - 1e-5)).all()
    grad_x, grad_p = pullback(np.ones(y.shape))
    assert not np.isnan(grad_x).any()
    assert np.isfinite(grad_p)


def test_a_cell_equal_to_eps_has_a_gradient():
    x = np.array([[0.5, 0.25, 0.4999, 2.0]])
    _, pullback = cpool.vjp.gem_pool1d(x, 1.0, 4, eps=0.5)
    np.testing.assert_allclose(pullback([[4.0]])[0], [[1, 0, 0, 1]], rtol=1e-12)


def test_nan_is_of_its_windows_alone():
    x = positive()
    expected = cpool.gem_pool2d(x, 3.0, 2)
    x[0, 1, 2, 3] = np.nan
    y = cpool.gem_pool2d(x, 3.0, 2)
    assert np.isnan(y[0, 1, 1, 1])
    y[0, 1, 1, 1] = expected[0, 1, 1, 1]
    np.testing.assert_array_equal(y, expected)


# ------------------------------------------------------------------------------------------ the whole input
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("last", [True, False])
def test_without_a_kernel_size_the_window_is_the_input(rank, batched, last):
    shape = (2, 3, 7, 6, 4)[: rank + 2]
    x, p = positive(shape=shape)[() if batched else 0], np.array([1.0, 3.0, -2.0])
    options = {}
    if last:
        x, options = np.moveaxis(x, -rank - 1, -1), {"data_format": "channels_last"}
    gem, other = getattr(cpool.vjp, f"gem_pool{rank}d"), getattr(cpool.reference.vjp, f"gem_pool{rank}d")
    y, pullback = gem(x, p, **options)
    spatial = tuple(range(-rank - 1, -1)) if last else tuple(range(-rank, 0))
    assert y.shape == x.mean(axis=spatial, keepdims=True).shape
    for expected, of in (gem(x, p, shape[2:], **options), other(x, p, **options)):
        np.testing.assert_allclose(y, expected, rtol=1e-12)
        for one, two in zip(pullback(y), of(y), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-12)
    layer = getattr(cpool, f"GeMPool{rank}d")(**options)
    assert layer.output_shape(x.shape) == y.shape
    np.testing.assert_allclose(layer(x), gem(x, 3.0, **options)[0])


@pytest.mark.parametrize(
    "option", [{"stride": 1}, {"padding": 1}, {"padding": "same"}, {"padding": ((0, 0), (0, 1))}, {"dilation": 2}]
)
def test_the_whole_input_has_no_steps_and_no_border(option):
    for module in MODULES:
        with pytest.raises(ValueError, match="kernel_size=None"):
            module.gem_pool2d(positive(), 3.0, **option)
    with pytest.raises(ValueError, match="kernel_size=None"):
        cpool.GeMPool2d(**option)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("error", "text", "p", "options"),
    [
        (ValueError, "p: shape", np.ones(2), {}),
        (ValueError, "p: shape", np.ones((3, 1)), {}),
        (TypeError, "p: ", True, {}),
        (TypeError, "p: ", "3", {}),
        (ValueError, "eps", 3.0, {"eps": 0}),
        (ValueError, "eps", 3.0, {"eps": -1e-6}),
        (TypeError, "eps", 3.0, {"eps": "1"}),
        (TypeError, "ceil_mode", 3.0, {"ceil_mode": 1}),
        (TypeError, "dilation", 3.0, {"dilation": 1.0}),
        (ValueError, "padding", 3.0, {"padding": "full"}),
        (ValueError, "data_format", 3.0, {"data_format": "NCHW"}),
    ],
)
def test_errors(module, error, text, p, options):
    with pytest.raises(error, match=text):
        module.gem_pool2d(positive(), p, **options)


# ------------------------------------------------------------------------------------------ layers
@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.parametrize("kernel", [None, 2])
@pytest.mark.parametrize("alpha", [None, -3.0])
def test_layers_learn(channels, kernel, alpha):
    x = positive(shape=(4, 3, 8, 8))
    target = cpool.gem_pool2d(x, 6.0, kernel)
    model = cpool.GeMPool2d(kernel, p=2.0, alpha=alpha, num_channels=channels)
    key = "p" if alpha is None else "alpha"
    assert list(model.params) == list(model.grads) == [key]
    assert model.params[key].shape == (() if channels is None else (3,))
    losses = []
    for _ in range(40):
        y = model(x)
        losses.append(((y - target) ** 2).mean())
        model.backward(2 * (y - target) / y.size)
        model.params[key] -= 20 * model.grads[key]
        model.zero_grad()
    assert losses[-1] < 0.5 * losses[0]
    assert ((model.params[key] > 2.5) if alpha is None else (model.params[key] < -4)).all()
    other = cpool.GeMPool2d(kernel, alpha=alpha, num_channels=channels).eval()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other(x), model(x))


def test_alpha_is_another_name_of_the_power():
    x = positive()
    by_alpha, by_p = cpool.GeMPool2d(2, alpha=-5.0), cpool.GeMPool2d(2)
    y = by_p(x)
    np.testing.assert_array_equal(by_alpha(x), y)
    np.testing.assert_array_equal(by_alpha.backward(y), by_p.backward(y))
    np.testing.assert_allclose(by_alpha.grads["alpha"], -by_p.grads["p"] / 2)
    for alpha, expected in ((-1.0, cpool.avg_pool2d(x, 2)), (3.0, 1 / cpool.avg_pool2d(1 / x, 2))):
        np.testing.assert_allclose(cpool.GeMPool2d(2, alpha=alpha)(x), expected, rtol=1e-12)
    assert repr(by_alpha) == "GeMPool2d(kernel_size=2, alpha=-5.0)"


@pytest.mark.parametrize(
    ("error", "text", "options"),
    [
        (ValueError, "p: shape", {"p": [1.0, 2.0]}),
        (TypeError, "alpha", {"alpha": "1"}),
        (ValueError, "num_channels", {"num_channels": 0}),
        (ValueError, "eps", {"eps": 0}),
        (ValueError, "kernel_size", {"kernel_size": 0}),
    ],
)
def test_layer_checks(error, text, options):
    with pytest.raises(error, match=text):
        cpool.GeMPool2d(**options)
