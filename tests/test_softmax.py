"""Poolings by exponential weights: limits, special cases, what the parameters may be, and the layers."""

import numpy as np
import pytest

import cpool

MODULES = [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp]


def maps(seed=0, shape=(2, 3, 7, 6), dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------------------------------ SoftPool
def test_soft_pool_without_beta_is_the_average():
    x = maps()
    y, pullback = cpool.vjp.soft_pool2d(x, 3, 2, beta=0.0)
    np.testing.assert_allclose(y, cpool.avg_pool2d(x, 3, 2), rtol=1e-12)
    np.testing.assert_allclose(pullback(y)[0], cpool.vjp.avg_pool2d(x, 3, 2)[1](y), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_soft_pool_of_large_beta_is_the_maximum_bit_for_bit(dtype):
    x = np.random.default_rng(0).permutation(252).reshape(2, 3, 7, 6).astype(dtype)
    np.testing.assert_array_equal(cpool.soft_pool2d(x, 3, 2, beta=1e4), cpool.max_pool2d(x, 3, 2))
    np.testing.assert_array_equal(cpool.soft_pool2d(x, 3, 2, beta=-1e4), cpool.min_pool2d(x, 3, 2))
    y, pullback = cpool.vjp.soft_pool2d(x, 3, 2, beta=1e4)
    np.testing.assert_array_equal(pullback(y)[0], cpool.vjp.max_pool2d(x, 3, 2)[1](y))


def test_soft_pool_with_weights_taken_for_constants():
    x, beta = maps(), np.array([0.5, 1.0, -2.0])
    y, pullback = cpool.vjp.soft_pool2d(x, 2, beta=beta, detach_weights=True)
    whole, other = cpool.vjp.soft_pool2d(x, 2, beta=beta)
    np.testing.assert_array_equal(y, whole)
    np.testing.assert_array_equal(pullback(y)[1], other(y)[1])
    logits = beta[:, None, None] * x
    np.testing.assert_allclose(pullback(y)[0], cpool.vjp.softmax_pool2d(x, logits, 2)[1](y)[0], rtol=1e-12)


# ------------------------------------------------------------------------------------------ log-sum-exp
@pytest.mark.parametrize("r", [5.0, 0.3, -0.7, -20.0, 1e-3, -1e-5, 1e-9])
def test_lse_pool_is_its_formula(r):
    x = maps()
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3)).reshape(2, 3, 5, 4, 9).astype(np.longdouble)
    z = r * windows
    top = z.max(axis=-1)
    expected = (top + np.log(np.exp(z - top[..., None]).mean(axis=-1))) / r
    np.testing.assert_allclose(cpool.lse_pool2d(x, 3, 1, r=r), expected.astype(float), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lse_pool_without_r_is_the_average(dtype):
    x = maps(dtype=dtype)
    error = 1e-6 if dtype is np.float32 else 1e-14
    y, pullback = cpool.vjp.lse_pool2d(x, 3, 2, r=0.0)
    np.testing.assert_allclose(y, cpool.avg_pool2d(x, 3, 2), rtol=error, atol=error)
    grad_x, grad_r = pullback(y)
    np.testing.assert_allclose(grad_x, cpool.vjp.avg_pool2d(x, 3, 2)[1](y), rtol=error, atol=error)
    variance = cpool.avg_pool2d(x * x, 3, 2) - cpool.avg_pool2d(x, 3, 2) ** 2
    np.testing.assert_allclose(grad_r, (y * variance / 2).sum(), rtol=1e-4)


def test_lse_pool_of_large_r_is_the_maximum():
    x = maps()
    np.testing.assert_allclose(cpool.lse_pool2d(x, 3, 2, r=1e9), cpool.max_pool2d(x, 3, 2), atol=1e-8)
    np.testing.assert_allclose(cpool.lse_pool2d(x, 3, 2, r=-1e9), cpool.min_pool2d(x, 3, 2), atol=1e-8)
    np.testing.assert_array_equal(cpool.lse_pool2d(x, 3, 2, r=np.inf), cpool.max_pool2d(x, 3, 2))
    np.testing.assert_array_equal(cpool.lse_pool2d(x, 3, 2, r=-np.inf), cpool.min_pool2d(x, 3, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lse_pool_is_smooth_where_its_series_begins(dtype):
    """Against the reference at factors on both sides."""
    x = maps(dtype=dtype)
    error = 2e-5 if dtype is np.float32 else 1e-9
    for r in np.geomspace(1e-6, 10, 60):
        y, pullback = cpool.vjp.lse_pool2d(x, 3, 2, r=r)
        expected, other = cpool.reference.vjp.lse_pool2d(x.astype(float), 3, 2, r=r)
        np.testing.assert_allclose(y, expected, rtol=error, atol=error)
        for one, two in zip(pullback(np.ones(y.shape)), other(np.ones(y.shape)), strict=True):
            np.testing.assert_allclose(one, two, rtol=error, atol=error)


def test_lse_pool_of_infinite_cells():
    x = np.array([[1.0, -np.inf, np.inf, 2.0, -np.inf, -np.inf, np.nan, 1.0]])
    np.testing.assert_allclose(cpool.lse_pool1d(x, 2), [[1 - np.log(2), np.inf, -np.inf, np.nan]])


# ------------------------------------------------------------------------------------------ local importance
def test_softmax_pool_special_cases():
    x = maps()
    np.testing.assert_allclose(cpool.softmax_pool2d(x, np.full(x.shape, 6.0), 3, 2), cpool.avg_pool2d(x, 3, 2), rtol=1e-12)
    np.testing.assert_allclose(cpool.softmax_pool2d(x, 0.7 * x, 3, 2), cpool.soft_pool2d(x, 3, 2, beta=0.7), rtol=1e-12)
    ranks = np.random.default_rng(0).permutation(252).reshape(2, 3, 7, 6).astype(float)
    np.testing.assert_array_equal(cpool.softmax_pool2d(ranks, 1e4 * ranks, 3, 2), cpool.max_pool2d(ranks, 3, 2))


def test_softmax_pool_of_very_negative_logits():
    """Those of the authors' code give 0 / 0."""
    x, logits = maps(dtype=np.float32), np.full((2, 3, 7, 6), -500, np.float32)
    y, pullback = cpool.vjp.softmax_pool2d(x, logits, 3, 2, 1)
    np.testing.assert_allclose(y, cpool.avg_pool2d(x, 3, 2, 1, count_include_pad=False), rtol=1e-5, atol=1e-6)
    assert all(np.isfinite(gradient).all() for gradient in pullback(y))


def test_logits_of_minus_infinity_leave_cells_out():
    x, logits = np.array([[1.0, 2.0, 3.0, 5.0]]), np.array([[0.0, -np.inf, -np.inf, -np.inf]])
    y, pullback = cpool.vjp.softmax_pool1d(x, logits, 2)
    np.testing.assert_array_equal(y, [[1, 4]])  # none is left: all are alike
    grad_x, grad_logits = pullback([[1.0, 1.0]])
    np.testing.assert_array_equal(grad_x, [[1, 0, 0.5, 0.5]])
    np.testing.assert_array_equal(grad_logits, [[0, 0, -0.5, 0.5]])


def test_softmax_pool_padding_has_no_logit():
    """Zero padding of both cancels in the authors' quotient of two averages."""
    x, logits = maps(), maps(1)
    weights = np.exp(logits)
    expected = cpool.avg_pool2d(weights * x, 3, 2, 1) / cpool.avg_pool2d(weights, 3, 2, 1)
    np.testing.assert_allclose(cpool.softmax_pool2d(x, logits, 3, 2, 1), expected, rtol=1e-12)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_channel_of_logits_is_that_of_all(last, batched, rank, dtype):
    shape = (2, 3, 7, 6, 4)[: rank + 2]
    x, logits = maps(shape=shape, dtype=dtype), maps(1, (2, 1, *shape[2:]), dtype)
    x, logits = (x, logits) if batched else (x[0], logits[0])
    axis, options = (-1 if last else int(batched)), {}
    if last:
        x, logits = np.moveaxis(x, int(batched), -1), np.moveaxis(logits, int(batched), -1)
        options = {"data_format": "channels_last"}
    error = 1e-5 if dtype is np.float32 else 1e-12
    for x_as_given in (x, np.ascontiguousarray(x)):
        y, pullback = getattr(cpool.vjp, f"softmax_pool{rank}d")(x_as_given, logits, 3, 2, 1, **options)
        full, other = getattr(cpool.vjp, f"softmax_pool{rank}d")(x, np.broadcast_to(logits, x.shape), 3, 2, 1, **options)
        np.testing.assert_array_equal(y, full)
        grad_x, grad_logits = pullback(y)
        full_x, full_logits = other(y)
        np.testing.assert_array_equal(grad_x, full_x)
        assert grad_logits.shape == logits.shape
        assert grad_logits.dtype == dtype
        np.testing.assert_allclose(grad_logits, full_logits.sum(axis=axis, keepdims=True), rtol=error, atol=error)
        reference = getattr(cpool.reference.vjp, f"softmax_pool{rank}d")(x, logits, 3, 2, 1, **options)
        np.testing.assert_allclose(y, reference[0], rtol=error, atol=error)
        for one, two in zip((grad_x, grad_logits), reference[1](y), strict=True):
            assert one.shape == two.shape
            assert one.dtype == two.dtype
            np.testing.assert_allclose(one, two, rtol=error, atol=error)


def test_dtypes_of_logits():
    x = maps(dtype=np.float32)
    for logits, expected in ((maps(1), np.float64), (maps(1).astype(np.float16), np.float16), (np.ones(x.shape, int), np.float64)):
        y, pullback = cpool.vjp.softmax_pool2d(x, logits, 2)
        assert y.dtype == np.float32
        grad_x, grad_logits = pullback(y)
        assert (grad_x.dtype, grad_logits.dtype) == (np.float32, expected)
    y, pullback = cpool.vjp.softmax_pool2d(np.arange(16).reshape(1, 4, 4), np.zeros((1, 4, 4), np.float32), 2)
    assert y.dtype == np.float64
    assert [gradient.dtype for gradient in pullback(y)] == [np.float64, np.float32]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_pullback_owns_its_logits(dtype):
    x, logits = maps(dtype=dtype), maps(1, dtype=dtype)
    y, pullback = cpool.vjp.softmax_pool2d(x, logits, 2)
    before = [gradient.copy() for gradient in pullback(y)]
    x[...], logits[...] = 0, 0
    for one, other in zip(pullback(y), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("module", MODULES)
def test_out_is_apart_from_both_inputs(module):
    x, logits = maps(shape=(1, 2, 4, 4)), maps(1, (1, 1, 4, 4))
    with pytest.raises(ValueError, match="out: it shares memory"):
        module.softmax_pool2d(x, logits, 3, 1, 1, out=x)
    with pytest.raises(ValueError, match="out: it shares memory"):
        module.softmax_pool2d(x[:, :1], logits, 3, 1, 1, out=logits)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("error", "logits"),
    [
        (ValueError, np.ones((2, 3, 7))),
        (ValueError, np.ones((1, 3, 7, 6))),
        (ValueError, np.ones((2, 2, 7, 6))),
        (ValueError, np.ones((3, 7, 6))),
        (ValueError, 1.0),
        (TypeError, np.ones((2, 3, 7, 6), bool)),
        (TypeError, "logits"),
        (TypeError, None),
    ],
)
def test_wrong_logits(module, error, logits):
    with pytest.raises(error, match="logits"):
        module.softmax_pool2d(maps(), logits, 2)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("error", "r"), [(ValueError, np.ones(2)), (ValueError, np.ones((3, 1))), (TypeError, True), (TypeError, "1")]
)
@pytest.mark.parametrize(("name", "key"), [("soft_pool2d", "beta"), ("lse_pool2d", "r")])
def test_wrong_parameters(module, error, r, name, key):
    with pytest.raises(error, match=key):
        getattr(module, name)(maps(), 2, **{key: r})


# ------------------------------------------------------------------------------------------ numbers
@pytest.mark.parametrize("scale", [1e30, 1e-30, 0.0])
@pytest.mark.parametrize("r", [1.0, -1.0, 0.0, 1e-31, 1e4])
def test_scaled_maps_give_no_nan(scale, r):
    for x in (maps(dtype=np.float32), -abs(maps(dtype=np.float32))):
        x = x * np.float32(scale)
        with np.errstate(all="raise"):
            y, pullback = cpool.vjp.lse_pool2d(x, 3, 2, 1, r=r)
            assert np.isfinite(y).all()
            low, high = cpool.min_pool2d(x, 3, 2, 1), cpool.max_pool2d(x, 3, 2, 1)
            assert (y >= low - 1e-5 * abs(low)).all()
            assert (y <= high + 1e-5 * abs(high)).all()
            grad_x, grad_r = pullback(np.ones(y.shape))
            assert np.isfinite(grad_x).all()
            assert not np.isnan(grad_r)
            y, pullback = cpool.vjp.softmax_pool2d(x, maps(1, dtype=np.float32) * np.float32(scale), 3, 2, 1)
            assert all(np.isfinite(gradient).all() for gradient in (y, *pullback(np.ones(y.shape))))


def test_a_window_without_a_cell_is_0():
    x, g = np.ones((1, 2)), np.ones((1, 2))
    options = {"stride": 1, "padding": 2, "dilation": 4}
    for name, extra in (("lse_pool1d", {"r": np.array(2.0)}), ("softmax_pool1d", {"logits": np.ones((1, 2))})):
        y, pullback = getattr(cpool.vjp, name)(x, kernel_size=2, **options, **extra)
        np.testing.assert_array_equal(y, 0)
        for gradient in pullback(g):
            np.testing.assert_array_equal(gradient, 0)


# ------------------------------------------------------------------------------------------ layers
@pytest.mark.parametrize(("layer", "key"), [(cpool.SoftPool2d, "beta"), (cpool.LSEPool2d, "r")])
@pytest.mark.parametrize("channels", [None, 3])
def test_layers_learn(layer, key, channels):
    x = maps(shape=(4, 3, 8, 8))
    target = cpool.max_pool2d(x, 2)
    model = layer(2, num_channels=channels)
    assert model.params[key].shape == (() if channels is None else (3,))
    losses = []
    for _ in range(30):
        y = model(x)
        losses.append(((y - target) ** 2).mean())
        model.backward(2 * (y - target) / y.size)
        model.params[key] -= 20 * model.grads[key]
        model.zero_grad()
    assert losses[-1] < 0.6 * losses[0]
    assert (model.params[key] > 1.2).all()
    other = layer(2, num_channels=channels).eval()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other(x), model(x))
    assert repr(layer(2, num_channels=3, **{key: 2.0})) == f"{layer.__name__}(2, {key}=2.0, num_channels=3)"


def test_layer_of_two_inputs():
    x, logits = maps(), maps(1, (2, 1, 7, 6))
    layer = cpool.SoftmaxPool2d(3, 2, 1)
    expected, pullback = cpool.vjp.softmax_pool2d(x, logits, 3, 2, 1)
    np.testing.assert_array_equal(layer(x, logits), expected)
    assert layer.output_shape(x.shape) == expected.shape
    assert layer.params == {}
    found = layer.backward(expected)
    assert isinstance(found, tuple)
    for one, other in zip(found, pullback(expected), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(layer.eval()(x, logits), expected)
    assert repr(layer) == "SoftmaxPool2d(3, stride=2, padding=1)"


@pytest.mark.parametrize("r", [5e-324, -5e-324, 1e-310, 0.0])
def test_the_least_r_gives_the_mean(r):
    """The reference divided a number of no digits by another."""
    x = np.array([[1.0, 0, 2, -1]])
    for module in (cpool, cpool.reference):
        np.testing.assert_allclose(module.lse_pool1d(x, 4, r=r), [[0.5]], rtol=1e-12)
