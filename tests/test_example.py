"""The main job: examples/train_digits.py trains with every pooling."""

import importlib.util
import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("tqdm")

import cpool

EXAMPLES = Path(__file__).parent.parent / "examples"


def imported(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def example():
    return imported("train_digits")


@pytest.fixture(scope="module")
def learned(example):
    return imported("learned_pooling")


# Four epochs reach 0.92 to 0.98, chance is 0.1. Whether the gradient is right is tested below and in the other files.
@pytest.mark.parametrize("pool", ["max", "avg", "sum", "min"])
def test_trains(example, pool):
    accuracy, losses, model = example.train(pool, epochs=4, quiet=True)
    assert accuracy > 0.88
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < losses[0] / 4
    assert model.seconds[example.POOLINGS[pool][0].__name__] > 0


OTHERS = [
    "lp", "median", "rank", "stochastic", "max_dropout", "s3", "blur", "max_blur", "polyphase", "fractional_max", "fractional_avg",
]  # fmt: skip


def test_every_layer_that_fits_is_a_choice(example):
    """All layers over two axes but those whose windows are not the same share of any map, and of other inputs than a map."""
    unfit = {"AdaptiveMaxPool2d", "AdaptiveAvgPool2d", "SpatialPyramidPool2d", "SoftmaxPool2d"}
    layers = {n for n in dir(cpool) if n.endswith(("Pool2d", "Dropout2d"))}
    assert {layer.__name__ for layer, *_ in example.POOLINGS.values()} == layers - unfit


@pytest.mark.parametrize("pool", ["mixed", "gated", "tree", "gem", "weighted_max", "ordinal", "lse", "soft", "detail_preserving"])
def test_learned_poolings_move(example, pool):
    _, losses, model = example.train(pool, epochs=3, quiet=True)
    assert losses[-1] < losses[0] / 2
    start = example.build(pool, np.random.default_rng(0))
    for layer, before in zip(model.layers, start.layers, strict=True):
        for key, param in layer.params.items():
            assert not np.array_equal(param, before.params[key]), key


@pytest.mark.parametrize("pool", OTHERS)
def test_other_poolings_train(example, pool):
    accuracy, losses, _ = example.train(pool, epochs=2, quiet=True)
    assert losses[1] < losses[0]
    assert accuracy > 0.5


# Each layer with parameters, of which tests/test_learned_layers.py knows that they are all; and softmax pooling of learned logits.
LEARNED = [
    "mixed", "gated", "tree", "weighted max", "ordinal", "GeM", "alpha integration", "log-sum-exp", "soft", "local importance",
    "detail-preserving", "detail-preserving, full", "GeM of channels", "attention", "generalised max",
]  # fmt: skip


@pytest.mark.parametrize("pool", LEARNED)
def test_learned_is_not_worse_than_fixed(pool):
    """One thread each, as the tests themselves run side by side: threads that wait for each other would take most of the time."""
    one = dict.fromkeys(("CPOOL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, str(EXAMPLES / "learned_pooling.py"), "--pool", pool, "--epochs", "4"]
    done = subprocess.run(command, env=os.environ | one, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(pool)


def test_all_learned_layers_are_compared(learned):
    assert list(learned.LEARNED) == LEARNED
    layers = {type(make(4, 0)).__name__ for make in learned.LEARNED.values()} - {"LocalImportance"}
    found = {n for n in dir(cpool) if getattr(getattr(cpool, n), "project", None) or n in ("GatedPool2d", "TreePool2d")}
    assert layers >= {n for n in found if n.endswith("2d")}


def circular(example, sample):
    """A network of convolutions around the axes, this pooling, and at the end that of whole channels."""

    class Around(example.Conv2d):
        def forward(self, x):
            # With one more cell on each side, taken from the other one, the zeros reach no cell that is kept.
            return super().forward(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), "wrap"))[:, :, 1:-1, 1:-1]

        def backward(self, grad):
            wide = super().backward(np.pad(grad, ((0, 0), (0, 0), (1, 1), (1, 1)))).copy()
            for axis in (2, 3):
                wide = np.moveaxis(wide, axis, 0)
                wide[-2] += wide[0]
                wide[1] += wide[-1]
                wide = np.moveaxis(wide[1:-1], 0, axis)
            return wide

    def network(pool, rng):
        return example.Sequential(
            Around(1, 16, 3, rng), example.ReLU(), sample(), Around(16, 32, 3, rng), example.ReLU(), sample(),
            cpool.GlobalAvgPool(), example.Flatten(), example.Dense(32, 10, rng),
        )  # fmt: skip

    return network


@pytest.mark.parametrize("norm", [1, 2])  # of the grey levels of digits the largest is often met in two phases
def test_polyphase_network_does_not_see_shifts_around_the_axes(example, norm):
    """Before and after training every image keeps its class in all 64 places; with max pooling some do not."""
    _, x, _, _ = example.load(0)
    shifts = list(itertools.product(range(8), repeat=2))

    def consistency(model):
        model.eval()
        scores = np.array([model.forward(np.roll(x, shift, (2, 3))) for shift in shifts])
        return (scores.argmax(axis=2) == scores[0].argmax(axis=1)).mean(), np.abs(scores - scores[0]).max()

    network = circular(example, lambda: cpool.PolyphasePool2d(2, norm=norm))
    share, apart = consistency(network("", np.random.default_rng(0)))
    assert share == 1
    assert apart < 1e-5
    accuracy, losses, model = example.train(epochs=4, seed=0, quiet=True, network=network)
    assert losses[-1] < losses[0] * 0.75
    assert accuracy > 0.4
    share, apart = consistency(model)
    assert share == 1
    assert apart < 1e-4
    if norm == 2:
        _, _, other = example.train(epochs=4, seed=0, quiet=True, network=circular(example, lambda: cpool.MaxPool2d(2)))
        share, apart = consistency(other)
        assert share < 1
        assert apart > 0.1


def test_gradient_of_the_circular_convolution(example):
    """By the adjoint identity."""
    rng = np.random.default_rng(0)
    layer = circular(example, lambda: cpool.PolyphasePool2d(2))("", rng).layers[3]
    x, direction = rng.standard_normal((2, 2, 16, 4, 6))
    grad = rng.standard_normal((2, 32, 4, 6))
    pulled = (layer.forward(x), layer.backward(grad))[1]
    moved = layer.forward(x + direction) - layer.forward(x)
    assert (pulled * direction).sum() == pytest.approx((grad * moved).sum(), rel=1e-9)


def test_same_seed_same_numbers(example):
    first, second = (example.train("max", epochs=1, seed=3, quiet=True) for _ in range(2))
    assert first[:2] == second[:2]
    assert first[1] != example.train("max", epochs=1, seed=4, quiet=True)[1]


def test_gradient_of_the_network(example):
    """Central differences in float64 through convolution, ReLU, pooling and dense, for one weight of each layer."""
    rng = np.random.default_rng(0)
    model = example.build("max", rng)
    for layer in model.layers:
        for params in (layer.params, layer.grads):
            params.update({key: value.astype(np.float64) for key, value in params.items()})
    x, labels = rng.random((3, 1, 8, 8)), np.array([1, 7, 3])

    def loss():
        return example.cross_entropy(model.forward(x), labels)

    model.zero_grad()
    model.backward(loss()[1])
    for layer in model.layers:
        for key, param in layer.params.items():
            step = np.zeros_like(param)
            step.flat[param.size // 2] = 1e-6
            param += step
            above = loss()[0]
            param -= 2 * step
            below = loss()[0]
            param += step
            assert layer.grads[key].flat[param.size // 2] == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-8)


def test_command_line(example, capsys):
    assert example.main(["--epochs", "1", "--pool", "avg"]) == 0
    printed = capsys.readouterr()
    assert "epoch   1/1" in printed.out
    assert "avg pooling: test accuracy 0." in printed.out
    assert "batch" in printed.err  # the progress bar
    assert example.main(["--epochs", "1", "--quiet", "--require-accuracy", "1.01"]) == 1
    printed = capsys.readouterr()
    assert "below the required" in printed.err
    assert "epoch " not in printed.out
    with pytest.raises(SystemExit):
        example.main(["--epochs", "0"])
