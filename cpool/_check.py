"""`python -m cpool check`: every kernel of the installed wheel, in every variant this CPU can run, against the reference.

For each operation and dtype of the table of kernels, a list of windows is pooled in both layouts, with one thread and with
three, and compared with `cpool.reference`; the gradients too; and so are the functions over other windows, see `_check_cases`.
What selects cells must agree exactly, sums within the rounding of their dtype; and no variant or number of threads may change
a bit.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TextIO

import numpy as np

import cpool
from cpool import _check_cases, _dispatch, _threads, _variants
from cpool._arguments import Array

Options = dict[str, Any]

# Shapes without batch and channels, and the windows to lay over them. They reach every way through the kernels: whole vectors
# and tails, stride 1, 2 and more, many taps, windows that fit exactly, one that is the whole plane, padding on either side,
# dilation, windows without a cell, overhang.
WINDOWS: tuple[tuple[tuple[int, ...], Options], ...] = (
    ((67,), {"kernel_size": 2}),
    ((131,), {"kernel_size": 9, "stride": 1, "padding": 4}),
    ((40,), {"kernel_size": 7, "stride": 3, "padding": "same"}),
    ((5,), {"kernel_size": 2, "stride": 1, "padding": 2, "dilation": 3}),
    ((12, 37), {"kernel_size": 2}),
    ((8, 36), {"kernel_size": 2}),
    ((7, 9), {"kernel_size": (7, 9)}),
    ((11, 40), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ((9, 35), {"kernel_size": 3, "stride": 1, "padding": "same_lower"}),
    ((13, 21), {"kernel_size": (13, 7), "stride": 1, "padding": ((6, 5), (2, 4))}),
    ((17, 30), {"kernel_size": (7, 8), "stride": (2, 2), "padding": 3, "dilation": (1, 2)}),
    ((7, 9), {"kernel_size": (2, 1), "stride": (1, 3), "dilation": (3, 1)}),
    ((20, 20), {"kernel_size": 17, "stride": 1, "padding": 8}),
    ((4, 6, 19), {"kernel_size": 2, "stride": (1, 2, 2)}),
    ((5, 4, 9), {"kernel_size": (3, 2, 3), "stride": (2, 1, 1), "padding": (1, 0, 1), "dilation": (1, 2, 1)}),
)
CHANNELS = 3
WIDE_CHANNELS = 19
MOST_CELLS = 300  # in a window of the list

TABLE = tuple(_dispatch.KERNELS)
FAMILIES = tuple(dict.fromkeys(name for name, _, _ in _check_cases.families()))
FAMILY_DTYPES = ("float32", "float64", "float16", "bfloat16", "int32", "uint64")


class Case(NamedTuple):
    """One call of one operator."""

    name: str
    x: Array
    options: Options


def sample(shape: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
    """Random values with ties; where the dtype has them, NaN, infinities and both zeros too."""
    values = rng.integers(-3, 4, shape)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        x = values.astype(dtype)
        x[rng.random(shape) < 0.05] = limits.max
        x[rng.random(shape) < 0.05] = limits.min
        return x
    if dtype.kind == "b":
        return values > 0
    wild = np.where(rng.random(shape) < 0.5, rng.standard_normal(shape), values * 1.0)
    for special in (np.nan, np.inf, -np.inf, -0.0):
        wild[rng.random(shape) < 0.01] = special
    return wild.astype(dtype)


def positive(shape: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
    """Random values for which every formula has a value."""
    values = rng.integers(1, 9, shape) if dtype.kind in "iu" else rng.uniform(0.1, 2, shape)
    return values.astype(dtype)


def dtypes() -> dict[str, np.dtype[Any]]:
    """The dtypes of the table of kernels that exist here."""
    found = {name: np.dtype(name) for name in _dispatch.DTYPES if name != "bfloat16"}
    try:
        import ml_dtypes  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return found
    return found | {"bfloat16": np.dtype(ml_dtypes.bfloat16)}


def cases(operation: str, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Every window in both layouts."""
    rng = np.random.default_rng(0)
    for spatial, options in WINDOWS:
        name = f"{operation}_pool{len(spatial)}d"
        yield Case(name, sample((1, *spatial), dtype, rng), options)  # one plane, which threads must share
        yield Case(name, sample((2, CHANNELS, *spatial), dtype, rng), options)
        for channels in (CHANNELS, WIDE_CHANNELS):
            x = sample((2, *spatial, channels), dtype, rng)
            yield Case(name, x, {**options, "data_format": "channels_last"})


def family_cases(function: str, dtype: np.dtype[Any]) -> Iterator[Case]:
    """The calls of a function over other than regular windows, in both layouts."""
    rng = np.random.default_rng(0)
    for name, shape, options in _check_cases.families():
        if name != function:
            continue
        x = positive(shape, dtype, rng) if name in _check_cases.LEARNED else sample(shape, dtype, rng)
        more = {"indices": _check_cases.indices_for(x, options)} if "unpool" in name else {}
        yield Case(name, x, {**options, **more})
        last = {key: np.ascontiguousarray(np.moveaxis(value, 1, -1)) for key, value in more.items()}
        x = np.ascontiguousarray(np.moveaxis(x, 1, -1))
        yield Case(name, x, {**options, **last, "data_format": "channels_last"})


