"""Generalised max pooling: its formula in both forms, limits, differences, and numbers that overflow where care is not taken."""

import numpy as np
import pytest

import cpool
from cpool._ops import generalized

SHAPES = [(2, 3, 9), (2, 6, 2, 2), (3, 4, 2, 1, 2), (1, 1, 5), (2, 5, 1)]
"""With fewer channels than cells, more, as many, one of either."""


def case(shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def primal(x, lam):
    """The formula, image by image."""
    found = []
    for cells in x.reshape(*x.shape[:2], -1):
        found.append(np.linalg.solve(cells @ cells.T + lam * np.eye(len(cells)), cells.sum(axis=1)))
    return np.array(found)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lam", [1e-3, 1.0, 1e3])
def test_is_the_solution_of_both_forms(shape, lam):
    x = case(shape)
    xi = primal(x, lam)
    np.testing.assert_allclose(cpool.generalized_max_pool(x, lam, normalize=False), xi, rtol=1e-9)
    for one, cells in zip(xi, x.reshape(*shape[:2], -1), strict=True):
        dual = cells @ np.linalg.solve(cells.T @ cells + lam * np.eye(cells.shape[1]), np.ones(cells.shape[1]))
        np.testing.assert_allclose(one, dual, rtol=1e-8)
    expected = xi / np.linalg.norm(xi, axis=1, keepdims=True)
    np.testing.assert_allclose(cpool.generalized_max_pool(x, lam), expected, rtol=1e-9)


@pytest.mark.parametrize("shape", [*SHAPES, (2, 100, 90), (1, 90, 100), (0, 3, 4), (2, 0, 4)])
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
def test_agrees_with_the_reference(shape, normalize, last, dtype):
    x = (3 * case(shape)).astype(dtype)
    options = {"normalize": normalize}
    if last:
        x, options["data_format"] = np.moveaxis(x, 1, -1), "channels_last"
    error = {2: 2e-3, 4: 1e-5, 8: 1e-8}[8 if dtype is np.int16 else np.dtype(dtype).itemsize]
    y, pullback = cpool.vjp.generalized_max_pool(x, 2.0, **options)
    expected, other = cpool.reference.vjp.generalized_max_pool(x, 2.0, **options)
    assert y.shape == shape[:2]
    assert y.dtype == expected.dtype == (np.float64 if dtype is np.int16 else dtype)
    np.testing.assert_allclose(y, expected, rtol=error, atol=error)
    np.testing.assert_array_equal(y, cpool.generalized_max_pool(x, 2.0, **options))
    grad = case(y.shape, 1)
    for one, two in zip(pullback(grad), other(grad), strict=True):
        assert one.shape == two.shape
        assert one.dtype == two.dtype
        np.testing.assert_allclose(one, two, rtol=error, atol=error)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("lam", [0.1, 30.0])
@pytest.mark.parametrize("module", [cpool, cpool.reference])
def test_gradients_are_slopes(shape, normalize, lam, module):
    x = case(shape)
    y, pullback = module.vjp.generalized_max_pool(x, lam, normalize=normalize)
    grad, direction, step = case(y.shape, 1), case(shape, 2), 1e-6
    grad_x, grad_lam = pullback(grad)
    assert grad_lam.shape == ()

    def loss(x, lam):
        return (module.generalized_max_pool(x, lam, normalize=normalize) * grad).sum()

    found = (loss(x + step * direction, lam) - loss(x - step * direction, lam)) / (2 * step)
    assert found == pytest.approx((grad_x * direction).sum(), rel=1e-6, abs=1e-8)
    found = (loss(x, lam + lam * step) - loss(x, lam - lam * step)) / (2 * lam * step)
    assert found == pytest.approx(float(grad_lam), rel=1e-5, abs=1e-8)


# ------------------------------------------------------------------------------------------ limits
def test_large_lambda_is_the_sum():
    x = case((2, 3, 9))
    total = x.sum(axis=2)
    np.testing.assert_allclose(1e9 * cpool.generalized_max_pool(x, 1e9, normalize=False), total, rtol=1e-6)
    np.testing.assert_allclose(cpool.generalized_max_pool(x, 1e9), total / np.linalg.norm(total, axis=1, keepdims=True), rtol=1e-6)


def test_small_lambda_is_the_maximum_of_words():
    """Cells that are words, one channel each: how often a word occurs does not count, as in the maximum."""
    words = np.eye(4)[[0, 0, 0, 0, 1, 3, 3]].T[None]
    np.testing.assert_allclose(cpool.generalized_max_pool(words, 1e-9, normalize=False), [[1, 1, 0, 1]], atol=1e-8)
    np.testing.assert_allclose(cpool.generalized_max_pool(words, 1e9, normalize=False) * 1e9, [[4, 1, 0, 2]], rtol=1e-6)


def test_similarities_become_equal_as_lambda_falls():
    x = case((1, 30, 10))
    x[..., 3:] = x[..., 3:4]  # one descriptor over and over
    spreads = []
    for lam in (1e4, 1e2, 1.0, 1e-6):
        similar = cpool.generalized_max_pool(x, lam)[0] @ x[0]
        spreads.append(similar.std() / similar.mean())
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < 1e-6


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
def test_triangular_solutions(size):
    a = case((2, size, size + 3))
    square = a @ a.transpose(0, 2, 1) + np.eye(size)
    right = case((2, size), 1)
    found = generalized.solved(np.linalg.cholesky(square), right)
    np.testing.assert_allclose((square @ found[:, :, None])[:, :, 0], right, rtol=1e-8, atol=1e-8)


# ------------------------------------------------------------------------------------------ numbers
@pytest.mark.parametrize("shape", [(2, 3, 5, 5), (2, 30, 3, 3)])
@pytest.mark.parametrize("lam", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 1.0, -2.0, 1e30, -1e30, 1e-30])
def test_constant_maps_give_no_nan(shape, lam, dtype, value):
    x = np.full(shape, value, dtype)
    for normalize in (True, False):
        y, pullback = cpool.vjp.generalized_max_pool(x, lam, normalize=normalize)
        assert np.isfinite(y).all()
        assert not any(np.isnan(gradient).any() for gradient in pullback(case(y.shape, 1)))
        if normalize:
            np.testing.assert_allclose(y, np.sign(value) / np.sqrt(shape[1]), rtol=1e-3)


