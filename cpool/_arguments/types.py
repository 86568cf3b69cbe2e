"""What arguments are, for the annotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

ArrayLike: TypeAlias = Any

Ints: TypeAlias = int | Sequence[int]

Padding: TypeAlias = int | str | Sequence[int] | Sequence[tuple[int, int]]

DataFormat: TypeAlias = Literal["channels_first", "channels_last"]
