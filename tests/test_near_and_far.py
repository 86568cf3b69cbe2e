"""Windows side by side: none depends on its neighbours or on the layout, and nothing beside the arrays is touched."""

import ctypes
import mmap
import subprocess
import sys

import numpy as np
import pytest

import cpool

POOLS = {
    "soft_pool2d": ((), {}),
    "lse_pool2d": ((), {"r": 2.0}),
    "gem_pool2d": ((3.0,), {}),
    "mixed_pool2d": ((), {"alpha": 0.25}),
    "detail_preserving_pool2d": ((), {}),
}
WINDOWS = [(2, 2, 0), (3, 1, 0), (3, 1, 1), (3, 2, 1), (2, 1, 0), (3, 3, 1), (5, 3, 2)]


def both(name, x, kernel, stride, padding, data_format="channels_first"):
    before, options = POOLS[name]
    y, pullback = getattr(cpool.vjp, name)(
        x, *before, kernel, stride=stride, padding=padding, data_format=data_format, **options
    )  # fmt: skip
    grad = np.random.default_rng(1).standard_normal(y.shape if data_format == "channels_first" else last_to_first(y).shape)
    found = pullback((grad if data_format == "channels_first" else np.moveaxis(grad, 1, -1)).astype(x.dtype))
    return y, found[0] if isinstance(found, tuple) else found


def last_to_first(a):
    return np.moveaxis(a, -1, 1)


def cells(rng, shape, dtype):
    """Ordinary numbers, and among them what no exponential of is: zeros, equal ones, far ones, infinities and NaN."""
    x = rng.uniform(0.05, 2, shape)
    x[rng.random(shape) < 0.02] = 0
    odd = np.array([300.0, 1e30, np.inf, np.nan, 1e-30])
    x = np.where(rng.random(shape) < 0.01, rng.choice(odd, shape), x)
    x[0, 0, : shape[2] // 2] = 1
    return x.astype(dtype)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("window", WINDOWS)
def test_layouts_give_the_same_bits(name, dtype, window):
    rng = np.random.default_rng(0)
    for shape in [(2, 3, 21, 37), (1, 40, 7, 9), (3, 17, 12, 5)]:
        x = cells(rng, shape, dtype)
        with np.errstate(all="ignore"):
            y, grad = both(name, x, *window)
            other, other_grad = both(name, np.ascontiguousarray(np.moveaxis(x, 1, -1)), *window, "channels_last")
        np.testing.assert_array_equal(last_to_first(other), y)
        np.testing.assert_array_equal(last_to_first(other_grad), grad)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_window_is_what_it_is_alone(name, dtype):
    rng = np.random.default_rng(0)
    x = cells(rng, (1, 2, 9, 40), dtype)
    before, options = POOLS[name]
    with np.errstate(all="ignore"):
        y = getattr(cpool, name)(x, *before, 3, stride=1, **options)
        for i in range(0, y.shape[2], 3):
            for j in range(0, y.shape[3], 3):
                alone = getattr(cpool, name)(x[:, :, i : i + 3, j : j + 3], *before, 3, stride=1, **options)
                np.testing.assert_array_equal(alone[..., 0, 0], y[..., i, j])


def test_means_of_equal_cells_are_these():
    for value in (1e-6, 0.1, 0.7, 1.0, 3.0, 1e10):
        x = np.full((1, 2, 6, 6), value, np.float32)
        for p in (0.5, 1.0, 3.0, -2.0):
            np.testing.assert_array_equal(cpool.gem_pool2d(x, p, 2), np.float32(value))


def test_windows_of_many_cells_take_fewer_lanes():
    """And give what as many small ones do."""
    x = np.random.default_rng(0).uniform(0.1, 1, (1, 3, 130, 130)).astype(np.float32)
    y, grad = both("mixed_pool2d", x, 130, 130, 0)
    mean = x.astype(float).mean((2, 3), keepdims=True)
    np.testing.assert_allclose(y, 0.25 * x.max((2, 3), keepdims=True) + 0.75 * mean, rtol=1e-6)
    assert grad.shape == x.shape
    soft = cpool.soft_pool2d(x, 130)
    weights = np.exp(x.astype(float))
    np.testing.assert_allclose(soft, (weights * x).sum((2, 3), keepdims=True) / weights.sum((2, 3), keepdims=True), rtol=1e-5)


def guarded(a, at_end):
    """A copy beside a page that may be neither read nor written."""
    libc = ctypes.CDLL(None)
    size = -(-max(1, a.nbytes) // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = mmap.mmap(-1, size + 2 * mmap.PAGESIZE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (base, base + mmap.PAGESIZE + size):
        assert libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), 0) == 0
    found = np.frombuffer(memory, a.dtype, a.size, mmap.PAGESIZE + (size - a.nbytes if at_end else 0)).reshape(a.shape)
    found[...] = a
    return found


class Guard:
    """The kernels, called with copies of their arrays beside such pages."""

    def __init__(self, kernels, at_end):
        self.kernels, self.at_end = kernels, at_end

    def __getattr__(self, name):
        kernel = getattr(self.kernels, name)
        if name not in ("beside", "beside_gradient"):
            return kernel

        def call(*args):
            copies = [guarded(a, self.at_end) if isinstance(a, np.ndarray) else a for a in args]
            kernel(*copies)
            for a, copy in zip(args, copies, strict=True):
                if isinstance(a, np.ndarray) and a.flags.writeable:
                    a[...] = copy

        return call


def run_guarded():
    from cpool import _dispatch

    for variant in _dispatch.available():
        for at_end in (True, False):
            with _dispatch.using(variant):
                _dispatch.kernels = Guard(_dispatch.kernels, at_end)
                for kernel, stride, padding in WINDOWS:
                    for shape in [(1, 3, 11, 20), (1, 17, 5, 33), (3, 2, 6, 7)]:
                        for last in (False, True):
                            run_all(shape, kernel, stride, padding, last)
    print("done")


def run_all(shape, kernel, stride, padding, last):
    rng = np.random.default_rng(0)
    mask, many = rng.random((kernel, kernel)), rng.random((shape[1], kernel, kernel))
    for dtype in (np.float32, np.float64):
        x = rng.uniform(0.1, 1, shape).astype(dtype)
        x = np.ascontiguousarray(np.moveaxis(x, 1, -1)) if last else x
        options = {"stride": stride, "padding": padding, "data_format": "channels_last" if last else "channels_first"}
        for y, pullback in (
            cpool.vjp.soft_pool2d(x, kernel, **options),
            cpool.vjp.softmax_pool2d(x, x, kernel, **options),
            cpool.vjp.gem_pool2d(x, 3.0, kernel, **options),
            cpool.vjp.gated_pool2d(x, many, **options),
            cpool.vjp.tree_pool2d(x, np.stack([mask, mask]), mask, **options),
            cpool.vjp.ordinal_pool2d(x, many.reshape(shape[1], -1), kernel, **options),
            cpool.vjp.detail_preserving_pool2d(x, kernel, **options),
            cpool.vjp.stochastic_pool2d(x, kernel, rng=0, **options),
        ):
            pullback(y)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
def test_nothing_beside_the_arrays_is_touched():
    """In a process of its own: a fault would end it."""
    run = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == "done\n"


if __name__ == "__main__":
    run_guarded()
