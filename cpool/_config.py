"""What this installation of cpool is, for reports of bugs and of speed."""

from __future__ import annotations

from typing import Any

import numpy as np

from cpool import _dispatch, _threads, _variants
from cpool._version import __version__


def config() -> dict[str, Any]:
    """The facts that `show_config` prints."""
    return {
        "version": __version__,
        "numpy": np.__version__,
        "variant": _dispatch.active(),
        "available": _dispatch.available(),
        "missing": _variants.missing(),
        "broken": _variants.broken(),
        "openmp": _threads.openmp(),
        "threads": _threads.get_num_threads(),
    }


def show_config() -> None:
    """Print the version, the instruction-set variant in use and those this CPU can run, OpenMP or not, and the threads.

    A variant that this CPU could run and the installation does not have, or that does not load, has a line of its own.

    Examples
    --------
    >>> import cpool
    >>> cpool.show_config()  # doctest: +ELLIPSIS
    cpool ...
    numpy ...
    instruction set: ... (available: baseline...)
    OpenMP: ...
    threads: ...
    """
    found = config()
    print(f"cpool {found['version']}")
    print(f"numpy {found['numpy']}")
    print(f"instruction set: {found['variant']} (available: {', '.join(found['available'])})")
    for complaint in _variants.complaints():
        print(complaint)
    print(f"OpenMP: {'yes' if found['openmp'] else 'no (single-threaded build)'}")
    print(f"threads: {found['threads']}")
