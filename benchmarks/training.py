"""Training: SRResNet's update as srgan does it against the same network as one writes it down, each with its loader."""

import importlib.util
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.commands import photo
from srgan.data.prepare import PreparedPictures, find_pictures, prepare
from srgan.training.batches import Batch, batches, sampler
from srgan.training.launch import launch
from srgan.training.recipes import RECIPES
from srgan.training.steps import Training

RECIPE = RECIPES["srresnet-mse"]
"""The paper's: 16 blocks of 64 features, batches of 16 crops of 96x96."""
PICTURES, HEIGHT, WIDTH = 32, 1224, 1632
ROUNDS = 4
"""The sides take turns so often, so that what disturbs the machine disturbs them alike."""
_WITHOUT_END = 10**9

Update = Callable[[Tensor, Tensor], object]


@dataclass(frozen=True)
class Side:
    """What one way to train takes, in seconds a batch: the median of the rounds."""

    name: str
    network: float
    """The update on a batch that is already there."""
    loader: float
    """A batch without any update."""
    together: float


@dataclass(frozen=True)
class DeviceRate:
    """A way to train on a graphics processor."""

    name: str
    updates: float
    """A second, on a batch that is already there."""
    share: float
    """Of the arithmetic rate of a large bf16 matrix product."""


class TextbookBlock(nn.Module):
    """A residual block of Ledig et al. 2017, figure 4."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
            nn.PReLU(features),
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.layers(x)
        return y


class TextbookGenerator(nn.Module):
    """The generator of Ledig et al. 2017, figure 4, as it is drawn; gives the paper's range, [-1, 1].

    Its parameters come in the order of `srgan.models.srgan.Generator`'s.
    """

    def __init__(self, *, blocks: int = 16, features: int = 64) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(3, features, 9, padding=4), nn.PReLU(features))
        self.trunk = nn.Sequential(
            *(TextbookBlock(features) for _ in range(blocks)),
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
        )
        steps = [
            nn.Sequential(
                nn.Conv2d(features, 4 * features, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(features)
            )
            for _ in range(2)
        ]
        self.tail = nn.Sequential(*steps, nn.Conv2d(features, 3, 9, padding=4))

    def forward(self, low: Tensor) -> Tensor:
        first = self.head(low)
        signed: Tensor = self.tail(first + self.trunk(first))
        return signed


class TextbookPictures(Dataset[Batch]):
    """Picture files, each opened, decoded, cropped at random and made small whenever it is asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Batch:
        with Image.open(self.paths[number]) as file:
            picture = file.convert("RGB")
        side = RECIPE.crop
        left, top = (int(torch.randint(room - side + 1, ())) for room in picture.size)
        high = picture.crop((left, top, left + side, top + side))
        low = high.resize((side // RECIPE.scale, side // RECIPE.scale), Image.Resampling.BICUBIC)
        return _to_tensor(low), _to_tensor(high)


def _to_tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous().float() / 255


def textbook_update(device: torch.device) -> Update:
    """The update of a textbook: float32, NCHW, eager, Adam as it comes."""
    generator = TextbookGenerator().to(device)
    optimiser = torch.optim.Adam(generator.parameters(), lr=RECIPE.learning_rate)

    def update(low: Tensor, high: Tensor) -> None:
        loss = functional.mse_loss(generator(low), 2 * high - 1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return update


def textbook_batches(paths: list[Path], *, workers: int) -> Iterator[Batch]:
    """Batches of a textbook's loader, without end; every worker has one batch in work or waiting."""
    pictures = TextbookPictures(paths)
    order = RandomSampler(pictures, replacement=True, num_samples=_WITHOUT_END)
    ahead = 1 if workers else None
    return iter(DataLoader(pictures, batch_size=RECIPE.batch, sampler=order, num_workers=workers, prefetch_factor=ahead))


def own_update(device: torch.device, *, compiled: bool = False) -> Update:
    """srgan's update, in the precision that suits the device."""
    fabric = launch("cuda" if device.type == "cuda" else "cpu")
    training = Training(RECIPE, fabric=fabric, updates=_WITHOUT_END)
    if compiled:
        faster = cast(nn.Module, torch.compile(training.generator.module, mode="reduce-overhead"))
        training.generator.called = fabric.setup_module(faster, move_to_device=False)
    return lambda low, high: training.update(low, high, number=0)


def own_batches(pictures: PreparedPictures, device: torch.device) -> Iterator[Batch]:
    """Batches of srgan's loader, without end."""
    return batches(sampler(RECIPE, pictures), device, range(_WITHOUT_END), rank=0, ranks=1)
