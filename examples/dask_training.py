"""Train the digits network on several workers at once: each takes a part of every batch, and the gradients are averaged.

    python examples/dask_training.py --workers 2 --epochs 5

The network, the data and the optimiser are those of train_digits.py. In each step the parameters go to the workers, and each worker
returns the gradients of its part of the batch. Their mean, weighted by the number of images, is the gradient of the whole batch:
the training is that of one process, up to rounding. For a network so small the parts are sent longer than they are computed;
what it shows is that cpool's layers live on dask's workers as they do in a script.
"""

import argparse
import sys

import numpy as np
from distributed import Client, LocalCluster, get_worker
from tqdm import tqdm
from train_digits import POOLINGS, Adam, accuracy, build, cross_entropy, load


def parameters(model):
    """All arrays that are learned, in the order of the layers."""
    return [layer.params[key] for layer in model.layers for key in layer.params]


def gradients(model, values, x, y):
    """Loss and gradients of a part of a batch, for these values of the parameters, each a sum over the part's images."""
    for param, value in zip(parameters(model), values, strict=True):
        param[...] = value
    model.train()
    model.zero_grad()
    loss, grad = cross_entropy(model.forward(x), y)
    model.backward(grad)
    found = [layer.grads[key] for layer in model.layers for key in layer.params]
    return float(loss) * len(x), [grad * len(x) for grad in found], len(x)


def on_worker(pool, seed, values, x, y):
    """The same on a worker, which keeps its network from step to step; random poolings draw differently on each."""
    worker = get_worker()
    if not hasattr(worker, "network"):
        worker.network = build(pool, np.random.default_rng([seed, hash(worker.name) % 2**32]))
    return gradients(worker.network, values, x, y)


def averaged(parts):
    """The mean loss of a batch and its gradients, from the sums of its parts."""
    losses, grads, counts = zip(*parts, strict=True)
    return sum(losses) / sum(counts), [sum(same) / sum(counts) for same in zip(*grads, strict=True)]


def train(client, pool="max", epochs=5, batch_size=64, lr=2e-3, seed=0, quiet=False):
    """Train on the client's workers; the test accuracy, the mean loss of each epoch and the model."""
    rng = np.random.default_rng(seed)
    x_train, x_test, y_train, y_test = load(seed)
    model = build(pool, rng)
    optimiser = Adam(model.layers, lr)
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    batches, losses = -(-len(x_train) // batch_size), []
    with tqdm(total=epochs * batches, unit="batch", disable=quiet) as bar:
        for _ in range(epochs):
            total = 0.0
            for batch in np.array_split(rng.permutation(len(x_train)), batches):
                values = [param.copy() for param in parameters(model)]
                parts = [
                    client.submit(on_worker, pool, seed, values, x_train[part], y_train[part], workers=[worker], pure=False)
                    for worker, part in zip(workers, np.array_split(batch, len(workers)), strict=True)
                ]
                loss, grads = averaged(client.gather(parts))
                for (_, grad), mean in zip(optimiser.pairs, grads, strict=True):
                    grad[...] = mean
                optimiser.step()
                for layer in model.layers:
                    if hasattr(layer, "project"):  # parameters that must stay within limits
                        layer.project()
                total += loss * len(batch)
                bar.update()
            losses.append(total / len(x_train))
            bar.set_postfix(loss=f"{losses[-1]:.4f}")
    return accuracy(model, x_test, y_test), losses, model


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--pool", choices=POOLINGS, default="max")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    with (
        LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        tested, losses, _ = train(client, options.pool, options.epochs, options.batch_size, seed=options.seed)
    print(f"{options.pool} pooling on {options.workers} workers: loss {losses[-1]:.4f}, test accuracy {tested:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
