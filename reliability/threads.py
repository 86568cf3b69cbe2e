"""Python threads, forks, limits and neighbours.

    python reliability/threads.py                # three minutes
    python reliability/threads.py --rounds 2     # the quick half

- 8 Python threads call every function at once, each in an order of its own: equal bits to a call alone.
- A child after `fork` computes right and ends, where OpenMP's threads had been used before: forked by `os.fork`, by
  `multiprocessing`, by `concurrent.futures`, and from a thread that is not the main one.
- `threadpoolctl` limits how many threads a call uses, and what is set for one thread holds in that one alone.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Callable

import numpy as np
import threadpoolctl
from common import timed, verdict

import cpool

import every_call  # isort: skip

PATIENCE = 60
"""Seconds after which a child is taken to hang."""
LARGE = np.random.default_rng(0).standard_normal((8, 16, 128, 128)).astype(np.float32)


def bits(name: str) -> tuple[bytes, ...]:
    return tuple(a.tobytes() for a in every_call.outcome(name, *every_call.call(name, np.float32)))


def large() -> bytes:
    """A call that is worth several threads, and its gradient."""
    y, pullback = cpool.vjp.max_pool2d(LARGE, 3, 2, 1)
    return bytes(y.tobytes() + pullback(y).tobytes())


def side_by_side(rounds: int) -> list[str]:
    """What 8 threads find, against what one does."""
    wanted = {name: bits(name) for name in every_call.NAMES}
    wanted_large, wrong = large(), []
    start = threading.Barrier(8)

    def work(seed: int) -> None:
        names = list(every_call.NAMES) * rounds
        random.Random(seed).shuffle(names)
        start.wait()
        try:
            for i, name in enumerate(names):
                if bits(name) != wanted[name]:
                    wrong.append(f"{name} in a thread: other bits than alone")
                if i % 50 == 0 and large() != wanted_large:
                    wrong.append("max_pool2d of a large array in a thread: other bits than alone")
        except Exception as error:
            wrong.append(f"a thread ended with {error!r}")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


# ------------------------------------------------------------------------------------------------------------------- forks
def by_fork(wanted: bytes) -> str:
    """A child made by os.fork; empty, or what is wrong with it."""
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)  # ends a child that hangs
        os._exit(0 if large() == wanted else 3)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return "it hung" if os.WTERMSIG(status) == signal.SIGALRM else f"signal {os.WTERMSIG(status)}"
    return "" if os.WEXITSTATUS(status) == 0 else "another result"


def by_pool(make: Callable[[], object]) -> Callable[[bytes], str]:
    """A child of one of Python's pools of processes."""

    def call(wanted: bytes) -> str:
        with make() as pool:  # type: ignore[attr-defined]
            if isinstance(pool, concurrent.futures.Executor):
                found = [pool.submit(large) for _ in range(4)]
                results = [future.result(timeout=PATIENCE) for future in found]
            else:
                results = pool.map_async(called, range(4)).get(timeout=PATIENCE)
        return "" if all(result == wanted for result in results) else "another result"

    return call


def called(_: int) -> bytes:
    return large()


def in_a_thread(call: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """The same from a thread that has used cpool itself."""

    def outer(wanted: bytes) -> str:
        found: list[str] = []

        def work() -> None:
            found.append("another result before the fork" if large() != wanted else call(wanted))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return found[0] if found else "the thread ended with an error"

    return outer


def forked(rounds: int) -> list[str]:
    wanted, wrong = large(), []
    fork = multiprocessing.get_context("fork")
    ways = {
        "os.fork": by_fork,
        "multiprocessing.Pool": by_pool(lambda: fork.Pool(2)),
        "ProcessPoolExecutor": by_pool(lambda: concurrent.futures.ProcessPoolExecutor(2, mp_context=fork)),
        "os.fork in a thread": in_a_thread(by_fork),
        "multiprocessing.Pool in a thread": in_a_thread(by_pool(lambda: fork.Pool(2))),
    }
    for way, call in ways.items():
        for _ in range(rounds):
            try:
                if problem := call(wanted):
                    wrong.append(f"{way}: {problem}")
            except Exception as error:
                wrong.append(f"{way}: {error!r}")
    if large() != wanted:
        wrong.append("the parent after its forks: another result")
    return wrong


# ------------------------------------------------------------------------------------------------------------------ limits
def limited() -> list[str]:
    """Whether limits hold: what get_num_threads says, and how many threads OpenMP has started for a call."""
    wrong, most = [], cpool.get_num_threads()
    for limit in range(1, most + 1):
        with threadpoolctl.threadpool_limits(limit, user_api="openmp"):
            if cpool.get_num_threads() != limit:
                wrong.append(f"threadpoolctl at {limit}: {cpool.get_num_threads()} threads")
    with cpool.num_threads(1):
        seen = []
        thread = threading.Thread(target=lambda: seen.append(cpool.get_num_threads()))
        thread.start()
        thread.join()
        if cpool.get_num_threads() != 1 or seen != [most]:
            wrong.append(f"num_threads(1): {cpool.get_num_threads()} here, {seen} in another thread, of {most}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="of each thread; of forks a fifth (default: %(default)s)")
    rounds = parser.parse_args().rounds
    wrong = []
    with timed(f"8 threads, every function {rounds} times each"):
        wrong += side_by_side(rounds)
    with timed(f"five ways to fork, {max(1, rounds // 5)} times each"):
        wrong += forked(max(1, rounds // 5))
    with timed("limits"):
        wrong += limited()
    verdict(wrong)


if __name__ == "__main__":
    main()
