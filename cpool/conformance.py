"""Golden vectors of pooling: small cases with known answers, for those who test a pooling of their own.

The rules here are those that implementations keep getting wrong: the size of the output, divisors, adaptive bins, padding by
name, fractional windows, ties and NaN, windows without cells, the Lp norm, unpooling. Each case is one call on so few numbers
that its answer can be checked by hand. ``check(module)`` runs all of them on a module that has functions of cpool's names and
arguments, such as `cpool` itself, and tells which differ:

>>> import cpool, cpool.conformance
>>> cpool.conformance.check(cpool)
[]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = ["CASES", "Case", "check"]

INF, NAN = float("inf"), float("nan")


class Case(NamedTuple):
    """One call, ``function(x, *arguments, **options)``, on float64, and what it has to give."""

    rule: str
    """What the case is about."""
    function: str
    """The function's name."""
    x: Any
    """Channels first: ``(C, *spatial)``, or ``(N, C, *spatial)``."""
    arguments: tuple[Any, ...]
    """Those by position that follow x."""
    options: Mapping[str, Any]
    """Arguments by keyword."""
    result: Any
    """The result; or the exception that is due."""
    indices: Any = None
    """What `return_indices` adds, where that is asked for."""
    gradient: Any = None
    """The gradient of x for a gradient of ones, where the case is about it."""


def counting(n: int) -> list[list[float]]:
    """One channel of 0, 1, ..., n - 1: the maximum of a window tells its last cell."""
    return [[float(i) for i in range(n)]]


def _sizes() -> list[Case]:
    # n, kernel, stride, padding, dilation; the last cell of each window in floor mode, and in ceil mode
    table = [
        (5, 2, 2, 0, 1, [1, 3], [1, 3, 4]),
        (4, 3, 2, 1, 1, [1, 3], [1, 3, 3]),
        (6, 2, 4, 1, 1, [0, 4], [0, 4]),  # in ceil mode too: a third window would start in the padding behind
        (5, 1, 3, 0, 1, [0, 3], [0, 3]),
        (7, 2, 5, 1, 1, [0, 5], [0, 5]),
        (9, 4, 4, 2, 1, [1, 5, 8], [1, 5, 8]),
        (5, 2, 2, 1, 1, [0, 2, 4], [0, 2, 4]),
        (1, 3, 6, 1, 2, ValueError, [-INF]),
        (1, 2, 1, 2, 3, [-INF, -INF], [-INF, -INF]),
    ]
    cases = []
    for n, kernel, stride, padding, dilation, *found in table:
        for ceil_mode, last in zip((False, True), found, strict=True):
            what = f"output size, {'ceil' if ceil_mode else 'floor'}: n={n} k={kernel} s={stride} p={padding} d={dilation}"
            options = {"ceil_mode": ceil_mode}
            result = [last] if isinstance(last, list) else last
            cases.append(Case(what, "max_pool1d", counting(n), (kernel, stride, padding, dilation), options, result))
    return cases


def _divisors() -> list[Case]:
    x, arguments, ceil = [[1.0, 2.0, 3.0, 4.0]], (3, 2, 1), {"ceil_mode": True}  # windows over 1 2, 2 3 4 and 4
    return [
        Case("divisor: padding counts, the overhang of ceil mode never", "avg_pool1d", x, arguments, ceil, [[1, 3, 2]]),
        Case("divisor: cells alone", "avg_pool1d", x, arguments, {**ceil, "count_include_pad": False}, [[1.5, 3, 4]]),
        Case("divisor: given", "avg_pool1d", x, arguments, {**ceil, "divisor_override": -2}, [[-1.5, -4.5, -2]]),
        Case("sum", "sum_pool1d", x, arguments, ceil, [[3, 9, 4]], None, [[1, 2, 1, 2]]),
        Case("divisor: in the gradient", "avg_pool1d", x, arguments, ceil, [[1, 3, 2]], None, [[1 / 3, 2 / 3, 1 / 3, 5 / 6]]),
    ]


def _named_padding() -> list[Case]:
    table = [
        (6, 3, 2, 1, "same", [2, 4, 5]),  # the odd cell of padding goes behind
        (6, 3, 2, 1, "same_lower", [1, 3, 5]),  # or ahead
        (7, 2, 2, 1, "same", [1, 3, 5, 6]),
        (7, 2, 2, 1, "same_lower", [0, 2, 4, 6]),
        (6, 3, 2, 2, "same", [3, 5, 5]),  # the dilated window decides
        (10, 1, 3, 1, "same", [0, 3, 6, 9]),  # no padding where the stride is larger
        (6, 3, 2, 1, "valid", [2, 4]),
    ]
    cases = [
        Case(f"padding {name!r}: n={n} k={k} s={s} d={d}", "max_pool1d", counting(n), (k, s, name, d), {}, [last])
        for n, k, s, d, name, last in table
    ]
    x, exclude = counting(6), {"count_include_pad": False}
    return [
        *cases,
        Case("padding 'same' of an average, counted", "avg_pool1d", x, (3, 2, "same"), {}, [[1, 3, 3]]),
        Case("padding 'same' of an average, as TensorFlow has it", "avg_pool1d", x, (3, 2, "same"), exclude, [[1, 3, 4.5]]),
    ]


