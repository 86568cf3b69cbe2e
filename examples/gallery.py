"""Pictures of pooling, drawn from what cpool computes.

    python examples/gallery.py --out pictures --only gradient_paths

real_image: a photograph through each pooling. example_5x5: windows, maxima and averages of 25 numbers. max_against_average: what
either keeps of strokes, texture and noise. gradient_paths: which cells receive the gradient. receptive_field: what an output sees
through layers of convolution and pooling. The numbers come from gallery_data.py; nothing is downloaded.
"""

import argparse
import sys
from pathlib import Path

import gallery_data as data
import matplotlib as mpl
import numpy as np
from PIL import Image
from tqdm import tqdm

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.colors import FuncNorm

STYLE = {"font.size": 9, "axes.titlesize": 9, "axes.titlepad": 4, "figure.titlesize": 11, "axes.linewidth": 0.6}
WIDTH = 9  # inches of every picture, so that letters have one size in all
GREY = "#555555"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart by colour-blind readers as well


def panel(axes, image, title="", note="", **kwargs):
    """An image without ticks, each of its cells a square; one channel is grey unless a colour map is given."""
    shown = axes.imshow(image, interpolation="nearest", **kwargs or {"cmap": "gray", "vmin": 0, "vmax": 1})
    axes.set(xticks=[], yticks=[])
    axes.set_title(title)
    axes.set_xlabel(note, color=GREY, labelpad=3, fontsize=8)
    return shown


def lines(axes, cells, color=GREY):
    """Lines before these rows and columns."""
    for at in cells:
        axes.axhline(at - 0.5, color=color, linewidth=0.6)
        axes.axvline(at - 0.5, color=color, linewidth=0.6)


def real_image(size=320, window=8):
    """A photograph through each pooling, with the same window."""
    x = data.photograph(size)
    images = {f"input, {size} x {size}": x} | data.pooled(x, window)
    figure, grid = plt.subplots(5, 5, figsize=(WIDTH, 9.9), layout="constrained")
    for axes, (title, image) in zip(grid.flat, images.items(), strict=True):
        panel(axes, np.clip(image, 0, 1), title)
    figure.suptitle(f"One photograph through each pooling, windows of {window} x {window} pixels")
    about = "red, green and blue are pooled each by itself; photograph: danielbuechele, CC BY 2.0, cropped and pooled"
    figure.supxlabel(about, color=GREY, fontsize=8)
    return figure


# ------------------------------------------------------------------------------------------------ five by five
def numbers(axes, values, title, form):
    """A grid with a number in each cell."""
    rows, columns = values.shape
    panel(axes, np.ones((rows, columns, 3)), title)
    lines(axes, range(1, rows), color="#bbbbbb")
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, form.format(value), ha="center", va="center", fontsize=11)


def box(axes, row, column, size, colour, inset=0.0, **kwargs):
    """A square around cells; `inset` keeps those that overlap apart."""
    corner, side = (column - 0.5 + inset, row - 0.5 + inset), size - 2 * inset
    axes.add_patch(plt.Rectangle(corner, side, side, edgecolor=colour, **{"facecolor": "none", "linewidth": 2} | kwargs))


def example_5x5():
    """3x3 windows over 5x5 numbers at stride 1 and 2: the windows one by one, their maxima and their averages."""
    x = data.example_5x5()
    figure = plt.figure(figsize=(WIDTH, 4.9), layout="constrained")
    figure.suptitle("3 x 3 windows over 5 x 5 numbers; in the small grids the largest cell is dark")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2.1))
    axes = left.subplots()
    numbers(axes, x[0], "input, and its four corner windows", "{:.0f}")
    corners = dict(zip([(0, 0), (0, 2), (2, 0), (2, 2)], COLOURS, strict=True))
    for inset, ((row, column), colour) in enumerate(corners.items()):
        box(axes, row, column, 3, colour, 0.05 + 0.045 * inset)
    for subfigure, stride in zip(right.subfigures(2, 1), (1, 2), strict=True):
        top, mean, (rows, columns) = data.windows_of(x, stride)
        windows, maxima, means = subfigure.subplots(1, 3)
        panel(windows, np.ones((1, 1, 3)), f"windows at stride {stride}")
        windows.axis("off")
        numbers(maxima, top, "max", "{:.0f}")
        numbers(means, mean, "average", "{:.1f}")
        for at in np.ndindex(top.shape):
            row, column = at[0] * stride, at[1] * stride
            colour = corners.get((row, column), GREY)
            # The small grids lie as the outputs do: each shows where in the input its output comes from.
            small = windows.inset_axes([(at[1] + 0.06) / len(top), 1 - (at[0] + 0.94) / len(top), 0.88 / len(top), 0.88 / len(top)])
            panel(small, np.ones((5, 5, 3)))
            lines(small, range(1, 5), color="#dddddd")
            box(small, row, column, 3, colour, facecolor=colour, alpha=0.3, linewidth=0)
            box(small, rows[at], columns[at], 1, colour, facecolor=colour, linewidth=0)
            for axes in (maxima, means):
                box(axes, *at, 1, colour, 0.07, linewidth=1.6)
    return figure


