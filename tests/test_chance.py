"""Stochastic, dropout and rank pooling: chances, expectations, limits, and what they refuse."""

import itertools
import pickle

import numpy as np
import pytest
from cases import MEMORY
from learned_cases import spread

import cpool

NAMES = ("stochastic_pool", "max_pool_dropout", "rank_pool")
LAYERS = {"stochastic_pool": "StochasticPool", "max_pool_dropout": "MaxPoolDropout", "rank_pool": "RankPool"}
DRAWN = {"stochastic_pool": {}, "max_pool_dropout": {}, "rank_pool": {"mode": "stochastic"}}
MANY = 100_000


def repeated(window, dtype=np.float64):
    """Many windows of the same cells."""
    return np.tile(np.asarray(window, dtype), (MANY, 1))[:, None]


def chi_square(found, chances):
    """Whether counts agree with chances, but for once in 30,000 times."""
    chances = np.asarray(chances, float)
    found, chances = np.asarray(found)[chances > 0], chances[chances > 0]
    expected, free = chances * found.sum(), len(found) - 1
    most = free * (1 - 2 / (9 * free) + 4 * np.sqrt(2 / (9 * free))) ** 3
    assert ((found - expected) ** 2 / expected).sum() < most


def counts(y, values):
    values = np.asarray(values, y.dtype)
    assert np.isin(y, values).all()
    return [int((y == value).sum()) for value in values]


def x_of(rank, dtype=np.float32, seed=0, positive=False):
    shape = (2, 3, *{1: (40,), 2: (9, 16), 3: (5, 6, 7)}[rank])
    return spread(np.random.default_rng(seed), shape, positive).astype(dtype)


# ------------------------------------------------------------------------------------------ chances
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stochastic_draws_in_proportion(dtype):
    y = cpool.stochastic_pool1d(repeated([3.0, 0.0, 1.0, 2.0, -5.0], dtype), 5, rng=1)
    chi_square(counts(y, [3, 1, 2]), [3 / 6, 1 / 6, 2 / 6])


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_dropout_draws_what_dropping_leaves(rate):
    window = np.array([3.0, 1.0, 4.0, 2.0])
    chances = dict.fromkeys([0.0, *window], 0.0)
    for kept in itertools.product((0, 1), repeat=4):
        largest = max([value for value, keep in zip(window, kept, strict=True) if keep], default=0.0)
        chances[largest] += np.prod([1 - rate if keep else rate for keep in kept])
    y = cpool.max_pool_dropout1d(repeated(window), 4, rate=rate, rng=2)
    chi_square(counts(y, list(chances)), list(chances.values()))
    expected = sum(value * chance for value, chance in chances.items())
    np.testing.assert_allclose(cpool.max_pool_dropout1d([window], 4, rate=rate, training=False), [[expected]], rtol=1e-14)


@pytest.mark.parametrize(("decay", "top"), [(0.5, None), (0.3, None), (0.3, 2)])
def test_rank_draws_by_rank(decay, top):
    chances = decay * (1 - decay) ** np.arange(4) * (np.arange(4) < (top or 4))
    y = cpool.rank_pool1d(repeated([3.0, 1.0, 4.0, 2.0]), 4, mode="stochastic", decay=decay, top=top, rng=3)
    chi_square(counts(y, [4, 3, 2, 1]), chances / chances.sum())


def test_rank_shares_all_chance_among_the_cells_of_a_cut_window():
    y = cpool.rank_pool1d(repeated([3.0, 1.0]), 4, padding=(2,), stride=9, mode="stochastic", rng=4)
    chi_square(counts(y, [3, 1]), [2 / 3, 1 / 3])


def test_dropout_drops_the_cells_of_a_cut_window_alike():
    y = cpool.max_pool_dropout1d(repeated([3.0, 1.0]), 4, padding=(2,), stride=9, rng=5)
    chi_square(counts(y, [3, 1, 0]), [1 / 2, 1 / 4, 1 / 4])


@pytest.mark.parametrize("name", NAMES)
def test_expectation(name):
    """The mean of many draws, within six standard errors, and by ranks that of their gradients."""
    x = x_of(2, np.float64, positive=True)[:1, :1]
    function = getattr(cpool.vjp, f"{name}2d")
    many = np.repeat(x, 20_000, axis=0)
    draws, pullback = function(many, 3, 2, 1, **DRAWN[name], rng=6)
    expected, slopes = function(x, 3, 2, 1, **DRAWN[name], training=False)
    grad = np.random.default_rng(7).uniform(0.5, 1, expected.shape)
    pairs = [(draws, expected)]
    if name != "stochastic_pool":  # of which the gradient of a draw leaves out that of its chance
        pairs.append((pullback(np.broadcast_to(grad, draws.shape)), slopes(grad)))
    for found, wanted in pairs:
        assert (np.abs(found.mean(0) - wanted[0]) <= 6 * found.std(0) / np.sqrt(len(found)) + 1e-9).all()


