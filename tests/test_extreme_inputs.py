"""Constant, dead, negative and huge maps: no NaN where the formula has a value, nor inf, in results and gradients of all inputs."""

import zlib

import numpy as np
import pytest
from learned_cases import METHODS, called

import cpool

CELLS = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 6, 7))
SIGNS = np.where(np.random.default_rng(1).integers(2, size=CELLS.shape), 1.0, -1.0)
MAPS = {
    "zeros": np.zeros_like(CELLS),
    "ones": np.ones_like(CELLS),
    "minus twos": np.full_like(CELLS, -2),
    "positive": CELLS,
    "negative": -CELLS,
    "of both signs": CELLS * SIGNS,
    "after ReLU": np.maximum(CELLS * SIGNS, 0),
    "one cell": np.where(np.arange(42).reshape(6, 7) == 16, CELLS, 0),
    "around one": 1 + 1e-6 * CELLS,
}
SCALES = {np.float32: (1.0, 1e-30, 1e15, 1e30, 1e36), np.float64: (1.0, 1e-30, 1e30, 1e150, 1e300)}
OTHERS = {
    "blur": lambda module, x: module.blur_pool2d(x, 4),
    "blur, zeros": lambda module, x: module.blur_pool2d(x, 3, mode="zero"),
    "max blur": lambda module, x: module.max_blur_pool2d(x, 3),
    "polyphase": lambda module, x: module.polyphase_pool2d(x),
    "polyphase, 4": lambda module, x: module.polyphase_pool2d(x, norm=4.0),
    "S3": lambda module, x: module.s3_pool2d(x, 2, 2, rng=0),
    "S3, evaluation": lambda module, x: module.s3_pool2d(x, 2, 2, training=False),
    "attention": lambda module, x: module.attention_pool(x, np.array([0.3, -0.2, 0.1])),
    "generalized max": lambda module, x: module.generalized_max_pool(x, 10.0),
    "generalized max, raw": lambda module, x: module.generalized_max_pool(x, 10.0, normalize=False),
    "GeM, whole": lambda module, x: module.gem_pool2d(x, 3.0),
    "detail, full": lambda module, x: module.detail_preserving_pool2d(
        x, 2, filter=np.full((3, 3, 3), 0.1), bias=np.array([0.1, 0, -0.1])
    ),
}


def method(name, seed):
    options = {"stride": 2, "padding": 1} | ({"kernel_size": 3} if METHODS[name].window else {})

    def call(module, x):
        rng = np.random.default_rng(zlib.crc32(name.encode()) + seed)
        arguments = METHODS[name].draw(rng, 3, (3, 3), x)
        if name == "ordinal_pool":
            arguments["weight"] = np.abs(arguments["weight"]) / np.abs(arguments["weight"]).sum(axis=-1, keepdims=True)
        return called(module, name, 2, x, arguments, options)

    return call


AVERAGES = {  # as these are averages, the gradients of beta and r are variances
    "attention, none": lambda module, x: module.attention_pool(x, np.zeros(3)),
    "soft, average": lambda module, x: module.soft_pool2d(x, 2, beta=0.0),
    "soft, nearly": lambda module, x: module.soft_pool2d(x, 2, beta=[0.0, 1e-31, -1e-36]),
    "log-sum-exp, average": lambda module, x: module.lse_pool2d(x, 2, r=0.0),
    "log-sum-exp, nearly": lambda module, x: module.lse_pool2d(x, 2, r=[1e-25, 1e-31, -1e-36]),
}
CALLS = OTHERS | AVERAGES | {f"{name} {seed}": method(name, seed) for name in METHODS for seed in range(3)}


@pytest.mark.parametrize("dtype", SCALES)
@pytest.mark.parametrize("name", CALLS)
def test_no_nan(name, dtype):
    for kind, cells in MAPS.items():
        # The gradients of parameters for which these are averages are as the squares of cells.
        for scale in SCALES[dtype][: -1 if name in AVERAGES else None]:
            with np.errstate(all="ignore"):
                x = (cells * scale).astype(dtype)
                y, pullback = CALLS[name](cpool.vjp, x)
                grad = np.random.default_rng(2).uniform(-0.1, 0.1, y.shape).astype(dtype)
                found = pullback(grad)
            for array in (y, *(found if isinstance(found, tuple) else (found,))):
                assert np.isfinite(array).all(), (kind, scale)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", MAPS)
def test_huge_maps_agree_with_the_reference(name, kind):
    """In float64."""
    x = MAPS[kind] * (1e140 if name in AVERAGES else 1e200)
    results = []
    with np.errstate(all="ignore"):
        for module in (cpool.vjp, cpool.reference.vjp):
            y, pullback = CALLS[name](module, x)
            found = pullback(np.random.default_rng(2).uniform(-0.1, 0.1, y.shape))
            results.append((y, *(found if isinstance(found, tuple) else (found,))))
    for one, other in zip(*results, strict=True):
        finite = np.isfinite(other)
        scale = np.abs(other[finite]).max(initial=0)
        np.testing.assert_allclose(one[finite], other[finite], rtol=1e-6, atol=1e-6 * scale)


@pytest.mark.parametrize("kind", [kind for kind in MAPS if kind != "around one"])  # whose cells float32 hardly tells apart
@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.smooth and name != "tree_pool"])
def test_gradients_of_parameters_may_be_larger_than_float32(name, kind):
    x, arguments, options = MAPS[kind].astype(np.float32) * np.float32(1e37), {}, {"stride": 2}
    options |= {"kernel_size": 3} if METHODS[name].window else {}
    arguments = METHODS[name].draw(np.random.default_rng(5), 3, (3, 3), x)
    found = []
    with np.errstate(all="ignore"):
        for module, cells in ((cpool.vjp, x), (cpool.reference.vjp, x.astype(float))):
            y, pullback = called(module, name, 2, cells, arguments, options)
            found.append(pullback(np.random.default_rng(6).uniform(-100, 100, y.shape).astype(np.float32))[1:])
    for key, one, other in zip(METHODS[name].smooth, *found, strict=True):
        if key != "logits":  # whose gradient is in float32, as they are
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())
