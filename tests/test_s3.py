"""S3Pool: which windows are drawn, what is expected of them, and what it refuses."""

import numpy as np
import pytest
from stages import check, check_layer, drawn, same_in_every_memory

import cpool

CASES = [
    {"kernel_size": 2, "grid_size": 2},
    {"kernel_size": 2, "grid_size": 4},
    {"kernel_size": 3, "grid_size": 3},
    {"kernel_size": 3, "grid_size": 4, "stride": 2, "padding": 1},
    {"kernel_size": 3, "grid_size": 5, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": 2, "grid_size": 1, "stride": 3},
    {"kernel_size": 3, "grid_size": 6, "stride": 1, "padding": "same"},
    {"kernel_size": 2, "grid_size": 1000, "stride": 2, "ceil_mode": True},
    {"kernel_size": 2, "grid_size": 4, "stride": 2, "dilation": 2, "padding": 1},
    {"kernel_size": 2, "grid_size": 2, "stride": 1, "dilation": 9, "padding": 9},
]


@pytest.mark.parametrize("options", CASES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_agrees_with_the_reference(rank, training, options):
    for dtype in (np.float64, np.float32, np.float16):
        check("s3_pool", rank, drawn(rank, dtype), **options, training=training, rng=3)
    sizes = {key: value for key, value in options.items() if key != "grid_size"}
    x = drawn(rank, batch=())
    shape = getattr(cpool, f"max_pool{rank}d")(x, **sizes).shape
    assert getattr(cpool, f"s3_pool{rank}d")(x, **options, training=training).shape == shape


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_one_result_in_every_memory(rank, training):
    same_in_every_memory("s3_pool", rank, 3, 4, 2, 1, training=training, rng=0, rtol=0 if training else 1e-6)


def test_rows_and_columns_are_drawn_once():
    """For the whole batch and all channels: equal maps give equal results."""
    x = np.broadcast_to(np.random.default_rng(0).standard_normal((8, 8)), (4, 5, 8, 8))
    y = cpool.s3_pool2d(x, 2, 4, rng=0)
    np.testing.assert_array_equal(y, np.broadcast_to(y[0, 0], y.shape))


def test_every_window_of_a_strip_has_the_same_chance():
    """With windows of one cell the cells that are drawn show, in order: each half of the strip's four, in 5,000 draws."""
    x, rng = np.arange(12.0)[None], np.random.default_rng(1)
    draws = np.concatenate([cpool.s3_pool1d(x, 1, 4, 2, rng=rng) for _ in range(5000)])
    assert (np.diff(draws, axis=1) > 0).all()
    assert (draws // 4 == [0, 0, 1, 1, 2, 2]).all()
    found = np.array([(draws == cell).sum() for cell in range(12)])
    assert ((found - 2500) ** 2 / 1250).sum() < 12 + 5 * np.sqrt(24)


def test_every_choice_of_a_strip_has_the_same_chance():
    """100,000 strips of four windows, of which two are drawn: six choices, and those of neighbours are independent."""
    many = 100_000
    y = cpool.s3_pool1d(np.arange(4.0 * many)[None], 1, 4, 2, rng=3).reshape(many, 2) - 4 * np.arange(many)[:, None]
    number = (4 * y[:, 0] + y[:, 1]).astype(int)  # 1, 2, 3, 6, 7, 11
    found = np.unique(number, return_counts=True)
    assert found[0].tolist() == [1, 2, 3, 6, 7, 11]
    assert ((found[1] - many / 6) ** 2 / (many / 6)).sum() < 5 + 5 * np.sqrt(10)
    pairs = np.unique(number[::2] * 12 + number[1::2], return_counts=True)[1]
    assert ((pairs - many / 72) ** 2 / (many / 72)).sum() < 35 + 5 * np.sqrt(70)


def test_rows_and_columns_are_drawn_apart():
    x, rng = np.arange(16.0).reshape(1, 4, 4), np.random.default_rng(4)
    found = np.array([cpool.s3_pool2d(x, 1, 4, 4, rng=rng).item() for _ in range(8000)])
    counts = np.bincount(found.astype(int), minlength=16)
    assert ((counts - 500) ** 2 / 500).sum() < 15 + 5 * np.sqrt(30)


def test_evaluation_is_the_average_of_maxima():
    x = drawn(2, spatial=(6, 8))
    maxima = cpool.max_pool2d(np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=-np.inf), 2, 1)
    np.testing.assert_allclose(cpool.s3_pool2d(x, 2, 2, training=False), cpool.avg_pool2d(maxima, 2), rtol=1e-12)


def test_a_strip_as_long_as_the_stride_expects_the_evaluation():
    x, rng = drawn(2, spatial=(7, 8), batch=(1,)), np.random.default_rng(2)
    draws = np.array([cpool.s3_pool2d(x, 2, 2, ceil_mode=True, rng=rng) for _ in range(20_000)])
    expected = cpool.s3_pool2d(x, 2, 2, ceil_mode=True, training=False)
    assert (np.abs(draws.mean(0) - expected) <= 6 * draws.std(0) / np.sqrt(len(draws)) + 1e-9).all()


def test_limits():
    x = drawn(2, np.float32)
    for training in (True, False):  # with steps of one cell there is nothing to draw
        np.testing.assert_array_equal(cpool.s3_pool2d(x, 3, 2, 1, training=training), cpool.max_pool2d(x, 3, 1))
    # strips of one window keep every second
    np.testing.assert_array_equal(cpool.s3_pool2d(x, 3, 1, 2), cpool.max_pool2d(x, 3, 2))
    # windows of one cell in evaluation
    y = cpool.s3_pool2d(x, 1, 2, 2, training=False, ceil_mode=True)
    np.testing.assert_allclose(y, cpool.avg_pool2d(x, 2, ceil_mode=True), rtol=1e-6)


def test_constant_maps():
    for value in (0.0, -2.0, 1e30, -1e30):
        for training in (True, False):
            y, pullback = cpool.vjp.s3_pool2d(np.full((1, 2, 6, 6), value, np.float32), 2, 2, training=training)
            np.testing.assert_array_equal(y, np.full((1, 2, 3, 3), value, np.float32))
            assert pullback(np.ones_like(y)).sum() == 18


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"grid_size": 0}, ValueError, "grid_size"),
        ({"grid_size": 1.5}, TypeError, "grid_size"),
        ({"grid_size": True}, TypeError, "grid_size"),
        ({"grid_size": (1, 2, 3)}, ValueError, "grid_size"),
        ({"kernel_size": 0}, ValueError, "kernel_size"),
        ({"kernel_size": 9}, ValueError, "kernel_size"),
        ({"stride": 0}, ValueError, "stride"),
        ({"padding": 2}, ValueError, "padding"),
        ({"dilation": 0}, ValueError, "dilation"),
        ({"training": 0}, TypeError, "training"),
        ({"ceil_mode": 0}, TypeError, "ceil_mode"),
        ({"rng": "a"}, TypeError, "rng"),
        ({"rng": "a", "training": False}, TypeError, "rng"),
        ({"data_format": "NCHW"}, ValueError, "data_format"),
        ({"out": np.zeros((1, 1, 2, 3))}, ValueError, "out"),
    ],
)
def test_refusals(options, error, text):
    for module in (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp):
        with pytest.raises(error, match=text):
            module.s3_pool2d(np.zeros((1, 1, 4, 4)), **({"kernel_size": 2, "grid_size": 2} | options))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers(rank):
    x = drawn(rank)
    layer, function = getattr(cpool, f"S3Pool{rank}d")(2, 4, rng=0), getattr(cpool.vjp, f"s3_pool{rank}d")
    check_layer(layer, function, x, 2, 4, rng=0)
    np.testing.assert_array_equal(layer.eval()(x), function(x, 2, 4, training=False)[0])
    with pytest.raises(ValueError, match="grid_size"):
        type(layer)(2, 0)


def test_empty_batch_and_integers():
    assert cpool.s3_pool2d(np.zeros((0, 3, 4, 4)), 2, 2).shape == (0, 3, 2, 2)
    for training in (True, False):
        y, pullback = cpool.vjp.s3_pool1d(np.arange(4, dtype=np.int8)[None], 2, 2, training=training)
        assert y.dtype == pullback(y).dtype == np.float64
