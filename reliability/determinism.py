"""Equal bits: over numbers of threads, variants and repetitions; and how far channels_last is from channels_first.

    python reliability/determinism.py                    # three minutes
    python reliability/determinism.py --repeat 3         # the quick half

Every public function, forward and with all its gradients, in float32, float64 and float16, in both layouts: all work is split
among exactly 1, 2, 4 and 8 threads, however little it is, in every variant that this CPU can run, so many times each. One run on
one thread of the first variant is what all others must equal, bit for bit. The two layouts must be within BOUND.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from common import timed, verdict

import cpool
from cpool import _dispatch, _threads

import every_call  # isort: skip  (common.py says where it is)

THREADS = (1, 2, 4, 8)
BOUND = 64
"""How many roundings of the largest value the layouts may be apart where the order of a sum depends on them: two orders of n cells
are at most n - 1 roundings of the sum of magnitudes apart, and the longest sums, of attention, are over 160 cells."""
DTYPES = (np.float32, np.float64, np.float16)


def digest(arrays: list[np.ndarray]) -> str:
    """One hash of all bits."""
    found = hashlib.sha256()
    for a in arrays:
        found.update(f"{a.dtype}{a.shape}".encode())
        found.update(np.ascontiguousarray(a).tobytes())
    return found.hexdigest()


def on_large_maps() -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
    """Calls whose planes are cut into blocks, with windows of all ways through the kernels."""
    rng = np.random.default_rng(0)
    for shape, options in (
        ((2, 5, 200, 190), {"kernel_size": 3, "stride": 1, "padding": 1}),
        ((1, 6, 211, 190), {"kernel_size": 3, "stride": 2}),
        ((1, 3, 200, 190), {"kernel_size": 13, "stride": 1, "padding": 6}),
        ((3, 4, 18, 40, 36), {"kernel_size": 2}),
    ):
        for kind in ("max", "avg", "median") if max(shape) < 200 else ("max", "avg", "lp", "soft"):
            more = {"norm_type": 2.5} if kind == "lp" else {}
            yield f"{kind}_pool{len(shape) - 2}d", rng.standard_normal(shape), {**options, **more}


def larger(x: np.ndarray, given: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """The call with its batch repeated, so that eight threads have work."""
    if "rois" in given:
        return x, {**given, "rois": np.concatenate([given["rois"]] * 4)}
    per_image = {key: np.concatenate([given[key]] * 4) for key in ("indices", "logits") if key in given}
    return np.concatenate([x] * 4), {**given, **per_image}


def differing(name: str, x: np.ndarray, given: dict[str, Any], repeat: int) -> list[str]:
    """What differs from the first run."""
    wanted, wrong = "", []
    for variant in _dispatch.available():
        for threads in THREADS:
            with _dispatch.using(variant), _threads.exactly(threads):
                found = {digest(every_call.outcome(name, x, given)) for _ in range(repeat)}
            wanted = wanted or min(found)
            if found != {wanted}:
                layout = given.get("data_format", "channels_first")
                wrong.append(f"{name}, {x.dtype}, {layout}, {variant}, {threads} threads: other bits")
    return wrong


def between_layouts(name: str, dtype: Any) -> float:
    """How far the layouts are apart, in units of the dtype's rounding of the largest value of each array."""
    first = every_call.outcome(name, *every_call.call(name, dtype))
    return apart(name, first, every_call.outcome(name, *every_call.call(name, dtype, last=True)))


def between_large(name: str, x: np.ndarray, given: dict[str, Any]) -> float:
    """The same of a map that is cut into blocks."""
    last = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    found = every_call.outcome(name, last, {**given, "data_format": "channels_last"})
    return apart(name, every_call.outcome(name, x, given), found)


def apart(name: str, first: list[np.ndarray], last: list[np.ndarray]) -> float:
    """The largest distance."""
    found, rounding = 0.0, float(np.finfo(first[0].dtype).eps)
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        if a.ndim > 2 and (i < 2 or name.startswith("softmax_pool")):  # the result, and the gradients of x and of logits
            b = np.moveaxis(b, -1, 1)
        largest, distance = float(np.abs(a).max()) or 1.0, float(np.abs(a.astype(float) - b.astype(float)).max())
        found = max(found, distance / largest / rounding)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=100, help="runs of each call (default: %(default)s)")
    options = parser.parse_args()
    print(f"cpool {cpool.__version__}, {', '.join(_dispatch.available())}, {THREADS} threads, {options.repeat} times")
    wrong = []
    for dtype in DTYPES:
        with timed(f"{len(every_call.NAMES)} functions in {np.dtype(dtype).name}"):
            for name in every_call.NAMES:
                for last in (False, True):
                    wrong += differing(name, *larger(*every_call.call(name, dtype, last)), options.repeat)
        with timed(f"maps that are cut into blocks, in {np.dtype(dtype).name}"):
            for name, x, given in on_large_maps():
                wrong += differing(name, x.astype(dtype), given, max(1, options.repeat // 10))
    distances = {name: between_layouts(name, np.float32) for name in every_call.NAMES}
    for name, x, given in on_large_maps():
        window = f"{given['kernel_size']} at stride {given.get('stride', given['kernel_size'])}"
        distances[f"{name} over {window} on {x.shape}"] = between_large(name, x.astype(np.float32), given)
    equal = sum(distance == 0 for distance in distances.values())
    print(f"channels_last gives the bits of channels_first in {equal} of {len(distances)} calls; the others, in roundings:")
    for name, distance in distances.items():
        if distance:
            print(f"  {name}: {distance:.2f}")
        if distance > BOUND:
            wrong.append(f"{name}: the layouts are {distance:.2f} roundings apart")
    verdict(wrong)


if __name__ == "__main__":
    main()
