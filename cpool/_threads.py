"""How many threads a call uses: the user's wish, the machine, the work there is, and what a fork leaves alive."""

from __future__ import annotations

import contextlib
import contextvars
import os
from collections.abc import Iterator

from cpool import _arguments
from cpool._kernels import _cpu

GATE = 1 << 17
"""Steps of work (about one element read) a thread must have: waking one costs some microseconds while it waits for the next call,
and some hundred once it sleeps (cpool/_kernels/__init__.py says when)."""

TINY = 1 << 12
"""Steps of work that take a microsecond or so, about what it costs to let go of Python's lock and take it again."""

_context: contextvars.ContextVar[int | None] = contextvars.ContextVar("cpool_threads", default=None)
_forked = False
_forced: int | None = None


def _from_environment() -> int | None:
    value = os.environ.get("CPOOL_NUM_THREADS")
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError(f"CPOOL_NUM_THREADS={value!r}: must be a positive int")
    return number


def _after_fork() -> None:
    # libgomp's threads do not survive a fork, and a child that asks it for new ones hangs (GCC bug 58378).
    global _forked
    _forked = True


_limit: int | None = _from_environment()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def openmp() -> bool:
    """Whether the kernels were built to use several threads."""
    return _cpu.openmp()


def set_num_threads(n: int) -> None:
    """Set how many threads cpool uses at most, in the whole process.

    Parameters
    ----------
    n : int
        At least 1. More than the CPUs that the process may use, or than OpenMP allows, has no effect.

    Raises
    ------
    TypeError, ValueError
        If n is not a positive int.

    Examples
    --------
    >>> import cpool
    >>> before = cpool.get_num_threads()
    >>> cpool.set_num_threads(1)
    >>> cpool.get_num_threads()
    1
    >>> cpool.set_num_threads(before)
    """
    global _limit
    _limit = _arguments.integer("n", n, 1)


def get_num_threads() -> int:
    """Tell how many threads a large enough call would use now.

    It is the least of: what `num_threads` or `set_num_threads` asked for, else the environment's ``CPOOL_NUM_THREADS``; the
    number OpenMP would use (``OMP_NUM_THREADS``, threadpoolctl); the CPUs the process may run on. It is 1 in a forked child,
    where OpenMP's threads are gone, and in a build without OpenMP.

    Returns
    -------
    int

    Examples
    --------
    >>> import cpool
    >>> cpool.get_num_threads() >= 1
    True
    """
    if _forked:
        return 1
    wish = _context.get()
    if wish is None:
        wish = _limit
    most = min(_cpu.max_threads(), _cpus())
    return most if wish is None else min(wish, most)


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def num_threads(n: int) -> Iterator[None]:
    """Limit the number of threads within a ``with`` block, for this thread or task alone.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If n is not a positive int.

    Examples
    --------
    >>> import cpool
    >>> with cpool.num_threads(1):
    ...     cpool.get_num_threads()
    1
    """
    token = _context.set(_arguments.integer("n", n, 1))
    try:
        yield
    finally:
        _context.reset(token)


@contextlib.contextmanager
def exactly(n: int) -> Iterator[None]:
    """Split all work among n threads, however little there is and however few CPUs: for cross-checks."""
    global _forced
    before, _forced = _forced, n
    try:
        yield
    finally:
        _forced = before


def threads_for(work: int) -> int:
    """How many threads so many steps of work are worth; 0: not even that others run meanwhile."""
    if _forced is not None:
        return _forced
    if work < TINY:
        return 0
    return 1 if work < 2 * GATE else min(get_num_threads(), work // GATE)
