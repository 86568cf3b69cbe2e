"""Any call of any function, good or bad: what the fuzzers draw, and what must hold of it.

A call is drawn by hypothesis, whose choices a coverage-guided fuzzer can make as well (`reliability/fuzz.py`). About half are
legal, and must give what the reference gives, forward and backward, from the function and from its layer. In the others one or
two arguments are spoiled: those must be refused with a documented exception, or give what the reference gives. Inputs never change.
"""

import dataclasses
import inspect
import warnings
from typing import Any

import numpy as np
from cases import BFLOAT16, CONTENTS, FLOATS, INTEGERS, MEMORY, cases, contents, spatial_sizes, windows
from cases import FUNCTIONS as PLAIN
from hypothesis import strategies as st
from learned_cases import METHODS
from test_bins import calls as bins_calls
from test_roi import calls as roi_calls
from test_unpool import calls as unpool_calls

import cpool

DOCUMENTED = (ValueError, TypeError, NotImplementedError, MemoryError)
FUNCTIONS = tuple(name for name in cpool.vjp.__all__ if name.islower())
LAYERS = {name.lower(): getattr(cpool, name) for name in cpool.layers.__all__ if not name.islower()}
MOST_CELLS = 200_000
"""In a result: the reference takes its time with each."""

SELECTIONS = ("max_pool", "min_pool", "adaptive_max_pool", "fractional_max_pool", "global_max_pool", "global_min_pool", "roi_pool")
"""What gives cells as they are: in equal bits."""
TAME = 1e6
"""Numbers not finite, or larger, may have no value by a formula, or one out of range: results of arithmetic on them are compared by
shape only here."""


def is_wild(value):
    """Whether a number of an argument is not tame."""
    if isinstance(value, (tuple, list)):
        return any(map(is_wild, value))
    if isinstance(value, (np.ndarray, np.number, float, int)) and np.asarray(value).dtype.kind in "biufV":
        wide = np.abs(np.asarray(value).astype(np.float64))
        return not bool(np.all(wide <= TAME))
    return False


@dataclasses.dataclass
class AnyCall:
    """cpool.<function>(x, **options)."""

    function: str
    x: Any
    options: dict[str, Any]
    seed: int
    spoiled: tuple[str, ...] = ()

    @property
    def method(self):
        return self.function.removesuffix("1d").removesuffix("2d").removesuffix("3d")

    @property
    def wild(self):
        return is_wild(self.x) or any(is_wild(value) for key, value in self.options.items() if key not in ("out", "rng", "indices"))

    def __repr__(self):
        x = (
            f"x of shape {np.shape(self.x)}, strides {self.x.strides}, {self.x.dtype}"
            if isinstance(self.x, np.ndarray)
            else repr(self.x)
        )
        bad = f", spoiled {self.spoiled}" if self.spoiled else ""
        return f"{self.function}({x}, {self.options}){bad}, seed {self.seed}, x = {self.x!r}"


# ------------------------------------------------------------------------------------------------ legal calls
@st.composite
def legal(draw, function):
    """A legal call of a function."""
    seed = draw(st.integers(0, 2**32 - 1))
    method = AnyCall(function, None, {}, 0).method
    if function in PLAIN:
        case = draw(cases(function))
        return AnyCall(function, case.x, dict(case.options), seed)
    if method == "max_unpool":
        x, indices, options = draw(unpool_calls(int(function[-2])))
        return AnyCall(function, x, {"indices": indices, **options}, seed)
    if method.startswith("roi"):
        x, rois, options = draw(roi_calls(function))
        return AnyCall(function, x, {"rois": rois, **options}, seed)
    if method.startswith(("adaptive", "fractional", "spatial")):
        x, args, options = draw(bins_calls(function))
        names = list(inspect.signature(getattr(cpool, function)).parameters)[1:]
        return AnyCall(function, x, {**dict(zip(names, args, strict=False)), **options}, seed)
    return draw(others(function, method, seed))


