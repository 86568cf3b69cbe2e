"""What the tests feed to the functions: every kind of array, in every kind of memory, with every legal setting."""

import dataclasses
import math
import os

import ml_dtypes
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

OPS = ("max", "min", "avg", "sum")
FUNCTIONS = tuple(f"{op}_pool{rank}d" for op in OPS for rank in (1, 2, 3))
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16), BFLOAT16)
INTEGERS = tuple(np.dtype(code) for code in "bBhHiIqQ?")
MOST_WINDOWS = 700  # the reference takes its time with each


def op_and_rank(function):
    """("max", 2) of "max_pool2d"."""
    return function[:3], int(function[-2])


def examples(count):
    """How many random cases a test takes; the reference is slow, which is no fault of the test.

    The same each time, so that a change is judged by itself; CPOOL_TEST_ANEW=1 draws others, and the profile "fuzz" (conftest.py)
    a hundred times as many.
    """
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    fuzzing = settings.get_current_profile_name() == "fuzz"
    same = os.environ.get("CPOOL_TEST_ANEW") != "1" and not fuzzing
    return settings(
        max_examples=count * (100 if fuzzing else 1),
        deadline=None,
        suppress_health_check=unhurried,
        derandomize=same,
        database=None,
    )


# ------------------------------------------------------------------------------------------------ contents
CONTENTS = ("ties", "normal", "special", "zeros", "huge")


def contents(rng, shape, dtype, kind):
    """An array with what breaks poolings: ties, NaN and infinities, zeros of both signs, the largest values."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        if kind == "huge":
            return rng.choice(np.array([bounds.min, bounds.min + 1, 0, bounds.max - 1, bounds.max], dtype), shape)
        low, high = {"ties": (0, 4), "zeros": (0, 2)}.get(kind, (bounds.min, bounds.max))
        return rng.integers(low, high, shape, dtype, endpoint=True)
    if kind == "ties":
        values = rng.integers(-2, 3, shape)
    elif kind == "special":
        rare = [np.nan, np.inf, -np.inf, 0.0, -0.0]
        values = rng.choice([*rare, 1.0, -1.0, 2.0], shape, p=[0.1, 0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.2])
    elif kind == "zeros":
        values = rng.choice([0.0, -0.0], shape)
    elif kind == "huge":
        # below the range of the accumulator (float32 for the 16-bit floats, float64 for the others)
        largest = {2: 1e30 if dtype == BFLOAT16 else 65504.0, 4: 3.0e38, 8: 1e300}[dtype.itemsize]
        values = rng.choice([largest, -largest, 1.0, -1.0, 1e-3], shape)
    else:
        values = rng.standard_normal(shape)
    return np.asarray(values).astype(dtype)


def distinct(rng, shape, dtype=np.float64):
    """Integers in random order, all different: the winner of a window is unique and stays so under changes below 1/2."""
    return rng.permutation(math.prod(shape)).reshape(shape).astype(dtype)


# ------------------------------------------------------------------------------------------------ memory
def garbage(shape, dtype):
    """Memory that nobody may read or write: NaN where there is one, otherwise the largest value."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.ones(shape, dtype)
    return np.full(shape, np.iinfo(dtype).max if dtype.kind in "iu" else np.nan, dtype)


def other_layout(a, rank, last, copy=np.ascontiguousarray):
    """The channels axis where the other data format keeps it in memory."""
    here, there = (-1, -rank - 1) if last else (-rank - 1, -1)
    return np.moveaxis(copy(np.moveaxis(a, here, there)), there, here)


def crop(a):
    """The middle of a larger array."""
    larger = garbage([n + 3 for n in a.shape], a.dtype)
    view = larger[tuple(slice(1, 1 + n) for n in a.shape)]
    view[...] = a
    return view


def every_second(a):
    """Every second cell along each axis."""
    larger = garbage([2 * n for n in a.shape], a.dtype)
    view = larger[(slice(None, None, 2),) * a.ndim]
    view[...] = a
    return view


def backwards(a):
    """Negative strides along every axis."""
    reverse = (slice(None, None, -1),) * a.ndim
    return np.ascontiguousarray(a[reverse])[reverse]


def unaligned(a):
    """One byte past where it should be."""
    memory = np.zeros(a.nbytes + 1, np.uint8)
    view = np.ndarray(a.shape, a.dtype, memory.data, offset=1)
    view[...] = a
    return view


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def swapped(a):
    """The other byte order (bfloat16 has one only)."""
    return a if a.dtype == BFLOAT16 else a.astype(a.dtype.newbyteorder())