def _winners() -> list[Case]:
    ask = {"return_indices": True}
    nan = [[1.0, NAN, NAN, 2.0]]
    return [
        Case("ties: the first", "max_pool1d", [[1.0, 3.0, 3.0, 2.0]], (3, 1), ask, [[3, 3]], [[1, 1]], [[0, 2, 0, 0]]),
        Case("ties: the first", "min_pool1d", [[2.0, 1.0, 1.0, 3.0]], (3, 1), ask, [[1, 1]], [[1, 1]], [[0, 2, 0, 0]]),
        Case("ties: the first in row-major order", "max_pool2d", [[[0.0, 5.0], [5.0, 5.0]]], (2,), ask, [[[5]]], [[[1]]]),
        Case("ties: zeros are equal", "max_pool1d", [[-0.0, 0.0]], (2,), ask, [[-0.0]], [[0]]),
        Case("NaN: it wins, the first of them", "max_pool1d", nan, (3, 1), ask, [[NAN, NAN]], [[1, 1]], [[0, 2, 0, 0]]),
        Case("NaN: it wins, the first of them", "min_pool1d", nan, (3, 1), ask, [[NAN, NAN]], [[1, 1]], [[0, 2, 0, 0]]),
        Case("NaN: in its windows alone", "avg_pool1d", [[NAN, 1.0, 2.0, INF, 4.0]], (2, 1), {}, [[NAN, 1.5, INF, INF]]),
        Case("padding never wins", "max_pool1d", [[-3.0, -2.0]], (3, 1, 1), ask, [[-2, -2]], [[1, 1]], [[0, 2]]),
        Case("no cell: index -1, no gradient", "max_pool1d", [[7.0]], (2, 1, 2, 3), ask, [[-INF, -INF]], [[-1, -1]], [[0]]),
        Case("no cell: min", "min_pool1d", [[7.0]], (2, 1, 2, 3), ask, [[INF, INF]], [[-1, -1]], [[0]]),
        Case("no cell: average", "avg_pool1d", [[7.0]], (2, 1, 2, 3), {"count_include_pad": False}, [[0, 0]], None, [[0]]),
        Case("no cell: sum", "sum_pool1d", [[7.0]], (2, 1, 2, 3), {}, [[0, 0]], None, [[0]]),
        Case("no cell: Lp", "lp_pool1d", [[7.0]], (2, 2, 1, 2, 3), {}, [[0, 0]], None, [[0]]),
    ]


def _norms() -> list[Case]:
    x = [[1.0, 2.0, 3.0, 4.0]]
    return [
        Case("Lp: a partial window is not inflated", "lp_pool1d", x, (2, 3, 3), {"ceil_mode": True}, [[14**0.5, 4]]),
        Case("Lp: of absolute values", "lp_pool1d", [[-1.0, 2.0]], (1, 2), {}, [[3]], None, [[-1, 1]]),
        Case("Lp: odd powers too", "lp_pool1d", [[-3.0, 0.0]], (3, 2), {}, [[3]], None, [[-1, 0]]),
        Case("Lp: infinite p is the largest absolute value", "lp_pool1d", [[-3.0, 2.0]], (INF, 2), {}, [[3]]),
        Case("Lp: no gradient at 0, rather than NaN", "lp_pool1d", [[0.0, 0.0]], (2, 2), {}, [[0]], None, [[0, 0]]),
        Case("Lp: no overflow on the way", "lp_pool1d", [[3e200, 4e200]], (2, 2), {}, [[5e200]]),
    ]


def _bins() -> list[Case]:
    # bin i is from floor(i * n / out) to ceil((i + 1) * n / out)
    table = [
        (7, 5, [0.5, 1.5, 3, 4.5, 5.5], [1, 2, 4, 5, 6]),
        (8, 3, [1, 3.5, 6], [2, 5, 7]),
        (3, 5, [0, 0.5, 1, 1.5, 2], [0, 1, 1, 2, 2]),
        (4, 1, [1.5], [3]),
    ]
    cases = []
    for n, out, average, last in table:
        cases.append(Case(f"adaptive bins: {n} to {out}", "adaptive_avg_pool1d", counting(n), (out,), {}, [average]))
        ask = {"return_indices": True}
        cases.append(Case(f"adaptive bins: {n} to {out}", "adaptive_max_pool1d", counting(n), (out,), ask, [last], [last]))
    return cases


