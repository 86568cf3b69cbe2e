"""What README.md and the pages of docs/ show runs, and what they say of shapes and costs is so.

A block of Python with prompts is a doctest; one without is run. The blocks of a page share their names, in their order. None is
left out: a fragment that cannot run does not belong into a block of Python.
"""

import doctest
import json
import re
from pathlib import Path

import pytest

import cpool

ROOT = Path(__file__).parent.parent
PAGES = [path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))) if path.exists()]
OPTIONAL = ("dask", "jax", "sklearn", "torch")
CHOOSING = ROOT / "docs" / "choosing.md"

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")

whole = pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="the checkout does not lie around the tests")


def blocks(page):
    """The blocks of Python of a page: the number of its first line, the text, and the optional module that it needs."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        if match[1] == "python":
            needs = [module for module in OPTIONAL if re.search(rf"^(>>> )?(import|from)\b.*\b{module}\b", match[2], re.MULTILINE)]
            (need,) = needs or [""]  # two at once would be run by no one
            yield text.count("\n", 0, match.start(2)), match[2], need


def runs():
    """A run of each page without optional modules, and one more for each that it needs."""
    for page in PAGES:
        needs = sorted({need for _, _, need in blocks(page)} | {""})
        yield from (pytest.param(page, need, id=f"{page.relative_to(ROOT)}{f', {need}' if need else ''}") for need in needs)


def run(page, line, text, names):
    """One block; a failure tells its line in the page."""
    if ">>>" in text:
        test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), line)
        test.globs = names
        assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
    else:
        exec(compile("\n" * line + text, page, "exec"), names)
        for name, shape in re.findall(r"^ *(\w+) = .*#(?: .*:)? (\([\d, ]+\))$", text, re.MULTILINE):
            assert str(tuple(names[name].shape)) == shape


@pytest.mark.parametrize(("page", "need"), list(runs()))
def test_blocks_of_python_run(page, need):
    if need:
        pytest.importorskip(need)
    names = {}
    for line, text, needs in blocks(page):
        if needs in ("", need):
            run(page, line, text, names)


def test_what_is_shown_is_python_or_a_shell():
    shown = {match[1] for page in PAGES for match in FENCE.finditer(page.read_text(encoding="utf-8"))}
    assert shown <= {"python", "sh", ""}, "a block of another kind, which nothing runs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
@whole
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        path = link.partition("#")[0]
        assert not path or (page.parent / path).exists(), link


@whole
def test_costs_are_those_of_the_benchmark():
    text = CHOOSING.read_text(encoding="utf-8")
    measured = json.loads((ROOT / "benchmarks" / "results" / "methods.json").read_text(encoding="utf-8"))
    names = {"logits": "softmax_pool", "max dropout": "max_pool_dropout", "detail": "detail_preserving_pool"}
    for method, found in measured["summary"].items():
        name = names.get(method, method.replace(" ", "_") + "_pool")
        (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
        assert f" | {found['over_average']:.1f} | " in row


@whole
def test_every_pooling_can_be_chosen():
    text = CHOOSING.read_text(encoding="utf-8")
    for name in cpool.functional.__all__:
        assert f"`{name}`" in text or f"`{name[:-2]}`" in text, name
