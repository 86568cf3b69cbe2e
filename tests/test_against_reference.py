"""Every function against the oracle: values, indices, dtypes, gradients, `out`, and what must stay untouched."""

import math

import numpy as np
import pytest
from cases import BFLOAT16, CONTENTS, FUNCTIONS, MEMORY, WRITABLE, Case, cases, contents, examples, garbage, op_and_rank, zoo
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_close, assert_same_bits, cells, exact, gradient_accumulator, sum_accumulator

import cpool

ZOO = zoo()


# ------------------------------------------------------------------------------------------------ the checks
def check_result(case, y):
    """A result without indices against the oracle's."""
    op, rank = op_and_rank(case.function)
    reference = getattr(cpool.reference, case.function)
    want = reference(case.x, **case.options)
    if op in ("max", "min") or want.dtype.kind in "iu":
        assert_same_bits(y, want)
        return
    assert y.dtype == want.dtype
    x = case.x.astype(np.float64)
    truth, magnitude = reference(x, **case.options), reference(np.abs(x), **case.options)
    kernel_size = case.options["kernel_size"]
    assert_close(y, truth, sum_accumulator(case.x.dtype, kernel_size), magnitude, cells(kernel_size, rank))


def check_forward(case):
    """The forward function: its result, with and without indices; x is as before, and no part of the result."""
    function = getattr(cpool, case.function)
    before = case.x.tobytes()
    y = function(case.x, **case.options)
    assert type(y) is np.ndarray
    assert not np.may_share_memory(y, case.x)
    check_result(case, y)
    if op_and_rank(case.function)[0] in ("max", "min"):
        values, indices = function(case.x, **case.options, return_indices=True)
        assert_same_bits(values, y)
        assert_same_bits(indices, getattr(cpool.reference, case.function)(case.x, **case.options, return_indices=True)[1])
    assert case.x.tobytes() == before
    return y


def check_out(call, want, rank, last, memory):
    """The same result in an array of this kind of memory, and nothing beside it is written."""
    out = MEMORY[memory](garbage(want.shape, want.dtype), rank, last)
    assert call(out) is out
    assert_same_bits(out, want)
    out[...] = garbage(want.shape, want.dtype)
    whole = out
    while whole.base is not None:
        whole = whole.base
    assert_same_bits(whole, garbage(whole.shape, whole.dtype))


def check_gradient(case, grad_y, return_indices=False):
    """The pullback: its result and dtype, any number of times, whatever becomes of the arrays of the forward call."""
    op, rank = op_and_rank(case.function)
    selects = op in ("max", "min")
    options = case.options | ({"return_indices": True} if return_indices else {})
    x = case.x if case.x.dtype.kind in "biu" else case.x.astype(np.float64)
    _, oracle = getattr(cpool.reference.vjp, case.function)(x, **case.options)
    with np.errstate(all="ignore"):
        truth, magnitude = oracle(exact(grad_y)), oracle(np.abs(exact(grad_y)))

    mine = case.x.copy()
    result, pullback = getattr(cpool.vjp, case.function)(mine, **options)
    y, *indices = result if return_indices else (result,)
    assert_same_bits(y, getattr(cpool, case.function)(mine, **case.options))
    for kept in (mine, y, *indices):
        kept[...] = 0

    before = grad_y.tobytes()
    grad_x = pullback(grad_y)
    assert type(grad_x) is np.ndarray
    assert grad_x.dtype == (np.float64 if case.x.dtype.kind in "biu" else case.x.dtype.newbyteorder("="))
    one_term_each = selects and cells(case.options["kernel_size"], rank) == 1
    terms = 0 if one_term_each else cells(case.options["kernel_size"], rank)
    assert_close(grad_x, truth, gradient_accumulator(grad_x.dtype), magnitude, terms)
    assert_same_bits(pullback(grad_y), grad_x)
    assert grad_y.tobytes() == before
    return pullback, grad_x


# ------------------------------------------------------------------------------------------------ the whole argument space
@pytest.mark.parametrize("function", FUNCTIONS)
@examples(100)
@given(data=st.data())
def test_forward(function, data):
    case = data.draw(cases(function))
    y = check_forward(case)
    rank = op_and_rank(function)[1]
    call = getattr(cpool, function)
    check_out(lambda out: call(case.x, **case.options, out=out), y, rank, case.last, data.draw(st.sampled_from(WRITABLE)))


