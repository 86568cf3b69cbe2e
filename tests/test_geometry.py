"""The rules about shapes against the oracle's own, window by window, and against published values."""

import itertools

import numpy as np
import pytest

from cpool import _arguments as arguments
from cpool import _geometry as geometry
from cpool.reference._windows import padding_along, starts_along, windows_along


def paddings(effective):
    """The named ones, and explicit ones from none to the most that is allowed."""
    most = effective - 1
    pairs = {(0, 0), (most, most), (0, most), (most, 0), (most // 2, most // 2), (most // 2, (most + 1) // 2)}
    return ["same", "same_lower", "valid", *sorted(pairs)]


def grid():
    for size, kernel, dilation in itertools.product([1, 2, 3, 4, 5, 7, 10, 13], [1, 2, 3, 4, 5], [1, 2, 3]):
        for padding in paddings(dilation * (kernel - 1) + 1):
            yield size, kernel, dilation, padding


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_every_window_is_that_of_the_reference(stride, ceil_mode):
    for size, kernel, dilation, padding in grid():
        window = arguments.window(1, kernel, stride, padding if isinstance(padding, str) else [padding], dilation)
        setting = (size, window, ceil_mode)
        try:
            windows = windows_along(0, size, kernel, stride, padding, dilation, ceil_mode)
        except ValueError:
            with pytest.raises(ValueError, match="kernel_size"):
                geometry.axes_of((size,), window, ceil_mode)
            continue
        (axis,) = geometry.axes_of((size,), window, ceil_mode)
        assert axis.out == len(windows), setting
        ahead, inside, padded = axis.taps()
        assert padded.tolist() == [count for _, count in windows], setting
        assert inside.tolist() == [len(cells) for cells, _ in windows], setting
        assert axis.has_empty_window() == any(not cells for cells, _ in windows), setting
        for o, (cells, _) in enumerate(windows):
            first = o * stride - axis.before + int(ahead[o]) * dilation
            assert [first + t * dilation for t in range(inside[o])] == cells, setting


# size, kernel, stride, padding, dilation: windows without and with ceil_mode, as PyTorch counts them
PYTORCH = [
    ((5, 2, 2, 0, 1), 2, [0, 2, 4]),
    ((4, 3, 2, 1, 1), 2, [-1, 1, 3]),
    ((6, 2, 4, 1, 1), 2, [-1, 3]),
    ((5, 1, 3, 0, 1), 2, [0, 3]),
    ((7, 2, 5, 1, 1), 2, [-1, 4]),
    ((9, 4, 4, 2, 1), 3, [-2, 2, 6]),
    ((5, 2, 2, 1, 1), 3, [-1, 1, 3]),
    ((1, 3, 6, 1, 2), 0, [-1]),
    ((1, 2, 1, 2, 3), 2, [-2, -1]),
]


@pytest.mark.parametrize(("setting", "floor", "starts"), PYTORCH)
def test_pytorchs_output_sizes(setting, floor, starts):
    size, kernel, stride, pad, dilation = setting
    effective = dilation * (kernel - 1) + 1
    assert geometry.output_size(size, effective, stride, pad, pad, ceil_mode=False) == floor
    assert geometry.output_size(size, effective, stride, pad, pad, ceil_mode=True) == len(starts)
    assert len(starts_along(size, effective, stride, pad, pad, ceil_mode=False)) == floor
    assert list(starts_along(size, effective, stride, pad, pad, ceil_mode=True)) == starts


# size, kernel, stride, dilation: windows, padding before, padding after, as TensorFlow has them
TENSORFLOW = [
    ((6, 3, 2, 1), (3, 0, 1)),
    ((7, 2, 2, 1), (4, 0, 1)),
    ((224, 7, 2, 1), (112, 2, 3)),
    ((6, 3, 2, 2), (3, 1, 2)),
    ((10, 1, 3, 1), (4, 0, 0)),
]


@pytest.mark.parametrize(("setting", "expected"), TENSORFLOW)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_tensorflows_same_padding(setting, expected, ceil_mode):
    size, kernel, stride, dilation = setting
    out, before, after = expected
    effective = dilation * (kernel - 1) + 1
    assert geometry.same_padding(size, effective, stride, lower=False) == (before, after)
    assert geometry.same_padding(size, effective, stride, lower=True) == (after, before)
    assert padding_along(size, effective, stride, "same") == (before, after)
    assert padding_along(size, effective, stride, "same_lower") == (after, before)
    for name in ("same", "same_lower"):
        (axis,) = geometry.axes_of((size,), arguments.window(1, kernel, stride, name, dilation), ceil_mode)
        assert axis.out == out


def test_same_padding_gives_a_window_for_every_stride():
    for size, kernel, stride, dilation in itertools.product(range(1, 14), range(1, 6), range(1, 6), range(1, 4)):
        for name, ceil_mode in itertools.product(("same", "same_lower"), (False, True)):
            assert len(windows_along(0, size, kernel, stride, name, dilation, ceil_mode)) == -(-size // stride)


def test_axes_are_independent():
    window = arguments.window(3, (2, 3, 1), (1, 2, 3), ((0, 1), (2, 0), (0, 0)), (2, 1, 1))
    axes = geometry.axes_of((5, 6, 7), window, True)
    alone = [
        geometry.axes_of((size,), arguments.Window(*((each,) for each in each_axis)), True)[0]
        for size, *each_axis in zip((5, 6, 7), *window, strict=True)
    ]
    assert axes == tuple(alone)
    assert geometry.pooled_shape((9, 8, 5, 6, 7), axes, last=False) == (9, 8, *(axis.out for axis in axes))
    assert geometry.pooled_shape((8, 5, 6, 7), axes, last=False) == (8, *(axis.out for axis in axes))
    assert geometry.pooled_shape((9, 5, 6, 7, 8), axes, last=True) == (9, *(axis.out for axis in axes), 8)
    assert geometry.pooled_shape((5, 6, 7, 8), axes, last=True) == (*(axis.out for axis in axes), 8)


def test_the_error_prints_the_arithmetic():
    with pytest.raises(ValueError, match=r"kernel_size=5.*axis 1.*2 \* 4 \+ 1 = 9.*6 \+ 1 \+ 1 = 8"):
        geometry.axes_of((9, 6), arguments.window(2, 5, 1, 1, 2), False)


def test_sizes_beyond_32_bits():
    size, largest = 2**40 + 1, arguments.LARGEST
    (axis,) = geometry.axes_of((size,), arguments.window(1, largest, largest, "same", largest), False)
    assert axis.out == -(-size // largest)
    ahead, inside, padded = axis.taps()
    assert ahead.dtype == inside.dtype == padded.dtype == np.int64
    effective = largest * (largest - 1) + 1
    assert axis.before + axis.after == (axis.out - 1) * largest + effective - size
    for o in range(axis.out):
        start = o * largest - axis.before
        before = len(range(start, 0, largest))
        assert ahead[o] == before
        assert inside[o] == len(range(start, min(start + effective, size), largest)) - before
        assert padded[o] == len(range(start, min(start + effective, size + axis.after), largest))
