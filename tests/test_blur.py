"""Anti-aliased poolings: filters, borders, and what they refuse."""

import itertools

import numpy as np
import pytest
from stages import check, check_layer, drawn, same_in_every_memory

import cpool

MODES = {"reflect": "reflect", "replicate": "edge", "zero": "constant"}
BINOMIAL = {1: [1], 2: [1, 1], 3: [1, 2, 1], 4: [1, 3, 3, 1], 5: [1, 4, 6, 4, 1], 7: [1, 6, 15, 20, 15, 6, 1]}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filter_size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_agrees_with_the_reference(rank, filter_size, mode):
    for dtype, stride in itertools.product((np.float64, np.float32, np.float16), (1, 2, 3)):
        check("blur_pool", rank, drawn(rank, dtype), filter_size, stride, mode=mode)
    check("max_blur_pool", rank, drawn(rank, batch=()), 2, filter_size, mode=mode)
    check("max_blur_pool", rank, drawn(rank, np.float32), 1, filter_size, mode=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("rank", "filter_size"), [(2, 9), (2, (7, 10)), (3, 5), (3, (2, 6, 7)), (1, 12)])
def test_large_filters_agree_with_the_reference(rank, filter_size, mode):
    """Applied along one axis after the other."""
    for stride in (1, 2, 3):
        x = drawn(rank, spatial={1: (14,), 2: (8, 11), 3: (6, 7, 8)}[rank])
        check("blur_pool", rank, x, filter_size, stride, mode=mode)


def test_huge_filters_are_fast():
    x = drawn(2, spatial=(5, 7))
    y, pullback = cpool.vjp.blur_pool2d(x, 1000, 1, mode="replicate")  # as one filter of a million cells it takes minutes
    expected, reference = cpool.reference.vjp.blur_pool2d(x, 1000, 1, mode="replicate")
    np.testing.assert_allclose(y, expected, rtol=1e-10)
    np.testing.assert_allclose(pullback(y), reference(y), rtol=1e-10)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filter_size", BINOMIAL)
