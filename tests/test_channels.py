"""Pixels of channels: few and many, anywhere within a cache line, with every cell that a comparison may stumble over."""

import numpy as np
import pytest
from numerics import assert_same_bits

import cpool

CHANNELS = [3, 7, 8, 16, 17, 40, 70, 150]


def anywhere(shape, dtype, offset):
    """An array of zeros that begins so many elements behind the start of a cache line."""
    size = int(np.prod(shape))
    memory = np.zeros(size + 128, dtype)
    start = -memory.ctypes.data % 64 // memory.itemsize + offset
    return memory[start : start + size].reshape(shape)


def filled(shape, dtype, offset, kind):
    rng = np.random.default_rng(offset)
    x = anywhere(shape, dtype, offset)
    x[...] = rng.integers(-3, 4, shape)
    if kind == "zeros of both signs":
        x[...] = np.where(rng.random(shape) < 0.5, -0.0, 0.0)
    if kind == "not finite":
        for value in (np.nan, np.inf, -np.inf, np.finfo(dtype).max):
            x[rng.random(shape) < 0.003] = value
    return x


@pytest.mark.parametrize("kind", ["ties", "zeros of both signs", "not finite"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (3, 1, 0), (3, 2, 1), (2, 2, 0), (4, 4, 1), ((1, 3), 2, 0)])
@pytest.mark.parametrize("offset", [0, 4, 13])
def test_same_as_the_reference(kernel, stride, padding, dtype, kind, offset):
    for channels in CHANNELS:
        x = filled((2, 13, 12, channels), dtype, offset, kind)
        options = {"kernel_size": kernel, "stride": stride, "padding": padding, "data_format": "channels_last"}
        for op in ("max", "min"):
            function, reference = (getattr(module, f"{op}_pool2d") for module in (cpool, cpool.reference))
            wanted = reference(x, **options, return_indices=True)
            out = anywhere(wanted[0].shape, dtype, offset)
            assert_same_bits(function(x, **options, out=out), wanted[0])
            for found, want in zip(function(x, **options, return_indices=True), wanted, strict=True):
                assert_same_bits(found, want)


@pytest.mark.parametrize("kind", ["ties", "not finite"])
@pytest.mark.parametrize("op", ["max", "min", "avg", "sum"])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (2, 2, 0)])
def test_same_as_channels_first(op, kernel, stride, padding, kind):
    """Values and gradients, of integers whose sums are exact."""
    for channels in (8, 17, 150):
        x = filled((2, 13, 12, channels), np.float32, 4, kind)
        x[np.isinf(x)] = 1
        options = {"kernel_size": kernel, "stride": stride, "padding": padding}
        function = getattr(cpool.vjp, f"{op}_pool2d")
        y, pullback = function(x, **options, data_format="channels_last")
        first, pullback_first = function(np.ascontiguousarray(x.transpose(0, 3, 1, 2)), **options)
        np.testing.assert_array_equal(y, first.transpose(0, 2, 3, 1))
        grad_y = np.random.default_rng(0).integers(-8, 8, y.shape).astype(np.float32)
        grad_first = pullback_first(np.ascontiguousarray(grad_y.transpose(0, 3, 1, 2)))
        np.testing.assert_allclose(pullback(grad_y), grad_first.transpose(0, 2, 3, 1), rtol=1e-6)
