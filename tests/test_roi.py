"""Regions of interest, of every kind: against the reference, and against plain formulas."""

import itertools
import math

import numpy as np
import pytest
from cases import BFLOAT16, CONTENTS, FLOATS, INTEGERS, MEMORY, contents, examples, spelled
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_close, assert_same_bits, exact

import cpool
from cpool import _dispatch, _threads

FUNCTIONS = ("roi_pool", "roi_align")
VARIANTS = [(variant, threads) for variant in _dispatch.available() for threads in (1, 3)]
every_function = pytest.mark.parametrize("name", FUNCTIONS)
either = pytest.mark.parametrize("module", [cpool, cpool.reference], ids=["compiled", "reference"])


# ------------------------------------------------------------------------------------------------ cases
@st.composite
def boxes(draw, size, scale):
    """Two coordinates along an axis: inside, across a border, far outside, without extent, on whole numbers and halves."""
    kind = draw(st.sampled_from(["inside", "any", "any", "halves", "halves", "point", "huge"]))
    if kind == "huge":
        low, high = sorted(draw(st.tuples(*[st.sampled_from([-1e14, -1e9, -3e4, 0.0, 2.5, 3e4, 1e9, 1e14])] * 2)))
    else:
        span = (0, size) if kind == "inside" else (-size - 2, 2 * size + 2)
        places = st.integers(2 * span[0], 2 * span[1]).map(lambda n: n / 2) if kind == "halves" else st.floats(*span, width=32)
        low, high = sorted(draw(st.tuples(places, places)))
    return low / scale, (low if kind == "point" else high) / scale


@st.composite
def calls(draw, name, dtypes=FLOATS + INTEGERS, kinds=CONTENTS, most_channels=70):
    """x, rois and options of a legal call."""
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    last = draw(st.booleans())
    channels = draw(st.sampled_from([1, 2, 3, 5, 8, 16, 17, 32, 33, 40, 70, 0]).filter(lambda n: n <= most_channels))
    batch = draw(st.integers(1, 3))
    scale = draw(st.sampled_from([1.0, 1.0, 0.5, 0.0625, 0.3, 7]))
    count = draw(st.integers(0, 6)) if batch else 0
    rois = np.zeros((count, 5))
    for k in range(count):
        (x1, x2), (y1, y2) = draw(boxes(columns, scale)), draw(boxes(rows, scale))
        rois[k] = draw(st.integers(0, batch - 1)), x1, y1, x2, y2
    size = [draw(st.integers(1, 5)), draw(st.integers(1, 5))]
    if draw(st.booleans()):
        size = [size[0]] * 2
    options = {"output_size": spelled(draw, size)}
    if scale != 1 or draw(st.booleans()):
        options["spatial_scale"] = scale
    if name == "roi_align":
        options["sampling_ratio"] = draw(st.sampled_from([-1, 0, 1, 2, 3, 7]))
        options["aligned"] = draw(st.booleans())
    if last:
        options["data_format"] = "channels_last"
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (batch, rows, columns, channels) if last else (batch, channels, rows, columns)
    x = contents(rng, shape, draw(st.sampled_from(dtypes)), draw(st.sampled_from(kinds)))
    return MEMORY[draw(st.sampled_from(sorted(MEMORY)))](x, 2, last), rois, options


def magnitude(name, x, rois, options):
    """What the absolute values of the summed terms add up to."""
    return getattr(cpool.reference, name)(np.abs(exact(x).astype(np.float64)), rois, **options)


TERMS = 90  # samples and corners of a bin along both axes, with the rounding of their weights


def assert_sums(got, want, x, rois, options, accumulated):
    scale = magnitude("roi_align", np.nan_to_num(exact(x)), rois, options)
    assert_close(got, exact(want), accumulated, scale, TERMS)


def accumulator(dtype, options):
    few = 0 < options["sampling_ratio"] <= 4 and np.dtype(dtype) in (np.float16, np.float32, BFLOAT16)
    return "float32" if few or np.dtype(dtype).itemsize < 8 else "float64"


# ------------------------------------------------------------------------------------------------ against the reference
@every_function
@examples(150)
@given(data=st.data())
def test_agrees_with_the_reference(name, data):
    x, rois, options = data.draw(calls(name))
    x_before, rois_before = x.copy(), rois.copy()
    y = getattr(cpool, name)(x, rois, **options)
    again, pullback = getattr(cpool.vjp, name)(x, rois, **options)
    want, want_pullback = getattr(cpool.reference.vjp, name)(x, rois, **options)
    assert_same_bits(again, y)
    if name == "roi_pool":
        assert_same_bits(y, want)
    else:
        assert (y.dtype, y.shape) == (want.dtype, want.shape)
        # Of the half floats reference and kernel round once each, from sums that differ within the bound.
        exact_want = cpool.reference.roi_align(exact(x).astype(np.float64), rois, **options)
        assert_sums(y, exact_want, x, rois, options, accumulator(x.dtype, options))
    grad = np.random.default_rng(0).standard_normal(y.shape)
    got, want_grad = pullback(grad), want_pullback(grad)
    assert (got.dtype, got.shape) == (want_grad.dtype, want_grad.shape) == (want_grad.dtype, x.shape)
    ulp = {"float32": 2e-6, "float64": 1e-13, "float16": 2e-3, "bfloat16": 2e-2}[got.dtype.name]
    np.testing.assert_allclose(exact(got), exact(want_grad), rtol=ulp, atol=ulp * 10)
    assert_same_bits(x, x_before)
    np.testing.assert_array_equal(rois, rois_before)


