"""cpool.dask: the bits of the function in memory, for any chunks."""

import doctest
import importlib
import itertools
import pickle
from pathlib import Path

import numpy as np
import pytest
from cases import BFLOAT16, contents, examples
from hypothesis import given
from hypothesis import strategies as st
from learned_cases import METHODS, called, spread

import cpool

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
import cpool.dask  # noqa: E402

EXAMPLES = Path(__file__).parent.parent / "examples"
PLAIN = ("max_pool", "min_pool", "avg_pool", "sum_pool", "median_pool", "lp_pool")
DTYPES = (np.float32, np.float32, np.float64, np.float64, np.float16, BFLOAT16, np.uint8, np.int64, bool)


@pytest.fixture(autouse=True)
def _one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def chunks_of(draw, size):
    """Any way to write the size as a sum, from cells to one chunk."""
    ends = draw(st.sets(st.integers(1, size - 1), max_size=draw(st.sampled_from([0, 1, 3, 12])))) if size > 1 else set()
    ends = [0, *sorted(ends), size]
    return tuple(int(b - a) for a, b in itertools.pairwise(ends))


@st.composite
def windows(draw, most=70):
    """Shape, chunks, the arguments of a window and the layout of a legal call."""
    rank = draw(st.integers(1, 3))
    last, batched = draw(st.booleans()), draw(st.booleans())
    kernel = tuple(draw(st.sampled_from([1, 2, 3, 3, 4, 5, 6, 7, 9])) for _ in range(rank))
    stride = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    dilation = tuple(draw(st.sampled_from([1, 1, 1, 2, 3])) for _ in range(rank))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    sizes = tuple(draw(st.integers(r, max(r, most if rank < 3 else 24))) for r in reach)
    padding = draw(st.sampled_from(["valid", "same", "same_lower", None]))
    if padding is None:
        padding = tuple((draw(st.integers(0, r - 1)), draw(st.integers(0, r - 1))) for r in reach)
    channels = draw(st.sampled_from([1, 2, 3, 9]))
    shape = (*sizes, channels) if last else (channels, *sizes)
    shape = (draw(st.integers(1, 3)), *shape) if batched else shape
    options = {
        "kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": draw(st.booleans()),
        "data_format": "channels_last" if last else "channels_first",
    }  # fmt: skip
    return rank, shape, tuple(chunks_of(draw, n) for n in shape), options, channels


def equal(found, wanted):
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    computed = found.compute()
    assert computed.shape == wanted.shape
    assert computed.tobytes() == np.ascontiguousarray(wanted).tobytes()


@examples(250)
@given(windows(), st.data())
def test_plain_poolings(case, data):
    rank, shape, chunks, options, _ = case
    name = data.draw(st.sampled_from(PLAIN))
    dtype = data.draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = contents(rng, shape, dtype, data.draw(st.sampled_from(["normal", "normal", "ties", "special", "zeros"])))
    first = (data.draw(st.sampled_from([1.0, 2.0, 3.5])),) if name == "lp_pool" else ()
    if name == "avg_pool":
        options["count_include_pad"] = data.draw(st.booleans())
        options["divisor_override"] = data.draw(st.sampled_from([None, None, 3]))
    name = f"{name}{rank}d"
    equal(getattr(cpool.dask, name)(da.from_array(x, chunks=chunks), *first, **options), getattr(cpool, name)(x, *first, **options))


@examples(60)
@given(windows(), st.sampled_from(["max_pool", "min_pool"]), st.integers(0, 2**32 - 1))
def test_indices(case, name, seed):
    rank, shape, chunks, options, _ = case
    x = contents(np.random.default_rng(seed), shape, np.float32, "special")
    name = f"{name}{rank}d"
    found = getattr(cpool.dask, name)(da.from_array(x, chunks=chunks), **options, return_indices=True)
    for mine, wanted in zip(found, getattr(cpool, name)(x, **options, return_indices=True), strict=True):
        equal(mine, wanted)


@pytest.mark.parametrize("name", METHODS)
@examples(25)
@given(case=windows(most=40), seed=st.integers(0, 2**32 - 1))
def test_poolings_of_the_literature(name, case, seed):
    rank, shape, chunks, options, channels = case
    method, rng = METHODS[name], np.random.default_rng(seed)
    x = spread(rng, shape, method.positive).astype(rng.choice([np.float32, np.float64]))
    arguments = method.draw(rng, channels, options["kernel_size"], x)
    if "training" in arguments:
        arguments = {key: value for key, value in arguments.items() if key != "rng"} | {"training": False}
    if not method.window:
        del options["kernel_size"]
    wanted = called(cpool, name, rank, x, arguments, options)
    laid = {key: da.from_array(value, chunks=chunks) if key == "logits" else value for key, value in arguments.items()}
    equal(called(cpool.dask, name, rank, da.from_array(x, chunks=chunks), laid, options), wanted)


def test_nothing_is_computed_before_it_is_asked_for():
    def fails(block):
        raise AssertionError("computed")

    x = da.zeros((2, 3, 16, 16), chunks=(1, 3, 5, 7)).map_blocks(fails, dtype=np.float64, meta=np.empty((0,) * 4))
    y = cpool.dask.max_pool2d(x, 3, 2, 1)
    assert (y.shape, y.dtype) == ((2, 3, 8, 8), np.float64)
    with pytest.raises(AssertionError, match="computed"):
        y.compute()