@st.composite
def others(draw, function, method, seed):
    """A legal call of a function that has no strategy of its own in another test."""
    rng, spoiled = np.random.default_rng(seed), ()
    rank = int(function[-2]) if function.endswith("d") else draw(st.integers(1, 3))
    spatial = draw(spatial_sizes(rank))
    options = draw(windows(spatial))
    last = draw(st.booleans())
    kind = draw(st.sampled_from(CONTENTS))
    channels = draw(st.sampled_from([1, 2, 3, 5, 17, 0]))
    batch = draw(st.sampled_from([(1,), (2,), (3,), (0,)] if function == method else [(), (1,), (2,), (3,), (0,)]))
    shape = (*batch, *spatial, channels) if last else (*batch, channels, *spatial)
    few = FLOATS if method not in ("lp_pool", "median_pool", "global_max_pool", "global_min_pool") else FLOATS + INTEGERS
    x = contents(rng, shape, draw(st.sampled_from(few)), kind)
    if METHODS.get(method, METHODS["soft_pool"]).positive:
        x = (np.abs(x) + x.dtype.type(0.1)).astype(x.dtype)
    kernel = [int(k) for k in np.broadcast_to(options["kernel_size"], rank)]
    if method.startswith("global") or method in ("attention_pool", "generalized_max_pool"):
        options = {}
    if method in ("lp_pool", "global_lp_pool"):
        options["norm_type"] = draw(st.sampled_from([1, 2, 3, 0.5, 2.5, np.inf]))
        options["normalized"] = draw(st.booleans())
    elif method == "attention_pool":
        options["query"] = rng.standard_normal(channels)
    elif method == "generalized_max_pool":
        options |= {"lam": draw(st.sampled_from([1.0, 1000.0, 0.01])), "normalize": draw(st.booleans())}
    elif method == "s3_pool":
        grid = [draw(st.integers(1, 4)) for _ in range(rank)]
        options |= {"grid_size": tuple(grid), "training": draw(st.booleans()), "rng": seed}
    elif method in ("blur_pool", "max_blur_pool"):
        options = {"filter_size": draw(st.integers(1, 7)), "stride": draw(st.integers(1, 3))}
        reflects = min(spatial) > options["filter_size"] + 2
        options["mode"] = draw(st.sampled_from([*["reflect"] * reflects, "replicate", "zero"]))
        if method == "max_blur_pool":
            options["kernel_size"] = draw(st.integers(1, min(3, *spatial)))
    elif method == "polyphase_pool":
        options = {"stride": draw(st.integers(1, 3)), "norm": draw(st.sampled_from([1, 2, 4.0, np.inf]))}
    elif method in METHODS:
        if method == "gem_pool" and draw(st.booleans()):
            options = {}
        options |= METHODS[method].draw(rng, channels, kernel, x)
        if method == "mixed_pool" and draw(st.booleans()):
            options |= {"alpha": rng.uniform(0, 1, channels), "mode": "stochastic", "training": draw(st.booleans()), "rng": seed}
        if method == "detail_preserving_pool" and rank == 2 and draw(st.booleans()):
            options |= {"filter": rng.standard_normal((channels, 3, 3)) / 3, "bias": rng.standard_normal(channels)}
            spoiled = ("filter",)  # which does not go with every stride
        if not METHODS[method].window:
            options.pop("kernel_size", None)
    if last:
        options["data_format"] = "channels_last"
    x = MEMORY[draw(st.sampled_from(sorted(MEMORY)))](x, rank, last)
    for key, value in options.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim and draw(st.booleans()):
            options[key] = MEMORY[draw(st.sampled_from(["read-only", "swapped", "backwards", "unaligned", "every second"]))](
                value, 1, False
            )
    return AnyCall(function, x, options, seed, spoiled)