@every_function
@examples(60)
@given(data=st.data())
def test_bits_are_the_same_in_every_variant_layout_and_number_of_threads(name, data):
    x, rois, options = data.draw(calls(name, dtypes=FLOATS + INTEGERS[2:]))

    def results(x, options):
        y, pullback = getattr(cpool.vjp, name)(x, rois, **options)
        last = options.get("data_format") == "channels_last"
        grad = np.random.default_rng(0).standard_normal(np.moveaxis(y, -1, 1).shape if last else y.shape)
        found = [y, pullback(np.moveaxis(grad, 1, -1) if last else grad), getattr(cpool, name)(x, rois, **options)]
        return [np.ascontiguousarray(np.moveaxis(a, -1, 1) if last else a).tobytes() for a in found]

    want = results(x, options)
    last = options.get("data_format") == "channels_last"
    other = {**options, "data_format": "channels_first" if last else "channels_last"}
    assert results(np.moveaxis(x, -1, 1) if last else np.moveaxis(x, 1, -1), other) == want
    for variant, threads in VARIANTS:
        with _dispatch.using(variant), _threads.exactly(threads):
            assert results(x, options) == want, (variant, threads)
            assert results(np.ascontiguousarray(x), options) == want, (variant, threads)


@every_function
@pytest.mark.parametrize("channels", [1, 33, 64])
@pytest.mark.parametrize("last", [False, True])
def test_large_planes_are_laid_out_in_parts(name, channels, last):
    """Planes beyond what is laid out at once, for many regions and for one, whose samples are far apart."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((1, channels, 310, 350), dtype=np.float32)
    low = rng.uniform(-20, 250, (40, 2))
    rois = np.concatenate([np.zeros((40, 1)), low, low + rng.uniform(0, 130, (40, 2))], 1)
    rois[0, 1:] = 0, 0, 349, 309
    options = {"output_size": (3, 2)} | ({"sampling_ratio": 2} if name == "roi_align" else {})
    if last:
        x, options = np.ascontiguousarray(np.moveaxis(x, 1, -1)), {**options, "data_format": "channels_last"}
    for some in (rois, rois[:1]):
        want, want_pullback = getattr(cpool.reference.vjp, name)(x, some, **options)
        grad = rng.standard_normal(want.shape, dtype=np.float32)
        found = []
        for threads in (1, 3):
            with _threads.exactly(threads):
                y, pullback = getattr(cpool.vjp, name)(x, some, **options)
                found.append([y, pullback(grad)])
        for a, b in zip(*found, strict=True):
            assert_same_bits(a, b)
        np.testing.assert_allclose(found[0][0], want, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[0][1], want_pullback(grad), rtol=1e-5, atol=1e-5)


@every_function
def test_many_bins_are_computed_in_parts(name):
    rng = np.random.default_rng(4)
    x, rois = rng.standard_normal((1, 40, 12, 11)), [[0, -1.3, 0.2, 9.1, 20.4], [0, 2, 2, 3, 3]]
    for last in (False, True):
        options = {"output_size": (90, 60), "data_format": "channels_last" if last else "channels_first"}
        a = np.moveaxis(x, 1, -1) if last else x
        y, pullback = getattr(cpool.vjp, name)(a, rois, **options)
        want, want_pullback = getattr(cpool.reference.vjp, name)(a, rois, **options)
        np.testing.assert_allclose(y, want, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(pullback(want), want_pullback(want), rtol=1e-11, atol=1e-11)


# ------------------------------------------------------------------------------------------------ against plain formulas
def sample(plane, y, x):
    """torchvision's bilinear interpolation, as it stands."""
    height, width = plane.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = max(y, 0.0), max(x, 0.0)
    y_low, x_low = int(y), int(x)
    if y_low >= height - 1:
        y_high = y_low = height - 1
        y = float(y_low)
    else:
        y_high = y_low + 1
    if x_low >= width - 1:
        x_high = x_low = width - 1
        x = float(x_low)
    else:
        x_high = x_low + 1
    ly, lx = y - y_low, x - x_low
    hy, hx = 1.0 - ly, 1.0 - lx
    v1, v2, v3, v4 = plane[y_low, x_low], plane[y_low, x_high], plane[y_high, x_low], plane[y_high, x_high]
    return hy * hx * v1 + hy * lx * v2 + ly * hx * v3 + ly * lx * v4


