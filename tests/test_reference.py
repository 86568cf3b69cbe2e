"""The oracle itself: published values and numpy one-liners. Its gradients are checked in test_gradients.py."""

import numpy as np
import pytest
from cases import BFLOAT16, FLOATS, FUNCTIONS, INTEGERS, distinct
from numerics import assert_same_bits

import cpool
from cpool import reference

FIVE = np.array(
    [[[[1, 2, 3, 4, 5], [9, 8, 7, 6, 5], [0, 1, 0, 1, 0], [3, 3, 3, 3, 3], [2, 7, 1, 8, 2]]]],
    dtype=np.float64,
)


def call(op, rank, *args, **options):
    return getattr(reference, f"{op}_pool{rank}d")(*args, **options)


# ------------------------------------------------------------------------------------------------ worked examples
def test_the_5x5_example():
    """A 5x5 map, a 3x3 window, stride 1: a 3x3 result."""
    assert reference.max_pool2d(FIVE, 3, 1).tolist() == [[[[9, 8, 7], [9, 8, 7], [7, 8, 8]]]]
    assert reference.min_pool2d(FIVE, 3, 1).tolist() == [[[[0, 0, 0], [0, 0, 0], [0, 0, 0]]]]
    assert reference.sum_pool2d(FIVE, 3, 1).tolist() == [[[[31, 32, 31], [34, 32, 28], [20, 27, 21]]]]
    np.testing.assert_allclose(reference.avg_pool2d(FIVE, 3, 1) * 9, reference.sum_pool2d(FIVE, 3, 1), rtol=1e-15)


def test_the_5x5_gradient():
    """A cell that wins several windows adds their gradients; of equal cells the first wins."""
    (y, indices), pullback = reference.vjp.max_pool2d(FIVE, 3, 1, return_indices=True)
    assert indices.tolist() == [[[[5, 6, 7], [5, 6, 7], [21, 23, 23]]]]
    assert (y.ravel() == FIVE.ravel()[indices.ravel()]).all()
    grad = pullback(np.arange(1.0, 10.0).reshape(1, 1, 3, 3))
    expected = np.zeros(25)
    expected[[5, 6, 7, 21, 23]] = [1 + 4, 2 + 5, 3 + 6, 7, 8 + 9]
    assert grad.tolist() == expected.reshape(1, 1, 5, 5).tolist()

    _, pullback = reference.vjp.sum_pool2d(FIVE, 3, 1)
    assert pullback(np.ones((1, 1, 3, 3)))[0, 0].tolist() == np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]).tolist()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"count_include_pad": True}, [1, 3, 2]),
        ({"count_include_pad": False}, [1.5, 3, 4]),
        ({"divisor_override": 2}, [1.5, 4.5, 2]),
        ({"divisor_override": -1, "count_include_pad": False}, [-3, -9, -4]),
    ],
)
def test_the_divisor(options, expected):
    """Padding counts if it is included, the overhang of ceil mode never does."""
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert reference.avg_pool1d(x, 3, 2, 1, ceil_mode=True, **options).tolist() == [expected]
    _, pullback = reference.vjp.avg_pool1d(x, 3, 2, 1, ceil_mode=True, **options)
    divisors = np.array([3, 9, 4]) / expected
    np.testing.assert_allclose(pullback([[1, 1, 1]])[0], [1 / divisors[0], 1 / divisors[0] + 1 / divisors[1], 1 / divisors[1],
                                                          1 / divisors[1] + 1 / divisors[2]])  # fmt: skip


def test_padding_counts_cell_by_cell_under_dilation():
    """Cells -1, 1, 3 of a padded axis -1 .. 3: the last is padding; without dilation the window ends before it."""
    x = np.array([[3.0, 6.0, 9.0]])
    assert reference.avg_pool1d(x, 3, 1, ((1, 1),), 2).tolist() == [[2.0]]
    assert reference.avg_pool1d(x, 3, 1, ((1, 1),), 2, count_include_pad=False).tolist() == [[6.0]]


