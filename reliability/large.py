"""Arrays of more than 2**31 elements, forward and backward, against the reference.

    python reliability/large.py                          # ten minutes on a quiet machine, 12 GB of memory
    python reliability/large.py --dtype uint8            # 7 GB
    python reliability/large.py --scale 50               # the quick half: the same with arrays smaller by 50 along an axis

One plane of more than 2**31 cells, and many planes of few, in both layouts, whole and contiguous in memory. Each array is a row of
three different tiles, again and again; windows touch and do not overlap, so that `cpool.reference` of the three says what every
cell of the results must be, and every cell is compared: maxima, their indices (beyond 2**31 too), averages, other families over
large windows, values put back by indices, and of floats the gradients, written where the input was (`out=`), which by then has
served.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import verdict

import cpool

TILES = 3
ROWS = 16
"""Of a tile of a plane; what a window has along an axis is a divisor of it."""


@dataclass
class Form:
    """The shape of an input, and where it is cut into tiles: of some rows of its plane, or of one image."""

    title: str
    shape: tuple[int, ...]
    last: bool

    @property
    def one_plane(self) -> bool:
        return self.shape[0] == 1

    def tile(self) -> tuple[int, ...]:
        if not self.one_plane:
            return (1, *self.shape[1:])
        return (1, ROWS, *self.shape[2:]) if self.last else (1, 1, ROWS, self.shape[3])

    def options(self) -> dict[str, Any]:
        return {"data_format": "channels_last"} if self.last else {}

    def parts(self, a: np.ndarray, rows: int) -> Iterator[tuple[int, np.ndarray]]:
        """The tiles of an array one after the other; a tile of a plane has so many of its rows."""
        axis = 0 if not self.one_plane else 1 if self.last else 2
        step = rows if self.one_plane else 1
        for i, at in enumerate(range(0, a.shape[axis], step)):
            yield i, a[(slice(None),) * axis + (slice(at, at + step),)]

    def first_index(self, tile: int) -> int:
        """That of the first cell of a tile, in its plane."""
        return tile * ROWS * self.shape[2 if self.last else 3] if self.one_plane else 0


def forms(scale: int) -> list[Form]:
    """Of more than 2**31 elements each, where scale is 1."""
    return [
        Form("one plane, channels_first", (1, 1, 46_400 // scale // ROWS * ROWS, 46_400), False),
        Form("one plane, channels_last", (1, 91_200 // scale // ROWS * ROWS, 368, 64), True),
        Form("many planes, channels_first", (2_100 // scale, 256, 64, 64), False),
        Form("many planes, channels_last", (3_648 // scale, 96, 96, 64), True),
    ]


def contents(shape: tuple[int, ...], dtype: Any, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    if dtype == np.uint8:
        return [rng.integers(0, 256, shape, np.uint8) for _ in range(TILES)]
    return [rng.standard_normal(shape, np.float32) for _ in range(TILES)]


def fill(form: Form, a: np.ndarray, rows: int, tiles: list[np.ndarray]) -> None:
    for i, part in form.parts(a, rows):
        part[...] = tiles[i % TILES]


def differing(form: Form, a: np.ndarray, rows: int, tiles: list[np.ndarray], exact: bool, of_plane: bool = False) -> int:
    """How many tiles of an array are not as they must be; `of_plane`: indices, which go on from tile to tile."""
    wrong = 0
    for i, part in form.parts(a, rows):
        wanted = tiles[i % TILES] + form.first_index(i) if of_plane else tiles[i % TILES]
        wrong += not (np.array_equal(part, wanted) if exact else np.allclose(part, wanted, rtol=1e-5, atol=1e-6))
    return wrong


def with_gradient(form: Form, x: np.ndarray, tiles: list[np.ndarray], name: str, size: int) -> Iterator[str]:
    """Maxima with their indices, or averages; of floats with the gradient too, which is written over x."""
    options: dict[str, Any] = {"kernel_size": size, **form.options()}
    exact, rows, indices = name == "max_pool2d" or x.dtype.kind != "f", ROWS // size, None
    if name == "max_pool2d":
        options["return_indices"] = True
    wanted, pullbacks = zip(*(getattr(cpool.reference.vjp, name)(tile, **options) for tile in tiles), strict=True)
    y, pullback = getattr(cpool.vjp, name)(x, **options)
    if name == "max_pool2d":
        y, indices = y
        wanted, places = zip(*wanted, strict=True)
        if wrong := differing(form, indices, rows, list(places), True, of_plane=True):
            yield f"{wrong} tiles of indices"
        if form.one_plane and x.size > 2**31 and not form.last and indices.max() < 2**31:
            yield "no index is beyond 2**31"
        del indices
        options["return_indices"] = False
    if wrong := differing(form, y, rows, list(wanted), exact):
        yield f"{wrong} tiles of results"
    if not np.array_equal(getattr(cpool, name)(x, **options), y):
        yield "other results where no gradient is wanted"
    if x.dtype.kind != "f":
        return
    grads = contents(wanted[0].shape, np.float32, 1)
    fill(form, y, rows, grads)
    pullback(y, out=x)
    gradients = [each(grad) for each, grad in zip(pullbacks, grads, strict=True)]
    if wrong := differing(form, x, ROWS, gradients, exact):
        yield f"{wrong} tiles of gradients"


def forward(form: Form, x: np.ndarray, tiles: list[np.ndarray], name: str, more: dict[str, Any]) -> Iterator[str]:
    """The result alone, of windows of 16 x 16."""
    options = {"kernel_size": ROWS, **form.options(), **more}
    wanted = [getattr(cpool.reference, name)(tile, **options) for tile in tiles]
    if wrong := differing(form, getattr(cpool, name)(x, **options), 1, wanted, name in ("min_pool2d", "median_pool2d")):
        yield f"{wrong} tiles of results"


def put_back(form: Form, x: np.ndarray, tiles: list[np.ndarray]) -> Iterator[str]:
    """Unpooling, to places beyond 2**31."""
    options = {"kernel_size": ROWS, **form.options()}
    y, indices = cpool.max_pool2d(x, **options, return_indices=True)
    parts = [cpool.reference.max_pool2d(tile, **options, return_indices=True) for tile in tiles]
    wanted = [cpool.reference.max_unpool2d(*part, **options) for part in parts]
    if wrong := differing(form, cpool.max_unpool2d(y, indices, **options), ROWS, wanted, True):
        yield f"{wrong} tiles of results"


def largest(form: Form, x: np.ndarray) -> Iterator[str]:
    """The one largest cell, the very last of all; its index, in a plane that is not too large for one."""
    top = x.dtype.type(300 if x.dtype.kind == "f" else 255)
    if x.dtype.kind != "f":
        np.minimum(x, 254, out=x)
    x[-1, -1, -1, -1] = top
    if cpool.global_max_pool(x, **form.options()).flat[-1] != top:
        yield "another maximum"
    cells = int(np.prod(form.shape[1:3] if form.last else form.shape[2:]))
    try:
        indices = cpool.global_max_pool(x, **form.options(), return_indices=True)[1]
    except ValueError as error:
        if cells < 2**31 or "windows of at most" not in str(error):
            raise
    else:
        if indices.flat[-1] != cells - 1:
            yield f"index {indices.flat[-1]} of {cells} cells"


def proofs(form: Form, x: np.ndarray, tiles: list[np.ndarray]) -> Iterator[tuple[str, Iterator[str]]]:
    yield "max_pool2d, 4x4", with_gradient(form, x, tiles, "max_pool2d", 4)
    yield "avg_pool2d, 4x4", with_gradient(form, x, tiles, "avg_pool2d", 4)
    yield "max_pool2d, 16x16", with_gradient(form, x, tiles, "max_pool2d", ROWS)
    for name in ("min_pool2d", "sum_pool2d"):
        yield f"{name}, 16x16", forward(form, x, tiles, name, {})
    if x.dtype.kind == "f":
        yield "lp_pool2d, 16x16", forward(form, x, tiles, "lp_pool2d", {"norm_type": 2.0})
        yield "median_pool2d, 16x16", forward(form, x, tiles, "median_pool2d", {})
        yield "soft_pool2d, 16x16", forward(form, x, tiles, "soft_pool2d", {})
    else:
        yield "max_unpool2d, 16x16", put_back(form, x, tiles)
    yield "global_max_pool", largest(form, x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", choices=("uint8", "float32"), help="one of them alone")
    parser.add_argument("--forms", default="", help="only those whose title contains this, as 'one plane, channels_last'")
    parser.add_argument("--scale", type=int, default=1, help="by which arrays are smaller (default: %(default)s)")
    options = parser.parse_args()
    wrong = []
    for dtype in ("uint8", "float32") if options.dtype is None else (options.dtype,):
        for form in forms(options.scale):
            if options.forms not in form.title:
                continue
            x, tiles = np.empty(form.shape, dtype), contents(form.tile(), np.dtype(dtype), 0)
            for title, proof in proofs(form, x, tiles):
                start = time.perf_counter()
                fill(form, x, ROWS, tiles)
                problems = [f"{form.title}, {dtype}, {title}: {problem}" for problem in proof]
                size = f"{x.size / 2**31:.3f} * 2**31 elements"
                took = time.perf_counter() - start
                print(f"{form.title}, {dtype}, {size}, {title}: {len(problems)} wrong, {took:.1f} s", flush=True)
                wrong += problems
            del x
    verdict(wrong)


if __name__ == "__main__":
    main()
