"""The names that users import, their signatures and their documentation."""

import doctest
import importlib.metadata
import inspect
import itertools

import pytest

import cpool

# name: (arguments of the function, of the layer), where {r} stands for the ranks; `out` and `name` come last
WINDOW = "kernel_size, stride=None, padding=0, dilation=1, *, "
WHOLE = WINDOW.replace("kernel_size", "kernel_size=None")
STEPS = WINDOW.removeprefix("kernel_size, ")
CEIL = "ceil_mode=False, "
DIVISOR = "count_include_pad=True, divisor_override=None, "
FORMAT = "data_format='channels_first'"
INDICES = FORMAT + ", return_indices=False"
FRACTIONAL = "kernel_size, output_size=None, output_ratio=None, samples=None, rng=None, "
BOUNDARIES = "*, boundaries=None, overlapping=False, pseudorandom=True, "
UNPOOL = "kernel_size, stride=None, padding=0, output_size=None, *, duplicates='last', " + FORMAT
ROI_ALIGN = "output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False, *, " + FORMAT
MODE = "mode='learned', "
DETAIL = "log_lambda=0.0, log_alpha=0.0, symmetric=True, normalize='mean', eps2=0.001, "
CHANCE = "training=True, rng=None, "
S3 = WINDOW.replace("stride", "grid_size, stride")
RANKS = {
    (1, 2, 3): {
        "max_pool": ("MaxPool", "x, " + WINDOW + CEIL + INDICES, WINDOW + CEIL + FORMAT),
        "min_pool": ("MinPool", "x, " + WINDOW + CEIL + INDICES, WINDOW + CEIL + FORMAT),
        "avg_pool": ("AvgPool", *(x + WINDOW + CEIL + DIVISOR + FORMAT for x in ("x, ", ""))),
        "sum_pool": ("SumPool", *(x + WINDOW + CEIL + FORMAT for x in ("x, ", ""))),
        "lp_pool": ("LPPool", *(x + "norm_type, " + WINDOW + "normalized=False, " + CEIL + FORMAT for x in ("x, ", ""))),
        "median_pool": ("MedianPool", *(x + WINDOW + CEIL + FORMAT for x in ("x, ", ""))),
        "soft_pool": (
            "SoftPool",
            "x, " + WINDOW + "beta=1.0, detach_weights=False, " + CEIL + FORMAT,
            WINDOW + "beta=1.0, num_channels=None, detach_weights=False, " + CEIL + FORMAT,
        ),
        "lse_pool": ("LSEPool", "x, " + WINDOW + "r=1.0, " + CEIL + FORMAT, WINDOW + "r=1.0, num_channels=None, " + CEIL + FORMAT),
        "softmax_pool": ("SoftmaxPool", *(x + WINDOW + CEIL + FORMAT for x in ("x, logits, ", ""))),
        "gem_pool": (
            "GeMPool",
            "x, p, " + WHOLE + "eps=1e-06, " + CEIL + FORMAT,
            WHOLE + "p=3.0, alpha=None, num_channels=None, eps=1e-06, " + CEIL + FORMAT,
        ),
        "mixed_pool": (
            "MixedPool",
            "x, kernel_size, alpha, " + STEPS + MODE + "training=True, rng=None, " + CEIL + FORMAT,
            WINDOW + "alpha=0.5, " + MODE + "num_channels=None, rng=None, " + CEIL + FORMAT,
        ),
        "gated_pool": (
            "GatedPool",
            "x, mask, " + STEPS + CEIL + FORMAT,
            WINDOW + "num_channels=None, rng=None, " + CEIL + FORMAT,
        ),
        "tree_pool": (
            "TreePool",
            "x, leaves, gate, " + STEPS + CEIL + FORMAT,
            WINDOW + "num_channels=None, rng=None, " + CEIL + FORMAT,
        ),
        "weighted_max_pool": (
            "WeightedMaxPool",
            "x, weight, " + STEPS + CEIL + FORMAT,
            WINDOW + "num_channels=None, " + CEIL + FORMAT,
        ),
        "ordinal_pool": (
            "OrdinalPool",
            "x, weight, " + WINDOW + CEIL + FORMAT,
            WINDOW + "init='avg', num_channels=None, rng=None, " + CEIL + FORMAT,
        ),
        "detail_preserving_pool": (
            "DetailPreservingPool",
            "x, " + WINDOW + DETAIL + "filter=None, bias=None, " + CEIL + FORMAT,
            WINDOW + DETAIL + "lite=True, num_channels=None, rng=None, " + CEIL + FORMAT,
        ),
        "stochastic_pool": (
            "StochasticPool",
            "x, " + WINDOW + CHANCE + CEIL + FORMAT,
            WINDOW + "rng=None, " + CEIL + FORMAT,
        ),
        "max_pool_dropout": (
            "MaxPoolDropout",
            "x, " + WINDOW + "rate=0.5, " + CHANCE + CEIL + FORMAT,
            WINDOW + "rate=0.5, rng=None, " + CEIL + FORMAT,
        ),
        "rank_pool": (
            "RankPool",
            "x, " + WINDOW + "mode='average', top=None, decay=0.5, " + CHANCE + CEIL + FORMAT,
            WINDOW + "mode='average', top=None, decay=0.5, rng=None, " + CEIL + FORMAT,
        ),
        "s3_pool": ("S3Pool", "x, " + S3 + CHANCE + CEIL + FORMAT, S3 + "rng=None, " + CEIL + FORMAT),
        "blur_pool": ("BlurPool", *(x + "filter_size=4, stride=2, *, mode='reflect', " + FORMAT for x in ("x, ", ""))),
        "max_blur_pool": (
            "MaxBlurPool",
            *(x + "kernel_size=2, filter_size=4, stride=2, *, mode='reflect', " + FORMAT for x in ("x, ", "")),
        ),
        "polyphase_pool": ("PolyphasePool", "x, stride=2, *, norm=2, " + INDICES, "stride=2, *, norm=2, " + FORMAT),
        "adaptive_max_pool": ("AdaptiveMaxPool", "x, output_size, *, " + INDICES, "output_size, *, " + FORMAT),
        "adaptive_avg_pool": ("AdaptiveAvgPool", "x, output_size, *, " + FORMAT, "output_size, *, " + FORMAT),
        "max_unpool": ("MaxUnpool", "x, indices, " + UNPOOL, UNPOOL),
    },
    (2, 3): {
        "fractional_max_pool": (
            "FractionalMaxPool",
            "x, " + FRACTIONAL + "return_indices=False, " + BOUNDARIES + "return_boundaries=False, " + FORMAT,
            FRACTIONAL + BOUNDARIES + FORMAT,
        ),
        "fractional_avg_pool": (
            "FractionalAvgPool",
            "x, " + FRACTIONAL + BOUNDARIES + "return_boundaries=False, " + FORMAT,
            FRACTIONAL + BOUNDARIES + FORMAT,
        ),
    },
    (2,): {"spatial_pyramid_pool": ("SpatialPyramidPool", *(x + "levels, mode='max', *, " + FORMAT for x in ("x, ", "")))},
    (0,): {
        "global_max_pool": ("GlobalMaxPool", "x, *, " + INDICES, "*, " + FORMAT),
        "global_min_pool": ("GlobalMinPool", "x, *, " + INDICES, "*, " + FORMAT),
        "global_avg_pool": ("GlobalAvgPool", "x, *, " + FORMAT, "*, " + FORMAT),
        "global_sum_pool": ("GlobalSumPool", "x, *, " + FORMAT, "*, " + FORMAT),
        "global_lp_pool": ("GlobalLPPool", *(x + "norm_type, *, normalized=False, " + FORMAT for x in ("x, ", ""))),
        "attention_pool": ("AttentionPool", "x, query, *, " + FORMAT, "num_channels, *, " + FORMAT),
        "generalized_max_pool": (
            "GeneralizedMaxPool",
            "x, lam, *, normalize=True, " + FORMAT,
            "lam=1000.0, *, normalize=True, " + FORMAT,
        ),
        "roi_pool": ("RoIPool", *(x + "output_size, spatial_scale=1.0, *, " + FORMAT for x in ("x, rois, ", ""))),
        "roi_align": ("RoIAlign", *(x + ROI_ALIGN for x in ("x, rois, ", ""))),
    },
}
SIGNATURES = {
    name + suffix: (layer + suffix, f"({function}, out=None)", f"({of_layer}, name=None)")
    for ranks, family in RANKS.items()
    for suffix in (f"{rank}d" if rank else "" for rank in ranks)
    for name, (layer, function, of_layer) in family.items()
}
FUNCTIONS = list(SIGNATURES)
LAYERS = {layer: signature for layer, _, signature in SIGNATURES.values()}
OTHERS = ["Layer", "Layers", "Pooling", "vjp", "reference", "set_num_threads", "get_num_threads", "num_threads", "show_config"]
MODULES = {"cpool": cpool, "cpool.vjp": cpool.vjp, "cpool.reference": cpool.reference, "cpool.reference.vjp": cpool.reference.vjp}


def shape_of(function):
    """What of a signature callers rely on: names, kinds and defaults."""
    signature = inspect.signature(function)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


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
    assert shape_of(getattr(MODULES[module], name)) == SIGNATURES[name][1]


@pytest.mark.parametrize("name", LAYERS)
def test_signature_of_layers(name):
    assert shape_of(getattr(cpool, name)) == LAYERS[name]


def test_every_function_is_in_the_table():
    for module in (cpool.functional, cpool.vjp, cpool.reference, cpool.reference.vjp):
        assert {name for name in module.__all__ if name != "vjp" and name.islower()} == set(FUNCTIONS)


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
    results = [] if inspect.isclass(thing) else ["y"]
    results += [what for what in ("indices", "boundaries") if f"return_{what}" in inspect.signature(thing).parameters]
    results += ["pullback"] if name.startswith("vjp") else []
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