@pytest.mark.parametrize("name", NAMES)
def test_draws_of_overlapping_windows_are_independent(name):
    """Of the same cells seen twice: what both draw, pair by pair, against the products of the shares."""
    x = np.tile([3.0, 1.0, 2.0], (MANY, 1))[:, None]
    y = getattr(cpool, f"{name}1d")(x, 5, stride=2, padding=((3, 3),), **DRAWN[name], rng=8)[:, 0, 1:3]
    values = np.unique(y)
    shares = [[(column == value).mean() for value in values] for column in y.T]
    found = [((y[:, 0] == one) & (y[:, 1] == other)).sum() for one in values for other in values]
    chi_square(found, np.outer(*shares).ravel())


def test_stochastic_evaluation_is_the_sum_over_all_draws():
    """The analytic expectation, cell by cell, each with its chance; of 100,000 windows of different cells."""
    x = np.random.default_rng(9).uniform(0, 1, (1, 1, 200, 500, 4)) ** 3
    chances = x / x.sum(axis=-1, keepdims=True)
    y = cpool.stochastic_pool3d(x, (1, 1, 4), training=False)
    np.testing.assert_allclose(y[..., 0], (chances * x).sum(axis=-1), rtol=1e-13)
    draws = cpool.stochastic_pool3d(x, (1, 1, 4), rng=10)[..., 0]
    deviation = np.sqrt((chances * (x - y) ** 2).sum())
    assert abs((draws - y[..., 0]).sum()) < 5 * deviation
    ranks = (draws[..., None] < np.sort(x, axis=-1)).sum(axis=-1)
    expected = -np.sort(-chances, axis=-1).reshape(-1, 4)
    found, variance = np.bincount(ranks.ravel(), minlength=4), (expected * (1 - expected)).sum(axis=0)
    assert (np.abs(found - expected.sum(axis=0)) < 5 * np.sqrt(variance)).all()


# ------------------------------------------------------------------------------------------ one seed, one result
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_seed_gives_one_result(name, rank):
    x, function = x_of(rank), getattr(cpool.vjp, f"{name}{rank}d")
    results = []
    for memory in ("contiguous", "other layout", "fortran", "crop", "backwards", "swapped"):
        for threads, last in itertools.product((1, 3), (False, True)):
            move = (lambda a: np.moveaxis(a, 1, -1)) if last else (lambda a: a)
            back = (lambda a: np.moveaxis(a, -1, 1)) if last else (lambda a: a)
            options = {"data_format": "channels_last"} if last else {}
            with cpool.num_threads(threads):
                array = MEMORY[memory](move(x), rank, last)
                y, pullback = function(array, 3, 2, 1, **DRAWN[name], **options, rng=np.random.default_rng(7))
                grad = np.random.default_rng(8).standard_normal(back(y).shape).astype(np.float32)
                results.append((back(y).astype(np.float32), back(pullback(move(grad))).astype(np.float32)))
    for y, grad in results[1:]:
        np.testing.assert_array_equal(y, results[0][0])
        np.testing.assert_array_equal(grad, results[0][1])
    np.testing.assert_array_equal(results[0][0], getattr(cpool, f"{name}{rank}d")(x, 3, 2, 1, **DRAWN[name], rng=7))


@pytest.mark.parametrize("name", NAMES)
def test_generators_go_on(name):
    x, rng = x_of(2), np.random.default_rng(0)
    function = getattr(cpool, f"{name}2d")
    one, two = (function(x, 2, **DRAWN[name], rng=rng) for _ in range(2))
    assert (one != two).any()
    np.testing.assert_array_equal(one, function(x, 2, **DRAWN[name], rng=0))
    assert (function(x, 2, **DRAWN[name]) != function(x, 2, **DRAWN[name])).any()
    function(x, 2, **DRAWN[name], training=False, rng=rng)
    assert rng.bit_generator.state != np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [4, 64, 300])
