"""Training: SRResNet's update as srgan does it against the same network as one writes it down, each with its loader."""

import importlib.util
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
from srgan.data.prepare import prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.training.batches import Batch, batches, make_sampler
from srgan.training.distributed import launch
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.state import make_state
from srgan.training.update import update

RECIPE = RECIPES["srresnet-mse"]
"""The paper's: 16 blocks of 64 features, batches of 16 crops of 96x96."""
DAMAGED = RECIPES["srresnet-photo"]
"""The recipe whose crops are damaged as they are cut: 4 of 128x128."""
PICTURES, HEIGHT, WIDTH = 32, 1224, 1632
ROUNDS = 3
"""The sides take turns so often, so that what disturbs the machine disturbs them alike."""
_WITHOUT_END = 10**9

Update = Callable[[Tensor, Tensor], object]
"""One update of a network on (low, high), each (B, 3, H, W) in [0, 1]."""


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
    """What one way to train reaches on a graphics processor, on a batch that is already there."""

    name: str
    updates: float
    """A second."""
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
        self.tail = nn.Sequential(
            nn.Conv2d(features, 4 * features, 3, padding=1),
            nn.PixelShuffle(2),
            nn.PReLU(features),
            nn.Conv2d(features, 4 * features, 3, padding=1),
            nn.PixelShuffle(2),
            nn.PReLU(features),
            nn.Conv2d(features, 3, 9, padding=4),
        )

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
        side = RECIPE.crops.crop
        left, top = (int(torch.randint(room - side + 1, ())) for room in picture.size)
        high = picture.crop((left, top, left + side, top + side))
        low = high.resize((side // RECIPE.network.scale, side // RECIPE.network.scale), Image.Resampling.BICUBIC)
        return _to_tensor(low), _to_tensor(high)


def _to_tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous().float() / 255


def textbook_update(device: torch.device) -> Update:
    """A textbook's update: float32, NCHW, eager, Adam as it comes."""
    generator = TextbookGenerator().to(device)
    optimiser = torch.optim.Adam(generator.parameters(), lr=RECIPE.schedule.learning_rate)

    def update(low: Tensor, high: Tensor) -> None:
        loss = functional.mse_loss(generator(low), 2 * high - 1)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    return update


def textbook_batches(paths: list[Path], *, workers: int) -> Iterator[Batch]:
    """Batches of a textbook's loader, without end; every worker has one batch in work or waiting."""
    pictures = TextbookPictures(paths)
    order = RandomSampler(pictures, replacement=True, num_samples=_WITHOUT_END)
    ahead = 1 if workers else None
    loader = DataLoader(
        pictures, batch_size=RECIPE.crops.batch, sampler=order, num_workers=workers, prefetch_factor=ahead
    )
    yield from loader


def own_update(device: torch.device, *, recipe: Recipe = RECIPE, compiled: bool = False) -> Update:
    """srgan's update, in the precision that suits the device; compiled, CUDA graphs are captured of it."""
    fabric = launch("cuda" if device.type == "cuda" else "cpu")
    state = make_state(recipe, fabric=fabric, updates=_WITHOUT_END)
    if compiled:
        faster = cast(nn.Module, torch.compile(state.generator.module, mode="reduce-overhead"))
        state.generator.wrapped = fabric.setup_module(faster, move_to_device=False)
    return lambda low, high: update(state, (low, high))


def own_batches(pictures: PreparedPictures, device: torch.device, recipe: Recipe = RECIPE) -> Iterator[Batch]:
    """Batches of srgan's loader, without end."""
    return batches(make_sampler(recipe, pictures), device, range(_WITHOUT_END), rank=0, ranks=1)


def seconds_each(work: Update, source: Iterator[Batch], *, count: int) -> float:
    """Seconds a batch, of so many. One that is not counted goes before them, while the loader gets ahead."""
    work(*next(source))
    _finish()
    started = time.perf_counter()
    for low, high in itertools.islice(source, count):
        work(low, high)
    _finish()
    return (time.perf_counter() - started) / count


def _finish() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _nothing(low: Tensor, high: Tensor) -> None:
    """In place of an update, where the loader is timed alone."""


def make_pictures(folder: Path) -> list[Path]:
    """JPEG files of two megapixels, as large on disk as photos of that size: parts of one large picture."""
    random, whole = np.random.default_rng(0), photo(2 * WIDTH, 2 * HEIGHT)
    paths = [folder / f"{number}.jpg" for number in range(PICTURES)]
    for path in paths:
        top, left = random.integers(HEIGHT), random.integers(WIDTH)
        Image.fromarray(whole[top : top + HEIGHT, left : left + WIDTH]).save(path, quality=90)
    return paths


@dataclass
class _Times:
    """What the rounds took."""

    network: list[float] = field(default_factory=list)
    loader: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)

    def take(self, update: Update, make_batches: Callable[[], Iterator[Batch]], *, updates: int, loads: int) -> None:
        """A round: the network alone, the loader alone, both."""
        batch = next(make_batches())
        self.network.append(seconds_each(update, itertools.repeat(batch), count=updates))
        self.loader.append(seconds_each(_nothing, make_batches(), count=loads))
        self.together.append(seconds_each(update, make_batches(), count=updates))

    def side(self, name: str) -> Side:
        return Side(name, *(statistics.median(times) for times in (self.network, self.loader, self.together)))


def measure() -> tuple[Side, Side, Side]:
    """Return the times of srgan's training on the CPU, of a textbook's, and of srgan's with damaged crops.

    The textbook has as many loading processes as serve it best, 0 or 2.
    """
    cpu = torch.device("cpu")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_pictures(folder)
        prepare(paths, folder / "prepared")
        pictures = PreparedPictures(folder / "prepared")
        own, textbook = own_update(cpu), textbook_update(cpu)
        damaged = own_update(cpu, recipe=DAMAGED)

        def trial(workers: int) -> float:
            return seconds_each(textbook, textbook_batches(paths, workers=workers), count=3)

        workers = min((0, 2), key=trial)
        own_times, textbook_times, damaged_times = _Times(), _Times(), _Times()
        for _ in range(ROUNDS):
            own_times.take(own, lambda: own_batches(pictures, cpu), updates=4, loads=50)
            textbook_times.take(textbook, lambda: textbook_batches(paths, workers=workers), updates=3, loads=10)
            damaged_times.take(damaged, lambda: own_batches(pictures, cpu, DAMAGED), updates=20, loads=100)
    textbook_side = textbook_times.side(f"textbook, {workers} loading processes")
    return own_times.side("srgan"), textbook_side, damaged_times.side("srgan")


def _arithmetic() -> int:
    """Multiplications and additions of an update, counted apart, without what only moves or sums numbers."""
    side = RECIPE.crops.crop // RECIPE.network.scale
    update = textbook_update(torch.device("cpu"))
    with FlopCounterMode(display=False) as counter:
        update(*(torch.rand(RECIPE.crops.batch, 3, each, each) for each in (side, RECIPE.crops.crop)))
    return int(counter.get_total_flops())


def measure_device(*, updates: int = 100) -> list[DeviceRate]:
    """Updates on the graphics processor; none where there is none. Without Triton, nothing is compiled."""
    if not torch.cuda.is_available():
        return []
    device, side, arithmetic = torch.device("cuda"), RECIPE.crops.crop // RECIPE.network.scale, _arithmetic()
    low = torch.rand(RECIPE.crops.batch, 3, side, side, device=device)
    high = torch.rand(RECIPE.crops.batch, 3, RECIPE.crops.crop, RECIPE.crops.crop, device=device)
    matrix = torch.rand(8192, 8192, device=device, dtype=torch.bfloat16)
    product = (
        2 * 8192**3 / seconds_each(lambda low, high: matrix @ matrix, itertools.repeat((low, high)), count=updates)
    )

    def rate(name: str, update: Update, layout: torch.memory_format) -> DeviceRate:
        batch = low.contiguous(memory_format=layout), high.contiguous(memory_format=layout)
        for _ in range(10):  # kernels are chosen, compiled and captured
            update(*batch)
        each = seconds_each(update, itertools.repeat(batch), count=updates)
        return DeviceRate(name, 1 / each, arithmetic / each / product)

    rates = [rate("textbook, eager fp32 NCHW", textbook_update(device), torch.contiguous_format)]
    rates.append(rate("srgan, eager bf16 channels last", own_update(device), torch.channels_last))
    if importlib.util.find_spec("triton"):
        name = "srgan, compiled and captured, bf16 channels last"
        rates.append(rate(name, own_update(device, compiled=True), torch.channels_last))
    return rates
