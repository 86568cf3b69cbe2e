"""Random configurations of every operator that PyTorch has too: no difference outside the documented ones.

What is left out is documented: NaN (PyTorch's last wins), windows without a cell, Lp norms of negative numbers and in ceil mode
(PyTorch's are wrong), padding above half the window. Selections agree exactly, sums within 4 units in the last place: PyTorch
adds in float64 here, so that its own rounding does not count, and x is positive, so that nothing cancels.

CPOOL_TORCH_CONFIGURATIONS says how many are drawn.
"""

import os

import numpy as np
import pytest

import cpool

torch = pytest.importorskip("torch")
functional = torch.nn.functional

MANY = int(os.environ.get("CPOOL_TORCH_CONFIGURATIONS", "600"))
PART = 100
ULP = 4


def window(rng, sizes, most):
    """Kernel, stride, padding and dilation with a window that fits."""
    while True:
        kernel = [int(rng.integers(1, most + 1)) for _ in sizes]
        dilation = [int(rng.choice([1, 1, 2, 3])) for _ in sizes]
        padding = [int(rng.integers(0, k // 2 + 1)) for k in kernel]
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        # A window that is no larger than the input has a cell in it wherever it is.
        if all(r <= n for r, n in zip(reach, sizes, strict=True)):
            return kernel, [int(rng.integers(1, 4)) for _ in sizes], padding, dilation


def windowed(kind, rank, sizes, rng):
    kernel, stride, padding, dilation = window(rng, sizes, {1: 7, 2: 6, 3: 4}[rank])
    options = {"ceil_mode": bool(rng.integers(2))}
    if kind == "max":
        return [kernel, stride, padding, dilation], [kernel, stride, padding, dilation], options | {"return_indices": True}, True
    options["count_include_pad"] = bool(rng.integers(2))
    if rank > 1 and rng.integers(4) == 0:
        options["divisor_override"] = int(rng.integers(1, 9))
    return [kernel, stride, padding], [kernel, stride, padding], options, False


def draw(rng):
    """(name, sizes, cpool's arguments, torch's, options of both, whether it selects)."""
    rank = int(rng.integers(1, 4))
    sizes = tuple(int(n) for n in rng.integers(1, {1: 60, 2: 20, 3: 9}[rank] + 1, rank))
    family = rng.choice(["max", "avg", "lp", "adaptive_max", "adaptive_avg", "fractional", "unpool"])
    if family in ("max", "avg"):
        return f"{family}_pool{rank}d", sizes, *windowed(family, rank, sizes, rng)
    if family == "lp":
        kernel = [int(rng.integers(1, min(n, 5) + 1)) for n in sizes]
        stride = [int(rng.integers(1, 4)) for _ in sizes]
        power = float(rng.choice([1, 2, 3, 0.5, 1.7]))
        kernel, stride = (kernel[0], stride[0]) if rank == 1 else (kernel, stride)
        return f"lp_pool{rank}d", sizes, [power, kernel, stride], [power, kernel, stride], {}, False
    if family.startswith("adaptive"):
        out = [int(rng.integers(1, n + 3)) for n in sizes]
        options = {"return_indices": True} if family == "adaptive_max" else {}
        return f"{family}_pool{rank}d", sizes, [out], [out], options, family == "adaptive_max"
    if family == "fractional" and rank > 1 and min(sizes) > 1:
        kernel = [int(rng.integers(1, n)) for n in sizes]
        out = [int(rng.integers(1, n - k + 1)) for n, k in zip(sizes, kernel, strict=True)]
        return f"fractional_max_pool{rank}d", sizes, [kernel, out], [kernel, out], {}, True
    kernel = [int(rng.integers(1, 4)) for _ in sizes]
    stride = [k + int(rng.integers(0, 2)) for k in kernel]
    return f"max_unpool{rank}d", sizes, [kernel, stride], [kernel, stride], {}, True


def compared(seed):
    rng = np.random.default_rng(seed)
    name, sizes, mine, theirs, options, selects = draw(rng)
    lead = (int(rng.integers(1, 3)), int(rng.choice([1, 2, 3, 17])))
    dtype = np.dtype(rng.choice(["float32", "float64"]))
    x = (rng.integers(1, 6, (*lead, *sizes)) if rng.integers(2) else rng.uniform(0.5, 2, (*lead, *sizes))).astype(dtype)
    leaf = torch.from_numpy(x.astype(np.float64)).requires_grad_()
    last, rank = bool(rng.integers(2)), len(sizes)

    def there(a):
        return np.ascontiguousarray(np.moveaxis(a, 1, -1)) if last else a

    def back(a):
        return np.moveaxis(a, -1, 1) if last else a

    more = {"data_format": "channels_last"} if last else {}
    if "unpool" in name:
        out = [(n - 1) * s + k for n, k, s in zip(sizes, *mine, strict=True)]
        cells = np.stack([rng.permutation(int(np.prod(out)))[: x[0, 0].size] for _ in range(lead[0] * lead[1])])
        indices = cells.reshape(x.shape)
        want = getattr(functional, name)(leaf, torch.from_numpy(indices), *theirs)
        got, pullback = getattr(cpool.vjp, name)(there(x), there(indices), *mine, **more)
    elif name.startswith("fractional"):
        samples = rng.random((*lead, rank)).astype(dtype)
        # Its windows depend on the precision of x.
        leaf = torch.from_numpy(x.copy()).requires_grad_()
        want = getattr(functional, name)(leaf, *theirs, return_indices=True, _random_samples=torch.from_numpy(samples))
        got, pullback = getattr(cpool.vjp, name)(there(x), *mine, samples=samples, return_indices=True, **more)
    else:
        want = getattr(functional, name)(leaf, *theirs, **options)
        got, pullback = getattr(cpool.vjp, name)(there(x), *mine, **options, **more)
    if isinstance(want, tuple):
        (want, want_indices), (got, got_indices) = want, got
        np.testing.assert_array_equal(back(got_indices), want_indices.numpy())
    # In float64 PyTorch rounds as much as cpool does, and roots amplify that.
    ulp = 32 if name.startswith("lp") and dtype == np.float64 else ULP
    close(back(got), want.detach().numpy(), dtype, exact=selects, ulp=ulp)
    grad_y = rng.uniform(0.5, 2, want.shape).astype(dtype)
    want.backward(torch.from_numpy(grad_y).to(want.dtype))
    close(back(pullback(there(grad_y))), leaf.grad.numpy(), dtype, exact=False, ulp=ulp)


def close(found, expected, dtype, exact, ulp=ULP):
    assert found.dtype == dtype
    if exact:
        np.testing.assert_array_equal(found, expected.astype(dtype))
    else:
        np.testing.assert_allclose(found, expected, rtol=ulp * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("part", range(-(-MANY // PART)))
def test_random_configurations(part):
    for seed in range(part * PART, min(MANY, (part + 1) * PART)):
        try:
            compared(seed)
        except Exception as error:
            error.add_note(f"configuration {seed}: {draw(np.random.default_rng(seed))}")
            raise
