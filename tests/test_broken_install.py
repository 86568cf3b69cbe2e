"""An installation of which a part is missing or broken: it says so, and works with what is left."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cpool
from cpool import _dispatch

AVAILABLE = _dispatch.available()
FASTEST = AVAILABLE[-1]
USE = "import numpy as np, cpool; cpool.show_config(); print(cpool.max_pool1d(np.arange(6.0).reshape(1, 1, 6), 2).sum())"
several = pytest.mark.skipif(len(AVAILABLE) < 2, reason="this build or this CPU has one variant only")
elf = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries of another format")


@pytest.fixture
def package(tmp_path):
    """A copy of the installed package, which can be broken; with the libraries that a repaired wheel has beside it."""
    installed = Path(cpool.__file__).parent
    for folder in (installed, *installed.parent.glob("cpool*.libs")):
        shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(package, *args, **environment):
    env = {key: value for key, value in os.environ.items() if key != "CPOOL_ISA"} | {"PYTHONPATH": str(package), **environment}
    return subprocess.run([sys.executable, *args], env=env, capture_output=True, text=True, timeout=120, cwd=package)


def library(package, variant):
    (found,) = (path for path in (package / "cpool" / "_kernels").glob(f"{variant}.*") if path.suffix in (".so", ".pyd"))
    return found


def shorten(path, length):
    path.write_bytes(path.read_bytes()[:length])


@several
def test_a_missing_variant(package):
    library(package, FASTEST).unlink()
    done = run(package, "-W", "error", "-c", USE)
    assert f"instruction set: {AVAILABLE[-2]} (available: {', '.join(AVAILABLE[:-1])})" in done.stdout, done.stderr
    assert f"not in this build: {FASTEST}\n" in done.stdout
    assert done.stdout.endswith("9.0\n")
    forced = run(package, "-c", USE, CPOOL_ISA=FASTEST)
    assert forced.returncode == 1
    assert f"CPOOL_ISA='{FASTEST}': this build has no kernels for {FASTEST}; available: {AVAILABLE[0]}" in forced.stderr


@several
@pytest.mark.parametrize("part", [0, 40, 1000, 0.1, 0.5, 0.9])
@elf
def test_a_truncated_variant(package, part):
    """Linux would load most of these, and end the process with a bus error."""
    path = library(package, FASTEST)
    shorten(path, part if isinstance(part, int) else int(part * path.stat().st_size))
    done = run(package, "-c", USE)
    assert done.returncode == 0, done.stderr
    assert f"RuntimeWarning: cpool: the kernels for {FASTEST} do not load (" in done.stderr
    assert f"instruction set: {AVAILABLE[-2]} " in done.stdout
    assert f"broken: the kernels for {FASTEST} do not load (" in done.stdout
    assert done.stdout.endswith("9.0\n")
    forced = run(package, "-c", USE, CPOOL_ISA=FASTEST)
    assert forced.returncode == 1
    assert f"CPOOL_ISA='{FASTEST}': the kernels for {FASTEST} do not load" in forced.stderr


@several
def test_a_broken_variant_that_was_not_chosen(package):
    library(package, AVAILABLE[0]).write_bytes(b"no library")
    done = run(package, "-W", "error", "-c", USE)
    assert f"instruction set: {FASTEST} (available: {', '.join(AVAILABLE[1:])})" in done.stdout, done.stderr
    assert f"broken: the kernels for {AVAILABLE[0]} do not load" in done.stdout


@several
def test_check_tells_of_them(package):
    library(package, FASTEST).write_bytes(b"no library")
    code = "from cpool import _check\n_check.TABLE, _check.FAMILIES = _check.TABLE[:1], ()\nraise SystemExit(_check.run())"
    done = run(package, "-c", code)
    assert done.returncode == 1
    assert f"broken: the kernels for {FASTEST} do not load" in done.stdout
    assert "1 failures" in done.stdout
    library(package, FASTEST).unlink()
    done = run(package, "-c", code)
    assert done.returncode == 0, done.stdout
    assert f"not in this build: {FASTEST}" in done.stdout


def test_no_variant_loads(package):
    for variant in AVAILABLE:
        library(package, variant).write_bytes(b"no library")
    done = run(package, "-c", USE)
    assert done.returncode == 1
    assert "ImportError: cpool: no kernels can be loaded: the kernels for baseline do not load" in done.stderr


@pytest.mark.parametrize("breaking", [Path.unlink, lambda path: path.write_bytes(b"no library")])
def test_no_kernels_at_all(package, breaking):
    """Such as in a checkout that was not built."""
    breaking(library(package, "_cpu"))
    done = run(package, "-c", USE)
    assert done.returncode == 1
    assert f"ImportError: cpool: in {package / 'cpool' / '_kernels'} no compiled kernels load" in done.stderr
    assert "Reinstall cpool; if these are its sources, build it" in done.stderr
