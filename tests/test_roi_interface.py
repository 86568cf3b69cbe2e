"""Regions of interest: their rules, their arguments, layers and documentation."""

import doctest
import inspect
import itertools
import pickle

import numpy as np
import pytest
from cases import MEMORY, WRITABLE
from numerics import assert_same_bits, exact

import cpool

FUNCTIONS = ("roi_pool", "roi_align")
MODULES = {"cpool": cpool, "cpool.vjp": cpool.vjp, "cpool.reference": cpool.reference, "cpool.reference.vjp": cpool.reference.vjp}
every_function = pytest.mark.parametrize("name", FUNCTIONS)
either = pytest.mark.parametrize("module", [cpool, cpool.reference], ids=["compiled", "reference"])


# ------------------------------------------------------------------------------------------------ rules
@either
def test_first_nan_and_first_of_equals_take_the_gradient(module):
    x = np.array([[1.0, 3.0, 3.0], [np.nan, 5.0, np.nan]])[None, None]
    y, pullback = module.vjp.roi_pool(x, [[0, 0, 0, 2, 1], [0, 0, 0, 2, 0], [0, 50, 50, 60, 60]], 1)
    np.testing.assert_array_equal(y.ravel(), [np.nan, 3, 0])
    np.testing.assert_array_equal(pullback([[[[2.0]]], [[[3.0]]], [[[5.0]]]]), [[[[0, 3, 0], [2, 0, 0]]]])


@either
def test_corners_are_rounded_half_away_from_zero(module):
    x = np.arange(8.0)[None, None, None]
    half = 0.49999999999999994  # plus 0.5 is 1
    ends = [[0.5, 2.5], [-0.5, 1.5], [-1.5, -0.5], [half, half], [1.5, 1.5]]
    y = module.roi_pool(x, [[0, a, 0, b, 0] for a, b in ends], 1)
    np.testing.assert_array_equal(y.ravel(), [3, 2, 0, 0, 2])


@either
@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_large_integers_are_selected_exactly(module, dtype):
    top = np.iinfo(dtype).max
    x = np.array([[top - 1, top, top - 2, np.iinfo(dtype).min]], dtype)[None, None]
    y, pullback = module.vjp.roi_pool(x, [[0, 0, 0, 3, 0], [0, 2, 0, 3, 0], [0, 9, 9, 9, 9]], 1)
    np.testing.assert_array_equal(y, np.array([top, top - 2, 0], dtype).reshape(3, 1, 1, 1), strict=True)
    assert pullback(np.ones(y.shape)).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
def test_dtypes_of_results(dtype):
    x = np.ones((1, 2, 4, 4), dtype)
    rois = np.array([[0, 0, 0, 2, 2]], np.int16)
    assert cpool.roi_pool(x, rois, 2).dtype == dtype
    assert cpool.roi_align(x, rois, 2).dtype == (np.float32 if dtype == np.float32 else np.float64)


