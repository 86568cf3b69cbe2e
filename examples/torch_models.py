"""cpool in PyTorch: a VGG-like and a ResNet-like network with random weights, before and after `cpool.torch.replace`.

    python examples/torch_models.py                  # a minute; one thread: --threads 1

Prints that outputs and gradients are the same, and the time of a training step with PyTorch's poolings and with cpool's.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time

import torch
from torch import nn
from tqdm import tqdm

import cpool.torch


def vgg() -> nn.Module:
    """VGG-11's convolutions on images of 64x64."""
    layers: list[nn.Module] = []
    channels = 3
    for width, count in ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Block(nn.Module):
    """Two convolutions beside a shortcut, which an average pooling brings to their size."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width),
        )  # fmt: skip
        shortcut = nn.Sequential(nn.AvgPool2d(stride), nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width))
        self.shortcut = nn.Identity() if stride == 1 and channels == width else shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet() -> nn.Module:
    """A ResNet-D of 10 layers on images of 128x128."""
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    blocks = [Block(64, 64, 1), Block(64, 128, 2), Block(128, 256, 2), Block(256, 512, 2)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def step(net: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The loss, with its gradients."""
    net.zero_grad()
    loss = nn.functional.cross_entropy(net(x), labels)
    loss.backward()
    return loss


def worst(a: nn.Module, b: nn.Module) -> float:
    """The largest difference of gradients, over the largest gradient of its parameter."""
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return max(
        float((p.grad - q.grad).abs().max() / p.grad.abs().max()) for p, q in pairs if p.grad is not None and q.grad is not None
    )


def compare(name: str, net: nn.Module, x: torch.Tensor, repeats: int) -> None:
    """Both networks on the same images, in turns."""
    labels = torch.arange(len(x)) % 10
    after = copy.deepcopy(net)
    swaps = cpool.torch.replace(after)
    print(f"{name}, {tuple(x.shape)}, {'channels_last' if not x.is_contiguous() else 'contiguous'}: {len(swaps)} poolings replaced")
    losses = [step(model, x, labels).item() for model in (net, after)]
    times: list[list[float]] = [[], []]
    print(f"  loss {losses[0]:.6f} and {losses[1]:.6f}; gradients differ by {worst(net, after):.1e} at most")
    for _ in tqdm(range(repeats), leave=False, disable=None):
        for model, taken in zip((net, after), times, strict=True):
            start = time.perf_counter()
            step(model, x, labels)
            taken.append(time.perf_counter() - start)
    before, now = (1000 * statistics.median(taken) for taken in times)
    print(
        f"  a training step: {before:.1f} ms with PyTorch's poolings, {now:.1f} ms with cpool's ({before / now:.2f} times as fast)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="of PyTorch and of cpool (default: as many as each takes)")
    parser.add_argument("--repeats", type=int, default=15, help="training steps of each (default: %(default)s)")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
        cpool.set_num_threads(options.threads)
    torch.manual_seed(0)
    for name, make, size in (("VGG-like", vgg, 64), ("ResNet-like", resnet, 128)):
        net, x = make(), torch.rand(16, 3, size, size)
        compare(name, net, x, options.repeats)
        compare(name, net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last), options.repeats)


if __name__ == "__main__":
    main()
