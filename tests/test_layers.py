"""Layers: what they compute is the functions' business; here it is modes, state, checks and how they print."""

import copy
import pickle

import numpy as np
import pytest

import cpool

KINDS = ("max", "min", "avg", "sum")
LAYERS = [(kind, rank) for kind in KINDS for rank in (1, 2, 3)]


def layer_class(kind, rank):
    return getattr(cpool, f"{kind.capitalize()}Pool{rank}d")


def data(rank, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).integers(-50, 50, (2, 3, 7, 6, 5)[: rank + 2]).astype(dtype)


class Scale(cpool.Layer):
    """A layer with a parameter and two inputs: y = w * (a + b)."""

    def __init__(self, size, *, name=None):
        super().__init__(name)
        self.size = size
        self.params["w"] = np.full(size, 2.0)
        self.grads["w"] = np.zeros(size)

    def _forward(self, a, b):
        return self.params["w"] * (a + b)

    def _vjp(self, a, b):
        w = self.params["w"].copy()
        return w * (a + b), lambda g: (g * w, g * w, g * (a + b))


# ------------------------------------------------------------------------------------------ forward and backward
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize(("kind", "rank"), LAYERS)
def test_layer_is_the_function_with_its_gradient(kind, rank, dtype):
    x = data(rank, dtype)
    options = {"stride": 2, "padding": 1, "ceil_mode": True} | ({"count_include_pad": False} if kind == "avg" else {})
    layer = layer_class(kind, rank)(3, **options)
    expected, pullback = getattr(cpool.vjp, f"{kind}_pool{rank}d")(x, 3, **options)
    y = layer(x)
    np.testing.assert_array_equal(y, expected, strict=True)
    assert y.shape == layer.output_shape(x.shape)
    g = np.random.default_rng(1).standard_normal(y.shape)
    grad = layer.backward(g)
    np.testing.assert_array_equal(grad, pullback(g), strict=True)
    assert grad.dtype == (np.float64 if dtype == np.int32 else dtype)
    np.testing.assert_array_equal(layer.eval()(x), expected, strict=True)


@pytest.mark.parametrize(("kind", "rank"), LAYERS)
def test_channels_last_and_unbatched(kind, rank):
    x = data(rank)
    first = layer_class(kind, rank)(2)
    last = layer_class(kind, rank)(2, data_format="channels_last")
    y = last(np.moveaxis(x, 1, -1))
    np.testing.assert_array_equal(np.moveaxis(y, -1, 1), first(x))
    np.testing.assert_array_equal(first(x[0]), first(x)[0])
    assert last.output_shape(np.moveaxis(x, 1, -1).shape) == y.shape


def test_divisor_override():
    np.testing.assert_array_equal(cpool.AvgPool2d(2, divisor_override=2)(np.ones((1, 2, 2))), [[[2.0]]])


def test_tuple_of_gradients_and_accumulation():
    layer = Scale(3)
    a, b, g = np.arange(3.0), np.ones(3), np.array([1.0, 10.0, 100.0])
    for times in (1, 2):
        np.testing.assert_array_equal(layer(a, b), 2 * (a + b))
        gradients = layer.backward(g)
        assert isinstance(gradients, tuple)
        np.testing.assert_array_equal(gradients, [2 * g, 2 * g])
        np.testing.assert_array_equal(layer.grads["w"], times * g * (a + b))
    kept = layer.grads["w"]
    layer.zero_grad()
    assert layer.grads["w"] is kept
    np.testing.assert_array_equal(kept, 0)


# ------------------------------------------------------------------------------------------ modes
def test_modes_return_the_layer():
    layer = cpool.MaxPool2d(2)
    assert layer.training
    assert layer.eval() is layer
    assert not layer.training
    assert layer.train() is layer
    assert layer.training


def test_backward_before_forward():
    with pytest.raises(RuntimeError, match="forward of its own"):
        cpool.MaxPool2d(2).backward(np.ones((1, 1, 1)))


def test_second_backward():
    layer = cpool.MaxPool1d(2)
    layer(np.ones((1, 4)))
    layer.backward(np.ones((1, 2)))
    with pytest.raises(RuntimeError, match="forward of its own"):
        layer.backward(np.ones((1, 2)))
    layer(np.ones((1, 4)))
    layer.backward(np.ones((1, 2)))