@pytest.mark.parametrize("kernel", [(2, 2, 0), (3, 1, 1), (3, 2, 1), (17, 16, 3)])
def test_the_gradient_goes_to_the_cells_that_were_drawn(name, size, kernel):
    """In planes of every size, whose gradients take ways of their own, with windows of which no cell is left."""
    if kernel[0] > size:
        pytest.skip("larger than the plane")
    x = spread(np.random.default_rng(0), (2, 1, kernel[0] + 1, size)).astype(np.float32)
    function = getattr(cpool.vjp, f"{name}2d")
    options = DRAWN[name] | ({"rate": 0.9} if name == "max_pool_dropout" else {})
    y, pullback = function(x, *kernel, **options, rng=9)
    reference, reference_pullback = getattr(cpool.reference.vjp, f"{name}2d")(x.astype(float), *kernel, **options, rng=9)
    np.testing.assert_array_equal(y, reference)
    if name != "rank_pool" and size > 4 and kernel[0] < 17:
        assert (y == 0).any()
    grad = np.random.default_rng(1).integers(-8, 8, y.shape).astype(np.float32)
    np.testing.assert_array_equal(pullback(grad), reference_pullback(grad))


# ------------------------------------------------------------------------------------------ limits
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_limits_that_are_max_pooling(dtype):
    x = spread(np.random.default_rng(0), (2, 3, 9, 16)).astype(dtype)
    window = (3, 2, 1)
    expected, expected_pullback = cpool.vjp.max_pool2d(x, *window)
    grad = np.random.default_rng(1).standard_normal(expected.shape).astype(dtype)
    for found, pullback in (
        cpool.vjp.max_pool_dropout2d(x, *window, rate=0),
        cpool.vjp.max_pool_dropout2d(x, *window, rate=0, training=False),
        cpool.vjp.rank_pool2d(x, *window, top=1),
        cpool.vjp.rank_pool2d(x, *window, mode="weighted", decay=1),
        cpool.vjp.rank_pool2d(x, *window, mode="stochastic", decay=1.0),
        cpool.vjp.rank_pool2d(x, *window, mode="stochastic", top=1),
    ):
        np.testing.assert_array_equal(found, expected, strict=True)
        np.testing.assert_allclose(pullback(grad).astype(float), expected_pullback(grad).astype(float), rtol=2e-3, atol=2e-3)


def test_all_ranks_are_the_average():
    x = x_of(2, np.float64)
    options = {"stride": 2, "padding": 1, "ceil_mode": True}
    expected, expected_pullback = cpool.vjp.avg_pool2d(x, 3, **options, count_include_pad=False)
    for top in (9, 1000):
        y, pullback = cpool.vjp.rank_pool2d(x, 3, **options, top=top)
        np.testing.assert_allclose(y, expected, rtol=1e-13)
        np.testing.assert_allclose(pullback(y), expected_pullback(y), rtol=1e-13)
    np.testing.assert_allclose(cpool.rank_pool2d(x, 3, **options, mode="weighted", decay=1e-12), expected, atol=1e-9)


def test_half_of_the_cells_by_default():
    assert cpool.rank_pool1d([[1.0, 2.0, 3.0, 6.0, 0.0]], 5) == (6 + 3 + 2) / 3
    assert cpool.rank_pool1d([[1.0, 2.0, 3.0, 6.0]], 4) == (6 + 3) / 2


def test_rank_in_evaluation_is_weighted():
    x = x_of(2)
    weighted = cpool.rank_pool2d(x, 3, mode="weighted", decay=0.3)
    np.testing.assert_array_equal(cpool.rank_pool2d(x, 3, mode="stochastic", decay=0.3, training=False), weighted)
    np.testing.assert_array_equal(cpool.rank_pool2d(x, 3, mode="weighted", decay=0.3, training=False), weighted)


def test_ties_count_once():
    """As many cells as were asked for get the gradient, of equal cells the earlier."""
    _, pullback = cpool.vjp.rank_pool1d([[0.0, 0.0, 0.0, 0.0]], 4, top=2)
    np.testing.assert_array_equal(pullback([[1.0]]), [[0.5, 0.5, 0.0, 0.0]])
    _, pullback = cpool.vjp.max_pool_dropout1d([[0.0, 1.0, 1.0, 0.0]], 4, rate=0.5, training=False)
    np.testing.assert_array_equal(pullback([[1.0]]), [[0.125, 0.5, 0.25, 0.0625]])


def test_evaluation_of_stochastic_pooling():
    y, pullback = cpool.vjp.stochastic_pool1d([[1.0, 3.0, -2.0, 0.0]], 4, training=False)
    assert y == 10 / 4
    np.testing.assert_allclose(pullback([[1.0]]), [[(2 - 2.5) / 4, (6 - 2.5) / 4, 0, 0]])


