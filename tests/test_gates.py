"""Mixed, gated and tree pooling: limits, chance, layers, refusals. Their formulas and gradients are checked in test_learned."""

import copy
import pickle

import numpy as np
import pytest
from learned_cases import spread

import cpool

SPECIAL = np.array([[np.nan, 1, np.inf, -np.inf, 0.0, -0.0, -0.0, 0.0, -2, -3, -np.inf, -1, 5, 5, np.nan, np.nan]])


def field(shape=(2, 3, 7, 6), seed=0, dtype=np.float64):
    return spread(np.random.default_rng(seed), shape).astype(dtype)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# ------------------------------------------------------------------------------------------ mixed
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"stride": 1, "padding": 1}, {"stride": 2, "ceil_mode": True}])
def test_alpha_1_is_max_bit_for_bit(dtype, options):
    x = field(dtype=dtype)
    assert same_bits(cpool.mixed_pool2d(x, 3, 1, **options), cpool.max_pool2d(x, 3, **options))
    y, pullback = cpool.vjp.mixed_pool2d(x, 3, np.ones(3), **options)
    _, expected = cpool.vjp.max_pool2d(x, 3, **options)
    grad = field(y.shape, 1, dtype)
    error = 1e-2 if dtype is np.float16 else 1e-5
    np.testing.assert_allclose(pullback(grad)[0], expected(grad), rtol=error, atol=error)
    special = SPECIAL.astype(dtype)
    assert same_bits(cpool.mixed_pool1d(special, 2, 1.0), cpool.max_pool1d(special, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"stride": 1, "padding": 1}, {"stride": 2, "ceil_mode": True}])
def test_alpha_0_is_the_mean_of_the_cells_inside(dtype, options):
    x = field(dtype=dtype)
    expected = cpool.avg_pool2d(x, 3, count_include_pad=False, **options)
    np.testing.assert_allclose(cpool.mixed_pool2d(x, 3, 0, **options), expected, rtol=0, atol=1e-5)
    infinite = np.array([[np.inf, 1.0, -np.inf, 1.0]], dtype)
    np.testing.assert_array_equal(cpool.mixed_pool1d(infinite, 2, 0), [[np.inf, -np.inf]])


def test_each_channel_has_its_alpha():
    x = field()
    most, mean = cpool.max_pool2d(x, 2), cpool.avg_pool2d(x, 2)
    alpha = np.array([0, 0.25, 2.0])
    expected = alpha[:, None, None] * most + (1 - alpha[:, None, None]) * mean
    np.testing.assert_allclose(cpool.mixed_pool2d(x, 2, alpha), expected)
    last = np.moveaxis(x, 1, -1)
    np.testing.assert_allclose(
        cpool.mixed_pool2d(last, 2, alpha, data_format="channels_last"), np.moveaxis(expected, 1, -1)
    )  # fmt: skip


def test_chance_takes_the_maximum_or_the_mean_of_a_whole_plane():
    x = np.random.default_rng(0).random((500, 200, 2, 4))  # 100,000 planes
    alpha = np.linspace(0, 1, 200)
    y = cpool.mixed_pool2d(x, 2, alpha, mode="stochastic", rng=1)
    most = (y == cpool.max_pool2d(x, 2)).all(axis=(2, 3))
    mean = np.isclose(y, cpool.avg_pool2d(x, 2), rtol=1e-12, atol=0).all(axis=(2, 3))
    assert (most ^ mean).all()
    assert most[:, -1].all()
    assert mean[:, 0].all()
    inner, share = slice(1, -1), most.mean(axis=0)
    chi_square = (500 * (share - alpha)[inner] ** 2 / (alpha * (1 - alpha))[inner]).sum()
    assert abs(chi_square - 198) < 5 * np.sqrt(2 * 198)


