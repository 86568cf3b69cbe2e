"""Sizes near and beyond what 32 and 64 bits hold: no product of them overflows, no call ends the process.

    python reliability/sizes.py                          # ten minutes
    python reliability/sizes.py --calls 10 --seconds 1   # the quick half

Every function is called with arrays of up to 2**60 elements (one element seen many times, by strides of 0) and windows, strides,
padding, dilation, output sizes and the like of up to 2**64, drawn at random; each call in a child process of its own. It may be
refused by a ValueError, TypeError or MemoryError; it may work, or work for longer than there is patience. What it may not do is end
the child by a signal. On kernels built with CPOOL_SANITIZE=undefined (or with address, and libasan in LD_PRELOAD) an overflow of a
signed number is such an end: that is the proof that the sizes are counted in numbers that hold them.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import inspect
import math
import os
import random
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
from common import timed, verdict

import cpool

import every_call  # isort: skip

DOCUMENTED = (ValueError, TypeError, MemoryError, NotImplementedError)
LARGEST = 2**31 - 1
LENGTHS = (1, 2, 3, 7, 64, 2**15, 2**16 + 1, 2**20, 2**30, 2**31 - 1, 2**31, 2**32 + 1, 2**33, 2**40, 2**58)
COUNTS = (1, 1, 1, 2, 3, 0, 2**16, 2**31, 2**33, 2**40)
KERNELS = (1, 2, 3, 255, 2**10, 2**15, 2**16, 2**20, 2**29, 2**30, LARGEST, LARGEST, 2**31, 2**32, 2**40, 2**62, 2**64)
STRIDES = (None, 1, 1, 2, 3, 2**16, 2**30, LARGEST, LARGEST, 2**31, 2**63)
SPREADS = (1, 1, 1, 2, 2**15, 2**16, LARGEST, 2**31, 2**62)
SIZES = (1, 2, 3, 2**15, 2**16, 2**20, 2**30, LARGEST, 2**31, 2**32, 2**40, 2**62, 2**63)
DTYPES = ("float32", "float64", "float16", "uint8", "bool", "int16", "int64", "uint64")
MOST_BYTES = 16 << 30
"""What a child may ask for: enough that arrays can be had whose scratch memory could not."""


def seen(shape: tuple[int, ...], dtype: str, whole: int = 0) -> np.ndarray | None:
    """One element as an array of this shape, where numpy has such arrays; or as many of them as its last `whole` axes have."""
    own = shape[len(shape) - whole :]
    if math.prod(own) * np.dtype(dtype).itemsize > 4 << 30:
        own = ()
    try:
        return np.broadcast_to(np.zeros(own, dtype), shape)  # pages that are only read take no memory
    except ValueError:
        return None


def windows(draw: random.Random, rank: int) -> dict[str, Any]:
    """The arguments of a window, of which about half are legal where the input is large enough."""
    kernel = [draw.choice(KERNELS) for _ in range(rank)]
    spread = [draw.choice(SPREADS) for _ in range(rank)]
    most = [max(0, s * (k - 1)) for s, k in zip(spread, kernel, strict=True)]
    padding: Any = [draw.choice((0, m // 2, min(m, LARGEST), m)) for m in most]
    if draw.random() < 0.3:
        padding = draw.choice(("same", "same_lower", "valid", 0))
    stride = [draw.choice(STRIDES[1:]) for _ in range(rank)] if draw.random() < 0.7 else None
    return {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": spread, "ceil_mode": draw.random() < 0.5}


def arguments(draw: random.Random, name: str) -> tuple[np.ndarray, dict[str, Any]] | None:
    """x, and the other arguments by name."""
    rank, parameters = every_call.rank_of(name), inspect.signature(getattr(cpool, name)).parameters
    last = draw.random() < 0.4
    spatial = tuple(draw.choice(LENGTHS if draw.random() < 0.5 else LENGTHS[:5]) for _ in range(rank))
    batch, channels = draw.choice(COUNTS), draw.choice(COUNTS)
    shape = (batch, *spatial, channels) if last else (batch, channels, *spatial)
    x = seen(shape, draw.choice(DTYPES), draw.choice((0, 1 + last, 1 + last)))  # rows as the kernels take them, without a copy
    if x is None:
        return None
    _, given = every_call.call(name, np.float32)
    given = {**given, "data_format": "channels_last" if last else "channels_first"}
    given |= {key: value for key, value in windows(draw, rank).items() if key in parameters}
    if "mask" in given or "gate" in given or name.startswith("weighted_max"):
        kernel = tuple(min(LARGEST, k) for k in windows(draw, rank)["kernel_size"])
        made = {
            key: seen((2, *kernel) if key == "leaves" else kernel, "float64")
            for key in ("mask", "leaves", "gate", "weight")
            if key in given
        }
        if any(value is None for value in made.values()):
            return None
        given |= made
    for key in ("logits", "indices"):
        if key in given:
            given[key] = seen(shape, "int64" if key == "indices" else "float32")
            if given[key] is None:
                return None
    if "query" in given:
        given["query"] = seen((channels,), "float64")
    for key, choices in (
        ("filter_size", KERNELS),
        ("grid_size", SIZES),
        ("top", SIZES),
        ("sampling_ratio", SIZES),
        ("levels", SIZES),
    ):
        if key in parameters and draw.random() < 0.7:
            given[key] = (draw.choice(choices),) if key == "levels" else draw.choice(choices)
    if "output_size" in parameters and draw.random() < 0.8:
        given["output_size"] = draw.choice((draw.choice(SIZES), [draw.choice(SIZES) for _ in range(rank)]))
        given.pop("output_ratio", None)
    if "rois" in given:
        given["rois"] = np.array([[0, 0, 0, draw.choice((7.0, 2.0**31, 1e18, 1e300)), draw.choice((7.0, 2.0**40, 1e300))]])
        given["spatial_scale"] = draw.choice((1.0, 1e-9, 1e18))
    return x, given


def attempt(name: str, x: np.ndarray, given: dict[str, Any]) -> None:
    """Forward alone, and forward with its gradient."""
    for call in (lambda: getattr(cpool, name)(x, **given), lambda: getattr(cpool.vjp, name)(x, **given)):
        try:
            found = call()
        except DOCUMENTED:
            continue
        if isinstance(found, tuple) and callable(found[-1]):
            y, pullback = found
            with_gradient = seen(y.shape, "float64")
            if with_gradient is not None:
                with contextlib.suppress(DOCUMENTED):
                    pullback(with_gradient)


def in_a_child(work: Callable[[], None], seconds: int) -> str:
    """How it ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("1000")
            if "asan" not in os.environ.get("LD_PRELOAD", ""):
                resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            signal.alarm(seconds)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "patience" if number == signal.SIGALRM else f"signal {signal.Signals(number).name}"
    return "done" if os.WEXITSTATUS(status) == 0 else f"exit status {os.WEXITSTATUS(status)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200, help="of each function (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="patience with each (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--functions", default="", help="only those whose names contain this")
    options = parser.parse_args()
    cpool.set_num_threads(1)
    ends: collections.Counter[str] = collections.Counter()
    wrong = []
    names = [name for name in every_call.NAMES if options.functions in name]
    with timed(f"{options.calls} calls of each of {len(names)} functions"):
        for name in names:
            draw = random.Random(f"{name} {options.seed}")
            for _ in range(options.calls):
                if (drawn := arguments(draw, name)) is None:
                    continue
                x, given = drawn
                end = in_a_child(lambda name=name, x=x, given=given: attempt(name, x, given), options.seconds)
                ends[end.split()[0]] += 1
                if end not in ("done", "patience"):
                    shown = {key: value.shape if isinstance(value, np.ndarray) else value for key, value in given.items()}
                    wrong.append(f"{name}: {end}: x of {x.dtype} {x.shape}, {shown}")
                    print(wrong[-1], flush=True)
    print(", ".join(f"{count} {end}" for end, count in ends.most_common()))
    verdict(wrong)


if __name__ == "__main__":
    main()
