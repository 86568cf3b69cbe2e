"""cpool and PyTorch in one process: what each costs the other where both have threads.

    python reliability/neighbours.py             # a minute, on a quiet machine

Each has a pool of threads of its own, of as many threads as asked for (those of PyTorch's wheel are of another copy of OpenMP).
Measured are one max pooling of cpool and one convolution of PyTorch, of a few milliseconds each: alone; in turn, as in a model
whose layers are of both; and at once, from two Python threads, which share the CPUs. Of each the median time of a call, with the
10th and the 90th hundredth; the last column is the time over that of the same call alone. A thread that has finished its part spins
for a while before it sleeps: what one library's threads spin, the other's wait, unless OMP_WAIT_POLICY=passive is set.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable

import numpy as np
import torch

import cpool

Call = Callable[[], object]


def calls() -> tuple[Call, Call]:
    """Of cpool and of PyTorch."""
    x = np.random.default_rng(0).standard_normal((16, 64, 112, 112), dtype=np.float32)
    y = np.empty((16, 64, 56, 56), np.float32)
    images, weight = torch.from_numpy(x[:4, :32].copy()), torch.randn(32, 32, 3, 3)

    def convolve() -> object:
        with torch.no_grad():
            return torch.nn.functional.conv2d(images, weight, padding=1)

    return lambda: cpool.max_pool2d(x, 3, 2, 1, out=y), convolve


def timed(call: Call) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def alone(call: Call, rounds: int) -> list[float]:
    return [timed(call) for _ in range(rounds)]


def in_turn(first: Call, second: Call, rounds: int) -> tuple[list[float], list[float]]:
    pairs = [(timed(first), timed(second)) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def at_once(first: Call, second: Call, rounds: int) -> tuple[list[float], list[float]]:
    """Each in a Python thread of its own, until both have made their rounds; the rounds are what counts."""
    found: tuple[list[float], list[float]] = ([], [])
    done = [False, False]
    start = threading.Barrier(2)

    def work(which: int, call: Call) -> None:
        call()  # a thread's first parallel region starts its pool
        start.wait()
        while not all(done):
            found[which].append(timed(call))
            done[which] = len(found[which]) >= rounds

    threads = [threading.Thread(target=work, args=(which, call)) for which, call in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found[0][:rounds], found[1][:rounds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300, help="calls of each (default: %(default)s)")
    rounds = parser.parse_args().rounds
    ours, theirs = calls()
    print(
        f"cpool {cpool.__version__}, torch {torch.__version__}, {len(os.sched_getaffinity(0))} CPUs, load {os.getloadavg()[0]:.1f}"
    )
    print(f"OMP_WAIT_POLICY={os.environ.get('OMP_WAIT_POLICY', '(not set)')}; milliseconds a call: 10th, 50th, 90th hundredth")
    for threads in sorted({1, len(os.sched_getaffinity(0))}):
        cpool.set_num_threads(threads)
        torch.set_num_threads(threads)
        alone(ours, 20), alone(theirs, 20)
        kinds = {
            "alone": (alone(ours, rounds), alone(theirs, rounds)),
            "in turn": in_turn(ours, theirs, rounds),
            "at once": at_once(ours, theirs, rounds),
        }
        base = [float(np.median(each)) for each in kinds["alone"]]
        for kind, times in kinds.items():
            for name, each, once in zip(("cpool", "torch"), times, base, strict=True):
                low, middle, high = np.percentile(each, [10, 50, 90])
                print(
                    f"{threads} threads each, {kind:8s} {name}: {low:7.2f} {middle:7.2f} {high:7.2f}   {middle / once:5.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
