"""Every check of a user's argument, and every message about one.

The rule throughout: TypeError for a value of the wrong type, ValueError for a wrong value or shape, and the message
names the argument, the value and the rule. All of it happens before any work is done.
"""

from __future__ import annotations

import itertools
import math
import numbers
import operator
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, SupportsFloat, SupportsIndex, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
ArrayLike: TypeAlias = Any
Ints: TypeAlias = int | Sequence[int]
Padding: TypeAlias = int | str | Sequence[int] | Sequence[tuple[int, int]]
DataFormat: TypeAlias = Literal["channels_first", "channels_last"]

LARGEST = 2**31 - 1
"""The largest kernel, stride, dilation or padding: sums and products of a few of them stay within 64 bits."""

FARTHEST = 1e15
"""The largest coordinate of a region of interest, in cells: a float64 still tells places within a cell apart."""

NAMED_PADDING = ("valid", "same", "same_lower")
DATA_FORMATS = ("channels_first", "channels_last")


class Window(NamedTuple):
    """The window arguments, checked and one entry an axis; `padding` is a name where it depends on the input's size."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]


# ------------------------------------------------------------------------------------------------ numbers and words
def integer(name: str, value: Any, least: int | None = None, most: int = LARGEST) -> int:
    """One int; a bool, a float and a numeric string are not."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={shown(value)}: an int is needed, not a bool")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={shown(value)}: an int is needed, not {type(value).__name__}") from None
    if least is not None and number < least:
        raise ValueError(f"{name}={shown(value)}: must be at least {least}")
    if number > most:
        raise ValueError(f"{name}={shown(value)}: must be at most {most}")
    return number


def shown(value: Any) -> str:
    """The value as an error message shows it: short, and never an error itself (an int of 5000 digits has no repr)."""
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    return text if len(text) <= 100 else text[:97] + "..."


def is_sequence(value: Any) -> bool:
    """Whether it has entries in an order: a list, a tuple, an array with axes; not a set, and nothing that may never end."""
    return isinstance(value, Sequence) or (isinstance(value, np.ndarray) and value.ndim > 0)


def sequence(name: str, value: Any) -> tuple[Any, ...]:
    """A sequence of entries, one an axis; what is no sequence is a TypeError."""
    if isinstance(value, (str, bytes, bytearray)) or not is_sequence(value):
        raise TypeError(f"{name}={shown(value)}: an int or a sequence of ints is needed, not {type(value).__name__}")
    return tuple(value)


def integers(name: str, value: Ints, rank: int, least: int) -> tuple[int, ...]:
    """One int an axis, from one int for all of them or a sequence."""
    if not is_sequence(value):
        return (integer(name, value, least),) * rank
    entries = sequence(name, value)
    if len(entries) != rank:
        raise ValueError(f"{name}={shown(value)}: {rank} spatial axes need {rank} entries (or one int), not {len(entries)}")
    return tuple(integer(f"{name}[{i}]", entry, least) for i, entry in enumerate(entries))


def padding_pairs(value: Padding, rank: int) -> str | tuple[tuple[int, int], ...]:
    """One (before, after) pair an axis, or the name of a rule."""
    if isinstance(value, str):
        if value not in NAMED_PADDING:
            raise ValueError(f"padding={shown(value)}: a name must be one of {', '.join(map(repr, NAMED_PADDING))}")
        return value
    if not is_sequence(value):
        number = integer("padding", value, 0)
        return ((number, number),) * rank
    entries = sequence("padding", value)
    if len(entries) != rank:
        raise ValueError(
            f"padding={shown(value)}: {rank} spatial axes need {rank} entries (ints or (before, after) pairs), not {len(entries)}"
        )
    pairs = []
    for i, entry in enumerate(entries):
        if is_sequence(entry) and not isinstance(entry, str):
            pair = tuple(entry)
            if len(pair) != 2:
                raise ValueError(f"padding[{i}]={shown(entry)}: a pair (before, after) is needed, not {len(pair)} entries")
        else:
            pair = (entry, entry)
        pairs.append((integer(f"padding[{i}]", pair[0], 0), integer(f"padding[{i}]", pair[1], 0)))
    return tuple(pairs)


