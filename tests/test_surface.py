"""The names that users import, their signatures and their documentation."""

import doctest
import importlib.metadata
import inspect
import itertools

import pytest

import cpool

FUNCTIONS = [f"{kind}_pool{rank}d" for kind in ("max", "min", "avg", "sum") for rank in (1, 2, 3)]
LAYERS = [f"{kind}Pool{rank}d" for kind in ("Max", "Min", "Avg", "Sum") for rank in (1, 2, 3)]
OTHERS = ["Layer", "Layers", "Pooling", "vjp", "reference", "set_num_threads", "get_num_threads", "num_threads", "show_config"]
WINDOW = [("kernel_size", inspect.Parameter.empty), ("stride", None), ("padding", 0), ("dilation", 1)]
KEYWORDS = {
    "max": ["ceil_mode", "data_format", "return_indices", "out"],
    "min": ["ceil_mode", "data_format", "return_indices", "out"],
    "avg": ["ceil_mode", "count_include_pad", "divisor_override", "data_format", "out"],
    "sum": ["ceil_mode", "data_format", "out"],
}
DEFAULTS = {
    "ceil_mode": False,
    "count_include_pad": True,
    "divisor_override": None,
    "data_format": "channels_first",
    "return_indices": False,
    "out": None,
    "name": None,
}
MODULES = {"cpool": cpool, "cpool.vjp": cpool.vjp, "cpool.reference": cpool.reference, "cpool.reference.vjp": cpool.reference.vjp}


def shape_of(function):
    """What of a signature callers rely on: names, kinds and defaults."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def expected_shape(head, keywords):
    positional = [(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default) for name, default in [*head, *WINDOW]]
    return positional + [(name, inspect.Parameter.KEYWORD_ONLY, DEFAULTS[name]) for name in keywords]


def documented():
    """Every public object that has a docstring of its own, by name."""
    found = {name: getattr(cpool, name) for name in cpool.__all__ if not inspect.ismodule(getattr(cpool, name))}
    found |= {f"vjp.{name}": getattr(cpool.vjp, name) for name in FUNCTIONS}
    return {name: thing for name, thing in found.items() if callable(thing)}


DOCUMENTED = documented()


# ------------------------------------------------------------------------------------------ names and signatures
@pytest.mark.parametrize("name", [*FUNCTIONS, *LAYERS, *OTHERS, "__version__"])
def test_name_is_public(name):
    assert hasattr(cpool, name)
    assert name in cpool.__all__


def test_all_is_true_and_free_of_doubles():
    assert all(hasattr(cpool, name) for name in cpool.__all__)
    assert len(set(cpool.__all__)) == len(cpool.__all__)


def test_version():
    assert cpool.__version__ == importlib.metadata.version("cpool-nn")


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_signature_is_the_same_everywhere(module, name):
    expected = expected_shape([("x", inspect.Parameter.empty)], KEYWORDS[name[:3]])
    assert shape_of(getattr(MODULES[module], name)) == expected


@pytest.mark.parametrize("name", LAYERS)
def test_signature_of_layers(name):
    keywords = [key for key in KEYWORDS[name[:3].lower()] if key not in ("return_indices", "out")]
    assert shape_of(getattr(cpool, name)) == expected_shape([], [*keywords, "name"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_typed(name):
    for function in (getattr(cpool, name), getattr(cpool.vjp, name)):
        assert function.__annotations__.keys() == {*inspect.signature(function).parameters, "return"}


# ------------------------------------------------------------------------------------------ documentation
@pytest.mark.parametrize("name", [*FUNCTIONS, *(f"vjp.{name}" for name in FUNCTIONS), *LAYERS])
def test_docstring_has_the_sections_of_numpydoc(name):
    thing = DOCUMENTED[name]
    lines = inspect.getdoc(thing).splitlines()
    wanted = ["Parameters", "Returns", "Raises", "See Also", "Notes", "Examples"]
    if inspect.isclass(thing):
        wanted.remove("Returns")
    found = [line for line, below in itertools.pairwise(lines) if below and set(below) == {"-"}]
    assert found == wanted
    entries = [line.split(" : ")[0] for line in lines[: lines.index("Raises")] if " : " in line and not line.startswith(" ")]
    results = {"vjp": ["y", "pullback"], "function": ["y"], "layer": []}[
        "layer" if inspect.isclass(thing) else "vjp" if name.startswith("vjp") else "function"
    ]
    if "return_indices" in inspect.signature(thing).parameters:
        results.insert(1, "indices")
    assert entries == [*inspect.signature(thing).parameters, *results]
    assert not {"{", "}"} & set("".join(lines))
    assert max(map(len, lines)) <= 132


@pytest.mark.parametrize("name", DOCUMENTED)
def test_example(name):
    found = doctest.DocTestFinder(recurse=False).find(DOCUMENTED[name], name, globs={})
    assert sum(len(test.examples) for test in found) > 0
    for test in found:
        assert doctest.DocTestRunner().run(test).failed == 0


def test_methods_are_documented():
    for name, method in vars(cpool.Layer).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            assert method.__doc__, name


# ------------------------------------------------------------------------------------------ show_config
def test_show_config_prints_what_is_asked_of_a_report(capsys):
    assert cpool.show_config() is None
    printed = capsys.readouterr().out
    for text in (cpool.__version__, "numpy", "baseline", "OpenMP: ", f"threads: {cpool.get_num_threads()}"):
        assert text in printed


@pytest.mark.parametrize(("openmp", "text"), [(True, "OpenMP: yes\n"), (False, "OpenMP: no (single-threaded build)\n")])
def test_show_config_tells_of_openmp(monkeypatch, capsys, openmp, text):
    monkeypatch.setattr("cpool._threads.openmp", lambda: openmp)
    cpool.show_config()
    assert text in capsys.readouterr().out
