"""The power mean of each window: GeM."""

from __future__ import annotations

from cpool import _arguments
from cpool._arguments import Array, ArrayLike, Ints, Padding
from cpool._arguments.parameters import channel_parameter
from cpool._ops._call import Plan, planned, planned_whole
from cpool._ops.beside import Family, channels_of

WholeOrWindow = tuple[Ints | None, Ints | None, Padding, Ints, bool, str]
"""As WindowArguments; kernel_size None is a window as large as the input."""


def power_mean(rank: int, x: ArrayLike, p: ArrayLike, window: WholeOrWindow, eps: float) -> Family:
    """The power mean of the cells, those below eps counting as eps."""
    eps = _arguments.positive("eps", eps)
    array, plan = planned_window(rank, x, *window)
    return Family("power_mean", x, array, plan, [channel_parameter("p", p, channels_of(array, plan))], option=eps)


def planned_window(
    rank: int,
    x: ArrayLike,
    kernel_size: Ints | None,
    stride: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool,
    data_format: str,
) -> tuple[Array, Plan]:
    """As `planned`, and the window as large as the input where there is no kernel_size."""
    if kernel_size is not None:
        return planned(rank, x, kernel_size, stride, padding, dilation, ceil_mode, data_format)
    _arguments.whole_input(rank, stride, padding, dilation)
    last = _arguments.channels_last(data_format)
    array = _arguments.spatial_array("x", x, rank, last)
    if array.ndim == rank + 2:
        _arguments.flag("ceil_mode", ceil_mode)
        return planned_whole(array, data_format)
    return planned(rank, array, _arguments.spatial_shape(array.shape, rank, last), None, 0, 1, ceil_mode, data_format)
