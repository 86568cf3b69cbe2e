"""Tables of text from benchmarks/results/core.json: the README's of layers, and docs/speed.md's of kinds of layers.

Printed, to be pasted after a run that is to be kept; or compared with what the two files have, with --check.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LAYERS = {  # as the suite names them, and as the README does
    "VGG-16/pool1/n1": "VGG-16 pool1: max 2x2, stride 2, on 1x64x224x224",
    "ResNet-50/stem/n1": "ResNet-50 stem: max 3x3, stride 2, on 1x64x112x112",
    "GoogLeNet/inception_3a/n64": "GoogLeNet 3a: max 3x3, stride 1, on 64x192x28x28",
    "GoogLeNet/pool2/n16": "GoogLeNet pool2: max 3x3, stride 2, on 16x192x56x56",
    "DenseNet-121/transition1/n1": "DenseNet-121: average 2x2, stride 2, on 1x128x56x56",
    "Inception v3/mixed_5d/n1": "Inception v3: average 3x3, stride 1, on 1x288x35x35",
}
SIDES = {"PyTorch": "torch", "oneDNN": "oneDNN"}


def milliseconds(us: float) -> str:
    ms = us / 1000
    return f"{ms:.0f}" if ms >= 9.95 else f"{ms:.1f}" if ms >= 0.995 else f"{ms:.2f}"


def table(found: dict[str, Any]) -> list[str]:
    times = {
        (result["case"]["name"], entry["candidate"], entry["mode"]): entry["us"]
        for result in found["results"]
        if result["threads"] == 1
        for entry in result["times"]
    }
    peers = " | ".join(SIDES)
    lines = [f"| layer | layout | forward | {peers} | with gradient | {peers} |", "|---" * (4 + 2 * len(SIDES)) + "|"]
    for layer, title in LAYERS.items():
        for layout in ("nchw", "nhwc"):
            cells = [
                milliseconds(times[f"core/{layer}/{layout}/float32", candidate, mode])
                for mode in ("forward", "forward_backward")
                for candidate in ("cpool out=", *SIDES.values())
            ]
            lines.append(" ".join(["|", *([title] if layout == "nchw" else []), "|", layout.upper(), "|", " | ".join(cells), "|"]))
    return lines


MODES = ("forward", "forward_backward")
TINY = 10.0
"""Microseconds of a forward call, which is then mostly not the kernel's."""


def kind(case: dict[str, Any], us: float) -> str:
    """What a layer has in common with others."""
    spatial, kernel, stride = case["shape"][2:], case["kernel"], case["stride"]
    window = "x".join(map(str, kernel))
    if us < TINY:
        return f"calls below {TINY:.0f} us"
    if kernel == spatial:
        return "global averages"
    small = ", planes to 14x14" if kernel == [3, 3] and stride == [1, 1] and max(spatial) <= 14 else ""
    return (
        f"{'average' if case['kind'] == 'avg' else case['kind']} {window}, stride {'x'.join(map(str, sorted(set(stride))))}{small}"
    )


def kinds(found: dict[str, Any]) -> list[str]:
    """By kind, layout and mode: the ratio to the best peer, the part of the memory bound that is reached, and their quotient."""
    ratios: dict[str, dict[tuple[str, str], list[tuple[float, float, float]]]] = defaultdict(lambda: defaultdict(list))
    for result in (result for result in found["results"] if result["threads"] == 1):
        times = {(entry["candidate"], entry["mode"]): entry["us"] for entry in result["times"]}
        title = kind(result["case"], times["cpool out=", "forward"])
        for mode in MODES:
            ours, memory = times["cpool out=", mode], times["memory", mode]
            others = [us for (who, how), us in times.items() if how == mode and not who.startswith("cpool") and who != "memory"]
            ratios[title][result["case"]["layout"], mode].append((min(others) / ours, memory / ours, min(others) / memory))
    lines = ["| | cases | NCHW forward | with gradient | NHWC forward | with gradient |", "|---|---|---|---|---|---|"]
    for title in sorted(ratios):
        cells = []
        for layout in ("channels_first", "channels_last"):
            for mode in MODES:
                rows = ratios[title].get((layout, mode))
                means = [statistics.geometric_mean(column) for column in zip(*rows, strict=True)] if rows else []
                cells.append(", ".join(map(two_digits, means)) or "none")
        cases = "/".join(str(len(ratios[title].get((layout, "forward"), []))) for layout in ("channels_first", "channels_last"))
        lines.append(f"| {title} | {cases} | {' | '.join(cells)} |")
    return lines


def two_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail unless README.md and docs/speed.md have these lines")
    found = json.loads((HERE / "results/core.json").read_text(encoding="utf-8"))
    check = parser.parse_args().check
    for name, lines in (("README.md", table(found)), ("docs/speed.md", kinds(found))):
        if not check:
            print(name, "", *lines, "", sep="\n")
        elif "\n".join(lines) not in (HERE.parent / name).read_text(encoding="utf-8"):
            raise SystemExit(f"{name}: its table is not that of benchmarks/results/core.json: python benchmarks/readme.py")


if __name__ == "__main__":
    main()
