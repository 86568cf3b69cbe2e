"""Weighted max and ordinal pooling: special cases, layers, refusals. Formulas and gradients are checked in test_learned."""

import copy
import pickle

import numpy as np
import pytest
from learned_cases import spread

import cpool

SPECIAL = np.array([[np.nan, 1, np.inf, -np.inf, 0.0, -0.0, -0.0, 0.0, -0.0, -0.0, -2, -3, -np.inf, -np.inf, 5, 5]])
GEOMETRIES = [{}, {"stride": 1, "padding": 1}, {"stride": 2, "ceil_mode": True}]


def field(shape=(2, 3, 7, 6), seed=0, dtype=np.float64):
    return spread(np.random.default_rng(seed), shape).astype(dtype)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def one_hot(rank, n):
    return np.eye(n)[rank]


# ------------------------------------------------------------------------------------------ weights by position
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("options", GEOMETRIES)
def test_weights_of_1_are_max_bit_for_bit(dtype, options):
    x = field(dtype=dtype)
    y, pullback = cpool.vjp.weighted_max_pool2d(x, np.ones((3, 3)), **options)
    expected, of_max = cpool.vjp.max_pool2d(x, 3, **options)
    assert same_bits(y, expected)
    grad = field(y.shape, 1, dtype)
    error = 1e-2 if dtype is np.float16 else 1e-5
    np.testing.assert_allclose(pullback(grad)[0], of_max(grad), rtol=error, atol=error)
    special = SPECIAL.astype(dtype)
    assert same_bits(cpool.weighted_max_pool1d(special, [1, 1]), cpool.max_pool1d(special, 2))


def test_weight_turns_the_order_or_takes_a_cell_out():
    x = field()
    np.testing.assert_array_equal(cpool.weighted_max_pool2d(x, -np.ones((2, 2))), -cpool.min_pool2d(x, 2))
    positive = np.abs(x)
    np.testing.assert_array_equal(cpool.weighted_max_pool2d(positive, [[0, 3], [0, 0]]), 3 * positive[:, :, :6:2, 1::2])


def test_only_the_first_winner_takes_the_gradient():
    _, pullback = cpool.vjp.weighted_max_pool1d([[4.0, 2.0, 1.0]], [1.0, 2.0, 4.0])
    grad_x, grad_weight = pullback([[10.0]])
    np.testing.assert_array_equal(grad_x, [[10, 0, 0]])
    np.testing.assert_array_equal(grad_weight, [40, 0, 0])


