"""What a run leaves for people to look at: plots of its losses, and a sheet of validation crops."""

from pathlib import Path

import numpy as np
from torch import nn

from srgan.images.resample import imresize
from srgan.metrics import PAPER
from srgan.training.engine import Material, validation_pairs
from srgan.training.networks import make_generator
from srgan.training.plots import plot_losses
from srgan.training.run import Run
from srgan.training.sheet import sheet, write_sheet
from srgan.training.steps import Training
from srgan.training.validation import Pixels, enlarge

_ROWS, _SIDE = 4, 48
"""Crops on the sheet, and their side in low-resolution pixels."""


def conclude(training: Training, material: Material, run: Run) -> tuple[Path, Path]:
    """Write the plots and the sheet of a run; returns where they are.

    The sheet's columns are the low resolution, what training began with (or bicubic interpolation, if that was
    nothing), what it has now, and the original. Its numbers are PSNR by the paper's protocol.
    """
    device = training.fabric.device
    pairs = [_middle(low, high) for low, high in validation_pairs(material)]
    rows, captions = [], []
    before, now = _before(training, run), run.better(training.generator.module, training.average)
    for number in range(min(_ROWS, len(pairs))):
        low, high = pairs[number * len(pairs) // min(_ROWS, len(pairs))]
        first = _bicubic(low, training.recipe.scale) if before is None else enlarge(before, low, device)
        last = enlarge(now, low, device)
        rows.append([low, first, last, high])
        captions.append(["", *(f"{PAPER.measure(picture, high).psnr:.2f} dB" for picture in (first, last)), ""])
    columns = ["LR", "bicubic" if before is None else "pre-trained", "GAN" if training.discriminator else "SR", "HR"]
    path = run.folder / "sheet.png"
    write_sheet(path, sheet(columns, rows, captions))
    return plot_losses(run.folder), path


def _before(training: Training, run: Run) -> nn.Module | None:
    """The generator that the run began with, unless its weights were random."""
    initial = run.initial()
    if initial is None:
        return None
    generator = make_generator(training.recipe)
    generator.load_state_dict(initial)
    return generator.to(training.fabric.device)


def _middle(low: Pixels, high: Pixels) -> tuple[Pixels, Pixels]:
    scale = high.shape[0] // low.shape[0]
    top, left = (max(0, (length - _SIDE) // 2) for length in low.shape[:2])
    part = low[top : top + _SIDE, left : left + _SIDE]
    height, width = (scale * length for length in part.shape[:2])
    original = high[scale * top : scale * top + height, scale * left : scale * left + width]
    return np.ascontiguousarray(part), np.ascontiguousarray(original)


def _bicubic(low: Pixels, scale: int) -> Pixels:
    return imresize(low, float(scale)).astype(np.uint8, copy=False)
