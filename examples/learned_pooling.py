"""Is it worth while to learn a pooling? Each layer with parameters, beside the same layer with its parameters kept as they start.

    python examples/learned_pooling.py --epochs 10

The network, the data, the optimiser and the loop are those of train_digits.py. A fixed layer is a special case of the learned
one (mixed pooling with alpha = 0.5, the power mean with p = 3, attention without a query, which is the average, ...): from the
same start, with the same batches, the training loss of the learned one should not end above. The mean over the seeds decides, as
a single training is a matter of chance too; the exit status is 1 where it is above, or where a parameter has not moved.
"""

import argparse
import sys

import numpy as np
from tqdm import tqdm
from train_digits import POOLINGS, Conv2d, Dense, Flatten, Layer, ReLU, Sequential, train

import cpool


class LocalImportance(Layer):
    """Softmax pooling whose logits are a learned 1x1 convolution of its input; they start at 0, which is the average."""

    def __init__(self, channels, rng):
        self.logits, self.pool = Conv2d(channels, channels, 1, rng, gain=0.0), cpool.SoftmaxPool2d(2)
        super().__init__(**self.logits.params)
        self.logits.params, self.logits.grads = self.params, self.grads

    def forward(self, x):
        return self.pool.forward(x, self.logits.forward(x))

    def backward(self, grad):
        grad_x, grad_logits = self.pool.backward(grad)
        return grad_x + self.logits.backward(grad_logits)

    def train(self):
        self.logits.train()
        self.pool.train()

    def eval(self):
        self.logits.eval()
        self.pool.eval()


class Fixed(Layer):
    """A layer whose parameters the optimiser does not see."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.forward, self.backward, self.train, self.eval = layer.forward, layer.backward, layer.train, layer.eval


WINDOWS = {  # from the number of channels and a seed to a layer
    "mixed": lambda channels, seed: cpool.MixedPool2d(2),
    "gated": lambda channels, seed: cpool.GatedPool2d(2, rng=seed),
    "tree": lambda channels, seed: cpool.TreePool2d(2, rng=seed),
    "weighted max": lambda channels, seed: cpool.WeightedMaxPool2d(2),
    "ordinal": lambda channels, seed: cpool.OrdinalPool2d(2, num_channels=channels),
    "GeM": lambda channels, seed: cpool.GeMPool2d(2),
    "alpha integration": lambda channels, seed: cpool.GeMPool2d(2, alpha=-5.0),
    "log-sum-exp": lambda channels, seed: cpool.LSEPool2d(2),
    "soft": lambda channels, seed: cpool.SoftPool2d(2),
    "local importance": lambda channels, seed: LocalImportance(channels, np.random.default_rng(seed)),
    "detail-preserving": lambda channels, seed: cpool.DetailPreservingPool2d(2),
    "detail-preserving, full": lambda channels, seed: cpool.DetailPreservingPool2d(2, lite=False, num_channels=channels, rng=seed),
}
WHOLE = {  # poolings of all cells of a map, after which only the channels are left
    "GeM of channels": lambda channels, seed: cpool.GeMPool2d(),
    "attention": lambda channels, seed: cpool.AttentionPool(channels),
    # Above 100 the similarities are hardly equalised, and the result is the direction of the sum, whatever lambda is.
    "generalised max": lambda channels, seed: cpool.GeneralizedMaxPool(10.0),
}
LEARNED = WINDOWS | WHOLE


def network(pool, rng, fixed=False):
    """The network of train_digits.py, with this pooling at both stages, or after the second if it is of whole maps."""
    seed = int(rng.integers(2**32))

    def pooling(channels):
        layer = LEARNED[pool](channels, seed)
        return Fixed(layer) if fixed else layer

    first, cells = (pooling(32), 4) if pool in WINDOWS else (POOLINGS["max"][0](2), 1)
    return Sequential(
        Conv2d(1, 32, 3, rng), ReLU(), first, Conv2d(32, 64, 3, rng), ReLU(), pooling(64), Flatten(), Dense(64 * cells, 10, rng)
    )


def compare(pool, epochs, seed):
    """The training losses of the last epoch, learned and fixed, and the least change of a parameter of a learned layer."""
    losses = []
    for fixed in (False, True):
        _, history, model = train(pool, epochs, seed=seed, quiet=True, network=lambda *given, f=fixed: network(*given, fixed=f))
        losses.append(history[-1])
        if not fixed:
            last = model.layers[5]
            start = network(pool, np.random.default_rng(seed)).layers[5]
            moved = min(float(np.abs(value - start.params[key]).max()) for key, value in last.params.items())
    return *losses, moved


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pool", choices=LEARNED, help="one of them (default: all)")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the training images (default: 10)")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each, with seeds from 0 on (default: 3)")
    options = parser.parse_args(argv)

    pools = [options.pool] if options.pool else list(LEARNED)
    print(f"training loss of epoch {options.epochs}, the mean of {options.seeds} seeds")
    print(f"{'pooling':24} {'learned':>8} {'fixed':>8}  seeds with less  least change of a parameter")
    failed = False
    for pool in tqdm(pools, disable=len(pools) == 1):
        learned, fixed, moved = np.array([compare(pool, options.epochs, seed) for seed in range(options.seeds)]).T
        tqdm.write(f"{pool:24} {learned.mean():8.4f} {fixed.mean():8.4f}  {(learned < fixed).sum():15}  {moved.min():.4f}")
        failed |= bool(learned.mean() > fixed.mean() or moved.min() == 0)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
