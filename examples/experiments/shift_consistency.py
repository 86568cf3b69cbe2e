"""Does a network answer the same when its image is shifted? Five poolings, untrained and trained, in every shift of the digits.

    python examples/experiments/shift_consistency.py --seeds 5 --epochs 24

Where an image lies on the grid of a stride is chance, yet a network with max pooling answers differently for it. R. Zhang (Making
convolutional networks shift-invariant again, ICML 2019) blurs before the stride, which should help; A. Chaman, I. Dokmanic (Truly
shift-invariant convolutional neural networks, CVPR 2021) keep the largest of the grids, which should end it, even untrained.

Protocol: 8x8 digits, shifted around their axes, so that nothing leaves the image: 64 places. The network is convolution, pooling,
convolution, pooling, convolution, the mean of each whole map and a dense layer; convolutions and blurs go on around the axes as
well. All poolings of a seed have the same split, the same first weights and the same batches; training does not shift its images.
Measured on 150 test images: the consistency, which is the chance that two shifts of an image drawn at random get the same class
(counted over all 64 x 64 pairs), and the largest change of any score by any shift, in standard deviations of that score over the
unshifted images. A network that is untrained gives nearly all images one class, which would be consistent but says nothing: so its
scores first get mean 0 and deviation 1 over the training images.
"""

import itertools
import sys

import common
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm
from train_digits import Conv2d, Dense, Flatten, Layer, ReLU, Sequential, load, train

import cpool

POOLINGS = {  # all of them halve height and width
    "max": lambda: cpool.MaxPool2d(2),
    "average": lambda: cpool.AvgPool2d(2),
    "blur": lambda: cpool.BlurPool2d(3),
    "max-blur": lambda: cpool.MaxBlurPool2d(2, 3),
    "polyphase": lambda: cpool.PolyphasePool2d(2),
}
SIZE = 8
IMAGES = 150  # of the test images, in all their places
SHIFTS = list(itertools.product(range(SIZE), repeat=2))


