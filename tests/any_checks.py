"""What must hold of any call, good or bad: see `any_calls`."""

import copy
import inspect
import math

import numpy as np
from any_calls import DOCUMENTED, LAYERS, MOST_CELLS, SELECTIONS
from cases import garbage
from numerics import assert_same_bits

import cpool

COUNTS = {"refused": 0, "compared": 0, "too large": 0, "layers": 0}
"""How the calls of this process ended; the fuzzers print it."""
LEARNED = (
    "alpha",
    "beta",
    "r",
    "p",
    "query",
    "weight",
    "mask",
    "leaves",
    "gate",
    "filter",
    "bias",
    "lam",
    "log_lambda",
    "log_alpha",
)
ULP = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


def arrays_in(value):
    """The arrays of a call, within tuples and lists too."""
    if isinstance(value, np.ndarray):
        return [value]
    return [a for entry in value for a in arrays_in(entry)] if isinstance(value, (tuple, list)) else []


def snapshot(call):
    out = call.options.get("out")
    return [(a, a.tobytes()) for a in arrays_in([call.x, *(v for k, v in call.options.items() if k != "out")]) if a is not out]


def attempt(function, call, **more):
    """(result, None) or (None, the documented exception with which the call was refused)."""
    # A result of its own for each attempt, and the same random numbers.
    options = {
        key: copy.deepcopy(value) if isinstance(value, np.random.Generator) else value for key, value in call.options.items()
    }
    options |= more
    if isinstance(out := options.get("out"), np.ndarray) and out is not call.x:
        options["out"] = out.copy()
    try:
        return function(call.x, **options), None
    except DOCUMENTED as error:
        if not str(error):
            raise AssertionError(f"{type(error).__name__} without a message") from error
        return None, error


def check(call):
    """Raise an AssertionError, or what the call raised that it should not, where a rule is broken."""
    before = snapshot(call)
    with np.errstate(all="ignore"):
        ended = checked(call)
        check_layer(call, ended == "refused")
    for a, bytes_of in before:
        assert a.tobytes() == bytes_of, "an input was changed"
    COUNTS[ended] += 1


def checked(call):
    y, refusal = attempt(getattr(cpool, call.function), call)
    if refusal is None and windows_of(main(y)) > MOST_CELLS:
        return "too large"
    if isinstance(refusal, MemoryError):
        return "refused"
    want, other = attempt(getattr(cpool.reference, call.function), call)
    assert same_refusal(call, refusal, other), f"cpool: {refusal!r}, the reference: {other!r}"
    pair, again = attempt(getattr(cpool.vjp, call.function), call)
    assert same_refusal(call, refusal, again), f"cpool: {refusal!r}, cpool.vjp: {again!r}"
    if refusal is not None:
        assert call.spoiled, f"a legal call was refused: {refusal!r}"
        return "refused"
    seeded = call.options.get("rng", 0) is not None and ("rng" in call.options or not draws(call))
    if not seeded:  # drawn anew each time
        return "compared"
    exact = is_selection(call)
    for got, wanted in zip(parts(y), parts(want), strict=True):
        compare(call, got, wanted, exact)
    for got, wanted in zip(parts(y), parts(pair[0]), strict=True):
        assert_same_bits(np.asarray(got), np.asarray(wanted))
    if call.options.get("out") is None:
        again, _ = attempt(getattr(cpool, call.function), call, out=garbage(main(y).shape, main(y).dtype))
        assert_same_bits(main(again), main(y))
    check_gradients(call, main(y), pair[1], exact)
    return "compared"


def same_refusal(call, one, other):
    """Of the same type; where several arguments are wrong, either may be seen first."""
    if "shares memory with an input" in str(one):  # the reference looks at x as it was converted only
        return True
    several = len(set(call.spoiled)) > 1 or "x" in call.spoiled
    return type(one) is type(other) or (several and one is not None and other is not None)


def draws(call):
    return "rng" in inspect.signature(getattr(cpool, call.function)).parameters and call.options.get("training") is not False


def is_selection(call):
    if call.method == "max_unpool":
        return call.options.get("duplicates", "last") != "sum"
    return call.method in SELECTIONS or (call.method == "spatial_pyramid_pool" and call.options.get("mode", "max") == "max")


def windows_of(y):
    """Elements of a result, or what they would be in one plane."""
    return math.prod(max(1, n) for n in np.shape(y))


def parts(result):
    return result if isinstance(result, tuple) else (result,)


def main(result):
    return parts(result)[0]


