"""Numbers, flags and words."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Sequence
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np

from cpool._arguments.types import Ints

LARGEST = 2**31 - 1
"""The largest kernel, stride, dilation or padding: sums and products of a few of them stay within 64 bits."""

DATA_FORMATS = ("channels_first", "channels_last")


def shown(value: Any) -> str:
    """The value as an error message shows it: short, and never an error itself (an int of 5000 digits has no repr)."""
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    return text if len(text) <= 100 else text[:97] + "..."


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


def flag(name: str, value: Any) -> bool:
    """A bool."""
    if value is False or value is True:
        return value
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


def divisor(value: int | None) -> int | None:
    """The divisor of an average that replaces the number of cells; PyTorch's rule: any int but 0."""
    if value is None:
        return None
    number = integer("divisor_override", value, -LARGEST)
    if number == 0:
        raise ValueError("divisor_override=0: an average cannot be divided by 0")
    return number


def cells(count: int) -> int:
    """The number of cells in a window, which must fit the index of its winner."""
    if count > LARGEST:
        raise ValueError(f"kernel_size: indices and gradients need windows of at most {LARGEST} cells, not {count}")
    return count


def generator(value: Any) -> np.random.Generator:
    """A source of random numbers, from one, a seed, or None for a fresh one."""
    if value is None or isinstance(value, np.random.Generator):
        return np.random.default_rng(value)
    return np.random.default_rng(integer("rng", value, 0, 2**64 - 1))