def test_astronomic_regions_and_samples_take_no_time():
    x = np.ones((1, 1, 50, 60))
    far = [[0, -1e15, -1e15, 1e15, 1e15], [0, 1e14, 0, 1e15, 5], [0, -1e15, -1e15, -1e15, -1e15]]
    for aligned in (False, True):
        y, pullback = cpool.vjp.roi_align(x, far, 3, 1.0, -1, aligned)
        assert np.isfinite(y).all()
        np.testing.assert_array_equal(y[1:], 0)
        assert np.isfinite(pullback(y)).all()
    np.testing.assert_array_equal(cpool.roi_pool(x, far, 3)[0, 0], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    # A region of 1e9 cells of which one bin covers the plane: the sum of the plane over the samples of the bin.
    y = cpool.roi_align(x, [[0, -3e8 - 0.5, -3e8 - 0.5, 6e8 - 0.5, 6e8 - 0.5]], 3)
    np.testing.assert_allclose(y[0, 0, 1, 1], 51.0 * 61.0 / 9e16, rtol=0.1)
    # As many samples as an int can say: their average over a bin of the ramp is its middle.
    ramp = np.broadcast_to(np.arange(60.0), (1, 1, 50, 60))
    y, pullback = cpool.vjp.roi_align(ramp, [[0, 3.25, 4, 10.25, 40]], (1, 2), 1.0, 2**31 - 1)
    np.testing.assert_allclose(y.ravel(), [5.0, 8.5], rtol=1e-9)
    np.testing.assert_allclose(np.sum(pullback(np.ones_like(y)) * ramp), 13.5, rtol=1e-9)


def test_many_samples_are_the_limit_of_few():
    rng = np.random.default_rng(9)
    x, rois = rng.standard_normal((1, 3, 7, 9)), [[0, -0.7, 1.3, 7.9, 6.2], [0, 2.0, 2.0, 2.0, 2.0]]
    for ratio in (8, 65, 300):
        got, pullback = cpool.vjp.roi_align(x, rois, 2, 1.0, ratio, True)
        want, want_pullback = cpool.reference.vjp.roi_align(x, rois, 2, 1.0, ratio, True)
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(pullback(want), want_pullback(want), rtol=1e-11, atol=1e-13)


@every_function
def test_empty(name):
    function, vjp = getattr(cpool, name), getattr(cpool.vjp, name)
    x = np.ones((2, 3, 4, 5), np.float32)
    none = np.empty((0, 5))
    assert function(x, none, (2, 3)).shape == (0, 3, 2, 3)
    y, pullback = vjp(x, none, (2, 3), data_format="channels_last")
    assert y.shape == (0, 2, 3, 5)
    np.testing.assert_array_equal(pullback(y), np.zeros_like(x), strict=True)
    assert function(x[:0], none, 2).shape == (0, 3, 2, 2)
    y, pullback = vjp(x[:, :0], [[1, 0, 0, 1, 1]], 2)
    assert y.shape == (1, 0, 2, 2)
    assert pullback(y).shape == (2, 0, 4, 5)
    y, pullback = vjp(x, none, 2**27)
    np.testing.assert_array_equal(pullback(y), np.zeros_like(x))


@every_function
@pytest.mark.parametrize("memory", WRITABLE)
def test_out(name, memory):
    rng = np.random.default_rng(10)
    for dtype, last in itertools.product([np.float32, np.float16], [False, True]):
        x = rng.standard_normal((2, 5, 6, 3) if last else (2, 3, 5, 6)).astype(dtype)
        rois = [[1, 0.3, 0.2, 4.0, 3.1], [0, -1, -1, 2, 2]]
        options = {"output_size": 2, "data_format": "channels_last" if last else "channels_first"}
        y, pullback = getattr(cpool.vjp, name)(x, rois, **options)
        for module in MODULES:
            out = MEMORY[memory](np.zeros_like(y), 2, last)
            found = getattr(MODULES[module], name)(x, rois, **options, out=out)
            assert (found[0] if module.endswith("vjp") else found) is out
            np.testing.assert_allclose(exact(out), exact(y), rtol=1e-3 if dtype == np.float16 else 1e-6, atol=1e-7)
        out = MEMORY[memory](np.zeros_like(x), 2, last)
        assert pullback(y, out=out) is out
        assert_same_bits(np.ascontiguousarray(out), pullback(y))


@every_function
def test_pullback_owns_what_it_needs(name):
    rng = np.random.default_rng(11)
    x, rois = rng.standard_normal((1, 3, 6, 7)), np.array([[0, 1.0, 0.5, 5.0, 4.0], [0, 0, 0, 3, 3]])
    y, pullback = getattr(cpool.vjp, name)(x, rois, 2)
    grad = rng.standard_normal(y.shape)
    want = pullback(grad)
    x[...], y[...], rois[...] = np.nan, np.nan, np.nan
    assert_same_bits(pullback(grad), want)
    assert_same_bits(pullback(grad.tolist()), want)
    with pytest.raises(ValueError, match="grad_y: shape"):
        pullback(grad[:1])
    shared = np.zeros(x.size)
    with pytest.raises(ValueError, match="shares memory"):
        pullback(shared[: grad.size].reshape(grad.shape), out=shared.reshape(x.shape))


# ------------------------------------------------------------------------------------------------ errors
GOOD = {"x": np.ones((2, 3, 4, 5)), "rois": [[0, 0, 0, 1, 1]], "output_size": 2}


@pytest.mark.parametrize("module", MODULES)
@every_function
@pytest.mark.parametrize(
    ("error", "match", "options"),
    [
        (ValueError, r"x: shape \(3, 4, 5\) has 3 axes", {"x": np.ones((3, 4, 5))}),
        (ValueError, "empty spatial axis", {"x": np.ones((2, 3, 0, 5))}),
        (TypeError, "x: dtype", {"x": np.ones((2, 3, 4, 5), complex)}),
        (ValueError, r"rois: shape \(5,\)", {"rois": [0, 0, 0, 1, 1]}),
        (ValueError, r"rois: shape \(1, 4\)", {"rois": [[0, 0, 1, 1]]}),
        (ValueError, r"rois: shape \(0,\)", {"rois": []}),
        (TypeError, "rois", {"rois": [["a"] * 5]}),
        (TypeError, "rois", {"rois": np.zeros((1, 5), bool)}),
        (ValueError, "region 1, .* batch index", {"rois": [[0, 0, 0, 1, 1], [2, 0, 0, 1, 1]]}),
        (ValueError, "batch index", {"rois": [[-1, 0, 0, 1, 1]]}),
        (ValueError, "batch index", {"rois": [[0.5, 0, 0, 1, 1]]}),
        (ValueError, "batch index", {"rois": [[1e300, 0, 0, 1, 1]]}),
        (ValueError, "batch index", {"x": np.ones((0, 3, 4, 5))}),
        (ValueError, "not finite", {"rois": [[0, 0, np.nan, 1, 1]]}),
        (ValueError, "not finite", {"rois": [[0, 0, 0, np.inf, 1]]}),
        (ValueError, "not finite", {"rois": [[np.nan, 0, 0, 1, 1]]}),
        (ValueError, "x2 < x1", {"rois": [[0, 1, 0, 0.5, 1]]}),
        (ValueError, "y2 < y1", {"rois": [[0, 0, 1, 1, 0]]}),
        (ValueError, "beyond", {"rois": [[0, 0, 0, 1e16, 1]]}),
        (ValueError, "beyond", {"rois": [[0, 0, 0, 1, 1e300]], "spatial_scale": 1e300}),
        (ValueError, "output_size", {"output_size": 0}),
        (ValueError, "output_size", {"output_size": (2, -1)}),
        (ValueError, "output_size", {"output_size": (2, 2, 2)}),
        (ValueError, "output_size", {"output_size": 2**31}),
        (ValueError, "output_size=.*more elements", {"output_size": 2**31 - 1}),
        (ValueError, "output_size=.*more elements", {"output_size": 2**31 - 1, "rois": np.empty((0, 5))}),
        (TypeError, "output_size", {"output_size": 2.0}),
        (TypeError, "output_size", {"output_size": True}),
        (TypeError, "output_size", {"output_size": "2"}),
        (TypeError, "output_size", {"output_size": None}),
        (ValueError, "spatial_scale", {"spatial_scale": 0}),
        (ValueError, "spatial_scale", {"spatial_scale": -1.0}),
        (ValueError, "spatial_scale", {"spatial_scale": np.inf}),
        (ValueError, "spatial_scale", {"spatial_scale": np.nan}),
        (ValueError, "spatial_scale", {"spatial_scale": 10**400}),
        (TypeError, "spatial_scale", {"spatial_scale": "1"}),
        (TypeError, "spatial_scale", {"spatial_scale": True}),
        (TypeError, "spatial_scale", {"spatial_scale": None}),
        (TypeError, "spatial_scale", {"spatial_scale": 1j}),
        (ValueError, "data_format", {"data_format": "NCHW"}),
        (TypeError, "out", {"out": [1]}),
        (TypeError, "out: dtype", {"out": np.zeros((1, 3, 2, 2), np.float32)}),
        (ValueError, "out: shape", {"out": np.zeros((1, 3, 2, 3))}),
    ],
)
def test_bad_arguments(module, name, error, match, options):
    with pytest.raises(error, match=match):
        getattr(MODULES[module], name)(**{**GOOD, **options})


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"sampling_ratio": 2.0}),
        (TypeError, {"sampling_ratio": True}),
        (TypeError, {"sampling_ratio": None}),
        (ValueError, {"sampling_ratio": 2**31}),
        (TypeError, {"aligned": 1}),
    ],
)
@pytest.mark.parametrize("module", MODULES)
def test_bad_sampling(module, error, options):
    with pytest.raises(error, match=next(iter(options))):
        MODULES[module].roi_align(**GOOD, **options)
    if module == "cpool":
        with pytest.raises(error, match=next(iter(options))):
            cpool.RoIAlign(2, **options)


