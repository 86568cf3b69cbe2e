"""Attention pooling: against its formula, softmax_pool, the reference and differences."""

import numpy as np
import pytest

import cpool


def case(seed=0, shape=(2, 3, 5, 4), dtype=np.float64):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape[1])


def slope(function, value, gradient, y_gradient, seed=1):
    """Of a function along a random direction by central differences, and by the gradient."""
    direction, step = np.random.default_rng(seed).standard_normal(np.shape(value)), 1e-6
    sides = [(function(value + sign * step * direction) * y_gradient).sum() for sign in (1, -1)]
    return (sides[0] - sides[1]) / (2 * step), (gradient * direction).sum()


@pytest.mark.parametrize("spatial", [(7,), (5, 4), (2, 3, 2), (1,), (1, 1, 1)])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_agrees_with_the_reference(spatial, last, dtype):
    x, query = case(shape=(2, 3, *spatial))
    x = (4 * x).astype(dtype)
    options = {}
    if last:
        x, options = np.moveaxis(x, 1, -1), {"data_format": "channels_last"}
    error = {2: 2e-3, 4: 1e-5, 8: 1e-12}[8 if dtype is np.int32 else np.dtype(dtype).itemsize]
    y, pullback = cpool.vjp.attention_pool(x, query, **options)
    expected, other = cpool.reference.vjp.attention_pool(x, query, **options)
    assert y.shape == (2, 3)
    assert y.dtype == (np.float64 if dtype is np.int32 else dtype)
    np.testing.assert_allclose(y, expected, rtol=error, atol=error)
    np.testing.assert_array_equal(y, cpool.attention_pool(x, query, **options))
    grad = np.random.default_rng(2).standard_normal(y.shape)
    for one, two in zip(pullback(grad), other(grad), strict=True):
        assert one.shape == two.shape
        assert one.dtype == two.dtype
        np.testing.assert_allclose(one, two, rtol=20 * error, atol=20 * error)


@pytest.mark.parametrize("last", [False, True])
def test_gradients_are_slopes(last):
    x, query = case()
    options = {"data_format": "channels_last"} if last else {}
    x = np.moveaxis(x, 1, -1) if last else x
    y, pullback = cpool.vjp.attention_pool(x, query, **options)
    grad = np.random.default_rng(2).standard_normal(y.shape)
    grad_x, grad_query = pullback(grad)
    found, wanted = slope(lambda v: cpool.attention_pool(v, query, **options), x, grad_x, grad)
    assert found == pytest.approx(wanted, rel=1e-6)
    found, wanted = slope(lambda v: cpool.attention_pool(x, v, **options), query, grad_query, grad)
    assert found == pytest.approx(wanted, rel=1e-6)


def test_no_query_is_the_average():
    x, _ = case()
    y, pullback = cpool.vjp.attention_pool(x, np.zeros(3))
    np.testing.assert_allclose(y, x.mean(axis=(2, 3)), rtol=1e-13)
    np.testing.assert_allclose(pullback(np.ones((2, 3)))[0], 1 / 20, rtol=1e-13)


def test_is_softmax_pool_with_shared_logits():
    x, query = case()
    logits = np.einsum("c,nchw->nhw", query, x)[:, None]
    np.testing.assert_allclose(cpool.attention_pool(x, query), cpool.softmax_pool2d(x, logits, (5, 4))[:, :, 0, 0], rtol=1e-13)