def window(rank: int, kernel_size: Ints, stride: Ints | None, padding: Padding, dilation: Ints) -> Window:
    """The window arguments of every pooling, checked as far as they can be without the input."""
    kernel = integers("kernel_size", kernel_size, rank, 1)
    steps = kernel if stride is None else integers("stride", stride, rank, 1)
    spread = integers("dilation", dilation, rank, 1)
    pads = padding_pairs(padding, rank)
    if not isinstance(pads, str):
        for i, (before, after) in enumerate(pads):
            effective = spread[i] * (kernel[i] - 1) + 1
            if max(before, after) >= effective:
                raise ValueError(
                    f"padding={shown(padding)}: on axis {i} it must be smaller than the effective kernel size, "
                    f"dilation * (kernel_size - 1) + 1 = {effective}"
                )
    return Window(kernel, steps, pads, spread)


def order_of_norm(name: str, value: Any) -> float:
    """A real number above 0, which may be inf."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}={shown(value)}: a real number is needed, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name}={shown(value)}: too large for a float; inf is one") from None
    if not number > 0:
        raise ValueError(f"{name}={shown(value)}: must be greater than 0")
    return number


def unpooling_window(rank: int, kernel_size: Ints, stride: Ints | None, padding: Padding) -> Window:
    """The window arguments of unpooling, whose padding must be in numbers: a name leaves the size open."""
    if isinstance(padding, str):
        raise TypeError(f"padding={shown(padding)}: ints are needed, one, one an axis or one pair an axis, not a name")
    return window(rank, kernel_size, stride, padding, 1)


def unpooled_sizes(output_size: Ints | None, rank: int, last: bool) -> tuple[int, ...] | None:
    """The spatial part of a size or of a whole shape with batch and channels; None stays."""
    if output_size is None:
        return None
    if not is_sequence(output_size):
        return (integer("output_size", output_size, 1, 2**62),) * rank
    entries = sequence("output_size", output_size)
    if len(entries) not in (rank, rank + 2):
        raise ValueError(
            f"output_size={shown(output_size)}: {rank} spatial axes need {rank} entries, or {rank + 2} with batch and channels, "
            f"not {len(entries)}"
        )
    numbers = tuple(integer(f"output_size[{i}]", entry, 0, 2**62) for i, entry in enumerate(entries))
    return numbers if len(numbers) == rank else spatial_shape(numbers, rank, last)


def plane_indices(value: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Indices into a plane, one for each element of an array of this shape; whether they lie in the plane is seen later."""
    found = array("indices", value)
    if found.dtype.kind not in "iu":
        raise TypeError(f"indices: dtype {found.dtype} is not an integer")
    if found.shape != shape:
        raise ValueError(f"indices: shape {found.shape} must be that of x, {shape}")
    return found


def flag(name: str, value: Any) -> bool:
    """A bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={shown(value)}: a bool is needed, not {type(value).__name__}")
    return bool(value)


def choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str):
        raise TypeError(f"{name}={shown(value)}: a string is needed, not {type(value).__name__}")
    if value not in allowed:
        raise ValueError(f"{name}={shown(value)}: must be one of {', '.join(map(repr, allowed))}")
    return value


def channels_last(data_format: Any) -> bool:
    """Whether the channels are the last axis."""
    return choice("data_format", data_format, DATA_FORMATS) == "channels_last"


def divisor(value: int | None) -> int | None:
    """The divisor of an average that replaces the number of cells; PyTorch's rule: any int but 0."""
    if value is None:
        return None
    number = integer("divisor_override", value, -LARGEST)
    if number == 0:
        raise ValueError("divisor_override=0: an average cannot be divided by 0")
    return number


