"""How the tests compare: bits where results are selected, a derived bound where they are added up."""

import math

import numpy as np

# of each float dtype: the bits of its significand, and the exponent of its smallest positive number
PRECISION = {"float16": (11, -24), "bfloat16": (8, -133), "float32": (24, -149), "float64": (53, -1074)}


def exact(a):
    """In float64, which holds every float of cpool exactly; integers, which it may not hold, as they are."""
    a = np.asarray(a)
    return a if a.dtype.kind in "biu" else a.astype(np.float64)


def half_ulp(values, dtype):
    """The most that rounding to this dtype changes a number of this size."""
    bits, least = PRECISION[np.dtype(dtype).name]
    _, exponent = np.frexp(np.where(np.isfinite(values), values, 0.0))
    return np.ldexp(0.5, np.maximum(exponent - bits, least))


def assert_same_bits(got, want):
    """Equal values, NaN at the same places, zeros of the same sign, the same dtype and shape. NaNs have one meaning only."""
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    got, want = exact(got), exact(want)
    np.testing.assert_array_equal(got, want)
    if got.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(got) & ~np.isnan(got), np.signbit(want) & ~np.isnan(want))


def assert_close(got, truth, accumulated, magnitude, terms):
    """`got` is `truth` (float64) within what an honest implementation may err.

    Adding `terms` numbers whose absolute values sum to `magnitude` in any order errs by at most terms * u * magnitude, with u
    the half unit of the accumulator's dtype `accumulated`; a scaling or division errs by one u more, twice at most. The
    float64 truth has the same error with its own u. Then the result is rounded once to its dtype.
    """
    assert got.shape == truth.shape
    dtype, got = got.dtype, exact(got)
    with np.errstate(all="ignore"):
        rounded = exact(truth.astype(dtype))
        slack = (terms + 2) * (2.0 ** -PRECISION[accumulated][0] + 2.0**-53) * np.abs(magnitude)
        bound = slack + half_ulp(np.abs(truth) + slack, dtype)
        fine = np.where(np.isfinite(rounded), np.abs(got - truth) <= bound, (got == rounded) | (np.isnan(got) & np.isnan(rounded)))
    if not fine.all():
        at = tuple(int(i) for i in np.argwhere(~fine)[0])
        wrong = f"{np.count_nonzero(~fine)} of {fine.size} wrong"
        raise AssertionError(f"{wrong}, the first at {at}: {got[at]!r}, truth {truth[at]!r}, bound {bound[at]:.3g}")


def sum_accumulator(dtype, kernel_size):
    """What a forward sum is accumulated in: float64, but for the smaller floats in windows of up to 3 cells an axis."""
    short = np.max(kernel_size) <= 3 and np.dtype(dtype).name in ("float16", "bfloat16", "float32")
    return "float32" if short or np.dtype(dtype).name in ("float16", "bfloat16") else "float64"


def gradient_accumulator(dtype):
    """What a gradient is accumulated in: at least float32."""
    return "float64" if np.dtype(dtype).name == "float64" else "float32"


def cells(kernel_size, rank):
    """The number of cells in a window."""
    return math.prod(np.broadcast_to(kernel_size, rank).tolist())
