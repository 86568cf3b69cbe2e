"""Adaptive polyphase sampling: the choice, the order of equal ones, and that shifts do not matter."""

import itertools

import numpy as np
import pytest
from stages import check, check_layer, drawn, same_in_every_memory

import cpool


@pytest.mark.parametrize("norm", [1, 2, 0.5, 3.0, np.inf])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_agrees_with_the_reference(rank, stride, norm):
    for dtype in (np.float64, np.float32, np.float16):
        x = drawn(rank, dtype, batch=(5,))
        check("polyphase_pool", rank, x, stride, norm=norm)
        for last in (False, True):
            array = np.moveaxis(x, 1, -1) if last else x
            options = {"norm": norm, "return_indices": True, "data_format": "channels_last" if last else "channels_first"}
            y, indices = getattr(cpool, f"polyphase_pool{rank}d")(array, stride, **options)
            expected, wanted = getattr(cpool.reference, f"polyphase_pool{rank}d")(array, stride, **options)
            np.testing.assert_array_equal(y, expected)
            np.testing.assert_array_equal(indices, wanted, strict=True)
            assert indices.dtype == np.int64
            (again, same), _ = getattr(cpool.vjp, f"polyphase_pool{rank}d")(array, stride, **options)
            np.testing.assert_array_equal(again, y)
            np.testing.assert_array_equal(same, indices)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_one_result_in_every_memory(rank):
    same_in_every_memory("polyphase_pool", rank)


def test_order_of_the_phases():
    for k, (a, b) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        x = np.zeros((1, 2, 4, 4))
        x[0, 1, a::2, b::2] = -1
        y, index = cpool.polyphase_pool2d(x, return_indices=True)
        assert index.tolist() == [k]
        np.testing.assert_array_equal(y, x[..., a::2, b::2])
    for k, phase in enumerate(itertools.product((0, 1), repeat=3)):
        x = np.zeros((2, 2, 2, 2))
        x[(slice(None), *phase[::-1])] = 1
        assert cpool.polyphase_pool3d(x, return_indices=True)[1] == k


def test_the_first_of_equal_phases_wins():
    for value in (0.0, 3.0, -1e30):
        x = np.full((2, 3, 4, 6), value, np.float32)
        x[1, 0, 0, 0] = 0
        _, index = cpool.polyphase_pool2d(x, return_indices=True)
        assert index.tolist() == [0, 0 if value == 0 else 1]


def test_the_choice_is_for_all_channels_of_an_image():
    x = np.array([[[9.0, 0.0, 0.0, 0.0], [8.0, 0.0, 8.0, 0.0]], [[9.0, 0.0, 0.0, 0.0], [0.0, 8.0, 0.0, 8.0]]])
    for norm, indices in ((2, [0, 1]), (1, [0, 1]), (np.inf, [0, 0])):
        assert cpool.polyphase_pool1d(x, norm=norm, return_indices=True)[1].tolist() == indices


def test_odd_sizes_go_on_from_their_start():
    x = np.array([[1.0, 2.0, 3.0]])
    y, index = cpool.polyphase_pool1d(x, return_indices=True)  # 1 2 3 1: of 1 3 and 2 1
    assert (y.tolist(), index.tolist()) == ([[1.0, 3.0]], 0)
    (y, index), pullback = cpool.vjp.polyphase_pool1d([[1.0, 5.0, 3.0]], return_indices=True)
    assert (y.tolist(), index.tolist()) == ([[5.0, 1.0]], 1)
    assert pullback([[2.0, 7.0]]).tolist() == [[7.0, 2.0, 0.0]]


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1.0])
def test_norms_do_not_overflow(scale):
    assert cpool.polyphase_pool1d(np.array([[1.0, 2.0, 3.0, 1.0]]) * scale, norm=4, return_indices=True)[1] == 0
    assert cpool.polyphase_pool1d(np.array([[1.0, 2.0, 1.0, 3.0]]) * scale, norm=4, return_indices=True)[1] == 1