def real(name: str, value: Any) -> float:
    """A finite number; a bool and a numeric string are not."""
    if isinstance(value, (bool, np.bool_, str, bytes, bytearray)) or not isinstance(value, (SupportsFloat, SupportsIndex)):
        raise TypeError(f"{name}={shown(value)}: a real number is needed, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    except Exception as error:  # an array of several numbers, or whatever a foreign conversion raises
        raise TypeError(f"{name}={shown(value)}: a real number is needed: {error}") from error
    if not math.isfinite(number):
        raise ValueError(f"{name}={shown(value)}: must be finite")
    return number


def positive(name: str, value: Any) -> float:
    """A finite number above 0."""
    number = real(name, value)
    if number <= 0:
        raise ValueError(f"{name}={shown(value)}: must be finite and above 0")
    return number


def output_sizes(value: Any, spatial: tuple[int, ...]) -> tuple[int, ...]:
    """One output size an axis, from one for all or a sequence; None keeps the size of the axis."""
    entries = sequence("output_size", value) if is_sequence(value) else (value,) * len(spatial)
    if len(entries) != len(spatial):
        raise ValueError(
            f"output_size={shown(value)}: {len(spatial)} spatial axes need {len(spatial)} entries (or one int), not {len(entries)}"
        )
    pairs = zip(entries, spatial, strict=True)
    return tuple(size if entry is None else integer(f"output_size[{i}]", entry, 1) for i, (entry, size) in enumerate(pairs))


def output_ratios(value: Any, rank: int, below_one: bool) -> tuple[float, ...]:
    """One ratio an axis, above 0 and at most 1; PyTorch's rule excludes 1."""
    entries = sequence("output_ratio", value) if is_sequence(value) else (value,) * rank
    if len(entries) != rank:
        raise ValueError(f"output_ratio={shown(value)}: {rank} spatial axes need {rank} numbers (or one), not {len(entries)}")
    ratios = tuple(real(f"output_ratio[{i}]", entry) for i, entry in enumerate(entries))
    for i, ratio in enumerate(ratios):
        if not 0 < ratio <= 1 or (below_one and ratio == 1):
            raise ValueError(f"output_ratio[{i}]={shown(entries[i])}: must be above 0 and {'below' if below_one else 'at most'} 1")
    return ratios


def generator(value: Any) -> np.random.Generator:
    """A source of random numbers, from one, a seed, or None for a fresh one."""
    if value is None or isinstance(value, np.random.Generator):
        return np.random.default_rng(value)
    return np.random.default_rng(integer("rng", value, 0, 2**64 - 1))


def boundaries(value: Any, spatial: tuple[int, ...]) -> tuple[Array, ...]:
    """One increasing sequence of ints an axis, from 0 to its size."""
    rows = sequence("boundaries", value)
    if len(rows) != len(spatial):
        raise ValueError(f"boundaries: {len(spatial)} spatial axes need {len(spatial)} sequences, not {len(rows)}")
    found = []
    for i, (row, size) in enumerate(zip(rows, spatial, strict=True)):
        name = f"boundaries[{i}]"
        cells = [integer(f"{name}[{j}]", entry, 0) for j, entry in enumerate(sequence(name, row))]
        if len(cells) < 2 or cells[0] != 0 or cells[-1] != size or any(a >= b for a, b in itertools.pairwise(cells)):
            raise ValueError(f"{name}={shown(row)}: must increase from 0 to the size of the axis, {size}")
        found.append(np.array(cells, np.int64))
    return tuple(found)


def samples(value: ArrayLike, planes: tuple[int, ...], rank: int) -> Array:
    """One number of [0, 1) an axis for each plane, as (planes, rank)."""
    found = array("samples", value)
    allowed = {(*planes, rank), (1, *planes, rank)} if len(planes) == 1 else {(*planes, rank)}
    if found.shape not in allowed:
        raise ValueError(f"samples: shape {found.shape} must be {(*planes, rank)}, one number an axis for each plane")
    if found.dtype.kind in "biu":
        found = found.astype(np.float64)
    if not bool(np.all((found >= 0) & (found < 1))):
        raise ValueError("samples: every one must be at least 0 and below 1")
    return found.reshape(-1, rank)


# ------------------------------------------------------------------------------------------------ arrays
def is_supported(dtype: np.dtype[Any]) -> bool:
    """Real numbers of at most 64 bits, bool, and bfloat16 of `ml_dtypes`."""
    return dtype.kind in "biu" or (dtype.kind == "f" and dtype.itemsize <= 8) or dtype.name == "bfloat16"


def array(name: str, value: ArrayLike) -> Array:
    """An aligned native array of a supported dtype, of the same memory where that is possible."""
    if type(value) is not np.ndarray:
        if isinstance(value, np.ma.MaskedArray):
            raise TypeError(f"{name}: a masked array, whose mask pooling would ignore; fill it first")
        try:
            if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
                value = np.from_dlpack(value)
            else:
                value = np.asarray(value)
        except Exception as error:  # whatever a foreign conversion raises
            raise TypeError(f"{name}: {type(value).__name__} cannot be converted to an array: {error}") from error
    found: Array = value
    if not is_supported(found.dtype):
        raise TypeError(f"{name}: dtype {found.dtype} is not supported; bool, integer and float of at most 64 bits are")
    if not (found.dtype.isnative and found.flags.aligned):
        found = found.astype(found.dtype.newbyteorder("="))
    return found


def spatial_array(name: str, value: ArrayLike, rank: int, last: bool) -> Array:
    """An array (N, C, *spatial) or (C, *spatial), or with the channels last, whose spatial axes are not empty."""
    found = array(name, value)
    if found.ndim not in (rank + 1, rank + 2):
        axes = ", ".join("DHW"[3 - rank :])
        form = f"(N, {axes}, C) or ({axes}, C)" if last else f"(N, C, {axes}) or (C, {axes})"
        raise ValueError(f"{name}: shape {found.shape} has {found.ndim} axes; it must be {form}")
    if 0 in spatial_shape(found.shape, rank, last):
        raise ValueError(f"{name}: shape {found.shape} has an empty spatial axis; only batch and channels may be empty")
    return found


def images(name: str, value: ArrayLike, last: bool) -> Array:
    """An array (N, C, H, W), or (N, H, W, C) with the channels last, whose planes are not empty: N tells regions apart."""
    found = array(name, value)
    if found.ndim != 4:
        form = "(N, H, W, C)" if last else "(N, C, H, W)"
        raise ValueError(f"{name}: shape {found.shape} has {found.ndim} axes; it must be {form}")
    found = spatial_array(name, found, 2, last)
    if found.size and max(spatial_shape(found.shape, 2, last)) > LARGEST:
        raise ValueError(f"{name}: shape {found.shape} has a spatial axis of more than {LARGEST} cells")
    return found


def regions(name: str, value: ArrayLike, batch: int, scale: float) -> tuple[Array, Array]:
    """Regions of interest, (K, 5): a float64 copy of them, and of which image each is.

    Each is its image's number, x1, y1, x2, y2; times `scale`, in cells of the plane.
    """
    found = array(name, value)
    if found.dtype.kind == "b":
        raise TypeError(f"{name}: numbers are needed, not bools")
    if found.ndim != 2 or found.shape[1] != 5:
        raise ValueError(f"{name}: shape {found.shape} must be (K, 5): batch index, x1, y1, x2, y2")
    rois = found.astype(np.float64, order="C")
    image, low, high = rois[:, 0], rois[:, 1:3], rois[:, 3:]
    farthest = FARTHEST / scale
    _all(name, rois, np.isfinite(rois).all(1), "is not finite")
    whole = (image == np.floor(image)) & (image >= 0) & (image < batch)
    _all(name, rois, whole, f"has a batch index that is not a whole number from 0 to {batch - 1}, of {batch} images")
    _all(name, rois, (low <= high).all(1), "has x2 < x1 or y2 < y1")
    _all(name, rois, (np.abs(rois[:, 1:]) <= farthest).all(1), f"reaches beyond {FARTHEST:.0e} cells, at spatial_scale={scale}")
    return rois, image.astype(np.int64)


def _all(name: str, rois: Array, fine: Any, otherwise: str) -> None:
    if not fine.all():
        k = int(np.argmin(fine))
        raise ValueError(f"{name}: region {k}, {rois[k].tolist()}, {otherwise}")


def batched_array(name: str, value: ArrayLike, last: bool) -> Array:
    """An array (N, C, *spatial) or (N, *spatial, C) of one to three spatial axes, as many as it has, none of them empty."""
    found = array(name, value)
    if found.ndim not in (3, 4, 5):
        form = "(N, *spatial, C)" if last else "(N, C, *spatial)"
        raise ValueError(f"{name}: shape {found.shape} has {found.ndim} axes; it must be {form} with 1, 2 or 3 spatial axes")
    return spatial_array(name, found, found.ndim - 2, last)


def spatial_shape(shape: tuple[int, ...], rank: int, last: bool) -> tuple[int, ...]:
    """The spatial axes of a shape."""
    return shape[-rank - 1 : -1] if last else shape[-rank:]


def output(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], *, apart_from: Sequence[ArrayLike] = ()) -> Array:
    """An array to write a result of this shape and dtype into, sharing no memory with the inputs.

    `apart_from` are the inputs as the user gave them, and as they were converted: a copy in another dtype does not make it
    right to write over the original.
    """
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out: a numpy array is needed, not {type(out).__name__}")
    if out.dtype != dtype:
        raise TypeError(f"out: dtype {out.dtype} must be that of the result, {dtype}")
    if out.shape != shape:
        raise ValueError(f"out: shape {out.shape} must be that of the result, {shape}")
    if not out.flags.writeable:
        raise ValueError("out: the array is read-only")
    if any(isinstance(other, np.ndarray) and overlap(out, other) for other in apart_from):
        raise ValueError("out: it shares memory with an input, which would be overwritten while it is read")
    if out.size and overlap_itself(out):
        raise ValueError("out: several of its elements are, or by their strides could be, the same memory")
    return out


