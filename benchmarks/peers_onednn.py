"""oneDNN's own pooling primitive, called through a small C++ file that is compiled when the peer is made."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from peers import Arrays, Calls, Peer
from suite import Case

SOURCE = Path(__file__).with_name("onednn_pool.cpp")
ADDRESS = ctypes.c_void_p


class OneDnn(Peer):
    """Primitives made once on numpy's memory in the case's own layout; output, gradient and workspace are kept."""

    name = "oneDNN"
    package = "onednn-cpu-gomp"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        shared = installed(self.package, "libdnnl.so.3")
        # include/oneapi/dnnl/dnnl.hpp: the directory that the compiler is told is three above
        headers = installed("onednn-devel-cpu-gomp", "oneapi/dnnl/dnnl.hpp").parents[2]
        self.library = build(headers, shared)

    def supports(self, case: Case) -> bool:
        return super().supports(case) and case.dtype == "float32"

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        y, grad_x = np.zeros(case.y_shape, case.dtype), np.zeros(case.x_shape, case.dtype)
        kept = (arrays.x, y, arrays.grad_y, grad_x)
        window = (case.shape[2:], case.out_size, case.kernel, case.stride, case.padding, case.padding_after)
        numbers = (*case.shape[:2], *(number for row in window for number in row))
        message = ctypes.create_string_buffer(200)
        address = self.library.pooling_make(
            case.kind == "avg",
            case.layout == "channels_last",
            case.dims,
            (ctypes.c_int64 * len(numbers))(*numbers),
            (ADDRESS * len(kept))(*(array.ctypes.data for array in kept)),
            message,
            len(message),
        )
        if not address:
            raise RuntimeError(message.value.decode())
        pooling = ADDRESS(address)
        infer, train = self.library.pooling_forward, self.library.pooling_forward_backward

        def forward() -> Any:
            if infer(pooling):
                raise RuntimeError("oneDNN did not execute the primitive")
            return kept[1]

        def forward_backward() -> Any:
            if train(pooling):
                raise RuntimeError("oneDNN did not execute the primitives")
            return kept[1], kept[3]

        weakref.finalize(pooling, self.library.pooling_free, address)
        return Calls(forward, forward_backward)


def installed(package: str, end: str) -> Path:
    """A file of an installed package: wheels put libraries and headers where only their record tells."""
    found = [file for file in importlib.metadata.files(package) or () if str(file).endswith(end)]
    if not found:
        raise ImportError(f"{package} is installed without {end}")
    return Path(str(found[0].locate())).resolve()


def build(headers: Path, shared: Path) -> ctypes.CDLL:
    """Compile, link against the library that was found, and load: a few seconds, and nothing stays on the disk."""
    compiler = shutil.which(os.environ.get("CXX") or "g++")
    if not compiler:
        raise ImportError("needs a C++ compiler: g++, or the one that CXX names")
    with tempfile.TemporaryDirectory() as directory:
        target = f"{directory}/onednn_pool.so"
        # hidden: torch and OpenVINO bring other versions of oneDNN, whose inline functions must not stand in for these
        flags = ["-O2", "-std=c++17", "-shared", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden"]
        command = [compiler, *flags, f"-I{headers}", str(SOURCE), str(shared), f"-Wl,-rpath,{shared.parent}", "-o", target]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line] or ["no message"]
            raise ImportError(f"{SOURCE.name} does not compile: {errors[0].strip()}")
        try:
            library = ctypes.CDLL(target)  # mapped now: the file may go
        except OSError as error:
            raise ImportError(f"{SOURCE.name} does not load: {error}") from error
    integers = ctypes.c_int, ctypes.c_int, ctypes.c_int
    library.pooling_make.argtypes = [*integers, ADDRESS, ADDRESS, ctypes.c_char_p, ctypes.c_size_t]
    library.pooling_make.restype = ADDRESS
    library.pooling_free.argtypes, library.pooling_free.restype = [ADDRESS], None
    for function in (library.pooling_forward, library.pooling_forward_backward):
        function.argtypes, function.restype = [ADDRESS], ctypes.c_int
    return library
