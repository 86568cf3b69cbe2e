"""Gradients against what needs no second implementation: differences of the forward function, and the adjoint identity.

Both run for the compiled functions and for the oracle.
"""

import math

import numpy as np
import pytest
from cases import FUNCTIONS, cases, distinct, examples, op_and_rank
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_same_bits

import cpool

MODULES = [cpool, cpool.reference]
both = pytest.mark.parametrize("module", MODULES, ids=["compiled", "reference"])
every_function = pytest.mark.parametrize("function", FUNCTIONS)


def jacobian(function, x, step):
    """d function / d x by central differences: one row an output, one column a cell of x."""
    columns = []
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        columns.append((function(up) - function(down)).ravel() / (2 * step))
    return np.stack(columns, axis=1)


def pulled_back(pullback, y_shape):
    """The same matrix from a pullback, row by row."""
    rows = []
    for at in np.ndindex(y_shape):
        unit = np.zeros(y_shape)
        unit[at] = 1.0
        rows.append(pullback(unit).ravel())
    return np.stack(rows)


def without_infinities(y):
    """The results of windows without a cell, which do not change with x, as 0: inf - inf would be NaN."""
    return np.where(np.isfinite(y), y, 0.0)


@both
@every_function
@examples(20)
@given(data=st.data())
def test_pullback_is_the_jacobian(module, function, data):
    """Integers in steps of 1, moved by 1/4, keep their winners, and sums of them are exact: only divisors round."""
    case = data.draw(cases(function).filter(lambda case: 0 < case.x.size <= 60))
    x = distinct(np.random.default_rng(case.seed), case.x.shape)

    def forward(x):
        return without_infinities(getattr(module, function)(x, **case.options))

    if forward(x).size <= 150:
        y, pullback = getattr(module.vjp, function)(x, **case.options)
        np.testing.assert_allclose(pulled_back(pullback, y.shape), jacobian(forward, x, 0.25), rtol=1e-12, atol=1e-12)


@both
@every_function
@examples(40)
@given(data=st.data())
def test_adjoint_identity(module, function, data):
    """<pullback(g), v> = <g, J v>; J v is forward(v) for sums, and for max and min a difference that keeps all winners."""
    op, _ = op_and_rank(function)
    case = data.draw(cases(function))
    rng = np.random.default_rng(case.seed)
    x, v = distinct(rng, case.x.shape), rng.uniform(-1, 1, case.x.shape)

    def forward(x):
        return without_infinities(getattr(module, function)(x, **case.options))

    y, pullback = getattr(module.vjp, function)(x, **case.options)
    image = forward(v) if op in ("avg", "sum") else (forward(x + 0.25 * v) - forward(x)) / 0.25
    g = rng.standard_normal(y.shape)
    left, right = (g * image).ravel(), (pullback(g) * v).ravel()
    # x + v / 4 loses what float64 cannot hold beside x
    scale = np.abs(left).sum() + np.abs(right).sum() + np.abs(g).sum() * 2.0**-10 * max(1, x.size)
    assert abs(math.fsum(left) - math.fsum(right)) <= 2.0**-40 * scale


@both
@every_function
def test_pullbacks_are_linear_and_keep_nothing(module, function):
    """Powers of two scale exactly, and one call leaves no trace in the next."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 7, 7, 7)[: 2 + op_and_rank(function)[1]])
    y, pullback = getattr(module.vjp, function)(x, 3, 2, 1)
    g = rng.standard_normal(y.shape)
    first = pullback(g)
    assert_same_bits(pullback(4 * g), 4 * first)
    np.testing.assert_array_equal(pullback(-g), -first)
    assert not pullback(np.zeros(y.shape)).any()
    assert_same_bits(pullback(g), first)


@both
@pytest.mark.parametrize("op", ["max", "min"])
def test_windows_that_do_not_overlap_pass_gradients_on_unchanged(module, op):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, 3, 8, 12)).astype(np.float32)
    (y, indices), pullback = getattr(module.vjp, f"{op}_pool2d")(x, (2, 3), return_indices=True)
    g = rng.standard_normal(y.shape).astype(np.float32)
    expected = np.zeros((2, 3, 96), np.float32)
    np.put_along_axis(expected, indices.reshape(2, 3, -1), g.reshape(2, 3, -1), -1)
    assert_same_bits(pullback(g), expected.reshape(x.shape))


@both
@every_function
@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_total_gradient(module, function, data_format):
    """All that comes in goes out: every winner is one cell, and an average's shares add up to 1."""
    op, rank = op_and_rank(function)
    x = np.random.default_rng(2).standard_normal((2, 5, 9, 6, 7)[: 2 + rank])
    x = x if data_format == "channels_first" else np.moveaxis(x, 1, -1)
    options = {"count_include_pad": False} if op == "avg" else {}
    y, pullback = getattr(module.vjp, function)(x, 3, 2, 1, data_format=data_format, **options)
    total = pullback(np.ones(y.shape)).sum()
    window_sizes = getattr(module, f"sum_pool{rank}d")(np.ones(x.shape), 3, 2, 1, data_format=data_format)
    assert total == pytest.approx(window_sizes.sum() if op == "sum" else y.size, rel=1e-12)
