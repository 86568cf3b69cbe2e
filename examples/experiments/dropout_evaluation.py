"""How is a network that was trained with max-pooling dropout to be evaluated? Four rules on one set of weights.

    python examples/experiments/dropout_evaluation.py --seeds 10 --epochs 20

H. Wu, X. Gu (Towards dropout training for convolutional neural networks, Neural Networks 2015) drop cells by chance before the
maximum is taken. At test time they weight each cell by the probability that it is the largest that is left, and find that better
than the plain maximum and the maximum times the chance to be kept, and about as good as the mean answer of many draws.

Protocol: the network of train_digits.py with max-pooling dropout at rate 0.5, one training a seed. The same weights answer by each
rule, so differences are paired: image by image for the distance from the mean of 50 draws, seed by seed for error and loss.
"""

import sys

import common
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm
from train_digits import Layer, Sequential, build, load

import cpool

RATE, DRAWS = 0.5, 50
RULES = ("max", "scaled max", "probability weighting", f"mean of {DRAWS} draws")


class ScaledMax(Layer):
    """The maximum, times the chance that a cell is kept."""

    def __init__(self):
        super().__init__()
        self.pool = cpool.MaxPool2d(2)

    def forward(self, x):
        return (1 - RATE) * self.pool.forward(x)

    def eval(self):
        super().eval()
        self.pool.eval()


def with_pooling(model, make):
    """The same weights with another pooling."""
    return Sequential(*(make() if isinstance(layer, cpool.MaxPoolDropout2d) else layer for layer in model.layers))


def odds(model, x, draws=False):
    model.eval()
    for layer in model.layers:
        if draws and isinstance(layer, cpool.MaxPoolDropout2d):
            layer.train()
    return common.probabilities(model.forward(x))


def answers(model, x, draws):
    """What the weights answer by each rule."""
    found = (odds(with_pooling(model, lambda: cpool.MaxPool2d(2)), x), odds(with_pooling(model, ScaledMax), x), odds(model, x))
    return dict(zip(RULES, (*found, np.mean([odds(model, x, draws=True) for _ in range(draws)], axis=0)), strict=True))


def run(seeds, epochs, draws=DRAWS, quiet=False):
    """By rule, seed by seed: error, loss, and the mean distance of the probabilities from those of the draws."""
    results = {rule: [] for rule in RULES}
    for seed in tqdm(range(seeds), unit="network", disable=quiet):
        x_train, x_test, y_train, y_test = load(seed)
        model = build("max_dropout", np.random.default_rng(seed))
        common.fit(model, x_train, y_train, epochs, np.random.default_rng(seed))
        found = answers(model, x_test, draws)
        for rule, values in found.items():
            distance = float(np.abs(values - found[RULES[-1]]).sum(axis=1).mean() / 2)
            results[rule].append((*common.error_and_loss(values, y_test), distance))
    return {rule: np.array(values) for rule, values in results.items()}


def report(results):
    rows = []
    for rule, values in results.items():
        less = values - results["probability weighting"]
        compared = ("", "") if rule == "probability weighting" else (common.mean_std(less[:, 1]), common.mean_std(less[:, 0]))
        rows.append((rule, common.mean_std(values[:, 1]), common.mean_std(values[:, 0]), *compared, common.mean_std(values[:, 2])))
    headers = ("rule", "test loss", "test error, %", "loss minus weighting", "error minus weighting", "distance from draws")
    return common.table(f"max-pooling dropout at rate {RATE}, {len(values)} seeds", headers, rows)


def verdict(results):
    wanted = results["probability weighting"]
    said = []
    for rule in ("max", "scaled max", RULES[-1]):
        lower = int((wanted[:, 1] < results[rule][:, 1]).sum())
        said.append(f"a lower test loss than {rule} in {lower} of {len(wanted)} seeds")
    nearest = min(RULES[:-1], key=lambda rule: results[rule][:, 2].mean())
    return f"Probability weighting has {', '.join(said)}. Nearest to the mean of the draws is: {nearest}."


def draw(results):
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
    for at, title in enumerate(("test error, %", "test loss", "distance from the mean of the draws")):
        for place, values in enumerate(results.values()):
            row = values[:, at]
            axes[at].plot(place + np.linspace(-0.2, 0.2, len(row)), row, ".", color="#0072b2", markersize=4)
            axes[at].plot(place, row.mean(), "_", color="black", markersize=20, markeredgewidth=2)
        axes[at].set_xticks(range(len(results)), [rule.replace(" ", "\n", 1) for rule in results], fontsize=8)
        axes[at].set_title(title, fontsize=10)
    return figure


def main(argv=None):
    options = common.parser(__doc__, 10, 20, "dropout_evaluation").parse_args(argv)
    results = run(options.seeds, options.epochs)
    report(results)
    print(verdict(results))
    common.save(draw(results), options.out, "dropout_evaluation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
