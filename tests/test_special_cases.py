"""What one pooling of the literature has in common with another: limits and special cases, results and gradients.

Those of one method alone are tested with it: one-hot weights are the maximum, alpha = 0 the mean, a large r the maximum, ...
"""

import numpy as np
import pytest
from learned_cases import spread

import cpool

INF = np.inf
WINDOWS = [(2,), (3, 2), (3, 1, 1)]


def maps(seed=0, positive=False):
    return spread(np.random.default_rng(seed), (2, 3, 7, 8), positive)


def same(one, other, rtol=1e-10):
    """Results, and gradients of x, of two (y, pullback)."""
    grads = []
    np.testing.assert_allclose(one[0], other[0], rtol=rtol)
    for y, pullback in (one, other):
        found = pullback(np.random.default_rng(9).standard_normal(y.shape))
        grads.append(found[0] if isinstance(found, tuple) else found)
    np.testing.assert_allclose(*grads, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("p", [-2.0, 0.5, 3.0])
def test_power_mean_is_the_log_sum_exp_of_logarithms(window, p):
    x = maps(positive=True)
    logs, pullback = cpool.vjp.lse_pool2d(np.log(x), *window, r=p)
    y = np.exp(logs)
    same(cpool.vjp.gem_pool2d(x, p, *window), (y, lambda grad: pullback(grad * y)[0] / x))


@pytest.mark.parametrize(
    ("alpha", "p"), [(-1.0, 1.0), (1.0, 0.0), (3.0, -1.0), (-INF, INF), (INF, -INF), (-3.0, 2.0)]
)  # arithmetic, geometric, harmonic mean, maximum, minimum, quadratic mean
def test_alpha_integration(alpha, p):
    x = maps(positive=True)
    layer = cpool.GeMPool2d(2, alpha=alpha)
    y, pullback = cpool.vjp.gem_pool2d(x, p, 2)
    np.testing.assert_array_equal(layer(x), y)
    np.testing.assert_array_equal(layer.backward(y), pullback(y)[0])


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(("factor", "pooled"), [(INF, cpool.vjp.max_pool2d), (-INF, cpool.vjp.min_pool2d)])
def test_infinite_factors(window, factor, pooled):
    x = maps()
    same(cpool.vjp.soft_pool2d(x, *window, beta=factor), pooled(x, *window))
    same(cpool.vjp.lse_pool2d(x, *window, r=factor), pooled(x, *window))
    same(cpool.vjp.gem_pool2d(np.exp(x / 10), factor, *window), pooled(np.exp(x / 10), *window))


@pytest.mark.parametrize("window", WINDOWS)
def test_log_sum_exp_lies_between_the_mean_and_the_maximum_and_grows_with_r(window):
    x = maps()
    mean, most = cpool.avg_pool2d(x, *window, count_include_pad=False), cpool.max_pool2d(x, *window)
    steps = [cpool.lse_pool2d(x, *window, r=r) for r in (1e-9, 0.01, 0.1, 1, 10, 1e3)]
    np.testing.assert_allclose(steps[0], mean, atol=1e-6)
    assert (steps[-1] <= most).all()
    assert all((more >= less).all() for less, more in zip([mean - 1e-12, *steps], [*steps, most], strict=True))


@pytest.mark.parametrize("window", WINDOWS)
def test_weights_of_minus_1_are_the_minimum(window):
    """The largest of weighted cells is then the least cell, its sign turned."""
    y, pullback = cpool.vjp.min_pool2d(x := maps(), *window)
    same(cpool.vjp.weighted_max_pool2d(x, np.full((window[0],) * 2, -1.0), *window[1:]), (-y, lambda grad: -pullback(grad)))


@pytest.mark.parametrize("window", WINDOWS)
def test_ordinal_weights_of_rank_pooling(window):
    """The first t ranks alike, and geometric weights; also where the border leaves fewer cells."""
    x, cells = maps(), window[0] ** 2
    geometric = 0.3 * 0.7 ** np.arange(cells)
    same(
        cpool.vjp.ordinal_pool2d(x, geometric / geometric.sum(), *window),
        cpool.vjp.rank_pool2d(x, *window, mode="weighted", decay=0.3),
    )
    for top in range(1, cells + 1):
        weight = np.where(np.arange(cells) < top, 1 / top, 0)
        same(cpool.vjp.ordinal_pool2d(x, weight, *window), cpool.vjp.rank_pool2d(x, *window, top=top))


@pytest.mark.parametrize("window", [(2,), (3, 2)])
@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_expectation_of_dropout_is_rank_pooling_but_for_the_chance_that_all_are_dropped(window, rate):
    x = maps()
    some = 1 - rate ** (window[0] ** 2)
    y, pullback = cpool.vjp.rank_pool2d(x, *window, mode="weighted", decay=1 - rate)
    same(cpool.vjp.max_pool_dropout2d(x, *window, rate=rate, training=False), (some * y, lambda grad: some * pullback(grad)))


def test_dropout_of_negative_cells():
    """Survivors compete among themselves: no dropped cell and no padding is in their way; only without survivors y is 0."""
    x = -maps(positive=True)
    y = cpool.max_pool_dropout2d(x, 3, 1, 1, rate=0.5, rng=0)
    assert np.isin(y[y != 0], x).all()
    assert 0 < (y == 0).mean() < 0.05
    np.testing.assert_array_equal(cpool.max_pool_dropout2d(x, 3, 1, 1, rate=0), cpool.max_pool2d(x, 3, 1, 1))


@pytest.mark.parametrize("window", [(2,), (3, 2)])
def test_evaluation_of_stochastic_pooling_is_squares_over_sums(window):
    x = maps() + 12  # in each window one is positive
    positive, back = np.maximum(x, 0), (x > 0)
    squares, of_squares = cpool.vjp.sum_pool2d(positive**2, *window)
    sums, of_sums = cpool.vjp.sum_pool2d(positive, *window)
    y = squares / sums
    slopes = (y, lambda grad: back * (of_squares(grad / sums) * 2 * positive - of_sums(grad * y / sums)))
    same(cpool.vjp.stochastic_pool2d(x, *window, training=False), slopes)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_tree_is_one_of_its_leaves_or_their_mean(window):
    rng, shape = np.random.default_rng(1), (window[0],) * 2
    x, leaves, zero = np.abs(maps()), rng.standard_normal((2, *shape)), np.zeros(shape)
    alone = [cpool.vjp.tree_pool2d(x, np.stack([leaf, leaf]), zero, *window[1:]) for leaf in leaves]
    for gate, wanted in ((1e6, 0), (-1e6, 1)):
        same(cpool.vjp.tree_pool2d(x, leaves, np.full(shape, gate), *window[1:]), alone[wanted])
    np.testing.assert_allclose(cpool.tree_pool2d(x, leaves, zero, *window[1:]), (alone[0][0] + alone[1][0]) / 2, atol=1e-12)


def test_a_tree_of_one_hot_leaves_is_a_stride():
    leaf = np.array([[0.0, 0.0], [1.0, 0.0]])
    y = cpool.tree_pool2d(maps()[:, :, :6], np.stack([leaf, leaf]), leaf)
    np.testing.assert_allclose(y, maps()[:, :, 1:6:2, ::2], rtol=1e-15)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("symmetric", [True, False])
def test_details_without_a_floor_do_not_depend_on_the_divisor(window, symmetric):
    options = {"log_alpha": -INF, "log_lambda": 0.4, "symmetric": symmetric}
    by_mean, by_sum, by_none = (
        cpool.vjp.detail_preserving_pool2d(maps(), *window, **options, normalize=normalize) for normalize in ("mean", "sum", "none")
    )
    same(by_mean, by_sum, rtol=1e-8)
    same(by_mean, by_none, rtol=1e-8)


def test_details_by_the_formula_of_the_paper():
    x, eps2, power, floor = maps()[:1, :1, :6], 1e-2, 1.7, 0.3
    cells = x[0, 0].reshape(3, 2, 4, 2).swapaxes(1, 2).reshape(3, 4, 4)
    d = cells - cells.mean(axis=-1, keepdims=True)
    for symmetric, distance in ((True, d), (False, np.maximum(d, 0))):
        w = floor + np.sqrt(distance**2 + eps2) ** power
        y = cpool.detail_preserving_pool2d(
            x, 2, log_lambda=np.log(power), log_alpha=np.log(floor), symmetric=symmetric, normalize="none", eps2=eps2
        )  # fmt: skip
        np.testing.assert_allclose(y[0, 0], (w * cells).sum(axis=-1) / w.sum(axis=-1))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "zero"])
