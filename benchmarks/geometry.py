"""The operators over other than regular windows against PyTorch: forward and backward, NCHW, float32, one pinned thread.

    python benchmarks/geometry.py                    # two minutes
    python benchmarks/geometry.py --json results/geometry.json

Both take the same array in the same process, in turns; a figure is the median of the turns. Regions of interest have no peer
here and are given in nanoseconds a sample; medians are compared with `unfold` and `torch.median`, which takes the lower middle.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import machine
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch.nn import functional

import cpool

ROUNDS = 9
Pair = tuple[str, str, tuple[int, ...], Callable[[Any], Any], Callable[[Any], Any] | None]


def both(name: str, *args: Any, **options: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The same call of cpool and of PyTorch."""
    mine, theirs = getattr(cpool.vjp, name), getattr(functional, name)
    return lambda x: mine(x, *args, **options), lambda t: theirs(t, *args, **options)


def adaptive() -> Iterator[Pair]:
    shapes = [((8, 256, 13, 13), 6), ((8, 512, 10, 10), 7), ((8, 64, 56, 56), 7), ((4, 64, 100, 100), 9)]
    for shape, size in [*shapes, ((1, 256, 50, 68), 7), ((2, 3, 300, 400), 32), ((8, 128, 30, 30), 8)]:
        for kind in ("max", "avg"):
            yield "adaptive", f"{kind} to {size}", shape, *both(f"adaptive_{kind}_pool2d", size)


def whole() -> Iterator[Pair]:
    for shape in [(8, 2048, 7, 7), (8, 1024, 14, 14), (32, 512, 20, 20), (4, 64, 112, 112)]:
        for kind in ("max", "avg"):
            theirs = getattr(functional, f"adaptive_{kind}_pool2d")
            mine = getattr(cpool.vjp, f"global_{kind}_pool")
            yield "global", kind, shape, mine, lambda t, theirs=theirs: theirs(t, 1)


def fractional() -> Iterator[Pair]:
    for shape, kernel, size in [((8, 64, 32, 32), 2, 22), ((8, 128, 28, 28), 2, 20), ((4, 64, 56, 56), 3, 28)]:
        samples = np.random.default_rng(0).random((*shape[:2], 2), np.float32)
        tensor = torch.from_numpy(samples)
        yield (
            "fractional", f"max, kernel {kernel} to {size}", shape,
            lambda x, k=kernel, s=size, u=samples: cpool.vjp.fractional_max_pool2d(x, k, s, samples=u),
            lambda t, k=kernel, s=size, u=tensor: functional.fractional_max_pool2d(t, k, s, _random_samples=u),
        )  # fmt: skip


def lp() -> Iterator[Pair]:
    for shape in [(8, 64, 56, 56), (8, 256, 28, 28), (4, 64, 112, 112)]:
        for power, kernel, stride in [(2.0, 2, 2), (2.0, 3, 2), (1.0, 2, 2), (3.0, 3, 1), (2.5, 2, 2)]:
            yield "lp", f"p {power}, {kernel}x{kernel}, stride {stride}", shape, *both("lp_pool2d", power, kernel, stride)


def unpool() -> Iterator[Pair]:
    cases = [((8, 64, 56, 56), 2, 2, 0), ((8, 256, 28, 28), 2, 2, 0), ((8, 512, 14, 14), 2, 2, 0), ((2, 64, 112, 112), 2, 2, 0)]
    for (n, c, h, w), kernel, stride, padding in [*cases, ((8, 64, 56, 56), 3, 3, 0), ((8, 64, 56, 56), 3, 2, 1)]:
        size = tuple((length - 1) * stride + kernel - 2 * padding for length in (h, w))
        x = np.random.default_rng(0).standard_normal((n, c, *size), dtype=np.float32)
        _, indices = cpool.max_pool2d(x, kernel, stride, padding, return_indices=True)
        tensor = torch.from_numpy(indices)
        yield (
            "unpool", f"{kernel}x{kernel}, stride {stride}", indices.shape,
            lambda x, i=indices, a=(kernel, stride, padding): cpool.vjp.max_unpool2d(x, i, *a),
            lambda t, i=tensor, a=(kernel, stride, padding): functional.max_unpool2d(t, i, *a),
        )  # fmt: skip


def pyramid() -> Iterator[Pair]:
    def theirs(t: Any) -> Any:
        return torch.cat([functional.adaptive_max_pool2d(t, n).flatten(1) for n in (4, 2, 1)], 1)

    for shape in [(8, 256, 13, 13), (2, 256, 50, 68)]:
        yield "pyramid", "max, levels 4, 2, 1", shape, lambda x: cpool.vjp.spatial_pyramid_pool2d(x, (4, 2, 1)), theirs