@pytest.mark.parametrize(("window", "ceil_mode"), [((3, 6, 1, 2), True), ((2, 1, 2, 3), False)])
def test_windows_without_a_cell(window, ceil_mode):
    x = np.full((1, 1), 5.0)
    for op, nothing in (("max", -np.inf), ("min", np.inf), ("sum", 0), ("avg", 0)):
        y = call(op, 1, x, *window, ceil_mode=ceil_mode)
        assert (y == nothing).all()
        _, pullback = getattr(reference.vjp, f"{op}_pool1d")(x, *window, ceil_mode=ceil_mode)
        assert not pullback(np.ones(y.shape)).any()
    for op in ("max", "min"):
        _, indices = call(op, 1, x, *window, ceil_mode=ceil_mode, return_indices=True)
        assert (indices == -1).all()
    for dtype in INTEGERS:
        low, high = (False, True) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        assert (reference.max_pool1d(x.astype(dtype), *window, ceil_mode=ceil_mode) == low).all()
        assert (reference.min_pool1d(x.astype(dtype), *window, ceil_mode=ceil_mode) == high).all()


# ------------------------------------------------------------------------------------------------ winners
@pytest.mark.parametrize("op", ["max", "min"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_first_nan_wins(op, dtype):
    x = np.array([[1, np.nan, -1, np.nan, np.inf, -np.inf]]).astype(dtype)
    y, indices = call(op, 1, x, 3, 1, return_indices=True)
    assert np.isnan(y.astype(float)).all()
    assert indices.tolist() == [[1, 1, 3, 3]]


@pytest.mark.parametrize("op", ["max", "min"])
def test_the_first_of_equal_cells_wins(op):
    y, indices = call(op, 2, np.ones((1, 4, 4)), 2, 1, return_indices=True)
    assert (y == 1).all()
    assert indices.tolist() == [[[0, 1, 2], [4, 5, 6], [8, 9, 10]]]
    # in row-major order, not column by column: the upper right cell comes before the lower left one
    ties = np.array([[[0.0, 1.0], [1.0, 0.0]]]) * (1 if op == "max" else -1)
    assert call(op, 2, ties, 2, return_indices=True)[1].tolist() == [[[1]]]
    zeros = np.array([[0.0, -0.0, -0.0, 0.0]])
    assert np.signbit(call(op, 1, zeros, 2)).tolist() == [[False, True]]


def test_indices_are_those_of_the_unpadded_plane_in_either_layout():
    x = distinct(np.random.default_rng(0), (2, 3, 5, 6))
    y, indices = reference.max_pool2d(x, 3, 2, "same", return_indices=True)
    assert (np.take_along_axis(x.reshape(2, 3, 30), indices.reshape(2, 3, -1), -1) == y.reshape(2, 3, -1)).all()
    last = reference.max_pool2d(np.moveaxis(x, 1, -1), 3, 2, "same", data_format="channels_last", return_indices=True)
    assert_same_bits(np.moveaxis(last[0], -1, 1), y)
    assert_same_bits(np.moveaxis(last[1], -1, 1), indices)


# ------------------------------------------------------------------------------------------------ one-liners of numpy
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.int16, np.uint8, np.int64])
def test_one_window_over_everything(rank, dtype):
    x = np.random.default_rng(1).integers(0, 100, (2, 3, 4, 5, 3)[: rank + 2]).astype(dtype)
    spatial, axes = x.shape[2:], tuple(range(2, rank + 2))
    for op, numpys in (("max", np.max), ("min", np.min), ("sum", np.sum), ("avg", np.mean)):
        y = call(op, rank, x, spatial)
        assert_same_bits(y, numpys(x, axis=axes, keepdims=True))


@pytest.mark.parametrize("op", ["max", "min", "sum", "avg"])
def test_tiles_are_a_reshape(op):
    x = np.random.default_rng(2).integers(0, 100, (2, 3, 6, 8)).astype(np.float64)
    tiles = x.reshape(2, 3, 3, 2, 2, 4)
    assert_same_bits(call(op, 2, x, (2, 4)), {"max": np.max, "min": np.min, "sum": np.sum, "avg": np.mean}[op](tiles, axis=(3, 5)))