def test_max_blur_is_a_maximum_and_a_blur(mode):
    x = maps()
    largest, back = cpool.vjp.max_pool2d(x, 3, 1)
    y, of_blur = cpool.vjp.blur_pool2d(largest, 3, 2, mode=mode)
    same(cpool.vjp.max_blur_pool2d(x, 3, 3, 2, mode=mode), (y, lambda grad: back(of_blur(grad))))
    blurred, of_blur = cpool.vjp.blur_pool2d(x, 3, 2, mode=mode)
    same(cpool.vjp.max_blur_pool2d(x, 1, 3, 2, mode=mode), (blurred, of_blur))


def test_polyphase_of_every_cell_is_the_input():
    same(cpool.vjp.polyphase_pool2d(maps(), 1), (maps(), lambda grad: grad))


def test_cells_of_zeros_and_of_copies_in_generalized_max_pooling():
    """Zeros change nothing; copies of what is there already change nothing as lambda falls, but turn the sum."""
    x = np.random.default_rng(2).standard_normal((2, 6, 4))
    for normalize in (True, False):
        y = cpool.generalized_max_pool(x, 0.5, normalize=normalize)
        zeros = np.concatenate([x, np.zeros((2, 6, 5))], axis=2)
        np.testing.assert_allclose(cpool.generalized_max_pool(zeros, 0.5, normalize=normalize), y, rtol=1e-10)
    copies = np.concatenate([x, *[x[:, :, :1]] * 20], axis=2)
    for lam, least, most in ((1e-7, 0, 1e-5), (1e6, 0.1, 3)):
        apart = np.abs(cpool.generalized_max_pool(copies, lam) - cpool.generalized_max_pool(x, lam)).max()
        assert least <= apart < most


def test_attention_over_one_cell_is_the_cell():
    x = np.random.default_rng(3).standard_normal((2, 3, 1, 1))
    y, pullback = cpool.vjp.attention_pool(x, np.array([5.0, -3.0, 1.0]))
    np.testing.assert_array_equal(y, x[:, :, 0, 0])
    grad_x, grad_query = pullback(y)
    np.testing.assert_array_equal(grad_x, x)
    np.testing.assert_array_equal(grad_query, 0)


@pytest.mark.parametrize("alpha", [-0.5, 0.25, 2.0])
@pytest.mark.parametrize("window", WINDOWS)
def test_mixed_pooling_is_linear_in_its_parts(window, alpha):
    x = maps()
    most, of_max = cpool.vjp.max_pool2d(x, *window)
    mean, of_mean = cpool.vjp.avg_pool2d(x, *window, count_include_pad=False)
    same(
        cpool.vjp.mixed_pool2d(x, window[0], alpha, *window[1:]),
        (alpha * most + (1 - alpha) * mean, lambda grad: alpha * of_max(grad) + (1 - alpha) * of_mean(grad)),
        rtol=1e-9,
    )
