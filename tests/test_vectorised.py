"""Speed that no other test sees: the row primitives stay vectorised, whatever becomes of flags, spelling and compiler.

Instructions are counted, not seconds: the count is the same on a busy machine. Callgrind counts them for whole calls, so a
stripped module will do; it cannot run AVX-512, for which the compiled code is inspected instead.
"""

import importlib.util
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cpool import _dispatch

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or sys.platform != "linux", reason="the numbers are those of x86-64 Linux"
)

SLACK = 1.5
"""A call may take so much more than the table says: other compilers, other versions of Python and numpy."""


class Case(NamedTuple):
    """A call, and what it takes in instructions per input element: built as it is, and built with one lane a "vector"."""

    operator: str
    way: str
    dtype: str
    last: bool
    kernel: int
    stride: int
    v3: tuple[float, float]
    baseline: tuple[float, float] | None = None
    """Built for size, as it is beside others. None where it takes too much for a bound that scalar code cannot meet."""

    def __str__(self) -> str:
        order = "channels_last" if self.last else "channels_first"
        return f"{self.operator} {self.way} {self.kernel}x{self.kernel}/{self.stride} {self.dtype} {order}"

    def call(self) -> dict[str, Any]:
        """What the child needs to make the call: rows of many vectors, so that the interpreter hardly counts."""
        shape = [64, 64, 64] if self.last else [4, 224, 224]
        if self.kernel == 56:  # global
            shape = [64, 56, 56]
        order = "channels_last" if self.last else "channels_first"
        options = {"kernel_size": self.kernel, "stride": self.stride, "data_format": order}
        return {"name": f"{self.operator}_pool2d", "way": self.way, "dtype": self.dtype, "shape": shape, "options": options}


# fmt: off
CASES = [
    Case("max", "forward", "float32", False, 2, 2, (1.75, 7.73)),
    Case("max", "forward", "float32", False, 3, 2, (2.22, 11.2), (4.36, 12.2)),
    Case("max", "forward", "float32", False, 3, 1, (4.53, 21.9), (9.02, 25.8)),
    Case("max", "vjp", "float32", False, 2, 2, (3.13, 12.0)),
    Case("max", "vjp", "float32", False, 3, 2, (3.78, 14.1)),
    Case("max", "vjp", "float32", False, 3, 1, (10.5, 42.3)),
    Case("avg", "forward", "float32", False, 2, 2, (1.94, 12.0), (4.00, 13.0)),
    Case("avg", "forward", "float32", False, 3, 2, (2.27, 14.5), (4.47, 15.6)),
    Case("avg", "forward", "float32", False, 3, 1, (4.94, 34.6), (11.1, 35.7)),
    Case("avg", "forward", "float32", False, 5, 1, (38.2, 106.0)),
    Case("max", "forward", "float64", False, 3, 1, (8.51, 39.2)),
    Case("max", "vjp", "float64", False, 3, 1, (17.2, 51.1)),
    Case("avg", "forward", "float64", False, 3, 1, (8.88, 31.4)),
    Case("avg", "gradient", "float32", False, 3, 1, (6.11, 34.6), (13.1, 36.0)),
    Case("avg", "gradient", "float32", False, 3, 2, (7.91, 23.5)),
    Case("max", "forward", "float32", True, 2, 2, (1.22, 7.55), (2.24, 7.80)),
    Case("max", "forward", "float32", True, 3, 2, (1.65, 15.8)),
    Case("max", "forward", "float32", True, 3, 1, (4.41, 75.9), (12.8, 79.9)),
    Case("max", "vjp", "float32", True, 2, 2, (2.79, 9.13)),
    Case("max", "vjp", "float32", True, 3, 2, (3.43, 19.9)),
    Case("max", "vjp", "float32", True, 3, 1, (12.9, 100.0)),
    Case("avg", "forward", "float32", True, 2, 2, (1.37, 14.2), (2.49, 16.0)),
    Case("avg", "forward", "float32", True, 3, 2, (1.69, 17.6), (5.34, 19.4)),
    Case("avg", "forward", "float32", True, 3, 1, (11.0, 48.7)),
    Case("avg", "forward", "float32", True, 5, 1, (15.6, 69.6)),
    Case("max", "forward", "float64", True, 3, 1, (8.33, 80.5), (26.3, 84.8)),
    Case("max", "vjp", "float64", True, 3, 1, (24.8, 105.4)),
    Case("avg", "forward", "float64", True, 3, 1, (7.10, 46.8)),
    Case("avg", "gradient", "float32", True, 3, 1, (9.26, 49.1), (19.5, 53.1)),
    Case("avg", "gradient", "float32", True, 3, 2, (6.79, 22.9)),
    Case("max", "forward", "float32", True, 5, 1, (6.92, 128.3), (22.8, 136.3)),
    Case("max", "forward", "float32", False, 31, 1, (16.2, 218.0), (36.6, 226.9)),
    Case("max", "vjp", "float32", False, 31, 1, (45.7, 342.7), (105.2, 364.3)),
    Case("avg", "forward", "float32", False, 31, 1, (35.6, 150.1)),
    Case("avg", "forward", "float32", False, 56, 56, (1.66, 41.6), (3.86, 41.7)),
    Case("max", "forward", "uint8", False, 3, 1, (2.60, 59.9), (6.51, 61.8)),
    Case("max", "forward", "int16", False, 3, 1, (4.80, 50.2), (11.1, 50.2)),
    Case("max", "forward", "int32", False, 3, 1, (8.84, 50.8)),
    Case("max", "forward", "int64", False, 3, 1, (17.7, 66.9)),
    Case("max", "forward", "uint8", False, 2, 2, (1.13, 20.8), (2.16, 21.8)),
    Case("max", "gradient", "float32", False, 2, 2, (1.84, 5.36)),
    Case("max", "gradient", "float32", False, 3, 2, (3.14, 11.5)),
    Case("max", "gradient", "float32", False, 3, 1, (8.15, 41.4)),
    Case("max", "gradient", "float64", False, 3, 1, (15.7, 45.4)),
    Case("max", "gradient", "float32", True, 2, 2, (2.15, 5.68)),
    Case("max", "gradient", "float32", True, 3, 2, (3.00, 10.7)),
    Case("max", "gradient", "float32", True, 3, 1, (8.17, 39.3)),
    Case("max", "gradient", "float64", True, 3, 1, (14.2, 42.2)),
    Case("sum", "forward", "uint8", False, 3, 1, (18.2, 66.7)),
    Case("avg", "forward", "uint8", False, 3, 1, (10.8, 33.3)),
]
# fmt: on

