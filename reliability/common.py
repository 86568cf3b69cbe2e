"""What the proofs share: the calls of every function, which lie with the tests, and the lines that they print."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

# More threads than cores wait for each other here, and on a busy machine a thread that spins keeps the one from work that it waits
# for. OpenMP reads this as it is loaded: this module comes before cpool.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Print what is being done, and how long it took."""
    start = time.perf_counter()
    print(f"{title} ...", flush=True)
    yield
    print(f"  {title}: {time.perf_counter() - start:.1f} s", flush=True)


def verdict(failures: list[str]) -> None:
    """End with the list of what is wrong, or in peace."""
    for failure in failures:
        print(f"FAILED: {failure}")
    if failures:
        raise SystemExit(1)
    print("all as it should be")