def test_is_the_published_padding_and_filter(filter_size, mode):
    """(f - 1) // 2 cells before, f // 2 behind; rows of Pascal's triangle."""
    x = drawn(1, batch=(), spatial=(12,))
    weights = np.array(BINOMIAL[filter_size]) / 2 ** (filter_size - 1)
    padded = np.pad(x, ((0, 0), ((filter_size - 1) // 2, filter_size // 2)), MODES[mode])
    expected = [[row[o : o + filter_size] @ weights for o in range(0, 12, 2)] for row in padded]
    np.testing.assert_allclose(cpool.blur_pool1d(x, filter_size, mode=mode), expected, rtol=1e-13, atol=1e-15)


def test_axes_of_their_own():
    check("blur_pool", 2, drawn(2), (1, 4), (2, 1))
    check("max_blur_pool", 2, drawn(2), (3, 2), (5, 2), (1, 3), mode="replicate")


@pytest.mark.parametrize("name", ["blur_pool", "max_blur_pool"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_one_result_in_every_memory(rank, mode, name):
    same_in_every_memory(name, rank, mode=mode)


def test_a_filter_of_one_cell_is_a_stride():
    x = drawn(2, np.float32)
    np.testing.assert_array_equal(cpool.blur_pool2d(x, 1), x[..., ::2, ::2])
    np.testing.assert_array_equal(cpool.max_blur_pool2d(x, 2, 1), cpool.max_pool2d(x, 2, 1)[..., ::2, ::2])


def test_a_filter_of_two_cells_is_an_average():
    x = drawn(2, spatial=(6, 8))
    np.testing.assert_allclose(cpool.blur_pool2d(x, 2), cpool.avg_pool2d(x, 2), rtol=1e-13)


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
@pytest.mark.parametrize("value", [0.0, -2.0, 1e30, -1e30])
def test_constant_maps_stay(value, mode):
    for filter_size in (2, 3, 4, 7):
        x = np.full((1, 2, 6, 7), value, np.float32)
        for y, pullback in (
            cpool.vjp.blur_pool2d(x, filter_size, mode=mode),
            cpool.vjp.max_blur_pool2d(x, 2, filter_size, mode=mode),
        ):
            np.testing.assert_allclose(y, value, rtol=1e-6)
            np.testing.assert_allclose(pullback(np.ones_like(y)).sum(), y.size, rtol=1e-5)  # nothing is lost at the borders


def test_sizes():
    for size in range(3, 12):
        x = np.zeros((1, size))
        assert cpool.blur_pool1d(x).shape == (1, -(-size // 2))
        assert cpool.max_blur_pool1d(x, filter_size=3).shape == (1, -(-(size - 1) // 2))


def test_reflect_needs_cells():
    for f in (2, 3, 4, 5, 6, 7):
        x = np.arange(1.0, f // 2 + 1)[None]
        for module in (cpool, cpool.vjp, cpool.reference):
            with pytest.raises(ValueError, match="reflect"):
                module.blur_pool1d(x, f)
        with pytest.raises(ValueError, match="reflect"):
            cpool.BlurPool1d(f).output_shape(x.shape)
        for mode in ("replicate", "zero"):
            check("blur_pool", 1, x, f, mode=mode)
        check("blur_pool", 1, np.arange(1.0, f // 2 + 2)[None], f)
    with pytest.raises(ValueError, match="reflect"):
        cpool.max_blur_pool1d([[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"filter_size": 0}, ValueError, "filter_size"),
        ({"filter_size": 2.5}, TypeError, "filter_size"),
        ({"filter_size": True}, TypeError, "filter_size"),
        ({"filter_size": (2, 2, 2)}, ValueError, "filter_size"),
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": None}, TypeError, "stride"),
        ({"mode": "wrap"}, ValueError, "mode"),
        ({"mode": 1}, TypeError, "mode"),
        ({"data_format": "NCHW"}, ValueError, "data_format"),
        ({"out": np.zeros((1, 1, 3, 3))}, ValueError, "out"),
        ({"out": np.zeros((1, 1, 2, 2), np.float32)}, TypeError, "out"),
    ],
)
def test_refusals(options, error, text):
    for module in (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp):
        for name in ("blur_pool2d", "max_blur_pool2d"):
            with pytest.raises(error, match=text):
                getattr(module, name)(np.zeros((1, 1, 4, 4)), **options)
    if "out" not in options:
        for layer in (cpool.BlurPool2d, cpool.MaxBlurPool2d):
            with pytest.raises(error, match=text):
                layer(**options)
    for bad in (0, 9):
        with pytest.raises(ValueError, match="kernel_size"):
            cpool.max_blur_pool2d(np.zeros((1, 1, 4, 4)), bad)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers(rank):
    x = drawn(rank)
    blur, max_blur = getattr(cpool, f"BlurPool{rank}d"), getattr(cpool, f"MaxBlurPool{rank}d")
    check_layer(blur(3, 1, mode="zero"), getattr(cpool.vjp, f"blur_pool{rank}d"), x, 3, 1, mode="zero")
    check_layer(max_blur(3, 2), getattr(cpool.vjp, f"max_blur_pool{rank}d"), x, 3, 2)
    assert repr(max_blur(2, 3, mode="zero")) == f"MaxBlurPool{rank}d(filter_size=3, mode='zero')"


def test_empty_batch_integers_and_what_is_not_finite():
    assert cpool.blur_pool2d(np.zeros((0, 3, 4, 4))).shape == (0, 3, 2, 2)
    assert cpool.max_blur_pool2d(np.zeros((2, 0, 6, 6))).shape == (2, 0, 3, 3)
    y, pullback = cpool.vjp.blur_pool1d(np.arange(4, dtype=np.int8)[None])
    assert y.dtype == pullback(y).dtype == np.float64
    y = cpool.blur_pool1d([[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, np.inf, np.nan]], 3)
    np.testing.assert_array_equal(y, [[1, 1, 1, np.inf, np.nan]])


def test_pullbacks_can_be_called_again():
    x = drawn(2)
    _, pullback = cpool.vjp.blur_pool2d(x)
    grad = np.random.default_rng(0).standard_normal((2, 3, 3, 4))
    first = pullback(grad)
    x[...] = np.nan
    np.testing.assert_array_equal(pullback(grad), first)
    with pytest.raises(ValueError, match="grad_y"):
        pullback(grad[:1])