def test_a_part_of_the_result_needs_only_its_part_of_the_input():
    seen = []

    def noted(block, block_id):
        seen.append(block_id)
        return block

    x = da.zeros((1, 1, 100, 100), chunks=(1, 1, 10, 10)).map_blocks(noted, dtype=np.float64, meta=np.empty((0,) * 4))
    cpool.dask.max_pool2d(x, 3, 1, 1)[..., :5, 95:].compute()
    assert {(0, 0, 0, 9), (0, 0, 1, 9)} >= set(seen)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: cpool.dask.max_pool2d(np.zeros((1, 1, 8, 8)), 2), TypeError, "x: a dask array is needed, not ndarray"),
        (lambda x: cpool.dask.max_pool2d(x, 9), ValueError, "kernel_size=9"),
        (lambda x: cpool.dask.max_pool2d(x, 2, padding=2), ValueError, "padding"),
        (lambda x: cpool.dask.max_pool2d(x, 0), ValueError, "kernel_size=0"),
        (lambda x: cpool.dask.max_pool3d(x, 2), ValueError, "x"),
        (lambda x: cpool.dask.max_pool2d(x.astype("M8[s]"), 2), TypeError, "x"),
        (lambda x: cpool.dask.max_pool2d(x, 2, out=x), TypeError, "'out' does not exist"),
        (lambda x: cpool.dask.max_pool2d(x), TypeError, "'kernel_size' is missing"),
        (lambda x: cpool.dask.gem_pool2d(x, 3.0), TypeError, "kernel_size=None"),
        (lambda x: cpool.dask.stochastic_pool2d(x, 2), ValueError, "training=False"),
        (lambda x: cpool.dask.detail_preserving_pool2d(x, 2, filter=np.ones((3, 3))), ValueError, "filter looks at cells beside"),
        (lambda x: cpool.dask.softmax_pool2d(x, np.zeros(x.shape), 2), TypeError, "logits: a dask array is needed"),
        (lambda x: cpool.dask.softmax_pool2d(x, x[..., 1:], 2), ValueError, "logits"),
        (lambda x: cpool.dask.weighted_max_pool2d(x, x[0, 0]), TypeError, "weight: every block needs it whole"),
        (lambda x: cpool.dask.max_pool2d(x[x[:, 0, 0, 0] > 0], 2), ValueError, "compute_chunk_sizes"),
    ],
)  # fmt: skip
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(da.zeros((1, 1, 8, 8), chunks=3))


def test_empty_batch():
    equal(cpool.dask.avg_pool2d(da.zeros((0, 3, 8, 8), chunks=4), 3), np.zeros((0, 3, 2, 2)))


def test_graphs_are_equal_and_small():
    """The same call has the same name, as dask shares results by it; graphs can be sent."""
    x = da.zeros((1, 1, 1000, 1000), chunks=(1, 1, 100, 100))
    a, b = (cpool.dask.gated_pool2d(x, np.ones((3, 3)), 1) for _ in range(2))
    assert a.name == b.name
    assert a.name != cpool.dask.gated_pool2d(x, np.zeros((3, 3)), 1).name
    assert len(pickle.dumps(a)) < 1_000_000


def test_on_a_cluster():
    distributed = pytest.importorskip("distributed")
    x = np.random.default_rng(0).normal(size=(2, 3, 90, 70)).astype(np.float32)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None) as cluster,
        distributed.Client(cluster),
    ):
        y = cpool.dask.avg_pool2d(da.from_array(x, chunks=(1, 2, 31, 17)), 3, 2, 1)
        found = y.compute(scheduler="distributed")
    assert found.tobytes() == cpool.avg_pool2d(x, 3, 2, 1).tobytes()


def test_doctest():
    assert doctest.testmod(cpool.dask).failed == 0


# ------------------------------------------------------------------------------------------------ examples
@pytest.fixture
def imported(monkeypatch):
    """Examples, from where the workers of a cluster find them too, and on the cluster."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    with dask.config.set(scheduler=None):
        yield importlib.import_module


def test_example_of_a_volume(tmp_path, imported):
    pytest.importorskip("zarr")
    pytest.importorskip("distributed")
    example = imported("dask_volume")
    volume, most, _, right = example.run(tmp_path, size=96, chunk=40, limit="1GB", workers=1, pooling="avg")
    assert right
    assert volume == 4 * 96**3
    assert most < 1e9
    pooled = np.asarray(da.from_zarr(str(tmp_path / "pooled.zarr")))
    whole = example.block((0, 0, 0), (96, 96, 96))
    assert pooled.tobytes() == cpool.avg_pool3d(whole[None], **example.WINDOW)[0].tobytes()
    store = example.zarr.open_array(str(tmp_path / "pooled.zarr"), mode="r+")
    store[:] = 0
    assert not example.check(tmp_path / "pooled.zarr", 96, "avg_pool3d", np.random.default_rng(0))


def test_example_of_training(imported):
    """The mean of the parts' gradients is that of the batch, and two workers train as one process does."""
    pytest.importorskip("sklearn")
    distributed = pytest.importorskip("distributed")
    digits, example = imported("train_digits"), imported("dask_training")
    x, _, y, _ = digits.load(0)
    model = digits.build("max", np.random.default_rng(0))
    values = [param.copy() for param in example.parameters(model)]
    whole = example.averaged([example.gradients(model, values, x[:50], y[:50])])
    parts = [example.gradients(model, values, x[part], y[part]) for part in (slice(0, 20), slice(20, 50))]
    loss, grads = example.averaged(parts)
    assert loss == pytest.approx(whole[0], rel=1e-6)
    for mine, wanted in zip(grads, whole[1], strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-4, atol=1e-6)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        tested, losses, _ = example.train(client, "max", epochs=1, quiet=True)
    alone = digits.train("max", epochs=1, batch_size=64, quiet=True)
    assert losses == pytest.approx(alone[1], rel=1e-3)
    assert tested == pytest.approx(alone[0], abs=0.01)