def overlap(a: Array, b: Array) -> bool:
    """Whether two arrays share an element; where that is too hard to tell, whether they could."""
    if not np.may_share_memory(a, b):
        return False
    try:
        return np.shares_memory(a, b, max_work=10_000)  # type: ignore[arg-type]  # numpy's stub knows -1 and 0 only
    except np.exceptions.TooHardError:
        return True


def overlap_itself(a: Array) -> bool:
    """Whether a stride of 0, or one shorter than what it steps over, maps two elements to one place."""
    reach = a.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(a.strides, a.shape, strict=True) if n > 1):
        if stride < reach:
            return True
        reach = stride * (length - 1) + reach
    return False


def check_shape(name: str, found: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Refuse the gradient of a result that has another shape."""
    if found != shape:
        raise ValueError(f"{name}: shape {found} must be that of the forward result, {shape}")


def gradient(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    """The gradient of a result of this shape."""
    found = array(name, value)
    check_shape(name, found.shape, shape)
    return found


def gradient_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a gradient with respect to x: that of x, and float64 where x holds integers."""
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype


def cells(count: int) -> int:
    """The number of cells in a window, which must fit the index of its winner."""
    if count > LARGEST:
        raise ValueError(f"kernel_size: indices and gradients need windows of at most {LARGEST} cells, not {count}")
    return count
