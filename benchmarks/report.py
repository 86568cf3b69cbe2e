"""The tables on the terminal, and the summary against the targets. Ratios are times over ours: 3 is thrice as long as cpool."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from peers import OURS
from rich.console import Console
from rich.table import Table

MODES = {"forward": "forward", "forward_backward": "forward + backward"}
BOUND_FROM = 100_000  # bytes from which the memory bound is more than the overhead of its calls
SCALES_FROM = 100.0  # microseconds on one thread from which a second one can be expected to pay


class Measured:
    """One case on a number of threads, its times at hand."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.case, self.threads = result["case"], result["threads"]
        self.entries = {(entry["candidate"], entry["mode"]): entry for entry in result["times"]}

    def us(self, candidate: str, mode: str) -> float | None:
        entry = self.entries.get((candidate, mode))
        return entry["us"] if entry else None

    def peers(self, mode: str) -> dict[str, float]:
        rows = self.entries.items()
        return {name: entry["us"] for (name, how), entry in rows if how == mode and name not in (*OURS, "memory")}

    def ratio(self, peer: str, ours: str, mode: str) -> float | None:
        """How many times as long as ours (or as the memory bound) a peer takes; "best" is the fastest of all."""
        peers, mine = self.peers(mode), self.us(ours, mode)
        theirs = min(peers.values(), default=None) if peer == "best" else peers.get(peer)
        return theirs / mine if theirs and mine else None

    def bound(self, ours: str, mode: str) -> float | None:
        """The memory bound's share of our time."""
        memory, mine = self.us("memory", mode), self.us(ours, mode)
        return memory / mine if memory and mine else None

    def is_bounded(self) -> bool:
        """Whether the case is large enough for its memory bound to mean something."""
        return bool(self.case["x_bytes"] + self.case["y_bytes"] >= BOUND_FROM)


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def line(title: str, unit: str, values: dict[str, float | None], mean: float | None, each: float | None, most: bool = False) -> Any:
    """One target: the geometric mean and the worst of some values against what is wanted, at least (or, if `most`, at most)."""
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return None
    worst = (max if most else min)(known, key=lambda name: known[name])
    centre, sign = geometric_mean(known.values()), -1 if most else 1
    short = [name for name, value in known.items() if each is not None and sign * value < sign * each]
    met = not short and (mean is None or sign * centre >= sign * mean)
    wanted = [f"{'<=' if most else '>='} {target:g}{unit}{what}" for target, what in ((mean, ""), (each, " each")) if target]
    return {
        "target": title, "unit": unit, "cases": len(known), "mean": round(centre, 3), "worst": round(known[worst], 3),
        "worst_case": worst, "misses": len(short), "wanted": ", ".join(wanted), "met": met,
    }  # fmt: skip


