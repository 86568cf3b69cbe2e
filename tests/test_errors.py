"""What is refused: always before any work, as TypeError or ValueError, in a message that names the argument."""

import datetime
import itertools

import numpy as np
import pytest
from cases import FUNCTIONS

import cpool

PLACES = {"": cpool, "vjp.": cpool.vjp, "reference.": cpool.reference, "reference.vjp.": cpool.reference.vjp}
CALLS = [pytest.param(getattr(module, name), id=prefix + name) for prefix, module in PLACES.items() for name in FUNCTIONS]
VJPS = [call for call in CALLS if "vjp" in call.id]
every_call = pytest.mark.parametrize("call", CALLS)
every_vjp = pytest.mark.parametrize("call", VJPS)


def rank_of(call):
    return int(call.__name__[-2])


def example(call, size=6):
    """A legal x."""
    shape = (2, 3) + (size,) * rank_of(call)
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def refused(kind, argument, call, *args, **options):
    with pytest.raises(kind, match=rf"\b{argument}\b") as caught:
        call(*args, **options)
    assert type(caught.value) is kind  # not a subclass, such as UnicodeError, that only happens to be one


# ------------------------------------------------------------------------------------------------ the window
class Index:
    """An int by `__index__`, but a bad one."""

    def __index__(self):
        return -3


NOT_POSITIVE = [0, -1, -(2**31), -(2**63), np.int8(-1), Index()]
TOO_LARGE = [2**31, 2**63 - 1, 2**64, 2**70]
NOT_INTS = [True, False, np.True_, 2.0, np.float32(2), float("nan"), "2", b"2", "", 2j, datetime.timedelta(1), object()]
NOT_ONE_AN_AXIS = [[], (), (2,) * 4, [2] * 5, np.array([], int), range(9)]
ENTRIES = [(value, ValueError) for value in NOT_POSITIVE + TOO_LARGE] + [(value, TypeError) for value in [*NOT_INTS, None, [2]]]


@every_call
@pytest.mark.parametrize("argument", ["kernel_size", "stride", "dilation"])
def test_window_arguments(call, argument):
    rank, x = rank_of(call), example(call)

    def attempt(value, kind):
        refused(kind, argument, call, x, **({"kernel_size": 2} | {argument: value}))

    for value in NOT_POSITIVE + TOO_LARGE + NOT_ONE_AN_AXIS:
        attempt(value, ValueError)
    for value in NOT_INTS + ([] if argument == "stride" else [None]):
        attempt(value, TypeError)
    for (value, kind), at in itertools.product(ENTRIES, range(rank)):
        attempt([2] * at + [value] + [2] * (rank - 1 - at), kind)
    attempt(np.full(rank, 2.0), TypeError)
    attempt(np.array(2.0), TypeError)
    call(x, **({"kernel_size": 2} | {argument: np.array(2)}))


@every_call
def test_padding(call):
    rank, x = rank_of(call), example(call)

    def attempt(value, kind):
        refused(kind, "padding", call, x, 3, padding=value)

    for value in [-1, -(2**63), 3, 4, *TOO_LARGE, "SAME", "full", "", "same ", *NOT_ONE_AN_AXIS]:
        attempt(value, ValueError)
    for value in [True, 1.0, b"same", None, object(), 1j, np.full(rank, 1.0), ["same"] * rank]:
        attempt(value, TypeError)
    for entry in [-1, 3, 2**31, 2**70, (1, 3), (3, 1), (-1, 0), (0, -1), (1,), (1, 1, 1), (), (2**70, 0)]:
        for at in range(rank):
            attempt([0] * at + [entry] + [0] * (rank - 1 - at), ValueError)
    for entry in [True, 1.0, "1", None, (1, True), (1.0, 1), (None, 1), ("a", "b"), ((1, 1), 1)]:
        for at in range(rank):
            attempt([0] * at + [entry] + [0] * (rank - 1 - at), TypeError)


@every_call
def test_padding_may_be_as_large_as_the_effective_kernel_less_one(call):
    x = example(call)
    call(x, 3, padding=2)
    call(x, 3, padding=4, dilation=2)
    refused(ValueError, "padding", call, x, 3, padding=5, dilation=2)
    refused(ValueError, "padding", call, x, 1, padding=1)


@every_call
def test_windows_larger_than_the_padded_input(call):
    x = example(call, 4)
    for window in [(5,), (2**31 - 1,), (3, 1, 0, 2), (2, 1, 0, 2**31 - 1), (8, 1, ((1, 2),) * rank_of(call)), (6, 1, "valid")]:
        refused(ValueError, "kernel_size", call, x, *window)
    refused(ValueError, "kernel_size", call, x, 2**31 - 1, 2**31 - 1, ((0, 0),) * rank_of(call), 2**31 - 1)


