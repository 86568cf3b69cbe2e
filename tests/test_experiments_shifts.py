"""The experiments on shift consistency and on strided convolution, in small."""

import re
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
        import shift_consistency
        import strided_convolution
    finally:
        sys.path[:] = before
    return shift_consistency, strided_convolution


@pytest.fixture(scope="module")
def shifts(experiments):
    experiments[0].IMAGES = 20
    return experiments[0]


@pytest.fixture(scope="module")
def strided(experiments):
    return experiments[1]


@pytest.fixture(scope="module")
def shifted(shifts):
    return shifts.run(seeds=1, epochs=1, quiet=True)


@pytest.fixture(scope="module")
def compared(strided):
    return strided.run(seeds=2, epochs=1, steps=2, quiet=True)


@pytest.mark.parametrize("state", ["untrained", "trained"])
def test_only_polyphase_is_consistent(shifted, state):
    runs = shifted[state]
    assert (runs["polyphase"]["consistency"] == 1).all()
    assert (runs["polyphase"]["kept"] == 1).all()
    assert runs["polyphase"]["change"].max() < 1e-4
    assert np.array_equal(runs["polyphase"]["accuracy"], runs["polyphase"]["shifted accuracy"])
    for pool in runs.keys() - {"polyphase"}:
        assert runs[pool]["consistency"].max() < 0.99
        assert runs[pool]["change"].min() > 0.1
        # Both strides together are 4: of shifts by 4 no pooling sees anything.
        assert (runs[pool]["kept"][:, ::4, ::4] == 1).all()
    assert "Exactly 100 % in every network, untrained and trained: polyphase;" in sys.modules["shift_consistency"].verdict(shifted)


def test_around_the_axes(shifts):
    """A shift by the stride shifts the result; the gradient is checked by the adjoint identity, for layers that are linear."""
    rng = np.random.default_rng(0)
    blur = shifts.Around(cpool.BlurPool2d(3), 2, 2)
    x, direction = rng.standard_normal((2, 2, 3, 8, 4))
    for layer, stride in ((shifts.Around(shifts.Conv2d(3, 2, 3, rng), 1), 1), (blur, 2)):
        y = layer.forward(x)
        grad = rng.standard_normal(y.shape)
        pulled = layer.backward(grad)
        assert (pulled * direction).sum() == pytest.approx((grad * (layer.forward(x + direction) - y)).sum(), rel=1e-9)
        moved = layer.forward(np.roll(x, (2 * stride, stride), (2, 3)))
        np.testing.assert_allclose(moved, np.roll(y, (2, 1), (2, 3)), rtol=1e-12, atol=1e-12)


def test_parameters(strided, compared):
    """Weights and biases of 3x3 filters, from 1 channel to 16 and 32, and of 10 scores of 32 maps of 2x2."""
    stages = (1 * 9 + 1) * 16 + (16 * 9 + 1) * 32
    dense = (32 * 4 + 1) * 10
    assert {compared[name]["parameters"] for name in ("max", "average", "strided")} == {stages + dense}
    assert compared["all conv"]["parameters"] == stages + dense + (16 * 9 + 1) * 16 + (32 * 9 + 1) * 32


def test_strided_convolution_is_a_slice_of_the_convolution(strided):
    rng = np.random.default_rng(0)
    layer = strided.StridedConv2d(2, 3, 3, rng)
    for size in ((6, 8), (5, 7)):
        x, direction = rng.standard_normal((2, 2, 2, *size))
        whole = strided.Conv2d.forward(layer, x)
        y = layer.forward(x)
        np.testing.assert_allclose(y, whole[:, :, ::2, ::2], rtol=1e-12)
        grad = rng.standard_normal(y.shape)
        pulled = layer.backward(grad)
        assert (pulled * direction).sum() == pytest.approx((grad * (layer.forward(x + direction) - y)).sum(), rel=1e-9)


def test_same_seed_same_table(shifts, strided, shifted, compared):
    assert shifts.report(shifted) == shifts.report(shifts.run(seeds=1, epochs=1, quiet=True))
    again = strided.run(seeds=1, epochs=1, steps=2, quiet=True)
    for name, result in compared.items():  # the times in the table are of the machine
        assert result["accuracy"][0] == again[name]["accuracy"][0]
        assert len(np.unique(result["accuracy"])) > 1


def test_verdict_says_what_the_numbers_say(strided):
    """Of made-up accuracies."""
    base, noise = np.linspace(0.85, 0.95, 8), np.tile([0.001, -0.001], 4)
    accuracies = {"max": base, "average": base - 0.03, "strided": base + noise, "all conv": base + 0.02}
    made = {name: {"parameters": 10, "accuracy": a, "seconds": np.ones(3)} for name, a in accuracies.items()}
    said = strided.verdict(made)
    assert "strided cannot be told from max" in said
    assert "strided is above average" in said
    assert "all conv is above max" in said
    assert "all conv is above strided" in said


@pytest.mark.parametrize("name", ["shifts", "strided"])
def test_command_line(name, request, capsys, tmp_path, monkeypatch):
    experiment, results = request.getfixturevalue(name), request.getfixturevalue({"shifts": "shifted", "strided": "compared"}[name])
    monkeypatch.setattr(experiment, "run", lambda seeds, epochs: results)  # once is enough
    assert experiment.main(["--seeds", "1", "--epochs", "1", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert experiment.verdict(results) in re.sub(r"\s+", " ", printed)
    assert (tmp_path / f"{experiment.__name__}.png").stat().st_size > 10_000
