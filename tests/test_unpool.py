"""Max unpooling: against the oracle and PyTorch, its gradient, what it does with equal indices, and what it refuses."""

import copy
import math
import pickle

import numpy as np
import pytest
from cases import BFLOAT16, CONTENTS, FLOATS, INTEGERS, MEMORY, WRITABLE, contents, examples, garbage
from hypothesis import given
from hypothesis import strategies as st
from numerics import assert_same_bits

import cpool
from cpool import _dispatch, _threads

RANKS = (1, 2, 3)
every_rank = pytest.mark.parametrize("rank", RANKS)
OTHERS = [(variant, threads) for variant in _dispatch.available() for threads in (1, 3)]


def unpool(module, rank):
    return getattr(module, f"max_unpool{rank}d")


def own_windows(rng, shape, spatial, sizes, kernel, stride, before):
    """Indices, each in its own window where that has a cell; channels first."""
    found = np.zeros(shape, np.int64)
    for at in np.ndindex(*spatial):
        flat = 0
        for o, size, k, s, b in zip(at, sizes, kernel, stride, before, strict=True):
            start, end = max(0, o * s - b), min(size, o * s - b + k)
            flat = flat * size + (rng.integers(start, end, shape[: -len(spatial)]) if start < end else size - 1)
        found[(..., *at)] = flat
    return found


@st.composite
def calls(draw, rank, dtypes=FLOATS + INTEGERS):
    """x, indices and options of a legal call: windows apart or not, indices within theirs, anywhere or all but unique."""
    spatial = [draw(st.integers(1, {1: 40, 2: 9, 3: 4}[rank])) for _ in range(rank)]
    if rank == 2 and draw(st.booleans()):
        spatial[1] = draw(st.integers(7, 40))
    kernel = [draw(st.sampled_from([2, 2, 2, 1, 3, 4, 5])) for _ in range(rank)]
    stride = [k + draw(st.sampled_from([0, 0, 0, -1, 1, 2])) or 1 for k in kernel]
    before = [draw(st.sampled_from([0, 0, 0, k - 1])) for k in kernel]
    default = [(n - 1) * s + k - 2 * b for n, s, k, b in zip(spatial, stride, kernel, before, strict=True)]
    given = any(size < 1 for size in default) or draw(st.booleans())
    sizes = [max(1, size + draw(st.integers(1 - s, s - 1))) if given else size for size, s in zip(default, stride, strict=True)]
    for i, (size, least, s) in enumerate(zip(sizes, default, stride, strict=True)):
        if size >= least + s:  # only where the default is below 1
            before[i], sizes[i] = 0, least + 2 * before[i]
    batch = draw(st.sampled_from([(), (1,), (2,), (2,), (0,)]))
    channels = draw(st.sampled_from([1, 2, 3, 9, 17, 70]) if math.prod(spatial) < 60 else st.integers(0, 3))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    shape, cells = (*batch, channels, *spatial), math.prod(sizes)
    if draw(st.booleans()):
        indices = own_windows(rng, shape, spatial, sizes, kernel, stride, before)
    else:
        indices = rng.integers(0, draw(st.sampled_from([cells, min(cells, 3)])), shape)
    if indices.size and draw(st.integers(0, 3)) == 0:
        indices.flat[-1] = cells - 1
    x = contents(rng, shape, draw(st.sampled_from(dtypes)), draw(st.sampled_from(CONTENTS)))
    last = draw(st.booleans())
    if last:
        x, indices = (np.ascontiguousarray(np.moveaxis(a, -rank - 1, -1)) for a in (x, indices))
    indices = indices.astype(draw(st.sampled_from([d for d in "bBhHiIqQ" if cells - 1 <= np.iinfo(d).max])))
    memory = st.sampled_from(sorted(MEMORY.keys() - {"one cell", "one image"}))
    x, indices = (MEMORY[draw(memory)](a, rank, last) for a in (x, indices))
    options = {
        "kernel_size": tuple(kernel),
        "stride": stride,
        "padding": before,
        "duplicates": draw(st.sampled_from(["last", "sum"])),
    }
    if given:
        options["output_size"] = tuple(sizes)
    if last:
        options["data_format"] = "channels_last"
    return x, indices, options