def compare(call, got, want, exact):
    """The same dtype and shape; the same bits where `exact`; otherwise near, where the values allow it to be said."""
    if isinstance(want, (list, tuple)):  # boundaries
        assert [list(row) for row in got] == [list(row) for row in want]
        return
    got, want = np.asarray(got), np.asarray(want)
    assert (got.dtype, got.shape) == (want.dtype, want.shape), f"{got.dtype} {got.shape}, not {want.dtype} {want.shape}"
    if exact or want.dtype.kind in "biu":
        assert_same_bits(got, want)
    elif not call.wild:
        ulp = max(ULP[a.dtype.name] for a in (got, call.x) if isinstance(a, np.ndarray) and a.dtype.name in ULP)
        got, want = got.astype(np.float64), want.astype(np.float64)
        finite = np.isfinite(want) & np.isfinite(got)
        largest = np.abs(want[finite]).max(initial=0) + magnitude(call)
        assert np.array_equal(finite, np.isfinite(want)) or call.spoiled, "not finite where the reference is"
        wrong = np.abs(got - want)[finite] > 1000 * max(ulp, 2.0**-40) * (largest + np.abs(want[finite]))
        first = got[finite][wrong][:3], want[finite][wrong][:3]
        assert not wrong.any(), f"{np.count_nonzero(wrong)} of {wrong.size} far from the reference, the first {first}"


def magnitude(call):
    found = 1.0
    for a in (call.x, *call.options.values()):
        if isinstance(a, np.ndarray) and a.dtype.kind in "fV" and a.size:
            wide = np.abs(a.astype(np.float64))
            found = max(found, float(np.max(wide, where=np.isfinite(wide), initial=0.0)))
    return found * found


def check_gradients(call, y, pullback, exact):
    (_, reference), _ = attempt(getattr(cpool.reference.vjp, call.function), call)
    rng = np.random.default_rng(call.seed)
    grad = rng.integers(-2, 3, y.shape).astype(y.dtype if y.dtype.kind not in "biu" else np.float64)
    before = grad.tobytes()
    found, want = parts(pullback(grad)), parts(reference(grad))
    again = parts(pullback(grad, out=garbage(found[0].shape, found[0].dtype)))
    for one, other, wanted in zip(found, again, want, strict=True):
        assert_same_bits(np.asarray(one), np.asarray(other))
        assert np.shape(one) == np.shape(wanted)
        if exact or not call.spoiled:  # arguments in other dtypes than they should have round otherwise
            compare(call, one, wanted, False)
    assert grad.tobytes() == before
    for bad in (grad[None], grad.astype(complex), None, grad[..., :0] if grad.size else grad[None]):
        try:
            pullback(bad)
        except DOCUMENTED:
            continue
        raise AssertionError(f"a gradient of {type(bad)} {np.shape(bad)} was taken for one of {y.shape}")


# ------------------------------------------------------------------------------------------------ layers
def as_array(value):
    return value if isinstance(value, np.ndarray) else np.zeros(())


def check_layer(call, refused):
    """The layer of the same settings: refused with a documented exception too, or the results of the function."""
    kind = LAYERS[call.function.replace("_", "")]
    accepted = inspect.signature(kind).parameters
    settings = {key: value for key, value in call.options.items() if key in accepted and key not in LEARNED}
    inputs = [call.options[key] for key in ("indices", "rois", "logits") if key in call.options]
    if (window := {"gated_pool": "mask", "tree_pool": "gate", "weighted_max_pool": "weight"}.get(call.method)) is not None:
        settings["kernel_size"] = np.shape(as_array(call.options.get(window)))[-int(call.function[-2]) :]
    if "num_channels" in accepted and isinstance(call.x, np.ndarray) and call.x.ndim and call.seed % 2:
        last = str(call.options.get("data_format")) == "channels_last"
        settings["num_channels"] = call.x.shape[-1 if last else min(1, call.x.ndim - 1)]
    try:
        layer = kind(**settings)
        assert repr(layer)
        layer.load_state_dict(layer.state_dict())
        y = layer(call.x, *inputs)
    except DOCUMENTED:
        return
    if windows_of(main(y)) > MOST_CELLS:
        return
    gradient = layer.backward(np.ones_like(main(y), dtype=None if main(y).dtype.kind not in "biu" else float))
    assert np.shape(main(gradient)) == np.shape(call.x)
    if not refused and not layer.params and not draws(call) and "training" not in call.options and not call.spoiled:
        assert_same_bits(main(y), main(attempt(getattr(cpool, call.function), call)[0]))
        COUNTS["layers"] += 1