@pytest.mark.parametrize("function", FUNCTIONS)
@examples(100)
@given(data=st.data())
def test_gradient(function, data):
    case = data.draw(cases(function))
    op, rank = op_and_rank(function)
    y = getattr(cpool.reference, function)(case.x, **case.options)
    rng = np.random.default_rng(case.seed)
    dtype = np.float64 if case.x.dtype.kind in "biu" else case.x.dtype.newbyteorder("=")
    grad_y = contents(rng, y.shape, dtype, data.draw(st.sampled_from(["normal", "ties", "special"])))
    grad_y = MEMORY[data.draw(st.sampled_from(sorted(MEMORY)))](grad_y, rank, case.last)
    pullback, grad_x = check_gradient(case, grad_y, op in ("max", "min") and data.draw(st.booleans()))
    memory = data.draw(st.sampled_from(WRITABLE))
    check_out(lambda out: pullback(grad_y, out=out), grad_x, rank, case.last, memory)


# ------------------------------------------------------------------------------------------------ chosen arrays
SETTINGS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1, "padding": "same"},
    {"kernel_size": (2, 3), "stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "ceil_mode": True},
]


@pytest.mark.parametrize("op", ["max", "min", "avg", "sum"])
@pytest.mark.parametrize(("x", "data_format"), [animal[1:] for animal in ZOO], ids=[animal[0] for animal in ZOO])
def test_zoo(op, x, data_format):
    for options in SETTINGS:
        if x.shape[-3:] == (1, 2, 2) and "dilation" in options:
            continue  # the one that is smaller than this window
        case = Case(f"{op}_pool2d", x, options | {"data_format": data_format}, 0)
        y = check_forward(case)
        grad_dtype = np.float64 if x.dtype.kind in "biu" else x.dtype.newbyteorder("=")
        check_gradient(case, contents(np.random.default_rng(1), y.shape, grad_dtype, "normal"))


class OnlyArray:
    """What only says how to become an array."""

    def __init__(self, a):
        self.a = a

    def __array__(self, dtype=None, copy=None):
        return self.a


class OnlyDLPack:
    """What only lends its memory."""

    def __init__(self, a):
        self.a = a

    def __dlpack__(self, **kwargs):
        return self.a.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.a.__dlpack_device__()


@pytest.mark.parametrize("like", [np.ndarray.tolist, OnlyArray, OnlyDLPack, lambda a: a.view(type("Sub", (np.ndarray,), {}))])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_array_likes(function, like):
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 6, 6)[: 2 + op_and_rank(function)[1]])
    y, pullback = getattr(cpool.vjp, function)(like(x), 2)
    want, oracle = getattr(cpool.vjp, function)(x, 2)
    assert type(y) is np.ndarray
    assert_same_bits(y, want)
    assert_same_bits(getattr(cpool, function)(like(x), 2), want)
    grad_y = np.random.default_rng(1).standard_normal(y.shape)
    assert_same_bits(pullback(like(grad_y)), oracle(grad_y))


@pytest.mark.parametrize("kernel", [(15, 17), (16, 16), (255, 257), (256, 256), (257, 258)])
@pytest.mark.parametrize("op", ["max", "min"])
def test_winners_in_windows_of_more_cells_than_a_byte_or_two_can_count(op, kernel):
    rng = np.random.default_rng(3)
    size = (kernel[0] + 3, kernel[1] + 2)
    x = np.zeros((1, 3, *size), np.float32)
    x[0, 0, -1, -1] = x[0, 1, kernel[0] - 1, kernel[1] - 1] = 1 if op == "max" else -1  # the last cell of a window
    x[0, 2] = rng.standard_normal(size)
    for data_format in ("channels_first", "channels_last"):
        case = Case(f"{op}_pool2d", x, {"kernel_size": kernel, "stride": 1, "data_format": data_format}, 0)
        if data_format == "channels_last":
            case.x = np.ascontiguousarray(np.moveaxis(x, 1, -1))
        y = check_forward(case)
        check_gradient(case, rng.standard_normal(y.shape).astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, BFLOAT16, np.uint8])
@pytest.mark.parametrize("shape", [(1, 1, 301, 403), (3, 40, 61, 67)])
@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("op", ["max", "min", "avg", "sum"])
def test_arrays_large_enough_for_several_threads(op, data_format, shape, dtype):
    rng = np.random.default_rng(5)
    options = {"kernel_size": 5, "stride": 4, "padding": 2, "data_format": data_format}
    x = contents(rng, shape, dtype, "normal")
    case = Case(f"{op}_pool2d", x if data_format == "channels_first" else np.ascontiguousarray(np.moveaxis(x, 1, -1)), options, 0)
    y = check_forward(case)
    check_gradient(case, contents(rng, y.shape, np.float64 if dtype == np.uint8 else dtype, "normal"))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("given", [np.float64, np.float32, np.float16, np.int64, bool, ">f4"])