def results(module: Any, case: Case) -> list[Array]:
    """What an implementation makes of a case: the result, the indices of winners, the gradient."""
    with np.errstate(all="ignore"):
        if "return_indices" in inspect.signature(getattr(module.vjp, case.name)).parameters:
            (y, indices), pullback = getattr(module.vjp, case.name)(case.x, **case.options, return_indices=True)
            plain = getattr(module, case.name)(case.x, **case.options)
            found = [plain, y, indices]
        else:
            y, pullback = getattr(module.vjp, case.name)(case.x, **case.options)
            found = [y]
        grad = np.random.default_rng(1).integers(-4, 5, y.shape).astype(np.float64)
        grads = [grad]
        if y.dtype.itemsize == 2 and y.dtype.kind not in "iu":  # halves have kernels of their own
            grads.append(grad.astype(y.dtype))
        for each in map(pullback, grads):
            found += map(np.asarray, each if isinstance(each, tuple) else (each,))
        return found


def rounding(case: Case) -> float:
    """What the additions of one window may leave behind where its values cancel, in units of the largest of them.

    Sums are taken in float64; floats in windows of up to 3 cells an axis, and samples between cells, stay floats.
    """
    floats = case.x.dtype.kind not in "biu" and case.x.dtype.itemsize < 8
    if case.name in _check_cases.LEARNED:  # the gradients of parameters are sums over all windows
        return 2.0**-23 * 4096 if floats else 2.0**-50 * 4096
    if case.name in FAMILIES:
        return 2.0**-23 * 64 if floats else 2.0**-50 * MOST_CELLS
    kernel = np.max(case.options["kernel_size"])
    short = kernel <= 3 and floats
    return float(2.0**-23 * kernel ** len(case.x.shape[2:]) if short else 2.0**-50 * MOST_CELLS)


def agree(got: Array, want: Array, exact: bool, error: float) -> bool:
    """Whether two results are the same: bit for bit but for the kind of NaN, or within the rounding of their dtype."""
    if got.dtype != want.dtype or got.shape != want.shape:
        return False
    if got.dtype.kind in "biu":
        return got.tobytes() == want.tobytes()  # numpy would call a bool of any non-zero byte True
    a, b = got.astype(np.float64), want.astype(np.float64)
    if exact:
        return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a) | np.isnan(a), np.signbit(b) | np.isnan(a))
    ulp = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}.get(got.dtype.name, 2.0**-7)
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= ulp * np.abs(b) + error
    return bool(np.all(close | (a == b) | (np.isnan(a) & np.isnan(b))))


def failures(calls: Iterator[Case], dtype: np.dtype[Any], variants: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with what the kernels make of these cases."""
    for case in calls:
        selects = case.name not in _check_cases.LEARNED and case.name.startswith(_check_cases.SELECTIONS)
        want = results(cpool.reference, case)
        wide = case.x.astype(np.float64)
        largest = max(5.0, float(np.max(np.abs(wide), where=np.isfinite(wide), initial=0.0)))
        first: list[Array] | None = None
        for variant in variants:
            for threads in (1, 3):
                with _dispatch.using(variant), _threads.exactly(threads):
                    got = results(cpool, case)
                where = f"{case.name} of {dtype.name} {case.x.shape} {case.options}, {variant}, {threads} threads"
                for i, (a, b) in enumerate(zip(got, want, strict=True)):
                    if not agree(a, b, selects and i < 3, rounding(case) * largest):
                        yield f"{where}: result {i} differs from the reference"
                first = first or got
                if any(a.tobytes() != b.tobytes() for a, b in zip(got, first, strict=True)):
                    yield f"{where}: other bits than {variants[0]} with 1 thread"


def run(stream: TextIO | None = None, variants: tuple[str, ...] = ()) -> int:
    """Check everything, with a line a kernel on the stream (None: standard output); the number of failures."""
    variants = variants or _dispatch.available()
    found, total, start = dtypes(), len(_variants.broken()), time.perf_counter()
    table: list[tuple[str, str, Callable[[str, np.dtype[Any]], Iterator[Case]]]]
    table = [(operation, name, cases) for operation, name in TABLE if name in found]
    table += [(function, name, family_cases) for function in FAMILIES for name in FAMILY_DTYPES if name in found]
    print(f"cpool {cpool.__version__}: {len(table)} kernels in {', '.join(variants)}, with 1 and 3 threads", file=stream)
    for complaint in _variants.complaints():
        print(complaint, file=stream)
    for i, (operation, name, calls) in enumerate(table, 1):
        wrong = list(failures(calls(operation, found[name]), found[name], variants))
        total += len(wrong)
        verdict = f"{len(wrong)} failures" if wrong else "ok"
        print(f"[{i:3d}/{len(table)}] {operation} {name}: {verdict}", file=stream, flush=True)
        for line in wrong[:5]:
            print(f"    {line}", file=stream)
    print(f"{'all agree' if not total else f'{total} failures'} in {time.perf_counter() - start:.1f} s", file=stream)
    return total