def test_scale_of_x_is_that_of_the_root_of_lambda():
    x = case((2, 3, 9))
    for scale in (2.0**100, 2.0**-100):
        np.testing.assert_array_equal(cpool.generalized_max_pool(x * scale, scale**2), cpool.generalized_max_pool(x, 1.0))
        plain = cpool.generalized_max_pool(x * scale, scale**2, normalize=False)
        np.testing.assert_array_equal(plain * scale, cpool.generalized_max_pool(x, 1.0, normalize=False))


def test_huge_doubles():
    x = case((2, 3, 9)) * 1e250
    np.testing.assert_allclose(np.linalg.norm(cpool.generalized_max_pool(x, 1.0), axis=1), 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_image_that_is_not_finite_is_alone_so(bad):
    x = case((3, 4, 6))
    x[1, 2, 3] = bad
    y, pullback = cpool.vjp.generalized_max_pool(x, 1.0)
    assert np.isnan(y[1]).all()
    np.testing.assert_array_equal(y[[0, 2]], cpool.generalized_max_pool(x[[0, 2]], 1.0))
    grad_x, _ = pullback(np.ones((3, 4)))
    assert np.isnan(grad_x[1]).all()
    assert np.isfinite(grad_x[[0, 2]]).all()


def test_out_and_what_the_pullback_owns():
    x = case((2, 3, 5, 4))
    out, grad_out = np.empty((2, 3)), np.empty(x.shape)
    y, pullback = cpool.vjp.generalized_max_pool(x, 1.0, out=out)
    assert y is out
    before = [gradient.copy() for gradient in pullback(np.ones((2, 3)))]
    x[...], out[...] = 7, 7
    after = pullback(np.ones((2, 3)), out=grad_out)
    assert after[0] is grad_out
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="grad_y: shape"):
        pullback(np.ones((2, 4)))


@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference, cpool.reference.vjp])
@pytest.mark.parametrize(
    ("error", "text", "lam", "options"),
    [
        (ValueError, "lam.*above 0", 0.0, {}),
        (ValueError, "lam.*above 0", -1.0, {}),
        (ValueError, "lam.*above 0", np.nan, {}),
        (ValueError, "lam.*finite", np.inf, {}),
        (ValueError, "lam: shape", np.ones(3), {}),
        (TypeError, "lam", True, {}),
        (TypeError, "lam", "1", {}),
        (TypeError, "lam", None, {}),
        (TypeError, "normalize", 1.0, {"normalize": 1}),
        (ValueError, "data_format", 1.0, {"data_format": "NCHW"}),
    ],
)
def test_errors(module, error, text, lam, options):
    with pytest.raises(error, match=text):
        module.generalized_max_pool(np.ones((2, 3, 4)), lam, **options)


# ------------------------------------------------------------------------------------------ the layer
def test_layer_learns_a_positive_lambda():
    x = case((2, 3, 9))
    layer = cpool.GeneralizedMaxPool(2.0)
    np.testing.assert_allclose(layer.params["log_lam"], np.log(2))
    y, pullback = cpool.vjp.generalized_max_pool(x, 2.0)
    np.testing.assert_allclose(layer(x), y, rtol=1e-12)
    grad = case(y.shape, 1)
    grad_x, grad_lam = pullback(grad)
    np.testing.assert_allclose(layer.backward(grad), grad_x, rtol=1e-9)
    np.testing.assert_allclose(layer.grads["log_lam"], 2 * grad_lam, rtol=1e-9)
    layer.params["log_lam"] -= 1000.0  # however far it goes
    assert np.isfinite(layer(x)).all()
    other = cpool.GeneralizedMaxPool(normalize=False).eval()
    other.load_state_dict(layer.state_dict())
    assert other.output_shape((4, 5, 6, 7)) == (4, 5)
    assert repr(other) == "GeneralizedMaxPool(normalize=False)"
    with pytest.raises(RuntimeError, match="eval"):
        other.backward(grad)


@pytest.mark.parametrize(("error", "value"), [(ValueError, 0), (ValueError, -1.0), (TypeError, True), (TypeError, "1")])
def test_layer_checks_lambda(error, value):
    with pytest.raises(error, match="lam"):
        cpool.GeneralizedMaxPool(value)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_lambda_that_is_lost_beside_the_cells(data_format):
    """The reference too has a result: the cells of the channels are the same, and lambda is far below their rounding."""
    x = np.full((1, 3, 26) if data_format == "channels_first" else (1, 26, 3), 3e38, np.float32)
    results = [module.generalized_max_pool(x, 255.0, data_format=data_format) for module in (cpool, cpool.reference)]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-4)
    np.testing.assert_allclose(results[1], 3**-0.5, rtol=1e-4)
