"""No leak: resident memory stays flat over 10,000 calls of every function, pullback and layer, and of calls that fail.

    python reliability/leaks.py                                                        # ten minutes
    python reliability/leaks.py --calls 3000 --functions max_pool2d,MaxPool2d          # the quick half

A leak of one small block a call is some hundred bytes: 10,000 calls would take a megabyte. What is measured is the growth of
resident memory, after calls enough for caches to fill, with the free memory of malloc given back; the least of three tries, as
a heap may grow once.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import timed, verdict

import cpool

import every_call  # isort: skip

LIMIT = 512 * 1024
"""Bytes: half of what one block of 100 bytes a call would take."""
PAGE = 4096


def resident() -> int:
    """Bytes of memory that the process holds, without what malloc keeps free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def growth(call: Callable[[], Any], calls: int) -> int:
    """By how much so many calls let the memory grow."""
    for _ in range(200):
        call()
    least = 1 << 62
    for _ in range(3):
        before = resident()
        for _ in range(calls):
            call()
        least = min(least, resident() - before)
        if least < LIMIT:
            break
    return least


def failing(name: str, x: np.ndarray, given: dict[str, Any]) -> Callable[[], None]:
    """A call with an argument that is wrong, after those that are right were looked at."""
    function = getattr(cpool, name)

    def call() -> None:
        try:
            function(x, **{**given, "data_format": "channels_middle"})
        except ValueError:
            return
        raise AssertionError(f"{name}: no error")

    return call


def proofs(wanted: list[str]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(what it is, the call) for the functions and layers of these names; of none, for all."""
    for name in every_call.NAMES:
        if wanted and name not in wanted:
            continue
        x, given = every_call.call(name, np.float32)
        function = getattr(cpool, name)
        yield name, lambda function=function, x=x, given=given: function(x, **given)
        yield f"vjp.{name}", lambda name=name, x=x, given=given: every_call.outcome(name, x, given)
        yield f"{name}, with an error", failing(name, x, given)
    for name in every_call.LAYERS:
        if wanted and name not in wanted:
            continue
        layer, inputs = every_call.layer_and_inputs(name, np.float32)
        yield name, lambda layer=layer, inputs=inputs: layer.backward(layer(*inputs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000, help="of each (default: %(default)s)")
    parser.add_argument("--functions", default="", help="names of functions and layers, with commas (default: all)")
    options = parser.parse_args()
    wanted = [name for name in options.functions.split(",") if name]
    gc.freeze()  # what is imported need not be looked through again and again
    wrong, most, count = [], 0, 0
    with timed(f"{options.calls} calls of each"):
        for name, call in proofs(wanted):
            grown = growth(call, options.calls)
            most, count = max(most, grown), count + 1
            if grown >= LIMIT:
                wrong.append(f"{name}: {grown} bytes more after {options.calls} calls")
    print(f"{count} functions, pullbacks, errors and layers; the most that one grew: {most >> 10} KiB")
    verdict(wrong)


if __name__ == "__main__":
    main()
