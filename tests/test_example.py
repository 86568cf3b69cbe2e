"""The main job: examples/train_digits.py trains with every pooling."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("tqdm")

EXAMPLE = Path(__file__).parent.parent / "examples" / "train_digits.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("train_digits", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Four epochs reach 0.92 to 0.98, chance is 0.1. Whether the gradient is right is tested below and in the other files.
@pytest.mark.parametrize("pool", ["max", "avg", "sum", "min"])
def test_trains(example, pool):
    accuracy, losses, model = example.train(pool, epochs=4, quiet=True)
    assert accuracy > 0.88
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < losses[0] / 4
    assert model.seconds[example.POOLINGS[pool][0].__name__] > 0


@pytest.mark.parametrize("pool", ["mixed", "gated", "tree", "gem", "weighted_max", "ordinal", "lse", "soft", "detail_preserving"])
def test_learned_poolings_move(example, pool):
    _, losses, model = example.train(pool, epochs=3, quiet=True)
    assert losses[-1] < losses[0] / 2
    start = example.build(pool, np.random.default_rng(0))
    for layer, before in zip(model.layers, start.layers, strict=True):
        for key, param in layer.params.items():
            assert not np.array_equal(param, before.params[key]), key


@pytest.mark.parametrize("pool", ["lp", "median", "rank", "stochastic", "max_dropout", "s3", "max_blur"])
def test_other_poolings_train(example, pool):
    accuracy, losses, _ = example.train(pool, epochs=2, quiet=True)
    assert losses[1] < losses[0]
    assert accuracy > 0.5


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
