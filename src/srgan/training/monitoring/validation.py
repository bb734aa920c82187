"""How good a generator is on pictures that it did not learn from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from srgan.data.crops import CropDegradation
from srgan.data.prepared_set import PreparedPictures
from srgan.errors import TrainingError
from srgan.images.colour import from_float, to_float
from srgan.metrics import PAPER, Protocol
from srgan.training.losses import MeanSquaredError

Pixels = NDArray[np.uint8]
Pair = tuple[Pixels, Pixels]
"""A low-resolution picture (h, w, 3), and the high-resolution one (H, W, 3) that it was made from."""

_CPU = torch.device("cpu")
_LOSS = MeanSquaredError()


@dataclass(frozen=True)
class Validation:
    """Mean scores over validation pictures."""

    psnr: float
    """In dB, of the pictures as they would be saved."""
    ssim: float
    loss: float
    """Of the pictures before clipping and rounding: their content loss, or mean squared error in [-1, 1]."""


def middles(
    pictures: PreparedPictures, side: int = 64, limit: int | None = None, degradation: str = "clean"
) -> list[Pair]:
    """The middles of pictures, to validate on.

    Args:
        pictures: prepared, of any size.
        side: the most low-resolution pixels on a side.
        limit: the most pairs; they are taken evenly from all pictures, whose order is that of their folders.
        degradation: the mix of damage that the small pictures get, each always the same.
    """
    count = len(pictures) if limit is None else min(limit, len(pictures))
    pairs, damage = [], CropDegradation(degradation)
    for number in range(count):
        low, high = pictures[number * len(pictures) // count]
        scale = high.shape[0] // low.shape[0]
        top, left = (max(0, (length - side) // 2) for length in low.shape[:2])
        size = min(side, low.shape[0]), min(side, low.shape[1])
        part = damage.crop(low, high, top, left, size, number)
        rows, columns = (slice(scale * a, scale * (a + n)) for a, n in zip((top, left), part.shape[:2], strict=True))
        pairs.append((np.ascontiguousarray(part), np.ascontiguousarray(high[rows, columns])))
    return pairs


def enlarge(generator: nn.Module, low: Pixels, device: torch.device = _CPU) -> Pixels:
    """What the generator makes of a picture: (h, w, 3) uint8 to (H, W, 3) uint8, in evaluation mode."""
    with _evaluating(generator):
        return _pixels(_restore(generator, low, device))


def score(
    generator: nn.Module,
    pairs: Sequence[Pair],
    protocol: Protocol = PAPER,
    device: torch.device = _CPU,
    loss: nn.Module = _LOSS,
) -> Validation:
    """How near the generator, in evaluation mode, comes to the high-resolution pictures of (low, high) pairs.

    Args:
        generator: what is judged.
        pairs: (low, high), of any sizes.
        protocol: of PSNR and SSIM.
        device: where the generator is.
        loss: what `Validation.loss` shall be, of restored and real pictures in [0, 1].

    Raises:
        TrainingError: if there are no pairs.
    """
    if not pairs:
        raise TrainingError("there is no picture to validate on: prepare more pictures")
    found = []
    with _evaluating(generator):
        for low, high in pairs:
            restored = _restore(generator, low, device)
            measured = protocol.measure(_pixels(restored), high)
            found.append((measured.psnr, measured.ssim, float(loss(restored, _tensor(high, device)))))
    return Validation(*(sum(values) / len(found) for values in zip(*found, strict=True)))


@contextmanager
def _evaluating(generator: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; each module is given its own mode back, some may be frozen."""
    modes = [(module, module.training) for module in generator.modules()]
    generator.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def _tensor(pixels: Pixels, device: torch.device) -> Tensor:
    """(H, W, 3) uint8 to (1, 3, H, W) in [0, 1]; as a view of the same memory it is laid out channels last."""
    return torch.from_numpy(to_float(pixels)).to(device).permute(2, 0, 1)[None]


def _restore(generator: nn.Module, low: Pixels, device: torch.device) -> Tensor:
    """(1, 3, H, W) in float32: about [0, 1], and not clipped to it."""
    restored: Tensor = generator(_tensor(low, device))
    return restored.float()


def _pixels(restored: Tensor) -> Pixels:
    """(1, 3, H, W) to (H, W, 3) uint8."""
    return from_float(restored[0].permute(1, 2, 0).cpu().numpy(), 8).astype(np.uint8, copy=False)
