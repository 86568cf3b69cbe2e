"""What makes a network bear translated images: its pooling layers, or translated images in its training?

    python examples/experiments/translation_sensitivity.py --seeds 5 --epochs 15

E. Kauderer-Abrams (Quantifying translation-invariance in convolutional neural networks, 2017) finds that the number of pooling
layers and the size of filters matter little, and the augmentation of training images most. Tutorials quote it; it is tried here.

Protocol: 8x8 digits on canvases of 16x16; two convolutions of 3x3 with 0, 1 or 2 layers of max pooling (2x2) between and behind
them, and a dense layer; trained on digits in the middle, or moved by up to 3 pixels at random. The translation-sensitivity map
S(x, y) is the distance of the ten scores of an image moved by (x, y) from those of the image in the middle, the mean over test
images, divided by the median distance between middle images of different digits: 1 is as far as to another digit. All networks of
a seed have the same split and the same order of batches.
"""

import sys

import common
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm
from train_digits import Conv2d, Dense, Flatten, ReLU, Sequential, load

import cpool

CANVAS, FARTHEST, AUGMENTED = 16, 4, 3
SHIFTS = np.arange(-FARTHEST, FARTHEST + 1)
POOLINGS = (0, 1, 2)
FILTERS = 8, 16
IMAGES = 150  # of the test images, each in 81 places


def placed(images, dx, dy):
    """The images on empty canvases, moved by (dx, dy) from the middle; of an array of shifts each image by its own."""
    n, middle = len(images), (CANVAS - images.shape[-1]) // 2
    canvas = np.zeros((n, 1, CANVAS, CANVAS), np.float32)
    rows = middle + np.broadcast_to(dy, n)[:, None, None] + np.arange(8)[:, None]
    columns = middle + np.broadcast_to(dx, n)[:, None, None] + np.arange(8)
    canvas[np.arange(n)[:, None, None], 0, rows, columns] = images[:, 0]
    return canvas


def moved(images, rng):
    return placed(images, *rng.integers(-AUGMENTED, AUGMENTED + 1, (2, len(images))))


def centred(images, rng):
    return placed(images, 0, 0)


def network(poolings, rng):
    first, second = FILTERS
    one, two = ([cpool.MaxPool2d(2)] if poolings > i else [] for i in (1, 0))  # a single one comes last
    side = CANVAS // 2**poolings
    layers = [Conv2d(1, first, 3, rng), ReLU(), *one, Conv2d(first, second, 3, rng), ReLU(), *two, Flatten()]
    return Sequential(*layers, Dense(second * side * side, 10, rng))


def sensitivity(model, x, y):
    """The map, the accuracy in the middle, and the share of answers that a shift does not change."""
    model.eval()
    base = model.forward(placed(x, 0, 0))
    between = np.linalg.norm(base[:, None] - base, axis=2)[y[:, None] != y]
    found, same = np.empty((len(SHIFTS),) * 2), []
    for i, dy in enumerate(SHIFTS):
        for j, dx in enumerate(SHIFTS):
            scores = model.forward(placed(x, dx, dy))
            found[i, j] = np.linalg.norm(scores - base, axis=1).mean() / np.median(between)
            if dx or dy:
                same.append((scores.argmax(axis=1) == base.argmax(axis=1)).mean())
    return found, 100 * float((base.argmax(axis=1) == y).mean()), 100 * float(np.mean(same))


def run(seeds, epochs, images=IMAGES, quiet=False):
    """By (poolings, augmented) the maps, accuracies and consistencies of the seeds."""
    results = {(poolings, augmented): [] for augmented in (False, True) for poolings in POOLINGS}
    with tqdm(total=seeds * len(results), unit="network", disable=quiet) as bar:
        for seed in range(seeds):
            x_train, x_test, y_train, y_test = load(seed)
            for (poolings, augmented), found in results.items():
                model = network(poolings, np.random.default_rng(seed))
                common.fit(model, x_train, y_train, epochs, np.random.default_rng(seed), prepare=moved if augmented else centred)
                found.append(sensitivity(model, x_test[:images], y_test[:images]))
                bar.update()
    return results