def alone(view):
    """A function of the array only, as an entry of MEMORY."""
    return lambda a, rank, last: view(a)


MEMORY = {
    "contiguous": alone(np.ascontiguousarray),
    "other layout": other_layout,
    "fortran": alone(np.asfortranarray),
    "crop": alone(crop),
    "crop of the other layout": lambda a, rank, last: other_layout(a, rank, last, crop),
    "every second": alone(every_second),
    "backwards": alone(backwards),
    "unaligned": alone(unaligned),
    "read-only": alone(read_only),
    "swapped": alone(swapped),
    "one cell": alone(lambda a: np.broadcast_to(a[..., :1], a.shape)),
    "one image": alone(lambda a: np.broadcast_to(a[:1], a.shape)),
}
WRITABLE = ("contiguous", "other layout", "fortran", "crop", "crop of the other layout", "every second", "backwards")
"""The kinds of memory that a result may be written to (an unaligned one too, but numpy makes no such arrays by itself)."""


# ------------------------------------------------------------------------------------------------ settings
def spelled(draw, values):
    """One value an axis, as an int where they are all equal, as a tuple, a list or numpy integers."""
    spellings = [tuple(values), list(values), np.array(values), tuple(np.int32(v) for v in values)]
    if len(set(values)) == 1:
        spellings += [int(values[0])] * 4
    return draw(st.sampled_from(spellings))


