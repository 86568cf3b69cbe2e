"""How it is measured: in one process pinned to as many cores as threads, the candidates of a case in turns, round after round.

A turn is: a pause in which the threads of the library before go to sleep, a call that is not counted, then the samples. A sample
is the mean of enough calls to be worth a look at the clock; results are dropped within it, so that it includes their release.
A disturbance of the machine hits all candidates alike, and the median over the rounds leaves it out.

The memory bound is a candidate like the others: it reads the bytes of what a pooling must read with numpy's `bitwise_or.reduce`
of int64 (the fastest read that numpy has) and writes those of what it must write with C's `memset`, each thread its share,
through the same arrays. Forward: read x, write y. Forward + backward: read x, write y, read grad_y, write grad_x. With several
threads the bound is the better of one thread and all. Below some 100 KB it is mostly the overhead of these calls: no bound.
"""

from __future__ import annotations

import ctypes
import gc
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from peers import OURS, Arrays, Calls, Peer, differs, make_arrays
from suite import Case

SAMPLE = 50e-6  # the least duration of a sample, in seconds
SLOW = 0.02  # a call that takes longer needs no call before it to warm up


@dataclass
class Plan:
    """How much time to spend: seconds a candidate and mode, and over how many rounds."""

    budget: float = 0.15
    rounds: int = 7
    pause: float = 0.001
    forward_only: bool = False


@dataclass
class Candidate:
    name: str
    mode: str
    call: Callable[[], Any]
    number: int = 1
    each: float = 0.0
    rounds: int = 1
    samples: list[float] = field(default_factory=list)

    def sample(self) -> float:
        call, clock = self.call, time.perf_counter
        start = clock()
        for _ in repeat(None, self.number):
            call()
        return (clock() - start) / self.number

    def estimate(self, plan: Plan) -> None:
        """Warm up, and divide the budget."""
        self.each = self.sample()
        if self.each < plan.budget:
            self.each = min(self.each, self.sample())
        self.number = max(1, int(SAMPLE / self.each))
        self.rounds = min(plan.rounds, max(3, int(plan.budget / self.each)))

    def turn(self, plan: Plan) -> None:
        time.sleep(plan.pause)
        if self.each < SLOW:
            self.sample()
        count = int(plan.budget / plan.rounds / max(self.each * self.number, SAMPLE))
        self.samples += [self.sample() for _ in range(min(25, max(1, count)))]

    def result(self) -> dict[str, Any]:
        low, median, high = np.percentile(np.array(self.samples) * 1e6, (25, 50, 75)).round(3).tolist()
        return {"mode": self.mode, "candidate": self.name, "us": median, "low": low, "high": high, "samples": len(self.samples)}


class MemoryBound:
    """The time to move the bytes that a pooling must move."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def candidates(self, case: Case, arrays: Arrays, modes: list[str]) -> list[Candidate]:
        y, grad_x = np.zeros(case.y_shape, case.y_dtype), np.zeros(case.x_shape, case.dtype)
        found = []
        for threads in sorted({1, self.threads}):
            forward = self.moves(arrays.x, y, threads)
            backward = self.moves(arrays.grad_y, grad_x, threads)
            calls = {"forward": forward, "forward_backward": lambda f=forward, b=backward: (f(), b())}
            found += [Candidate(f"memory x{threads}", mode, calls[mode]) for mode in modes]
        return found

    def moves(self, read: np.ndarray, write: np.ndarray, threads: int) -> Callable[[], None]:
        def words(array: np.ndarray) -> np.ndarray:
            flat = array.reshape(-1).view(np.uint8)
            return flat[: flat.size // 8 * 8].view(np.int64) if flat.size >= 8 else flat

        reads = np.array_split(words(read), threads)
        writes = [(part.ctypes.data, part.nbytes, part) for part in np.array_split(words(write), threads)]  # part: kept alive
        reduce, memset = np.bitwise_or.reduce, ctypes.memset

        def share(index: int) -> None:
            reduce(reads[index])
            memset(writes[index][0], 0, writes[index][1])

        pool = self.pool
        if threads == 1 or pool is None:
            return lambda: share(0)
        return lambda: [None for _ in pool.map(share, range(threads))] and None


def pin(threads: int) -> list[int]:
    """Keep this process, and those that it starts, on the first cores of those it may use, and tell libraries how many."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    if len(cores) < threads:
        raise SystemExit(f"--threads {threads}: this process may use only {len(cores)} cores")
    os.sched_setaffinity(0, cores)
    for library in ("OMP", "MKL", "OPENBLAS", "CPOOL"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    return cores


def prepare(case: Case, arrays: Arrays, peers: list[Peer], plan: Plan) -> tuple[list[Candidate], dict[str, str]]:
    """The candidates that compute what cpool computes, and why the others do not take part."""
    found: list[Candidate] = []
    failed: dict[str, str] = {}
    expected: dict[str, tuple[np.ndarray, ...]] = {}
    for peer in peers:
        if not peer.supports(case):
            continue
        try:
            calls = peer.prepare(case, arrays)
            for mode, call in modes_of(calls, plan).items():
                results = call()
                results = results if mode == "forward_backward" else (results,)
                results = tuple(peer.as_numpy(result, case) for result in results)
                same = zip(results, expected.setdefault(mode, results), strict=True)
                problems = [differs(mine, ours, index == 1) for index, (mine, ours) in enumerate(same)]
                if any(problems):
                    failed[f"{peer.name}, {mode}"] = f"not timed: {'; '.join(filter(None, problems))}"
                else:
                    found.append(Candidate(peer.name, mode, call))
        except Exception as error:  # whatever a peer raises for what it lacks, the others go on
            if peer.name in OURS:
                raise
            failed[peer.name] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:120] if str(error).strip() else ''}"
    return found, failed


def modes_of(calls: Calls, plan: Plan) -> dict[str, Callable[[], Any]]:
    modes: dict[str, Callable[[], Any]] = {"forward": calls.forward}
    if calls.forward_backward and not plan.forward_only:
        modes["forward_backward"] = calls.forward_backward
    return modes


def measure(case: Case, peers: list[Peer], bound: MemoryBound, plan: Plan) -> dict[str, Any]:
    """Time every candidate of a case."""
    arrays = make_arrays(case)
    candidates, failed = prepare(case, arrays, peers, plan)
    candidates += bound.candidates(case, arrays, list(dict.fromkeys(candidate.mode for candidate in candidates)))
    gc.collect()
    gc.disable()
    try:
        for candidate in candidates:
            candidate.estimate(plan)
        for index in range(plan.rounds):
            for candidate in candidates:
                if index < candidate.rounds:
                    candidate.turn(plan)
    finally:
        gc.enable()
    return {"case": case.describe(), "times": fold_bounds([each.result() for each in candidates]), "failed": failed}


def fold_bounds(times: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The better of the bounds, as "memory"."""
    kept = [entry for entry in times if not entry["candidate"].startswith("memory")]
    for mode in dict.fromkeys(entry["mode"] for entry in times):
        bounds = [entry for entry in times if entry["mode"] == mode and entry["candidate"].startswith("memory")]
        kept.append(min(bounds, key=lambda entry: entry["us"]) | {"candidate": "memory"})
    return kept