def median() -> Iterator[Pair]:
    def theirs(t: Any) -> Any:
        return functional.unfold(t, 3, stride=2).reshape(t.shape[0], t.shape[1], 9, -1).median(2).values

    yield "median", "3x3, stride 2", (4, 64, 56, 56), lambda x: cpool.vjp.median_pool2d(x, 3, 2), theirs


def regions() -> Iterator[Pair]:
    rng = np.random.default_rng(0)
    corner, size = rng.uniform(0, 30, (512, 2)), rng.uniform(4, 30, (512, 2))
    rois = np.column_stack([rng.integers(0, 2, 512), corner, corner + size]).astype(np.float32)
    for ratio in (2, -1):
        yield (
            "regions", f"align, 512 of 7x7, sampling {ratio}", (2, 256, 50, 68),
            lambda x, r=ratio: cpool.vjp.roi_align(x, rois, 7, 1.0, r), None,
        )  # fmt: skip
    yield "regions", "pool, 512 of 7x7", (2, 256, 50, 68), lambda x: cpool.vjp.roi_pool(x, rois, 7), None


FAMILIES = (adaptive, whole, fractional, lp, unpool, pyramid, median, regions)


def steps(mine: Callable[[Any], Any], theirs: Callable[[Any], Any] | None, x: np.ndarray) -> list[Callable[[], Any]]:
    y, _ = mine(x)
    grad_y = np.ones_like(y)

    def ours() -> Any:
        result, pullback = mine(x)
        return result, pullback(grad_y)

    if theirs is None:
        return [ours]
    leaf = torch.from_numpy(x).requires_grad_()
    ones = torch.ones_like(theirs(leaf))

    def peers() -> Any:
        result = theirs(leaf)
        return result, torch.autograd.grad(result, leaf, ones)

    return [ours, peers]


def medians(calls: list[Callable[[], Any]], seconds: float) -> list[float]:
    """Microseconds a call, each the median of turns that alternate."""
    times: list[list[float]] = [[] for _ in calls]
    numbers = []
    for call in calls:
        call()
        start = time.perf_counter()
        call()
        numbers.append(max(1, int(seconds / ROUNDS / (time.perf_counter() - start + 1e-9))))
    for _ in range(ROUNDS):
        for call, number, found in zip(calls, numbers, times, strict=True):
            call()
            start = time.perf_counter()
            for _ in range(number):
                call()
            found.append((time.perf_counter() - start) / number * 1e6)
    return [float(np.median(found)) for found in times]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.3, help="for each side of a row (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    cpool.set_num_threads(1)
    rows, table = [], Table("family", "case", "input", "cpool, µs", "torch, µs", "ratio")
    for family in FAMILIES:
        for name, label, shape, mine, theirs in family():
            x = np.random.default_rng(1).uniform(0.1, 1, shape).astype(np.float32)
            found = medians(steps(mine, theirs, x), options.seconds)
            row = {"family": name, "case": label, "shape": shape, "cpool_us": found[0], "torch_us": found[1] if theirs else None}
            rows.append(row)
            rest = ["", f"{1e3 * found[0] / samples(mine, x):.2f} ns"]
            if theirs:
                rest = [f"{found[1]:.0f}", f"{found[1] / found[0]:.2f}"]
            table.add_row(name, label, "x".join(map(str, shape)), f"{found[0]:.0f}", *rest)
    console = Console()
    console.print(table)
    for name, ratios in summary(rows).items():
        console.print(f"{name}: {ratios['mean']:.2f} times as fast as torch, from {ratios['least']:.2f} to {ratios['most']:.2f}")
    if options.json:
        result = {"machine": machine.describe(), "versions": {"torch": torch.__version__, "numpy": np.__version__}}
        lines = ",\n".join(json.dumps(row) for row in rows)
        head = json.dumps(result | {"summary": summary(rows)})
        options.json.write_text(f'{head[:-1]}, "results": [\n{lines}\n]}}\n', encoding="utf-8")


def samples(mine: Callable[[Any], Any], x: np.ndarray) -> int:
    """Of regions: four samples an element of the result, those of sampling ratio 2."""
    return 4 * mine(x)[0].size


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The geometric mean of the ratios of each family, the least and the largest."""
    ratios: dict[str, list[float]] = {}
    for row in rows:
        if row["torch_us"]:
            ratios.setdefault(row["family"], []).append(row["torch_us"] / row["cpool_us"])
    return {
        name: {"mean": float(np.exp(np.mean(np.log(found)))), "least": min(found), "most": max(found)}
        for name, found in ratios.items()
    }


if __name__ == "__main__":
    main()
