"""cpool.torch against cpool: every function and module, eager, compiled and exported."""

import copy
import doctest
import importlib
import inspect
import pickle

import numpy as np
import pytest
from every_call import arguments, call

import cpool

torch = pytest.importorskip("torch")
import cpool.torch  # noqa: E402
from cpool.torch._operators import SIGNATURES  # noqa: E402


def as_tensors(given):
    return {key: torch.from_numpy(value) if isinstance(value, np.ndarray) else value for key, value in given.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SIGNATURES)
def test_every_function_gives_what_cpool_gives(name, dtype):
    x, given = call(name, dtype)
    y, pullback = getattr(cpool.vjp, name)(x, **given)
    wanted = pullback(np.ones_like(y))
    leaf, tensors = torch.from_numpy(x).requires_grad_(), as_tensors(given)
    learned = [tensors[key].requires_grad_() for key in SIGNATURES[name].learned[1:] if key in tensors]
    found = getattr(cpool.torch, name)(leaf, **tensors)
    np.testing.assert_array_equal(found.detach().numpy(), y)
    gradients = torch.autograd.grad(found.sum(), [leaf, *learned])
    for gradient, want in zip(gradients, wanted if isinstance(wanted, tuple) else (wanted,), strict=False):
        np.testing.assert_array_equal(gradient.numpy(), np.asarray(want, gradient.numpy().dtype))


@pytest.mark.parametrize("name", SIGNATURES)
def test_operators_are_as_pytorch_wants_them(name):
    """Schema, fake kernel (also where the batch is a symbol), registration of the gradient, tracing."""
    x, given = call(name, np.float32)
    about, tensors = SIGNATURES[name], as_tensors(given)
    operands = [torch.from_numpy(x).requires_grad_()]
    for key in about.operands[1:]:
        default = about.defaults.get(key)
        operands.append(tensors.get(key, None if default is None else torch.tensor(default, dtype=torch.float64)))
    if about.random:
        operands.append(torch.tensor(5))
    values = {key: value for key, value in given.items() if key in about.settings}
    torch.library.opcheck(getattr(torch.ops.cpool, name).default, (*operands, about.encoded(values)))


GRADCHECKED = [name for name in SIGNATURES if name.endswith("2d") or not name[-2].isdigit()]


@pytest.mark.parametrize("name", GRADCHECKED)
def test_gradcheck(name):
    x, given = call(name)
    tensors = as_tensors(given)
    learned = [key for key in SIGNATURES[name].learned[1:] if key in tensors]

    def pool(x, *values):
        return getattr(cpool.torch, name)(x, **{**tensors, **dict(zip(learned, values, strict=True))})

    leaves = [torch.from_numpy(x).requires_grad_(), *(tensors[key].double().requires_grad_() for key in learned)]
    assert torch.autograd.gradcheck(pool, leaves, eps=1e-6, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d", "gem_pool2d", "adaptive_avg_pool2d"])
def test_channels_last_stays_so_and_nothing_is_copied(name, dtype):
    if dtype is torch.bfloat16:
        pytest.importorskip("ml_dtypes")
    given = as_tensors(arguments(name))
    x = torch.rand(2, 3, 8, 8).add(0.1).to(dtype)
    last = x.contiguous(memory_format=torch.channels_last).requires_grad_()
    y, want = getattr(cpool.torch, name)(last, **given), getattr(cpool.torch, name)(x, **given)
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert want.is_contiguous()
    assert y.dtype is dtype
    np.testing.assert_allclose(y.detach().float(), want.float(), rtol=1e-2)
    (gradient,) = torch.autograd.grad(y.sum(), last)
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    assert gradient.dtype is dtype


def model(pools):
    """A small network with a pooling of most kinds."""
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), pools.MaxPool2d(3, 2, 1), nn.Conv2d(6, 8, 3), nn.ReLU(), pools.AvgPool2d(2),
        pools.LPPool2d(2, 2, 1), pools.AdaptiveMaxPool2d(3), pools.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4),
    )  # fmt: skip


