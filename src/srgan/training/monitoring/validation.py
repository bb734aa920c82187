"""Validation: how close a generator comes to pictures that it was not trained on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from srgan.data.crops import CropDegradation
from srgan.data.shards import AnyPictures
from srgan.errors import TrainingError
from srgan.images.colour import from_float, to_float
from srgan.metrics import PAPER, Protocol
from srgan.training.loss_terms import Loss, Step
from srgan.training.losses import squared_error
from srgan.training.state import State

Pixels = NDArray[np.uint8]
PixelPair = tuple[Pixels, Pixels]
"""A low-resolution picture (h, w, 3), and the high-resolution one (H, W, 3) that it was made from."""

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class ValidationScore:
    """Mean scores over validation pictures."""

    psnr: float
    """In dB, of the pictures as they would be saved."""
    ssim: float
    loss: float
    """Of the pictures before clipping and rounding."""


def cut_middles(
    pictures: AnyPictures | Sequence[PixelPair], side: int = 64, limit: int | None = None, degradation: str = "clean"
) -> list[PixelPair]:
    """Return the middles of pictures, to validate on.

    Args:
        pictures: of any size.
        side: the most low-resolution pixels on a side.
        limit: the most pairs; they are taken evenly from all pictures, whose order is that of their folders.
        degradation: the mix of degradations of the low-resolution pictures, each always the same.
    """
    count = len(pictures) if limit is None else min(limit, len(pictures))
    pairs, degrade = [], CropDegradation(degradation)
    for number in range(count):
        low, high = pictures[number * len(pictures) // count]
        scale = high.shape[0] // low.shape[0]
        top, left = (max(0, (length - side) // 2) for length in low.shape[:2])
        size = min(side, low.shape[0]), min(side, low.shape[1])
        part = degrade.crop(low, high, top, left, size, number)
        rows, columns = (slice(scale * a, scale * (a + n)) for a, n in zip((top, left), part.shape[:2], strict=True))
        pairs.append((np.ascontiguousarray(part), np.ascontiguousarray(high[rows, columns])))
    return pairs


@dataclass(frozen=True)
class Goal:
    """PSNR on a test set at which training ends."""

    name: str
    """Of the set."""
    psnr: float
    """In dB."""
    pairs: tuple[PixelPair, ...]
    protocol: Protocol

    def measure(self, state: State) -> float:
        """Return the PSNR of the generator or of its average, whichever is better."""
        networks = (state.generator.module, state.average)
        return max(score(network, self.pairs, self.protocol, state.fabric.device).psnr for network in networks)


def validate(state: State, pairs: Sequence[PixelPair]) -> dict[str, float]:
    """Score the generator and its average; return the columns of `validation.csv`.

    The loss is the content loss of training, so that the two curves can be compared.

    Raises:
        TrainingError: if there are no pairs.
    """
    device = state.fabric.device
    raw = score(state.generator.module, pairs, device=device, loss=state.terms[0].loss)
    average = score(state.average, pairs, device=device)
    return {
        "raw_psnr": raw.psnr,
        "raw_ssim": raw.ssim,
        "average_psnr": average.psnr,
        "average_ssim": average.ssim,
        "loss": raw.loss,
    }


def score(
    generator: nn.Module,
    pairs: Sequence[PixelPair],
    protocol: Protocol = PAPER,
    device: torch.device = _CPU,
    loss: Loss = lambda step: squared_error(step.restored, step.high),
) -> ValidationScore:
    """Score a generator, in evaluation mode, on (low, high) pairs of any sizes.

    Args:
        generator: on the device.
        pairs: of pictures.
        protocol: of PSNR and SSIM.
        device: where the generator is.
        loss: of `ValidationScore.loss`.

    Raises:
        TrainingError: if there are no pairs.
    """
    if not pairs:
        raise TrainingError("there is no picture to validate on: prepare more pictures")
    scores = []
    with _evaluating(generator):
        for low, high in pairs:
            step = _restore(generator, low, high, device)
            measured = protocol.measure(_to_pixels(step.restored), high)
            scores.append((measured.psnr, measured.ssim, float(loss(step))))
    return ValidationScore(*(sum(values) / len(scores) for values in zip(*scores, strict=True)))


def enlarge(generator: nn.Module, low: Pixels, device: torch.device = _CPU) -> Pixels:
    """Return the generator's result, in evaluation mode: (h, w, 3) uint8 to (H, W, 3) uint8."""
    with _evaluating(generator):
        return _to_pixels(_restore(generator, low, low, device).restored)


@contextmanager
def _evaluating(generator: nn.Module) -> Iterator[None]:
    """Switch to evaluation mode without gradients, and afterwards each module to its own mode: some may be frozen."""
    modes = [(module, module.training) for module in generator.modules()]
    generator.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def _restore(generator: nn.Module, low: Pixels, high: Pixels, device: torch.device) -> Step:
    """Return images as (1, 3, H, W) float32; the restored one is not clipped to [0, 1]."""
    small = _to_tensor(low, device)
    restored: Tensor = generator(small)
    return Step(small, _to_tensor(high, device), restored.float())


def _to_tensor(pixels: Pixels, device: torch.device) -> Tensor:
    """Convert (H, W, 3) uint8 to (1, 3, H, W) in [0, 1]; as a view of the same memory it is laid out channels last."""
    return torch.from_numpy(to_float(pixels)).to(device).permute(2, 0, 1)[None]


def _to_pixels(restored: Tensor) -> Pixels:
    """Convert (1, 3, H, W) to (H, W, 3) uint8."""
    return from_float(restored[0].permute(1, 2, 0).cpu().numpy(), 8).astype(np.uint8, copy=False)