@every_call
def test_the_largest_window_arguments_that_are_legal(call):
    """Nothing overflows on the way to a result."""
    x = example(call, 4)
    largest = 2**31 - 1
    result = call(x, 2, largest, "same", 1)
    result = result[0] if isinstance(result, tuple) else result
    assert result.shape[2:] == (1,) * rank_of(call)
    call(x, 1, largest, 0, largest)
    call(x, 2, largest, (largest,) * rank_of(call), largest)


# ------------------------------------------------------------------------------------------------ the other settings
NOT_FLAGS = [0, 1, 2, None, "yes", "True", 1.0, [], [True], np.int64(1)]


@every_call
@pytest.mark.parametrize("flag", ["ceil_mode", "return_indices", "count_include_pad"])
def test_flags(call, flag):
    if flag == ("count_include_pad" if call.__name__[:3] != "avg" else "return_indices") or (
        call.__name__[:3] == "sum" and flag != "ceil_mode"
    ):
        with pytest.raises(TypeError, match=flag):  # not an argument of this function
            call(example(call), 2, **{flag: True})
        return
    for value in NOT_FLAGS:
        refused(TypeError, flag, call, example(call), 2, **{flag: value})
    call(example(call), 2, **{flag: np.True_})


@every_call
def test_data_format(call):
    for value in ["NCHW", "channels", "", "CHANNELS_LAST"]:
        refused(ValueError, "data_format", call, example(call), 2, data_format=value)
    for value in [None, 1, True, b"channels_last", ["channels_last"]]:
        refused(TypeError, "data_format", call, example(call), 2, data_format=value)


@every_call
def test_divisor_override(call):
    if call.__name__[:3] != "avg":
        with pytest.raises(TypeError, match="divisor_override"):
            call(example(call), 2, divisor_override=2)
        return
    for value in [0, np.int64(0), 2**31, -(2**31), 2**63, 2**70, -(2**70)]:
        refused(ValueError, "divisor_override", call, example(call), 2, divisor_override=value)
    for value in [True, False, 2.0, "2", np.float64(1), [2], 1j]:
        refused(TypeError, "divisor_override", call, example(call), 2, divisor_override=value)
    call(example(call), 2, divisor_override=np.int32(-3))


@every_call
def test_settings_are_keywords_only(call):
    with pytest.raises(TypeError, match="positional"):
        call(example(call), 2, 2, 0, 1, False)
    with pytest.raises(TypeError, match="kernal_size"):
        call(example(call), 2, kernal_size=2)
    with pytest.raises(TypeError, match="kernel_size"):
        call(example(call))


# ------------------------------------------------------------------------------------------------ x
@every_call
def test_rank_of_x(call):
    rank = rank_of(call)
    for ndim in [*range(rank + 1), rank + 3, rank + 4]:
        for data_format in ("channels_first", "channels_last"):
            refused(ValueError, "x", call, np.ones((2,) * ndim), 1, data_format=data_format)


@every_call
def test_empty_spatial_axes(call):
    rank = rank_of(call)
    for axis in range(rank):
        spatial = [4] * axis + [0] + [4] * (rank - 1 - axis)
        for lead in [(2, 3), (3,), (0, 3), (2, 0)]:
            refused(ValueError, "x", call, np.ones((*lead, *spatial)), 1)
            refused(ValueError, "x", call, np.ones((*lead[:-1], *spatial, lead[-1])), 1, data_format="channels_last")
            refused(ValueError, "x", call, np.ones((*lead, *spatial)), 2, padding="same")


@every_call
def test_dtypes_of_x(call):
    shape = (1,) * (rank_of(call) + 1)
    for dtype in [complex, np.complex64, object, "U3", "S3", "M8[s]", "m8[s]", np.longdouble, [("a", float)], "V4"]:
        refused(TypeError, "x", call, np.zeros(shape, dtype), 1)
    for value in [None, "text", object(), {}, [[1, 2], [3]], [[[1.0], [1.0, 2.0]]], lambda: 0]:
        refused(TypeError, "x", call, value, 1)


@every_call
def test_bad_arguments_are_refused_for_empty_batches_too(call):
    x = example(call)[:0]
    refused(ValueError, "kernel_size", call, x, 7)
    refused(ValueError, "stride", call, x, 2, 0)
    refused(TypeError, "ceil_mode", call, x, 2, ceil_mode=1)
    refused(TypeError, "out", call, x, 2, out=[])


