"""What is measured: the pooling layers of well-known networks, and sweeps over dtype, kernel, size and call overhead.

The layers are numbers out of the networks' papers and reference implementations, channels and size as they enter the pooling.
Padding is symmetric, and `ceil` marks the networks that round the output size up, so that every peer can state the layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

BATCH_ELEMENTS = 1 << 24
"""The input of a training batch has at most so many elements (64 MiB of float32): the batch is cut until a case fits the time."""

# network: ((layer, kind, channels, size, kernel, stride, padding, ceil), ...); one number stands for every axis
NETWORKS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "AlexNet": (
        ("pool1", "max", 96, (55, 55), 3, 2, 0, False),
        ("pool2", "max", 256, (27, 27), 3, 2, 0, False),
        ("pool5", "max", 256, (13, 13), 3, 2, 0, False),
    ),
    "VGG-16": (
        ("pool1", "max", 64, (224, 224), 2, 2, 0, False),
        ("pool2", "max", 128, (112, 112), 2, 2, 0, False),
        ("pool3", "max", 256, (56, 56), 2, 2, 0, False),
        ("pool4", "max", 512, (28, 28), 2, 2, 0, False),
        ("pool5", "max", 512, (14, 14), 2, 2, 0, False),
    ),
    "GoogLeNet": (
        ("pool1", "max", 64, (112, 112), 3, 2, 0, True),
        ("pool2", "max", 192, (56, 56), 3, 2, 0, True),
        ("inception_3a", "max", 192, (28, 28), 3, 1, 1, False),
        ("inception_3b", "max", 256, (28, 28), 3, 1, 1, False),
        ("pool3", "max", 480, (28, 28), 3, 2, 0, True),
        ("inception_4a", "max", 480, (14, 14), 3, 1, 1, False),
        ("inception_4b", "max", 512, (14, 14), 3, 1, 1, False),
        ("inception_4e", "max", 528, (14, 14), 3, 1, 1, False),
        ("pool4", "max", 832, (14, 14), 3, 2, 0, True),
        ("inception_5a", "max", 832, (7, 7), 3, 1, 1, False),
        ("global", "avg", 1024, (7, 7), 7, 1, 0, False),
    ),
    "Inception v3": (
        ("pool1", "max", 64, (147, 147), 3, 2, 0, False),
        ("pool2", "max", 192, (71, 71), 3, 2, 0, False),
        ("mixed_5b", "avg", 192, (35, 35), 3, 1, 1, False),
        ("mixed_5c", "avg", 256, (35, 35), 3, 1, 1, False),
        ("mixed_5d", "avg", 288, (35, 35), 3, 1, 1, False),
        ("mixed_6a", "max", 288, (35, 35), 3, 2, 0, False),
        ("mixed_6b", "avg", 768, (17, 17), 3, 1, 1, False),
        ("mixed_7a", "max", 768, (17, 17), 3, 2, 0, False),
        ("mixed_7b", "avg", 1280, (8, 8), 3, 1, 1, False),
        ("mixed_7c", "avg", 2048, (8, 8), 3, 1, 1, False),
        ("global", "avg", 2048, (8, 8), 8, 1, 0, False),
    ),
    "ResNet-50": (
        ("stem", "max", 64, (112, 112), 3, 2, 1, False),
        ("global", "avg", 2048, (7, 7), 7, 1, 0, False),
    ),
    "DenseNet-121": (
        ("stem", "max", 64, (112, 112), 3, 2, 1, False),
        ("transition1", "avg", 128, (56, 56), 2, 2, 0, False),
        ("transition2", "avg", 256, (28, 28), 2, 2, 0, False),
        ("transition3", "avg", 512, (14, 14), 2, 2, 0, False),
        ("global", "avg", 1024, (7, 7), 7, 1, 0, False),
    ),
    "SqueezeNet": (
        ("pool1", "max", 96, (111, 111), 3, 2, 0, False),
        ("pool4", "max", 256, (55, 55), 3, 2, 0, False),
        ("pool8", "max", 512, (27, 27), 3, 2, 0, False),
        ("global", "avg", 1000, (13, 13), 13, 1, 0, False),
    ),
    "YOLO": (
        ("spp_5", "max", 512, (20, 20), 5, 1, 2, False),
        ("spp_9", "max", 512, (20, 20), 9, 1, 4, False),
        ("spp_13", "max", 512, (20, 20), 13, 1, 6, False),
        ("sppf", "max", 256, (20, 20), 5, 1, 2, False),
    ),
    "U-Net": (
        ("down1", "max", 64, (568, 568), 2, 2, 0, False),
        ("down2", "max", 128, (280, 280), 2, 2, 0, False),
        ("down3", "max", 256, (136, 136), 2, 2, 0, False),
        ("down4", "max", 512, (64, 64), 2, 2, 0, False),
    ),
    "3D U-Net": (
        ("down1", "max", 64, (64, 64, 64), 2, 2, 0, False),
        ("down2", "max", 128, (28, 28, 28), 2, 2, 0, False),
        ("down3", "max", 256, (12, 12, 12), 2, 2, 0, False),
    ),
    "I3D": (
        ("pool2a", "max", 64, (8, 112, 112), (1, 3, 3), (1, 2, 2), (0, 1, 1), False),
        ("pool3a", "max", 192, (8, 56, 56), (1, 3, 3), (1, 2, 2), (0, 1, 1), False),
        ("mixed_3b", "max", 192, (8, 28, 28), 3, 1, 1, False),
        ("pool4a", "max", 480, (8, 28, 28), 3, 2, 1, False),
        ("pool5a", "max", 832, (4, 14, 14), 2, 2, 0, False),
        ("global", "avg", 1024, (2, 7, 7), (2, 7, 7), 1, 0, False),
    ),
    "M5 audio": (
        ("pool1", "max", 128, (8000,), 4, 4, 0, False),
        ("pool2", "max", 128, (2000,), 4, 4, 0, False),
        ("pool3", "max", 256, (500,), 4, 4, 0, False),
        ("pool4", "max", 512, (125,), 4, 4, 0, False),
        ("global", "avg", 512, (31,), 31, 1, 0, False),
    ),
    "LeNet": (
        ("pool1", "max", 6, (28, 28), 2, 2, 0, False),
        ("pool2", "max", 16, (10, 10), 2, 2, 0, False),
    ),
}
LAYOUTS = ("channels_first", "channels_last")
DTYPES = {
    *("VGG-16/pool2", "ResNet-50/stem", "GoogLeNet/inception_3a", "YOLO/spp_5"),
    *("Inception v3/mixed_5d", "DenseNet-121/transition1"),
}
QUICK = {"pool1", "stem", "spp_5", "down2", "transition1", "mixed_5b", "pool3a"}


def axes(value: int | tuple[int, ...], dims: int) -> tuple[int, ...]:
    return (value,) * dims if isinstance(value, int) else tuple(value)


@dataclass(frozen=True)
class Case:
    """One pooling of one array. `shape` is (n, channels, *size) in either layout."""

    suite: str
    network: str
    layer: str
    kind: str
    shape: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    ceil: bool = False
    layout: str = "channels_first"
    dtype: str = "float32"

    @property
    def name(self) -> str:
        layout = "nchw" if self.layout == "channels_first" else "nhwc"
        return f"{self.suite}/{self.network}/{self.layer}/n{self.shape[0]}/{layout}/{self.dtype}"

    @property
    def dims(self) -> int:
        return len(self.kernel)

    @property
    def out_size(self) -> tuple[int, ...]:
        sizes = []
        for size, kernel, stride, pad in zip(self.shape[2:], self.kernel, self.stride, self.padding, strict=True):
            span = size + 2 * pad - kernel
            windows = (-(-span // stride) if self.ceil else span // stride) + 1
            sizes.append(windows - 1 if self.ceil and (windows - 1) * stride >= size + pad else windows)
        return tuple(sizes)

    @property
    def padding_after(self) -> tuple[int, ...]:
        """The padding after each axis that gives `out_size` when it is rounded down: ceil mode for peers that lack it."""
        rows = zip(self.out_size, self.shape[2:], self.kernel, self.stride, self.padding, strict=True)
        return tuple(max(pad, (out - 1) * stride + kernel - size - pad) for out, size, kernel, stride, pad in rows)

    def arranged(self, channels: int, size: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an array in this case's layout."""
        n = self.shape[0]
        return (n, channels, *size) if self.layout == "channels_first" else (n, *size, channels)

    @property
    def x_shape(self) -> tuple[int, ...]:
        return self.arranged(self.shape[1], self.shape[2:])

    @property
    def y_shape(self) -> tuple[int, ...]:
        return self.arranged(self.shape[1], self.out_size)

    @property
    def x_bytes(self) -> int:
        return math.prod(self.x_shape) * np.dtype(self.dtype).itemsize

    @property
    def y_dtype(self) -> str:
        return "float64" if self.kind == "avg" and self.dtype == "uint8" else self.dtype

    @property
    def y_bytes(self) -> int:
        return math.prod(self.y_shape) * np.dtype(self.y_dtype).itemsize

    @property
    def streaming(self) -> bool:
        """Whether windows are 2x2 and do not overlap: no arithmetic to speak of, the memory decides."""
        return self.kernel == self.stride == (2, 2)

    def describe(self) -> dict[str, Any]:
        extra = {"name": self.name, "x_bytes": self.x_bytes, "y_bytes": self.y_bytes, "streaming": self.streaming}
        return asdict(self) | extra


