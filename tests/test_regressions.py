"""Calls that once crashed, hung, took gigabytes, gave wrong results or wrote over an input."""

import itertools
import time
import weakref
from unittest import mock

import numpy as np
import pytest

import cpool
from cpool import _dispatch, _threads


@pytest.mark.parametrize("dilation", [2**27, 2**30])
def test_huge_dilation_takes_no_memory_for_the_gradient(dilation):
    x = np.ones((1, 1, 3), np.float32)
    y, pullback = cpool.vjp.max_pool1d(x, 2, stride=1, dilation=dilation, padding="same")
    want = cpool.reference.vjp.max_pool1d(x, 2, stride=1, dilation=dilation, padding="same")[1](y)
    np.testing.assert_array_equal(pullback(y), want)


def test_gradient_whose_border_would_overflow_64_bits():
    x = np.zeros((50, 1, 7))
    options = {"stride": 1, "dilation": (10957450, 2147306522), "padding": "same", "data_format": "channels_last"}
    y, pullback = cpool.vjp.max_pool2d(x, (2, 8), **options)
    assert pullback(y).shape == x.shape


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_huge_stride_with_dilation_returns_at_once(name):
    start = time.perf_counter()
    y, pullback = getattr(cpool.vjp, name)(np.ones((1, 1, 20, 20), np.float32), 2, stride=2**31 - 1, dilation=3)
    pullback(y)
    assert time.perf_counter() - start < 5


def test_divisor_beyond_64_bits():
    y = cpool.avg_pool3d(np.ones((1, 3, 3, 3)), 2**22, stride=1, padding="same")
    np.testing.assert_allclose(y, 27 / 2.0**66, rtol=1e-12)


def test_windows_of_more_cells_than_64_bits_count_over_many_channels():
    y, pullback = cpool.vjp.avg_pool3d(np.ones((1, 3, 3, 3, 16)), 2**22, stride=1, padding="same", data_format="channels_last")
    np.testing.assert_allclose(y, 27 / 2.0**66, rtol=1e-12)
    np.testing.assert_allclose(pullback(np.ones_like(y)), 27 / 2.0**66, rtol=1e-12)


def test_one_row_that_no_window_meets_is_not_the_whole_plane():
    x = np.full((2, 8, 1, 1), 3.0)
    y = cpool.avg_pool2d(x, (2, 1), stride=(2, 1), padding=(1, 0), dilation=(2, 1), ceil_mode=True)
    np.testing.assert_array_equal(y, 0.0)


def test_gradient_of_one_window_whose_stride_is_not_its_size():
    y, pullback = cpool.vjp.sum_pool1d(np.ones((2, 2, 4)), 4, stride=2)
    np.testing.assert_array_equal(pullback(y), np.full((2, 2, 4), 4.0))


def test_float_sums_that_overflow_on_their_way_change_no_other_bit():
    x = np.random.default_rng(0).standard_normal((1, 1, 9, 40)).astype(np.float32)
    plain = cpool.sum_pool2d(x, 3)
    x[0, 0, 4, 9:12] = 3e38, 3e38, -3e38
    y = cpool.sum_pool2d(x, 3)
    assert y[0, 0, 1, 3] == np.float32(3e38)
    y[0, 0, 1, 3] = plain[0, 0, 1, 3]
    np.testing.assert_array_equal(y, plain)


def test_bool_of_an_empty_window_is_true_or_false():
    x = np.zeros((1, 1, 3), bool)
    for kind, empty in (("min", 1), ("max", 0)):
        y = getattr(cpool, f"{kind}_pool1d")(x, 2, stride=1, padding=2, dilation=4)
        assert y.view(np.uint8).tolist() == [[[0, empty, 0]]]


def test_out_may_not_overlap_an_input_that_is_converted():
    memory = np.ones((1, 4))
    with pytest.raises(ValueError, match="out: it shares memory"):
        cpool.max_pool1d(memory.view(">f8"), 1, out=memory)
    grad = np.ones((1, 4))
    pullback = cpool.vjp.max_pool1d(np.ones((1, 8), np.float32), 2)[1]
    with pytest.raises(ValueError, match="out: it shares memory"):
        pullback(grad, out=grad.view(np.float32))


def test_pixels_at_odd_addresses():
    x = np.arange(241, dtype=np.float32)[1:].reshape(1, 120, 2)
    got = cpool.max_pool1d(x, 3, stride=3, data_format="channels_last")
    np.testing.assert_array_equal(got, x[:, 2::3])


@pytest.mark.parametrize("value", [itertools.repeat(2), {2, 3}, {2: 2, 3: 3}, bytearray(b"\2\2"), range(2, 3)])
def test_axes_come_in_a_sequence(value):
    with pytest.raises((TypeError, ValueError), match="kernel_size"):
        cpool.max_pool2d(np.ones((1, 8, 8)), value)


def test_number_without_a_repr():
    with pytest.raises(ValueError, match="kernel_size=<int>: must be at most"):
        cpool.max_pool2d(np.ones((1, 8, 8)), 10**5000)


class Broken:
    def __array__(self, *args, **kwargs):
        raise KeyError("broken")


def test_foreign_conversions_fail_as_type_errors():
    with pytest.raises(TypeError, match="x: Broken"):
        cpool.max_pool1d(Broken(), 2)
    with pytest.raises(TypeError, match="x: a masked array"):
        cpool.max_pool1d(np.ma.masked_array([[1.0, 2.0]]), 2)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_out_of_a_subclass():
    out = np.matrix(np.zeros((2, 2)))
    assert cpool.max_pool1d(np.arange(8.0).reshape(2, 4), 2, out=out) is out
    assert out.tolist() == [[1, 3], [5, 7]]


