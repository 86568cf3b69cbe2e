"""Kernels whose vectors are longer than what is left of a row read and write nothing outside their arrays: these lie between pages
without access, in a process of its own, which a slip would kill."""

import subprocess
import sys

import pytest

from cpool import _dispatch

if not sys.platform.startswith("linux"):
    pytest.skip("mprotect of Linux", allow_module_level=True)

PROLOGUE = """
import ctypes, mmap
import numpy as np
import cpool
from cpool import _dispatch, _threads

libc, kept = ctypes.CDLL(None, use_errno=True), []
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def guarded(a, at_end):
    "The array's copy, at the end or the start of pages between two that nobody may touch."
    page = mmap.PAGESIZE
    size = -(-max(1, a.nbytes) // page) * page
    memory = mmap.mmap(-1, size + 2 * page)
    kept.append(memory)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for guard in (address, address + page + size):
        assert libc.mprotect(guard, page, 0) == 0
    offset = page + (size - a.nbytes if at_end else 0)
    copy = np.frombuffer(memory, a.dtype, a.size, offset).reshape(a.shape)
    copy[...] = a
    return copy


_dispatch.using("VARIANT").__enter__()
_threads.exactly(1).__enter__()
rng = np.random.default_rng(0)
"""

UNPOOL = """
for width in [*range(1, 36), 47, 48, 49, 63, 64, 65]:
    for kernel, stride in ((2, 2), (3, 3), (2, 3), (3, 2), ((2, 5), (2, 5)), ((1, 17), (1, 17))):
        for dtype in (np.float32, np.float64, np.uint8):
            for rows in (1, 3):
                pair = lambda n: n if isinstance(n, tuple) else (n, n)
                sizes = tuple((n - 1) * s + k for n, k, s in zip((rows, width), pair(kernel), pair(stride)))
                place = [rng.integers(0, k, (1, 2, rows, width)) + np.arange(n).reshape(shape) * s
                         for k, s, n, shape in zip(pair(kernel), pair(stride), (rows, width), ((-1, 1), (1, -1)))]
                indices = place[0] * sizes[1] + place[1]
                x = rng.integers(0, 200, indices.shape).astype(dtype)
                want, pull_want = cpool.reference.vjp.max_unpool2d(x, indices, kernel, stride)
                grad = rng.integers(0, 200, want.shape).astype(dtype if dtype != np.uint8 else float)
                for at_end in (False, True):
                    for kind in (np.int32, np.int64):
                        given = [guarded(a, at_end) for a in (x, indices.astype(kind), grad)]
                        out, grad_out = guarded(want, at_end), guarded(pull_want(grad), at_end)
                        out[...], grad_out[...] = 7, 7
                        y, pullback = cpool.vjp.max_unpool2d(*given[:2], kernel, stride)
                        np.testing.assert_array_equal(y, want)
                        np.testing.assert_array_equal(pullback(given[2], out=grad_out), pull_want(grad))
                        np.testing.assert_array_equal(grad_out, pull_want(grad))
                        np.testing.assert_array_equal(cpool.max_unpool2d(*given[:2], kernel, stride, out=out), want)
                        kept.clear()
"""

WHOLE = """
for n in [*range(1, 70), 127, 128, 129, 511, 512, 513, 1025]:
    for dtype in (np.float32, np.float64, np.int32):
        x = rng.permutation(3 * n).astype(dtype).reshape(1, 3, n)
        for kind in ("max", "min", "avg"):
            want, pull_want = getattr(cpool.reference.vjp, f"global_{kind}_pool")(x)
            grad = rng.integers(1, 9, want.shape).astype(dtype if dtype != np.int32 else float)
            for at_end in (False, True):
                grad_out = guarded(pull_want(grad), at_end)
                grad_out[...] = 7
                y, pullback = getattr(cpool.vjp, f"global_{kind}_pool")(guarded(x, at_end))
                np.testing.assert_allclose(y, want, rtol=1e-6)
                np.testing.assert_allclose(pullback(guarded(grad, at_end), out=grad_out), pull_want(grad), rtol=1e-6)
                kept.clear()
"""

POWERS = """
for n in [*range(1, 40), 127, 128, 129, 130]:
    for dtype in (np.float32, np.float64):
        x = rng.uniform(0.5, 2, (1, 2 * n)).astype(dtype)
        for p in (2.5, 3):
            want, pull_want = cpool.reference.vjp.lp_pool1d(x, p, 2)
            for at_end in (False, True):
                out, grad_out = guarded(want, at_end), guarded(x, at_end)
                grad = guarded(np.ones_like(want), at_end)
                y, pullback = cpool.vjp.lp_pool1d(guarded(x, at_end), p, 2, out=out)
                np.testing.assert_allclose(y, want, rtol=1e-6)
                np.testing.assert_allclose(pullback(grad, out=grad_out), pull_want(grad), rtol=1e-6)
                kept.clear()
"""


@pytest.mark.parametrize("variant", _dispatch.available())
@pytest.mark.parametrize("body", [UNPOOL, WHOLE, POWERS], ids=["unpool", "whole", "powers"])
def test_nothing_outside(body, variant, tmp_path):
    script = PROLOGUE.replace("VARIANT", variant) + body
    # Away from the clone, whose sources are not compiled.
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
