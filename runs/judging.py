"""How natural, and how far off, what models make of pictures is: by this srgan is judged, and not by PSNR alone.

    SRGAN_DATA=... python -m runs.judging srresnet srgan checkpoints/srgan/second   a line for each
    SRGAN_DATA=... python -m runs.judging srgan-photo --data photos --mix messenger   on damaged photos

Models are named as for `srgan upscale`; a folder is that of a run, whose newest weights are taken. The pictures are the
middles, at most 384 pixels wide and high, of the photos that were held out from training: of the test sets nothing is
looked at here.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from runs.pictures import BY_NAME
from runs.releasing import Pixels, console, data_folder, prepared
from srgan.data.prepared_set import PreparedPictures
from srgan.errors import SrganError
from srgan.evaluation.feature_distance import FeatureDistance
from srgan.metrics import PROTOCOLS
from srgan.metrics.niqe import Niqe
from srgan.training.monitoring.texture_metric import detail
from srgan.training.monitoring.validation import cut_middles, enlarge
from srgan.training.release import trained_generator
from srgan.training.run_folder import Run
from srgan.training.texture_losses import grid_texture_error
from srgan.upscale.upscaler import Upscaler

CELL = 4
SIDE = 96
"""Of the middle of a small photo, in pixels."""
WINDOW = 16
"""Pixels on a side, for spectra."""
LEAST_FOR_NIQE = 192
"""Pixels on a side: four of its blocks."""

Restore = Callable[[Pixels], Pixels]
"""(h, w, 3) to (4 h, 4 w, 3)."""


@dataclass(frozen=True)
class Judgement:
    """What a model does to a set of pictures, in the mean."""

    psnr: float
    """By the paper's protocol, in dB."""
    features: float
    """Distance of SqueezeNet's features from the originals'."""
    niqe: float
    """Of those that are large enough for it to be worth something."""
    detail: float
    """Fine detail, as a share of the originals'."""
    colour: float
    """Largest difference of a channel's mean over the set from the originals', in levels of 255."""
    grid: float
    """Spread of the mean error over the places of a cell of sub-pixel convolution, in levels."""
    crosshatch: float
    """How unevenly texture lies in the cells (`losses.grid_texture_error`)."""
    grain: float
    """By how many dB the power of some frequency is above the originals' where they are smoothest."""


def judge(restore: Restore, pairs: Sequence[tuple[Pixels, Pixels]], weights: Path) -> Judgement:
    """The judgement of a model on (low, high) pairs; `weights` is the folder with those of SqueezeNet and NIQE."""
    distance, niqe = FeatureDistance(weights / "squeezenet1.1.safetensors"), Niqe.load(weights / "niqe-pristine.npz")
    scores, errors, spectra = [], [], []
    for low, high in pairs:
        restored = restore(low)
        both = [torch.from_numpy(each / 255).permute(2, 0, 1)[None] for each in (restored, high)]
        psnr = PROTOCOLS["paper"].measure(restored, high).psnr
        unnatural = niqe.measure(restored) if min(high.shape[:2]) >= LEAST_FOR_NIQE else np.nan
        scores.append(
            (psnr, distance.measure(restored, high), unnatural, float(detail(*both)), float(grid_texture_error(*both)))
        )
        rows, columns = high.shape[0] // CELL, high.shape[1] // CELL
        error = (restored.astype(np.float64) - high).reshape(rows, CELL, columns, CELL, 3)
        errors.append(error.mean(axis=(0, 2)))
        spectra.append(_where_it_is_smooth(restored, high))
    psnr, features, unnatural, made, crosshatch = (float(value) for value in np.nanmean(scores, axis=0))
    places = np.mean(errors, axis=0)  # (4, 4, 3)
    colour, grid = float(np.abs(places.mean(axis=(0, 1))).max()), float(places.std(axis=(0, 1)).max())
    ours, originals = np.mean(spectra, axis=0)
    grain = float(10 * np.log10((ours / originals).max()))
    return Judgement(psnr, features, unnatural, made, colour, grid, crosshatch, grain)


def _where_it_is_smooth(restored: Pixels, high: Pixels) -> NDArray[np.float64]:
    """Power spectra of both pictures, (2, 16, 9), over the third of all windows where the original is smoothest."""
    ours, originals = _spectra(restored), _spectra(high)
    roughness = originals[:, 4:13, 4:].sum(axis=(1, 2))  # from a quarter of the sampling rate on, both ways
    smooth = roughness <= np.quantile(roughness, 1 / 3)
    return np.stack([ours[smooth].mean(axis=0), originals[smooth].mean(axis=0)])


def _spectra(pixels: Pixels) -> NDArray[np.float64]:
    """Of the luma in windows of 16x16 pixels, 8 apart: (windows, 16, 9). One level of 255, squared, is added."""
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    windows = sliding_window_view(luma, (WINDOW, WINDOW))[:: WINDOW // 2, :: WINDOW // 2].reshape(-1, WINDOW, WINDOW)
    taper = np.outer(np.hanning(WINDOW), np.hanning(WINDOW))
    power = np.abs(np.fft.rfft2((windows - windows.mean(axis=(1, 2), keepdims=True)) * taper)) ** 2
    spectra: NDArray[np.float64] = power + (taper**2).sum()  # that of noise with a standard deviation of one level
    return spectra


def by_model(name: str) -> Restore:
    """What a model makes of pictures, in fp32."""
    upscaler = Upscaler(name, precision="fp32")
    return lambda low: upscaler.upscale(low).astype(np.uint8)


def by_run(run: Run) -> Restore:
    """What the newest weights of a run make of them."""
    generator, _ = trained_generator(run, console.print)
    return lambda low: enlarge(generator, low)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL", help="name, card or folder of a run")
    parser.add_argument("--data", choices=BY_NAME, default="everything", help="held out of which pictures")
    parser.add_argument("--mix", default="clean", help="damage of the small pictures; clean without it")
    choices = parser.parse_args()
    _, held_out = PreparedPictures(prepared(BY_NAME[choices.data])).split()
    pairs = cut_middles(held_out, SIDE, degradation=choices.mix)
    _say(f"{len(pairs)} photos", *(field.name for field in fields(Judgement)))
    for name in choices.models:
        run = Run(Path(name))
        try:
            judgement = judge(by_run(run) if run.exists else by_model(name), pairs, data_folder().parent / "weights")
        except SrganError as error:
            sys.exit(str(error))
        _say(name, *(f"{value:.5f}" for value in astuple(judgement)))


def _say(*cells: str) -> None:
    console.print(f"{cells[0]:30}" + "".join(f"{cell:>12}" for cell in cells[1:]), soft_wrap=True)


if __name__ == "__main__":
    main()