# ------------------------------------------------------------------------------------------ weights by rank
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("options", GEOMETRIES)
def test_all_weight_on_the_first_rank_is_max_bit_for_bit(dtype, options):
    x = field(dtype=dtype)
    y, pullback = cpool.vjp.ordinal_pool2d(x, one_hot(0, 9), 3, **options)
    expected, of_max = cpool.vjp.max_pool2d(x, 3, **options)
    assert same_bits(y, expected)
    grad = field(y.shape, 1, dtype)
    error = 1e-2 if dtype is np.float16 else 1e-5
    np.testing.assert_allclose(pullback(grad)[0], of_max(grad), rtol=error, atol=error)
    special = SPECIAL.astype(dtype)
    assert same_bits(cpool.ordinal_pool1d(special, [1, 0], 2), cpool.max_pool1d(special, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_weight_on_the_last_rank_is_min(dtype):
    x = field(dtype=dtype)
    y, pullback = cpool.vjp.ordinal_pool2d(x, one_hot(8, 9), 3, 1)
    expected, of_min = cpool.vjp.min_pool2d(x, 3, 1)
    assert same_bits(y, expected)
    np.testing.assert_allclose(pullback(y)[0], of_min(y), rtol=1e-5)
    np.testing.assert_array_equal(cpool.ordinal_pool1d(SPECIAL, [0, 1], 2), cpool.min_pool1d(SPECIAL, 2))


def test_other_weights_are_median_mean_and_powers_of_a_half():
    x = field()
    assert same_bits(cpool.ordinal_pool2d(x, one_hot(4, 9), 3, 1), cpool.median_pool2d(x, 3, 1))
    np.testing.assert_allclose(cpool.ordinal_pool2d(x, [0, 0.5, 0.5, 0], 2), cpool.median_pool2d(x, 2))
    for options in GEOMETRIES:
        mean = cpool.avg_pool2d(x, 3, count_include_pad=False, **options)
        np.testing.assert_allclose(cpool.ordinal_pool2d(x, np.full(9, 1 / 9), 3, **options), mean)
    largest = np.sort(x[:, :, :6].reshape(2, 3, 3, 2, 3, 2).swapaxes(3, 4).reshape(2, 3, 3, 3, 4))[..., ::-1]
    np.testing.assert_allclose(cpool.ordinal_pool2d(x, [0.5, 0.5, 0, 0], 2), largest[..., :2].mean(-1))
    geometric = 0.5 ** np.arange(1, 5)
    np.testing.assert_allclose(cpool.ordinal_pool2d(x, geometric, 2), (largest * geometric).sum(-1))


def test_ties_keep_the_order_of_the_cells():
    _, pullback = cpool.vjp.ordinal_pool1d([[2.0, 3.0, 2.0, 3.0]], [1.0, 2.0, 3.0, 4.0], 4)
    grad_x, grad_weight = pullback([[1.0]])
    np.testing.assert_array_equal(grad_x, [[3, 1, 4, 2]])
    np.testing.assert_array_equal(grad_weight, [3, 3, 2, 2])


def test_a_border_leaves_the_sum_of_the_weights():
    y = cpool.ordinal_pool1d([[1.0, 2.0, 4.0]], [0.5, 0.25, 0.25], 3, 1, 1)
    np.testing.assert_allclose(y, [[(0.5 * 2 + 0.25 * 1) / 0.75, 0.5 * 4 + 0.25 * 3, (0.5 * 4 + 0.25 * 2) / 0.75]])
    np.testing.assert_array_equal(cpool.ordinal_pool1d([[1.0, 2.0, 4.0]], [0.0, 0.0, 1.0], 3, 1, 1), [[0, 1, 0]])


def test_what_counts_for_nothing_may_be_infinite_but_not_nan():
    np.testing.assert_array_equal(cpool.ordinal_pool1d([[np.inf, 1.0, -np.inf]], [0, 1, 0], 3), [[1]])
    np.testing.assert_array_equal(cpool.ordinal_pool1d([[np.nan, 1.0, -np.inf]], [0, 1, 0], 3), [[np.nan]])
    assert not np.signbit(cpool.ordinal_pool1d([[-1.0, -2.0]], [0.0, 0.0], 2)).any()


@pytest.mark.parametrize(
    ("name", "error", "text", "parameters"),
    [
        ("weighted_max_pool2d", ValueError, "weight", (np.zeros(4),)),
        ("weighted_max_pool2d", ValueError, "weight", (np.zeros((2, 2, 2)),)),
        ("weighted_max_pool2d", TypeError, "weight", (np.zeros((2, 2), bool),)),
        ("ordinal_pool2d", ValueError, "weight", (np.zeros(3), 2)),
        ("ordinal_pool2d", ValueError, "weight", (np.zeros((2, 2)), 2)),
        ("ordinal_pool2d", ValueError, "weight", (np.zeros((2, 4)), 2)),
        ("ordinal_pool2d", ValueError, "weight", (1.0, 2)),
        ("ordinal_pool2d", TypeError, "weight", ("1", 2)),
        ("ordinal_pool2d", ValueError, "kernel_size", (np.zeros(4), 0)),
    ],
)
@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp])
def test_bad_parameters(module, name, error, text, parameters):
    with pytest.raises(error, match=text):
        getattr(module, name)(np.zeros((2, 3, 4, 4)), *parameters)


