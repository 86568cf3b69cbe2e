"""The README's table of layers, from benchmarks/results/core.json: printed, or compared with --check.

After a run that is to be kept, paste what this prints into README.md.
"""

from __future__ import annotations

import argparse
import json
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail unless the README has these lines")
    lines = table(json.loads((HERE / "results/core.json").read_text(encoding="utf-8")))
    if not parser.parse_args().check:
        print("\n".join(lines))
    elif "\n".join(lines) not in (HERE.parent / "README.md").read_text(encoding="utf-8"):
        raise SystemExit("README.md: its table of layers is not that of benchmarks/results/core.json: python benchmarks/readme.py")


if __name__ == "__main__":
    main()
