"""Which of the compiled variants this CPU and this installation have, and what is wrong with one that does not load."""

from __future__ import annotations

import importlib
import importlib.util
import os
import struct
import sys
import warnings
from types import ModuleType

from cpool._kernels import _cpu

LEVELS = {"baseline": 0, "v3": 3, "v4": 4}
"""The variants, slowest first, and the x86-64 level that each needs."""

REINSTALL = "reinstalling cpool mends it"


def load(variant: str) -> ModuleType:
    """The module of a variant; a ModuleNotFoundError where this build has none, an ImportError where it is broken."""
    name = f"cpool._kernels.{variant}"
    if (known := sys.modules.get(name)) is not None:
        return known
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"this build has no kernels for {variant}")
    try:
        _check_whole(spec.origin)
        return importlib.import_module(name)
    except Exception as error:  # whatever the system's loader finds
        raise ImportError(f"the kernels for {variant} do not load ({error}); {REINSTALL}") from error


def _check_whole(path: str) -> None:
    """Refuse a library whose end is missing: Linux loads one, and ends the process where it first reads what is not there."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":  # another format, or one that the loader refuses itself
            return
        (start,), (width, count) = struct.unpack_from("<Q", head, 32), struct.unpack_from("<HH", head, 54)
        file.seek(start)
        table = file.read(width * count)
        length = file.seek(0, os.SEEK_END)
    segments = (struct.unpack_from("<8xQ16xQ", table, i * width) for i in range(len(table) // width if width >= 40 else 0))
    if len(table) < width * count or any(offset + size > length for offset, size in segments):
        raise ImportError(f"{path}: its end is missing")


def runnable() -> tuple[str, ...]:
    """The variants for this CPU, slowest first, whether or not they are installed."""
    return tuple(variant for variant, level in LEVELS.items() if level <= _cpu.level())


def problems() -> dict[str, ImportError]:
    """Of the variants for this CPU, those that cannot be loaded, and why."""
    found = {}
    for variant in runnable():
        try:
            load(variant)
        except ImportError as error:
            found[variant] = error
    return found


def available() -> tuple[str, ...]:
    """The variants that this installation has and this CPU can run, slowest first."""
    without = problems()
    return tuple(variant for variant in runnable() if variant not in without)


def broken() -> dict[str, str]:
    """Of those that are installed, the ones that do not load, and why."""
    return {variant: str(error) for variant, error in problems().items() if not isinstance(error, ModuleNotFoundError)}


def missing() -> tuple[str, ...]:
    """The variants for this CPU that this build does not have."""
    return tuple(variant for variant, error in problems().items() if isinstance(error, ModuleNotFoundError))


def complaints() -> list[str]:
    """A line for those that this build does not have, and one for each that is damaged."""
    absent = missing()
    return [f"not in this build: {', '.join(absent)}"] * bool(absent) + [f"broken: {why}" for why in broken().values()]


def choose(wish: str | None) -> str:
    """The variant asked for, or else the fastest; the next one, with a warning, where that is broken."""
    if wish:
        if wish not in LEVELS:
            raise ImportError(f"CPOOL_ISA={wish!r}: must be one of {', '.join(LEVELS)}")
        if wish not in runnable():
            raise ImportError(f"CPOOL_ISA={wish!r}: this CPU does not have it; available: {', '.join(available())}")
        try:
            load(wish)
        except ImportError as error:
            raise ImportError(f"CPOOL_ISA={wish!r}: {error}; available: {', '.join(available())}") from error
        return wish
    for variant in reversed(runnable()):
        try:
            load(variant)
        except ModuleNotFoundError:
            continue
        except ImportError as error:
            warnings.warn(f"cpool: {error}; until then it is slower", RuntimeWarning, stacklevel=2)
        else:
            return variant
    raise ImportError(f"cpool: no kernels can be loaded: {'; '.join(map(str, problems().values()))}")
