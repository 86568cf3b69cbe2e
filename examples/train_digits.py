"""Train a small convolutional network on handwritten digits: plain numpy, with cpool's compiled pooling.

    python examples/train_digits.py --pool max

Everything that a training loop needs is in this file, to be read from top to bottom: the layers, the loss, the optimiser,
the loop. Each layer is an object with `forward(x)` and `backward(grad)`, which returns the gradient with respect to x
and adds those of the layer's own parameters to `layer.grads`. cpool's layers have the same methods, so they need no adapter.

The data are the 1,797 real 8x8 images that come with scikit-learn; nothing is downloaded.
"""

import argparse
import inspect
import math
import sys
import time
from collections import Counter

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import cpool

POOLINGS = {  # the layer, and what it takes for windows of 2x2 cells
    "max": (cpool.MaxPool2d, 2), "avg": (cpool.AvgPool2d, 2), "sum": (cpool.SumPool2d, 2), "min": (cpool.MinPool2d, 2),
    "lp": (cpool.LPPool2d, 2, 2), "median": (cpool.MedianPool2d, 2), "rank": (cpool.RankPool2d, 2),
    "stochastic": (cpool.StochasticPool2d, 2), "max_dropout": (cpool.MaxPoolDropout2d, 2), "s3": (cpool.S3Pool2d, 2, 2),
    "mixed": (cpool.MixedPool2d, 2), "gated": (cpool.GatedPool2d, 2), "tree": (cpool.TreePool2d, 2), "gem": (cpool.GeMPool2d, 2),
    "weighted_max": (cpool.WeightedMaxPool2d, 2), "ordinal": (cpool.OrdinalPool2d, 2), "lse": (cpool.LSEPool2d, 2),
    "soft": (cpool.SoftPool2d, 2), "detail_preserving": (cpool.DetailPreservingPool2d, 2), "blur": (cpool.BlurPool2d, 3),
    "max_blur": (cpool.MaxBlurPool2d, 2, 3), "polyphase": (cpool.PolyphasePool2d, 2),
    "fractional_max": (cpool.FractionalMaxPool2d, 2, None, 0.5), "fractional_avg": (cpool.FractionalAvgPool2d, 2, None, 0.5),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------ layers
class Layer:
    """What the layers below share: parameters, their gradients under the same keys, and the mode."""

    def __init__(self, **params):
        self.params = params
        self.grads = {key: np.zeros_like(value) for key, value in params.items()}
        self.training = True

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def zero_grad(self):
        for grad in self.grads.values():
            grad.fill(0)


class Conv2d(Layer):
    """Correlation with `size` x `size` filters at stride 1; the zero padding keeps height and width."""

    def __init__(self, channels, filters, size, rng, gain=1.0):
        fan_in = channels * size * size
        super().__init__(weight=normal(rng, (fan_in, filters), gain, fan_in), bias=np.zeros(filters, np.float32))
        self.size = size

    def forward(self, x):
        n, channels, height, width = x.shape
        k, p = self.size, self.size // 2
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        # The k x k patch around every pixel becomes one row of a matrix: the convolution is then one matrix product.
        patches = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))  # (n, channels, height, width, k, k)
        rows = patches.transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, channels * k * k)
        if self.training:
            self.saved = rows, x.shape
        y = rows @ self.params["weight"] + self.params["bias"]
        return y.reshape(n, height, width, -1).transpose(0, 3, 1, 2)

    def backward(self, grad):
        rows, (n, channels, height, width) = self.saved
        k, p = self.size, self.size // 2
        grad = grad.transpose(0, 2, 3, 1).reshape(n * height * width, -1)
        self.grads["weight"] += rows.T @ grad
        self.grads["bias"] += grad.sum(axis=0)
        # Backwards, every patch returns its gradient to the pixels that it was cut from: k * k shifted additions.
        patches = (grad @ self.params["weight"].T).reshape(n, height, width, channels, k, k)
        padded = np.zeros((n, height + 2 * p, width + 2 * p, channels), grad.dtype)
        for i in range(k):
            for j in range(k):
                padded[:, i : i + height, j : j + width] += patches[..., i, j]
        return padded[:, p : p + height, p : p + width].transpose(0, 3, 1, 2)


class ReLU(Layer):
    def forward(self, x):
        if self.training:
            self.positive = x > 0
        return np.maximum(x, 0)

    def backward(self, grad):
        return grad * self.positive


class Flatten(Layer):
    def forward(self, x):
        if self.training:
            self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad):
        return grad.reshape(self.shape)


class Dense(Layer):
    def __init__(self, inputs, outputs, rng, gain=1.0):
        super().__init__(weight=normal(rng, (inputs, outputs), gain, inputs), bias=np.zeros(outputs, np.float32))

    def forward(self, x):
        if self.training:
            self.x = x
        return x @ self.params["weight"] + self.params["bias"]

    def backward(self, grad):
        self.grads["weight"] += self.x.T @ grad
        self.grads["bias"] += grad.sum(axis=0)
        return grad @ self.params["weight"].T


def normal(rng, shape, gain, fan_in):
    """He's initialisation: through layers of this variance and ReLU, activations keep their size."""
    return (gain * math.sqrt(2 / fan_in) * rng.standard_normal(shape)).astype(np.float32)