# ------------------------------------------------------------------------------------------------ spoiled ones
INTS = [0, -1, 1, 2, 3, 7, 64, 2**40, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30]
NANS = np.array([2**63 - 1, -1]).view(np.float64).tolist()  # whose bits are all ones, with either sign
REALS = [0.0, -0.0, 0.5, 1.0, -1.5, np.nan, np.inf, -np.inf, 5e-324, 1e-40, 1e308, -1e308, *NANS]
WORDS = [
    *("", "same", "same_lower", "valid", "channels_last", "channels_first", "max", "avg", "mean", "sum", "none", "reflect", "zero"),
    *("replicate", "learned", "stochastic", "weighted", "average", "last", "error", "2", b"same"),
]
OTHERS = [
    *(None, True, False, (), [], {}, (2,), (2, 2), [1, 2, 3], (1, 2, 3, 4), (0, 0), [[1, 1]], ((1, 0), (0, 1)), (2, None)),
    *((True, 2), (1.0, 2), [[]], [[1, 2], [3]], 1j, object, range(2), {1, 2}),
]
ARRAYS = [
    *(np.int64(2), np.float32(2), np.uint8(255), np.longdouble(1), np.array(2), np.array([2, 2]), np.array([]), np.array([1.5])),
    *(np.array("a"), np.array([None]), np.zeros((2, 3)), np.zeros((1, 2, 3, 4), np.complex64), np.zeros(3, "f4,i4")),
    *(np.array(["2020-01-01"], "M8[D]"), np.ma.masked_array([1, 2], [True, False])),
]
SPOILS = st.sampled_from(INTS) | st.sampled_from(REALS) | st.sampled_from(WORDS) | st.sampled_from(OTHERS) | st.sampled_from(ARRAYS)


@st.composite
def bent(draw, a):
    """An array with another shape, dtype or contents than it should have."""
    way = draw(st.integers(0, 8))
    if way == 0 and a.ndim:
        return a[0] if a.shape[0] else a.reshape(a.shape[1:] + a.shape[:1])
    if way == 1:
        return a[None]
    if way == 2 and a.ndim:
        axis = draw(st.integers(0, a.ndim - 1))
        return np.take(a, range(draw(st.integers(0, a.shape[axis]))), axis)
    if way == 3 and a.ndim:
        axis = draw(st.integers(0, a.ndim - 1))
        return np.concatenate([a, a], axis)
    if way == 4:
        return a.T
    if way == 5:
        dtype = draw(st.sampled_from([*FLOATS, *INTEGERS, *map(np.dtype, (">i4", ">f8", np.longdouble, complex))]))
        with warnings.catch_warnings(action="ignore"):
            return a.astype(dtype)
    if way == 6 and a.size:
        a = np.array(a)
        value = draw(
            st.sampled_from(REALS)
            if a.dtype.kind not in "biu"
            else st.sampled_from([0, 1, 7, -1, -(2**31), 2**31, 2**62, 2**63 - 1])
        )
        with np.errstate(all="ignore"):
            a.flat[draw(st.integers(0, a.size - 1))] = np.asarray(value).astype(a.dtype)
        return a
    if way == 7:
        return np.broadcast_to(np.zeros((), a.dtype), (*a.shape[:-1], draw(st.sampled_from([0, 1, 33])))) if a.ndim else a
    return a.tolist() if a.size < 500 and a.dtype != BFLOAT16 else a


@st.composite
def any_calls(draw, functions=FUNCTIONS):
    """A call of one of these functions, legal or not."""
    call = draw(legal(draw(st.sampled_from(functions))))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        names = [*inspect.signature(getattr(cpool, call.function)).parameters, "unknown"]
        name = draw(st.sampled_from(names) | st.sampled_from(sorted(call.options) or names))
        value = call.x if name == "x" else call.options.get(name)
        if type(value) is np.ndarray and (value.dtype.kind in "biuf" or value.dtype == BFLOAT16) and draw(st.integers(0, 3)):
            value = draw(bent(value))
        elif isinstance(value, (tuple, list)) and value and draw(st.booleans()):
            value = list(value)
            value[draw(st.integers(0, len(value) - 1))] = draw(SPOILS)
        elif value is not None and draw(st.integers(0, 9)) == 0:
            call.options.pop(name, None)
            call.spoiled += (name,)
            continue
        elif name == "out" and isinstance(call.x, np.ndarray) and draw(st.booleans()):
            value = draw(st.sampled_from([call.x, call.x.copy(), call.x[..., :1], np.zeros(call.x.shape, np.float32)]))
        else:
            value = draw(SPOILS)
        call.spoiled += (name,)
        if name == "x":
            call.x = value
        else:
            call.options[name] = value
    return call
