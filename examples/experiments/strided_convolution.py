"""Is pooling worth its place, or does a convolution of stride 2 do the same? Test accuracy, parameters and the time of a step.

    python examples/experiments/strided_convolution.py --seeds 20 --epochs 30

J. T. Springenberg, A. Dosovitskiy, T. Brox and M. Riedmiller (Striving for simplicity: the all convolutional net, ICLR 2015
workshop) drop max pooling without a loss of accuracy: either the convolution before it takes the stride, which keeps the parameters
and saves three quarters of the work, or a convolution of stride 2 takes its place, which adds parameters.

Protocol: 8x8 digits and two stages, of 16 and of 32 filters of 3x3, each halves height and width; then a dense layer. A stage is

    max, average    convolution of stride 1, ReLU, pooling of windows of 2x2
    strided         convolution of stride 2, ReLU: in place of both, with the same parameters
    all conv        convolution of stride 1, ReLU, convolution of stride 2 with as many filters, ReLU

Every network of a seed has the same split and the same batches, and the first three the same first weights; so differences are
taken seed by seed. The time of a step (forward, loss, backward, Adam; 32 images) is the median over steps in turns of all networks.
"""

import itertools
import sys
import time

import common
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import t as student
from tqdm import tqdm
from train_digits import Adam, Conv2d, Dense, Flatten, ReLU, Sequential, cross_entropy, load, train

import cpool

FILTERS = 16, 32
BATCH = 32