@every_function
def test_out_apart_from_the_inputs(name):
    x = np.ones((1, 1, 2, 5))
    rois = x[0, 0][:1]
    with pytest.raises(ValueError, match="shares memory"):
        getattr(cpool, name)(np.ones((2, 1, 3, 3)), rois, 1, out=x[:, :, :1, :1])
    with pytest.raises(ValueError, match="shares memory"):
        getattr(cpool, name)(x, [[0, 0, 0, 1, 1]], (1, 5), out=x[:, :, :1])


# ------------------------------------------------------------------------------------------------ layers
LAYERS = [
    (cpool.RoIPool((2, 3), 0.5), "roi_pool", {"output_size": (2, 3), "spatial_scale": 0.5}, "RoIPool((2, 3), spatial_scale=0.5)"),
    (
        cpool.RoIAlign(2, sampling_ratio=2, aligned=True, name="heads"),
        "roi_align",
        {"output_size": 2, "sampling_ratio": 2, "aligned": True},
        "RoIAlign(2, sampling_ratio=2, aligned=True, name='heads')",
    ),
    (
        cpool.RoIAlign([4, 1], data_format="channels_last"),
        "roi_align",
        {"output_size": (4, 1), "data_format": "channels_last"},
        "RoIAlign((4, 1), data_format='channels_last')",
    ),
]


