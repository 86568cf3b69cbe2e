"""KeyboardInterrupt at any line of cpool: after it the layer gives what it gave before."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import every_call
import numpy as np
import pytest

import cpool

PACKAGE = str(Path(cpool.__file__).parent)
MOST = int(os.environ.get("CPOOL_TEST_INTERRUPTS", "25"))
"""Of each layer, spread over the lines of a step; enough for every line take some minutes."""


class At:
    """Within its ``with`` block, a KeyboardInterrupt at the n-th line of cpool that is run."""

    def __init__(self, line):
        self.left = line

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def trace(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.trace


def step(layer, inputs):
    """A training step, as bytes."""
    y = layer(*inputs)
    found = layer.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    gradients = found if isinstance(found, tuple) else (found,)
    return [a.tobytes() for a in (y, *gradients, *layer.grads.values())]


@pytest.mark.parametrize("name", every_call.LAYERS)
def test_a_layer_interrupted_at_any_line(name):
    layer, inputs = every_call.layer_and_inputs(name)
    before = [a.copy() for a in inputs]
    start = getattr(getattr(layer, "_generator", None), "bit_generator", None)
    state = start and copy.deepcopy(start.state)

    def again():
        if start is not None:
            start.state = copy.deepcopy(state)
        layer.zero_grad()
        return step(layer, inputs)

    wanted, threads = again(), cpool.get_num_threads()
    params = layer.state_dict()
    with At(10**6) as counted:
        step(layer, inputs)
    lines = 10**6 - counted.left
    assert lines > 20
    for line in range(1 + len(name) % max(1, lines // MOST), lines + 1, max(1, lines // MOST)):
        if start is not None:
            start.state = copy.deepcopy(state)
        with At(line), pytest.raises(KeyboardInterrupt):
            step(layer, inputs)
        assert again() == wanted, line
        assert all(np.array_equal(layer.params[key], value) for key, value in params.items())
    assert cpool.get_num_threads() == threads
    assert all(np.array_equal(a, b) for a, b in zip(inputs, before, strict=True))


@pytest.mark.skipif(not hasattr(os, "kill") or sys.platform == "win32", reason="no such signals on this system")
def test_ctrl_c_while_a_kernel_runs():
    """It is raised once the kernel is done: kernels end by themselves, and nothing is left half done."""
    code = """
import os, signal, threading, time
import numpy as np, cpool
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background is born without it
x = np.random.default_rng(0).standard_normal((4, 16, 128, 128), dtype=np.float32)
layer, fresh = cpool.MedianPool2d(3, 1), cpool.MedianPool2d(3, 1)
y = fresh(x)
wanted = fresh.backward(y)
start = time.perf_counter()
layer(x)
took = time.perf_counter() - start
interrupts = 0

def interrupt(after, done):
    time.sleep(after)
    while not done.is_set():  # again: Python drops one that meets a callback, such as of a weak reference
        os.kill(os.getpid(), signal.SIGINT)
        done.wait(1)

for i in range(10):
    done = threading.Event()
    try:
        threading.Thread(target=interrupt, args=(took * (i + 0.5) / 10, done)).start()
        while True:
            layer.backward(layer(x))
    except KeyboardInterrupt:
        done.set()
        interrupts += 1
    assert np.array_equal(layer(x), y) and np.array_equal(layer.backward(y), wanted)
print(interrupts)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=Path(__file__).parent)
    assert done.stdout == "10\n", done.stderr
