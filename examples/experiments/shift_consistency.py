"""Does a network answer the same when its image is shifted? Five poolings, untrained and trained, in every shift of the digits.

    python examples/experiments/shift_consistency.py --seeds 5 --epochs 12

Where an image starts relative to the grid of a stride is chance, yet max pooling with a stride answers differently for it. R. Zhang
(Making convolutional networks shift-invariant again, ICML 2019) blurs before the stride, which should help; A. Chaman and I. Dokmanic
(Truly shift-invariant convolutional neural networks, CVPR 2021) keep the largest of the grids, which should end it, even untrained.

Protocol: 8x8 digits, shifted around their axes, so that nothing leaves the image: 64 places. The network is convolution, pooling,
convolution, pooling, convolution, the mean of each whole map and a dense layer; convolutions and blurs go on around the axes as
well. All poolings of a seed have the same split, the same first weights and the same batches. Measured on the test images: the
consistency, which is the chance that two shifts of an image drawn at random get the same class (counted over all 64 x 64 pairs),
and the largest change of any score by any shift, in standard deviations of that score over the unshifted test images. Training
does not shift its images, unless with --augment, which adds such networks.
"""

import itertools
import sys

import common
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm
from train_digits import Conv2d, Dense, Flatten, Layer, ReLU, Sequential, accuracy, load, train

import cpool

POOLINGS = {  # all of them halve height and width
    "max": lambda: cpool.MaxPool2d(2),
    "average": lambda: cpool.AvgPool2d(2),
    "blur": lambda: cpool.BlurPool2d(3),
    "max-blur": lambda: cpool.MaxBlurPool2d(2, 3),
    "polyphase": lambda: cpool.PolyphasePool2d(2),
}
SIZE = 8
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
        wide = self.layer.forward(np.pad(x, ((0, 0), (0, 0), (self.margin,) * 2, (self.margin,) * 2), "wrap"))
        self.shape, self.wide = x.shape, wide.shape
        return wide[self.kept()]

    def kept(self):
        first = self.margin // self.stride
        return ..., *(slice(first, first + size // self.stride) for size in self.shape[2:])

    def backward(self, grad):
        wide = np.zeros(self.wide, grad.dtype)
        wide[self.kept()] = grad
        grad = self.layer.backward(wide)
        for axis, size in ((2, self.shape[2]), (3, self.shape[3])):
            folded = np.zeros((size, *np.delete(grad.shape, axis)), grad.dtype)
            for at, cells in enumerate(np.moveaxis(grad, axis, 0)):
                folded[(at - self.margin) % size] += cells
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


def measure(model, x, y):
    model.eval()
    scores = np.array([model.forward(np.roll(x, shift, (2, 3))) for shift in SHIFTS])  # (64, images, 10)
    chances = (scores.argmax(axis=2)[..., None] == np.arange(10)).mean(axis=0)  # of each class, for each image
    change = np.abs(scores - scores[0]).max(axis=(0, 1)) / scores[0].std(axis=0)
    return {"accuracy": accuracy(model, x, y), "consistency": float((chances**2).sum(axis=1).mean()), "change": float(change.max())}