# ------------------------------------------------------------------------------------------ layers
CASES = [
    ("WeightedMaxPool", {}),
    ("WeightedMaxPool", {"num_channels": 3}),
    ("OrdinalPool", {}),
    ("OrdinalPool", {"num_channels": 3, "init": "max"}),
    ("OrdinalPool", {"init": "random", "rng": 0}),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers_learn(name, settings, rank):
    x, target = field((2, 3) + (6,) * rank), field((2, 3) + (3,) * rank, 1)
    layer = getattr(cpool, f"{name}{rank}d")(2, **settings)
    before, losses = layer.state_dict(), []
    for _ in range(20):
        error = layer(x) - target
        losses.append((error**2).mean())
        assert layer.backward(error / error.size).shape == x.shape
        layer.params["weight"] -= 0.002 * layer.grads["weight"]
        layer.zero_grad()
    assert losses[-1] < losses[0]
    assert (layer.params["weight"] != before["weight"]).any()
    assert layer.output_shape(x.shape) == target.shape
    again = eval(repr(layer), vars(cpool))
    again.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(again.eval()(x), layer.eval()(x))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x), layer(x))


def test_layers_start_as_max_mean_or_at_random():
    x = field()
    np.testing.assert_array_equal(cpool.WeightedMaxPool2d(2)(x), cpool.max_pool2d(x, 2))
    np.testing.assert_allclose(cpool.OrdinalPool2d(2)(x), cpool.avg_pool2d(x, 2))
    np.testing.assert_array_equal(cpool.OrdinalPool2d(2, init="max", num_channels=3)(x), cpool.max_pool2d(x, 2))
    weight = cpool.OrdinalPool2d(3, init="random", num_channels=5, rng=0).params["weight"]
    assert weight.shape == (5, 9)
    assert (weight > 0).all()
    np.testing.assert_allclose(weight.sum(axis=1), 1)
    np.testing.assert_array_equal(cpool.OrdinalPool2d(3, init="random", num_channels=5, rng=0).params["weight"], weight)
    assert cpool.WeightedMaxPool2d((2, 3), num_channels=5).params["weight"].shape == (5, 2, 3)


def test_project_makes_weights_of_an_average():
    layer = cpool.OrdinalPool1d(4, num_channels=4)
    held = layer.params["weight"]
    held[:] = [[0.75, 0.5, 0.25, -4], [-1, -1, -1, -1], [0, 0, 5, 0], [0.5, 0.25, 0.125, 0.125]]
    layer.project()
    assert layer.params["weight"] is held
    np.testing.assert_allclose(held, [[7 / 12, 1 / 3, 1 / 12, 0], [0.25] * 4, [0, 0, 1, 0], [0.5, 0.25, 0.125, 0.125]])
    assert (held >= 0).all()
    shared = cpool.OrdinalPool1d(2)
    shared.params["weight"][:] = [0.75, 0.5]
    shared.project()
    np.testing.assert_array_equal(shared.params["weight"], [0.625, 0.375])


def test_project_gives_the_nearest_weights():
    """No others on the simplex are nearer; and a raise of all alike changes nothing, at its corners too."""
    rng = np.random.default_rng(0)
    layer = cpool.OrdinalPool2d(2, num_channels=50)
    given = rng.normal(0.25, 0.5, (50, 4))
    layer.params["weight"][:] = given
    layer.project()
    found = layer.params["weight"].copy()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    others = rng.dirichlet(np.ones(4), (1000, 1))
    assert (np.linalg.norm(others - given, axis=2) >= np.linalg.norm(found - given, axis=1) - 1e-12).all()
    for raised in (0.002, -0.002, 3):
        layer.params["weight"][:] = found + raised
        layer.project()
        np.testing.assert_allclose(layer.params["weight"], found, atol=1e-15)


def test_project_keeps_weights_at_least_0():
    positions = cpool.WeightedMaxPool1d(2)
    positions.params["weight"][:] = [-1, 2]
    positions.project()
    np.testing.assert_array_equal(positions.params["weight"], [0, 2])


@pytest.mark.parametrize(
    ("error", "settings"),
    [(ValueError, {"init": "min"}), (TypeError, {"init": 1}), (ValueError, {"num_channels": 0}), (TypeError, {"rng": 1.0})],
)
def test_bad_arguments_of_layers(error, settings):
    with pytest.raises(error):
        cpool.OrdinalPool2d(2, **settings)
