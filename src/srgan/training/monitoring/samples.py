"""Validation crops side by side, as a run has them at each validation and at its end."""

from pathlib import Path

import numpy as np
from torch import nn

from srgan.images.resample import imresize
from srgan.metrics import PAPER
from srgan.reporting.contact_sheet import sheet, write_sheet
from srgan.training.monitoring.validation import Pair, Pixels, enlarge
from srgan.training.networks import make_generator
from srgan.training.run_folder import Run
from srgan.training.update import Training

_ROWS, _SIDE = 4, 48
"""Crops on a sheet, and their side in low-resolution pixels."""


class Sheets:
    """Sheets of always the same crops: LR | pre-trained | GAN | HR.

    The second column is what training began with, or bicubic interpolation if that was nothing. The numbers are PSNR by
    the paper's protocol.

    Args:
        training: whose generator is shown.
        run: says what it began with.
        pairs: (low, high), of which a few are shown.
    """

    def __init__(self, training: Training, run: Run, pairs: list[Pair]) -> None:
        count = min(_ROWS, len(pairs))
        self._pairs = [_middle(*pairs[number * len(pairs) // count]) for number in range(count)]
        self._device = training.fabric.device
        before = _before(training, run)
        self._before = [
            _bicubic(low, training.recipe.scale) if before is None else enlarge(before, low, self._device)
            for low, _ in self._pairs
        ]
        second, third = "bicubic" if before is None else "pre-trained", "GAN" if training.discriminator else "SR"
        self._columns = ("LR", second, third, "HR")

    def write(self, path: Path, generator: nn.Module) -> Pixels:
        """Write the sheet of what the generator makes now, and return it.

        Raises:
            OutputError: if it cannot be written.
        """
        rows, captions = [], []
        for (low, high), before in zip(self._pairs, self._before, strict=True):
            now = enlarge(generator, low, self._device)
            rows.append([low, before, now, high])
            captions.append(["", *(f"{PAPER.measure(picture, high).psnr:.2f} dB" for picture in (before, now)), ""])
        pixels = sheet(self._columns, rows, captions)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sheet(path, pixels)
        return pixels


def _before(training: Training, run: Run) -> nn.Module | None:
    """The generator that the run began with, unless its weights were random."""
    initial = run.initial()
    if initial is None:
        return None
    generator = make_generator(training.recipe)
    generator.load_state_dict(initial)
    return generator.to(training.fabric.device)


def _middle(low: Pixels, high: Pixels) -> Pair:
    scale = high.shape[0] // low.shape[0]
    top, left = (max(0, (length - _SIDE) // 2) for length in low.shape[:2])
    part = low[top : top + _SIDE, left : left + _SIDE]
    height, width = (scale * length for length in part.shape[:2])
    original = high[scale * top : scale * top + height, scale * left : scale * left + width]
    return np.ascontiguousarray(part), np.ascontiguousarray(original)


def _bicubic(low: Pixels, scale: int) -> Pixels:
    return imresize(low, float(scale)).astype(np.uint8, copy=False)