def test_eval_keeps_nothing():
    layer = cpool.MaxPool1d(2)
    layer(np.ones((1, 4)))
    layer.eval()
    with pytest.raises(RuntimeError, match="eval mode"):
        layer.backward(np.ones((1, 2)))
    layer(np.zeros((1, 4)))
    with pytest.raises(RuntimeError, match="eval mode"):
        layer.backward(np.ones((1, 2)))
    with pytest.raises(RuntimeError, match="in training mode"):  # not the gradient of the forward before the last
        layer.train().backward(np.ones((1, 2)))


def test_failed_forward_leaves_no_gradient():
    layer = cpool.MaxPool1d(2)
    layer(np.ones((1, 4)))
    with pytest.raises(ValueError, match="shape"):
        layer(np.ones(4))
    with pytest.raises(RuntimeError, match="forward of its own"):
        layer.backward(np.ones((1, 2)))


def test_failed_backward_can_be_tried_again():
    layer = cpool.SumPool1d(2)
    layer(np.ones((1, 4)))
    with pytest.raises(ValueError, match="shape"):
        layer.backward(np.ones((1, 3)))
    np.testing.assert_array_equal(layer.backward([[1.0, 2.0]]), [[1.0, 1.0, 2.0, 2.0]])


def test_base_class_computes_nothing():
    for layer in (cpool.Layer(), cpool.Layer().eval()):
        with pytest.raises(NotImplementedError, match="Layer"):
            layer(1)
    with pytest.raises(NotImplementedError, match="output_shape"):
        cpool.Layer().output_shape((1, 2))


# ------------------------------------------------------------------------------------------ constructor and shapes
@pytest.mark.parametrize(("kind", "rank"), LAYERS)
@pytest.mark.parametrize(
    ("error", "name", "options"),
    [
        (ValueError, "kernel_size", {"kernel_size": 0}),
        (TypeError, "kernel_size", {"kernel_size": 2.0}),
        (TypeError, "kernel_size", {"kernel_size": True}),
        (TypeError, "kernel_size", {"kernel_size": "2"}),
        (TypeError, "kernel_size", {"kernel_size": b"22"}),
        (TypeError, "kernel_size", {"kernel_size": None}),
        (ValueError, "kernel_size", {"kernel_size": (2, 2, 2, 2)}),
        (ValueError, "stride", {"stride": -1}),
        (ValueError, "padding", {"padding": 2}),
        (ValueError, "padding", {"padding": "full"}),
        (ValueError, "dilation", {"dilation": 0}),
        (TypeError, "ceil_mode", {"ceil_mode": 1}),
        (ValueError, "data_format", {"data_format": "NCHW"}),
        (TypeError, "data_format", {"data_format": 1}),
        (TypeError, "name", {"name": 1}),
    ],
)
def test_constructor_checks(kind, rank, error, name, options):
    with pytest.raises(error, match=name):
        layer_class(kind, rank)(**{"kernel_size": 2, **options})


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"count_include_pad": 1}),
        (TypeError, {"divisor_override": 2.0}),
        (ValueError, {"divisor_override": 0}),
    ],
)
def test_average_constructor_checks(error, options):
    with pytest.raises(error, match=next(iter(options))):
        cpool.AvgPool2d(2, **options)


def test_a_list_of_the_caller_is_copied():
    kernel = [2, 3]
    layer = cpool.MaxPool2d(kernel)
    kernel[0] = 0
    assert layer.output_shape((1, 4, 6)) == (1, 2, 2)


@pytest.mark.parametrize(
    ("options", "given", "expected"),
    [
        ({}, (16, 3, 32, 32), (16, 3, 16, 16)),
        ({}, (3, 32, 33), (3, 16, 16)),
        ({"ceil_mode": True}, (3, 32, 33), (3, 16, 17)),
        ({"padding": "same", "stride": 1}, [0, 3, 5, 7], (0, 3, 5, 7)),
        ({"padding": ((0, 1), (1, 1))}, (0, 0, 5, 7), (0, 0, 3, 4)),
        ({"data_format": "channels_last"}, (16, 32, 32, 3), (16, 16, 16, 3)),
    ],
)
def test_output_shape(options, given, expected):
    assert cpool.MaxPool2d(2, **options).output_shape(given) == expected


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (ValueError, (3, 3)),
        (ValueError, (1, 1, 1, 3, 3)),
        (ValueError, (1, 0, 3)),
        (ValueError, (1, 3, -3)),
        (ValueError, (1, 3, 1)),
        (TypeError, (1, 3, 3.0)),
        (TypeError, 3),
    ],
)
def test_output_shape_checks(error, given):
    with pytest.raises(error, match=r"input_shape|larger than the padded input"):
        cpool.MaxPool2d(2).output_shape(given)


