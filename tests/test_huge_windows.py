"""Windows, and steps, much larger than the input: what never counts takes no memory."""

import tracemalloc

import numpy as np
import pytest

import cpool

X = np.random.default_rng(0).uniform(-1, 1, (2, 3, 5, 7))
WINDOW = (3001, 2001)
METHODS = {
    "rank_pool": [{"mode": "average"}, {"mode": "average", "top": 4}, {"mode": "weighted"}, {"mode": "stochastic", "rng": 0},
                  {"mode": "weighted", "top": 3}],
    "max_pool_dropout": [{"rng": 0}, {"training": False}, {"rate": 0.9, "rng": 1}],
}  # fmt: skip


def traced(call):
    """The result, and the most memory that numpy had meanwhile, in MB."""
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "window", [((41, 61), 1, "same"), ((9, 5), 1, (4, 2)), ((6, 301), 2, (2, 150)), ((201, 301), 1, "same", 3)]
)
@pytest.mark.parametrize(("name", "arguments"), [(name, each) for name, cases in METHODS.items() for each in cases])
def test_ranks_agree_with_the_reference(name, arguments, window):
    y, pullback = getattr(cpool.vjp, f"{name}2d")(X, *window, **arguments)
    expected, reference = getattr(cpool.reference.vjp, f"{name}2d")(X, *window, **arguments)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(pullback(y), reference(y), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("window", [((11, 13), 1, "same"), ((9, 5), 1, (4, 2)), ((6, 31), 2, (2, 15)), ((11, 15), 1, "same", 3)])
@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_ordinal_agrees_with_the_reference(window, each, last):
    cells = int(np.prod(window[0]))
    weight = np.random.default_rng(1).uniform(0.1, 1, (3, cells) if each else cells)
    x, options = (np.moveaxis(X, 1, -1), {"data_format": "channels_last"}) if last else (X, {})
    y, pullback = cpool.vjp.ordinal_pool2d(x, weight, *window, **options)
    expected, reference = cpool.reference.vjp.ordinal_pool2d(x, weight, *window, **options)
    np.testing.assert_allclose(y, expected, rtol=1e-11)
    for found, wanted in zip(pullback(y), reference(y), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11 * np.abs(wanted).max())


@pytest.mark.parametrize(("name", "arguments"), [(name, each) for name, cases in METHODS.items() for each in cases])
def test_ranks_that_no_cell_has_take_no_memory(name, arguments):
    (y, pullback), most = traced(lambda: getattr(cpool.vjp, f"{name}2d")(X, WINDOW, 1, "same", **arguments))
    assert y.shape == pullback(y).shape == X.shape
    assert most < 1


def test_steps_beyond_the_axis_take_no_memory():
    steps = (2**31 - 1, 2**30)
    (y, index), most = traced(lambda: cpool.polyphase_pool2d(X, steps, return_indices=True))
    assert y.shape == (2, 3, 1, 1)
    assert most < 1
    largest = np.square(X).sum(axis=1).transpose(0, 2, 1).reshape(2, -1).argmax(axis=1)
    columns, rows = np.divmod(largest, 5)
    np.testing.assert_array_equal(index, rows + columns * steps[0])
    np.testing.assert_array_equal(y[:, :, 0, 0], X[np.arange(2), :, rows, columns])
    y, pullback = cpool.vjp.polyphase_pool2d(X, steps)
    np.testing.assert_array_equal(pullback(y), np.where(y == X, X, 0))


@pytest.mark.parametrize("stride", [(6, 3), (5, 9), (11, 1), (2, 30)])
def test_steps_beyond_the_axis_agree_with_the_reference(stride):
    (y, index), pullback = cpool.vjp.polyphase_pool2d(X, stride, return_indices=True)
    (expected, wanted), reference = cpool.reference.vjp.polyphase_pool2d(X, stride, return_indices=True)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(index, wanted, strict=True)
    np.testing.assert_array_equal(pullback(y), reference(y))


def test_too_many_components_to_count():
    x, steps = np.ones((1, 1, 2, 2, 2)), (2**31 - 1,) * 3
    assert cpool.polyphase_pool3d(x, steps).shape == (1, 1, 1, 1, 1)
    with pytest.raises(ValueError, match=r"stride=.*2147483647.* indices count up to"):
        cpool.polyphase_pool3d(x, steps, return_indices=True)
