"""cpool with numpy's matrix products, and with PyTorch, in one process: what each costs the other where both have threads.

    python reliability/neighbours.py             # a minute, on a quiet machine

Measured are a small max pooling and a product, and a larger pooling and a convolution, of a few milliseconds each: alone; in turn,
as in a model whose layers are of both; and at once, from two Python threads, which share the CPUs. Of each the median time of a
call, with the 10th and the 90th hundredth; the last column is the time over that of the same call alone.

numpy's threads are OpenBLAS's, as many as OPENBLAS_NUM_THREADS or the CPUs in all rows. PyTorch's are those of its own copy of
OpenMP, or where cpool was built here, of the copy that was loaded first. A thread that has finished its part spins for a while
before it sleeps: what one library's threads spin, the other's wait. cpool's spin shortly (cpool/_kernels/__init__.py);
GOMP_SPINCOUNT=300000 is OpenMP's own rule.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable

import numpy as np

import cpool

Call = Callable[[], object]


def with_numpy(threads: int) -> tuple[Call, Call]:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 64, 56, 56), dtype=np.float32), np.empty((4, 64, 28, 28), np.float32)
    a, b = rng.standard_normal((600, 400), dtype=np.float32), rng.standard_normal((400, 600), dtype=np.float32)
    product = np.empty((600, 600), np.float32)
    return lambda: cpool.max_pool2d(x, 2, out=y), lambda: np.matmul(a, b, out=product)


def with_torch(threads: int) -> tuple[Call, Call]:
    import torch

    torch.set_num_threads(threads)
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


def report(threads: int, neighbour: str, ours: Call, theirs: Call, rounds: int) -> None:
    alone(ours, 20), alone(theirs, 20)
    kinds = {
        "alone": (alone(ours, rounds), alone(theirs, rounds)),
        "in turn": in_turn(ours, theirs, rounds),
        "at once": at_once(ours, theirs, rounds),
    }
    base = [float(np.median(each)) for each in kinds["alone"]]
    for kind, times in kinds.items():
        for name, each, once in zip(("cpool", neighbour), times, base, strict=True):
            low, middle, high = np.percentile(each, [10, 50, 90])
            print(f"{threads} threads, {kind:8s} {name}: {low:7.2f} {middle:7.2f} {high:7.2f}   {middle / once:5.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300, help="calls of each (default: %(default)s)")
    rounds, cpus = parser.parse_args().rounds, len(os.sched_getaffinity(0))
    print(f"cpool {cpool.__version__}, {cpus} CPUs, load {os.getloadavg()[0]:.1f}")
    asked = ", ".join(f"{name}={os.environ.get(name, '(not set)')}" for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"))
    print(f"{asked}; milliseconds a call: 10th, 50th, 90th hundredth")
    for neighbour, pair in {"numpy": with_numpy, "torch": with_torch}.items():
        for threads in sorted({1, cpus}):
            cpool.set_num_threads(threads)
            report(threads, neighbour, *pair(threads), rounds)


if __name__ == "__main__":
    main()