CHILD = """
import json, os, sys
import numpy as np
import cpool

for case in json.loads(sys.argv[1]):
    x = np.random.default_rng(0).integers(0, 100, case["shape"]).astype(case["dtype"])
    pool = getattr(cpool if case["way"] == "forward" else cpool.vjp, case["name"])
    call = lambda: pool(x, **case["options"])
    if case["way"] == "gradient":
        y, pullback = call()
        ones = np.ones_like(y)
        call = lambda: pullback(ones)
    call()  # plans are made, and remembered
    os.getppid()  # a function that nothing else calls: callgrind writes its counts whenever it is entered, and zeroes them
    call()
    os.getppid()
"""


def instructions(variant, cases, folder):
    """What one call of each case takes, per input element."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/counts", "--dump-before=getppid", sys.executable]
    # One thread each: those of OpenMP would spin, and numpy's library starts some of its own.
    settings = {"CPOOL_ISA": variant, "CPOOL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "-c", CHILD, json.dumps([case.call() for case in cases])],
        env={**os.environ, **settings}, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = sorted(folder.glob("counts.*"), key=lambda path: int(path.suffix[1:]))
    counts = [int(re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE)[1]) for path in written]
    counts = counts[-2 * len(cases) :][1::2]  # every second lies between two marks around a call
    assert len(counts) == len(cases), "callgrind wrote no counts at the marks"
    return [count / math.prod(case.call()["shape"]) for count, case in zip(counts, cases, strict=True)]


@pytest.fixture(scope="module", params=["baseline", "v3"])
def counted(request, tmp_path_factory):
    """The counts of all cases in one variant: a run of its own would cost each case ten seconds."""
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    if request.param not in _dispatch.available():
        pytest.skip(f"this CPU or this build has no {request.param}")
    cases = [case for case in CASES if getattr(case, request.param)]
    found = instructions(request.param, cases, tmp_path_factory.mktemp(request.param))
    return request.param, dict(zip(cases, found, strict=True))


def lapses(counted, cases):
    """The cases that take too many instructions, as lines to read: "" where there is none."""
    variant, found = counted
    lines = []
    for case in cases:
        if case in found:
            expected, scalar = getattr(case, variant)
            if found[case] > SLACK * expected:
                lines.append(f"{variant} {case}: {found[case]:.2f} per element; expected {expected}, scalar code {scalar}")
    return "\n".join(lines)


def test_instructions(counted):
    if too_many := lapses(counted, CASES):
        pytest.fail(too_many)


def test_numbers_leave_room_between_vectors_and_scalars():
    """A bound that scalar code meets would check nothing."""
    for case in CASES:
        for numbers in (case.v3, case.baseline):
            assert numbers is None or 1.75 * SLACK * numbers[0] <= numbers[1], case


PACKED_MAX, PACKED_ADD = r"vmaxp[sd] .*%zmm", r"vaddp[sd] .*%zmm"
CONVERT = r"vcvtph2ps .*%zmm"
INTEGERS = r"v(pcmp|pm[ai][xn]|pblend)\w* .*%zmm"
INSIDE_V4 = {  # function: what must be in it, how many there are, and how many instructions take lanes one by one
    "strips_max_f32": (PACKED_MAX, 18, 19),
    "strips_max_f64": (PACKED_MAX, 18, 11),
    "windows_max_f32": (PACKED_MAX, 49, 0),
    "windows_max_f64": (PACKED_MAX, 49, 0),
    "reduce_max_f32": (PACKED_MAX, 6, 0),
    "strips_sum_f32": (PACKED_ADD, 75, 4),
    "windows_sum_f32": (PACKED_ADD, 74, 0),
    "strips_widening_f64": (PACKED_ADD, 58, 0),
    "windows_widening_f64": (PACKED_ADD, 50, 0),
    "fold_widening_f64": (PACKED_ADD, 6, 16),
    "prefixes_max_f32": (PACKED_MAX, 9, 0),
    "prefixes_across_max_f32": (PACKED_MAX, 9, 0),
    "prefixes_sum_f64": (PACKED_ADD, 11, 5),
    "prefixes_across_widening_f64": (PACKED_ADD, 13, 5),
    "reduce_sum_f64": (PACKED_ADD, 6, 0),
    "reduce_widening_f64": (PACKED_ADD, 6, 0),
    "pick_f32": (r"vpcmpeqb .*%k|vaddps .*%zmm.*\{%k", 136, 34),
    "pick_f64": (r"vpcmpeqb .*%k|vaddpd .*%zmm.*\{%k", 136, 34),
    "pick_pairs_f32": (r"vpcmpeqb .*%k|vaddps .*%zmm.*\{%k", 176, 44),
    "reduce_max_u8": (INTEGERS, 6, 3),
    "reduce_sum_u16": (r"vpaddw .*%zmm", 6, 3),
    "store_mean_u8": (r"vf\w*pd .*%zmm", 16, 3),
    "strips_max_f16_f32": (CONVERT, 34, 49),
    "strips_sum_f16_f32": (CONVERT, 17, 30),
    "windows_max_f16_f32": (CONVERT, 140, 35),
    "windows_sum_f16_f32": (CONVERT, 88, 24),
    "pick_f16_f32": (CONVERT, 34, 46),
    "pick_pairs_f16_f32": (CONVERT, 44, 84),
    "transpose_32": (r"vperm[ti]2d .*%zmm", 128, 0),
    "transpose_8": (r"vpunpck[lh]bw ", 128, 0),
    "strips_max_i32": (INTEGERS, 7, 0),
}
LANE_BY_LANE = r"v(max|min|add|sub|mul|div|u?comi)s[sd] |vp(insr|extr)[bwdq] "


def disassembled(path):
    """The instructions of each function, however the compiler has cloned it; under "" those of all."""
    command = ["objdump", "--disassemble", "--no-show-raw-insn", str(path)]
    text = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = {"": Counter()}
    name = ""
    for line in text.splitlines():
        if label := re.fullmatch(r"[0-9a-f]+ <(?:cpool_)?([^.>]+).*>:", line):
            name = label[1]
        elif len(parts := line.split("\t")) > 1:
            found.setdefault(name, Counter())[parts[1]] += 1
            found[""][parts[1]] += 1
    return found


def number(instructions, pattern):
    return sum(many for text, many in instructions.items() if re.match(pattern, text))


def test_compiled_code_of_v4():
    """Need not run here: the file of the module is enough."""
    if shutil.which("objdump") is None:
        pytest.skip("objdump is not installed")
    if (spec := importlib.util.find_spec("cpool._kernels.v4")) is None:
        pytest.skip("this build has no v4")
    code = disassembled(spec.origin)
    wanted = {name: (pattern, many, SLACK * single + 8) for name, (pattern, many, single) in INSIDE_V4.items()}
    if "strips_max_f32" not in code:  # stripped: of each kind, the whole module has as many as these functions together
        kinds = Counter()
        for pattern, many, _ in INSIDE_V4.values():
            kinds[pattern] += many
        code = dict.fromkeys(kinds, code[""])
        wanted = {pattern: (pattern, many, math.inf) for pattern, many in kinds.items()}
    wrong = []
    for name, (pattern, many, most) in wanted.items():
        inside = code.get(name, Counter())
        packed, lanes = number(inside, pattern), number(inside, LANE_BY_LANE)
        if packed < many / 2 or lanes > most:
            wrong.append(f"{name}: {packed} of {many} packed instructions; {lanes} take lanes one by one, at most {most} may")
    if wrong:
        pytest.fail("\n".join(wrong))
