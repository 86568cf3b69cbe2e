"""Global pooling: the oracle, PyTorch, gradients, and the long planes and odd bits that its sweeps could get wrong."""

import copy
import pickle

import numpy as np
import pytest
from cases import BFLOAT16, CONTENTS, FLOATS, INTEGERS, MEMORY, contents, examples
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_close, assert_same_bits, exact, gradient_accumulator

import cpool
from cpool import _dispatch, _threads

KINDS = ("max", "min", "avg", "sum")
NAMES = [f"global_{kind}_pool" for kind in KINDS]
RUNS = [(variant, threads) for variant in _dispatch.available() for threads in (1, 3)]
every_name = pytest.mark.parametrize("name", NAMES)
every_run = pytest.mark.parametrize("run", RUNS, ids=str)


def selects(name):
    return name[7:10] in ("max", "min")


def check(name, x, rng, **options):
    """Forward, with and without the gradient, by the oracle."""
    want, want_pullback = getattr(cpool.reference.vjp, name)(x, **options)
    y, pullback = getattr(cpool.vjp, name)(x, **options)
    plain = getattr(cpool, name)(x, **options)
    for found in (y, plain):
        if selects(name) or want.dtype.kind in "iu":
            assert_same_bits(found, want)
        else:
            wide = x.astype(np.float64)
            truth, size = (getattr(cpool.reference, name)(a, **options) for a in (wide, np.abs(wide)))
            assert found.dtype == want.dtype
            assert_close(found, truth, "float32" if x.dtype.itemsize == 2 else "float64", size, x.size)
    if selects(name):
        values, indices = getattr(cpool, name)(x, **options, return_indices=True)
        assert_same_bits(values, want)
        assert_same_bits(indices, getattr(cpool.reference, name)(x, **options, return_indices=True)[1])
    g = contents(rng, y.shape, np.float64 if x.dtype.kind in "biu" else x.dtype, "normal")
    _, oracle = getattr(cpool.reference.vjp, name)(x.astype(np.float64) if x.dtype.kind not in "biu" else x, **options)
    grad = pullback(g)
    assert grad.dtype == want_pullback(g).dtype
    assert_close(grad, oracle(exact(g)), gradient_accumulator(grad.dtype), np.abs(oracle(np.abs(exact(g)))), 1)
    out, grad_out = np.zeros_like(y), np.zeros_like(grad)
    assert getattr(cpool, name)(x, **options, out=out) is out
    assert pullback(g, out=grad_out) is grad_out
    assert_same_bits(out, y)
    assert_same_bits(grad_out, grad)


@every_name
@examples(80)
@given(data=st.data())
def test_against_the_reference(name, data):
    rank = data.draw(st.integers(1, 3))
    spatial = [data.draw(st.integers(1, (130, 14, 6)[rank - 1])) for _ in range(rank)]
    lead = (data.draw(st.integers(0, 3)), data.draw(st.integers(0, 5)))
    last = data.draw(st.booleans())
    shape = (lead[0], *spatial, lead[1]) if last else (*lead, *spatial)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = contents(rng, shape, data.draw(st.sampled_from(FLOATS + INTEGERS)), data.draw(st.sampled_from(CONTENTS)))
    x = MEMORY[data.draw(st.sampled_from(sorted(MEMORY)))](x, rank, last) if x.size else x
    variant, threads = data.draw(st.sampled_from(RUNS))
    with _dispatch.using(variant), _threads.exactly(threads):
        check(name, x, rng, data_format="channels_last" if last else "channels_first")


