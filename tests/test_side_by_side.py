"""Many small planes are laid side by side before they are pooled: what a plane gives must not depend on the others, to the bit."""

import numpy as np
import pytest

import cpool

SHAPES = {1: [(31,), (500,)], 2: [(7, 7), (13, 14), (17, 5), (2, 3)], 3: [(4, 6, 7), (3, 2, 5)]}
WINDOWS = [
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": 2, "stride": 2},
    {"kernel_size": 2, "stride": 1, "dilation": 2, "padding": 1},
    {"kernel_size": 4, "stride": 4, "padding": 2},
    {"kernel_size": 5, "stride": 1, "padding": 2},
]


def cells(shape, dtype):
    """Numbers, among them all that has an order or a sum of its own."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    flat = x.reshape(shape[0] * shape[1], -1)
    largest = np.finfo(dtype).max
    odd = rng.choice(np.array([np.nan, -np.inf, np.inf, -0.0, 0.0, largest], dtype), flat.shape)
    flat[::3] = np.where(rng.random(flat[::3].shape) < 0.5, odd[::3], flat[::3])
    flat[1] = -np.inf
    flat[2] = np.where(rng.random(flat[2].shape) < 0.5, -0.0, 0.0)
    return x


def same(many, alone):
    return np.ascontiguousarray(many).tobytes() == np.concatenate(alone, axis=1).tobytes()


@pytest.mark.parametrize("kind", ["max", "min", "sum", "avg"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32"])
@pytest.mark.parametrize("threads", [1, 2])
def test_planes_alone(kind, rank, dtype, threads):
    """Fewer planes than are worth it are pooled one after another."""
    pool = getattr(cpool, f"{kind}_pool{rank}d")
    vjp = getattr(cpool.vjp, f"{kind}_pool{rank}d")
    with cpool.num_threads(threads):
        for shape in SHAPES[rank]:
            for window in WINDOWS:
                x = cells((1, 47, *shape), "float64" if dtype == "int32" else dtype)
                if dtype == "int32":
                    x = np.nan_to_num(x, posinf=9, neginf=-9).clip(-99, 99).astype(dtype)
                try:
                    y = pool(x, **window)
                except ValueError:
                    continue  # a window that is larger than the input
                parts = [x[:, i : i + 8] for i in range(0, 47, 8)]
                assert same(y, [pool(part, **window) for part in parts]), (shape, window)
                if dtype == "int32":
                    continue
                again, pullback = vjp(x, **window)
                grad = cells(y.shape, dtype)
                assert same(again, [y]), (shape, window)
                alone = [vjp(part, **window)[1](grad[:, 8 * i : 8 * i + 8]) for i, part in enumerate(parts)]
                assert same(pullback(grad), alone), (shape, window)