def _fractional() -> list[Case]:
    x = [[counting(10)]]  # (1, 1, 1, 10): one row
    starts = {0.0: [0, 1, 3, 4, 6, 8], 0.3: [0, 2, 3, 5, 6, 8], 0.5: [0, 2, 4, 5, 7, 8]}
    cases = [
        Case(
            f"fractional, PyTorch's windows: 10 to 6, u={u}",
            "fractional_max_pool2d",
            x,
            ((1, 2),),
            {"output_size": (1, 6), "samples": [[[u, 0.9]]]},
            [[[[start + 1 for start in found]]]],
        )
        for u, found in starts.items()
    ]
    bounds = {"boundaries": ((0, 1), (0, 1, 3, 5, 6, 8, 10))}
    return [
        *cases,
        Case("fractional by boundaries", "fractional_max_pool2d", x, (None,), bounds, [[[[0, 2, 4, 5, 7, 9]]]]),
        Case("fractional by boundaries, overlapping", "fractional_max_pool2d", x, (None,), {**bounds, "overlapping": True},
             [[[[1, 3, 5, 6, 8, 9]]]]),
        Case("fractional by boundaries", "fractional_avg_pool2d", x, (None,), bounds, [[[[0, 1.5, 3.5, 5, 6.5, 8.5]]]]),
    ]  # fmt: skip


def _unpooling() -> list[Case]:
    x = [[5.0, 4.0]]
    return [
        Case("unpooling: default size", "max_unpool1d", x, ([[1, 3]], 2), {}, [[0, 5, 0, 4]], None, [[1, 1]]),
        Case("unpooling: size with padding", "max_unpool1d", x, ([[0, 2]], 3, 2, 1), {}, [[5, 0, 4]]),
        Case("unpooling: less than one stride more", "max_unpool1d", x, ([[1, 4]], 2, 2, 0, (5,)), {}, [[0, 5, 0, 0, 4]]),
        Case("unpooling: a whole stride more", "max_unpool1d", x, ([[1, 4]], 2, 2, 0, (6,)), {}, ValueError),
        Case("unpooling: an index outside", "max_unpool1d", x, ([[1, 4]], 2), {}, ValueError),
        Case("unpooling: a negative index", "max_unpool1d", x, ([[1, -1]], 2), {}, ValueError),
        Case("unpooling: the last of equal indices", "max_unpool1d", x, ([[1, 1]], 2), {}, [[0, 4, 0, 0]], None, [[0, 1]]),
        Case("unpooling: their sum", "max_unpool1d", x, ([[1, 1]], 2), {"duplicates": "sum"}, [[0, 9, 0, 0]], None, [[1, 1]]),
    ]


CASES: tuple[Case, ...] = (
    *_sizes(), *_divisors(), *_named_padding(), *_winners(), *_norms(), *_bins(), *_fractional(), *_unpooling(),
)  # fmt: skip
"""All of them."""


def check(module: Any, cases: tuple[Case, ...] = CASES) -> list[str]:
    """Run cases on a module, and describe each that differs.

    Parameters
    ----------
    module : module or other object
        Its attributes are called by cpool's names, and for gradients those of its attribute `vjp`, which return a result and a
        pullback. What it does not have is not checked.
    cases : tuple of Case
        Those to run.

    Returns
    -------
    list of str
        For each case that differs, its rule, the call, and what came instead.
    """
    found = []
    for case in cases:
        function = getattr(module, case.function, None)
        if function is not None and (wrong := _difference(case, function)):
            found.append(_described(case, wrong))
        function = getattr(getattr(module, "vjp", None), case.function, None)
        if function is not None and case.gradient is not None and (wrong := _gradient_difference(case, function)):
            found.append(_described(case, wrong))
    return found


def _described(case: Case, wrong: str) -> str:
    arguments = [str(case.x), *map(repr, case.arguments), *(f"{name}={value!r}" for name, value in case.options.items())]
    return f"{case.rule}: {case.function}({', '.join(arguments)}): {wrong}"


def _difference(case: Case, function: Any) -> str:
    due = case.result.__name__ if isinstance(case.result, type) else ""
    try:
        result = function(np.array(case.x), *case.arguments, **case.options)
    except Exception as error:
        return "" if type(error).__name__ == due else f"{type(error).__name__}: {error}"
    if due:
        return f"{np.asarray(result).tolist()} instead of {due}"
    if case.indices is None:
        return _unlike("", result, case.result)
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        return "no pair of values and indices"
    return _unlike("", result[0], case.result) or _unlike("indices ", result[1], case.indices)


def _gradient_difference(case: Case, function: Any) -> str:
    try:
        _, pullback = function(np.array(case.x), *case.arguments, **case.options)
        gradient = pullback(np.ones(np.shape(case.result)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return _unlike("gradient ", gradient, case.gradient)


def _unlike(what: str, got: Any, want: Any) -> str:
    got = np.asarray(got)
    same = got.shape == np.shape(want) and np.allclose(got, want, rtol=1e-12, atol=0, equal_nan=True)
    return "" if same else f"{what}{got.tolist()} instead of {what}{np.asarray(want).tolist()}"