def summary(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every target that this run has cases for, for cpool as called and with out=."""
    rows = [Measured(result) for result in found["results"]]
    cache = max(found["machine"]["caches"].values(), default=32 << 20)
    lines = []
    for threads in dict.fromkeys(row.threads for row in rows):
        for ours in OURS:
            some = [row for row in rows if row.threads == threads]
            new = [*peer_lines(some, ours), *machine_lines(some, ours, cache), *self_lines(some, ours)]
            if threads > 1:
                new += thread_lines([row for row in rows if row.threads == 1], some, ours, cache)
            lines += [entry | {"threads": threads, "ours": ours} for entry in new if entry]
    return lines


def peer_lines(rows: list[Measured], ours: str) -> Iterable[Any]:
    core = [row for row in rows if row.case["suite"] == "core"]
    for layout, mean, each in (("channels_first", 20, 3), ("channels_last", 4, 1.5)):
        some = [row for row in core if row.case["layout"] == layout]
        for peer, mode, *wanted in (
            ("best", "forward", 3, 1.2), ("torch", "forward_backward", mean, each), ("best", "forward_backward", 2, 1)
        ):  # fmt: skip
            title = f"{MODES[mode]}, {layout}: {'best peer' if peer == 'best' else peer}"
            limits = [row.ratio(peer, "memory", mode) for row in some if row.is_bounded()]
            entry = line(title, "x", {row.case["name"]: row.ratio(peer, ours, mode) for row in some}, *wanted)
            yield entry and entry | {"limit": round(geometric_mean(limit for limit in limits if limit), 3)}


def machine_lines(rows: list[Measured], ours: str, cache: int) -> Iterable[Any]:
    some = [row for row in rows if row.case["streaming"] and row.case["x_bytes"] > cache and row.case["dtype"] == "float32"]
    for mode, title in MODES.items():
        values = {row.case["name"]: row.bound(ours, mode) for row in some}
        yield line(f"streaming, {title}: part of the memory bound", "", values, None, 0.85)
    for mode, limit in (("forward", 2), ("forward_backward", 5)):
        values = {row.case["name"]: row.us(ours, mode) for row in rows if row.case["suite"] == "calls"}
        yield line(f"a call on a tiny array, {MODES[mode]}", " us", values, None, limit, most=True)


def self_lines(rows: list[Measured], ours: str) -> Iterable[Any]:
    """Kernel 31 against 3, and the other dtypes against float32."""
    names = {row.case["name"]: row for row in rows}

    def over(mode: str, suite: str, other: Callable[[dict[str, Any]], str | None], weight: Callable[[Any, Any], float]) -> Any:
        values = {}
        for row in rows:
            base = names.get(other(row.case) or "") if row.case["suite"] == suite else None
            mine, theirs = row.us(ours, mode), base.us(ours, mode) if base else None
            values[row.case["name"]] = mine / theirs / weight(row.case, base.case) if base and mine and theirs else None
        return values

    def kernel_3(case: dict[str, Any]) -> str | None:
        return case["name"].replace("kernel31_", "kernel3_") if case["layer"] == "kernel31_stride1" else None

    def float32(case: dict[str, Any]) -> str | None:
        return None if case["dtype"] == "float32" else case["name"].replace(case["dtype"], "float32")

    def bytes_moved(case: dict[str, Any], base: dict[str, Any]) -> float:
        return (case["x_bytes"] + case["y_bytes"]) / (base["x_bytes"] + base["y_bytes"])

    for mode, title in MODES.items():
        yield line(f"kernel 31 over 3, stride 1, {title}", "x", over(mode, "kernels", kernel_3, lambda *_: 1), None, 1.5, most=True)
        values = over(mode, "dtypes", float32, bytes_moved)
        yield line(f"other dtypes over float32 by their bytes, {title}", "x", values, None, 1.3, most=True)


def thread_lines(single: list[Measured], several: list[Measured], ours: str, cache: int) -> Iterable[Any]:
    before = {row.case["name"]: row for row in single if row.case["x_bytes"] + row.case["y_bytes"] <= cache}
    for mode, title in MODES.items():
        values = {}
        for row in several:
            old = before[row.case["name"]].us(ours, mode) if row.case["name"] in before else None
            new = row.us(ours, mode)
            if row.case["suite"] == "core" and row.threads == 2 and old and new and old >= SCALES_FROM:
                values[row.case["name"]] = old / new
        yield line(f"two threads over one, data in the caches, {title}", "x", values, 1.8, None)


def tables(found: dict[str, Any], console: Console) -> None:
    if not console.is_terminal:
        console = Console(width=180)
    rows = [Measured(result) for result in found["results"]]
    about = found["machine"]
    caches = ", ".join(f"{name} {size >> 10} KiB" for name, size in about["caches"].items())
    build = f"cpool {about['cpool']} {about['instruction_set']}"
    console.print(f"{about['cpu']}, {about['cores']} cores, {caches}; {build}", highlight=False)
    console.print(", ".join(f"{name} {version}" for name, version in found["versions"].items()), highlight=False)
    keys = {(row.case["suite"], row.threads, mode, row.case["layout"]): None for row in rows for mode in MODES}
    for suite, threads, mode, layout in keys:
        some = [row for row in rows if (row.case["suite"], row.threads, row.case["layout"]) == (suite, threads, layout)]
        some = [row for row in some if row.us("cpool", mode)]
        if some:
            console.print(cases_table(some, mode, f"{suite}: {MODES[mode]}, {layout}, {threads} thread{'s' * (threads > 1)}"))
    if found["summary"]:
        console.print(targets_table(found["summary"]))
    for name, why in found["missing"].items():
        console.print(f"not measured: {name} ({why})", highlight=False)
    failed: dict[tuple[str, str], int] = {}
    for result in found["results"]:
        for name, why in result["failed"].items():
            failed[name, why] = failed.get((name, why), 0) + 1
    for (name, why), count in failed.items():
        console.print(f"{name}: {count} case{'s' * (count > 1)}: {why}", highlight=False, markup=False)


def cases_table(rows: list[Measured], mode: str, title: str) -> Table:
    caption = "us: median (quartiles). Ratios: time over cpool's; memory: bound over cpool out='s"
    table = Table(title=title, caption=caption, title_justify="left")
    names = list(dict.fromkeys(name for row in rows for name in row.peers(mode)))
    table.add_column("case", no_wrap=True)
    for name in ("cpool us", "out= us", *names, "best peer", "best, out=", "memory"):
        table.add_column(name, justify="right")
    for row in rows:
        case, plain, out = row.case, row.entries["cpool", mode], row.us("cpool out=", mode)
        label = f"{case['network']} {case['layer']} n{case['shape'][0]}" + f" {case['dtype']}" * (case["suite"] == "dtypes")
        spread = f"{number(plain['us'])} ({number(plain['low'])}-{number(plain['high'])})"
        pairs = [*((name, "cpool") for name in names), ("best", "cpool"), ("best", "cpool out=")]
        ratios = [row.ratio(*pair, mode) for pair in pairs]
        cells = [f"{ratio:.2f}" if ratio else "" for ratio in ratios]
        cells[-2:] = [f"[{'green' if float(cell) >= 1 else 'red'}]{cell}[/]" if cell else "" for cell in cells[-2:]]
        share = row.bound("cpool out=", mode) if row.is_bounded() else None
        table.add_row(label, spread, number(out) if out else "", *cells, f"{share:.0%}" if share else "")
    return table


def targets_table(lines: list[dict[str, Any]]) -> Table:
    caption = "limit: the mean if every call took its memory bound, reading what it must read and writing what it must write"
    table = Table(title="Against the targets (geometric means)", caption=caption, title_justify="left")
    for name in ("target", "threads", "ours", "cases", "mean", "limit", "worst", "wanted", "misses", "met", "worst case"):
        right = name in ("threads", "cases", "mean", "limit", "worst", "misses")
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "worst case")
    for entry in lines:
        values = (f"{entry[key]:.2f}{entry['unit']}" if key in entry else "" for key in ("mean", "limit", "worst"))
        met = "[green]yes[/]" if entry["met"] else "[red]no[/]"
        head = (entry["target"], str(entry["threads"]), entry["ours"], str(entry["cases"]))
        table.add_row(*head, *values, entry["wanted"], str(entry["misses"]), met, entry["worst_case"])
    return table


def number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