@pytest.mark.parametrize("op", ["max", "min", "sum", "avg"])
def test_padding_is_what_numpy_pads(op):
    rng = np.random.default_rng(3)
    x = rng.integers(0, 100, (2, 7, 9)).astype(np.float64)
    edge = {"max": -np.inf, "min": np.inf}.get(op, 0.0)
    padded = np.pad(x, ((0, 0), (1, 2), (0, 3)), constant_values=edge)
    views = np.lib.stride_tricks.sliding_window_view(padded, (5, 4), (1, 2))[:, ::2, ::3, ::2, ::3]
    numpys = {"max": np.max, "min": np.min, "sum": np.sum, "avg": np.mean}[op]
    assert_same_bits(call(op, 2, x, (3, 2), (2, 3), ((1, 2), (0, 3)), (2, 3)), numpys(views, axis=(-2, -1)))


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
def test_dtypes(dtype):
    x = np.ones((1, 1, 4)).astype(dtype)
    assert reference.max_pool1d(x, 2).dtype == reference.min_pool1d(x, 2).dtype == dtype
    total, average = reference.sum_pool1d(x, 2).dtype, reference.avg_pool1d(x, 2).dtype
    if dtype.kind in "biu":
        assert total == (np.uint64 if dtype.kind == "u" else np.int64) == np.sum(x).dtype
        assert average == np.float64 == np.mean(x).dtype
    else:
        assert total == average == dtype
    _, pullback = reference.vjp.max_pool1d(x, 2)
    assert pullback(np.ones((1, 1, 2))).dtype == (np.float64 if dtype.kind in "biu" else dtype)


def test_sums_are_rounded_once():
    assert reference.sum_pool1d(np.array([[2048, 1, 1]], np.float16), 3).tolist() == [[2050]]
    assert reference.avg_pool1d(np.full((1, 4096), 1, BFLOAT16), 4096).astype(float).tolist() == [[1]]
    assert reference.avg_pool1d(np.array([[3e38, 3e38]], np.float32), 2).tolist() == [[float(np.float32(3e38))]]
    assert reference.sum_pool1d(np.array([[3e38, 3e38]], np.float32), 2).tolist() == [[np.inf]]
    wrapped = np.array([[2**63 - 1, 1]])
    assert reference.sum_pool1d(wrapped, 2).tolist() == [[-(2**63)]] == [[int(np.sum(wrapped))]]


def test_the_result_is_new_contiguous_memory():
    x = np.random.default_rng(4).standard_normal((2, 3, 4))
    for data_format in ("channels_first", "channels_last"):
        (y, indices), pullback = reference.vjp.max_pool1d(x, 1, data_format=data_format, return_indices=True)
        grad_y = np.ones(y.shape)
        for result in (y, indices, pullback(grad_y)):
            assert result.flags.c_contiguous
            assert result.flags.owndata
        indices[...] = 0  # the caller's, not what the pullback remembers
        assert (pullback(grad_y) == 1).all()
    out = np.empty((2, 3, 2))
    assert reference.max_pool1d(x, 2, out=out) is out
    assert_same_bits(out, reference.max_pool1d(x, 2))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_are_documented_under_their_names(name):
    for module in (reference, reference.vjp):
        function = getattr(module, name)
        assert function.__name__ == name
        assert function.__module__ == module.__name__
        assert function.__doc__


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0, 4), (0, 0, 4)])
def test_gradients_of_parameters_without_cells(shape):
    """An empty batch, or no channels: 0."""
    for pool, options in ((cpool.vjp.soft_pool1d, {"beta": 0.5}), (cpool.reference.vjp.soft_pool1d, {"beta": 0.5})):
        y, pullback = pool(np.zeros(shape), 2, **options)
        grad_x, grad_beta = pullback(np.zeros(y.shape))
        assert (grad_x.shape, float(grad_beta)) == (shape, 0.0)
