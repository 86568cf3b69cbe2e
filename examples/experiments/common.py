"""What the experiments share: the command line, the training loop, tables and pictures; and the examples on the import path."""

import argparse
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

EXAMPLES = Path(__file__).resolve().parent.parent
PICTURES = EXAMPLES.parent / "docs" / "pictures"
matplotlib.use("Agg")
if str(EXAMPLES) not in sys.path:
    sys.path.append(str(EXAMPLES))

from train_digits import Adam, cross_entropy  # noqa: E402


def parser(doc, seeds, epochs, name):
    """The arguments that each experiment has."""
    found = argparse.ArgumentParser(prog=f"{name}.py", description=doc.partition("\n")[0])
    found.add_argument("--seeds", type=int, default=seeds, help=f"splits, first weights and batches (default: {seeds})")
    found.add_argument("--epochs", type=int, default=epochs, help=f"passes over the training images (default: {epochs})")
    found.add_argument("--out", type=Path, default=PICTURES, help="folder of the picture (default: docs/pictures)")
    return found


def fit(model, x, y, epochs, rng, batch_size=32, lr=2e-3, prepare=None):
    """Train a network; the mean loss of each epoch. `prepare(images, rng)` is what becomes of a batch before it is used."""
    optimiser, losses = Adam(model.layers, lr), []
    draws = rng.spawn(1)[0]  # of its own, so that the order of batches is the same with `prepare` and without
    for _ in range(epochs):
        model.train()
        total = 0.0
        for batch in np.array_split(rng.permutation(len(x)), -(-len(x) // batch_size)):
            images = x[batch] if prepare is None else prepare(x[batch], draws)
            loss, grad = cross_entropy(model.forward(images), y[batch])
            model.zero_grad()
            model.backward(grad)
            optimiser.step()
            total += float(loss) * len(batch)
        losses.append(total / len(x))
    return losses


def probabilities(scores):
    """The softmax of the scores."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def error_and_loss(odds, y):
    """The share of wrong answers in per cent, and the mean negative log-likelihood, of probabilities."""
    wrong = 100 * float((odds.argmax(axis=1) != y).mean())
    return wrong, float(-np.log(np.maximum(odds[np.arange(len(y)), y], 1e-12)).mean())


def mean_std(values):
    """Mean and standard deviation, in words."""
    values = np.asarray(values, np.float64)
    digits = 2 if np.abs(values).max() >= 1 else 3
    return f"{values.mean():.{digits}f} +- {values.std(ddof=1) if len(values) > 1 else 0:.{digits}f}"


def table(title, headers, rows):
    """Print a table, and return its lines."""
    cells = [list(map(str, row)) for row in (headers, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [title, ""]
    for row in cells:
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    print("\n".join(lines))
    return lines


def save(figure, out, name):
    """Write the picture."""
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / f"{name}.png", dpi=130)
    plt.close(figure)
    print(f"picture: {out / name}.png")