# ------------------------------------------------------------------------------------------------ against the oracle
@every_rank
@examples(70)
@given(data=st.data())
def test_against_the_reference(rank, data):
    x, indices, options = data.draw(calls(rank))
    before = x.tobytes(), indices.tobytes()
    exact_sums = options["duplicates"] == "last" or x.dtype.kind in "biu"
    want, pull_want = unpool(cpool.reference.vjp, rank)(x, indices, **options)
    grad = contents(np.random.default_rng(0), want.shape, np.float64, "normal")
    grad_want = pull_want(grad)
    for variant, threads in OTHERS:
        with _dispatch.using(variant), _threads.exactly(threads):
            y, pullback = unpool(cpool.vjp, rank)(x, indices, **options)
            assert_same_bits(unpool(cpool, rank)(x, indices, **options), y)
            if exact_sums or not np.isnan(y.astype(np.float64)).any():
                assert_same_bits(y, want)
            assert_same_bits(pullback(grad), grad_want)
            assert_same_bits(pullback(grad), grad_want)
    assert (x.tobytes(), indices.tobytes()) == before
    assert not np.may_share_memory(y, x)


@every_rank
@examples(15)
@given(data=st.data())
def test_out(rank, data):
    x, indices, options = data.draw(calls(rank))
    last = options.get("data_format") == "channels_last"
    want, pullback = unpool(cpool.vjp, rank)(x, indices, **options)
    grad = contents(np.random.default_rng(0), want.shape, np.float32, "normal")
    grad_want = pullback(grad)
    out, grad_out = (MEMORY[data.draw(st.sampled_from(WRITABLE))](garbage(a.shape, a.dtype), rank, last) for a in (want, grad_want))
    assert unpool(cpool, rank)(x, indices, **options, out=out) is out
    assert_same_bits(out, want)
    out[...] = garbage(out.shape, out.dtype)
    assert unpool(cpool.vjp, rank)(x, indices, **options, out=out)[0] is out
    assert_same_bits(out, want)
    assert pullback(grad, out=grad_out) is grad_out
    assert_same_bits(grad_out, grad_want)


@every_rank
def test_undoes_max_pooling(rank):
    x = np.random.default_rng(rank).permutation(3 * 7**rank).reshape(1, 3, *[7] * rank).astype(np.float32)
    for kernel, stride, padding in ((2, None, 0), (3, 2, 1), (3, None, 0)):
        y, indices = getattr(cpool, f"max_pool{rank}d")(x, kernel, stride, padding, return_indices=True)
        back = unpool(cpool, rank)(y, indices, kernel, stride, padding, x.shape)
        assert_same_bits(np.sort(back[back != 0]), np.unique(y[y != 0]))
        assert (back[back != 0] == x[back != 0]).all()


def test_a_view_of_the_other_layout_keeps_its_order_in_memory():
    x = np.moveaxis(np.ones((2, 3, 4, 40), np.float32), -1, 1)
    y = cpool.max_unpool2d(x, np.zeros(x.shape, np.int64), 2)
    assert np.moveaxis(y, 1, -1).flags.c_contiguous


def test_a_pullback_keeps_what_it_needs():
    for indices in ([[1, 3]], [[3, 1]], [[1, 1]]):
        x, indices = np.array([[5.0, 4.0]]), np.array(indices)
        y, pullback = cpool.vjp.max_unpool1d(x, indices, 2)
        before = pullback([[1.0, 2.0, 3.0, 4.0]])
        x[...], indices[...], y[...] = 9.0, 0, 9.0
        assert_same_bits(pullback([[1.0, 2.0, 3.0, 4.0]]), before)