@pytest.mark.parametrize(("layer", "name", "options", "text"), LAYERS)
def test_layer(layer, name, options, text):
    rng = np.random.default_rng(12)
    x, rois = rng.standard_normal((2, 3, 7, 8)), np.array([[1, 0, 0.5, 6, 5.5], [0, 2, 2, 3, 9], [1, 1, 1, 1, 1.0]])
    want, pullback = getattr(cpool.vjp, name)(x, rois, **options)
    for again in (layer, pickle.loads(pickle.dumps(layer)), eval(text, vars(cpool))):
        assert repr(again) == text
        y = again(x, rois)
        assert_same_bits(y, want)
        assert again.output_shape(x.shape, rois.shape) == y.shape
        grad = again.backward(y)
        assert_same_bits(grad, pullback(want))
        with pytest.raises(RuntimeError, match="forward of its own"):
            again.backward(y)
        assert_same_bits(again.eval()(x, rois), want)
        again.train()


@pytest.mark.parametrize(
    ("error", "shapes"),
    [
        (ValueError, ((1, 2, 3), (1, 5))),
        (ValueError, ((1, 2, 0, 3), (1, 5))),
        (ValueError, ((1, 2, 3, 3), (1, 4))),
        (ValueError, ((1, 2, 3, 3), (5,))),
        (ValueError, ((1, 2, 3, 3), (-1, 5))),
        (TypeError, ((1, 2, 3, 3.0), (1, 5))),
        (TypeError, ((1, 2, 3, 3), 5)),
    ],
)
def test_output_shape_checks(error, shapes):
    with pytest.raises(error, match=r"input_shape|rois_shape"):
        cpool.RoIPool(2).output_shape(*shapes)


@pytest.mark.parametrize("layer", [cpool.RoIPool, cpool.RoIAlign])
@pytest.mark.parametrize(
    ("error", "options"), [(ValueError, {"output_size": 0}), (ValueError, {"spatial_scale": 0}), (TypeError, {"name": 1})]
)
def test_constructor_checks(layer, error, options):
    with pytest.raises(error, match=next(iter(options))):
        layer(**{"output_size": 2, **options})


# ------------------------------------------------------------------------------------------------ documentation
DOCUMENTED = [cpool.roi_pool, cpool.roi_align, cpool.vjp.roi_pool, cpool.vjp.roi_align, cpool.RoIPool, cpool.RoIAlign]
DOCUMENTED += [cpool.reference.roi_pool, cpool.reference.roi_align]


@every_function
def test_signatures(name):
    head = [("x", inspect.Parameter.empty), ("rois", inspect.Parameter.empty), ("output_size", inspect.Parameter.empty)]
    head += [("spatial_scale", 1.0)] + [("sampling_ratio", -1), ("aligned", False)] * (name == "roi_align")
    positional = [(key, inspect.Parameter.POSITIONAL_OR_KEYWORD, default) for key, default in head]
    keyword = [(key, inspect.Parameter.KEYWORD_ONLY, value) for key, value in [("data_format", "channels_first"), ("out", None)]]
    for module in MODULES.values():
        found = inspect.signature(getattr(module, name)).parameters.values()
        assert [(p.name, p.kind, p.default) for p in found] == positional + keyword
    layer = inspect.signature(cpool.RoIPool if name == "roi_pool" else cpool.RoIAlign).parameters.values()
    name_of = ("name", inspect.Parameter.KEYWORD_ONLY, None)
    assert [(p.name, p.kind, p.default) for p in layer] == [*positional[2:], keyword[0], name_of]


@pytest.mark.parametrize("thing", DOCUMENTED, ids=lambda thing: f"{thing.__module__}.{thing.__name__}")
def test_documentation(thing):
    lines = inspect.getdoc(thing).splitlines()
    assert max(map(len, lines)) <= 132
    assert not {"{", "}"} & set("".join(lines))
    found = doctest.DocTestFinder(recurse=False).find(thing, thing.__name__, globs={})
    assert sum(len(test.examples) for test in found) > 0
    for test in found:
        assert doctest.DocTestRunner().run(test).failed == 0
