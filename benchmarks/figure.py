"""The picture: for each network and peer how many times as long as cpool it takes, on a log scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from report import MODES, Measured, geometric_mean

mpl.use("agg")
import matplotlib.pyplot as plt

ORDER = ("torch", "torch oneDNN", "oneDNN", "ONNX Runtime", "OpenVINO", "JAX", "block_reduce", "scipy.ndimage")


def draw(found: dict[str, Any], path: Path) -> None:
    """Bars of the first number of threads: a row of axes a mode and layout, a group of bars a network, and all of them together."""
    rows = [Measured(result) for result in found["results"]]
    rows = [row for row in rows if row.threads == rows[0].threads and row.us("cpool", "forward")]
    panels = [(mode, layout) for mode in MODES for layout in ("channels_first", "channels_last")]
    panels = [panel for panel in panels if select(rows, *panel)]
    if not panels:
        raise SystemExit("nothing to draw: no peer was measured")
    figure, grid = plt.subplots(len(panels), 1, figsize=(14, 3.4 * len(panels)), squeeze=False, layout="constrained")
    names = [name for name in ORDER if any(name in row.peers(mode) for row in rows for mode in MODES)]
    for axes, (mode, layout) in zip(grid[:, 0], panels, strict=True):
        panel(axes, select(rows, mode, layout), mode, names)
        axes.set_title(f"{MODES[mode]}, {layout}", loc="left", fontsize=12)
    marks = [plt.Rectangle((0, 0), 1, 1, color=colour(name)) for name in names]
    figure.legend(marks, names, loc="outside upper center", ncols=len(names), frameon=False, fontsize=11)
    about, threads = found["machine"], rows[0].threads
    note = f"{about['cpu']}, {threads} thread{'s' * (threads > 1)}; higher: cpool faster"
    note = f"times as long as cpool, geometric mean of a network's layers; {note}"
    figure.supxlabel(note, fontsize=10)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def colour(name: str) -> str:
    return f"C{ORDER.index(name)}"


def select(rows: list[Measured], mode: str, layout: str) -> list[Measured]:
    return [row for row in rows if row.case["layout"] == layout and row.peers(mode)]


def panel(axes: Any, rows: list[Measured], mode: str, names: list[str]) -> None:
    networks = list(dict.fromkeys(row.case["network"] for row in rows))
    groups = [(network, [row for row in rows if row.case["network"] == network]) for network in networks]
    if len(groups) > 1:
        groups.append(("all", rows))
    top = 1.0
    for place, (_, some) in enumerate(groups):
        here = [(name, [row.ratio(name, "cpool", mode) for row in some]) for name in names]
        bars = [(name, geometric_mean(ratio for ratio in ratios if ratio)) for name, ratios in here if any(ratios)]
        width = 0.8 / max(len(bars), 4)
        for index, (name, height) in enumerate(bars):
            x = place + (index - (len(bars) - 1) / 2) * width
            axes.bar(x, height - 1, width * 0.92, bottom=1, color=colour(name))
            text = f"{height:.0f}" if height >= 9.5 else f"{height:.1f}"
            style = {"ha": "center", "va": "bottom", "fontsize": 7, "rotation": 90}
            axes.annotate(text, (x, max(height, 1)), (0, 2), textcoords="offset points", **style)
            top = max(top, height)
    axes.axhline(1, color="black", linewidth=1)
    axes.set_yscale("log")
    axes.set_ylim(top=top * 3)
    axes.set_xticks(range(len(groups)), [name for name, _ in groups], fontsize=10)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