# ------------------------------------------------------------------------------------------------ large results
LARGE = [
    ("pairs", np.float32, (2, 64, 96, 96), {"kernel_size": 2}),
    ("pairs, cells left over", np.float64, (1, 30, 97, 131), {"kernel_size": 2, "output_size": (195, 263)}),
    ("3x3", np.float32, (1, 40, 120, 113), {"kernel_size": 3}),
    ("bytes", np.uint8, (1, 20, 340, 341), {"kernel_size": 3}),
    ("gaps", np.float32, (1, 30, 130, 130), {"kernel_size": 2, "stride": 3, "output_size": (391, 390)}),
    ("small planes", np.float32, (40, 200, 11, 12), {"kernel_size": 2}),
    ("pixels", np.float32, (2, 96, 96, 64), {"kernel_size": 2, "data_format": "channels_last"}),
    ("places", np.float32, (2, 200, 57, 57), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("places of doubles", np.float64, (1, 200, 57, 57), {"kernel_size": 3, "stride": 2, "padding": 1}),
]


@pytest.mark.parametrize(("name", "dtype", "shape", "options"), LARGE, ids=[case[0] for case in LARGE])
def test_large_results(name, dtype, shape, options):
    rng = np.random.default_rng(0)
    last = options.get("data_format") == "channels_last"
    first = shape if not last else (shape[0], shape[3], *shape[1:3])
    kernel, stride, before = options["kernel_size"], options.get("stride", options["kernel_size"]), options.get("padding", 0)
    sizes = options.get("output_size") or tuple((n - 1) * stride + kernel - 2 * before for n in first[2:])
    rows, columns = (
        np.clip(rng.integers(0, kernel, first) + np.arange(n).reshape(to) * stride - before, 0, size - 1)
        for n, to, size in zip(first[2:], ((-1, 1), (1, -1)), sizes, strict=True)
    )
    indices = rows * sizes[1] + columns
    x = rng.integers(1, 200, first).astype(dtype)
    want = np.zeros((*first[:2], math.prod(sizes)), dtype)
    owner = np.full(want.shape, -1)
    flat, number = indices.reshape(*first[:2], -1), np.arange(math.prod(first[2:]))
    order = np.broadcast_to(number, flat.shape)
    for part in np.array_split(number, 4):  # the last of equal indices wins, within a part as well
        np.put_along_axis(want, flat[..., part], x.reshape(flat.shape)[..., part], -1)
        np.put_along_axis(owner, flat[..., part], order[..., part], -1)
    kept = np.take_along_axis(owner, flat, -1) == order
    grad = rng.integers(1, 200, want.shape).astype(np.float32 if dtype == np.float32 else np.float64)
    grad_want = np.where(kept, np.take_along_axis(grad, flat, -1), 0).reshape(first)
    want, grad = want.reshape(*first[:2], *sizes), grad.reshape(*first[:2], *sizes)
    if last:
        x, indices, want, grad, grad_want = (
            np.ascontiguousarray(np.moveaxis(a, 1, -1)) for a in (x, indices, want, grad, grad_want)
        )
    for variant, threads in OTHERS:
        with _dispatch.using(variant), _threads.exactly(threads):
            y, pullback = cpool.vjp.max_unpool2d(x, indices, **options)
            assert np.array_equal(y, want), (variant, threads)
            assert np.array_equal(pullback(grad), grad_want), (variant, threads)
            y[...] = 7
            assert np.array_equal(cpool.max_unpool2d(x, indices, **options, out=y), want), (variant, threads)


@pytest.mark.parametrize("stride", [2, 1])
def test_an_index_outside_late_in_a_large_call(stride):
    indices = np.tile(np.arange(30 * 30).reshape(30, 30), (3, 40, 1, 1))
    if stride == 2:
        indices = np.tile(np.arange(30)[:, None] * 120 + 2 * np.arange(30), (3, 40, 1, 1))
    x = np.ones(indices.shape, np.float32)
    for value in (-1, 2**32, 3600):
        indices[2, 39, 29, 29] = value
        for variant in _dispatch.available():
            with _dispatch.using(variant), pytest.raises(ValueError, match=rf"indices\[2, 39, 29, 29\]={value}"):
                cpool.vjp.max_unpool2d(x, indices, 2, stride)


# ------------------------------------------------------------------------------------------------ gradient, equal indices
@pytest.mark.parametrize("module", [cpool, cpool.reference], ids=["compiled", "reference"])
@pytest.mark.parametrize("duplicates", ["last", "sum"])
@every_rank
@examples(15)
@given(data=st.data())
def test_the_pullback_is_the_jacobian(module, duplicates, rank, data):
    x, indices, options = data.draw(calls(rank, (np.dtype(np.float64),)).filter(lambda call: 0 < call[0].size <= 40))
    options["duplicates"] = duplicates
    x = np.random.default_rng(0).integers(-8, 8, x.shape).astype(np.float64)
    y, pullback = unpool(module.vjp, rank)(x, indices, **options)
    grad = np.random.default_rng(1).integers(-8, 8, y.shape).astype(np.float64)
    want = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += 1
        down[at] -= 1
        step = unpool(module, rank)(up, indices, **options) - unpool(module, rank)(down, indices, **options)
        want[at] = (grad * step).sum() / 2
    np.testing.assert_array_equal(pullback(grad), want)


def test_equal_indices():
    x, indices, grad = [[1.0, 2.0, 4.0]], [[0, 0, 3]], [[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]]
    y, pullback = cpool.vjp.max_unpool1d(x, indices, 2)
    assert (y.tolist(), pullback(grad).tolist()) == ([[2, 0, 0, 4, 0, 0]], [[0, 10, 40]])
    y, pullback = cpool.vjp.max_unpool1d(x, indices, 2, duplicates="sum")
    assert (y.tolist(), pullback(grad).tolist()) == ([[3, 0, 0, 4, 0, 0]], [[10, 10, 40]])
    for module in (cpool, cpool.vjp, cpool.reference):
        with pytest.raises(ValueError, match=r"indices\[0, 1\]=0: an earlier value"):
            module.max_unpool1d(x, indices, 2, duplicates="error")
    assert cpool.max_unpool1d(x, [[0, 2, 3]], 2, duplicates="error").tolist() == [[1, 0, 2, 4, 0, 0]]


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_the_first_duplicate_is_named_in_the_order_of_the_axes(data_format):
    indices = np.arange(2 * 2 * 3 * 4).reshape(2, 2, 3, 4) % 12
    if data_format == "channels_last":
        indices = np.moveaxis(indices, 1, -1)
    indices = np.ascontiguousarray(indices)
    cpool.max_unpool2d(indices, indices, 2, duplicates="error", data_format=data_format)
    indices[1, 1, 2, 1], indices[1, 0, 1, 1] = indices[1, 0, 0, 1], indices[1, 0, 0, 1]
    for x in (indices, np.asfortranarray(indices), np.moveaxis(np.ascontiguousarray(np.moveaxis(indices, 1, -1)), -1, 1)):
        messages = []
        for module in (cpool, cpool.reference):
            with pytest.raises(ValueError, match="earlier") as error:
                module.max_unpool2d(x, x, 2, duplicates="error", data_format=data_format)
            messages.append(str(error.value).split(":")[0])
        assert messages[0] == messages[1]


def test_sums():
    many = np.full((1, 1000), 0.1, np.float32)
    y = cpool.max_unpool1d(many, np.zeros(many.shape, int), 1, duplicates="sum")
    assert y[0, 0] == np.float32(1000 * np.float64(np.float32(0.1)))
    for dtype in (np.float16, BFLOAT16):
        ones = np.ones((1, 300), dtype)
        y = cpool.max_unpool1d(ones, np.zeros(ones.shape, int), 1, duplicates="sum")
        assert y.dtype == dtype
        assert y[0, 0] == dtype.type(300) if isinstance(dtype, np.dtype) else dtype(300)
    assert cpool.max_unpool1d(np.array([[200, 100]], np.uint8), [[1, 1]], 1, duplicates="sum").tolist() == [[0, 44]]
    yes = np.array([[True] * 256 + [False]])
    assert cpool.max_unpool1d(yes, np.ones(yes.shape, int), 1, duplicates="sum")[0, :3].tolist() == [False, True, False]
    zeros = np.array([[-0.0, -0.0, -0.0, 0.0]])
    signs = [np.signbit(cpool.max_unpool1d(zeros, [i], 1, duplicates="sum"))[0].tolist() for i in ([0, 0, 1, 1], [0, 1, 2, 3])]
    assert signs == [[True, False, False, False], [True, True, True, False]]


# ------------------------------------------------------------------------------------------------ PyTorch
@every_rank
def test_torch(rank):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(rank)
    operator = getattr(torch.nn.functional, f"max_unpool{rank}d")
    for kernel, stride, padding in ((2, 2, 0), (3, 2, 1), (2, 3, 0), (3, 3, 1)):
        x = torch.tensor(rng.standard_normal((2, 3, *[11, 9, 8][:rank])), requires_grad=True)
        pooled, indices = getattr(torch.nn.functional, f"max_pool{rank}d")(x.detach(), kernel, stride, padding, return_indices=True)
        flat = indices.flatten(2)
        unique = all(len(set(row.tolist())) == row.numel() for plane in flat for row in plane)
        pooled.requires_grad_()
        want = operator(pooled, indices, kernel, stride, padding, output_size=x.shape[2:])
        y, pullback = unpool(cpool.vjp, rank)(pooled.detach(), indices, kernel, stride, padding, tuple(x.shape))
        assert_same_bits(y, want.detach().numpy())
        grad = rng.standard_normal(y.shape)
        want.backward(torch.tensor(grad))
        if unique:  # torch gives the gradient to all that had the index
            assert_same_bits(pullback(grad), pooled.grad.numpy())


# ------------------------------------------------------------------------------------------------ errors
X = np.ones((1, 2, 3, 3), np.float32)
I = np.zeros(X.shape, np.int64)  # noqa: E741
ERRORS = [
    (TypeError, "indices: dtype float64", {"indices": I.astype(float)}),
    (TypeError, "indices: dtype bool", {"indices": I.astype(bool)}),
    (ValueError, r"indices: shape \(1, 2, 3\)", {"indices": I[..., 0]}),
    (ValueError, r"indices: shape \(\)", {"indices": 0}),
    (TypeError, "kernel_size=2.0", {"kernel_size": 2.0}),
    (ValueError, "kernel_size", {"kernel_size": (2, 2, 2)}),
    (ValueError, "kernel_size=0", {"kernel_size": 0}),
    (ValueError, "stride=0", {"stride": 0}),
    (TypeError, "padding='same'", {"padding": "same"}),
    (ValueError, "padding", {"padding": 2}),
    (ValueError, "padding", {"kernel_size": 7, "stride": 1, "padding": 6}),
    (ValueError, "output_size", {"output_size": (8, 6)}),
    (ValueError, "output_size", {"output_size": (6, 4)}),
    (ValueError, "output_size", {"output_size": (1, 6, 6)}),
    (TypeError, "output_size", {"output_size": "66"}),
    (TypeError, "output_size", {"output_size": (6, 6.0)}),
    (TypeError, "output_size=True", {"output_size": True}),
    (ValueError, "output_size", {"output_size": 2**70}),
    (ValueError, "duplicates", {"duplicates": "first"}),
    (TypeError, "duplicates", {"duplicates": None}),
    (ValueError, "data_format", {"data_format": "NCHW"}),
    (TypeError, "out", {"out": [0.0]}),
    (ValueError, "out", {"out": np.empty((1, 2, 6, 5), np.float32)}),
    (TypeError, "out", {"out": np.empty((1, 2, 6, 6))}),
    (ValueError, "kernel_size", {"kernel_size": 2**31 - 1}),
]


@pytest.mark.parametrize("module", [cpool, cpool.vjp, cpool.reference])
@pytest.mark.parametrize(("error", "message", "options"), ERRORS)
def test_errors(module, error, message, options):
    arguments = {"x": X, "indices": I, "kernel_size": 2, **options}
    with pytest.raises(error, match=message):
        module.max_unpool2d(**arguments)


@pytest.mark.parametrize("value", [-1, -(2**63), 36, 2**31, 2**32, 2**32 + 1, 2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize("stride", [2, 1])
@pytest.mark.parametrize("duplicates", ["last", "sum", "error"])
def test_indices_outside_the_plane_are_refused_before_anything_is_written(value, stride, duplicates):
    indices = np.arange(18).reshape(X.shape).astype(np.uint64 if value > 2**63 else np.int64)
    indices[0, 1, 2, 0] = value
    if stride == 1:
        indices[0, 1, 2, 1] = 16
        if value == 36:
            indices[0, 1, 2, 0] = 16
    out = np.full((1, 2, 6, 6) if stride == 2 else (1, 2, 4, 4), 7, np.float32)
    for module in (cpool, cpool.vjp, cpool.reference):
        with pytest.raises(ValueError, match=rf"indices\[0, 1, 2, 0\]={indices[0, 1, 2, 0]}"):
            module.max_unpool2d(X, indices, 2, stride, duplicates=duplicates, out=out)
        assert (out == 7).all()


def test_out_may_not_share_memory_with_the_indices():
    memory = np.zeros(36, np.int64)
    with pytest.raises(ValueError, match="shares memory"):
        cpool.max_unpool1d(np.ones((1, 18), np.int64), memory[:18].reshape(1, 18), 2, out=memory.reshape(1, 36))


def test_gradients_of_another_shape_are_refused():
    _, pullback = cpool.vjp.max_unpool2d(X, I, 2)
    with pytest.raises(ValueError, match="grad_y"):
        pullback(np.ones((1, 2, 6, 5)))


# ------------------------------------------------------------------------------------------------ layers
@every_rank
def test_layers(rank):
    x = np.random.default_rng(rank).standard_normal((2, 3, *[6] * rank)).astype(np.float32)
    y, indices = getattr(cpool, f"max_pool{rank}d")(x, 2, return_indices=True)
    layer = getattr(cpool, f"MaxUnpool{rank}d")(2)
    want, pullback = unpool(cpool.vjp, rank)(y, indices, 2)
    assert_same_bits(layer(y, indices), want)
    assert_same_bits(layer.backward(x), pullback(x))
    with pytest.raises(RuntimeError):
        layer.backward(x)
    assert layer.output_shape(y.shape) == want.shape
    layer.eval()
    assert_same_bits(layer(y, indices), want)
    with pytest.raises(RuntimeError):
        layer.backward(x)


def test_layers_keep_their_arguments():
    layer = cpool.MaxUnpool2d([2, 3], 3, output_size=(8, 9), duplicates="sum", data_format="channels_last", name="up")
    text = "MaxUnpool2d((2, 3), stride=3, output_size=(8, 9), duplicates='sum', data_format='channels_last', name='up')"
    for same in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(same) == text
    assert layer.output_shape((1, 3, 3, 5)) == (1, 8, 9, 5)
    assert layer(np.ones((1, 3, 3, 5)), np.zeros((1, 3, 3, 5), int)).shape == (1, 8, 9, 5)
    for error, options in (
        (TypeError, {"padding": "same"}),
        (ValueError, {"duplicates": "x"}),
        (ValueError, {"output_size": (1, 2, 3)}),
    ):
        with pytest.raises(error):
            cpool.MaxUnpool2d(2, **options)
    with pytest.raises(ValueError, match="output_size"):
        layer.output_shape((1, 9, 3, 5))


def test_a_whole_shape_as_the_output_size():
    assert cpool.max_unpool2d(X, I, 2, output_size=(99, 99, 7, 6)).shape == (1, 2, 7, 6)
    assert cpool.max_unpool2d(X, I, 2, output_size=(99, 4, 7, 99), data_format="channels_last").shape == (1, 4, 7, 3)
    assert cpool.max_unpool2d(X, I, 2, output_size=7).shape == (1, 2, 7, 7)
