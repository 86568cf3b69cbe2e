"""Sizes beyond what 32 and 64 bits count: refused with the argument, the value and the rule, never wrapped around."""

import numpy as np
import pytest

import cpool

X = np.ones((1, 1, 6, 6), np.float32)
LARGEST = 2**31 - 1
TOO_LARGE = [2**31, 2**32 + 2, 2**40, 2**62, 2**63, 2**64 + 2, 10**30]


@pytest.mark.parametrize("value", TOO_LARGE)
@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding", "dilation"])
@pytest.mark.parametrize("function", ["max_pool2d", "avg_pool2d", "median_pool2d", "soft_pool2d"])
def test_a_window_argument_beyond_32_bits(function, name, value):
    for given in (value, (2, value)):
        options = {"kernel_size": 2, name: given}
        with pytest.raises(ValueError, match=rf"{name}(\[1\])?={value}: must be at most {LARGEST}"):
            getattr(cpool, function)(X, **options)
        with pytest.raises(ValueError, match=rf"{name}(\[1\])?={value}: must be at most {LARGEST}"):
            getattr(cpool.vjp, function)(X, **options)


@pytest.mark.parametrize("value", TOO_LARGE)
@pytest.mark.parametrize(
    ("function", "name", "options"),
    [
        ("adaptive_max_pool2d", "output_size", {}),
        ("adaptive_avg_pool2d", "output_size", {}),
        ("fractional_max_pool2d", "output_size", {"kernel_size": 2}),
        ("blur_pool2d", "filter_size", {}),
        ("polyphase_pool2d", "stride", {}),
        ("s3_pool2d", "grid_size", {"kernel_size": 2}),
        ("rank_pool2d", "top", {"kernel_size": 2}),
        ("roi_align", "output_size", {"rois": np.zeros((1, 5))}),
        ("roi_align", "sampling_ratio", {"rois": np.zeros((1, 5)), "output_size": 2}),
        ("spatial_pyramid_pool2d", "levels", {}),
    ],
)
def test_another_size_beyond_32_bits(function, name, options, value):
    given = (value,) if name == "levels" else value
    with pytest.raises(ValueError, match=rf"{name}(\[0\])?=.*: must be at most {LARGEST}"):
        getattr(cpool, function)(X, **options, **{name: given})


def test_products_of_legal_sizes():
    """Each factor is allowed, and their product has no 32 bits, or no 64."""
    huge = {"kernel_size": LARGEST, "dilation": LARGEST}
    with pytest.raises(
        ValueError, match=rf"effective size is dilation \* \(kernel_size - 1\) \+ 1 = .* = {LARGEST * (LARGEST - 1) + 1}"
    ):
        cpool.max_pool2d(X, **huge)
    with pytest.raises(ValueError, match=rf"windows of at most {LARGEST} cells, not {LARGEST**2}"):
        cpool.vjp.max_pool2d(X, LARGEST, padding="same", stride=LARGEST)
    assert cpool.avg_pool2d(X, LARGEST, LARGEST, "same", LARGEST).shape == (1, 1, 1, 1)
    with pytest.raises(ValueError, match=r"output_size=\(2147483647, 2147483647\)"):
        cpool.roi_align(X, np.zeros((1, 5)), LARGEST)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    "name", ["max_pool2d", "sum_pool2d", "avg_pool2d", "median_pool2d", "lp_pool2d", "soft_pool2d", "gem_pool2d"]
)
def test_what_the_passes_span(name, last):
    """Rows seen many times: what lies between the passes over rows and columns would have 2**64 bytes and more."""
    shape = (1, 2**31, 2**30, 1) if last else (1, 1, 2**31, 2**30)
    x = np.broadcast_to(np.zeros((), np.uint8), shape)
    more = {"lp_pool2d": {"norm_type": 2.0}, "gem_pool2d": {"p": 3.0}}.get(name, {})
    options = {"kernel_size": (LARGEST, 1), "data_format": "channels_last" if last else "channels_first", **more}
    with pytest.raises(ValueError, match=rf"x: its shape .* span {2**61} cells a plane, .* there may be {2**44}"):
        getattr(cpool, name)(x, **options)


def test_the_largest_plane_that_is_counted():
    with pytest.raises(ValueError, match=f"span {2**45} cells"):
        cpool.max_pool2d(np.broadcast_to(np.float32(2), (1, 1, 2**21, 2**24)), 2)
    y = cpool.max_pool2d(np.broadcast_to(np.float32(2), (0, 3, 2**21, 2**23)), 2**20)  # exactly so many
    assert y.shape == (0, 3, 2, 8)


def test_windows_that_begin_far_before_the_plane():
    """Where a window starts, 2**40 rows before its first in the plane, is a number and never a pointer."""
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 1024)).astype(np.float16)
    options = {"kernel_size": (1025, 1), "stride": (1, 2**30), "padding": "same_lower", "dilation": (LARGEST, 1)}
    y, pullback = cpool.vjp.max_pool2d(x, **options, data_format="channels_last")
    assert np.array_equal(y, x[:, :, :1])
    grad = np.zeros_like(x)
    grad[:, :, :1] = 1
    assert np.array_equal(pullback(np.ones_like(y)), grad)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(("kernel", "dilation"), [(3, LARGEST - 1), (33, 2**30), (2**15 + 1, 2**30)])
@pytest.mark.parametrize("last", [False, True])
def test_a_gradient_of_windows_that_reach_far_beyond_the_plane(dtype, kernel, dilation, last):
    """In scratch memory that the plane needs, not the reach: that had as many rows, whose bytes wrapped around."""
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 65536)).astype(dtype)
    options = {"kernel_size": (kernel, 1), "stride": 1, "padding": "same", "dilation": (dilation, 1)}
    if not last:
        x, options["kernel_size"], options["dilation"] = x[:, None, 0], (kernel, 1), (dilation, 1)
    y, pullback = cpool.vjp.max_pool2d(x, **options, data_format="channels_last" if last else "channels_first")
    assert np.array_equal(y, x)
    grad = np.random.default_rng(1).standard_normal(x.shape).astype(dtype)
    assert np.array_equal(pullback(grad), grad)