# ------------------------------------------------------------------------------------------------ max against average
def max_against_average(size=96, window=4):
    """What max and average keep of thin strokes, of texture and of a flat ground with noise."""
    found = data.max_against_average(size, window)
    figure, grid = plt.subplots(3, 4, figsize=(WIDTH, 7.6), layout="constrained")
    for column, (title, panels) in zip(grid.T, found.items(), strict=True):
        for row, (axes, (image, note)) in enumerate(zip(column, panels, strict=True)):
            panel(axes, image, "" if row else title, note)
    for axes, name in zip(grid[:, 0], ("input", f"max {window} x {window}", f"average {window} x {window}"), strict=True):
        axes.set_ylabel(name)
    figure.suptitle("Max keeps what is bright and loses what is dark; average fades both, and quiets noise")
    about = "contrast: how far the windows that a stroke goes through are from the ground; spread: standard deviation"
    figure.supxlabel(f"{about}\nphotograph of the leaves: danielbuechele, CC BY 2.0, cropped", color=GREY, fontsize=8)
    return figure


# ------------------------------------------------------------------------------------------------ gradients
def gradient_paths(windows=3, window=4):
    """Which cells receive the gradient when every output is given 1, for each pooling."""
    x = np.random.default_rng(2).random((windows * window, windows * window, 1))
    # The square root makes a sixteenth visible beside 1; below 0 it is mirrored.
    norm = FuncNorm((lambda g: np.sign(g) * np.sqrt(np.abs(g)), lambda g: np.sign(g) * g**2), vmin=-1, vmax=1)
    figure, grid = plt.subplots(5, 5, figsize=(WIDTH, 10.9), layout="constrained")
    panel(grid[0, 0], x, "input", "from 0, black, to 1, white")
    for axes, (title, grad) in zip(grid.flat[1:], data.gradient_paths(x, window).items(), strict=True):
        note = f"{np.count_nonzero(grad)} cells, {grad.min():.2f} to {grad.max():.2f}"
        shown = panel(axes, grad, title, note, cmap="RdBu_r", norm=norm)
    for axes in grid.flat[:-2]:  # fractional windows lie otherwise
        lines(axes, range(window, windows * window, window))
    bar = figure.colorbar(shown, ax=grid, location="bottom", shrink=0.5, aspect=40, pad=0.01, extend="max")
    bar.set_ticks([-0.25, 0, 1 / 16, 0.25, 1], labels=["-1/4", "0", "1/16", "1/4", "1"])
    bar.ax.set_xlim(-0.25, 1)
    figure.suptitle(f"Which cells receive the gradient when each output is given 1, windows of {window} x {window} cells")
    return figure


# ------------------------------------------------------------------------------------------------ receptive fields
def receptive_field(size=28, images=256):
    """The gradient of one output with respect to the pixels, after each layer of a stack."""
    x = np.random.default_rng(0).standard_normal((images, 1, size, size))
    # Through convolution and averages the gradient is the same for every input; through maxima each input has its own.
    rows = {
        "convolutions only": data.receptive_fields(data.convolution, x[:1]),
        "average pooling": data.receptive_fields(data.average, x[:1]),
        "max pooling,\none input": data.receptive_fields(data.maximum, x[:1]),
        f"max pooling,\nmean of {images} inputs": data.receptive_fields(data.maximum, x),
    }
    figure, grid = plt.subplots(len(rows), len(data.STACK), figsize=(WIDTH, 6.4), layout="constrained")
    for row, (name, fields) in zip(grid, rows.items(), strict=True):
        for number, (axes, layer, field) in enumerate(zip(row, data.STACK, fields, strict=True), 1):
            top, left, height, width = data.extent(field)
            title = f"layer {number}" if fields is rows["convolutions only"] else ""
            note = f"{'conv' if title else layer}: {height} x {width}"
            # Not a number, where no gradient comes, is not drawn at all.
            panel(axes, np.sqrt(np.where(field > 0, field, np.nan)), title, note, cmap="Blues", vmin=0)
            axes.add_patch(plt.Rectangle((left - 0.5, top - 0.5), width, height, edgecolor=COLOURS[1], facecolor="none"))
        row[0].set_ylabel(name)
    figure.suptitle("What one output sees of the input, after each layer: pooling makes every later layer see further")
    about = "conv: 3 x 3 at stride 1; pool: 2 x 2 at stride 2; framed: the pixels that the gradient of one output reaches,"
    about += "\nthe darker the more of it (by the square root, beside the most in the panel)"
    figure.supxlabel(about, color=GREY, fontsize=8)
    return figure


PICTURES = {f.__name__: f for f in (real_image, example_5x5, max_against_average, gradient_paths, receptive_field)}


def save(figure, path, dpi=150):
    """256 colours are enough for these pictures, and take less than half of the bytes."""
    figure.set_dpi(dpi)
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    image.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True, dpi=(dpi, dpi))
    plt.close(figure)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folder = Path(__file__).parent.parent / "docs" / "pictures"
    parser.add_argument("--out", type=Path, default=folder, help="the folder to write into (default: docs/pictures)")
    parser.add_argument(
        "--only", nargs="+", choices=PICTURES, default=list(PICTURES), metavar="NAME", help=f"of {', '.join(PICTURES)}"
    )
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    for name in tqdm(options.only, unit="picture"):
        with plt.rc_context(STYLE):
            save(PICTURES[name](), options.out / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