def test_indices_of_an_empty_batch_of_enormous_images():
    y, indices = cpool.max_pool1d(np.empty((0, 1, 2**36), np.uint8), 2, return_indices=True)
    assert y.shape == indices.shape == (0, 1, 2**35)


def test_repeated_calls_do_not_let_equal_values_of_other_types_pass():
    """Checked calls are remembered by their arguments: True == 1 and 2.0 == 2 must not find them."""
    x = np.ones((1, 8, 8), np.float32)
    cpool.max_pool2d(x, 2, 1)
    cpool.max_pool2d(x, (2, 2), 1)
    for kernel_size, stride in ((2.0, 1), (2, True), ((2.0, 2), 1), ((2, 2), 1.0)):
        with pytest.raises(TypeError):
            cpool.max_pool2d(x, kernel_size, stride)
    with pytest.raises(TypeError, match="ceil_mode"):
        cpool.max_pool2d(x, 2, 1, ceil_mode=0)
    with pytest.raises(TypeError, match="dtype complex"):
        cpool.max_pool2d(x.astype(complex), 2, 1)


@pytest.mark.parametrize("shape", [(2, 17, 1, 2, 4), (1, 40, 1, 1, 9), (3, 20, 5, 8, 9)])
def test_a_window_as_large_as_the_plane_without_a_winner(shape):
    """A median that is NaN has one cell in the middle and not two: its second code says that there is none."""
    x = np.random.default_rng(0).standard_normal(shape)
    x[:, ::3, 0, 0, 0] = np.nan
    window = shape[2:]
    for threads in (1, 3):
        with _threads.exactly(threads):
            y, pullback = cpool.vjp.median_pool3d(x, window)
            want, oracle = cpool.reference.vjp.median_pool3d(x, window)
            np.testing.assert_array_equal(y, want)
            np.testing.assert_array_equal(pullback(np.ones_like(y)), oracle(np.ones_like(y)))


@pytest.mark.parametrize("variant", _dispatch.available())
@pytest.mark.parametrize(
    ("shape", "kernel", "padding"),
    [((2, 600), 51, 0), ((1, 600), 60, 0), ((2, 300), 120, 7), ((1, 300), 255, 9), ((1, 90, 5), (51, 1), 0),
     ((1, 3, 2, 3), (21, 3, 1), ((19, 17), (1, 2), (0, 0)))],
)  # fmt: skip
def test_a_cell_in_more_windows_than_can_be_compared(variant, shape, kernel, padding):
    """Its list of windows has room for as many as are worth comparing, which is not the same number in each variant."""
    x = np.random.default_rng(0).standard_normal((1, *shape))
    name = f"max_pool{len(shape) - 1}d"
    y, pullback = getattr(cpool.reference.vjp, name)(x, kernel, 1, padding)
    with _dispatch.using(variant):
        found, back = getattr(cpool.vjp, name)(x, kernel, 1, padding)
        grad = np.ones_like(y)
        np.testing.assert_array_equal(found, y)
        np.testing.assert_array_equal(back(grad), pullback(grad))


@pytest.mark.parametrize("far", [1000, 100_000, 2**29 - 4])
def test_borders_side_by_side_are_not_as_wide_as_a_dilation(far):
    x = np.random.default_rng(0).standard_normal((1, 16, 8, 8)).astype(np.float32)
    y, pullback = cpool.vjp.max_pool2d(x, 3, 1, far, far)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(pullback(y), x)


@pytest.mark.parametrize("stride", [1_000_000, 2**31 - 1])
def test_one_window_side_by_side_takes_no_memory_for_its_stride(stride):
    x = np.random.default_rng(0).standard_normal((1, 16, 8, 8)).astype(np.float32)
    y, pullback = cpool.vjp.max_pool2d(x, 3, stride, 1)
    np.testing.assert_array_equal(y[..., 0, 0], x[..., :2, :2].max(axis=(2, 3)))
    assert pullback(np.ones_like(y)).sum() == 16


def test_one_window_a_row_is_summed_alike_in_any_batch():
    x = np.random.default_rng(0).standard_normal((3, 5, 64))
    y = cpool.avg_pool1d(x, 60)
    alone = [[cpool.avg_pool1d(x[i : i + 1, j : j + 1], 60)[0, 0, 0] for j in range(5)] for i in range(3)]
    np.testing.assert_array_equal(y[..., 0], alone)
    last = cpool.avg_pool1d(np.ascontiguousarray(np.moveaxis(x, 1, -1)), 60, data_format="channels_last")
    np.testing.assert_array_equal(last[:, 0], y[..., 0])


def test_pullbacks_with_parameters_ask_for_threads_when_called_and_let_go_of_x():
    x = np.random.default_rng(0).standard_normal((8, 16, 64, 64)).astype(np.float32)
    y, pullback = cpool.vjp.soft_pool2d(x, 2)
    alive = weakref.ref(x)
    del x
    assert alive() is None
    with mock.patch("cpool._ops.beside.threads_for", side_effect=lambda work: asked.append(work) or 1):
        asked = []
        pullback(y)
    assert asked


def test_soft_pooling_of_minus_infinity():
    y, pullback = cpool.vjp.soft_pool1d([[-np.inf, 1.0, 3.0]], 3)
    assert np.isfinite(y).all()
    assert all(np.isfinite(gradient).all() for gradient in pullback([[1.0]]))
    assert cpool.soft_pool1d([[1.0, 3.0]], 2, beta=np.inf) == 3