@pytest.mark.parametrize("training", [True, False])
def test_nothing_positive_gives_0_and_no_gradient(training):
    for x in (np.zeros((2, 3, 6, 6)), np.full((2, 3, 6, 6), -4.0), -np.zeros((2, 3, 6, 6), np.float32)):
        y, pullback = cpool.vjp.stochastic_pool2d(x, 3, 2, training=training, rng=0)
        assert (y == 0).all()
        assert (pullback(np.ones_like(y)) == 0).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_windows_without_a_cell_and_special_cells(name, training):
    function = getattr(cpool.vjp, f"{name}1d")
    options = DRAWN[name] | {"training": training, "rng": 0}
    y, pullback = function([[5.0]], 2, 1, 1, 2, **options)  # cells -1 and 1
    assert y.tolist() == [[0.0]]
    assert pullback([[1.0]]).tolist() == [[0.0]]
    more = options | ({"rate": 0.0} if name == "max_pool_dropout" else {"decay": 1.0} if name == "rank_pool" else {})
    y, pullback = function([[1.0, np.nan, 2.0, np.nan]], 4, **more)
    assert np.isnan(y).all()
    if training:
        assert pullback([[1.0]]).tolist() == [[0.0, 1.0, 0.0, 0.0]]
    assert function([[1.0, np.inf, 2.0, -np.inf]], 4, **more)[0] == np.inf


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_dtypes(name, training):
    x = np.random.default_rng(0).integers(0, 9, (2, 3, 6, 8))
    options = DRAWN[name] | {"training": training, "rng": 3}
    function = getattr(cpool.vjp, f"{name}2d")
    expected, expected_pullback = function(x.astype(np.float64), 2, **options)
    for dtype in (np.int8, np.uint16, np.int64, np.float16, np.float32):
        y, pullback = function(x.astype(dtype), 2, **options)
        wanted = np.dtype(dtype) if np.dtype(dtype).kind == "f" else np.dtype(np.float64)
        grad = pullback(np.ones_like(y))
        assert (y.dtype, grad.dtype) == (wanted, wanted)
        np.testing.assert_allclose(y.astype(float), expected, rtol=2e-3)
        np.testing.assert_allclose(grad.astype(float), expected_pullback(np.ones_like(expected)), rtol=4e-3, atol=1e-3)


# ------------------------------------------------------------------------------------------ refusals and layers
@pytest.mark.parametrize(
    ("name", "options", "error", "text"),
    [
        ("max_pool_dropout", {"rate": 1.0}, ValueError, "rate=1.0"),
        ("max_pool_dropout", {"rate": -0.1}, ValueError, "rate=-0.1"),
        ("max_pool_dropout", {"rate": np.nan}, ValueError, "rate"),
        ("max_pool_dropout", {"rate": "a"}, TypeError, "rate"),
        ("max_pool_dropout", {"rate": True}, TypeError, "rate"),
        ("rank_pool", {"mode": "max"}, ValueError, "mode"),
        ("rank_pool", {"mode": 1}, TypeError, "mode"),
        ("rank_pool", {"top": 0}, ValueError, "top"),
        ("rank_pool", {"top": 1.5}, TypeError, "top"),
        ("rank_pool", {"decay": 0}, ValueError, "decay"),
        ("rank_pool", {"decay": 1.5}, ValueError, "decay"),
        ("rank_pool", {"decay": False}, TypeError, "decay"),
        *((name, {"training": 1}, TypeError, "training") for name in NAMES),
        *((name, {"rng": -1}, ValueError, "rng") for name in NAMES),
        *((name, {"rng": 1.5, "training": False}, TypeError, "rng") for name in NAMES),
        *((name, {"kernel_size": 0}, ValueError, "kernel_size") for name in NAMES),
    ],
)
def test_refusals(name, options, error, text):
    for module in (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp):
        with pytest.raises(error, match=text):
            getattr(module, f"{name}2d")(np.zeros((1, 1, 4, 4)), **({"kernel_size": 2} | options))
    if "training" not in options:
        with pytest.raises(error, match=text):
            getattr(cpool, f"{LAYERS[name]}2d")(**({"kernel_size": 2} | options))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers(name, rank):
    x = x_of(rank)
    layer = getattr(cpool, f"{LAYERS[name]}{rank}d")(3, 2, 1, **DRAWN[name], rng=5)
    function, rng = getattr(cpool.vjp, f"{name}{rank}d"), np.random.default_rng(5)
    for _ in range(2):  # each forward draws anew
        y, pullback = function(x, 3, 2, 1, **DRAWN[name], rng=rng)
        np.testing.assert_array_equal(layer(x), y)
        np.testing.assert_array_equal(layer.backward(y), pullback(y))
    assert layer.output_shape(x.shape) == y.shape
    assert layer.params == layer.state_dict() == {}
    copied = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(copied(x), layer(x))
    expected = function(x, 3, 2, 1, **DRAWN[name], training=False)[0]
    for _ in range(2):
        np.testing.assert_array_equal(layer.eval()(x), expected)
    with pytest.raises(RuntimeError, match="eval"):
        layer.backward(y)
    assert repr(eval(repr(layer), vars(cpool))) == repr(layer)