class Around(Layer):
    """Another layer of this stride, on maps that go on around their axes.

    `margin` more cells on each side, taken from the other one, keep the layer's own padding away from what is left of its result.
    """

    def __init__(self, layer, margin, stride=1):
        super().__init__()
        self.layer, self.margin, self.stride = layer, margin, stride
        self.params, self.grads = layer.params, layer.grads

    def forward(self, x):
        rows, columns = (np.arange(-self.margin, size + self.margin) % size for size in x.shape[2:])
        wide = self.layer.forward(x[:, :, rows[:, None], columns])
        self.shape, self.wide = x.shape, wide.shape
        return wide[self.kept()]

    def kept(self):
        first = self.margin // self.stride
        return ..., *(slice(first, first + size // self.stride) for size in self.shape[2:])

    def backward(self, grad):
        wide = np.zeros(self.wide, grad.dtype)
        wide[self.kept()] = grad
        grad, m = self.layer.backward(wide), self.margin
        for axis in (2, 3):  # a cell that was taken twice gets both gradients
            cells = np.moveaxis(grad, axis, 0)
            folded = cells[m:-m].copy()
            folded[-m:] += cells[:m]
            folded[:m] += cells[-m:]
            grad = np.moveaxis(folded, 0, axis)
        return grad

    def train(self):
        self.layer.train()

    def eval(self):
        self.layer.eval()


def network(pool, rng):
    def pooling():
        # Windows of 2x2 cells do not overlap and polyphase sampling goes on around the axes by itself: only blurs need a margin.
        return Around(POOLINGS[pool](), 2, 2) if "blur" in pool else POOLINGS[pool]()

    return Sequential(
        Around(Conv2d(1, 16, 3, rng), 1), ReLU(), pooling(), Around(Conv2d(16, 32, 3, rng), 1), ReLU(), pooling(),
        Around(Conv2d(32, 64, 3, rng), 1), ReLU(), cpool.GlobalAvgPool(), Flatten(), Dense(64, 10, rng),
    )  # fmt: skip


def balance(model, x):
    """Give every score mean 0 and standard deviation 1 over these images, by the weights of the dense layer."""
    model.eval()
    scores, dense = model.forward(x), model.layers[-1]
    dense.params["weight"] /= scores.std(axis=0)
    dense.params["bias"] -= scores.mean(axis=0)
    dense.params["bias"] /= scores.std(axis=0)
    return model


def measure(model, x, y):
    """What the shifts of these images do to the scores."""
    model.eval()
    scores = np.array([model.forward(np.roll(x, shift, (2, 3))) for shift in SHIFTS])  # (64, images, 10)
    classes = scores.argmax(axis=2)
    chances = (classes[..., None] == np.arange(10)).mean(axis=0)  # of each class, for each image
    return {
        "consistency": float((chances**2).sum(axis=1).mean()),
        "change": float((np.abs(scores - scores[0]).max(axis=(0, 1)) / scores[0].std(axis=0)).max()),
        "accuracy": float((classes[0] == y).mean()),
        "shifted accuracy": float((classes == y).mean()),
        "kept": (classes == classes[0]).mean(axis=1).reshape(SIZE, SIZE),  # for each shift, who keeps the class of the unshifted
    }


def run(seeds, epochs, lr=5e-3, quiet=False):
    """What `measure` gives, as arrays over the seeds, for "untrained" and "trained" and each pooling."""
    results = {state: {pool: [] for pool in POOLINGS} for state in ("untrained", "trained")}
    for seed, pool in tqdm(list(itertools.product(range(seeds), POOLINGS)), unit="network", disable=quiet):
        x_train, x, _, y = load(seed)
        x, y = x[:IMAGES], y[:IMAGES]
        results["untrained"][pool].append(measure(balance(network(pool, np.random.default_rng(seed)), x_train), x, y))
        _, _, model = train(pool, epochs, lr=lr, seed=seed, quiet=True, network=network)
        results["trained"][pool].append(measure(model, x, y))
    return {
        state: {pool: {key: np.array([run[key] for run in runs]) for key in runs[0]} for pool, runs in pools.items()}
        for state, pools in results.items()
    }


def report(results):
    before, after = results["untrained"], results["trained"]
    rows = []
    for pool in POOLINGS:
        gain = 100 * (after[pool]["consistency"] - after["max"]["consistency"])
        shares = (before[pool]["consistency"], after[pool]["consistency"], after[pool]["accuracy"], after[pool]["shifted accuracy"])
        untrained, trained, *accuracies = (common.mean_std(100 * share) for share in shares)
        changes = (common.mean_std(state[pool]["change"]) for state in (before, after))
        rows.append((pool, untrained, trained, "" if pool == "max" else common.mean_std(gain), *changes, *accuracies))
    headers = ("pooling", "untrained, %", "trained, %", "minus max", "change, un.", "change, tr.", "accuracy, %", "shifted, %")
    title = "consistency of the class, largest change of a score, accuracy unshifted and over all shifts"
    return common.table(f"{title}; {len(gain)} seeds", headers, rows)


def verdict(results):
    """What the numbers say, in words."""
    share = {pool: runs["consistency"] for pool, runs in results["trained"].items()}
    order = sorted(share, key=lambda pool: share[pool].mean())
    exact = [pool for pool in POOLINGS if all((results[state][pool]["consistency"] == 1).all() for state in results)]
    change = max(float(results[state]["polyphase"]["change"].max()) for state in results)
    above = ", ".join(f"{pool} in {(share[pool] > share['max']).sum()}" for pool in POOLINGS if pool != "max")
    polyphase, largest = results["trained"]["polyphase"], results["trained"]["max"]
    still, shifted = (100 * float((polyphase[key] - largest[key]).mean()) for key in ("accuracy", "shifted accuracy"))
    return (
        f"Trained, from the least consistent to the most: {', '.join(f'{pool} {share[pool].mean():.1%}' for pool in order)}. "
        f"More consistent than max: {above} of {len(share['max'])} seeds. "
        f"Exactly 100 % in every network, untrained and trained: {', '.join(exact) or 'none'}; "
        f"the largest change of a score of polyphase is {change:.1g}. "
        f"Its accuracy less that of max: {still:+.1f} points on unshifted images, {shifted:+.1f} over all shifts."
    )


def draw(results):
    figure = plt.figure(figsize=(9, 5.6), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.2, 1))
    places = np.arange(len(POOLINGS))
    panels = top.subplots(1, 2)
    for offset, (state, colour) in zip((-0.2, 0.2), (("untrained", "#56b4e9"), ("trained", "#d55e00")), strict=True):
        for axes, key, factor in zip(panels, ("consistency", "change"), (100, 1), strict=True):
            values = factor * np.array([results[state][pool][key] for pool in POOLINGS])
            axes.bar(places + offset, values.mean(axis=1), 0.38, color=colour, label=state)
            axes.plot(places + offset, values, ".", color="black", markersize=3)
    panels[0].set(title="two shifts of an image get the same class, %", ylim=(0, 105))
    panels[1].set(title="largest change of a score, deviations")
    panels[1].legend(frameon=False)
    for axes in panels:
        axes.set_xticks(places, POOLINGS)
        axes.spines[["top", "right"]].set_visible(False)
    bottom.suptitle("trained: who keeps the class of the unshifted image, by rows and columns of the shift", fontsize="medium")
    maps = bottom.subplots(1, len(POOLINGS))
    for axes, pool in zip(maps, POOLINGS, strict=True):
        kept = 100 * results["trained"][pool]["kept"].mean(axis=0)
        shown = axes.imshow(kept, vmin=0, vmax=100, cmap="viridis")
        axes.set(title=pool, xticks=[0, 4], yticks=[0, 4])
    bottom.colorbar(shown, ax=maps, label="%", shrink=0.6, aspect=12)
    return figure


def main(argv=None):
    options = common.parser(__doc__, 5, 24, "shift_consistency").parse_args(argv)
    results = run(options.seeds, options.epochs)
    report(results)
    print(verdict(results))
    common.save(draw(results), options.out, "shift_consistency")
    return 0


if __name__ == "__main__":
    sys.exit(main())
