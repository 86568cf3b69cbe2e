"""Does stochastic pooling keep a network from learning few images by heart, and how is it to be evaluated?

    python examples/experiments/stochastic_overfitting.py --seeds 8 --epochs 100

M. Zeiler, R. Fergus (Stochastic pooling for regularization of deep convolutional neural networks, ICLR 2013) draw a cell of each
window in proportion to its value. They report a higher training error and a lower test error than with maximum or average, and
that a network is best evaluated with the cells weighted by their probabilities.

Protocol: the network of train_digits.py on 200 training images, 100 epochs, every other image a test image. The gap is the test
loss minus the training loss, both in evaluation. The same weights are evaluated with probability weighting, with the mean answer of
50 draws, with one draw, and with the maximum or the average in the place of the drawn cell.
"""

import sys

import common
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm
from train_digits import Sequential, build, load

import cpool

POOLS = ("max", "avg", "stochastic")
IMAGES, DRAWS = 200, 50
RULES = ("probability weighting", f"mean of {DRAWS} draws", "one draw", "max", "average")


def split(seed, images):
    """So many images to train on, all others to test."""
    x_train, x_test, y_train, y_test = load(seed)
    return (
        x_train[:images],
        np.concatenate([x_train[images:], x_test]),
        y_train[:images],
        np.concatenate([y_train[images:], y_test]),
    )


def odds(model, x):
    model.eval()
    return common.probabilities(model.forward(x))


def drawn(model, x):
    """One pass in which only the poolings are in training, that is, draw."""
    model.eval()
    for layer in model.layers:
        if isinstance(layer, cpool.StochasticPool2d):
            layer.train()
    return common.probabilities(model.forward(x))


def with_pooling(model, layer):
    """The same weights with another pooling."""
    return Sequential(*(layer(2) if isinstance(at, cpool.StochasticPool2d) else at for at in model.layers))


def rules(model, x, y, draws):
    """Error and loss of a network that was trained with draws, by each way to evaluate it."""
    every = [drawn(model, x) for _ in range(draws)]
    found = (odds(model, x), np.mean(every, axis=0), every[0])
    found += (odds(with_pooling(model, cpool.MaxPool2d), x), odds(with_pooling(model, cpool.AvgPool2d), x))
    return dict(zip(RULES, (common.error_and_loss(o, y) for o in found), strict=True))


def run(seeds, epochs, images=IMAGES, draws=DRAWS, quiet=False):
    """Of each pooling, seed by seed: the losses of the epochs, and error and loss on both sets; and those of the rules."""
    results = {pool: {"losses": [], "train": [], "test": []} for pool in POOLS}
    by_rule = {rule: [] for rule in RULES}
    with tqdm(total=seeds * len(POOLS), unit="network", disable=quiet) as bar:
        for seed in range(seeds):
            x_train, x_test, y_train, y_test = split(seed, images)
            for pool, found in results.items():
                model = build(pool, np.random.default_rng(seed))
                found["losses"].append(common.fit(model, x_train, y_train, epochs, np.random.default_rng(seed)))
                found["train"].append(common.error_and_loss(odds(model, x_train), y_train))
                found["test"].append(common.error_and_loss(odds(model, x_test), y_test))
                if pool == "stochastic":
                    for rule, value in rules(model, x_test, y_test, draws).items():
                        by_rule[rule].append(value)
                bar.update()
    return {pool: {key: np.array(value) for key, value in found.items()} for pool, found in results.items()}, {
        rule: np.array(values) for rule, values in by_rule.items()
    }


def gap(found):
    return found["test"][:, 1] - found["train"][:, 1]


def report(results, by_rule):
    rows = [
        (pool, *map(common.mean_std, (found["losses"][:, -1], *found["train"].T[::-1], *found["test"].T[::-1], gap(found))))
        for pool, found in results.items()
    ]
    headers = ("pooling", "last epoch", "training loss", "training error, %", "test loss", "test error, %", "gap")
    seeds = len(results["max"]["losses"])
    lines = common.table(f"{seeds} seeds", headers, rows)
    wanted = by_rule[RULES[0]]
    rows = []
    for rule, values in by_rule.items():
        less = values - wanted
        rows.append((rule, *(common.mean_std(v) for v in (values[:, 1], values[:, 0], less[:, 1], less[:, 0]))))
    headers = ("evaluation", "test loss", "test error, %", "loss minus weighting", "error minus weighting")
    return lines + common.table("\nthe same stochastic networks, evaluated by", headers, rows)


def verdict(results, by_rule):
    stochastic, n = results["stochastic"], len(results["max"]["losses"])
    said = []
    for pool in ("max", "avg"):
        found = results[pool]
        higher = int((stochastic["losses"][:, -1] > found["losses"][:, -1]).sum())
        smaller, better = int((gap(stochastic) < gap(found)).sum()), int((stochastic["test"][:, 0] < found["test"][:, 0]).sum())
        said.append(
            f"against {pool}, stochastic pooling has the higher loss in training in {higher} of {n} seeds, the smaller gap in "
            f"{smaller}, the lower test error in {better}"
        )
    best = min(RULES, key=lambda rule: by_rule[rule][:, 1].mean())
    return f"{'; '.join(said).capitalize()}. The lowest test loss is that of: {best}."


def draw(results, by_rule):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
    for pool, found in results.items():
        losses = found["losses"].mean(axis=0)
        left.semilogy(np.arange(1, len(losses) + 1), losses, label=pool)
    left.set(title="training loss as trained", xlabel="epoch")
    left.legend(fontsize=8)
    for axes, values, title in (
        (middle, {pool: found["test"][:, 0] for pool, found in results.items()}, "test error, %"),
        (right, {rule: values[:, 1] for rule, values in by_rule.items()}, "stochastic: test loss by evaluation"),
    ):
        for at, row in enumerate(values.values()):
            axes.plot(at + np.linspace(-0.2, 0.2, len(row)), row, ".", color="#0072b2", markersize=4)
            axes.plot(at, row.mean(), "_", color="black", markersize=20, markeredgewidth=2)
        axes.set_xticks(range(len(values)), [name.replace(" ", "\n", 1) for name in values], fontsize=6)
        axes.set_title(title, fontsize=10)
    return figure


def main(argv=None):
    options = common.parser(__doc__, 8, 100, "stochastic_overfitting").parse_args(argv)
    found = run(options.seeds, options.epochs)
    report(*found)
    print(verdict(*found))
    common.save(draw(*found), options.out, "stochastic_overfitting")
    return 0


if __name__ == "__main__":
    sys.exit(main())