def convolution(x, weight):
    """Around the axes: of (N, C, H, W) by (D, C, 3, 3)."""
    taps = itertools.product(range(3), repeat=2)
    return sum(np.einsum("nchw,dc->ndhw", np.roll(x, (1 - a, 1 - b), (2, 3)), weight[:, :, a, b]) for a, b in taps)


def logits(x, weights, sample):
    for weight in weights[:-1]:
        x = sample(np.maximum(convolution(x, weight), 0))
    return cpool.global_avg_pool(x)[:, :, 0, 0] @ weights[-1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shifts_around_the_axes_change_nothing(dtype):
    """Of an untrained network every image has the same class, however it is shifted. Plain strides do not do that."""
    rng = np.random.default_rng(0)
    sizes = ((8, 3, 3, 3), (8, 8, 3, 3), (8, 10))
    weights = [rng.standard_normal(size).astype(dtype) for size in sizes]
    x = rng.standard_normal((6, 3, 16, 16)).astype(dtype)
    shifts = list(itertools.product(range(16), range(0, 16, 3)))
    for sample, always in ((cpool.polyphase_pool2d, True), (lambda x: x[..., ::2, ::2], False)):
        found = np.array([logits(np.roll(x, shift, (2, 3)), weights, sample) for shift in shifts])
        apart = np.abs(found - found[0]).max() / np.abs(found).max()
        if always:
            assert (found.argmax(-1) == found[0].argmax(-1)).all()
            assert apart < 1e-5
        else:
            assert apart > 1e-2


@pytest.mark.parametrize("norm", [1, 2, np.inf])
def test_a_shift_shifts_the_result(norm):
    x = drawn(2, spatial=(8, 12))
    y = cpool.polyphase_pool2d(x, norm=norm)
    for shift in itertools.product(range(8), range(12)):
        moved = cpool.polyphase_pool2d(np.roll(x, shift, (2, 3)), norm=norm)
        for one, other in zip(moved, y, strict=True):
            assert any((one == np.roll(other, each, (1, 2))).all() for each in itertools.product(range(4), range(6)))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": 2.0}, TypeError, "stride"),
        ({"stride": (2, 2, 2)}, ValueError, "stride"),
        ({"norm": 0}, ValueError, "norm"),
        ({"norm": -1}, ValueError, "norm"),
        ({"norm": "2"}, TypeError, "norm"),
        ({"norm": True}, TypeError, "norm"),
        ({"norm": np.nan}, ValueError, "norm"),
        ({"return_indices": 1}, TypeError, "return_indices"),
        ({"data_format": "NCHW"}, ValueError, "data_format"),
        ({"out": np.zeros((1, 1, 3, 3))}, ValueError, "out"),
    ],
)
def test_refusals(options, error, text):
    for module in (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp):
        with pytest.raises(error, match=text):
            module.polyphase_pool2d(np.zeros((1, 1, 4, 4)), **options)
    if not {"out", "return_indices"} & set(options):
        with pytest.raises(error, match=text):
            cpool.PolyphasePool2d(**options)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers(rank):
    layer = getattr(cpool, f"PolyphasePool{rank}d")(3, norm=1)
    check_layer(layer, getattr(cpool.vjp, f"polyphase_pool{rank}d"), drawn(rank), 3, norm=1)


def test_empty_batches_and_integers_and_nan():
    for shape in ((0, 3, 4, 5), (2, 0, 4, 5)):
        for module in (cpool, cpool.reference):
            y, indices = module.polyphase_pool2d(np.zeros(shape), return_indices=True)
            assert (y.shape, indices.shape) == ((*shape[:2], 2, 3), shape[:1])
    y, pullback = cpool.vjp.polyphase_pool1d(np.arange(4, dtype=np.uint8)[None])
    assert y.dtype == pullback(y).dtype == np.float64
    for module in (cpool, cpool.reference):
        assert module.polyphase_pool1d([[1.0, np.nan, 9.0, 2.0]], return_indices=True)[1] == 1
        assert module.polyphase_pool1d([[1.0, np.inf, 9.0, 2.0]], return_indices=True)[1] == 1
