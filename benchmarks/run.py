"""Measure cpool against its peers, whichever are installed.

    python benchmarks/run.py                                       # the core suite; some of its layers on 2 threads too: an hour
    python benchmarks/run.py --quick                               # some layers at batch 1, one thread: a minute
    python benchmarks/run.py --suite all --json all.json --png all.png
    python benchmarks/run.py --cases vgg-16/pool1 --peers "torch,ONNX Runtime"
    python benchmarks/run.py --show all.json --png all.png         # measure nothing: print and draw an earlier run

The peers come with the extra: pip install ".[bench]".
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import machine
import measure
import peers as peers_module
import report
import suite
from rich.console import Console
from rich.progress import track


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=[*suite.SUITES, "all"], default="core")
    parser.add_argument("--quick", action="store_true", help="fewer cases, fewer samples, one thread")
    parser.add_argument("--threads", default="", help="numbers of threads, with commas (default: 1,2; with --quick: 1)")
    parser.add_argument("--peers", default="", help="names of the peers to run, with commas (default: all that are installed)")
    parser.add_argument("--cases", default="", metavar="TEXT", help="only the cases whose name contains this text")
    parser.add_argument("--forward-only", action="store_true")
    parser.add_argument("--max-mb", type=float, default=256, help="leave out cases with a larger input (default: %(default)s)")
    parser.add_argument("--seconds", type=float, help="time for each candidate of a case (default: 0.15; with --quick: 0.01)")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--png", type=Path, help="draw the results into this file")
    parser.add_argument("--show", type=Path, metavar="JSON", help="print the results in this file instead of measuring")
    options = parser.parse_args(argv)
    options.peers = [name.strip() for name in options.peers.split(",") if name.strip()]
    unknown = set(options.peers) - {kind.name for kind in peers_module.classes()}
    if unknown:
        parser.error(f"--peers: {', '.join(sorted(unknown))}: not among {', '.join(k.name for k in peers_module.classes())}")
    usable = len(os.sched_getaffinity(0))
    wanted = options.threads or ("1" if options.quick or usable == 1 else "1,2")
    options.threads = [int(number) for number in wanted.split(",")]
    if not all(1 <= number <= usable for number in options.threads):
        parser.error(f"--threads: between 1 and {usable} here")
    if not options.show and not chosen(options):
        parser.error("no case has this name, or fits --max-mb")
    return options


def chosen(options: argparse.Namespace) -> list[suite.Case]:
    return suite.cases(options.suite, options.quick, options.cases, int(options.max_mb * 2**20))


def run(options: argparse.Namespace, threads: int, connection: Any) -> None:
    """Measure on so many threads, in a process of its own: libraries read the cores and the environment only once."""
    peers, missing = peers_module.load(threads, options.peers)
    plan = measure.Plan(0.01, 2, 0.001) if options.quick else measure.Plan()
    plan.budget = options.seconds or plan.budget
    plan.forward_only = options.forward_only
    bound, results = measure.MemoryBound(threads), []
    cases = chosen(options)
    if threads > options.threads[0]:  # how they scale, not every layer again
        cases = [case for case in cases if case.suite != "core" or case.layer in suite.QUICK]
    for case in track(cases, f"{threads} thread{'s' * (threads > 1)}", console=Console(stderr=True)):
        results.append(measure.measure(case, peers, bound, plan) | {"threads": threads})
    connection.send((results, missing, peers_module.versions(peers)))
    connection.close()


def collect(options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"machine": machine.describe(), "versions": {}, "missing": {}, "results": []}
    found["settings"] = {name: getattr(options, name) for name in ("suite", "quick", "threads", "forward_only", "max_mb")}
    cores, start = os.sched_getaffinity(0), time.perf_counter()
    context = multiprocessing.get_context("spawn")
    for threads in options.threads:
        os.sched_setaffinity(0, cores)
        measure.pin(threads)
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=run, args=(options, threads, sender))
        process.start()
        sender.close()
        try:
            results, missing, versions = receiver.recv()
        except EOFError:
            process.join()
            raise SystemExit(f"the process that measures ended with exit code {process.exitcode}") from None
        process.join()
        found["results"] += results
        found["missing"] |= missing
        found["versions"] |= versions
    found["seconds"] = round(time.perf_counter() - start)
    return found


def compact(found: dict[str, Any]) -> str:
    """JSON with one line a case, so that versions of a file can be compared."""

    def value(part: Any) -> str:
        if isinstance(part, list) and part and isinstance(part[0], dict):
            return "[\n" + ",\n".join(json.dumps(entry) for entry in part) + "\n]"
        return json.dumps(part)

    return "{\n" + ",\n".join(f"{json.dumps(key)}: {value(part)}" for key, part in found.items()) + "\n}\n"


def main() -> None:
    options = arguments()
    found = json.loads(options.show.read_text(encoding="utf-8")) if options.show else collect(options)
    found["summary"] = report.summary(found)
    report.tables(found, Console())
    if options.json:
        options.json.write_text(compact(found), encoding="utf-8")
    if options.png:
        import figure

        figure.draw(found, options.png)


if __name__ == "__main__":
    main()
