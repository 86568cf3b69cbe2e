"""The quick halves of the proofs in reliability/, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROOFS = Path(__file__).parent.parent / "reliability"

pytestmark = pytest.mark.skipif(not PROOFS.is_dir(), reason="the proofs do not lie beside the tests")

QUICK = {
    "allocation.py": [],
    "determinism.py": ["--repeat", "1"],
    "leaks.py": ["--calls", "3000", "--functions", "max_pool2d,avg_pool2d,gem_pool2d,MaxPool2d"],
    "sizes.py": ["--calls", "10", "--seconds", "1"],
    "threads.py": ["--rounds", "2"],
}


@pytest.mark.parametrize("script", QUICK)
def test_quick_half(script):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    done = subprocess.run(
        [sys.executable, PROOFS / script, *QUICK[script]], cwd=PROOFS, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all as it should be" in done.stdout
