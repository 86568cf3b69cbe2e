"""The experiments on translations, on few images and on max-pooling dropout, in small."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("tqdm")
pytest.importorskip("matplotlib")

import cpool

FOLDER = Path(__file__).parent.parent / "examples" / "experiments"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with cpool.num_threads(1):
        yield


@pytest.fixture(scope="module")
def experiments():
    before = sys.path[:]
    sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]
    try:
        import dropout_evaluation
        import stochastic_overfitting
        import translation_sensitivity
    finally:
        sys.path[:] = before
    return translation_sensitivity, stochastic_overfitting, dropout_evaluation


def written(experiment, found, tmp_path, *more):
    """The table and the verdict, after the picture was drawn."""
    experiment.common.save(experiment.draw(found, *more), tmp_path, "picture")
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    return experiment.report(found, *more), experiment.verdict(found, *more)


# ------------------------------------------------------------------------------------------------ translation sensitivity
def test_images_are_moved_whole(experiments):
    sensitivity, images = experiments[0], np.random.default_rng(0).random((3, 1, 8, 8), dtype=np.float32)
    placed = sensitivity.placed(images, 3, -2)
    np.testing.assert_array_equal(placed[:, :, 2:10, 7:15], images)
    assert placed.sum() == pytest.approx(images.sum())
    each = sensitivity.placed(images, np.array([0, 1, 2]), np.array([0, 0, -4]))
    for i, (dx, dy) in enumerate([(0, 0), (1, 0), (2, -4)]):
        np.testing.assert_array_equal(each[i], sensitivity.placed(images[i : i + 1], dx, dy)[0])


def test_translation_sensitivity(experiments, tmp_path):
    sensitivity = experiments[0]
    results = sensitivity.run(1, 1, images=12, quiet=True)
    for (maps, accuracy, same), *_ in results.values():
        assert maps[4, 4] == 0
        assert (maps >= 0).all()
        assert 0 <= accuracy <= 100
        assert 0 <= same <= 100
    lines, verdict = written(sensitivity, results, tmp_path)
    assert len(lines) == 2 + 1 + 6
    augmentation, pooling = sensitivity.effects(results)
    reproduced = min(map(min, augmentation.values())) > max(abs(difference).max() for difference in pooling.values())
    assert verdict.startswith("Reproduced" if reproduced else "Not reproduced")
    again = sensitivity.run(1, 1, images=12, quiet=True)
    assert all((again[key][0][0] == results[key][0][0]).all() for key in results)


def test_batches_come_in_the_same_order_whatever_is_drawn(experiments):
    sensitivity = experiments[0]
    common, x, seen = sys.modules["common"], np.random.default_rng(0).random((50, 1, 8, 8), dtype=np.float32), {}

    def record(prepare):
        def recorded(images, rng):
            seen.setdefault(prepare, []).append(images.copy())
            return prepare(images, rng)

        return recorded

    for prepare in (sensitivity.moved, sensitivity.centred):
        model = sensitivity.network(1, np.random.default_rng(0))
        common.fit(model, x, np.arange(50) % 10, 3, np.random.default_rng(1), prepare=record(prepare))
    for moved, centred in zip(*seen.values(), strict=True):
        np.testing.assert_array_equal(moved, centred)


def test_more_sensitive_is_said_so(experiments):
    """The verdict follows the numbers: here augmentation does nothing, and pooling all."""
    sensitivity = experiments[0]
    maps = {poolings: np.full((9, 9), 3.0 - poolings) for poolings in sensitivity.POOLINGS}
    results = {(poolings, augmented): [(maps[poolings], 90.0, 50.0)] for augmented in (False, True) for poolings in maps}
    assert sensitivity.verdict(results).startswith("Not reproduced")


# ------------------------------------------------------------------------------------------------ stochastic pooling
def test_probability_weighting_is_the_mean_of_draws():
    """On one layer; on a network, of which the ways to evaluate differ, it is an approximation."""
    x = np.random.default_rng(0).random((2, 3, 8, 8))
    pool = cpool.StochasticPool2d(2, rng=0)
    draws = np.mean([pool.forward(x) for _ in range(4000)], axis=0)
    pool.eval()
    np.testing.assert_allclose(draws, pool.forward(x), atol=0.04)


def test_stochastic_overfitting(experiments, tmp_path):
    overfitting = experiments[1]
    results, by_rule = overfitting.run(1, 2, images=60, draws=3, quiet=True)
    assert results["max"]["losses"].shape == (1, 2)
    np.testing.assert_array_equal(by_rule["probability weighting"], results["stochastic"]["test"])
    lines, verdict = written(overfitting, results, tmp_path, by_rule)
    assert len(lines) == 6 + 8
    assert min(by_rule, key=lambda rule: by_rule[rule][0, 1]) in verdict
    again = overfitting.run(1, 2, images=60, draws=3, quiet=True)
    assert (again[1]["one draw"] == by_rule["one draw"]).all()


def test_split_has_every_image_once(experiments):
    x_train, x_test, y_train, y_test = experiments[1].split(0, 200)
    assert (len(x_train), len(y_train)) == (200, 200)
    assert len(x_train) + len(x_test) == len(y_train) + len(y_test) == 1797


# ------------------------------------------------------------------------------------------------ max-pooling dropout
def test_rules_of_one_layer(experiments):
    """Scaled max is half the maximum; the weighting is what draws have on average."""
    dropout = experiments[2]
    x = np.random.default_rng(1).random((2, 3, 8, 8))
    scaled = dropout.ScaledMax()
    scaled.eval()
    np.testing.assert_array_equal(scaled.forward(x), cpool.max_pool2d(x, 2) / 2)
    pool = cpool.MaxPoolDropout2d(2, rng=0)
    draws = np.mean([pool.forward(x) for _ in range(4000)], axis=0)
    pool.eval()
    np.testing.assert_allclose(draws, pool.forward(x), atol=0.04)


def test_dropout_evaluation(experiments, tmp_path):
    dropout = experiments[2]
    results = dropout.run(1, 1, draws=3, quiet=True)
    assert results[dropout.RULES[-1]][0, 2] == 0
    assert all(0 < values[0, 2] <= 1 for rule, values in results.items() if rule != dropout.RULES[-1])
    lines, verdict = written(dropout, results, tmp_path)
    assert len(lines) == 2 + 1 + 4
    assert "of 1 seeds" in verdict
    again = dropout.run(1, 1, draws=3, quiet=True)
    assert all((again[rule] == results[rule]).all() for rule in results)


def made(name, experiment):
    """Results of two seeds, without the training."""
    if name == "translation_sensitivity":
        return {(poolings, augmented): [(np.eye(9), 50.0, 50.0)] * 2 for poolings in range(3) for augmented in (False, True)}
    if name == "dropout_evaluation":
        return {rule: np.ones((2, 3)) for rule in experiment.RULES}
    found = {"losses": np.ones((2, 3)), "train": np.ones((2, 2)), "test": np.ones((2, 2))}
    return dict.fromkeys(experiment.POOLS, found), {rule: np.ones((2, 2)) for rule in experiment.RULES}


@pytest.mark.parametrize("name", ["translation_sensitivity", "stochastic_overfitting", "dropout_evaluation"])
def test_command_line(experiments, name, tmp_path, capsys, monkeypatch):
    experiment = sys.modules[name]
    results = made(name, experiment)
    monkeypatch.setattr(experiment, "run", lambda seeds, epochs: results)
    assert experiment.main(["--seeds", "2", "--epochs", "1", "--out", str(tmp_path)]) == 0
    assert (tmp_path / f"{name}.png").exists()
    assert "2 seeds" in capsys.readouterr().out
