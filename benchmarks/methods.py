"""The poolings of the literature against the same formulas in PyTorch, and against cpool's own average: forward and backward, NCHW.

    python benchmarks/methods.py                     # three minutes
    python benchmarks/methods.py --json results/methods.json

Float32, one pinned thread, without padding. Both sides give the gradients of x and of all that the method learns. PyTorch's is
written as a user would, of windows by `unfold` or composed of its poolings and convolutions, and the faster of the two counts where
both were written. All take the same array in the same process, in turns; a figure is the median of the turns.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geometry
import machine
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch.nn import functional

import cpool

SHAPES = ((8, 64, 56, 56), (8, 128, 28, 28), (8, 256, 14, 14))
WINDOWS = ((2, 2), (3, 2), (3, 1))
RELATIVE = ("soft", "lse", "logits", "gem", "mixed", "gated", "ordinal", "rank")
"""Families that should take no more than four times as long as an average."""
RANDOM = ("stochastic", "max dropout")
Call = Callable[[Any], Any]


def methods(channels: int, k: int, s: int, x: np.ndarray) -> Iterator[tuple[str, Call, list[Call], list[Any]]]:
    """(name, cpool's, PyTorch's, what is learned) of one window; a call gives the result and, of cpool, the pullback."""
    n, rng = k * k, np.random.default_rng(0)
    weights = rng.uniform(0.1, 1, n).astype(np.float32)
    mask = weights.reshape(k, k)
    logits = rng.standard_normal(x.shape).astype(np.float32)
    vjp = cpool.vjp

    def learned(a: Any) -> Any:
        return torch.tensor(a, dtype=torch.float32, requires_grad=True)

    flat, other, r, p, alpha, first, second, gate = map(learned, (weights, logits, 2.0, 3.0, 0.5, mask, mask, mask))
    log_lambda, log_alpha = learned(0.0), learned(0.0)

    def cells(t: Any) -> Any:
        return functional.unfold(t, k, stride=s).reshape(t.shape[0], channels, n, -1)

    def mean(t: Any) -> Any:
        return functional.avg_pool2d(t, k, s)

    def most(t: Any) -> Any:
        return functional.max_pool2d(t, k, s)

    def weighed(t: Any, *filters: Any) -> Any:
        of_channel = torch.stack(filters)[:, None].repeat(channels, 1, 1, 1)
        found = functional.conv2d(t, of_channel, stride=s, groups=channels)
        return found.reshape(t.shape[0], channels, len(filters), *found.shape[2:]).unbind(2)

    def gated(t: Any) -> Any:
        share = torch.sigmoid(weighed(t, gate)[0])
        return share * most(t) + (1 - share) * mean(t)

    def tree(t: Any) -> Any:
        share, one, two = torch.sigmoid(weighed(t, gate)[0]), weighed(t, first)[0], weighed(t, second)[0]
        return share * one + (1 - share) * two

    def tree_at_once(t: Any) -> Any:
        one, two, share = weighed(t, first, second, gate)
        share = torch.sigmoid(share)
        return share * one + (1 - share) * two

    def important(t: Any) -> Any:
        weight = other.exp()
        return mean(weight * t) / mean(weight)

    def drawn(t: Any) -> Any:
        c = cells(t)
        up_to = c.cumsum(2)
        place = (up_to < torch.rand_like(up_to[:, :, :1]) * up_to[:, :, -1:]).sum(2, keepdim=True)
        return c.gather(2, place.clamp(max=n - 1))

    def dropped(t: Any) -> Any:
        c = cells(t)
        return (c * (torch.rand_like(c) > 0.5)).amax(2)

    def detail(t: Any) -> Any:
        c = cells(t)
        q = (c - c.mean(2, keepdim=True)) ** 2 + 1e-3
        w = (q / q.mean(2, keepdim=True)) ** (log_lambda.exp() / 2) + log_alpha.exp()
        return (w * c).sum(2) / w.sum(2)

    yield (
        "soft", lambda a: vjp.soft_pool2d(a, k, s),
        [lambda t: mean(t.exp() * t) / mean(t.exp()), lambda t: (cells(t).softmax(2) * cells(t)).sum(2)], [],
    )  # fmt: skip
    yield (
        "lse", lambda a: vjp.lse_pool2d(a, k, s, r=2.0),
        [lambda t: mean((r * t).exp()).log() / r, lambda t: ((r * cells(t)).logsumexp(2) - math.log(n)) / r], [r],
    )  # fmt: skip
    yield (
        "logits", lambda a: vjp.softmax_pool2d(a, logits, k, s),
        [important, lambda t: (cells(other).softmax(2) * cells(t)).sum(2)], [other],
    )  # fmt: skip
    yield "gem", lambda a: vjp.gem_pool2d(a, 3.0, k, s), [lambda t: mean(t.clamp(min=1e-6) ** p) ** (1 / p)], [p]
    yield "mixed", lambda a: vjp.mixed_pool2d(a, k, 0.5, s), [lambda t: alpha * most(t) + (1 - alpha) * mean(t)], [alpha]
    yield "gated", lambda a: vjp.gated_pool2d(a, mask, s), [gated], [gate]
    yield "tree", lambda a: vjp.tree_pool2d(a, np.stack([mask, mask]), mask, s), [tree, tree_at_once], [first, second, gate]
    yield "weighted max", lambda a: vjp.weighted_max_pool2d(a, mask, s), [lambda t: (cells(t) * flat[:, None]).amax(2)], [flat]
    yield (
        "ordinal", lambda a: vjp.ordinal_pool2d(a, weights, k, s),
        [lambda t: (cells(t).sort(2, descending=True).values * flat[:, None]).sum(2)], [flat],
    )  # fmt: skip
    yield "rank", lambda a: vjp.rank_pool2d(a, k, s, top=2), [lambda t: cells(t).topk(2, 2).values.mean(2)], []
    yield "stochastic", lambda a: vjp.stochastic_pool2d(a, k, s, rng=0), [drawn], []
    yield "max dropout", lambda a: vjp.max_pool_dropout2d(a, k, s, rng=0), [dropped], []
    yield "detail", lambda a: vjp.detail_preserving_pool2d(a, k, s), [detail], [log_lambda, log_alpha]


def peer(call: Call, x: np.ndarray, learned: list[Any]) -> Callable[[], Any]:
    """PyTorch's result and its gradients."""
    leaf = torch.from_numpy(x).requires_grad_()
    ones = torch.ones_like(call(leaf))

    def step() -> Any:
        result = call(leaf)
        return result, torch.autograd.grad(result, [leaf, *learned], ones)

    return step


