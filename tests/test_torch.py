"""PyTorch as a second oracle, where it is installed: what both have, they compute alike.

Without NaN (PyTorch's last NaN wins, cpool's first), and with windows that have a cell in the input.
"""

import itertools

import numpy as np
import pytest

import cpool

torch = pytest.importorskip("torch")

SIZES = {1: (23,), 2: (11, 14), 3: (5, 6, 7)}
WINDOWS = [  # kernel, stride, padding (at most half the kernel), dilation
    (2, None, 0, 1),
    (3, 2, 1, 1),
    (3, 1, 1, 1),
    (2, 3, 0, 1),
    (3, 2, 0, 2),
    (4, 3, 2, 1),
    (2, 2, 1, 2),
    (5, 2, 2, 1),
    (1, 2, 0, 1),
]


SETTINGS = [
    (rank, window, ceil_mode, dtype)
    for rank, window, ceil_mode, dtype in itertools.product((1, 2, 3), WINDOWS, (False, True), (np.float32, np.float64))
    if (window[0] - 1) * window[3] < min(SIZES[rank])
]
UNDILATED = [setting for setting in SETTINGS if setting[1][3] == 1]


def compared(rank, call, theirs, x, grad_seed, exact):
    """The result and the gradient of both; `call` is cpool's, `theirs` torch's."""
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    want = theirs(leaf)
    want, *want_indices = want if isinstance(want, tuple) else (want,)
    result, pullback = call(x)
    y, *indices = result if isinstance(result, tuple) else (result,)
    for found, expected in zip(indices, want_indices, strict=True):
        np.testing.assert_array_equal(found, expected.numpy())
    same(y, want.detach().numpy(), exact)

    grad_y = np.random.default_rng(grad_seed).standard_normal(y.shape).astype(y.dtype)
    want.backward(torch.from_numpy(grad_y))
    same(pullback(grad_y), leaf.grad.numpy(), False)


def same(found, expected, exact):
    assert found.dtype == expected.dtype
    if exact:
        np.testing.assert_array_equal(found, expected)
    else:  # the two add in different orders; sums of a few numbers of size 1
        bound = 20 * np.finfo(found.dtype).eps
        np.testing.assert_allclose(found, expected, rtol=bound, atol=bound)


@pytest.mark.parametrize("ties", [False, True], ids=["", "ties"])
@pytest.mark.parametrize(("rank", "window", "ceil_mode", "dtype"), SETTINGS)
def test_max_pool(rank, window, ceil_mode, dtype, ties):
    rng = np.random.default_rng(rank)
    shape = (2, 3, *SIZES[rank])
    x = (rng.integers(-2, 3, shape) if ties else rng.standard_normal(shape)).astype(dtype)
    options = {"ceil_mode": ceil_mode, "return_indices": True}
    theirs = getattr(torch.nn.functional, f"max_pool{rank}d")
    mine = getattr(cpool.vjp, f"max_pool{rank}d")
    compared(rank, lambda x: mine(x, *window, **options), lambda t: theirs(t, *window, **options), x, 1, exact=True)
    compared(rank, lambda x: mine(x, *window, **options), lambda t: theirs(t, *window, **options), x[0], 2, exact=True)


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize(("rank", "window", "ceil_mode", "dtype"), UNDILATED)
def test_avg_pool(rank, window, ceil_mode, dtype, count_include_pad):
    x = np.random.default_rng(rank).standard_normal((2, 3, *SIZES[rank])).astype(dtype)
    theirs = getattr(torch.nn.functional, f"avg_pool{rank}d")
    mine = getattr(cpool.vjp, f"avg_pool{rank}d")
    options = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    for divisor in (None,) if rank == 1 else (None, 3, -2):  # PyTorch's avg_pool1d has none
        if rank > 1:
            options["divisor_override"] = divisor
        compared(rank, lambda x: mine(x, *window[:3], **options), lambda t: theirs(t, *window[:3], **options), x, 1, exact=False)


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize("channels", [1, 3, 16, 33])
@pytest.mark.parametrize("rank", [2, 3])
def test_channels_last_memory(op, rank, channels):
    """The same memory seen through PyTorch's channels_last, cpool's data_format and as a transposed view."""
    x = np.random.default_rng(3).standard_normal((2, *SIZES[rank], channels)).astype(np.float32)
    view = np.moveaxis(x, -1, 1)
    leaf = torch.from_numpy(x).movedim(-1, 1).requires_grad_()
    want = getattr(torch.nn.functional, f"{op}_pool{rank}d")(leaf, 3, 2, 1)
    grad_y = np.random.default_rng(4).standard_normal(want.shape).astype(np.float32)
    (grad,) = torch.autograd.grad(want, leaf, torch.from_numpy(grad_y))

    pool = getattr(cpool.vjp, f"{op}_pool{rank}d")
    y, pullback = pool(view, 3, 2, 1)
    same(y, want.detach().numpy(), op == "max")
    same(pullback(grad_y), grad.numpy(), False)
    y, pullback = pool(x, 3, 2, 1, data_format="channels_last")
    same(np.moveaxis(y, -1, 1), want.detach().numpy(), op == "max")
    same(np.moveaxis(pullback(np.moveaxis(grad_y, 1, -1)), -1, 1), grad.numpy(), False)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
def test_max_of_integers(dtype):
    bounds = np.iinfo(dtype)
    x = np.random.default_rng(5).integers(bounds.min, bounds.max, (2, 3, 9, 10), dtype, endpoint=True)
    y, indices = cpool.max_pool2d(x, 3, 2, 1, return_indices=True)
    want, want_indices = torch.nn.functional.max_pool2d(torch.from_numpy(x), 3, 2, 1, return_indices=True)
    np.testing.assert_array_equal(y, want.numpy())
    np.testing.assert_array_equal(indices, want_indices.numpy())


def test_a_tensor_is_array_like():
    t = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert cpool.max_pool2d(t, 2).tolist() == [[[[5, 7], [13, 15]]]]
