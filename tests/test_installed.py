"""The wheel: which variant runs, what it reports, and its own check."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cpool
from cpool import __main__, _check, _dispatch, _threads


def run(*args, **environment):
    env, here = {**os.environ, **environment}, Path(__file__).parent
    return subprocess.run([sys.executable, *args], env=env, capture_output=True, text=True, timeout=60, cwd=here)


@pytest.mark.skipif(os.environ.get("CPOOL_TEST_INSTALLED") != "1", reason="the tests may run on a build in place")
def test_package_is_the_installed_one():
    """With a flat layout the uncompiled sources could shadow the wheel."""
    assert "site-packages" in Path(cpool.__file__).parts


def test_every_kernel_is_in_the_table_once():
    assert {name for _, name in _dispatch.KERNELS} == set(_dispatch.DTYPES)
    assert {operation for operation, _ in _dispatch.KERNELS} == set(_dispatch.OPERATIONS)
    assert set(_dispatch.WINNER_KERNELS) < set(_dispatch.KERNELS)


@pytest.mark.parametrize("variant", _dispatch.available())
def test_environment_forces_a_variant(variant):
    done = run("-c", "import cpool; cpool.show_config()", CPOOL_ISA=variant)
    assert f"instruction set: {variant} " in done.stdout, done.stderr


def test_unknown_variant_is_an_import_error():
    done = run("-c", "import cpool", CPOOL_ISA="v9")
    assert done.returncode != 0
    assert "CPOOL_ISA='v9': must be one of baseline, v3, v4" in done.stderr


def test_variant_that_the_machine_lacks_is_an_import_error():
    done = run("-c", "import sys, types\nsys.modules['cpool._kernels._cpu'] = types.SimpleNamespace("
               "level=lambda: 0, openmp=lambda: False, max_threads=lambda: 1)\nimport cpool", CPOOL_ISA="v3")  # fmt: skip
    assert done.returncode != 0
    assert "available: baseline" in done.stderr


def test_using_restores_the_variant_after_an_error():
    before = _dispatch.active(), _dispatch.kernels
    with _dispatch.using("baseline"):
        assert _dispatch.active() == "baseline"
    with pytest.raises(ZeroDivisionError), _dispatch.using("baseline"):
        raise ZeroDivisionError
    assert (_dispatch.active(), _dispatch.kernels) == before


def test_show_config(capsys):
    cpool.show_config()
    assert f"OpenMP: {'yes' if _threads.openmp() else 'no'}" in capsys.readouterr().out


def test_check_passes(capsys, monkeypatch):
    """In process, on a part of the table; CI runs `python -m cpool check` whole."""
    monkeypatch.setattr(_check, "TABLE", [key for key in _check.TABLE if key[1] in ("float16", "int8")])
    monkeypatch.setattr(_check, "FAMILY_DTYPES", ("float32",))
    assert __main__.main(["check"]) == 0
    printed = capsys.readouterr().out
    assert "all agree" in printed
    assert printed.count(": ok") == 2 * len(_dispatch.OPERATIONS) + len(_check.FAMILIES)


def test_check_sees_a_wrong_kernel(monkeypatch):
    """A check that cannot fail would be worth nothing."""
    monkeypatch.setattr(_check, "TABLE", [("max", "float32")])
    monkeypatch.setattr(_check, "FAMILIES", ())
    monkeypatch.setattr(cpool, "max_pool2d", lambda x, *a, **k: cpool.reference.max_pool2d(x, *a, **k) * 1.0000002)
    stream = io.StringIO()
    assert _check.run(stream, ("baseline",)) > 0
    assert "differs from the reference" in stream.getvalue()


def test_config_command(capsys):
    assert __main__.main(["config"]) == 0
    assert "instruction set" in capsys.readouterr().out


def test_kernels_refuse_arrays_that_do_not_fit_their_geometry():
    """The last line of defence: whatever Python code does above, no kernel walks outside an array."""
    geometry = np.array([1, 1, *(1, 1, 1, 1, 1, 0, 0), *(4, 2, 2, 2, 1, 0, 0) * 2], np.int64).tobytes()
    x, y = np.zeros((1, 1, 4, 4, 1), np.float32), np.zeros((1, 1, 2, 2, 1), np.float32)
    reduce = _dispatch.kernels.reduce
    reduce(0, 0, x, y, None, geometry, False, False, 0.0, 1)
    strided = np.zeros((1, 1, 4, 8, 1), np.float32)[:, :, :, ::2]
    for bad in (np.zeros((1, 1, 4, 3, 1), np.float32), np.zeros((1, 1, 4, 4, 1)), strided):
        with pytest.raises(ValueError, match="does not fit"):
            reduce(0, 0, bad, y, None, geometry, False, False, 0.0, 1)
    with pytest.raises(ValueError, match="unknown geometry"):
        reduce(0, 0, x, y, None, geometry[:-8], False, False, 0.0, 1)
    with pytest.raises(ValueError, match="unknown operation"):
        reduce(9, 0, x, y, None, geometry, False, False, 0.0, 1)
    with pytest.raises(ValueError, match="no kernel with winners"):
        reduce(2, 0, x, y, np.zeros(y.shape, np.uint8), geometry, False, False, 0.0, 1)
    gradient = _dispatch.kernels.winner_gradient
    with pytest.raises(ValueError, match="does not fit"):
        gradient(0, y, np.zeros((1, 1, 2, 3, 1), np.uint8), x, geometry, 1)
    with pytest.raises(ValueError, match="unknown operation or element"):
        gradient(5, y, np.zeros(y.shape, np.uint8), x, geometry, 1)
    with pytest.raises(ValueError, match="unknown operation or element"):
        _dispatch.kernels.spread_gradient(5, y, x, geometry, False, False, 0.0, 1)
