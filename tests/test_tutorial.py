"""The tutorial's interface, and the faults of the arithmetic that it came with."""

import pickle

import numpy as np
import pytest

import cpool

TYPES = {"max": "max", "min": "min", "aveg": "avg", "avg": "avg", "sum": "sum"}
LAYERS = {
    "lp": cpool.LPPool2d, "median": cpool.MedianPool2d, "stochastic": cpool.StochasticPool2d, "max_dropout": cpool.MaxPoolDropout2d,
    "rank": cpool.RankPool2d, "mixed": cpool.MixedPool2d, "gated": cpool.GatedPool2d, "tree": cpool.TreePool2d,
    "weighted_max": cpool.WeightedMaxPool2d, "ordinal": cpool.OrdinalPool2d, "gem": cpool.GeMPool2d, "lse": cpool.LSEPool2d,
    "soft": cpool.SoftPool2d, "detail_preserving": cpool.DetailPreservingPool2d, "blur": cpool.BlurPool2d,
    "s3": lambda ksize, stride: cpool.S3Pool2d(ksize, stride, stride),
    "max_blur": lambda ksize, stride: cpool.MaxBlurPool2d(ksize, 4, stride),
}  # fmt: skip


@pytest.mark.parametrize("type_", LAYERS)
def test_is_the_layer(type_):
    """In eval mode, in which nothing is drawn, with the same parameters; trained, it moves the layer's own."""
    x = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 7, 8))
    pool = cpool.Pooling("pool", 3, 2, type_)
    layer = LAYERS[type_](2, 3, 2) if type_ == "lp" else LAYERS[type_](3, 2)
    layer.load_state_dict(pool.state_dict())
    np.testing.assert_array_equal(pool.eval().forward(x), layer.eval().forward(x), strict=True)
    y = pool.train().forward(x)
    assert pool.backward(np.ones_like(y)).shape == x.shape
    assert all(pool.grads[key].any() for key in pool.params)
    pool.zero_grad()
    assert not any(pool.grads[key].any() for key in pool.params)
    again = pickle.loads(pickle.dumps(pool))
    assert again.params.keys() == pool.params.keys()
    np.testing.assert_array_equal(again.eval().forward(x), pool.eval().forward(x))


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(("ksize", "stride"), [(2, 2), (3, 1), (3, 2), (2, 3), ((2, 3), (1, 2))])
def test_is_the_function(type_, ksize, stride):
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 8))
    pool = cpool.Pooling("pool", ksize, stride, type_)
    expected, pullback = getattr(cpool.vjp, f"{TYPES[type_]}_pool2d")(x, ksize, stride)
    y = pool.forward(x)
    np.testing.assert_array_equal(y, expected, strict=True)
    assert pool.output_shape(x.shape) == y.shape
    g = np.random.default_rng(1).standard_normal(y.shape)
    np.testing.assert_array_equal(pool.backward(g), pullback(g), strict=True)


def test_worked_example():
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    y = cpool.Pooling("pool", 3, 1, "max").forward(x)
    np.testing.assert_array_equal(y[0, 0], [[12, 13, 14], [17, 18, 19], [22, 23, 24]])
    y = cpool.Pooling("pool", 3, 1, "aveg").forward(x)
    np.testing.assert_array_equal(y[0, 0], [[6, 7, 8], [11, 12, 13], [16, 17, 18]])


def test_border_windows_are_not_cut():
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    assert cpool.Pooling("pool", 3, 1, "aveg").forward(x).shape == (1, 1, 3, 3)  # not 5 // 1


def test_a_cell_that_wins_two_windows_gets_both_gradients():
    pool = cpool.Pooling("pool", 2, 1, "max")
    pool.forward(np.array([[[[0.0, 9.0, 0.0], [0.0, 0.0, 0.0]]]]))
    np.testing.assert_array_equal(pool.backward(np.array([[[[1.0, 10.0]]]])), [[[[0, 11, 0], [0, 0, 0]]]])


def test_sizes_that_the_stride_does_not_divide():
    pool = cpool.Pooling("pool", 2, 2, "aveg")
    assert pool.forward(np.ones((1, 1, 5, 5))).shape == (1, 1, 2, 2)
    grad = pool.backward(np.ones((1, 1, 2, 2)))
    np.testing.assert_array_equal(grad[0, 0, :4, :4], 0.25)
    assert grad.sum() == 4  # the last row and column belong to no window


def test_gaps_between_windows():
    pool = cpool.Pooling("pool", 1, 2, "sum")
    pool.forward(np.ones((1, 1, 3, 3)))
    np.testing.assert_array_equal(pool.backward(np.full((1, 1, 2, 2), 3.0))[0, 0], [[3, 0, 3], [0, 0, 0], [3, 0, 3]])


def test_is_a_layer():
    pool = cpool.Pooling("pool1", 2, 2, "max")
    assert isinstance(pool, cpool.Layers)
    assert isinstance(pool, cpool.Layer)
    assert pool.name == "pool1"
    assert repr(pool) == "Pooling('pool1', 2, 2, 'max')"
    assert repr(eval(repr(pool), vars(cpool))) == repr(pool)
    assert repr(cpool.Layers("first")) == "Layers('first')"
    x = np.ones((1, 1, 4, 4))
    pool(x)
    with pytest.raises(RuntimeError, match="forward of its own"):
        pickle.loads(pickle.dumps(pool)).backward(x[..., ::2, ::2])
    pool.eval()(x)
    with pytest.raises(RuntimeError, match="eval mode"):
        pool.backward(x[..., ::2, ::2])


def test_arguments_by_name():
    pool = cpool.Pooling(name="pool", ksize=2, stride=1, type="sum")
    assert (pool.name, pool.ksize, pool.stride, pool.type) == ("pool", 2, 1, "sum")


@pytest.mark.parametrize(
    ("error", "name", "arguments"),
    [
        (ValueError, "type", ("pool", 2, 2, "mean")),
        (TypeError, "type", ("pool", 2, 2, None)),
        (ValueError, "ksize", ("pool", 0, 2, "max")),
        (TypeError, "ksize", ("pool", 2.0, 2, "max")),
        (ValueError, "stride", ("pool", 2, (1, 2, 3), "max")),
        (TypeError, "stride", ("pool", 2, None, "max")),
        (TypeError, "name", (7, 2, 2, "max")),
    ],
)
def test_constructor_checks(error, name, arguments):
    with pytest.raises(error, match=name):
        cpool.Pooling(*arguments)
