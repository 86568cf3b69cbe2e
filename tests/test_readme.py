"""What README.md shows runs, and what its comments say of shapes is so."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


def test_python_blocks():
    pytest.importorskip("sklearn")
    names = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(block, names)
        for name, shape in re.findall(r"^ *(\w+) = .*#(?: .*:)? (\([\d, ]+\))$", block, re.MULTILINE):
            assert str(names[name].shape) == shape
    scores = names["maps"], names["grad_maps"]
    assert scores[0].shape == scores[1].shape