def both_layouts(suite: str, network: str, row: tuple[Any, ...], n: int, dtype: str = "float32") -> Iterator[Case]:
    layer, kind, channels, size, kernel, stride, padding, ceil = row
    dims = len(size)
    window = axes(kernel, dims), axes(stride, dims), axes(padding, dims)
    for layout in LAYOUTS:
        yield Case(suite, network, layer, kind, (n, channels, *size), *window, ceil, layout, dtype)


def training_batch(row: tuple[Any, ...]) -> int:
    """The largest power of two up to 64 that keeps the input within `BATCH_ELEMENTS`; at least 2."""
    n = 64
    while n > 2 and n * row[2] * math.prod(row[3]) > BATCH_ELEMENTS:
        n //= 2
    return n


def core(quick: bool) -> Iterator[Case]:
    for network, rows in NETWORKS.items():
        for row in rows:
            if quick and row[0] not in QUICK:
                continue
            for n in (1,) if quick else (1, training_batch(row)):
                yield from both_layouts("core", network, row, n)


def dtypes(quick: bool) -> Iterator[Case]:
    for network, rows in NETWORKS.items():
        for row in rows:
            if f"{network}/{row[0]}" in DTYPES:
                for dtype in ("float32", "float64", "float16", "uint8"):
                    yield from both_layouts("dtypes", network, row, 1 if quick else min(8, training_batch(row)), dtype)


