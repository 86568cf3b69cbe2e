"""Allocations that fail inside a kernel: MemoryError, nothing lost, and the next call is right.

    python reliability/allocation.py             # a minute

A library made here by the C compiler is loaded before all others (LD_PRELOAD). It counts the calls of malloc that come from
cpool's kernels, lets the n-th fail, and counts what was not freed. Every function is called, forward and backward, with its first
allocation failing, then its second, and so on until none does; on one thread and on three.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from common import verdict

from cpool import _dispatch, _threads

import every_call  # isort: skip

SHIM = r"""
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
static uintptr_t first, end;
static long seen, fail_at, held;
static void *mine[4096];

void fail_from(uintptr_t from, uintptr_t to, long at) { first = from; end = to; fail_at = at; seen = 0; }
long calls_seen(void) { return seen; }
long blocks_held(void) { return held; }

void *malloc(size_t size)
{
    const uintptr_t caller = (uintptr_t)__builtin_return_address(0);
    void *block;
    if (caller < first || caller >= end)
        return __libc_malloc(size);
    if (++seen == fail_at)
        return NULL;
    block = __libc_malloc(size);
    for (int i = 0; i < 4096; i++)
        if (!mine[i]) {
            mine[i] = block;
            held++;
            break;
        }
    return block;
}

void free(void *block)
{
    if (block && held)
        for (int i = 0; i < 4096; i++)
            if (mine[i] == block) {
                mine[i] = NULL;
                held--;
                break;
            }
    __libc_free(block);
}
"""


def preloaded() -> ctypes.CDLL:
    """The library, in a process that is started again with it."""
    if path := os.environ.get("CPOOL_ALLOCATION_SHIM"):
        found = ctypes.CDLL(path)
        found.fail_from.argtypes = (ctypes.c_size_t, ctypes.c_size_t, ctypes.c_long)
        found.calls_seen.restype = found.blocks_held.restype = ctypes.c_long
        return found
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "shim.c"), Path(folder, "shim.so")
        source.write_text(SHIM)
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        environment = {**os.environ, "LD_PRELOAD": str(library), "CPOOL_ALLOCATION_SHIM": str(library)}
        raise SystemExit(subprocess.run([sys.executable, *sys.argv], env=environment).returncode)


def addresses(module: Any) -> tuple[int, int]:
    """Where the code of a compiled module lies."""
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(module.__file__)]
    spans = [tuple(int(part, 16) for part in line[0].split("-")) for line in lines if "x" in line[1]]
    return spans[0][0], spans[-1][1]


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def prove(shim: ctypes.CDLL, span: tuple[int, int], name: str, last: bool) -> tuple[int, list[str]]:
    """The number of allocations that were made to fail, and what went wrong."""
    shim.fail_from(0, 0, 0)
    x, given = every_call.call(name, np.float32, last)
    before = [a.copy() for a in (x, *(value for value in given.values() if isinstance(value, np.ndarray)))]
    shim.fail_from(*span, 0)
    wanted, wrong, failed = every_call.outcome(name, x, given), [], 0
    for at in range(1, 1000):
        shim.fail_from(*span, at)
        try:
            found = every_call.outcome(name, x, given)
        except MemoryError:
            failed += 1
        except BaseException as error:
            wrong.append(f"{name}: allocation {at} failed with {error!r}")
        else:
            if shim.calls_seen() >= at:
                wrong.append(f"{name}: allocation {at} failed, and no one noticed")
            if not same(found, wanted):
                wrong.append(f"{name}: another result after allocations failed")
            break
        if shim.blocks_held():
            wrong.append(f"{name}: {shim.blocks_held()} blocks are lost after allocation {at} failed")
            break
    after = (x, *(value for value in given.values() if isinstance(value, np.ndarray)))
    if not same(before, list(after)):
        wrong.append(f"{name}: an input was changed")
    return failed, wrong


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    shim, failed, wrong, without = preloaded(), 0, [], []
    for variant in _dispatch.available():
        with _dispatch.using(variant):
            span = addresses(_dispatch.kernels)
            for name in every_call.NAMES:
                count = 0
                for threads in (1, 3):
                    for last in (False, True):
                        with _threads.exactly(threads):
                            found, problems = prove(shim, span, name, last)
                        count, wrong = count + found, wrong + [f"{variant}, {threads} threads: {problem}" for problem in problems]
                failed += count
                if not count:
                    without.append(name)
    print(f"{failed} allocations were made to fail, in {', '.join(_dispatch.available())}; each was a MemoryError")
    print(f"without an allocation of a kernel's: {', '.join(dict.fromkeys(without)) or 'none'}")
    verdict(wrong)


if __name__ == "__main__":
    main()