def learner():
    """One with poolings that learn and draw."""
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Softplus(), cpool.torch.GeMPool2d(2, num_channels=4), cpool.torch.StochasticPool2d(2),
        cpool.torch.GatedPool2d(2), nn.Flatten(), nn.LazyLinear(4),
    )  # fmt: skip


def gradients_of(net, x):
    net.zero_grad()
    y = net(x)
    y.square().sum().backward()
    return [y.detach(), *(p.grad.clone() for p in net.parameters())]


def test_replace_changes_no_result():
    before = model(torch.nn)
    after = copy.deepcopy(before).eval()
    swaps = cpool.torch.replace(after)
    assert [swap.name for swap in swaps] == ["1", "4", "5", "6", "7"]
    assert all(type(swap.after).__module__ == "cpool.torch.modules" and not swap.after.training for swap in swaps)
    x = torch.rand(4, 3, 30, 30)
    for found, want in zip(gradients_of(after, x), gradients_of(before.eval(), x), strict=True):
        torch.testing.assert_close(found, want)
    torch.testing.assert_close(gradients_of(model(cpool.torch), x), gradients_of(before, x))


def test_replace_says_what_it_leaves_and_serves_a_shared_module_once():
    pool = torch.nn.MaxPool2d(2)
    net = torch.nn.ModuleDict({"a": pool, "b": torch.nn.Sequential(pool), "c": torch.nn.LPPool2d(3, 2), "d": torch.nn.AvgPool1d(2)})
    swaps = cpool.torch.replace(net, filter=lambda name, module: name != "d")
    assert [swap.name for swap in swaps] == ["a", "c", "b.0"]
    assert net["a"] is net["b"][0]
    assert "not even" in str(swaps[1])
    assert isinstance(net["d"], torch.nn.AvgPool1d)
    with pytest.raises(ValueError, match="is a pooling itself"):
        cpool.torch.replace(pool)
    with pytest.raises(TypeError, match=r"torch\.nn\.Module is needed, not int"):
        cpool.torch.replace(3)


