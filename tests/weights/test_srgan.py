"""The shipped SRGANs keep what is promised: more natural than srresnet, no farther off than what was published."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from runs.releasing import Pixels, small_and_large
from srgan.evaluation.features import FeatureDistance
from srgan.losses import GridTexture
from srgan.metrics import PROTOCOLS
from srgan.metrics.niqe import Niqe
from srgan.upscale import Upscaler

PUBLISHED = {"Set5": 29.40, "Set14": 26.02}
"""PSNR of the paper's SRGAN by its own protocol, [dB] (Ledig et al. 2017, table 2)."""
CELL = 4


@dataclass(frozen=True)
class Found:
    """What a model does to a set of pictures, in the mean."""

    psnr: float
    features: float
    niqe: float
    colour: float
    """Largest difference of a channel's mean over the set from the originals', in levels of 255."""
    grid: float
    """Spread of the mean error over the places of a cell of sub-pixel convolution, in levels."""
    crosshatch: float
    """How unevenly texture lies in the cells (`losses.GridTexture`)."""


def measure(model: str, pairs: list[tuple[Pixels, Pixels]], weights: Path) -> Found:
    distance, niqe = FeatureDistance(weights / "squeezenet1.1.safetensors"), Niqe.load(weights / "niqe-pristine.npz")
    upscaler, paper = Upscaler(model, precision="fp32"), PROTOCOLS["paper"]
    texture = GridTexture()
    scores, errors = [], []
    for low, high in pairs:
        restored = upscaler.upscale(low).astype(np.uint8)
        crosshatch = float(texture(*(torch.from_numpy(each / 255).permute(2, 0, 1)[None] for each in (restored, high))))
        found = paper.measure(restored, high).psnr, distance.measure(restored, high), niqe.measure(restored)
        scores.append((*found, crosshatch))
        rows, columns = high.shape[0] // CELL, high.shape[1] // CELL
        error = (restored.astype(np.float64) - high).reshape(rows, CELL, columns, CELL, 3)
        errors.append(error.mean(axis=(0, 2)))
    psnr, features, unnatural, crosshatch = np.mean(scores, axis=0)
    places = np.mean(errors, axis=0)  # (4, 4, 3)
    colour, grid = np.abs(places.mean(axis=(0, 1))).max(), places.std(axis=(0, 1)).max()
    return Found(psnr, features, unnatural, colour, grid, crosshatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Set5", "Set14"])
@pytest.mark.parametrize("pictures", ["", "-open"])
def test_srgan_keeps_its_promises(data_folder: Path, pictures: str, name: str) -> None:
    pairs = small_and_large(data_folder / "testsets" / name)
    models = (f"srgan{pictures}", f"srresnet{pictures}")
    real, faithful = (measure(model, pairs, data_folder.parent / "weights") for model in models)
    assert real.psnr >= PUBLISHED[name]
    assert real.features < faithful.features
    assert real.niqe < faithful.niqe
    assert real.colour < 1.0
    assert real.grid < 0.5
    assert real.crosshatch < faithful.crosshatch
