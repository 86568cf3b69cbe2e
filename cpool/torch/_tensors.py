"""Tensors as arrays and back, without a copy, and the memory format of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from cpool._arguments import Array

NAMES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")
ARRAY_DTYPES = {getattr(torch, name): np.dtype(name) for name in NAMES}
TENSOR_DTYPES = {dtype: tensor for tensor, dtype in ARRAY_DTYPES.items()}
FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


def array_of(tensor: torch.Tensor) -> Array:
    """The tensor's memory as an array; bfloat16 by way of its bits, which numpy knows through ml_dtypes only."""
    tensor = tensor.detach()
    if tensor.dtype is not torch.bfloat16:
        found: Array = tensor.numpy()
        return found
    return tensor.view(torch.int16).numpy().view(array_dtype_of(torch.bfloat16))


def tensor_of(array: Any) -> torch.Tensor:
    """An array of cpool's as a tensor on the same memory."""
    array = np.asarray(array)
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def dtype_of(dtype: np.dtype[Any]) -> torch.dtype:
    """The tensor's dtype for an array's."""
    return torch.bfloat16 if dtype.name == "bfloat16" else TENSOR_DTYPES[dtype]


def array_dtype_of(dtype: torch.dtype) -> np.dtype[Any]:
    """The array's dtype for a tensor's."""
    if dtype is torch.bfloat16:
        try:
            import ml_dtypes
        except ImportError:
            raise TypeError("x: bfloat16 tensors need the package ml_dtypes") from None
        found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return found
    if dtype not in ARRAY_DTYPES:
        raise TypeError(f"x: {dtype} has no pooling")
    return ARRAY_DTYPES[dtype]


def memory_format(like: torch.Tensor) -> torch.memory_format:
    """The format of what is computed from this tensor: a rule of sizes and strides, so that fake tensors have it, too."""
    last = FORMATS.get(like.ndim)
    if last is None or like.is_contiguous() or not like.is_contiguous(memory_format=last):
        return torch.contiguous_format
    return last


def laid_out(tensor: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The tensor in the memory format of the results of `like`; itself where it is in it."""
    wanted = memory_format(like) if tensor.ndim == like.ndim else torch.contiguous_format
    return tensor.contiguous(memory_format=wanted)


def fake(shape: Sequence[Any], dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    """What `laid_out` gives, without values."""
    shape = tuple(shape)
    wanted = memory_format(like) if len(shape) == like.ndim else torch.contiguous_format
    return torch.empty(shape, dtype=dtype, device=like.device, memory_format=wanted)