def test_same_seed_same_draw_whatever_the_layout_and_the_threads():
    x = field((4, 5, 6, 6))
    last = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    expected = cpool.mixed_pool2d(x, 2, 0.5, mode="stochastic", rng=7)
    rng = np.random.default_rng(7)
    np.testing.assert_array_equal(cpool.mixed_pool2d(x, 2, 0.5, mode="stochastic", rng=rng), expected)
    assert (cpool.mixed_pool2d(x, 2, 0.5, mode="stochastic", rng=rng) != expected).any()
    for threads in (1, 3):
        with cpool.num_threads(threads):
            for array, format_ in ((last, "channels_last"), (np.moveaxis(x, 1, -1), "channels_last")):
                found = cpool.mixed_pool2d(array, 2, 0.5, mode="stochastic", rng=7, data_format=format_)
                np.testing.assert_array_equal(np.moveaxis(found, -1, 1), expected)
            found = cpool.mixed_pool2d(np.moveaxis(last, -1, 1), 2, 0.5, mode="stochastic", rng=7)
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(cpool.reference.mixed_pool2d(x, 2, 0.5, mode="stochastic", rng=7), expected)
    np.testing.assert_allclose(
        cpool.reference.mixed_pool2d(last, 2, 0.5, mode="stochastic", rng=7, data_format="channels_last"),
        np.moveaxis(expected, 1, -1),
    )
    unbatched = cpool.mixed_pool2d(x[0], 2, 0.5, mode="stochastic", rng=7)
    np.testing.assert_array_equal(unbatched, expected[0])


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_gradient_of_a_draw_is_that_of_what_was_drawn(data_format):
    x, grad = field((4, 5, 6, 6)), field((4, 5, 3, 3), 1)
    to_user = (lambda a: np.ascontiguousarray(np.moveaxis(a, 1, -1))) if data_format == "channels_last" else (lambda a: a)
    y, pullback = cpool.vjp.mixed_pool2d(to_user(x), 2, np.full(5, 0.5), mode="stochastic", rng=3, data_format=data_format)
    _, of_max = cpool.vjp.max_pool2d(x, 2)
    _, of_mean = cpool.vjp.avg_pool2d(x, 2)
    most = (y == to_user(cpool.max_pool2d(x, 2))).all(axis=(2, 3) if data_format == "channels_first" else (1, 2))
    grad_x, grad_alpha = pullback(to_user(grad))
    expected = np.where(most[:, :, None, None], of_max(grad), of_mean(grad))
    np.testing.assert_allclose(grad_x, to_user(expected))
    np.testing.assert_array_equal(grad_alpha, np.zeros(5))  # no small change of alpha changes the draw
    _, reference = cpool.reference.vjp.mixed_pool2d(to_user(x), 2, 0.5, mode="stochastic", rng=3, data_format=data_format)
    np.testing.assert_allclose(reference(to_user(grad))[0], grad_x)


def test_evaluation_is_the_mean_of_draws():
    x = field((1, 3, 4, 4))
    alpha = np.array([0.2, 0.5, 0.9])
    draws = cpool.mixed_pool2d(np.repeat(x, 100_000, axis=0), 2, alpha, mode="stochastic", rng=4)
    expected = cpool.mixed_pool2d(x, 2, alpha, mode="stochastic", training=False)
    np.testing.assert_array_equal(expected, cpool.mixed_pool2d(x, 2, alpha))
    assert (np.abs(draws.mean(0) - expected[0]) <= 6 * draws.std(0) / np.sqrt(len(draws)) + 1e-9).all()


def test_evaluation_is_the_expectation():
    x = field()
    y, pullback = cpool.vjp.mixed_pool2d(x, 2, 0.25, mode="stochastic", training=False)
    expected, learned = cpool.vjp.mixed_pool2d(x, 2, 0.25)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(pullback(y)[1], learned(y)[1])


def test_empty_batches_and_channels():
    for shape in ((0, 3, 4, 4), (2, 0, 4, 4)):
        for mode in ("learned", "stochastic"):
            y, pullback = cpool.vjp.mixed_pool2d(np.zeros(shape), 2, 0.5, mode=mode)
            assert y.shape == (*shape[:2], 2, 2)
            assert pullback(y)[0].shape == shape
        assert cpool.gated_pool2d(np.zeros(shape), np.zeros((2, 2))).shape == (*shape[:2], 2, 2)


