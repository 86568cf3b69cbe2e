"""Pickles of every layer and its state dict, for tests/test_versions.py: later versions must load what this one stored.

    python reliability/stored_layers.py          # a second; writes tests/layers_<version>.pickle

To be run once by whoever raises `cpool.layers._state.VERSION`. The files of older versions stay.
"""

from __future__ import annotations

import pickle

from common import TESTS

from cpool.layers._state import VERSION

import every_call  # isort: skip


def main() -> None:
    layers = {name: every_call.layer_and_inputs(name)[0] for name in every_call.LAYERS}
    stored = {name: (pickle.dumps(layer, 4), pickle.dumps(layer.state_dict(), 4)) for name, layer in layers.items()}
    path = TESTS / f"layers_{VERSION}.pickle"
    path.write_bytes(pickle.dumps(stored, 4))
    print(f"{path}: {len(stored)} layers, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