class StridedConv2d(Conv2d):
    """The rows and columns 0, 2, ... of what Conv2d gives, without computing the others."""

    stride = 2

    def forward(self, x):
        n, channels, height, width = x.shape
        k, p, s = self.size, self.size // 2, self.stride
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))[:, :, ::s, ::s]
        rows = patches.transpose(0, 2, 3, 1, 4, 5).reshape(-1, channels * k * k)
        if self.training:
            self.saved = rows, x.shape
        y = rows @ self.params["weight"] + self.params["bias"]
        return y.reshape(n, -(-height // s), -(-width // s), -1).transpose(0, 3, 1, 2)

    def backward(self, grad):
        rows, (n, channels, height, width) = self.saved
        k, p, s = self.size, self.size // 2, self.stride
        down, across = grad.shape[2:]
        grad = grad.transpose(0, 2, 3, 1).reshape(len(rows), -1)
        self.grads["weight"] += rows.T @ grad
        self.grads["bias"] += grad.sum(axis=0)
        patches = (grad @ self.params["weight"].T).reshape(n, down, across, channels, k, k)
        padded = np.zeros((n, height + 2 * p, width + 2 * p, channels), grad.dtype)
        for i in range(k):
            for j in range(k):
                padded[:, i : i + s * down : s, j : j + s * across : s] += patches[..., i, j]
        return padded[:, p : p + height, p : p + width].transpose(0, 3, 1, 2)


STAGES = {  # from the channels before and after to the layers
    "max": lambda c, f, rng: [Conv2d(c, f, 3, rng), ReLU(), cpool.MaxPool2d(2)],
    "average": lambda c, f, rng: [Conv2d(c, f, 3, rng), ReLU(), cpool.AvgPool2d(2)],
    "strided": lambda c, f, rng: [StridedConv2d(c, f, 3, rng), ReLU()],
    "all conv": lambda c, f, rng: [Conv2d(c, f, 3, rng), ReLU(), StridedConv2d(f, f, 3, rng), ReLU()],
}


def network(name, rng):
    first, second = FILTERS
    stage = STAGES[name]
    return Sequential(*stage(1, first, rng), *stage(first, second, rng), Flatten(), Dense(second * 2 * 2, 10, rng))


def parameters(name):
    model = network(name, np.random.default_rng(0))
    return sum(param.size for layer in model.layers for param in layer.params.values())


def step_times(steps):
    """Seconds of training steps of each network; they take turns, so that what else the machine does disturbs all alike."""
    x, _, y, _ = load(0)
    x, y = x[:BATCH], y[:BATCH]
    models = {name: network(name, np.random.default_rng(0)) for name in STAGES}
    optimisers = {name: Adam(model.layers, 2e-3) for name, model in models.items()}
    times = {name: [] for name in STAGES}
    for _ in range(steps):
        for name, model in models.items():
            start = time.perf_counter()
            _, grad = cross_entropy(model.forward(x), y)
            model.zero_grad()
            model.backward(grad)
            optimisers[name].step()
            times[name].append(time.perf_counter() - start)
    return {name: np.array(seconds) for name, seconds in times.items()}


def run(seeds, epochs, steps=300, quiet=False):
    """For each network the number of its parameters, the test accuracy of each seed and the seconds of each step."""
    results = {name: {"parameters": parameters(name), "accuracy": []} for name in STAGES}
    for seed, name in tqdm(list(itertools.product(range(seeds), STAGES)), unit="network", disable=quiet):
        results[name]["accuracy"].append(train(name, epochs, batch_size=BATCH, seed=seed, quiet=True, network=network)[0])
    for name, seconds in step_times(steps).items():
        results[name] |= {"accuracy": np.array(results[name]["accuracy"]), "seconds": seconds}
    return results


def paired(results, name, other):
    """Points of accuracy that a network has over another one, seed by seed, and half the 95 % interval of their mean."""
    differences = 100 * (results[name]["accuracy"] - results[other]["accuracy"])
    n = len(differences)
    half = student.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n) if n > 1 else np.inf
    return differences, float(half)


def report(results):
    rows = []
    for name, result in results.items():
        differences, half = paired(results, name, "max")
        wins = f"{(differences > 0).sum()} / {(differences < 0).sum()}"
        compared = ("", "", "") if name == "max" else (common.mean_std(differences), f"{half:.2f}", wins)
        step = f"{1000 * np.median(result['seconds']):.2f}"
        rows.append((name, f"{result['parameters']:,}", common.mean_std(100 * result["accuracy"]), *compared, step))
    headers = ("network", "parameters", "accuracy, %", "minus max", "95 % +-", "seeds better / worse", "step, ms")
    return common.table(f"test accuracy of {len(results['max']['accuracy'])} seeds, and a training step", headers, rows)


def verdict(results):
    """What the numbers say, in words."""
    said = []
    for name, other in (("strided", "max"), ("strided", "average"), ("all conv", "max"), ("all conv", "strided")):
        differences, half = paired(results, name, other)
        mean = float(differences.mean())
        word = "cannot be told from" if abs(mean) <= half else "is above" if mean > 0 else "is below"
        said.append(f"{name} {word} {other} ({mean:+.2f} points, 95 % interval {mean - half:+.2f} to {mean + half:+.2f})")
    step = {name: float(np.median(result["seconds"])) for name, result in results.items()}
    more = results["all conv"]["parameters"] / results["max"]["parameters"]
    return (
        f"Test accuracy: {'; '.join(said)}. With the same parameters, a training step of stride 2 in place of both takes "
        f"{step['strided'] / step['max']:.2f} times that of max; all conv has {more:.1f} times the parameters, and its step takes "
        f"{step['all conv'] / step['max']:.2f} times that of max."
    )


def draw(results):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained", width_ratios=(4, 3, 4))
    names = list(results)
    others = [name for name in names if name != "max"]

    def scatter(axes, at, values):
        axes.plot(at + np.linspace(-0.25, 0.25, len(values)), values, ".", color="#0072b2", markersize=4)
        axes.plot(at, values.mean(), "_", color="black", markersize=22, markeredgewidth=2)

    for at, name in enumerate(names):
        scatter(left, at, 100 * results[name]["accuracy"])
    for at, name in enumerate(others):
        scatter(middle, at, paired(results, name, "max")[0])
    middle.axhline(0, color="#888888", linewidth=0.8)
    steps = [1000 * np.median(result["seconds"]) for result in results.values()]
    bars = right.bar(names, steps, 0.6, color="#d55e00")
    right.bar_label(bars, [f"{result['parameters']:,}" for result in results.values()], padding=2, fontsize=8)
    right.margins(y=0.12)
    panels = (
        (left, "test accuracy of each seed, %", names),
        (middle, "minus max, points", others),
        (right, "step, ms; parameters", names),
    )
    for axes, title, ticks in panels:
        axes.set_title(title)
        axes.set_xticks(range(len(ticks)), ticks)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def main(argv=None):
    options = common.parser(__doc__, 20, 30, "strided_convolution").parse_args(argv)
    results = run(options.seeds, options.epochs)
    report(results)
    print(verdict(results))
    common.save(draw(results), options.out, "strided_convolution")
    return 0


if __name__ == "__main__":
    sys.exit(main())
