"""Validation crops side by side, at each validation of a run and at its end."""

from pathlib import Path

import numpy as np
from torch import nn

from srgan.files import make_folder
from srgan.images.resize import imresize
from srgan.metrics import PAPER
from srgan.reporting.contact_sheet import sheet, write_sheet
from srgan.training.monitoring.validation import PixelPair, Pixels, cut_middles, enlarge
from srgan.training.run_folder import Run
from srgan.training.state import State, make_generator

_ROWS, _SIDE = 4, 48
"""Number of crops on a sheet, and their side in low-resolution pixels."""


class SampleSheets:
    """Sheets of always the same crops: LR | pre-trained | GAN | HR, with PSNR by the paper's protocol.

    The second column has the results of the initial weights, or bicubic interpolation if they were random.

    Args:
        state: of the run.
        run: has the initial weights.
        pairs: (low, high), of which a few are shown.
    """

    def __init__(self, state: State, run: Run, pairs: list[PixelPair]) -> None:
        self._pairs = cut_middles(pairs, side=_SIDE, limit=_ROWS)
        self._device = state.fabric.device
        weights, scale = run.initial(), float(state.recipe.network.scale)
        if weights is None:
            self._before = [imresize(low, scale).astype(np.uint8, copy=False) for low, _ in self._pairs]
        else:
            initial = make_generator(state.recipe)
            initial.load_state_dict(weights)
            initial.to(self._device)
            self._before = [enlarge(initial, low, self._device) for low, _ in self._pairs]
        second, third = "bicubic" if weights is None else "pre-trained", "GAN" if state.discriminator else "SR"
        self._columns = ("LR", second, third, "HR")

    def write(self, path: Path, generator: nn.Module) -> Pixels:
        """Write the sheet of the generator's present results, and return it.

        Raises:
            OutputError: if it cannot be written.
        """
        rows, captions = [], []
        for (low, high), before in zip(self._pairs, self._before, strict=True):
            now = enlarge(generator, low, self._device)
            rows.append([low, before, now, high])
            captions.append(["", *(f"{PAPER.measure(image, high).psnr:.2f} dB" for image in (before, now)), ""])
        pixels = sheet(self._columns, rows, captions)
        make_folder(path.parent)
        write_sheet(path, pixels)
        return pixels