def plain_roi_align(x, rois, size, scale, ratio, aligned):
    y = np.zeros((len(rois), x.shape[1], *size))
    offset = 0.5 if aligned else 0.0
    for k, (n, *corners) in enumerate(rois):
        x1, y1, x2, y2 = (v * scale - offset for v in corners)
        width, height = (x2 - x1, y2 - y1) if aligned else (max(x2 - x1, 1.0), max(y2 - y1, 1.0))
        bin_h, bin_w = height / size[0], width / size[1]
        grid_h, grid_w = (ratio, ratio) if ratio > 0 else (math.ceil(bin_h), math.ceil(bin_w))
        for c, p, q in np.ndindex(x.shape[1], *size):
            value = 0.0
            for i, j in np.ndindex(grid_h, grid_w):
                at = y1 + p * bin_h + (i + 0.5) * bin_h / grid_h, x1 + q * bin_w + (j + 0.5) * bin_w / grid_w
                value += sample(x[int(n), c], *at)
            y[k, c, p, q] = value / max(grid_h * grid_w, 1)
    return y


def plain_roi_pool(x, rois, size, scale):
    y = np.zeros((len(rois), x.shape[1], *size))
    for k, (n, *corners) in enumerate(rois):
        x1, y1, x2, y2 = (int(math.copysign(math.floor(abs(v * scale) + 0.5), v)) for v in corners)
        width, height = max(x2 - x1 + 1, 1), max(y2 - y1 + 1, 1)
        for c, p, q in np.ndindex(x.shape[1], *size):
            top, bottom = math.floor(p * (height / size[0])) + y1, math.ceil((p + 1) * (height / size[0])) + y1
            left, right = math.floor(q * (width / size[1])) + x1, math.ceil((q + 1) * (width / size[1])) + x1
            cells = x[int(n), c, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
            y[k, c, p, q] = cells.max() if cells.size else 0
    return y


@either
@pytest.mark.parametrize("scale", [1.0, 0.25])
@pytest.mark.parametrize("size", [(2, 3), (7, 7)])
def test_plain_loops(module, size, scale):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 2, 8, 11))
    low = rng.uniform(-5, 10, (12, 2)) / scale
    rois = np.concatenate([rng.integers(0, 2, (12, 1)), low, low + rng.uniform(0, 14, (12, 2)) / scale], 1)
    rois[:4, 1:] = np.array([[0, 0, 10, 7], [-3, 2, 2, 2], [10.5, 7.5, 10.5, 7.5], [2.5, -1, 30, 8]]) / scale
    np.testing.assert_array_equal(module.roi_pool(x, rois, size, scale), plain_roi_pool(x, rois, size, scale))
    for ratio, aligned in itertools.product([-1, 1, 2, 5], [False, True]):
        got = module.roi_align(x, rois, size, scale, ratio, aligned)
        np.testing.assert_allclose(got, plain_roi_align(x, rois, size, scale, ratio, aligned), rtol=1e-12, atol=1e-13)


@either
def test_infinities_and_nan_of_roi_align_are_those_of_the_formula(module):
    """A corner of weight 0 counts: 0 times inf is NaN, also where another sample of the bin gives the same cell a weight."""
    rng = np.random.default_rng(6)
    for _ in range(30):
        x = rng.choice([0.5, 1.0, np.inf, -np.inf, np.nan], (1, 3, 6, 7), p=[0.45, 0.45, 0.06, 0.02, 0.02])
        low = rng.integers(-2, 10, (4, 2)) / 2
        rois = np.concatenate([np.zeros((4, 1)), low, low + rng.integers(0, 12, (4, 2)) / 2], 1)
        for ratio, aligned in itertools.product([-1, 1, 2], [False, True]):
            with np.errstate(invalid="ignore"):
                want = plain_roi_align(x, rois, (3, 2), 1.0, ratio, aligned)
            np.testing.assert_allclose(module.roi_align(x, rois, (3, 2), 1.0, ratio, aligned), want, rtol=1e-13)


@every_function
@examples(40)
@given(data=st.data())
def test_pullback_is_the_jacobian(name, data):
    x, rois, options = data.draw(calls(name, dtypes=[np.dtype(np.float64)], kinds=["normal"], most_channels=2))
    # Different whole numbers keep their winners under changes below a half.
    x = np.random.default_rng(7).permutation(x.size).reshape(x.shape).astype(np.float64)
    y, pullback = getattr(cpool.vjp, name)(x, rois, **options)
    rng = np.random.default_rng(8)
    grad, way = rng.standard_normal(y.shape), rng.uniform(-1, 1, x.shape)
    up, down = (getattr(cpool, name)(x + step * way, rois, **options) for step in (0.25, -0.25))
    expected = np.sum(grad * (up - down)) / 0.5
    np.testing.assert_allclose(np.sum(pullback(grad) * way), expected, rtol=1e-9, atol=1e-9 * max(1, x.size))