def mean_sensitivity(found):
    """Of each seed, the mean of its map but for the middle, where it is 0."""
    return np.array([maps.sum() / (maps.size - 1) for maps, _, _ in found])


def effects(results):
    """Of each seed how much less sensitive augmentation makes a network by its poolings, and two poolings by augmentation."""
    s = {key: mean_sensitivity(found) for key, found in results.items()}
    augmentation = {poolings: s[poolings, False] - s[poolings, True] for poolings in POOLINGS}
    pooling = {augmented: s[0, augmented] - s[POOLINGS[-1], augmented] for augmented in (False, True)}
    return augmentation, pooling


def report(results):
    rows = []
    for (poolings, augmented), found in results.items():
        _, accuracy, same = zip(*found, strict=True)
        trained = "moved" if augmented else "in the middle"
        rows.append((poolings, trained, common.mean_std(mean_sensitivity(found)), common.mean_std(same), common.mean_std(accuracy)))
    headers = ("pooling layers", "training images", "mean S", "answers that stay, %", "accuracy in the middle, %")
    return common.table(f"translation sensitivity, {len(found)} seeds", headers, rows)


def verdict(results):
    """Reproduced where in every seed the least that augmentation does is more than the most that pooling does, either way."""
    augmentation, pooling = effects(results)
    least, most = np.min(list(augmentation.values()), axis=0), np.abs(list(pooling.values())).max(axis=0)
    larger = int((least > most).sum())
    each = ", ".join(f"{common.mean_std(found)} with {poolings}" for poolings, found in augmentation.items())
    return (
        f"{'Reproduced' if larger == len(least) else 'Not reproduced'}: augmentation lowers the mean S by {each} pooling layers; "
        f"two pooling layers lower it by {common.mean_std(pooling[False])} in networks that saw the middle only, by "
        f"{common.mean_std(pooling[True])} in those that saw moved digits. The least of augmentation is more than the most of "
        f"pooling in {larger} of {len(least)} seeds, {np.mean(least / np.maximum(most, 1e-9)):.1f} times as much on average."
    )


def draw(results):
    figure, axes = plt.subplots(2, 4, figsize=(9, 4.6), layout="constrained", width_ratios=(1, 1, 1, 1.25))
    top = max(np.mean([maps for maps, _, _ in found], axis=0).max() for found in results.values())
    edges = (-FARTHEST - 0.5, FARTHEST + 0.5, FARTHEST + 0.5, -FARTHEST - 0.5)
    for row, augmented in enumerate((False, True)):
        for column, poolings in enumerate(POOLINGS):
            maps = np.mean([maps for maps, _, _ in results[poolings, augmented]], axis=0)
            image = axes[row, column].imshow(maps, vmin=0, vmax=top, cmap="viridis", extent=edges)
            layers = f"{poolings} pooling layer{'s' * (poolings != 1)}"
            axes[row, column].set_title(f"{layers}, {'moved' if augmented else 'middle'}", fontsize=9)
            axes[row, column].set(xticks=SHIFTS[::2], yticks=SHIFTS[::2])
            distance = np.rint(np.hypot(*np.meshgrid(SHIFTS, SHIFTS))).astype(int)
            radial = [maps[distance == r].mean() for r in range(FARTHEST + 1)]
            axes[row, 3].plot(radial, marker="o", markersize=3, label=f"{poolings} pooling")
        axes[row, 3].set(ylim=(0, top), xlabel="shift, pixels", title=f"S by distance, {'moved' if augmented else 'middle'}")
        axes[row, 3].title.set_fontsize(9)
        axes[row, 3].legend(fontsize=7)
    figure.colorbar(image, ax=axes[:, :3], label="S: 1 is as far as to another digit", shrink=0.8, location="left")
    return figure


def main(argv=None):
    options = common.parser(__doc__, 5, 15, "translation_sensitivity").parse_args(argv)
    results = run(options.seeds, options.epochs)
    report(results)
    print(verdict(results))
    common.save(draw(results), options.out, "translation_sensitivity")
    return 0


if __name__ == "__main__":
    sys.exit(main())
