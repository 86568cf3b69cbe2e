"""How many threads, from where; and what concurrency and fork do."""

import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cpool
from cpool import _threads

HERE = Path(__file__).parent
"""Not the root of a checkout: a fresh process would import the uncompiled sources from there."""


def fresh(code, **environment):
    """A fresh process that ran the code; variables that are None it does not have."""
    env = {key: value for key, value in {**os.environ, **environment}.items() if value is not None}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=HERE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


def run(code, **environment):
    """What a fresh process prints."""
    return fresh(code, **environment).stdout.strip()


PRINT_THREADS = "import cpool; print(cpool.get_num_threads())"
needs_openmp = pytest.mark.skipif(not _threads.openmp(), reason="built without OpenMP: always one thread")


SPINS = "import os; before = dict(os.environ); import cpool; assert dict(os.environ) == before"


@needs_openmp
@pytest.mark.parametrize(
    ("environment", "spins"), [({}, "2000"), ({"GOMP_SPINCOUNT": "77"}, "77"), ({"OMP_WAIT_POLICY": "PASSIVE"}, "0")]
)
def test_threads_that_wait_do_not_keep_a_core(environment, spins):
    """As GNU's OpenMP itself tells it; and the environment is afterwards what it was."""
    undecided = {"GOMP_SPINCOUNT": None, "OMP_WAIT_POLICY": None}
    told = fresh(SPINS, **{**undecided, "OMP_DISPLAY_ENV": "verbose", **environment}).stderr
    found = re.findall(r"GOMP_SPINCOUNT = '(\d+)'", told)
    if not found:
        pytest.skip("not GNU's OpenMP")
    assert found == [spins]


@pytest.fixture(autouse=True)
def _restore():
    limit = _threads._limit
    yield
    _threads._limit = limit


def test_at_least_one_and_at_most_the_machine():
    assert 1 <= cpool.get_num_threads() <= os.cpu_count()


def test_set_num_threads():
    cpool.set_num_threads(1)
    assert cpool.get_num_threads() == 1
    cpool.set_num_threads(10_000)
    assert cpool.get_num_threads() <= os.cpu_count()


def test_num_threads_is_local_and_restores():
    before = cpool.get_num_threads()
    with concurrent.futures.ThreadPoolExecutor(1) as pool, cpool.num_threads(1):
        assert cpool.get_num_threads() == 1
        assert pool.submit(cpool.get_num_threads).result() == before
        with pytest.raises(ZeroDivisionError), cpool.num_threads(2):
            raise ZeroDivisionError
        assert cpool.get_num_threads() == 1
    assert cpool.get_num_threads() == before


@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), (2.0, TypeError), ("2", TypeError)])
def test_bad_numbers(n, error):
    with pytest.raises(error, match="n="):
        cpool.set_num_threads(n)
    with pytest.raises(error, match="n="), cpool.num_threads(n):
        pass


@pytest.mark.parametrize("name", ["CPOOL_NUM_THREADS", "OMP_NUM_THREADS"])
def test_environment(name):
    assert run(PRINT_THREADS, **{name: "1"}) == "1"


def test_bad_environment():
    env = {**os.environ, "CPOOL_NUM_THREADS": "many"}
    done = subprocess.run([sys.executable, "-c", "import cpool"], env=env, cwd=HERE, capture_output=True, text=True)
    assert done.returncode != 0
    assert "CPOOL_NUM_THREADS='many'" in done.stderr


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no CPU affinity on this system")
def test_affinity():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n" + PRINT_THREADS
    assert run(code) == "1"


@needs_openmp
def test_threadpoolctl():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(1):
        assert cpool.get_num_threads() == 1


def test_functions_and_pullbacks_on_many_threads():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((2, 8, 33, 35), dtype=np.float32) for _ in range(8)]
    y, pullback = cpool.vjp.max_pool2d(arrays[0], 3, 2)

    def work(i):
        x = arrays[i % len(arrays)]
        return cpool.max_pool2d(x, 3, 1).tobytes(), cpool.avg_pool2d(x, 3, 1).tobytes(), pullback(y * (i % 3)).tobytes()

    want = [work(i) for i in range(24)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(24))) == want


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_after_fork_the_child_works():
    """OpenMP's threads do not survive a fork: the child must not wait for them."""
    code = """
import os, signal, numpy as np, cpool
x = np.random.default_rng(0).standard_normal((8, 16, 128, 128), dtype=np.float32)
want = cpool.max_pool2d(x, 3, 2)          # the parent's threads are awake now
child = os.fork()
if child == 0:
    signal.alarm(30)
    ok = np.array_equal(cpool.max_pool2d(x, 3, 2), want) and cpool.get_num_threads() == 1
    os._exit(0 if ok else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), np.array_equal(cpool.max_pool2d(x, 3, 2), want))
"""
    assert run(code) == "0 True"