def test_gradients_of_other_dtypes_are_converted(function, given):
    shape = (2, 3, 6, 6, 6)[: 2 + op_and_rank(function)[1]]
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    y, pullback = getattr(cpool.vjp, function)(x, 2)
    grad_y = np.random.default_rng(1).integers(0, 2, y.shape).astype(given)
    assert_same_bits(pullback(grad_y), pullback(grad_y.astype(np.float32)))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_unaligned_out_is_filled_or_refused(function):
    shape = (2, 3, 6, 6, 6)[: 2 + op_and_rank(function)[1]]
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    want = getattr(cpool, function)(x, 2)
    out = MEMORY["unaligned"](np.zeros_like(want), 0, False)
    try:
        getattr(cpool, function)(x, 2, out=out)
    except ValueError:
        return
    assert_same_bits(out.copy(), want)


# ------------------------------------------------------------------------------------------------ accuracy
@pytest.mark.parametrize("offset", [0.0, 1000.0])
@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [((64, 80), (64, 80), 1), ((40, 300), (31, 31), 7), ((3, 5000), (3, 4096), 100)]
)
@pytest.mark.parametrize("last", [False, True])
def test_float32_is_no_worse_than_numpy(size, kernel, stride, last, offset):
    x = (np.random.default_rng(11).standard_normal((1, 2, *size)) + offset).astype(np.float32)
    given = np.moveaxis(x, 1, -1) if last else x
    options = {"stride": stride, "data_format": "channels_last" if last else "channels_first"}
    average = cpool.avg_pool2d(np.ascontiguousarray(given), kernel, **options)
    total = cpool.sum_pool2d(np.ascontiguousarray(given), kernel, **options)
    if last:
        average, total = np.moveaxis(average, -1, 1), np.moveaxis(total, -1, 1)
    count = math.prod(kernel)
    for _, c, i, j in np.ndindex(average.shape):
        window = np.ascontiguousarray(x[0, c, i * stride : i * stride + kernel[0], j * stride : j * stride + kernel[1]])
        truth = math.fsum(window.ravel().tolist())
        # what float64 sums may lose; less than a thousandth of what float32 can resolve
        loss = 2.0**-50 * np.abs(window).sum(dtype=np.float64)
        assert abs(total[0, c, i, j] - truth) <= abs(float(window.sum(dtype=np.float32)) - truth) + loss
        assert abs(average[0, c, i, j] - truth / count) <= abs(float(window.mean(dtype=np.float32)) - truth / count) + loss / count


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -1e20])
@pytest.mark.parametrize("kernel", [2, 3, 9, 31])
@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("op", ["max", "min", "avg", "sum"])
def test_one_cell_affects_only_the_windows_that_contain_it(op, data_format, kernel, value):
    rng = np.random.default_rng(2)
    last = data_format == "channels_last"
    shape = (2, 37, 45, 3) if last else (2, 3, 37, 45)
    at = (1, 20, 30, 1) if last else (1, 1, 20, 30)
    function, options = f"{op}_pool2d", {"stride": 1, "padding": "same", "data_format": data_format}
    x = rng.standard_normal(shape).astype(np.float32)
    spoilt, there = x.copy(), np.zeros(shape)
    spoilt[at], there[at] = value, 1.0
    contains = cpool.reference.sum_pool2d(there, kernel, **options) > 0

    plain, pullback = getattr(cpool.vjp, function)(x, kernel, **options)
    assert_same_bits(np.where(contains, np.float32(0), getattr(cpool, function)(spoilt, kernel, **options)),
                     np.where(contains, np.float32(0), plain))  # fmt: skip
    affected = getattr(cpool, function)(spoilt, kernel, **options)[contains]
    if np.isnan(value):
        assert np.isnan(affected).all()
    elif op in ("avg", "sum"):
        assert (np.sign(affected) == np.sign(value)).all()

    # the other way around: the gradient of one window reaches only the cells of that window
    grad_y = rng.standard_normal(plain.shape).astype(np.float32)
    grad_spoilt = grad_y.copy()
    grad_spoilt[at] = value
    within = cpool.reference.vjp.sum_pool2d(x, kernel, **options)[1](there) > 0
    assert_same_bits(np.where(within, np.float32(0), pullback(grad_spoilt)), np.where(within, np.float32(0), pullback(grad_y)))


def test_contents_are_what_they_should_be():
    """The generators themselves: what is not generated is not tested."""
    rng = np.random.default_rng(0)
    special = contents(rng, (1000,), np.float32, "special")
    assert np.isnan(special).any()
    assert np.isposinf(special).any()
    assert np.signbit(special[special == 0]).any()
    assert set(CONTENTS) == {"ties", "normal", "special", "zeros", "huge"}
