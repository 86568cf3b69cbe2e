"""The compiled kernels: one module an instruction set, each from the same sources; `cpool._variants` finds them."""

import os as _os
import sys as _sys

# GNU's OpenMP takes what its threads do when they have nothing to do from the environment, and only while it is loaded. By default
# they keep a core busy for some milliseconds, which numpy's own threads wait for: with a matrix product after each pooling, a
# round on two cores took nine times as long. 2,000 turns are some 50 microseconds: enough for the next of several calls.
_SPINS = "GOMP_SPINCOUNT"
_undecided = not {_SPINS, "OMP_WAIT_POLICY"} & _os.environ.keys()
if _undecided:
    _os.environ[_SPINS] = "2000"
try:
    from cpool._kernels import _cpu as _cpu  # type: ignore[attr-defined, unused-ignore]
except ImportError as _error:
    raise ImportError(
        f"cpool: in {__path__[0]} no compiled kernels load in this Python, {_sys.version.split()[0]} ({_error}). Reinstall cpool; "
        "if these are its sources, build it (pip install .) and import it from elsewhere"
    ) from _error
finally:
    if _undecided:
        del _os.environ[_SPINS]