@pytest.mark.parametrize(
    ("error", "text", "arguments"),
    [
        (ValueError, "alpha", {"alpha": [0.5, 0.5]}),
        (ValueError, "alpha", {"alpha": np.zeros((3, 1))}),
        (TypeError, "alpha", {"alpha": True}),
        (TypeError, "alpha", {"alpha": "0.5"}),
        (ValueError, "alpha", {"alpha": 1.5, "mode": "stochastic"}),
        (ValueError, "alpha", {"alpha": np.nan, "mode": "stochastic", "training": False}),
        (ValueError, "mode", {"alpha": 0.5, "mode": "random"}),
        (TypeError, "mode", {"alpha": 0.5, "mode": 1}),
        (TypeError, "training", {"alpha": 0.5, "training": 1}),
        (TypeError, "rng", {"alpha": 0.5, "rng": 0.5}),
        (ValueError, "rng", {"alpha": 0.5, "mode": "stochastic", "rng": -1}),
    ],
)
@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp])
def test_bad_arguments_of_mixed(module, error, text, arguments):
    with pytest.raises(error, match=text):
        module.mixed_pool2d(np.zeros((2, 3, 4, 4)), 2, **arguments)


# ------------------------------------------------------------------------------------------ gated and tree
def test_gate_wide_open_is_max_closed_is_the_mean():
    x = np.abs(field())
    np.testing.assert_array_equal(cpool.gated_pool2d(x, np.full((2, 2), 1e6)), cpool.max_pool2d(x, 2))
    np.testing.assert_allclose(cpool.gated_pool2d(x, np.full((2, 2), -1e6)), cpool.avg_pool2d(x, 2))
    np.testing.assert_allclose(cpool.gated_pool2d(x, np.zeros((2, 2))), cpool.mixed_pool2d(x, 2, 0.5))


def test_only_the_first_of_equal_cells_is_the_maximum():
    _, pullback = cpool.vjp.gated_pool1d([[1.0, 1.0, 1.0, 1.0]], np.zeros(4))
    np.testing.assert_allclose(pullback([[1.0]])[0], [[0.625, 0.125, 0.125, 0.125]])


def test_leaves_that_are_alike_are_one_weighted_sum():
    x, gate, leaf = field(), field((2, 2), 3), field((2, 2), 2)
    expected = sum(leaf[i, j] * x[:, :, i:6:2, j:6:2] for i in (0, 1) for j in (0, 1))
    np.testing.assert_allclose(cpool.tree_pool2d(x, np.stack([leaf, leaf]), gate), expected)
    np.testing.assert_allclose(cpool.tree_pool2d(x, np.full((2, 2, 2), 0.25), gate), cpool.avg_pool2d(x, 2))


def test_large_cells_give_no_nan():
    x = (1e30 * field()).astype(np.float32)
    for y, pullback in (
        cpool.vjp.gated_pool2d(x, field((2, 2), 1) / 10),
        cpool.vjp.tree_pool2d(x, field((2, 2, 2), 1) / 10, field((2, 2), 2) / 10),
        cpool.vjp.mixed_pool2d(x, 2, 0.3),
    ):
        assert np.isfinite(y).all()
        assert all(np.isfinite(found).all() for found in pullback(np.ones_like(y)))


@pytest.mark.parametrize(
    ("name", "error", "text", "parameters"),
    [
        ("gated_pool2d", ValueError, "mask", (np.zeros(4),)),
        ("gated_pool2d", ValueError, "mask", (np.zeros((2, 2, 2)),)),
        ("gated_pool2d", ValueError, "mask", (np.zeros((0, 2)),)),
        ("gated_pool2d", ValueError, "mask", (np.zeros((1, 3, 2, 2)),)),
        ("gated_pool2d", TypeError, "mask", (np.zeros((2, 2), bool),)),
        ("gated_pool2d", ValueError, "kernel_size", (np.zeros((5, 5)),)),
        ("tree_pool2d", ValueError, "leaves", (np.zeros((2, 2)), np.zeros((2, 2)))),
        ("tree_pool2d", ValueError, "leaves", (np.zeros((3, 2, 2)), np.zeros((2, 2)))),
        ("tree_pool2d", ValueError, "gate", (np.zeros((2, 2, 2)), np.zeros((2, 3)))),
        ("tree_pool2d", ValueError, "gate", (np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))),
        ("tree_pool2d", TypeError, "gate", (np.zeros((2, 2, 2)), "gate")),
    ],
)
@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp])
def test_bad_parameters_of_gates(module, name, error, text, parameters):
    with pytest.raises(error, match=text):
        getattr(module, name)(np.zeros((2, 3, 4, 4)), *parameters)


