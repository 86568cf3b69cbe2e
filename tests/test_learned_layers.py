"""What all layers with parameters share: the parameters may be numbers in place of arrays, and of any float dtype."""

import pickle

import ml_dtypes
import numpy as np
import pytest
from learned_cases import METHODS, called

import cpool

LAYERS = {
    "MixedPool2d": {"kernel_size": 2}, "GatedPool2d": {"kernel_size": 2}, "TreePool2d": {"kernel_size": 2},
    "WeightedMaxPool2d": {"kernel_size": 2}, "OrdinalPool2d": {"kernel_size": 2}, "GeMPool2d": {"kernel_size": 2},
    "LSEPool2d": {"kernel_size": 2}, "SoftPool2d": {"kernel_size": 2},
    "DetailPreservingPool2d": {"kernel_size": 2, "lite": False, "num_channels": 3}, "AttentionPool": {"num_channels": 3},
    "GeneralizedMaxPool": {},
}  # fmt: skip


def layer_of(name, **more):
    return getattr(cpool, name)(**LAYERS[name], **more)


def test_these_are_all():
    found = set()
    for name in dir(cpool):
        kind = getattr(cpool, name)
        if isinstance(kind, type) and issubclass(kind, cpool.Layer) and not name.endswith(("1d", "3d")):
            for arguments in ({}, {"kernel_size": 2}, {"num_channels": 3}):
                try:
                    layer = kind(**arguments)
                except (TypeError, ValueError):
                    continue
                if layer.params:
                    found.add(name)
    assert found == set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_parameters_may_be_put_in_anew(name):
    """As by ``params[key] = params[key] - step``, which makes a number of an array without axes."""
    x = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 4, 4))
    layer, start = layer_of(name), layer_of(name).state_dict()
    for _ in range(2):
        y = layer(x)
        layer.backward(np.ones_like(y))
        for key in layer.params:
            layer.params[key] = layer.params[key] - 0.01 * layer.grads[key]
            layer.grads[key] = layer.grads[key] * 1.0
        getattr(layer, "project", layer.train)()
        layer.zero_grad()
        assert all(not np.any(grad) for grad in layer.grads.values())
        assert all(isinstance(value, np.ndarray) for value in layer.state_dict().values())
    for key in layer.params:
        layer.params[key] = layer.params[key] * 1.0
    again = layer_of(name)
    again.load_state_dict(pickle.loads(pickle.dumps(layer)).state_dict())
    np.testing.assert_array_equal(again(x), layer(x))
    layer.load_state_dict(start)
    for key, value in start.items():
        np.testing.assert_array_equal(layer.params[key], value, strict=True)


def test_project_of_a_number():
    layer = cpool.MixedPool2d(2)
    layer.params["alpha"] = layer.params["alpha"] + 3
    layer.project()
    assert layer.params["alpha"] == 1
    layer = cpool.DetailPreservingPool2d(2)
    layer.params["log_alpha"] = layer.params["log_alpha"] + 30
    layer.project()
    assert layer.params["log_alpha"] == 10


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.int64])
@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.smooth])
def test_gradients_have_the_dtypes_of_the_parameters(name, dtype):
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 1, (2, 3, 6, 7)).astype(np.float32)
    options = {"stride": 2} | ({"kernel_size": 3} if METHODS[name].window else {})
    arguments = METHODS[name].draw(rng, 3, (3, 3), x)
    smooth = METHODS[name].smooth
    arguments |= {key: np.ones(np.shape(arguments[key]), dtype) for key in smooth}
    for module in (cpool.vjp, cpool.reference.vjp):
        y, pullback = called(module, name, 2, x, arguments, options)
        for key, gradient in zip(smooth, pullback(y)[1:], strict=True):
            assert gradient.dtype == (np.float64 if dtype is np.int64 else dtype)
            assert gradient.shape == arguments[key].shape


def test_gradients_of_global_poolings_have_the_dtypes_of_the_parameters():
    x = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 4, 4))
    for pooled, parameter in ((cpool.vjp.attention_pool, np.ones(3)), (cpool.vjp.generalized_max_pool, np.ones(()))):
        y, pullback = pooled(x, parameter.astype(ml_dtypes.bfloat16))
        assert pullback(y)[1].dtype == ml_dtypes.bfloat16
