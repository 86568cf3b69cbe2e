"""The golden vectors: cpool and its reference pass them, PyTorch where it has the rule, and what is wrong is found."""

import types

import numpy as np
import pytest

import cpool
from cpool import conformance
from cpool.conformance import CASES


@pytest.mark.parametrize("module", [cpool, cpool.reference])
def test_cpool_conforms(module):
    assert conformance.check(module) == []


def everything(function):
    """A module whose functions are all the same, and so are their gradients."""
    names = {case.function: function for case in CASES}
    return types.SimpleNamespace(**names, vjp=types.SimpleNamespace(**names))


def test_every_case_can_fail():
    def wrong(x, *arguments, **options):
        return 12345.0

    def failing(x, *arguments, **options):
        raise RuntimeError("no")

    with_gradient = [case for case in CASES if case.gradient is not None]
    for function in (wrong, failing):
        found = conformance.check(everything(function))
        assert len(found) == len(CASES) + len(with_gradient)
        assert all(case.rule in " ".join(found) for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_every_part_of_a_case_is_compared(case):
    if isinstance(case.result, type):
        pytest.skip("an error has no parts")
    result, indices = np.array(case.result, float), None if case.indices is None else np.array(case.indices)

    def answer(values, places, gradient):
        def function(x, *arguments, **options):
            return values if places is None else (values, places)

        def with_gradient(x, *arguments, **options):
            return values, lambda grad: gradient

        return types.SimpleNamespace(**{case.function: function}, vjp=types.SimpleNamespace(**{case.function: with_gradient}))

    gradient = None if case.gradient is None else np.array(case.gradient, float)
    assert conformance.check(answer(result, indices, gradient), (case,)) == []
    assert conformance.check(answer(result[..., :0], indices, gradient), (case,))
    assert conformance.check(answer(np.where(np.isfinite(result), result * (1 + 1e-9) + 1e-9, 0), indices, gradient), (case,))
    if indices is not None:
        assert conformance.check(answer(result, indices + 1, gradient), (case,))
    if gradient is not None:
        assert conformance.check(answer(result, indices, gradient + 1e-9), (case,))


def test_what_a_module_lacks_is_not_checked():
    assert conformance.check(types.SimpleNamespace()) == []
    assert conformance.check(types.SimpleNamespace(max_pool1d=cpool.max_pool1d)) == []


# ------------------------------------------------------------------------------------------------ PyTorch
def of_torch(torch):
    """PyTorch's operators that keep cpool's rules, under cpool's names."""
    functional = torch.nn.functional

    def wrapped(operator):
        def function(x, *arguments, **options):
            y = operator(torch.tensor(x), *arguments, **options)
            return tuple(map(np.asarray, y)) if isinstance(y, tuple) else np.asarray(y)

        return function

    def fractional(x, kernel_size, output_size, samples):
        return functional.fractional_max_pool2d(x, kernel_size, output_size, _random_samples=torch.tensor(samples, dtype=x.dtype))

    operators = ("max_pool1d", "avg_pool1d", "adaptive_avg_pool1d", "adaptive_max_pool1d")
    names = {name: wrapped(getattr(functional, name)) for name in operators}
    return types.SimpleNamespace(**names, fractional_max_pool2d=wrapped(fractional))


def test_torch_agrees():
    torch = pytest.importorskip("torch")
    module = of_torch(torch)
    shared = (
        "output size",
        "divisor: padding",
        "divisor: cells",
        "ties: the first",
        "padding never",
        "adaptive",
        "fractional, PyTorch",
    )
    cases = tuple(case for case in CASES if case.rule.startswith(shared) and hasattr(module, case.function))
    # PyTorch's padding goes to half the window; its 1-d averages have no divisor of their own.
    cases = tuple(case for case in cases if "p=2 d=3" not in case.rule and case.result is not ValueError)
    assert len(cases) > 25
    assert conformance.check(module, cases) == []