# ------------------------------------------------------------------------------------------ layers
LAYERS = {
    "MixedPool": ({}, {"num_channels": 3}, {"alpha": 0.25, "num_channels": 3}),
    "GatedPool": ({"rng": 0}, {"rng": 0, "num_channels": 3}),
    "TreePool": ({"rng": 0}, {"rng": 0, "num_channels": 3}),
}
CASES = [(name, settings) for name, each in LAYERS.items() for settings in each]


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers_learn(name, settings, rank):
    x, target = field((2, 3) + (6,) * rank), field((2, 3) + (3,) * rank, 1)
    layer = getattr(cpool, f"{name}{rank}d")(2, **settings)
    before, losses = layer.state_dict(), []
    for _ in range(20):
        error = layer(x) - target
        losses.append((error**2).mean())
        grad_x = layer.backward(error / error.size)
        assert grad_x.shape == x.shape
        for key, value in layer.params.items():
            value -= 0.005 * layer.grads[key]
        layer.zero_grad()
    assert losses[-1] < losses[0]
    assert all((layer.params[key] != before[key]).any() for key in before)
    assert layer.output_shape(x.shape) == target.shape
    again = eval(repr(layer), vars(cpool))
    again.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(again.eval()(x), layer.eval()(x))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x), layer(x))


def test_parameters_of_layers_have_the_shape_of_the_window():
    assert cpool.GatedPool2d((2, 3), rng=0).params["mask"].shape == (2, 3)
    assert cpool.GatedPool2d((2, 3), num_channels=5, rng=0).params["mask"].shape == (5, 2, 3)
    shapes = {key: value.shape for key, value in cpool.TreePool1d(4, num_channels=5, rng=0).params.items()}
    assert shapes == {"leaves": (2, 4), "gate": (5, 4)}
    assert cpool.MixedPool3d(2).params["alpha"].shape == ()
    assert cpool.MixedPool3d(2, num_channels=5).params["alpha"].shape == (5,)


def test_start_of_gates_is_drawn():
    np.testing.assert_array_equal(cpool.GatedPool2d(3, rng=1).params["mask"], cpool.GatedPool2d(3, rng=1).params["mask"])
    assert (cpool.GatedPool2d(3).params["mask"] != cpool.GatedPool2d(3).params["mask"]).all()
    assert 0.09 < cpool.GatedPool2d(100, rng=0).params["mask"].std() < 0.11
    leaves = cpool.TreePool2d(7, rng=0).params["leaves"]
    np.testing.assert_allclose(leaves.sum(axis=(1, 2)), 1, atol=0.4)


def test_stochastic_layer_draws_anew_in_training_only():
    x = field((4, 5, 6, 6))
    layer = cpool.MixedPool2d(2, mode="stochastic", rng=0)
    first, second = layer(x), layer(x)
    assert (first != second).any()
    assert layer.backward(np.ones_like(first)).shape == x.shape
    np.testing.assert_array_equal(layer.grads["alpha"], 0)
    layer.eval()
    np.testing.assert_array_equal(layer(x), layer(x))
    np.testing.assert_array_equal(layer(x), cpool.mixed_pool2d(x, 2, 0.5))
    np.testing.assert_array_equal(cpool.MixedPool2d(2, mode="stochastic", rng=0)(x), first)


def test_project_keeps_alpha_a_share():
    layer = cpool.MixedPool2d(2, num_channels=3)
    held = layer.params["alpha"]
    held[:] = [-1, 0.25, 3]
    layer.project()
    assert layer.params["alpha"] is held
    np.testing.assert_array_equal(held, [0, 0.25, 1])
    scalar = cpool.MixedPool2d(2)
    scalar.params["alpha"][...] = 2
    scalar.project()
    assert scalar.params["alpha"] == 1


@pytest.mark.parametrize(
    ("error", "settings"),
    [(ValueError, {"alpha": 2.0, "mode": "stochastic"}), (ValueError, {"mode": "x"}), (TypeError, {"rng": "0"}),
     (ValueError, {"num_channels": 0}), (TypeError, {"num_channels": 1.0}), (TypeError, {"alpha": None})],
)  # fmt: skip
def test_bad_arguments_of_layers(error, settings):
    with pytest.raises(error):
        cpool.MixedPool2d(2, **settings)
