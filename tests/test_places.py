"""The kernels that scatter and gather by plane indices, against a loop."""

import numpy as np
import pytest

from cpool import _dispatch

VARIANTS = _dispatch.available()
DTYPES = ("f4", "f8", "i1", "u2", "i4", "u8")


def case(seed):
    rng = np.random.default_rng(seed)
    planes, outputs, cells = rng.integers(0, 5), rng.integers(0, 25), rng.integers(0, 30)
    inner = rng.choice([0, 1, 1, 1, 2, 17, 70, 200], p=[0.05] + [0.95 / 7] * 7)
    places = rng.integers(-2, cells, (planes, outputs, inner)) if cells else np.full((planes, outputs, inner), -1)
    values = (rng.standard_normal(places.shape) * 100).astype(DTYPES[seed % len(DTYPES)])
    sizes = tuple(map(int, (planes, outputs, cells, inner, rng.integers(0, 4))))
    return places.astype(rng.choice([np.int32, np.int64])), values, sizes


def scattered(places, values, cells):
    """Sums and last writers of each cell, and the flat positions of those that come after one, and of those before one."""
    planes, _, inner = places.shape
    added, put = (np.zeros((planes, cells, inner), values.dtype) for _ in range(2))
    last, repeated = {}, []
    for at in np.ndindex(places.shape):
        cell = (at[0], int(places[at]), at[2])
        if cell[1] >= 0:
            with np.errstate(over="ignore"):
                added[cell] += values[at]
            put[cell] = values[at]
            if cell in last:
                repeated.append(at)
            last[cell] = at
    kept = np.full(places.shape, -1)
    for cell, at in last.items():
        kept[at] = cell[1]
    return added, put, kept, repeated


@pytest.mark.parametrize("seed", range(150))
def test_all(seed):
    places, values, sizes = case(seed)
    cells = sizes[2]
    added, put, kept, repeated = scattered(places, values, cells)
    element = {"f4": 0, "f8": 1}.get(DTYPES[seed % len(DTYPES)], 2)
    taken = np.array([added[at[0], places[at], at[2]] if places[at] >= 0 else 0 for at in np.ndindex(places.shape)], values.dtype)
    for variant in VARIANTS:
        with _dispatch.using(variant):
            kernels = _dispatch.kernels
            for checked in (False, True):
                result = np.full(added.shape, 7, values.dtype)
                kernels.add_at(element, values, places, result, *sizes, checked)
                np.testing.assert_array_equal(result, added)
                kernels.put_at(values, places, result, *sizes, checked)
                np.testing.assert_array_equal(result, put)
                result = np.full(places.shape, 7, values.dtype)
                kernels.take_at(added, places, result, *sizes, checked)
                np.testing.assert_array_equal(result, taken.reshape(places.shape))
            for dtype in (np.int32, np.int64):
                result = np.full(places.shape, 7, dtype)
                assert kernels.last_places(places, result, *sizes) == len(repeated)
                np.testing.assert_array_equal(result, kept)
            first = np.ravel_multi_index(repeated[0], places.shape) if repeated else -1
            assert kernels.first_repeated(places, *sizes) == first
            for least in (0, -1):
                outside = np.flatnonzero(places.ravel() < least)
                assert kernels.check_places(places, *sizes, least) == (outside[0] if outside.size else -1)


@pytest.mark.parametrize("value", [9, 2**31 - 1])
def test_places_beyond_the_plane_are_refused(value):
    places = np.zeros((3, 700, 1), np.int32)
    places[2, 650, 0] = value
    values, result = np.ones(places.shape, np.float32), np.full((3, 9, 1), 7, np.float32)
    kernels, sizes = _dispatch.kernels, (3, 700, 9, 1, 2)
    assert kernels.check_places(places, *sizes) == 2 * 700 + 650
    for call in (
        lambda: kernels.add_at(0, values, places, result, *sizes),
        lambda: kernels.put_at(values, places, result, *sizes),
        lambda: kernels.take_at(result, places, values, *sizes),
        lambda: kernels.last_places(places, places.copy(), *sizes),
        lambda: kernels.first_repeated(places, *sizes),
    ):
        with pytest.raises(ValueError, match="outside its plane"):
            call()
    assert (result == 7).all()
    with pytest.raises(ValueError, match="geometry"):
        kernels.put_at(values[:2], places, result, *sizes)
    with pytest.raises(ValueError, match="places"):
        kernels.put_at(values, places.astype(np.int16), result, *sizes)


@pytest.mark.parametrize("seed", range(60))
def test_unpool_planes(seed):
    rng = np.random.default_rng(seed)
    planes, outputs, cells = (int(n) for n in rng.integers(1, (5, 80, 60)))
    places = rng.integers(0, cells, (planes, outputs, 1)).astype(rng.choice([np.int32, np.int64]))
    values = (rng.standard_normal(places.shape) * 100).astype(DTYPES[seed % len(DTYPES)])
    _, put, kept, _ = scattered(places, values, cells)
    sizes = (planes, outputs, cells, int(rng.integers(0, 4)))
    for variant in VARIANTS:
        with _dispatch.using(variant):
            result, last = np.full(put.shape, 7, values.dtype), np.full(places.shape, 7, np.int32)
            assert _dispatch.kernels.unpool_planes(values, places, last, result, *sizes)
            np.testing.assert_array_equal(result, put)
            np.testing.assert_array_equal(last, kept)
            result[...] = 7
            assert _dispatch.kernels.unpool_planes(values, places, None, result, *sizes)
            np.testing.assert_array_equal(result, put)
            wrong = places.copy()
            for value in (-1, cells, np.iinfo(places.dtype).max, np.iinfo(places.dtype).min):
                wrong.flat[rng.integers(wrong.size)] = value
                assert not _dispatch.kernels.unpool_planes(values, wrong, last, result, *sizes)
            for array in (result[:-1], result.astype(np.complex128)):
                with pytest.raises(ValueError, match="kernel called with"):
                    _dispatch.kernels.unpool_planes(values, places, last, array, *sizes)
