"""What layers store is loaded by later versions, and not by earlier ones: pickles and state dicts."""

import copy
import io
import pickle
from pathlib import Path

import every_call
import numpy as np
import pytest

import cpool
from cpool.layers import _state

STORED = sorted(Path(__file__).parent.glob("layers_*.pickle"))
DUPLICATES = [copy.copy, copy.deepcopy, lambda a: a.copy(), *(lambda a, p=p: pickle.loads(pickle.dumps(a, p)) for p in range(2, 6))]


@pytest.fixture
def layer():
    return cpool.GatedPool2d(2, rng=0)


@pytest.fixture
def newer(monkeypatch):
    """Within its call, the cpool after this one."""

    def store(what):
        with monkeypatch.context() as context:
            context.setattr(_state.State, "version", _state.VERSION + 1)
            context.setattr(cpool.layers._layer, "VERSION", _state.VERSION + 1)
            return pickle.dumps(what())

    return store


@pytest.mark.parametrize("duplicate", DUPLICATES)
def test_a_state_keeps_its_version(layer, duplicate):
    state = layer.state_dict()
    assert state.keys() == layer.params.keys()
    assert state.version == _state.VERSION
    state.version = 7
    again = duplicate(state)
    assert again.version == 7
    assert again.keys() == state.keys()
    assert np.array_equal(again["mask"], state["mask"])


def test_a_newer_state_is_refused(layer, newer):
    before, state = layer.params["mask"].copy(), pickle.loads(newer(layer.state_dict))
    state["mask"] += 1
    with pytest.raises(ValueError, match=rf"state: its version 2 must be from 1 to 1, which cpool {cpool.__version__} knows"):
        layer.load_state_dict(state)
    assert np.array_equal(layer.params["mask"], before)
    layer.load_state_dict(dict(state))
    assert np.array_equal(layer.params["mask"], before + 1)


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None])
def test_no_version(layer, version):
    state = layer.state_dict()
    state.version = version
    with pytest.raises(ValueError, match=f"version {version!r} must be"):
        layer.load_state_dict(state)


def test_a_newer_pickle_is_refused(layer, newer):
    stored = newer(lambda: layer)
    with pytest.raises(ValueError, match=r"pickle of GatedPool2d: its version 2 must be from 1 to 1"):
        pickle.loads(stored)


def test_a_pickle_without_a_version(layer):
    """As they were before there were versions."""
    again = cpool.GatedPool2d.__new__(cpool.GatedPool2d)
    again.__setstate__({key: value for key, value in layer.__getstate__().items() if key != "_version"})
    assert repr(again) == repr(layer)
    assert "_version" not in vars(pickle.loads(pickle.dumps(layer)))


def test_numpy_stores_a_state(layer):
    file = io.BytesIO()
    np.savez(file, **layer.state_dict())
    file.seek(0)
    other = cpool.GatedPool2d(2, rng=1)
    with np.load(file) as found:
        other.load_state_dict(found)
    assert np.array_equal(other.params["mask"], layer.params["mask"])


def test_each_version_is_stored():
    assert [path.stem for path in STORED] == [f"layers_{version}" for version in range(1, _state.VERSION + 1)]


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_what_a_version_stored(path):
    """Loaded, it is the layer that this version makes with the same parameters."""
    stored = pickle.loads(path.read_bytes())
    assert path != STORED[-1] or set(stored) >= set(every_call.LAYERS)
    for name, (layer, state) in stored.items():
        fresh, inputs = every_call.layer_and_inputs(name)
        fresh.load_state_dict(pickle.loads(state))
        again = pickle.loads(layer)
        assert repr(again) == repr(fresh)
        assert again.params.keys() == fresh.params.keys()
        for mode in ("train", "eval"):
            want, found = (getattr(each, mode)()(*inputs) for each in (fresh, again))
            assert np.array_equal(found, want), (name, mode)
