"""What it was measured on, without what would tell whose machine it is: no names of hosts, no paths."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from cpool._config import config


def describe() -> dict[str, Any]:
    built = config()
    return {
        "cpu": first("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "caches": caches(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "cpool": built["version"],
        "instruction_set": built["variant"],
        "openmp": built["openmp"],
    }


def first(file: str, key: str) -> str:
    """The value of the first `key : value` line of a file."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")


def caches() -> dict[str, int]:
    """The bytes of each data cache, by its level."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        kind, level, size = ((folder / name).read_text(encoding="utf-8").strip() for name in ("type", "level", "size"))
        if kind != "Instruction":
            found[f"L{level}"] = int(size.rstrip("KMG")) << {"K": 10, "M": 20, "G": 30}.get(size[-1], 0)
    return found