# ------------------------------------------------------------------------------------------------ out
def check_out(call, like, argument):
    """`call(out=...)` refuses whatever is not an array to write a result like `like` into; `argument` may not overlap it."""
    for out in [[], 1.0, object(), like.tolist(), memoryview(like)]:
        refused(TypeError, "out", call, out=out)
    for dtype in [np.float64, np.float16, np.int32, bool, complex, object, ">f4"]:
        refused(TypeError, "out", call, out=np.zeros(like.shape, dtype))
    longer = (*like.shape[:-1], like.shape[-1] + 1)
    for shape in [like.shape[1:], (1, *like.shape), longer, like.shape[:-1], (0, *like.shape[1:]), ()]:
        refused(ValueError, "out", call, out=np.zeros(shape, like.dtype))
    fixed = like.copy()
    fixed.flags.writeable = False
    refused(ValueError, "out", call, out=fixed)
    repeated = np.lib.stride_tricks.as_strided(np.zeros(like.size, like.dtype), like.shape, (0, *like.strides[1:]))
    refused(ValueError, "out", call, out=repeated)
    # rows that overlap the next ones by all but one cell
    sliding = np.lib.stride_tricks.as_strided(np.zeros(2 * like.size, like.dtype), like.shape, [like.itemsize] * like.ndim)
    refused(ValueError, "out", call, out=sliding)
    assert not fixed.flags.writeable


@every_call
def test_out(call):
    x = example(call)
    like = np.zeros((2, 3) + (3,) * rank_of(call), np.float32)
    check_out(lambda out: call(x, 2, out=out), like, x)


@every_call
def test_out_that_is_x(call):
    x = example(call)
    before = x.copy()
    refused(ValueError, "out", call, x, 1, out=x)
    refused(ValueError, "out", call, x, 2, out=x[(..., *(slice(0, 3),) * rank_of(call))])
    refused(ValueError, "out", call, x, 1, out=x[..., ::-1])
    np.testing.assert_array_equal(x, before)
    call(x[:1], 1, out=x[1:])  # the other half of the same memory is not x
    # interleaved: the cells between those of x
    memory = np.zeros((2, 3) + (4,) * (rank_of(call) - 1) + (8,), np.float32)
    call(memory[..., ::2], 1, out=memory[..., 1::2])


# ------------------------------------------------------------------------------------------------ grad_y
@every_vjp
def test_grad_y(call):
    x = example(call)
    y, pullback = call(x, 2)
    for shape in [x.shape, y.shape[1:], (1, *y.shape), (1, *y.shape[1:]), (), (0,), (0, *y.shape[1:]), y.shape[::-1]]:
        refused(ValueError, "grad_y", pullback, np.ones(shape, np.float32))
    refused(ValueError, "grad_y", pullback, 1.0)
    refused(ValueError, "grad_y", pullback, [])
    for dtype in [complex, object, "U3", "M8[s]", np.longdouble]:
        refused(TypeError, "grad_y", pullback, np.zeros(y.shape, dtype))
    for value in [None, "text", [[1, 2], [3]]]:
        refused(TypeError, "grad_y", pullback, value)
    with pytest.raises(TypeError, match="positional"):
        pullback(np.ones_like(y), np.empty_like(x))
    with pytest.raises(TypeError, match="grad_y"):
        pullback()


@every_vjp
def test_out_of_pullbacks(call):
    x = example(call)
    y, pullback = call(x, 2)
    grad_y = np.ones_like(y)
    check_out(lambda out: pullback(grad_y, out=out), np.zeros_like(x), grad_y)
    _, pullback = call(x, 1)
    refused(ValueError, "out", pullback, x, out=x)
    pullback(np.ones_like(x), out=x)  # x itself is free to be overwritten: the pullback has what it needs


@every_vjp
def test_pullbacks_after_a_refusal(call):
    """A call that is refused leaves the pullback as it was."""
    x = example(call)
    y, pullback = call(x, 2)
    before = pullback(np.ones_like(y))
    refused(ValueError, "grad_y", pullback, np.ones(5))
    refused(TypeError, "out", pullback, np.ones_like(y), out=3)
    np.testing.assert_array_equal(pullback(np.ones_like(y)), before)


def test_integer_gradients_are_float64():
    for name in FUNCTIONS:
        call = getattr(cpool.vjp, name)
        x = example(call).astype(np.int32)
        y, pullback = call(x, 2)
        refused(TypeError, "out", pullback, np.ones(y.shape), out=np.zeros(x.shape, np.int32))
        assert pullback(np.ones(y.shape)).dtype == np.float64
