"""Adaptive, fractional and pyramid pooling: against the oracle, PyTorch and differences; errors and layers."""

import copy
import pickle

import numpy as np
import pytest
from cases import FLOATS, INTEGERS, MEMORY, contents, distinct, examples, garbage
from hypothesis import given
from hypothesis import strategies as st
from numerics import PRECISION, assert_close, assert_same_bits, exact, gradient_accumulator

import cpool
from cpool import _dispatch, _threads

ADAPTIVE = [f"adaptive_{kind}_pool{rank}d" for kind in ("max", "avg") for rank in (1, 2, 3)]
FRACTIONAL = [f"fractional_{kind}_pool{rank}d" for kind in ("max", "avg") for rank in (2, 3)]
PYRAMID = ["spatial_pyramid_pool2d"]
FUNCTIONS = [*ADAPTIVE, *FRACTIONAL, *PYRAMID]


@st.composite
def calls(draw, function, dtypes=FLOATS + INTEGERS):
    """(x, arguments, options) of a legal call."""
    rank = int(function[-2])
    sizes = [draw(st.integers(1, {1: 40, 2: 14, 3: 6}[rank])) for _ in range(rank)]
    last = draw(st.booleans())
    options = {"data_format": "channels_last" if last else "channels_first"}
    if function in PYRAMID:
        args = (draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)),)
        options["mode"] = draw(st.sampled_from(["max", "avg"]))
    elif function in ADAPTIVE:
        args = (tuple(draw(st.none() | st.integers(1, size + 2)) for size in sizes),)
    else:
        out = [draw(st.integers(1, size)) for size in sizes]
        options["rng"] = draw(st.integers(0, 99))
        way = draw(st.sampled_from(["samples", "pseudorandom", "random", "boundaries"]))
        args = (None, tuple(out))
        if way == "samples":
            args = (tuple(draw(st.integers(1, size - o + 1)) for size, o in zip(sizes, out, strict=True)), tuple(out))
        elif way == "boundaries":
            inner = [sorted(draw(st.sets(st.integers(1, max(1, size - 1)))) - {size}) for size in sizes]
            args, options["boundaries"] = (None,), [[0, *row, size] for row, size in zip(inner, sizes, strict=True)]
        if way != "samples":
            options |= {"pseudorandom": way != "random", "overlapping": draw(st.booleans())}
    channels = draw(st.sampled_from([1, 2, 3, 5, 17, 40, 0]))
    batch = draw(st.sampled_from([(), (1,), (2,), (2,), (0,)]))
    shape = (*batch, *sizes, channels) if last else (*batch, channels, *sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = contents(rng, shape, draw(st.sampled_from(dtypes)), draw(st.sampled_from(["ties", "normal", "special", "zeros"])))
    return MEMORY[draw(st.sampled_from(sorted(MEMORY)))](x, rank, last), args, options


def is_max(function, options):
    return "max" in function or (options.get("mode", "max") == "max" and "avg" not in function)


@pytest.mark.parametrize("function", FUNCTIONS)
@examples(80)
@given(data=st.data())
def test_against_the_reference(function, data):
    x, args, options = data.draw(calls(function))
    variant = data.draw(st.sampled_from(_dispatch.available()))
    threads = data.draw(st.sampled_from([1, 3]))
    before = x.tobytes()
    if selects := is_max(function, options):
        indices = {} if function in PYRAMID else {"return_indices": True}
    else:
        indices = {}
    want, oracle = getattr(cpool.reference.vjp, function)(x, *args, **options, **indices)
    with _dispatch.using(variant), _threads.exactly(threads):
        y = getattr(cpool, function)(x, *args, **options)
        got, pullback = getattr(cpool.vjp, function)(x, *args, **options, **indices)
        if indices:
            (want, want_indices), (got, got_indices) = want, got
            assert_same_bits(got_indices, want_indices)
        assert_same_bits(y, got)
        assert not np.may_share_memory(y, x)
        if selects or want.dtype.kind in "biu":
            assert_same_bits(y, want)
        else:
            # Not in float64: the windows of fractional pooling depend on the precision of x.
            scale = np.max(np.abs(exact(x)), where=np.isfinite(exact(x)), initial=0)
            ulp = 2.0 ** (1 - PRECISION[y.dtype.name][0])
            np.testing.assert_allclose(exact(y), exact(want), rtol=ulp, atol=x.size * 2.0**-52 * scale)
        out = garbage(y.shape, y.dtype)
        assert getattr(cpool, function)(x, *args, **options, out=out) is out
        assert_same_bits(out, y)
        grad_y = contents(np.random.default_rng(5), y.shape, np.float64 if y.dtype.kind in "biu" else y.dtype, "normal")
        grad_x = pullback(grad_y)
        with np.errstate(all="ignore"):
            truth, magnitude = oracle(exact(grad_y)), oracle(np.abs(exact(grad_y)))
        assert grad_x.dtype == (np.float64 if x.dtype.kind in "biu" else y.dtype)
        if grad_x.dtype.itemsize == 2:  # the truth was rounded to halves as well
            magnitude = exact(magnitude) * 2.0 ** (1 - PRECISION[grad_x.dtype.name][0]) + 1e-6
            assert (np.abs(exact(grad_x) - exact(truth)) <= magnitude).all()
        else:
            assert_close(grad_x, exact(truth), gradient_accumulator(grad_x.dtype), exact(magnitude), y.size + 1)
        target = garbage(grad_x.shape, grad_x.dtype)
        assert pullback(grad_y, out=target) is target
        assert_same_bits(target, grad_x)
    assert x.tobytes() == before


@pytest.mark.parametrize("function", FUNCTIONS)
@examples(15)
@given(data=st.data())
def test_pullback_is_the_jacobian(function, data):
    x, args, options = data.draw(calls(function, dtypes=(np.dtype(np.float64),)).filter(lambda call: 0 < call[0].size <= 60))
    x = distinct(np.random.default_rng(0), x.shape)
    y, pullback = getattr(cpool.vjp, function)(x, *args, **options)
    direction = np.random.default_rng(1).integers(-3, 4, x.shape)
    grad_y = np.random.default_rng(2).integers(-3, 4, y.shape).astype(np.float64)
    up, down = (getattr(cpool, function)(x + step * direction / 8, *args, **options) for step in (0.5, -0.5))
    np.testing.assert_allclose(np.sum(pullback(grad_y) * direction / 8), np.sum(grad_y * (up - down)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_many_planes_and_large_ones(kind, dtype):
    """Groups of planes side by side, the last of them not full, and planes too large for it, in every variant."""
    rng = np.random.default_rng(3)
    for shape, size in [((3, 27, 9, 11), (4, 5)), ((1, 17, 30, 40), (7, 9)), ((1, 2, 90, 110), 7), ((2, 150, 3, 2), (5, 3))]:
        x = rng.standard_normal(shape).astype(dtype)
        name = f"adaptive_{kind}_pool2d"
        want, oracle = getattr(cpool.reference.vjp, name)(x, size)
        grad_y = rng.standard_normal(want.shape).astype(dtype)
        found = []
        for variant in _dispatch.available():
            for threads in (1, 3):
                with _dispatch.using(variant), _threads.exactly(threads):
                    y, pullback = getattr(cpool.vjp, name)(x, size)
                    found.append((y, getattr(cpool, name)(x, size), pullback(grad_y)))
        for each in found[1:]:
            for a, b in zip(each, found[0], strict=True):
                assert_same_bits(a, b)
        if kind == "max":
            assert_same_bits(found[0][0], want)
        np.testing.assert_allclose(found[0][0], want, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)
        np.testing.assert_allclose(found[0][2], oracle(grad_y), rtol=1e-5, atol=1e-6 if dtype == np.float32 else 1e-14)


def test_fractional_windows_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    for dtype in (np.float32, np.float64):
        for _ in range(60):
            rank = int(rng.integers(2, 4))
            sizes = rng.integers(3, 20 if rank == 2 else 9, rank)
            kernel = [int(rng.integers(1, n)) for n in sizes]
            # PyTorch asks for one cell more than it needs over three axes.
            out = [int(rng.integers(1, max(2, n - k + (2 if rank == 2 else 1)))) for n, k in zip(sizes, kernel, strict=True)]
            x, samples = rng.standard_normal((2, 3, *sizes)).astype(dtype), rng.random((2, 3, rank)).astype(dtype)
            tensor = torch.from_numpy(x).requires_grad_()
            name = f"fractional_max_pool{rank}d"
            want, indices = getattr(torch.nn.functional, name + "_with_indices")(
                tensor, kernel, out, _random_samples=torch.from_numpy(samples)
            )
            (y, places), pullback = getattr(cpool.vjp, name)(x, kernel, out, samples=samples, return_indices=True)
            np.testing.assert_array_equal(y, want.detach().numpy())
            np.testing.assert_array_equal(places, indices.numpy())
            grad_y = rng.standard_normal(y.shape).astype(dtype)
            want.backward(torch.from_numpy(grad_y))
            np.testing.assert_allclose(pullback(grad_y), tensor.grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pseudorandom", [True, False])
def test_random_boundaries_have_steps_of_two_lengths(pseudorandom):
    x = np.zeros((1, 1, 23, 30))
    seen = set()
    for seed in range(40):
        _, boundaries = cpool.fractional_max_pool2d(
            x, None, (9, 15), rng=np.random.default_rng(seed), pseudorandom=pseudorandom, return_boundaries=True
        )
        for row, size in zip(boundaries, (23, 30), strict=True):
            assert row.dtype == np.int64
            assert row[0] == 0
            assert row[-1] == size
            assert set(np.diff(row)) <= {size // (len(row) - 1), size // (len(row) - 1) + 1}
        seen.add(tuple(boundaries[0]))
        again = cpool.fractional_max_pool2d(x, None, boundaries=boundaries, return_boundaries=True)[1]
        assert [list(row) for row in again] == [list(row) for row in boundaries]
    assert len(seen) > 5


def test_a_seed_decides():
    x = np.random.default_rng(0).standard_normal((2, 3, 12, 12))
    for args in ((2, 7), (None, 7)):
        first, second, other = (cpool.fractional_avg_pool2d(x, *args, rng=seed) for seed in (1, np.random.default_rng(1), 2))
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, other)


X = np.zeros((2, 3, 8, 9))
WRONG = [
    ("adaptive_max_pool2d", (X, 0), {}, ValueError, "output_size"),
    ("adaptive_max_pool2d", (X, (2, -1)), {}, ValueError, r"output_size\[1\]=-1"),
    ("adaptive_max_pool2d", (X, (2, 2, 2)), {}, ValueError, "2 spatial axes"),
    ("adaptive_max_pool2d", (X, 2.0), {}, TypeError, "output_size"),
    ("adaptive_max_pool2d", (X, True), {}, TypeError, "bool"),
    ("adaptive_avg_pool2d", (X, "2"), {}, TypeError, "output_size"),
    ("adaptive_avg_pool2d", (np.zeros((3, 0, 4)), 2), {}, ValueError, "empty spatial axis"),
    ("adaptive_avg_pool2d", (np.zeros(3), 2), {}, ValueError, "axes"),
    ("adaptive_avg_pool1d", (X[0], 2), {"out": np.zeros((2, 3, 2))}, ValueError, "out: shape"),
    ("adaptive_avg_pool1d", (X[0], 2), {"data_format": "NCHW"}, ValueError, "data_format"),
    ("fractional_max_pool2d", (X, 2), {}, ValueError, "exactly one"),
    ("fractional_max_pool2d", (X, 2, 3, 0.5), {}, ValueError, "output_size and output_ratio"),
    ("fractional_max_pool2d", (X, 2, 0), {}, ValueError, "output_size"),
    ("fractional_max_pool2d", (X, [], 3), {}, ValueError, "kernel_size"),
    ("fractional_max_pool2d", (X, 2, 8), {}, ValueError, r"8 \+ 2 - 1 = 9"),
    ("fractional_max_pool2d", (X, 2, None, 1.0), {}, ValueError, "below 1"),
    ("fractional_max_pool2d", (X, 2, None, float("nan")), {}, ValueError, "finite"),
    ("fractional_max_pool2d", (X, 2, None, 1e-9), {}, ValueError, "no output"),
    ("fractional_max_pool2d", (X, 2, None, "0.5"), {}, TypeError, "output_ratio"),
    ("fractional_max_pool2d", (X, None, None, 1.5), {}, ValueError, "at most 1"),
    ("fractional_max_pool2d", (X, None, 9), {}, ValueError, "at most the input's size"),
    ("fractional_max_pool2d", (X, 2, 3), {"samples": np.zeros((2, 3, 3))}, ValueError, "samples: shape"),
    ("fractional_max_pool2d", (X, 2, 3), {"samples": np.zeros((0, 3, 2))}, ValueError, "samples: shape"),
    ("fractional_max_pool2d", (X, 2, 3), {"samples": np.ones((2, 3, 2))}, ValueError, "below 1"),
    ("fractional_max_pool2d", (X, 2, 3), {"samples": np.full((2, 3, 2), np.nan)}, ValueError, "samples"),
    ("fractional_max_pool2d", (X, None, 3), {"samples": np.zeros((2, 3, 2))}, ValueError, "kernel_size"),
    ("fractional_max_pool2d", (X, 2, 3), {"overlapping": True}, ValueError, "kernel_size"),
    ("fractional_max_pool2d", (X, 2, 3), {"rng": -1}, ValueError, "rng"),
    ("fractional_max_pool2d", (X, 2, 3), {"rng": "x"}, TypeError, "rng"),
    ("fractional_avg_pool2d", (X, None), {"boundaries": [[0, 8]]}, ValueError, "2 sequences"),
    ("fractional_avg_pool2d", (X, None), {"boundaries": [[0, 8], [0, 10]]}, ValueError, r"boundaries\[1\]"),
    ("fractional_avg_pool2d", (X, None), {"boundaries": [[0, 4, 4, 8], [0, 9]]}, ValueError, "increase"),
    ("fractional_avg_pool2d", (X, None), {"boundaries": [[0], [0, 9]]}, ValueError, "increase"),
    ("fractional_avg_pool2d", (X, None), {"boundaries": [[0, 2.5, 8], [0, 9]]}, TypeError, "boundaries"),
    ("fractional_avg_pool2d", (X, 2), {"boundaries": [[0, 8], [0, 9]]}, ValueError, "kernel_size must be None"),
    ("spatial_pyramid_pool2d", (X, []), {}, ValueError, "levels"),
    ("spatial_pyramid_pool2d", (X, 2), {}, TypeError, "levels"),
    ("spatial_pyramid_pool2d", (X, [0]), {}, ValueError, "levels"),
    ("spatial_pyramid_pool2d", (X, [1], "sum"), {}, ValueError, "mode"),
]


@pytest.mark.parametrize(("function", "args", "options", "error", "words"), WRONG)
def test_errors(function, args, options, error, words):
    for module in (cpool, cpool.vjp):
        with pytest.raises(error, match=words):
            getattr(module, function)(*args, **options)


def test_a_gradient_of_another_shape_is_refused():
    for y, pullback in (
        cpool.vjp.adaptive_max_pool2d(X, 3),
        cpool.vjp.fractional_avg_pool2d(X, 2, 3),
        cpool.vjp.spatial_pyramid_pool2d(X, [1, 2]),
    ):
        with pytest.raises(ValueError, match="grad_y"):
            pullback(np.zeros((*y.shape, 1)))
        with pytest.raises(ValueError, match="out"):
            pullback(y, out=np.zeros(3))


def test_output_may_not_overlap_the_input():
    x = np.zeros((4, 5, 6))
    with pytest.raises(ValueError, match="shares memory"):
        cpool.adaptive_max_pool2d(x, (5, 6), out=x)


LAYERS = [
    ("AdaptiveMaxPool1d", (3,), {}, (2, 3, 8)),
    ("AdaptiveMaxPool2d", ((None, 3),), {}, (2, 3, 8, 9)),
    ("AdaptiveAvgPool3d", (2,), {"data_format": "channels_last"}, (2, 4, 5, 3, 6)),
    ("FractionalMaxPool2d", (2, 4), {"rng": 3}, (2, 3, 8, 9)),
    ("FractionalAvgPool3d", (None, None, 0.5), {"rng": 3, "overlapping": True}, (2, 3, 4, 5, 6)),
    ("FractionalMaxPool2d", (None,), {"boundaries": ((0, 3, 8), (0, 9))}, (3, 8, 9)),
    ("SpatialPyramidPool2d", ((1, 2, 4),), {"mode": "avg"}, (2, 3, 8, 9)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layers(name, args, options, shape):
    layer = getattr(cpool, name)(*args, **options)
    x = np.random.default_rng(0).standard_normal(shape)
    same = copy.deepcopy(layer)
    y = layer(x)
    assert layer.output_shape(shape) == y.shape
    grad_x = layer.backward(np.ones_like(y))
    assert grad_x.shape == shape
    with pytest.raises(RuntimeError):
        layer.backward(y)
    for other in (same, pickle.loads(pickle.dumps(getattr(cpool, name)(*args, **options)))):
        np.testing.assert_array_equal(other.eval()(x), y)
        with pytest.raises(RuntimeError):
            other.backward(y)
    assert repr(eval(repr(layer), vars(cpool))) == repr(layer)
    assert repr(layer).startswith(f"{name}(")


def test_random_layers_draw_anew_each_time():
    layer = cpool.FractionalMaxPool2d(2, 6, rng=0)
    x = np.random.default_rng(0).standard_normal((1, 4, 20, 20))
    assert not np.array_equal(layer(x), layer(x))
