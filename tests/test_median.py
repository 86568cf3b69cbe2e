"""Median pooling: the oracle, numpy, ties, windows of few cells and of many, gradients, equal bits."""

import copy
import inspect
import math
import pickle
import warnings

import numpy as np
import pytest
from cases import BFLOAT16, CONTENTS, FLOATS, INTEGERS, MEMORY, contents, distinct, examples, spatial_sizes, windows
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_close, assert_same_bits, exact, gradient_accumulator

import cpool
from cpool import _dispatch, _threads

NAMES = [f"median_pool{rank}d" for rank in (1, 2, 3)]
RUNS = [(variant, threads) for variant in _dispatch.available() for threads in (1, 3)]
every_rank = pytest.mark.parametrize("rank", [1, 2, 3])


def check(name, x, options, rng):
    """Result and gradient by the oracle, and `out`."""
    want, _ = getattr(cpool.reference.vjp, name)(x, **options)
    _, oracle = getattr(cpool.reference.vjp, name)(x.astype(np.float64), **options)
    y, pullback = getattr(cpool.vjp, name)(x, **options)
    assert_same_bits(y, want)
    assert_same_bits(getattr(cpool, name)(x, **options), want)
    g = contents(rng, y.shape, y.dtype, "normal")
    grad = pullback(g)
    assert grad.dtype == want.dtype
    cells = math.prod(np.broadcast_to(options["kernel_size"], int(name[-2])).tolist())
    assert_close(grad, oracle(exact(g)), gradient_accumulator(grad.dtype), oracle(np.abs(exact(g))), 2 * cells)
    out, grad_out = np.zeros_like(y), np.zeros_like(grad)
    assert getattr(cpool, name)(x, **options, out=out) is out
    assert pullback(g, out=grad_out) is grad_out
    assert_same_bits(out, y)
    assert_same_bits(grad_out, grad)


@every_rank
@examples(100)
@given(data=st.data())
def test_against_the_reference(rank, data):
    spatial = data.draw(spatial_sizes(rank))
    options = data.draw(windows(spatial))
    last = data.draw(st.booleans())
    lead, channels = data.draw(st.sampled_from([(), (1,), (2,), (0,)])), data.draw(st.sampled_from([1, 2, 3, 9, 70, 0]))
    shape = (*lead, *spatial, channels) if last else (*lead, channels, *spatial)
    options["data_format"] = "channels_last" if last else "channels_first"
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    dtype = data.draw(st.sampled_from(FLOATS + INTEGERS))
    x = contents(rng, shape, dtype, data.draw(st.sampled_from(CONTENTS)))
    x = MEMORY[data.draw(st.sampled_from(sorted(MEMORY)))](x, rank, last) if x.size else x
    variant, threads = data.draw(st.sampled_from(RUNS))
    with _dispatch.using(variant), _threads.exactly(threads):
        check(f"median_pool{rank}d", x, options, rng)


