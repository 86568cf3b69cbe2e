"""Who is measured: the interface of a peer, cpool itself, the list of peers, and the check that a peer computes the same.

A peer is made once a process, for a number of threads, and raises ImportError where its package is not installed. Its
`prepare` does everything that a user does once (convert the arrays, build and compile a model); the callables it returns are
what is timed. Each peer gets its best: no copy of the input where it can read numpy's memory, output bound beforehand where it
has a way to, no gradient recorded in the forward pass.

oneDNN's kernels come in several ways: called directly in the case's layout ("oneDNN", which needs a C++ compiler), and through
torch ("torch oneDNN", and channels_last) and OpenVINO, each with a version of its own.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from suite import Case

import cpool


@dataclass
class Arrays:
    """The input and the gradient of the output, C-contiguous in the case's layout, as numpy allocates them."""

    x: np.ndarray
    grad_y: np.ndarray


def make_arrays(case: Case) -> Arrays:
    rng = np.random.default_rng(0)
    tile = rng.standard_normal((1 << 20) + 7)  # repeated: random numbers take long, and a million of them suffice
    tile = (tile * 40 + 128).clip(0, 255).astype(case.dtype) if case.dtype == "uint8" else tile.astype(case.dtype)
    return Arrays(np.resize(tile, case.x_shape), np.resize(tile[1000:], case.y_shape))


@dataclass
class Calls:
    """What is timed. `forward` returns y, `forward_backward` (y, grad_x), each in the peer's own type."""

    forward: Callable[[], Any]
    forward_backward: Callable[[], tuple[Any, Any]] | None = None


class Peer:
    """One way to pool."""

    name = ""
    package = ""
    layouts: tuple[str, ...] = ("channels_first", "channels_last")

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def supports(self, case: Case) -> bool:
        """Whether the peer can state this case; `prepare` and the first call may still raise for what it lacks inside."""
        return case.layout in self.layouts and case.y_dtype == case.dtype  # what ours widen, others round or refuse

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        raise NotImplementedError

    def as_numpy(self, result: Any, case: Case) -> np.ndarray:
        """A result as an array in the case's layout."""
        return np.asarray(result)


class Cpool(Peer):
    """cpool as it is called, returning new arrays."""

    name = "cpool"
    package = "cpool-nn"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        cpool.set_num_threads(threads)

    def supports(self, case: Case) -> bool:
        return True

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        function, vjp = (getattr(where, f"{case.kind}_pool{case.dims}d") for where in (cpool, cpool.vjp))
        x, grad_y = arrays.x, arrays.grad_y
        args = (case.kernel, case.stride, case.padding)
        kwargs = {"ceil_mode": case.ceil, "data_format": case.layout}
        out = self.outputs(case)

        def forward() -> Any:
            return function(x, *args, out=out[0], **kwargs)

        def forward_backward() -> Any:
            y, pullback = vjp(x, *args, out=out[0], **kwargs)
            return y, pullback(grad_y, out=out[1])

        return Calls(forward, None if case.dtype == "uint8" else forward_backward)

    def outputs(self, case: Case) -> tuple[np.ndarray | None, np.ndarray | None]:
        return None, None


class CpoolOut(Cpool):
    """cpool writing into arrays that the caller keeps, as a training loop would."""

    name = "cpool out="

    def outputs(self, case: Case) -> tuple[np.ndarray | None, np.ndarray | None]:
        return np.zeros(case.y_shape, case.y_dtype), np.zeros(case.x_shape, case.dtype)


OURS = ("cpool", "cpool out=")


def classes() -> list[type[Peer]]:
    """Every peer, ours first. The modules import their packages when a peer is made."""
    from peers_numpy import ScipyFilter, SkimageBlocks
    from peers_onednn import OneDnn
    from peers_runtimes import Jax, OnnxRuntime, OpenVino
    from peers_torch import Torch, TorchOneDnn

    return [Cpool, CpoolOut, Torch, TorchOneDnn, OneDnn, OnnxRuntime, OpenVino, Jax, SkimageBlocks, ScipyFilter]


def load(threads: int, wanted: list[str]) -> tuple[list[Peer], dict[str, str]]:
    """The peers that are installed and wanted (all if none are named), and why the others are missing."""
    found, missing = [], {}
    for kind in classes():
        if wanted and kind.name not in OURS and kind.name not in wanted:
            continue
        try:
            found.append(kind(threads))
        except ImportError as error:
            missing[kind.name] = f"needs {error.name}" if error.name else str(error)
    with contextlib.suppress(ImportError):
        import threadpoolctl

        threadpoolctl.threadpool_limits(threads)  # what the libraries above brought along
    return found, missing


def versions(peers: list[Peer]) -> dict[str, str]:
    packages = dict.fromkeys(peer.package for peer in peers if peer.name not in OURS)
    return {"cpool": cpool.__version__} | {name: importlib.metadata.version(name) for name in ("numpy", *packages)}


def differs(found: np.ndarray, expected: np.ndarray, gradient: bool) -> str:
    """How a peer's result differs from ours; empty if it agrees.

    A few gradients may differ: random data has equal cells in a window, and the peers do not agree on which one wins.
    """
    if found.shape != expected.shape:
        return f"shape {found.shape} instead of {expected.shape}"
    half, step, wrong = expected.dtype == np.float16, 1 << 20, 0
    error = 2e-2 if half else 1e-10 if expected.dtype == np.float64 else 1e-4
    found, expected = found.reshape(-1), expected.reshape(-1)
    for start in range(0, expected.size, step):
        pair = (array[start : start + step].astype(np.float64) for array in (found, expected))
        wrong += np.count_nonzero(~np.isclose(*pair, rtol=error, atol=error))
    allowed = expected.size * (0.02 if half else 1e-4) if gradient else 0
    return f"{wrong} of {expected.size} values differ" if wrong > allowed else ""