class Sequential:
    """Layers one after another; `seconds` tells where the time goes."""

    def __init__(self, *layers):
        self.layers = layers
        self.seconds = Counter()

    def timed(self, layer, method, array):
        start = time.perf_counter()
        result = method(array)
        self.seconds[type(layer).__name__] += time.perf_counter() - start
        return result

    def forward(self, x):
        for layer in self.layers:
            x = self.timed(layer, layer.forward, x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = self.timed(layer, layer.backward, grad)

    def train(self):
        for layer in self.layers:
            layer.train()

    def eval(self):
        for layer in self.layers:
            layer.eval()

    def zero_grad(self):
        for layer in self.layers:
            layer.zero_grad()


def pooling(pool, rng):
    """A layer of this pooling; one that draws at random gets a stream of its own, so that all have the same first weights."""
    layer, *arguments = POOLINGS[pool]
    stream = {"rng": rng.spawn(1)[0]} if "rng" in inspect.signature(layer).parameters else {}
    return layer(*arguments, **stream)


def build(pool, rng):
    """8x8 image -> 32 maps -> pooled to 4x4 -> 64 maps -> pooled to 2x2 -> 10 scores."""
    # A sum of four cells is four times their mean: the weights that read it start at a quarter.
    gain = 0.25 if pool == "sum" else 1.0
    return Sequential(
        Conv2d(1, 32, 3, rng), ReLU(), pooling(pool, rng),
        Conv2d(32, 64, 3, rng, gain), ReLU(), pooling(pool, rng),
        Flatten(), Dense(64 * 2 * 2, 10, rng, gain),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ loss and optimiser
def cross_entropy(scores, labels):
    """The mean loss of a batch, and its gradient with respect to the scores."""
    shifted = scores - scores.max(axis=1, keepdims=True)  # exp cannot overflow
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    grad = np.exp(log_probabilities)
    grad[rows, labels] -= 1
    return -log_probabilities[rows, labels].mean(), grad / len(labels)


class Adam:
    """Kingma & Ba: a step for every parameter in proportion to its mean gradient over its root mean square."""

    def __init__(self, layers, lr, beta1=0.9, beta2=0.999):
        self.pairs = [(layer.params[key], layer.grads[key]) for layer in layers for key in layer.params]
        self.moments = [(np.zeros_like(param), np.zeros_like(param)) for param, _ in self.pairs]
        self.lr, self.beta1, self.beta2, self.steps = lr, beta1, beta2, 0

    def step(self):
        self.steps += 1
        lr = self.lr * math.sqrt(1 - self.beta2**self.steps) / (1 - self.beta1**self.steps)
        for (param, grad), (mean, square) in zip(self.pairs, self.moments, strict=True):
            mean += (1 - self.beta1) * (grad - mean)
            square += (1 - self.beta2) * (grad * grad - square)
            param -= lr * mean / (np.sqrt(square) + 1e-8)


# ------------------------------------------------------------------------------------------------ training
def load(seed):
    """Images (n, 1, 8, 8) from 0 to 1 and labels; three quarters to train on, one to test, every digit in proportion."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


def accuracy(model, x, y):
    """The share of images whose highest score is the right digit."""
    model.eval()
    return float((model.forward(x).argmax(axis=1) == y).mean())


def train(pool="max", epochs=30, batch_size=32, lr=2e-3, seed=0, quiet=False, network=build):
    """Train the network, and return the final test accuracy, the mean loss of each epoch and the model."""
    rng = np.random.default_rng(seed)
    x_train, x_test, y_train, y_test = load(seed)
    model = network(pool, rng)
    optimiser = Adam(model.layers, lr)
    losses = []
    batches = -(-len(x_train) // batch_size)
    with tqdm(total=epochs * batches, unit="batch", disable=quiet) as bar:
        for epoch in range(1, epochs + 1):
            model.train()
            total = 0.0
            for batch in np.array_split(rng.permutation(len(x_train)), batches):
                scores = model.forward(x_train[batch])
                loss, grad = cross_entropy(scores, y_train[batch])
                model.zero_grad()
                model.backward(grad)
                optimiser.step()
                for layer in model.layers:
                    if hasattr(layer, "project"):  # parameters that must stay within limits
                        layer.project()
                total += float(loss) * len(batch)
                bar.update()
            losses.append(total / len(x_train))
            tested = accuracy(model, x_test, y_test)
            if not quiet:
                bar.write(f"epoch {epoch:3}/{epochs}  loss {losses[-1]:.4f}  test accuracy {tested:.4f}")
    return tested, losses, model


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pool", choices=POOLINGS, default="max", help="the pooling of both stages (default: max)")
    parser.add_argument("--epochs", type=int, default=30, help="passes over the training images (default: 30)")
    parser.add_argument("--batch-size", type=int, default=32, help="images to a step (default: 32)")
    parser.add_argument("--lr", type=float, default=2e-3, help="Adam's learning rate (default: 0.002)")
    parser.add_argument("--seed", type=int, default=0, help="of the split, the weights and the order of the images")
    parser.add_argument("--require-accuracy", type=float, default=0.0, metavar="A", help="exit with 1 below this test accuracy")
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    options = parser.parse_args(argv)
    if options.epochs < 1 or options.batch_size < 1:
        parser.error("--epochs and --batch-size must be at least 1")

    start = time.perf_counter()
    tested, _, model = train(options.pool, options.epochs, options.batch_size, options.lr, options.seed, options.quiet)
    total = time.perf_counter() - start

    seconds = model.seconds[POOLINGS[options.pool][0].__name__]
    print(f"{options.pool} pooling: test accuracy {tested:.4f} after {options.epochs} epochs")
    print(f"total {total:.1f} s; pooling {seconds:.2f} s, {seconds / total:.1%} of it")
    if tested < options.require_accuracy:
        print(f"the test accuracy is below the required {options.require_accuracy:.4f}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