def differs(mine: Call, theirs: Call, x: np.ndarray) -> bool:
    """Whether the two compute something else."""
    y, other = mine(x)[0].ravel(), theirs(torch.from_numpy(x)).detach().numpy().ravel()
    return not np.allclose(y, other, rtol=1e-3)


def average(k: int, s: int) -> Call:
    return lambda a: cpool.vjp.avg_pool2d(a, k, s)


def measure(shape: tuple[int, ...], k: int, s: int, seconds: float) -> Iterator[dict[str, Any]]:
    x = np.random.default_rng(1).uniform(0.1, 1, shape).astype(np.float32)
    for name, mine, theirs, learned in methods(shape[1], k, s, x):
        if name not in RANDOM and any(differs(mine, other, x) for other in theirs):
            raise ValueError(f"{name}, {k}x{k}, stride {s}: cpool and PyTorch differ")
        calls = geometry.steps(mine, None, x) + geometry.steps(average(k, s), None, x)
        calls += [peer(other, x, learned) for other in theirs]
        ours, mean, *others = geometry.medians(calls, seconds)
        yield {
            "method": name, "shape": shape, "kernel": k, "stride": s, "cpool_us": ours, "torch_us": min(others),
            "average_us": mean,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.1, help="for each side of a row (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    cpool.set_num_threads(1)
    rows = [row for shape in SHAPES for k, s in WINDOWS for row in measure(shape, k, s, options.seconds)]
    names = list(dict.fromkeys(row["method"] for row in rows))
    table, summary = Table("method", "torch over cpool", "least", "cpool over its average", "most"), {}
    for name in names:
        some = [row for row in rows if row["method"] == name]
        faster = np.array([row["torch_us"] / row["cpool_us"] for row in some])
        slower = np.array([row["cpool_us"] / row["average_us"] for row in some])
        found = [float(np.exp(np.log(faster).mean())), faster.min(), float(np.exp(np.log(slower).mean())), slower.max()]
        summary[name] = dict(zip(("faster", "least", "over_average", "most"), map(float, found), strict=True))
        table.add_row(name + " *" * (name in RELATIVE), *(f"{value:.2f}" for value in found))
    Console().print(table)
    if options.json:
        result = {"machine": machine.describe(), "versions": {"torch": torch.__version__, "numpy": np.__version__}}
        lines = ",\n".join(json.dumps(row) for row in rows)
        head = json.dumps(result | {"summary": summary})
        options.json.write_text(f'{head[:-1]}, "results": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
