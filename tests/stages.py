"""What the tests of poolings in several stages share: a call against its reference, its slope, and every layout of it."""

import numpy as np
from cases import MEMORY
from learned_cases import spread

import cpool

SHAPES = {1: (9,), 2: (6, 7), 3: (5, 4, 6)}


def drawn(rank, dtype=np.float64, seed=0, batch=(2,), channels=3, spatial=None):
    """Cells all different."""
    shape = (*batch, channels, *(spatial or SHAPES[rank]))
    return spread(np.random.default_rng(seed), shape).astype(dtype)


def check(name, rank, x, *arguments, **options):
    """The result and the gradient are those of the reference, in both formats; and the gradient is the slope."""
    function, gradient = getattr(cpool, f"{name}{rank}d"), getattr(cpool.vjp, f"{name}{rank}d")
    reference = getattr(cpool.reference.vjp, f"{name}{rank}d")
    error = {2: 4e-3, 4: 1e-5, 8: 1e-12}[x.dtype.itemsize]
    wide = x.astype(np.float64)
    expected, reference_pullback = reference(wide, *arguments, **options)
    grad = np.random.default_rng(1).standard_normal(expected.shape)
    slope = reference_pullback(grad)
    for last in (False, True):
        move = (lambda a: np.moveaxis(a, -rank - 1, -1)) if last else (lambda a: a)
        more = options | ({"data_format": "channels_last"} if last else {})
        y, pullback = gradient(move(x), *arguments, **more)
        assert y.dtype == x.dtype
        np.testing.assert_allclose(y.astype(float), move(expected), rtol=error, atol=error)
        np.testing.assert_array_equal(function(move(x), *arguments, **more), y)
        np.testing.assert_allclose(pullback(move(grad)).astype(float), move(slope), rtol=error, atol=error * 4)
        np.testing.assert_allclose(reference(move(wide), *arguments, **more)[0], move(expected), rtol=1e-12)
        out = np.empty_like(y)
        assert function(move(x), *arguments, **more, out=out) is out
        np.testing.assert_array_equal(out, y)
        room = np.empty_like(move(x))
        assert pullback(move(grad), out=room) is room
        np.testing.assert_array_equal(room, pullback(move(grad)))
    direction, step = np.random.default_rng(2).standard_normal(x.shape), 1e-6
    sides = [(reference(wide + sign * step * direction, *arguments, **options)[0] * grad).sum() for sign in (1, -1)]
    np.testing.assert_allclose((sides[0] - sides[1]) / (2 * step), (slope * direction).sum(), rtol=1e-6, atol=1e-6)


def same_in_every_memory(name, rank, *arguments, rtol=0, **options):
    """The result does not depend on the memory of x, and no bit of it or of the gradient on threads."""
    x = drawn(rank, np.float32, spatial={1: (40,), 2: (13, 16), 3: (6, 7, 9)}[rank])
    gradient = getattr(cpool.vjp, f"{name}{rank}d")
    results = {}
    for memory in ("contiguous", "other layout", "fortran", "crop", "backwards", "read-only", "swapped"):
        for threads in (1, 3):
            with cpool.num_threads(threads):
                y, pullback = gradient(MEMORY[memory](x, rank, False), *arguments, **options)
                results[memory, threads] = y, pullback(y)
    for (memory, _), (y, grad) in results.items():
        np.testing.assert_allclose(y, results["contiguous", 1][0], rtol=rtol)
        np.testing.assert_array_equal(y, results[memory, 1][0])
        np.testing.assert_array_equal(grad, results[memory, 1][1])
        np.testing.assert_allclose(grad, results["contiguous", 1][1], rtol=1e-5, atol=1e-5)


def check_layer(layer, function, x, *arguments, **options):
    """A layer is the function and its gradient; it copies, prints and keeps nothing in eval mode."""
    y, pullback = function(x, *arguments, **options)
    np.testing.assert_array_equal(layer(x), y)
    assert layer.output_shape(x.shape) == y.shape
    np.testing.assert_array_equal(layer.backward(y), pullback(y))
    assert layer.params == layer.state_dict() == {}
    assert repr(eval(repr(layer), vars(cpool))) == repr(layer)