@st.composite
def windows(draw, spatial):
    """kernel_size, stride, padding, dilation and ceil_mode that fit these spatial axes; each may be left to its default."""
    rank = len(spatial)
    most = {1: 9, 2: 6, 3: 3}[rank]
    kernel = [draw(st.integers(1, most) | st.integers(1, size + 1 if rank < 3 else most)) for size in spatial]
    dilation = [draw(st.sampled_from([1, 1, 1, 2, 3] if rank < 3 else [1, 1, 2])) for _ in spatial]
    stride = [draw(st.integers(1, 4) | st.just(k)) for k in kernel]
    if equal := draw(st.booleans()):
        kernel, dilation, stride = ([values[0]] * rank for values in (kernel, dilation, stride))
    if default_stride := draw(st.integers(0, 2)) == 0:
        stride = kernel
    if default_dilation := draw(st.booleans()):
        dilation = [1] * rank
    effective = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    while math.prod((size + 2 * e) // s + 1 for size, e, s in zip(spatial, effective, stride, strict=True)) > MOST_WINDOWS:
        stride, default_stride = [s + 1 for s in stride], False

    options = {"kernel_size": spelled(draw, kernel)}
    if not default_stride:
        options["stride"] = spelled(draw, stride)
    elif draw(st.booleans()):
        options["stride"] = None
    if not default_dilation:
        options["dilation"] = spelled(draw, dilation)
    if draw(st.booleans()):
        options["ceil_mode"] = draw(st.booleans())

    fits = all(e <= size for e, size in zip(effective, spatial, strict=True))
    way = draw(st.sampled_from(["same", "same_lower", "pairs", "axes", "axes"] + ["valid", "none", "none"] * fits))
    if way in ("valid", "same", "same_lower"):
        options["padding"] = way
    elif way != "none":
        # the most that is allowed is one less than the effective window, the least is what makes one window fit
        before = [draw(st.integers(0, min(e - 1, 4)) | st.just(e - 1)) for e in effective]
        missing = [max(0, e - size - b) for e, size, b in zip(effective, spatial, before, strict=True)]
        after = [draw(st.integers(m, max(m, min(e - 1, 4))) | st.just(e - 1)) for e, m in zip(effective, missing, strict=True)]
        if way == "pairs":
            options["padding"] = draw(st.sampled_from([tuple, list]))(zip(before, after, strict=True))
        else:
            both = [max(pair) for pair in zip(before, after, strict=True)]
            options["padding"] = spelled(draw, [max(both)] * rank if equal else both)
    return options


@st.composite
def spatial_sizes(draw, rank):
    """Small planes, and sometimes one long axis, so that whole vectors and what is left of them both occur."""
    sizes = [draw(st.integers(1, {1: 20, 2: 9, 3: 5}[rank])) for _ in range(rank)]
    if rank < 3 and draw(st.integers(0, 2)) == 0:
        sizes[draw(st.integers(0, rank - 1))] = draw(st.integers(10, 70))
    return tuple(sizes)


@dataclasses.dataclass
class Case:
    """One call: cpool.<function>(x, **options)."""

    function: str
    x: np.ndarray
    options: dict
    seed: int

    @property
    def last(self):
        return self.options.get("data_format") == "channels_last"

    def __repr__(self):
        x = f"x of shape {self.x.shape}, strides {self.x.strides}, dtype {self.x.dtype}, seed {self.seed}"
        return f"{self.function}({x}, {self.options}):\n{self.x!r}"


@st.composite
def cases(draw, function, dtypes=FLOATS + INTEGERS, kinds=CONTENTS):
    """A legal call of this function."""
    op, rank = op_and_rank(function)
    spatial = draw(spatial_sizes(rank))
    options = draw(windows(spatial))
    last = draw(st.booleans())
    if last or draw(st.booleans()):
        options["data_format"] = "channels_last" if last else "channels_first"
    if op == "avg" and draw(st.booleans()):
        options["count_include_pad"] = draw(st.booleans())
    if op == "avg" and draw(st.integers(0, 4)) == 0:
        options["divisor_override"] = draw(st.sampled_from([1, 3, 7, -2]))
    many = draw(st.integers(16, 40)) if math.prod(spatial) <= 30 and draw(st.booleans()) else 0
    channels = many or draw(st.sampled_from([1, 2, 3, 4, 5] * 3 + [0]))
    batch = draw(st.sampled_from([(), (1,), (2,), (3,)] * 3 + [(0,)]))
    shape = (*batch, *spatial, channels) if last else (*batch, channels, *spatial)

    seed = draw(st.integers(0, 2**32 - 1))
    dtype = draw(st.sampled_from(dtypes))
    x = contents(np.random.default_rng(seed), shape, dtype, draw(st.sampled_from(kinds)))
    x = MEMORY[draw(st.sampled_from(sorted(MEMORY)))](x, rank, last)
    return Case(function, x, options, seed)


# ------------------------------------------------------------------------------------------------ the array zoo
def zoo():
    """(name, x, data_format) of two spatial axes that fit a 2x2 window: each kind of array at least once, by name."""
    rng = np.random.default_rng(7)
    plain = rng.standard_normal((2, 3, 6, 7)).astype(np.float32)
    special = contents(rng, (2, 3, 6, 37), np.float32, "special")
    animals = [(f"memory: {name}", view(plain, 2, False), "channels_first") for name, view in MEMORY.items()]
    animals += [(f"memory, channels last: {name}", view(plain, 2, True), "channels_last") for name, view in MEMORY.items()]
    animals += [(f"{dtype}", contents(rng, (2, 3, 5, 33), dtype, "normal"), "channels_first") for dtype in FLOATS + INTEGERS]
    animals += [(f"{kind}", contents(rng, (1, 2, 9, 33), np.float32, kind), "channels_first") for kind in CONTENTS]
    animals += [
        ("NaN and inf, channels last", np.ascontiguousarray(np.moveaxis(special, 1, -1)), "channels_last"),
        ("NaN only", np.full((1, 1, 4, 4), np.nan), "channels_first"),
        ("-inf only", np.full((1, 1, 4, 4), -np.inf, np.float32), "channels_first"),
        ("+inf only", np.full((1, 1, 4, 4), np.inf, np.float32), "channels_first"),
        ("empty batch", np.empty((0, 3, 6, 7), np.float32), "channels_first"),
        ("zero channels", np.empty((2, 0, 6, 7), np.float32), "channels_first"),
        ("zero channels, last", np.empty((2, 6, 7, 0)), "channels_last"),
        ("one window", np.array([[[1.0, 2.0], [4.0, 3.0]]]), "channels_first"),
        ("not batched", plain[0], "channels_first"),
        ("not batched, channels last", plain[0], "channels_last"),
        ("one channel, last", plain[..., :1], "channels_last"),
        ("many channels, last", rng.standard_normal((2, 3, 4, 131)).astype(np.float32), "channels_last"),
        ("a long row", rng.standard_normal((1, 1, 3, 1031)).astype(np.float32), "channels_first"),
        ("a long column", rng.standard_normal((1, 1, 1031, 3)).astype(np.float32), "channels_first"),
        ("channels transposed", plain.transpose(1, 0, 2, 3), "channels_first"),
        ("rows and columns transposed", plain.transpose(0, 1, 3, 2), "channels_first"),
        ("a batch of the same image", np.broadcast_to(plain[:1], (5, 3, 6, 7)), "channels_first"),
        ("one number everywhere", np.broadcast_to(np.float64(2.5), (2, 3, 6, 7)), "channels_first"),
    ]
    return animals