# ------------------------------------------------------------------------------------------ state
def test_state_dict_holds_copies():
    layer, other = Scale(3), Scale(3)
    state = layer.state_dict()
    state["w"][:] = 5
    np.testing.assert_array_equal(layer.params["w"], 2)
    kept = other.params["w"]
    other.load_state_dict(state)
    state["w"][:] = 7
    assert other.params["w"] is kept
    np.testing.assert_array_equal(kept, 5)
    other.load_state_dict({"w": [1, 2, 3]})
    np.testing.assert_array_equal(kept, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ValueError, {}),
        (ValueError, {"w": np.ones(3), "v": np.ones(3)}),
        (ValueError, {"w": np.ones(4)}),
        (ValueError, {"w": 1.0}),
        (TypeError, {"w": np.ones(3, complex)}),
        (TypeError, [1]),
    ],
)
def test_load_state_dict_checks(error, state):
    layer = Scale(3)
    with pytest.raises(error, match="state"):
        layer.load_state_dict(state)
    np.testing.assert_array_equal(layer.params["w"], 2)


def test_layer_without_parameters():
    layer = cpool.MaxPool2d(2)
    assert (layer.params, layer.grads, layer.state_dict()) == ({}, {}, {})
    layer.zero_grad()
    layer.load_state_dict({})
    with pytest.raises(ValueError, match="'w'"):
        layer.load_state_dict({"w": np.ones(1)})


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_carry_no_gradient(duplicate):
    layer = cpool.AvgPool2d(2, padding=((0, 1), (1, 0)), name="pool")
    x = np.ones((1, 4, 4))
    layer(x)
    other = duplicate(layer)
    assert repr(other) == repr(layer)
    with pytest.raises(RuntimeError, match="forward of its own"):
        other.backward(np.ones((1, 2, 2)))
    other(2 * x)
    layer.backward(np.ones((1, 2, 2)))  # the original still has its own
    assert not duplicate(layer.eval()).training


def test_a_pickle_does_not_grow_with_the_input():
    layer = cpool.MaxPool2d(2)
    empty = len(pickle.dumps(layer))
    layer(np.ones((1, 64, 64)))
    assert len(pickle.dumps(layer)) == empty


# ------------------------------------------------------------------------------------------ repr
@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (cpool.MaxPool2d(2), "MaxPool2d(2)"),
        (cpool.MinPool1d(2, None, 0, 1, ceil_mode=False), "MinPool1d(2)"),
        (
            cpool.MaxPool2d([3, 2], stride=np.int64(1), padding="same", name="a"),
            "MaxPool2d((3, 2), stride=1, padding='same', name='a')",
        ),
        (
            cpool.SumPool3d(np.array([1, 2, 3]), padding=[[0, 0], [0, 1], (2, 1)]),
            "SumPool3d((1, 2, 3), padding=((0, 0), (0, 1), (2, 1)))",
        ),
        (
            cpool.AvgPool1d(
                2, dilation=2, ceil_mode=True, count_include_pad=False, divisor_override=3, data_format="channels_last"
            ),
            "AvgPool1d(2, dilation=2, ceil_mode=True, count_include_pad=False, divisor_override=3, data_format='channels_last')",
        ),
        (cpool.Layer(), "Layer()"),
        (cpool.Layer("first"), "Layer(name='first')"),
    ],
)
def test_repr_is_the_constructor_call(layer, text):
    assert repr(layer) == text
    again = eval(text, vars(cpool))
    assert type(again) is type(layer)
    assert repr(again) == text


def test_repr_of_a_subclass_shows_what_it_kept():
    assert repr(Scale(3, name="s")) == "Scale(3, name='s')"