@pytest.mark.parametrize("kind", ["ties", "special", "normal"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cells", [*range(1, 40), 64, 100, 127, 128, 129, 130, 200, 255, 256, 257, 1000])
def test_every_number_of_cells(cells, dtype, kind):
    rng = np.random.default_rng(cells)
    x = contents(rng, (1, cells + 70), dtype, kind)
    check("median_pool1d", x, {"kernel_size": cells, "stride": 1, "padding": min(cells - 1, 3)}, rng)
    middle = np.lib.stride_tricks.sliding_window_view(x[0], cells)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        np.testing.assert_allclose(cpool.median_pool1d(x, cells, 1)[0], np.median(middle, axis=1), rtol=1e-6)


def test_a_window_of_more_cells_than_two_bytes_count():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 100, (1, 2, 300, 310)).astype(np.float32)
    check("median_pool2d", x, {"kernel_size": (300, 309), "stride": 1}, rng)


def test_the_mean_of_two_does_not_overflow():
    for dtype in (np.float32, np.float64):
        largest, least = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
        x = np.array([[largest, largest, -largest, -largest, least, least, np.inf, -np.inf, 3 * least, least]], dtype)
        np.testing.assert_array_equal(cpool.median_pool1d(x, 2), [[largest, -largest, least, np.nan, 2 * least]])


def test_equal_cells_are_in_row_major_order():
    x = np.array([[[2.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 1.0, 3.0]]])  # 1 1 1 2 2 2 2 3 3: the second 2
    y, pullback = cpool.vjp.median_pool2d(x, 3)
    assert y.tolist() == [[[2.0]]]
    np.testing.assert_array_equal(pullback(y), [[[0, 0, 2.0], [0, 0, 0], [0, 0, 0]]])
    y, pullback = cpool.vjp.median_pool1d(np.array([[5.0, 5.0, 5.0, 5.0]]), 4)
    np.testing.assert_array_equal(pullback(y), [[0, 2.5, 2.5, 0]])


def test_the_first_nan_takes_the_gradient():
    y, pullback = cpool.vjp.median_pool1d(np.array([[1.0, np.nan, np.nan, 2.0]]), 4)
    assert np.isnan(y).all()
    np.testing.assert_array_equal(pullback(np.ones((1, 1))), [[0, 1, 0, 0]])


def test_windows_without_a_cell_give_zero():
    options = {"kernel_size": 2, "stride": 1, "padding": 3, "dilation": 4}
    x = np.array([[1.0, -2.0]])
    check("median_pool1d", x, options, np.random.default_rng(0))
    assert (cpool.median_pool1d(x, **options) == 0).any()


@every_rank
@pytest.mark.parametrize("kernel", [2, 3])
def test_gradient_by_differences(rank, kernel):
    rng = np.random.default_rng(1)
    x = distinct(rng, (2, 2, 6, 5, 4)[: rank + 2])
    options = {"kernel_size": kernel, "stride": 2, "padding": 1}
    y, pullback = getattr(cpool.vjp, f"median_pool{rank}d")(x, **options)
    g = rng.standard_normal(y.shape)
    want = np.empty_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += 0.25
        down[at] -= 0.25
        up, down = (getattr(cpool, f"median_pool{rank}d")(a, **options) for a in (up, down))
        want[at] = ((up - down) * g).sum() * 2
    np.testing.assert_allclose(pullback(g), want, rtol=1e-12, atol=1e-12)


def test_against_torch():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(2).standard_normal((2, 3, 12, 13)).astype(np.float32)
    t = torch.from_numpy(x).requires_grad_()
    want = t.unfold(2, 3, 2).unfold(3, 3, 2).flatten(-2).median(-1).values
    y, pullback = cpool.vjp.median_pool2d(x, 3, 2)
    np.testing.assert_array_equal(y, want.detach().numpy())
    g = np.random.default_rng(3).standard_normal(y.shape).astype(np.float32)
    want.backward(torch.from_numpy(g))
    np.testing.assert_allclose(pullback(g), t.grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, BFLOAT16, np.uint8], ids=str)
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 2, 60, 70), {"kernel_size": 3, "padding": 1}),
        ((1, 1, 90, 80), {"kernel_size": (5, 4), "stride": (1, 3), "padding": (2, 1), "dilation": (2, 1), "ceil_mode": True}),
        ((1, 2, 40, 41), {"kernel_size": 12, "stride": 3}),
        ((1, 20, 30, 17), {"kernel_size": 3, "stride": 2, "padding": 1, "data_format": "channels_last"}),
    ],
)
def test_equal_bits_for_all_variants_and_threads(shape, options, dtype):
    x = contents(np.random.default_rng(4), shape, dtype, "normal")
    found = set()
    for variant, threads in RUNS:
        with _dispatch.using(variant), _threads.exactly(threads):
            y, pullback = cpool.vjp.median_pool2d(x, **options)
            g = np.random.default_rng(5).standard_normal(y.shape).astype(np.float32)
            found.add(y.tobytes() + cpool.median_pool2d(x, **options).tobytes() + pullback(g).tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("name", NAMES)
def test_signatures_and_errors(name):
    modules = (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp)
    signatures = [[(p.name, p.kind, p.default) for p in inspect.signature(getattr(m, name)).parameters.values()] for m in modules]
    assert all(each == signatures[0] for each in signatures)
    x = np.ones((2, 3, 4, 4, 4)[: 2 + int(name[-2])])
    for module in modules:
        call = getattr(module, name)
        for argument, value, kind in [
            ("kernel_size", 0, ValueError),
            ("kernel_size", 2.0, TypeError),
            ("stride", -1, ValueError),
            ("padding", 2, ValueError),
            ("dilation", True, TypeError),
            ("ceil_mode", 1, TypeError),
            ("data_format", "NCHW", ValueError),
            ("out", [1], TypeError),
            ("out", np.ones(3), ValueError),
        ]:
            with pytest.raises(kind, match=argument):
                call(x, **({"kernel_size": 2} | {argument: value}))
        with pytest.raises(TypeError, match="x"):
            call(x + 0j, 2)
    _, pullback = getattr(cpool.vjp, name)(x, 2)
    with pytest.raises(ValueError, match="grad_y"):
        pullback(x)


@every_rank
def test_layers(rank):
    layer = getattr(cpool, f"MedianPool{rank}d")(2, 1, padding=1, ceil_mode=True, data_format="channels_last", name="pool")
    assert repr(layer) == f"MedianPool{rank}d(2, stride=1, padding=1, ceil_mode=True, data_format='channels_last', name='pool')"
    x = np.random.default_rng(6).standard_normal((*(2, 5, 4, 3)[: rank + 1], 3))
    options = {"padding": 1, "ceil_mode": True, "data_format": "channels_last"}
    y, pullback = getattr(cpool.vjp, f"median_pool{rank}d")(x, 2, 1, **options)
    assert layer.output_shape(x.shape) == y.shape
    for each in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_same_bits(each(x), y)
        assert_same_bits(each.backward(y), pullback(y))
        assert_same_bits(each.eval()(x), y)