@pytest.mark.parametrize("name", [name for name in cpool.torch.modules.__all__ if hasattr(torch.nn, name)])
def test_constructors_are_those_of_pytorch(name):
    ours, theirs = (list(inspect.signature(getattr(of, name)).parameters.values()) for of in (cpool.torch, torch.nn))
    positional = [(p.name, p.default) for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional[: len(theirs)] == [(p.name, p.default) for p in theirs]


def test_fractional_pooling_draws_as_pytorch_does():
    x = torch.rand(2, 3, 12, 12)
    torch.manual_seed(3)
    want = torch.nn.FractionalMaxPool2d(2, output_size=5)(x)
    torch.manual_seed(3)
    torch.testing.assert_close(cpool.torch.FractionalMaxPool2d(2, output_size=5)(x), want, rtol=0, atol=0)


def test_unpooling_takes_pytorchs_sizes():
    x = torch.rand(2, 3, 7, 9)
    y, indices = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    want = torch.nn.MaxUnpool2d(2)(y, indices, output_size=x.shape)
    torch.testing.assert_close(cpool.torch.MaxUnpool2d(2)(y, indices, output_size=x.shape), want, rtol=0, atol=0)


def test_random_modules_follow_the_seed_and_the_mode():
    x, pool = torch.rand(2, 3, 8, 8), cpool.torch.StochasticPool2d(2)
    torch.manual_seed(1)
    first = pool(x)
    torch.manual_seed(1)
    assert torch.equal(pool(x), first)
    assert not torch.equal(pool(x), first)
    pool.eval()
    assert torch.equal(pool(x), pool(x))
    generator = torch.Generator().manual_seed(4)
    assert cpool.torch.stochastic_pool2d(x, 2, rng=generator).shape == (2, 3, 4, 4)


def test_what_modules_learn_is_saved_and_projected():
    net = learner()
    x = torch.rand(2, 3, 18, 18)
    net(x)
    again = pickle.loads(pickle.dumps(net))
    again.load_state_dict(net.state_dict())
    assert [key for key, _ in again.named_parameters()] == [key for key, _ in net.named_parameters()]
    pool = cpool.torch.OrdinalPool2d(2, num_channels=3)
    with torch.no_grad():
        pool.weight += 1
    pool.project()
    np.testing.assert_allclose(pool.weight.detach().sum(1), np.ones(3), rtol=1e-6)
    with pytest.raises(AttributeError, match="no rule"):
        cpool.torch.SoftPool2d(2).project()
    assert repr(cpool.torch.GeMPool2d(2, num_channels=3)) == "GeMPool2d(kernel_size=2, num_channels=3)"


@pytest.mark.parametrize("make", [lambda: model(cpool.torch), learner])
def test_compiled_models_give_the_same(make):
    net, x = make(), torch.rand(2, 3, 30, 30)
    net(x)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    for _ in range(2):
        torch.manual_seed(2)
        want = gradients_of(net, x)
        torch.manual_seed(2)
        torch.testing.assert_close(gradients_of(compiled, x), want)
        x = torch.rand(3, 3, 30, 30)


def test_an_exported_model_takes_any_batch():
    net = model(cpool.torch).eval()
    batch = torch.export.Dim("batch", min=2, max=64)
    program = torch.export.export(net, (torch.rand(4, 3, 30, 30),), dynamic_shapes=({0: batch},))
    x = torch.rand(7, 3, 30, 30)
    torch.testing.assert_close(program.module()(x), net(x))


def test_autocast():
    pytest.importorskip("ml_dtypes")
    with torch.autocast("cpu", torch.bfloat16):
        y = model(cpool.torch)(torch.rand(2, 3, 30, 30))
    assert y.dtype is torch.bfloat16
    assert torch.isfinite(y).all()


class Pooled(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return cpool.torch.max_pool2d(torch.full((3, 64, 64), float(i)), 2)


def test_workers_of_a_data_loader():
    cpool.torch.max_pool2d(torch.rand(8, 16, 128, 128), 2)  # the parent has used its threads
    found = torch.cat(list(torch.utils.data.DataLoader(Pooled(), batch_size=4, num_workers=2)))
    assert torch.equal(found[:, 0, 0, 0], torch.arange(8.0))


def train_on_one_process(rank, port, folder):
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    net = learner()
    x = torch.rand(4, 3, 18, 18, generator=torch.Generator().manual_seed(rank))
    net(x)
    net = torch.nn.parallel.DistributedDataParallel(net)
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    for _ in range(2):
        optimiser.zero_grad()
        net(x).square().mean().backward()
        optimiser.step()
    torch.save([p.detach() for p in net.parameters()], f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_learn_the_same(tmp_path):
    torch.multiprocessing.spawn(train_on_one_process, (0, str(tmp_path)), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)


def test_arguments_that_are_wrong():
    x = torch.rand(2, 3, 8, 8)
    with pytest.raises(TypeError, match="'kernel_size' is missing"):
        cpool.torch.max_pool2d(x)
    with pytest.raises(TypeError, match="'kernel_size' is given twice"):
        cpool.torch.max_pool2d(x, 2, kernel_size=2)
    with pytest.raises(TypeError, match="'out' does not exist"):
        cpool.torch.max_pool2d(x, 2, out=x)
    with pytest.raises(TypeError, match="7 arguments by position, at most 5"):
        cpool.torch.max_pool2d(x, 2, 2, 0, 1, False, False)
    with pytest.raises(TypeError, match="x: a tensor is needed, not ndarray"):
        cpool.torch.max_pool2d(x.numpy(), 2)
    with pytest.raises(TypeError, match="rng='a'"):
        cpool.torch.stochastic_pool2d(x, 2, rng="a")
    with pytest.raises(ValueError, match="kernel_size"):
        cpool.torch.max_pool2d(x, 0)


def test_a_second_derivative_is_an_error_and_not_0():
    leaf = torch.rand(2, 3, 8, 8, requires_grad=True)
    (grad,) = torch.autograd.grad(cpool.torch.gem_pool2d(leaf, 3.0, 2).sum(), leaf, create_graph=True)
    total = grad.sum()
    with pytest.raises(RuntimeError):
        torch.autograd.grad(total, leaf)


@pytest.mark.parametrize("name", ["cpool.torch", "cpool.torch.replace"])
def test_doctests(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