@every_run
@pytest.mark.parametrize("dtype", [*FLOATS, np.dtype(np.int32), np.dtype(np.uint8)], ids=str)
@pytest.mark.parametrize("name", NAMES[:2])
def test_winners_anywhere(name, dtype, run):
    """Planes of every length up to some vectors, and of several stretches; winners, their equals and NaN at every kind of place."""
    rng = np.random.default_rng(0)
    for n in [*range(1, 70), 255, 256, 257, 1023, 1024, 1025, 1100, 4096, 4097, 9000]:
        x = rng.integers(0, 5, (1, 6, n)).astype(dtype)
        top = dtype.type(9 if name == "global_max_pool" else 0)
        if name == "global_min_pool":
            x = (x + 1).astype(dtype)
        x[0, 0, -1] = top
        x[0, 1, [n // 2, n - 1]] = top
        x[0, 2, rng.integers(n, size=3)] = top
        if dtype.kind != "i" and dtype.kind != "u":
            x[0, 3, rng.integers(n, size=3)] = np.nan
            x[0, 3, rng.integers(n)] = dtype.type(np.inf if name == "global_max_pool" else -np.inf)
            x[0, 4] = rng.choice([0.0, -0.0], n).astype(dtype)
            x[0, 5] = dtype.type(-np.inf)
        with _dispatch.using(run[0]), _threads.exactly(run[1]):
            values, indices = getattr(cpool, name)(x, return_indices=True)
            plain = getattr(cpool, name)(x)
        first = (np.argmax if name == "global_max_pool" else np.argmin)(x.astype(np.float64), axis=-1)[..., None]
        np.testing.assert_array_equal(indices, first)
        assert_same_bits(values, np.take_along_axis(x, first, -1))
        assert_same_bits(plain, values)


@every_name
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, BFLOAT16, np.int16], ids=str)
@pytest.mark.parametrize("shape", [(1, 1, 90, 70), (1, 2, 300, 301), (3, 200, 4, 4), (2, 4, 5, 20, 30), (1, 1, 70000)])
def test_equal_bits_for_all_variants_and_threads(name, dtype, shape):
    rng = np.random.default_rng(1)
    x = contents(rng, shape, dtype, "normal")
    found = set()
    for variant, threads in RUNS:
        with _dispatch.using(variant), _threads.exactly(threads):
            for a, data_format in ((x, "channels_first"), (np.moveaxis(x, 1, -1), "channels_last")):
                y, pullback = getattr(cpool.vjp, name)(a, data_format=data_format)
                g = np.random.default_rng(2).standard_normal(y.size).reshape(y.shape).astype(np.float32)
                plain = getattr(cpool, name)(a, data_format=data_format)
                order = (y, plain, pullback(g))
                if data_format == "channels_last":
                    order = [np.moveaxis(b, -1, 1) for b in order]
                found.add(b"".join(np.ascontiguousarray(b).tobytes() for b in order[:2]) + np.ascontiguousarray(order[2]).tobytes())
    assert len(found) == 1


