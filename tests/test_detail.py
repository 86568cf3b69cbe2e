"""Detail-preserving pooling: limits, the full variant, magnitudes, layers, refusals."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from learned_cases import spread

import cpool

VARIANTS = list(itertools.product([True, False], ["mean", "sum", "none"]))


def field(shape=(2, 3, 6, 8), seed=0, dtype=np.float64):
    return spread(np.random.default_rng(seed), shape).astype(dtype)


def settings_of(symmetric, normalize):
    return {"symmetric": symmetric, "normalize": normalize}


# ------------------------------------------------------------------------------------------ limits
@pytest.mark.parametrize(("symmetric", "normalize"), VARIANTS)
@pytest.mark.parametrize("limit", [{"log_alpha": 60.0}, {"log_alpha": np.inf}, {"log_lambda": -60.0}, {"log_lambda": -np.inf}])
def test_becomes_the_mean(symmetric, normalize, limit):
    x = field()
    y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, **settings_of(symmetric, normalize), **limit)
    np.testing.assert_allclose(y, cpool.avg_pool2d(x, 2), atol=1e-12)
    np.testing.assert_allclose(pullback(np.ones_like(y))[0], 0.25, atol=1e-10)


@pytest.mark.parametrize(("symmetric", "normalize"), VARIANTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_becomes_the_cell_farthest_from_the_mean(symmetric, normalize, dtype):
    x = field((2, 3, 18), dtype=dtype)
    for log_lambda in (8.0, 100.0, np.inf):
        y = cpool.detail_preserving_pool1d(
            x, 3, log_lambda=log_lambda, log_alpha=-np.inf, **settings_of(symmetric, normalize)
        )  # fmt: skip
        cells = x.reshape(2, 3, 6, 3)
        apart = cells - cells.mean(axis=-1, keepdims=True)
        farthest = (np.abs(apart) if symmetric else apart).argmax(axis=-1)[..., None]
        np.testing.assert_allclose(y, np.take_along_axis(cells, farthest, -1)[..., 0], rtol=1e-5)


@pytest.mark.parametrize(("symmetric", "normalize"), VARIANTS)
@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 0.1, 1e30, -1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_cells_give_their_value_and_equal_gradients(symmetric, normalize, value, dtype):
    x = np.full((2, 3, 9, 9), value, dtype)
    y, pullback = cpool.vjp.detail_preserving_pool2d(x, 3, **settings_of(symmetric, normalize))
    np.testing.assert_array_equal(y, x[:, :, ::3, ::3])
    grad_x, *others = pullback(np.ones_like(y))
    np.testing.assert_allclose(grad_x, 1 / 9, rtol=1e-6)
    np.testing.assert_array_equal(others, [0, 0])


def test_normalised_weights_do_not_depend_on_the_scale_of_large_cells():
    x = field()
    for normalize in ("mean", "sum"):
        expected = cpool.detail_preserving_pool2d(x, 2, normalize=normalize, eps2=1e-3)
        found = cpool.detail_preserving_pool2d(x * 2.0**40, 2, normalize=normalize, eps2=1e-3 * 2.0**80)
        np.testing.assert_allclose(found, expected * 2.0**40)


@pytest.mark.parametrize(("symmetric", "normalize"), VARIANTS)
@pytest.mark.parametrize("exponent", [-1, 1, 12, 18, 30])
@pytest.mark.parametrize("log_lambda", [-6.0, 0.0, 1.0])
def test_float32_of_any_magnitude_agrees_with_the_reference(symmetric, normalize, exponent, log_lambda):
    x = (field() * 10.0**exponent).astype(np.float32)
    x[0, 0, :2, :2] = [[1, 2], [3, 2]]  # a cell at the mean
    arguments = {"log_lambda": log_lambda, "log_alpha": -1.0, **settings_of(symmetric, normalize)}
    y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, **arguments)
    expected, reference = cpool.reference.vjp.detail_preserving_pool2d(x.astype(float), 2, **arguments)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5 * 10.0**exponent)
    grad = field(y.shape, 1, np.float32)
    for found, wanted in zip(pullback(grad), reference(grad.astype(float)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * max(1, np.abs(wanted).max()))


# ------------------------------------------------------------------------------------------ the full variant
def full(rank, seed=0, channels=3):
    rng = np.random.default_rng(seed)
    return {"filter": rng.standard_normal((channels,) + (3,) * rank) / 3, "bias": rng.standard_normal(channels)}


GEOMETRIES = [
    (1, (2, 3, 8), {"kernel_size": 2}),
    (1, (3, 9), {"kernel_size": 2, "ceil_mode": True}),
    (2, (2, 3, 6, 8), {"kernel_size": 2}),
    (2, (2, 3, 6, 7), {"kernel_size": 3, "stride": 2, "padding": 1}),
    (2, (3, 6, 7), {"kernel_size": (3, 5), "stride": 1, "padding": (1, 2)}),
    (2, (2, 3, 5, 5), {"kernel_size": 3, "stride": 1, "padding": 2, "dilation": 2}),
    (3, (2, 3, 4, 4, 6), {"kernel_size": 2}),
    (1, (2, 3, 9), {"kernel_size": 2}),  # odd sizes: the filter gives one value more than there are windows
    (2, (2, 3, 7, 6), {"kernel_size": 2}),
    (2, (3, 10, 11), {"kernel_size": 4, "stride": 3}),
    (3, (3, 5, 4, 7), {"kernel_size": 2}),
]


@pytest.mark.parametrize(("rank", "shape", "window"), GEOMETRIES)
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("symmetric", "normalize"), VARIANTS)
def test_filter_agrees_with_the_reference_and_with_differences(rank, shape, window, last, symmetric, normalize):
    name = f"detail_preserving_pool{rank}d"
    x = field(shape)
    parameters = {"log_lambda": np.array([0.3, -0.5, 0.1]), "log_alpha": 0.2, **full(rank)}
    options = {**window, **settings_of(symmetric, normalize), "eps2": 1e-2}
    if last:
        x, options["data_format"] = np.ascontiguousarray(np.moveaxis(x, -rank - 1, -1)), "channels_last"
    y, pullback = getattr(cpool.vjp, name)(x, **options, **parameters)
    np.testing.assert_array_equal(getattr(cpool, name)(x, **options, **parameters), y)
    expected, reference = getattr(cpool.reference.vjp, name)(x, **options, **parameters)
    np.testing.assert_allclose(y, expected, rtol=1e-10)
    grad = np.random.default_rng(1).standard_normal(y.shape)
    out = np.empty_like(x)
    gradients = pullback(grad, out=out)
    assert gradients[0] is out
    assert [found.shape for found in gradients[1:]] == [np.shape(p) for p in parameters.values()]
    for found, wanted in zip(gradients, reference(grad), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-9 * np.abs(wanted).max())
    rng = np.random.default_rng(2)
    for key, gradient in zip(("x", *parameters), gradients, strict=True):
        value = np.asarray(x if key == "x" else parameters[key])
        direction, step, sides = rng.standard_normal(value.shape), 1e-6, []
        for sign in (1, -1):
            moved = {**parameters, "x": x, key: value + sign * step * direction}
            sides.append((getattr(cpool, name)(**moved, **options) * grad).sum())
        assert (sides[0] - sides[1]) / (2 * step) == pytest.approx((gradient * direction).sum(), rel=1e-5, abs=1e-6)


def test_filter_without_a_bias_and_with_bias_0_are_the_same():
    x, filter = field(), full(2)["filter"]
    y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, filter=filter)
    again, other = cpool.vjp.detail_preserving_pool2d(x, 2, filter=filter, bias=np.zeros(3))
    np.testing.assert_array_equal(y, again)
    assert len(pullback(y)) == 4
    assert len(other(y)) == 5
    for one, two in zip(pullback(y), other(y), strict=False):
        np.testing.assert_array_equal(one, two)


def test_filter_that_averages_the_window_is_lite():
    x = field()
    filter = np.zeros((3, 3, 3))
    filter[:, 1:, 1:] = 0.25  # the window starts in the middle of the 3 x 3 cells
    np.testing.assert_allclose(cpool.detail_preserving_pool2d(x, 2, filter=filter), cpool.detail_preserving_pool2d(x, 2))


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8"])
def test_filter_with_other_dtypes(dtype):
    x = field().astype(dtype)
    y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, **full(2))
    expected, reference = cpool.reference.vjp.detail_preserving_pool2d(x.astype(float), 2, **full(2))
    assert y.dtype == pullback(y)[0].dtype == ("float64" if dtype == "int8" else dtype)
    error = {"float16": 2e-3, "float32": 1e-4, "int8": 1e-9}[dtype]
    np.testing.assert_allclose(y.astype(float), expected, rtol=error, atol=error)
    for found, wanted in zip(pullback(y), reference(y.astype(float)), strict=True):
        np.testing.assert_allclose(found.astype(float), wanted, rtol=error, atol=error * np.abs(wanted).max())
    out = np.empty_like(y)
    assert cpool.detail_preserving_pool2d(x, 2, **full(2), out=out) is out
    np.testing.assert_array_equal(out, y)


def test_pullback_keeps_its_own_input():
    x = field()
    before = x.copy()
    y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, **full(2))
    expected = pullback(y)
    np.testing.assert_array_equal(x, before)
    x[...] = 0
    for one, two in zip(pullback(y), expected, strict=True):
        np.testing.assert_array_equal(one, two)


def test_layouts_and_threads_give_the_same_bits():
    x = field((4, 5, 8, 8), dtype=np.float32)
    parameters = full(2, channels=5)
    results = []
    for threads in (1, 3):
        with cpool.num_threads(threads):
            y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, **parameters)
            results.append([a.tobytes() for a in (y, *pullback(y))])
    assert results[0] == results[1]
    last = cpool.detail_preserving_pool2d(np.ascontiguousarray(np.moveaxis(x, 1, -1)), 2, data_format="channels_last", **parameters)
    np.testing.assert_array_equal(np.moveaxis(last, -1, 1), y)


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    x, parameters = field((2, 3, 6, 8)), full(2)
    for (symmetric, normalize), filtered in itertools.product(VARIANTS, (False, True)):
        t = [torch.tensor(np.asarray(v), requires_grad=True) for v in (x, [0.2, -0.3, 0.1], 0.4, *parameters.values())]
        cells = t[0].unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
        m = torch.nn.functional.conv2d(t[0], t[3][:, None], t[4], 2, 1, groups=3) if filtered else cells.mean(-1)
        d = cells - m[..., None]
        q = (d if symmetric else d.relu()) ** 2 + 1e-3
        c = {"mean": q.mean(-1, keepdim=True), "sum": q.sum(-1, keepdim=True), "none": 1.0}[normalize]
        w = (q / c) ** (t[1].exp()[:, None, None, None] / 2) + t[2].exp()
        expected = (w * cells).sum(-1) / w.sum(-1)
        arguments = {"log_lambda": [0.2, -0.3, 0.1], "log_alpha": 0.4, **(parameters if filtered else {})}
        y, pullback = cpool.vjp.detail_preserving_pool2d(x, 2, **arguments, **settings_of(symmetric, normalize))
        np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-10)
        grad = field(y.shape, 1)
        expected.backward(torch.tensor(grad))
        for found, other in zip(pullback(grad), t if filtered else t[:3], strict=True):
            np.testing.assert_allclose(found, other.grad.numpy(), rtol=1e-7, atol=1e-9)


# ------------------------------------------------------------------------------------------ refusals
@pytest.mark.parametrize(
    ("error", "text", "arguments"),
    [
        (ValueError, "log_lambda", {"log_lambda": [0.0, 0.0]}),
        (TypeError, "log_alpha", {"log_alpha": True}),
        (TypeError, "log_alpha", {"log_alpha": "0"}),
        (TypeError, "symmetric", {"symmetric": 1}),
        (ValueError, "normalize", {"normalize": "max"}),
        (TypeError, "normalize", {"normalize": None}),
        (ValueError, "eps2", {"eps2": 0}),
        (ValueError, "eps2", {"eps2": np.inf}),
        (TypeError, "eps2", {"eps2": "1"}),
        (ValueError, "bias", {"bias": np.zeros(3)}),
        (ValueError, "filter", {"filter": np.zeros((3, 3))}),
        (ValueError, "filter", {"filter": np.zeros((3, 2, 2))}),
        (ValueError, "bias", {"filter": np.zeros((3, 3, 3)), "bias": 0.0}),
        (ValueError, "bias", {"filter": np.zeros((3, 3, 3)), "bias": np.zeros(2)}),
        (ValueError, "filter", {"filter": np.zeros((3, 3, 3)), "stride": 1, "padding": 1}),
    ],
)
@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp])
def test_bad_arguments(module, error, text, arguments):
    with pytest.raises(error, match=text):
        module.detail_preserving_pool2d(np.zeros((2, 3, 4, 4)), 2, **arguments)


# ------------------------------------------------------------------------------------------ layers
CASES = [{}, {"num_channels": 3}, {"symmetric": False, "normalize": "sum"}, {"lite": False, "num_channels": 3, "rng": 0}]


@pytest.mark.parametrize("settings", CASES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers_learn(settings, rank):
    x, target = field((2, 3) + (6,) * rank), field((2, 3) + (3,) * rank, 1)
    window = {"kernel_size": 3, "stride": 2, "padding": 1} if rank == 1 else {"kernel_size": 2}  # two cells are equally far
    layer = getattr(cpool, f"DetailPreservingPool{rank}d")(**window, **settings)
    before, losses = layer.state_dict(), []
    for _ in range(20):
        error = layer(x) - target
        losses.append((error**2).mean())
        assert layer.backward(error / error.size).shape == x.shape
        for key, value in layer.params.items():
            value -= 0.01 * layer.grads[key]
        layer.zero_grad()
    assert losses[-1] < losses[0]
    assert list(before) == ["log_lambda", "log_alpha", "filter", "bias"][: 4 if "lite" in settings else 2]
    assert all((layer.params[key] != before[key]).any() for key in before)
    assert layer.output_shape(x.shape) == target.shape
    again = eval(repr(layer), vars(cpool))
    again.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(again.eval()(x), layer.eval()(x))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x), layer(x))


@pytest.mark.parametrize("shape", [(2, 3, 7, 9), (3, 5, 8), (2, 3, 4, 4)])
@pytest.mark.parametrize("last", [False, True])
def test_full_layer_of_odd_sizes(shape, last):
    layer = cpool.DetailPreservingPool2d(
        2, lite=False, num_channels=3, rng=0, data_format="channels_last" if last else "channels_first"
    )  # fmt: skip
    x = np.moveaxis(field(shape), -3, -1) if last else field(shape)
    y = layer(x)
    assert y.shape == layer.output_shape(x.shape)
    assert layer.backward(y).shape == x.shape


def test_full_layer_of_more_windows_than_its_filter_has():
    layer = cpool.DetailPreservingPool2d(2, 1, 1, lite=False, num_channels=3)
    for call in (lambda: layer.output_shape((3, 4, 4)), lambda: layer(np.zeros((3, 4, 4)))):
        with pytest.raises(ValueError, match=r"filter: .* give 4 values along spatial axis 0 of 4 cells, where the pooling has 5"):
            call()


def test_layers_start_and_stay_where_the_published_code_keeps_them():
    layer = cpool.DetailPreservingPool2d(2, num_channels=50, lite=False, rng=0)
    assert {key: value.shape for key, value in layer.params.items()} == {
        "log_lambda": (50,), "log_alpha": (50,), "filter": (50, 3, 3), "bias": (50,),
    }  # fmt: skip
    assert 0.3 < np.abs(layer.params["filter"]).max() <= 1 / 3
    layer.params["log_lambda"][:2] = [5, -100]
    layer.params["log_alpha"][:2] = [11, 9]
    layer.project()
    np.testing.assert_array_equal(layer.params["log_lambda"][:3], [4, -100, 0])
    np.testing.assert_array_equal(layer.params["log_alpha"][:3], [10, 9, 0])


@pytest.mark.parametrize(
    ("error", "text", "settings"),
    [
        (ValueError, "num_channels", {"lite": False}),
        (TypeError, "lite", {"lite": 0}),
        (ValueError, "normalize", {"normalize": "x"}),
        (ValueError, "eps2", {"eps2": -1.0}),
        (TypeError, "rng", {"rng": "x"}),
    ],
)
def test_bad_arguments_of_layers(error, text, settings):
    with pytest.raises(error, match=text):
        cpool.DetailPreservingPool2d(2, **settings)