def test_long_query_picks_one_cell():
    x, query = case()
    scores = np.einsum("c,nct->nt", query, x.reshape(2, 3, 20))
    expected = x.reshape(2, 3, 20)[np.arange(2), :, scores.argmax(axis=1)]
    np.testing.assert_allclose(cpool.attention_pool(x, 1e6 * query), expected, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e30, -1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_maps_are_exact(value, dtype):
    x = np.full((2, 3, 5, 7), value, dtype)
    y, pullback = cpool.vjp.attention_pool(x, [0.3, -0.7, 0.9])
    np.testing.assert_array_equal(y, dtype(value))
    grad_x, grad_query = pullback(np.ones((2, 3)))
    np.testing.assert_allclose(grad_x, 1 / 35, rtol=1e-6)
    np.testing.assert_array_equal(grad_query, 0)


def test_large_cells_give_no_nan():
    x = (np.random.default_rng(0).standard_normal((2, 3, 6, 6)) * 1e30).astype(np.float32)
    y, pullback = cpool.vjp.attention_pool(x, [0.3, -0.7, 0.9])
    assert np.isfinite(y).all()
    assert not any(np.isnan(gradient).any() for gradient in pullback(np.ones((2, 3))))


def test_layouts_views_and_empty_batches():
    x, query = case(dtype=np.float32)
    expected = cpool.attention_pool(x, query)
    view = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    np.testing.assert_allclose(cpool.attention_pool(view, query), expected, rtol=1e-5)
    np.testing.assert_array_equal(cpool.attention_pool(x[::-1], query), expected[::-1])
    assert cpool.attention_pool(x[:0], query).shape == (0, 3)
    y, pullback = cpool.vjp.attention_pool(x[:0], query)
    grad_x, grad_query = pullback(y)
    assert grad_x.shape == (0, 3, 5, 4)
    np.testing.assert_array_equal(grad_query, 0)


def test_out_and_what_the_pullback_owns():
    x, query = case()
    out, grad_out = np.empty((2, 3)), np.empty(x.shape)
    y, pullback = cpool.vjp.attention_pool(x, query, out=out)
    assert y is out
    before = [gradient.copy() for gradient in pullback(np.ones((2, 3)))]
    x[...], query[...], out[...] = 7, 7, 7
    after = pullback(np.ones((2, 3)), out=grad_out)
    assert after[0] is grad_out
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="out: shape"):
        cpool.attention_pool(x, query, out=np.empty((2, 4)))
    with pytest.raises(ValueError, match="out: it shares memory"):
        cpool.attention_pool(x, query, out=x[:, :, 0, 0])


@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp])
@pytest.mark.parametrize(
    ("error", "text", "x", "query"),
    [
        (ValueError, "query: shape", np.ones((1, 3, 4)), np.ones(2)),
        (ValueError, "query: shape", np.ones((1, 3, 4)), 1.0),
        (ValueError, "query: shape", np.ones((1, 3, 4)), np.ones((3, 1))),
        (TypeError, "query", np.ones((1, 3, 4)), [True, False, True]),
        (TypeError, "query", np.ones((1, 3, 4)), "abc"),
        (TypeError, "query", np.ones((1, 3, 4)), None),
        (ValueError, "x: shape", np.ones((3, 4)), np.ones(3)),
        (ValueError, "x: shape", np.ones((1, 3, 0)), np.ones(3)),
    ],
)
def test_errors(module, error, text, x, query):
    with pytest.raises(error, match=text):
        module.attention_pool(x, query)


# ------------------------------------------------------------------------------------------ the layer
def test_layer_learns_its_query():
    x, _ = case()
    layer = cpool.AttentionPool(3)
    assert layer.output_shape(x.shape) == (2, 3)
    np.testing.assert_array_equal(layer.params["query"], np.zeros(3))
    losses = []
    for _ in range(20):
        y = layer(x)
        losses.append(-y[:, 0].sum())
        layer.backward(np.array([[-1.0, 0, 0]] * 2))
        layer.params["query"] -= 0.3 * layer.grads["query"]
        layer.zero_grad()
    assert losses[-1] < losses[0] - 0.5
    other = cpool.AttentionPool(3).eval()
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(other(x), layer(x))
    with pytest.raises(RuntimeError, match="eval"):
        other.backward(np.ones((2, 3)))
    assert repr(cpool.AttentionPool(3, data_format="channels_last")) == "AttentionPool(3, data_format='channels_last')"
    assert cpool.AttentionPool(3, data_format="channels_last").output_shape((5, 6, 7, 3)) == (5, 3)


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3"])
def test_layer_checks_its_channels(value):
    with pytest.raises((TypeError, ValueError), match="num_channels"):
        cpool.AttentionPool(value)
