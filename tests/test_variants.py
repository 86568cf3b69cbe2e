"""Equal bits: no instruction set, number of threads or repetition changes a result."""

import numpy as np
import pytest
from cases import cases, examples
from hypothesis import given
from hypothesis import strategies as st

import cpool
from cpool import _dispatch, _threads

OPERATORS = [f"{kind}_pool{rank}d" for kind in _dispatch.OPERATIONS for rank in (1, 2, 3)]
OTHERS = [(variant, threads) for variant in _dispatch.available() for threads in (1, 2, 5)]


def bits(name, x, options):
    """All that an operator computes, as bytes."""
    y, pullback = getattr(cpool.vjp, name)(x, **options)
    grad = pullback(np.random.default_rng(0).standard_normal(y.shape))
    found = [getattr(cpool, name)(x, **options), y, grad]
    if name.startswith(("max", "min")):
        found += getattr(cpool, name)(x, **options, return_indices=True)
    return [a.tobytes() for a in found]


def assert_equal_bits(name, x, options):
    with _dispatch.using("baseline"), _threads.exactly(1):
        want = bits(name, x, options)
    for variant, threads in OTHERS:
        with _dispatch.using(variant), _threads.exactly(threads):
            assert bits(name, x, options) == want, (variant, threads)


@pytest.mark.parametrize("name", OPERATORS)
@examples(25)
@given(data=st.data())
def test_any_call(name, data):
    case = data.draw(cases(name))
    options = {k: v for k, v in case.options.items() if k not in ("out", "return_indices")}
    assert_equal_bits(name, case.x, options)


@pytest.mark.parametrize("kind", _dispatch.OPERATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((1, 1, 97, 211), {"kernel_size": 3, "stride": 2, "padding": 1}),
        ((1, 1, 211, 61), {"kernel_size": (9, 2), "stride": 1, "padding": ((4, 4), (0, 1))}),
        ((1, 2, 200, 50), {"kernel_size": 31, "stride": 1, "padding": 15}),
        ((3, 5, 28, 28), {"kernel_size": 2}),
        ((1, 61, 70, 24), {"kernel_size": 5, "stride": 2, "padding": "same", "data_format": "channels_last"}),
    ],
)
def test_planes_that_are_cut(kind, dtype, shape, options):
    """Single planes large enough for several blocks: how they are cut must not show."""
    x = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    assert_equal_bits(f"{kind}_pool2d", x, options)


def test_large_work_uses_threads_and_keeps_bits():
    """Without forcing: above the gate the work really is shared, and the result is the same."""
    x = np.random.default_rng(2).standard_normal((8, 32, 64, 64), dtype=np.float32)
    assert _threads.threads_for(x.size) == min(cpool.get_num_threads(), x.size // _threads.GATE)
    many = [cpool.max_pool2d(x, 3, 2), cpool.avg_pool2d(x, 3, 2)]
    with cpool.num_threads(1):
        one = [cpool.max_pool2d(x, 3, 2), cpool.avg_pool2d(x, 3, 2)]
    assert all(np.array_equal(a, b) for a, b in zip(many, one, strict=True))
