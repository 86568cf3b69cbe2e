"""Arrays: inputs, results to write into, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cpool._arguments.types import Array, ArrayLike
from cpool._kernels import _cpu


def is_supported(dtype: np.dtype[Any]) -> bool:
    """Real numbers of at most 64 bits, bool, and bfloat16 of `ml_dtypes`."""
    return dtype.kind in "biu" or (dtype.kind == "f" and 2 <= dtype.itemsize <= 8) or dtype.name == "bfloat16"


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


def spatial_shape(shape: tuple[int, ...], rank: int, last: bool) -> tuple[int, ...]:
    """The spatial axes of a shape."""
    return shape[-rank - 1 : -1] if last else shape[-rank:]


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


def batched_array(name: str, value: ArrayLike, last: bool) -> Array:
    """An array (N, C, *spatial) or (N, *spatial, C) of one to three spatial axes, as many as it has, none of them empty."""
    found = array(name, value)
    if found.ndim not in (3, 4, 5):
        form = "(N, *spatial, C)" if last else "(N, C, *spatial)"
        raise ValueError(f"{name}: shape {found.shape} has {found.ndim} axes; it must be {form} with 1, 2 or 3 spatial axes")
    return spatial_array(name, found, found.ndim - 2, last)


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


def plain_output(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], x: Array) -> Array | None:
    """`out`, where a glance tells that `output` lets it pass and that it is contiguous, as x is; else None."""
    if type(out) is np.ndarray and out.dtype is dtype and out.shape == shape and out.flags.carray and _cpu.apart(out, x):
        return out
    return None


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