def kernels(quick: bool) -> Iterator[Case]:
    for kind in ("max", "avg"):
        for stride in (1, 2):
            for kernel in (3, 7, 31) if quick else (3, 5, 7, 9, 11, 13, 15, 19, 23, 27, 31):
                row = (f"kernel{kernel}_stride{stride}", kind, 64, (56, 56), kernel, stride, kernel // 2, False)
                yield from both_layouts("kernels", f"{kind} sweep", row, 1 if quick else 4)


def sizes(quick: bool) -> Iterator[Case]:
    """Inputs of 1 KB, 4 KB, ... 1 GB; which of them run is the memory cap's to say."""
    shapes = ((1, 1, 16), (1, 1, 32), (1, 4, 32), (1, 16, 32), (1, 16, 64), (1, 64, 64), (1, 64, 128), (4, 64, 128))
    for n, channels, size in shapes + (() if quick else ((16, 64, 128), (64, 64, 128), (256, 64, 128))):
        kib = n * channels * size * size * 4 // 1024
        label = f"{kib}KB" if kib < 1024 else f"{kib // 1024}MB" if kib < 1 << 20 else f"{kib >> 20}GB"
        yield from both_layouts("sizes", "size sweep", (label, "max", channels, (size, size), 2, 2, 0, False), n)


def calls(quick: bool) -> Iterator[Case]:
    for kind in ("max", "avg"):
        for dims in (1, 2, 3):
            yield from both_layouts("calls", f"tiny {kind}", (f"{dims}d", kind, 1, (4,) * dims, 2, 2, 0, False), 1)


SUITES = {"core": core, "dtypes": dtypes, "kernels": kernels, "sizes": sizes, "calls": calls}


def cases(suite: str, quick: bool, contains: str = "", max_bytes: int = 1 << 40) -> list[Case]:
    """The cases of a suite, or of "all", whose name contains a text (case does not matter) and whose input fits."""
    makers = SUITES.values() if suite == "all" else [SUITES[suite]]
    found = [case for maker in makers for case in maker(quick)]
    return [case for case in found if contains.lower() in case.name.lower() and case.x_bytes <= max_bytes]
