"""Lp pooling: the oracle, numbers at the ends of the range, gradients, PyTorch where it agrees, and equal bits."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
from cases import BFLOAT16, FLOATS, INTEGERS, MEMORY, contents, examples, spatial_sizes, windows
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_same_bits

import cpool
from cpool import _dispatch, _threads

NAMES = [f"lp_pool{rank}d" for rank in (1, 2, 3)]
POWERS = [1, 2, 3, 4, 0.5, 1.5, 2.7, 8, 40, 0.01, math.inf]
RUNS = [(variant, threads) for variant in _dispatch.available() for threads in (1, 3)]
EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-22, "float64": 2.0**-48}
LEAST = {"float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 2.0**-149, "float64": 2.0**-1074}
every_rank = pytest.mark.parametrize("rank", [1, 2, 3])


def assert_near(found, want, p, size=None):
    """Equal up to some units in the last place of `size`; NaN and infinities at the same places.

    Roots below p = 1 amplify what powers were rounded by, and so do large powers in the gradient.
    """
    factor = (max(1, p) if p >= 1 else 64) if found.dtype == np.float64 and not math.isinf(p) else 1
    assert (found.dtype, found.shape) == (want.dtype, want.shape)
    name = found.dtype.name
    found, want = found.astype(np.float64), want.astype(np.float64)
    finite = np.isfinite(want)
    np.testing.assert_array_equal(found[~finite], want[~finite])
    size = np.abs(want) if size is None else np.maximum(np.abs(want), size.astype(np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        bound = EPS[name] * factor * size + 4 * LEAST[name]
        wrong = ~(np.abs(found - want) <= bound) & finite
    assert not wrong.any(), (found[wrong][:3], want[wrong][:3], size[wrong][:3])


def check(name, x, p, options, rng):
    """Result and gradient by the oracle, and `out`."""
    want, oracle = getattr(cpool.reference.vjp, name)(x, p, **options)
    y, pullback = getattr(cpool.vjp, name)(x, p, **options)
    plain = getattr(cpool, name)(x, p, **options)
    assert_same_bits(y, plain)
    assert_near(y, want, p)
    g = rng.standard_normal(y.shape).astype(y.dtype)
    grad = pullback(g)
    with np.errstate(all="ignore"):
        assert_near(grad, oracle(g), p, np.abs(oracle(np.abs(g))))  # windows that share a cell may cancel
    out, grad_out = np.zeros_like(y), np.zeros_like(grad)
    assert getattr(cpool, name)(x, p, **options, out=out) is out
    assert_same_bits(out, y)
    before = x.copy()
    if x.flags.writeable and not any(s == 0 and n > 1 for s, n in zip(x.strides, x.shape, strict=True)):
        x[...] = 0
        y[...] = 0
        assert pullback(g, out=grad_out) is grad_out
        assert_same_bits(grad_out, grad)
        x[...] = before


@every_rank
@examples(80)
@given(data=st.data())
def test_against_the_reference(rank, data):
    spatial = data.draw(spatial_sizes(rank))
    options = data.draw(windows(spatial))
    last = data.draw(st.booleans())
    lead, channels = data.draw(st.sampled_from([(), (1,), (2,), (0,)])), data.draw(st.sampled_from([1, 2, 3, 9, 0]))
    shape = (*lead, *spatial, channels) if last else (*lead, channels, *spatial)
    options["data_format"] = "channels_last" if last else "channels_first"
    options["normalized"] = data.draw(st.booleans())
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    dtype = data.draw(st.sampled_from(FLOATS + INTEGERS))
    x = contents(rng, shape, dtype, data.draw(st.sampled_from(["ties", "normal", "zeros", "huge"])))
    x = MEMORY[data.draw(st.sampled_from(sorted(MEMORY)))](x, rank, last) if x.size else x
    p = data.draw(st.sampled_from(POWERS))
    variant, threads = data.draw(st.sampled_from(RUNS))
    with _dispatch.using(variant), _threads.exactly(threads):
        check(f"lp_pool{rank}d", x, p, options, rng)


@examples(60)
@given(data=st.data())
def test_global_against_the_reference(data):
    rank = data.draw(st.integers(1, 3))
    spatial = [data.draw(st.integers(1, (200, 14, 6)[rank - 1])) for _ in range(rank)]
    last = data.draw(st.booleans())
    shape = (2, *spatial, 3) if last else (2, 3, *spatial)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = contents(rng, shape, data.draw(st.sampled_from(FLOATS + INTEGERS)), data.draw(st.sampled_from(["normal", "huge"])))
    options = {"normalized": data.draw(st.booleans()), "data_format": "channels_last" if last else "channels_first"}
    check("global_lp_pool", x, data.draw(st.sampled_from(POWERS)), options, rng)


# ------------------------------------------------------------------------------------------------ the ends of the range
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("p", [1, 1.001, 2, 3, 4, 0.75, 5.5, 7, 300, 1e-5, math.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_leaves_the_range_where_the_result_does_not(dtype, p, normalized):
    rng = np.random.default_rng(0)
    info = np.finfo(dtype)
    shape = (2, 3, 8, 9)
    near = rng.uniform(0.2, 1, shape) * rng.choice([-1, 1], shape)
    least = float(info.tiny) * 64 if dtype == np.float64 else float(info.smallest_subnormal) * 64  # norms are kept in float64
    for scale in (float(info.max) / 16, least, float(info.tiny) ** 0.5, 1.0):
        x = (near * scale).astype(dtype)
        check("lp_pool2d", x, p, {"kernel_size": 2, "normalized": normalized}, rng)
        check("lp_pool2d", x, p, {"kernel_size": 3, "stride": 1, "padding": 1, "normalized": normalized}, rng)
    # windows of every size beside each other
    exponents = rng.uniform(math.log2(float(info.tiny)) + 4, math.log2(float(info.max)) - 8, (2, 3, 4, 3))
    x = (near * np.repeat(np.repeat(2.0**exponents, 2, 2), 3, 3)).astype(dtype)
    for data_format, a in (("channels_first", x), ("channels_last", np.ascontiguousarray(np.moveaxis(x, 1, -1)))):
        check("lp_pool2d", a, p, {"kernel_size": (2, 3), "normalized": normalized, "data_format": data_format}, rng)


def test_an_overflowing_norm_still_has_its_gradient():
    x = np.full((1, 2), 3e38, np.float32)
    y, pullback = cpool.vjp.lp_pool1d(x, 2, 2)
    assert np.isposinf(y).all()
    np.testing.assert_allclose(pullback(np.ones_like(y)), np.full((1, 2), 0.5**0.5), rtol=1e-6)


@pytest.mark.parametrize("p", [1, 2, 3, 0.5, 7, math.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_cells(dtype, p):
    nan, inf = np.nan, np.inf
    x = np.array([[0.0, -0.0, nan, 1.0, inf, -1.0, -inf, 2.0, inf, nan, 0.0, 3.0]], dtype)
    y, pullback = cpool.vjp.lp_pool1d(x, p, 2)
    want, oracle = cpool.reference.vjp.lp_pool1d(x, p, 2)
    np.testing.assert_allclose(y, np.array([[0, nan, inf, inf, nan, 3]], dtype), rtol=1e-15)
    np.testing.assert_allclose(want, y, rtol=1e-15)
    grad = pullback(np.full_like(y, 2))
    np.testing.assert_allclose(grad, oracle(np.full_like(y, 2)), rtol=1e-6)
    assert not np.signbit(grad[grad == 0]).any()
    np.testing.assert_allclose(grad[0, [0, 1, 10, 11]], [0, 0, 0, 2], rtol=1e-6)
    if math.isinf(p):
        np.testing.assert_array_equal(grad[0], [0, 0, 2, 0, 2, 0, -2, 0, 0, 2, 0, 2])


def test_the_first_of_the_largest_takes_the_gradient():
    y, pullback = cpool.vjp.lp_pool2d(np.array([[[1.0, -3.0], [3.0, 3.0]]]), math.inf, 2)
    assert y.tolist() == [[[3.0]]]
    np.testing.assert_array_equal(pullback(y), [[[0, -3.0], [0, 0]]])


@pytest.mark.parametrize("p", [1, 2, 5, 0.5, math.inf])
def test_windows_without_a_cell_give_zero(p):
    x = np.array([[1.0, -2.0]])
    options = {"kernel_size": 2, "stride": 1, "padding": 3, "dilation": 4}
    y, pullback = cpool.vjp.lp_pool1d(x, p, **options)
    want, oracle = cpool.reference.vjp.lp_pool1d(x, p, **options)
    assert (want == 0).any()
    np.testing.assert_allclose(y, want)
    np.testing.assert_allclose(pullback(np.ones_like(y)), oracle(np.ones_like(y)))


def test_ceil_overhang_and_padding_count_for_nothing():
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    np.testing.assert_allclose(cpool.lp_pool1d(x, 2, 3, 3, ceil_mode=True), [[14**0.5, 4.0]])
    np.testing.assert_allclose(cpool.lp_pool1d(x, 2, 3, 3, 1, normalized=True, ceil_mode=True), [[2.5**0.5, 12.5**0.5]])


# ------------------------------------------------------------------------------------------------ gradients
@every_rank
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("p", [1, 2, 3, 4, 0.7, 1.3, 6.5, math.inf])
def test_gradient_by_differences(rank, p, normalized):
    rng = np.random.default_rng(1)
    shape = (1, 2, 5, 4, 3)[: rank + 2]
    x = (rng.permutation(math.prod(shape)) + 1.0).reshape(shape) / 10 * rng.choice([-1, 1], shape)
    options = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "normalized": normalized}
    y, pullback = getattr(cpool.vjp, f"lp_pool{rank}d")(x, p, **options)
    g = rng.standard_normal(y.shape)
    step, want = 2.0**-16, np.empty_like(x)
    for at in np.ndindex(shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        up, down = (getattr(cpool, f"lp_pool{rank}d")(a, p, **options) for a in (up, down))
        want[at] = ((up - down) * g).sum() / (2 * step)
    np.testing.assert_allclose(pullback(g), want, rtol=1e-6, atol=1e-7)


@every_rank
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 2, 2.5, 3])
def test_against_torch(rank, p, stride, dtype):
    torch = pytest.importorskip("torch")
    # of positive cells, in whole windows: elsewhere PyTorch's is not the norm
    x = np.random.default_rng(2).uniform(0.1, 2, (2, 3, 9, 8, 7)[: rank + 2]).astype(dtype)
    t = torch.from_numpy(x).requires_grad_()
    want = getattr(torch.nn.functional, f"lp_pool{rank}d")(t, p, 3, stride)
    y, pullback = getattr(cpool.vjp, f"lp_pool{rank}d")(x, p, 3, stride)
    g = np.random.default_rng(3).standard_normal(y.shape).astype(dtype)
    want.backward(torch.from_numpy(g))
    bound = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, want.detach().numpy(), rtol=bound)
    np.testing.assert_allclose(pullback(g), t.grad.numpy(), rtol=bound, atol=bound)


# ------------------------------------------------------------------------------------------------ how good powers are
@pytest.mark.parametrize("p", [3, 2.5, 1.1, 0.5, 7.3, 33])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_units_in_the_last_place(dtype, p):
    rng = np.random.default_rng(8)
    size = 30 / p if dtype == np.float32 else 300 / p
    x = (rng.choice([-1, 1], 4000) * np.exp2(rng.uniform(-size, size, 4000))).astype(dtype)
    powers = (np.abs(x.astype(np.longdouble)) ** np.longdouble(p)).reshape(-1, 2).sum(1)
    want = powers ** (1 / np.longdouble(p))
    g = rng.uniform(1, 2, 2000).astype(dtype)
    ratio = np.abs(x).astype(np.longdouble) / np.repeat(want, 2)
    grad_want = np.sign(x) * np.repeat(g, 2) * ratio ** (np.longdouble(p) - 1)
    for variant in _dispatch.available():
        with _dispatch.using(variant):
            y, pullback = cpool.vjp.lp_pool1d(x[None], p, 2)
            assert units(y[0], want).max() <= (1 if dtype == np.float32 else 4)
            error = units(pullback(g[None])[0], grad_want)[np.abs(grad_want) > np.finfo(dtype).tiny]
            assert error.max() <= (1 if dtype == np.float32 else 2 * p + 4)  # the norm is rounded, and to the power of p - 1


def units(found, want):
    """How far the found are from the longer numbers, in units in the last place."""
    return np.abs(found - want) / np.spacing(np.abs(want.astype(found.dtype)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_roots_of_powers_are_exact(dtype):
    for p, cells, want in [(3, [3, 4, 5], 6), (3, [6, 8, 10], 12), (2.5, [4, 0, 0], 4), (0.5, [4, 9, 16], 81), (1.5, [0, 0, 9], 9)]:
        for variant in _dispatch.available():
            with _dispatch.using(variant):
                assert cpool.lp_pool1d(np.array([cells], dtype), p, 3).tolist() == [[want]]


@pytest.mark.parametrize("p", [3, 2.5, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_bit_depends_on_the_place_in_a_vector(dtype, p):
    rng = np.random.default_rng(9)
    x = rng.standard_normal(300).astype(dtype)
    g = rng.standard_normal(150).astype(dtype)
    x[[3, 40, 41, 80, 150]] = 0, np.inf, np.nan, 0, -0.0
    for variant in _dispatch.available():
        with _dispatch.using(variant):
            alone = [cpool.vjp.lp_pool1d(x[None, 2 * i : 2 * i + 2], p, 2) for i in range(150)]
            want = np.concatenate([y[0] for y, _ in alone])
            grads = np.concatenate([pullback(g[None, i : i + 1])[0] for i, (_, pullback) in enumerate(alone)])
            for n in [*range(1, 36), 63, 64, 65, 127, 128, 129, 150]:
                y, pullback = cpool.vjp.lp_pool1d(x[None, : 2 * n], p, 2)
                assert_same_bits(y[0], want[:n])
                assert_same_bits(pullback(g[None, :n])[0], grads[: 2 * n])


# ------------------------------------------------------------------------------------------------ equal bits
LARGE = [
    ((2, 2, 100, 130), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ((1, 1, 200, 90), {"kernel_size": (5, 4), "stride": (1, 3), "padding": (2, 1), "dilation": (2, 1), "ceil_mode": True}),
    ((1, 1, 400, 41), {"kernel_size": 2, "stride": 3}),
    ((200, 7, 9), {"kernel_size": (7, 9)}),
    ((1, 1, 300, 300), {"kernel_size": 2, "stride": 300}),  # one window of a plane larger than a box
    ((1, 50, 40, 17), {"kernel_size": 3, "stride": 2, "padding": 1, "data_format": "channels_last"}),
    ((1, 1, 150, 151), {"kernel_size": (150, 151)}),
]


@pytest.mark.parametrize(("p", "normalized"), [(1, True), (2, False), (3, True), (5.5, False), (math.inf, False)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, BFLOAT16], ids=str)
@pytest.mark.parametrize(("shape", "options"), LARGE, ids=str)
def test_equal_bits_for_all_variants_and_threads(shape, options, dtype, p, normalized):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(shape).astype(dtype)
    x[rng.random(shape) < 0.1] = 0
    if dtype == np.float64:  # some that need the scaled way
        x *= rng.choice([1.0, 1e-200, 1e200], (*shape[:-1], 1))
    found = set()
    for variant, threads in RUNS:
        with _dispatch.using(variant), _threads.exactly(threads):
            y, pullback = cpool.vjp.lp_pool2d(x, p, **options, normalized=normalized)
            g = np.random.default_rng(5).standard_normal(y.shape).astype(np.float32)
            grad = pullback(g)
            found.add(y.tobytes() + grad.tobytes())
    assert len(found) == 1
    if dtype != np.float64:
        return
    want, oracle = cpool.reference.vjp.lp_pool2d(x, p, **options, normalized=normalized)
    assert_near(y, want, p)
    assert_near(grad, oracle(g), p, np.abs(oracle(np.abs(g))))


# ------------------------------------------------------------------------------------------------ errors and layers
class Fraction:
    """What a float can be made of is no number yet."""

    def __float__(self):
        return 2.0


@pytest.mark.parametrize("name", [*NAMES, "global_lp_pool"])
def test_errors(name):
    window = [] if name.startswith("global") else [2]
    x = np.ones((2, 3, 4, 4, 4)[: 4 if name.startswith("global") else 2 + int(name[-2])])
    for module in (cpool, cpool.vjp, cpool.reference, cpool.reference.vjp):
        call = getattr(module, name)
        for value in [0, -1, -0.5, math.nan, -math.inf, np.float32(0), 10**400]:
            with pytest.raises(ValueError, match="norm_type"):
                call(x, value, *window)
        for value in [True, np.True_, "2", None, 2j, [2], Fraction(), np.array(2.0)]:
            with pytest.raises(TypeError, match="norm_type"):
                call(x, value, *window)
        for value in [0, None, "yes"]:
            with pytest.raises(TypeError, match="normalized"):
                call(x, 2, *window, normalized=value)
        for value in [2, 2.0, np.float32(2), np.int8(2)]:
            call(x, value, *window)
        with pytest.raises(TypeError, match="x"):
            call(x + 0j, 2, *window)
        with pytest.raises(TypeError, match="out"):
            call(x, 2, *window, out=[1])
        with pytest.raises(ValueError, match="data_format"):
            call(x, 2, *window, data_format="NCHW")
        if window:
            for argument, value in [("kernel_size", 0), ("stride", -1), ("padding", 2), ("dilation", 0)]:
                with pytest.raises(ValueError, match=argument):
                    call(x, 2, **({"kernel_size": 2} | {argument: value}))
    y, pullback = getattr(cpool.vjp, name)(x, 2, *window)
    with pytest.raises(ValueError, match="grad_y"):
        pullback(np.ones(3))
    with pytest.raises(ValueError, match="out"):
        getattr(cpool, name)(x, 2, *window, out=y[:1])


@pytest.mark.parametrize("name", [*NAMES, "global_lp_pool"])
def test_one_signature_everywhere(name):
    def shape(function):
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]

    assert all(shape(getattr(m, name)) == shape(getattr(cpool, name)) for m in (cpool.vjp, cpool.reference, cpool.reference.vjp))
    assert [p[0] for p in shape(getattr(cpool, name))][:2] == ["x", "norm_type"]


@every_rank
def test_layers(rank):
    layer = getattr(cpool, f"LPPool{rank}d")(2.5, 2, 1, normalized=True, ceil_mode=True, data_format="channels_last", name="pool")
    assert repr(layer) == (
        f"LPPool{rank}d(2.5, 2, stride=1, normalized=True, ceil_mode=True, data_format='channels_last', name='pool')"
    )
    x = np.random.default_rng(6).standard_normal((*(2, 5, 4, 3)[: rank + 1], 3))
    y, pullback = getattr(cpool.vjp, f"lp_pool{rank}d")(x, 2.5, 2, 1, normalized=True, ceil_mode=True, data_format="channels_last")
    assert layer.output_shape(x.shape) == y.shape
    for each in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_same_bits(each(x), y)
        assert_same_bits(each.backward(y), pullback(y))
        assert_same_bits(each.eval()(x), y)
    for value, kind in [(0, ValueError), (True, TypeError), ("2", TypeError)]:
        with pytest.raises(kind, match="norm_type"):
            type(layer)(value, 2)


def test_global_layer():
    layer = cpool.GlobalLPPool(3, normalized=True)
    assert repr(layer) == "GlobalLPPool(3, normalized=True)"
    assert layer.output_shape((2, 3, 4, 5)) == (2, 3, 1, 1)
    x = np.random.default_rng(7).standard_normal((2, 3, 4, 5))
    y, pullback = cpool.vjp.global_lp_pool(x, 3, normalized=True)
    assert_same_bits(layer(x), y)
    assert_same_bits(layer.backward(y), pullback(y))
    same, same_pullback = cpool.vjp.lp_pool2d(x, 3, (4, 5), normalized=True)
    assert_same_bits(y, same)
    assert_same_bits(pullback(y), same_pullback(y))
    with pytest.raises(TypeError, match="norm_type"):
        cpool.GlobalLPPool("2")


@pytest.mark.parametrize("p", [1e-300, 1e-40, 1e-12])
def test_power_means_of_the_least_p_are_geometric(p):
    """The reference took the mean of powers that are all 1."""
    for module in (cpool, cpool.reference):
        np.testing.assert_allclose(module.lp_pool1d([[1.0, 2, 4, 8]], p, 4, normalized=True), [[8**0.5]], rtol=1e-6)
        np.testing.assert_array_equal(module.lp_pool1d([[0.0, 2, 4, 8]], p, 4, normalized=True), [[0.0]])
