"""Calls that are made again: what is remembered of them must not show."""

import gc
import weakref

import numpy as np
import pytest

import cpool

FUNCTIONS = [cpool.max_pool2d, cpool.avg_pool2d, cpool.lp_pool2d, cpool.median_pool2d]


def pool(function, x, *args, **kwargs):
    return function(x, 2, *args, **kwargs) if function.__name__ == "lp_pool2d" else function(x, *args, **kwargs)


@pytest.fixture
def x(rng):
    return rng.integers(-9, 9, (2, 3, 6, 8)).astype(np.float32)  # whose sums are exact in any order


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", [2.0, True, (2, 2.0), (2, True), [2, 2.0], np.float32(2), "2", (2, 2, 2)])
def test_equal_arguments_of_other_types_are_refused_again(function, x, bad):
    for good in (2, (2, 2), [2, 2]):
        pool(function, x, good)
    with pytest.raises((TypeError, ValueError), match="kernel_size"):
        pool(function, x, bad)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_sequence_that_changes(function, x):
    kernel = [2, 2]
    before = pool(function, x, kernel)
    kernel[1] = 4
    assert pool(function, x, kernel).shape == (2, 3, 3, 2)
    kernel[1] = 2
    assert np.array_equal(pool(function, x, kernel), before)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_equal_shapes_of_other_memory(function, x):
    wanted = pool(function, x, 2)
    for order in (0, 1, 2, 3), (0, 2, 3, 1), (1, 0, 2, 3), (3, 2, 1, 0):
        other = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        for _ in range(2):
            assert np.array_equal(pool(function, other, 2), wanted)
    wide = np.zeros((2, 3, 6, 16), np.float32)
    wide[..., ::2] = x
    flipped = np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    frozen = x.copy()
    frozen.flags.writeable = False
    shifted = np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
    for other in (wide[..., ::2], flipped, frozen, shifted, x.astype(">f4"), x.view(type("Sub", (np.ndarray,), {}))):
        for _ in range(2):
            assert np.array_equal(pool(function, other, 2), wanted)


def test_dtypes_that_are_equal_but_not_the_same(x):
    noted = x.astype(np.dtype("f4", metadata={"unit": "m"}))
    for first, second in ((x, noted), (noted, x), (x, noted)):
        assert cpool.max_pool2d(first, 2).dtype.metadata == first.dtype.metadata
        y, pullback = cpool.vjp.max_pool2d(second, 2)
        assert pullback(np.ones(y.shape, np.float32)).dtype.metadata == second.dtype.metadata


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_array_is_kept(function, x):
    x, out = x.copy(), np.empty((2, 3, 3, 4), np.float32)
    seen = weakref.ref(x), weakref.ref(out)
    y, pullback = pool(getattr(cpool.vjp, function.__name__), x, 2, out=out)
    pullback(y)
    del x, out, y, pullback
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


# ------------------------------------------------------------------------------------------------ out=
def results(function, x, out, grad_out):
    y, pullback = pool(getattr(cpool.vjp, function.__name__), x, 2, out=out)
    return y, pullback(np.ones(y.shape, x.dtype), out=grad_out)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_out_of_every_kind(function, x):
    wanted, wanted_grad = results(function, x, None, None)
    plain = np.full(wanted.shape, 7, np.float32), np.full(x.shape, 7, np.float32)
    parts = [np.full((*a.shape[:-1], 2 * a.shape[-1]), 7, np.float32)[..., ::2] for a in plain]
    subclass = [a.copy().view(type("Sub", (np.ndarray,), {})) for a in plain]
    one = np.full(x.size + wanted.size, 7, np.float32)  # side by side in one memory
    beside = one[: wanted.size].reshape(wanted.shape), one[wanted.size :].reshape(x.shape)
    for outs in (plain, parts, subclass, beside):
        y, grad_x = results(function, x, *outs)
        assert y is outs[0]
        assert grad_x is outs[1]
        assert np.array_equal(y, wanted)
        assert np.array_equal(grad_x, wanted_grad)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_out_that_is_refused(function, rng):
    memory = rng.standard_normal(400).astype(np.float32)
    x = memory[:288].reshape(2, 3, 6, 8)
    frozen = np.empty((2, 3, 3, 4), np.float32)
    frozen.flags.writeable = False
    for _ in range(2):
        for out, message in (
            (memory[216:288].reshape(2, 3, 3, 4), "shares memory"),
            (x[:, :, ::2, ::2], "shares memory"),
            (frozen, "read-only"),
            (np.empty((2, 3, 3, 5), np.float32), "shape"),
            (np.broadcast_to(np.float32(0), (2, 3, 3, 4)), "read-only"),
        ):
            with pytest.raises(ValueError, match=message):
                pool(function, x, 2, out=out)
        with pytest.raises(TypeError, match="dtype"):
            pool(function, x, 2, out=np.empty((2, 3, 3, 4), np.float64))
        with pytest.raises(TypeError, match="numpy array"):
            pool(function, x, 2, out=[0.0])
        _, pullback = pool(getattr(cpool.vjp, function.__name__), x, 2)
        grad = memory[288:360].reshape(2, 3, 3, 4)
        with pytest.raises(ValueError, match="shares memory"):
            pullback(grad, out=memory[112:].reshape(2, 3, 6, 8))
        assert pullback(grad, out=x) is x
        x[...] = rng.standard_normal(x.shape)


def test_out_over_the_memory_that_x_was_converted_from(x):
    swapped = x.astype(">f4")
    out = swapped.view(np.float32).reshape(-1)[:72].reshape(2, 3, 3, 4)
    for call in (lambda: cpool.max_pool2d(swapped, 2, out=out), lambda: cpool.adaptive_max_pool2d(swapped, (3, 4), out=out)):
        for _ in range(2):
            with pytest.raises(ValueError, match="shares memory"):
                call()