@every_name
def test_gradient_by_differences(name):
    x = np.random.default_rng(3).permutation(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(np.float64)
    y, pullback = getattr(cpool.vjp, name)(x)
    g = np.random.default_rng(4).standard_normal(y.shape)
    want = np.empty_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += 0.25
        down[at] -= 0.25
        want[at] = ((getattr(cpool, name)(up) - getattr(cpool, name)(down)) * g).sum() * 2
    np.testing.assert_allclose(pullback(g), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_against_torch(kind, rank):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(5).standard_normal((2, 3, 9, 8, 7)[: rank + 2]).astype(np.float32)
    t = torch.from_numpy(x).requires_grad_()
    want = getattr(torch.nn.functional, f"adaptive_{kind}_pool{rank}d")(t, 1)
    y, pullback = getattr(cpool.vjp, f"global_{kind}_pool")(x)
    np.testing.assert_allclose(y, want.detach().numpy(), rtol=1e-5, atol=1e-7)
    g = np.random.default_rng(6).standard_normal(y.shape).astype(np.float32)
    want.backward(torch.from_numpy(g))
    np.testing.assert_allclose(pullback(g), t.grad.numpy(), rtol=1e-6)


@every_name
def test_a_window_as_large_as_the_input_is_the_same(name):
    x = contents(np.random.default_rng(7), (2, 3, 13, 17), np.float32, "special")
    pool = getattr(cpool.vjp, f"{name[7:]}2d")
    y, pullback = getattr(cpool.vjp, name)(x)
    same, same_pullback = pool(x, (13, 17))
    assert_same_bits(y, same)
    assert_same_bits(pullback(y), same_pullback(y))


@every_name
def test_errors(name):
    for module in (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp):
        call = getattr(module, name)
        for shape in [(), (3,), (3, 4), (1, 1, 1, 1, 1, 1), (2, 3, 0), (2, 3, 4, 0)]:
            with pytest.raises(ValueError, match=r"\bx\b"):
                call(np.ones(shape))
        x = np.ones((2, 3, 4, 5))
        for value, kind in [(1, TypeError), (None, TypeError), ("NCHW", ValueError)]:
            with pytest.raises(kind, match="data_format"):
                call(x, data_format=value)
        with pytest.raises(TypeError, match="x"):
            call(np.ones((1, 1, 3), complex))
        with pytest.raises(ValueError, match="out"):
            call(x, out=np.empty((2, 3)))
        with pytest.raises(TypeError, match="positional"):
            call(x, 2)
        if selects(name):
            with pytest.raises(TypeError, match="return_indices"):
                call(x, return_indices=1)
    _, pullback = getattr(cpool.vjp, name)(x)
    with pytest.raises(ValueError, match="grad_y"):
        pullback(np.ones((2, 3)))
    with pytest.raises(ValueError, match="out"):
        getattr(cpool, name)(x, out=x[:, :, :1, :1])


@pytest.mark.parametrize("kind", KINDS)
def test_layers(kind):
    layer = getattr(cpool, f"Global{kind.capitalize()}Pool")(data_format="channels_last", name="pool")
    assert repr(layer) == f"Global{kind.capitalize()}Pool(data_format='channels_last', name='pool')"
    assert layer.output_shape((2, 5, 6, 3)) == (2, 1, 1, 3)
    for shape in [(5, 6), (2, 0, 3), "ab", (2, 3, -1)]:
        with pytest.raises((TypeError, ValueError), match="input_shape"):
            layer.output_shape(shape)
    x = np.random.default_rng(8).standard_normal((2, 5, 6, 3))
    y, pullback = getattr(cpool.vjp, f"global_{kind}_pool")(x, data_format="channels_last")
    for each in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_same_bits(each(x), y)
        assert_same_bits(each.backward(y), pullback(y))
        assert_same_bits(each.eval()(x), y)
    with pytest.raises(TypeError, match="data_format"):
        type(layer)(data_format=2)


# ------------------------------------------------------------------------------------------------ large gradients
@pytest.mark.parametrize("shape", [(40, 1100, 10, 10), (30, 100, 40, 41), (3, 2, 70, 71)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("name", ["global_max_pool", "global_avg_pool", "global_sum_pool"])
def test_large_gradients_are_those_of_parts(name, dtype, shape):
    rng = np.random.default_rng(11)
    x = rng.standard_normal(shape, np.float32).astype(dtype)
    x[0, :, 3, 4] = np.nan
    g = rng.standard_normal((*shape[:2], 1, 1), np.float32).astype(dtype)
    g[0, :2, 0, 0] = -0.0, np.inf
    first = slice(shape[0] - 1, None)
    for variant, threads in RUNS:
        with _dispatch.using(variant), _threads.exactly(threads):
            grad = getattr(cpool.vjp, name)(x)[1](g)
            part = getattr(cpool.vjp, name)(x[first])[1](g[first])
            assert grad[first].tobytes() == part.tobytes()
            if name == "global_max_pool":
                where = np.nan_to_num(x.reshape(*shape[:2], -1).astype(np.float32), nan=np.inf).argmax(-1)
                want = np.zeros((*shape[:2], shape[2] * shape[3]), dtype)
                np.put_along_axis(want, where[..., None], g[..., 0] + dtype(0), -1)
                assert grad.tobytes() == want.tobytes()
            else:
                cells = shape[2] * shape[3] if "avg" in name else 1
                want = (g.astype(np.float64) * (1 / cells) if dtype != np.float64 else g / cells).astype(dtype)
                assert_same_bits(grad, np.ascontiguousarray(np.broadcast_to(want, shape)))
