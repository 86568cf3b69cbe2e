"""The compiled kernels: one module an instruction set, each from the same sources; `cpool._variants` finds them."""

import sys as _sys

try:
    from cpool._kernels import _cpu as _cpu  # type: ignore[attr-defined, unused-ignore]
except ImportError as _error:
    raise ImportError(
        f"cpool: in {__path__[0]} no compiled kernels load in this Python, {_sys.version.split()[0]} ({_error}). Reinstall cpool; "
        "if these are its sources, build it (pip install .) and import it from elsewhere"
    ) from _error
