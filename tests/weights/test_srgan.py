"""The shipped srgan keeps what is promised: more natural than srresnet, no farther off than what was published."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from runs.releasing import Pixels, small_and_large
from srgan.evaluation.features import FeatureDistance
from srgan.metrics import PROTOCOLS
from srgan.metrics.niqe import Niqe
from srgan.upscale import Upscaler
from srgan.weights.catalogue import installed

pytestmark = pytest.mark.skipif("srgan" not in installed(), reason="srgan is not shipped yet")

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


def measure(model: str, pictures: list[tuple[Pixels, Pixels]], weights: Path) -> Found:
    distance, niqe = FeatureDistance(weights / "squeezenet1.1.safetensors"), Niqe.load(weights / "niqe-pristine.npz")
    upscaler, paper = Upscaler(model, precision="fp32"), PROTOCOLS["paper"]
    scores, errors = [], []
    for low, high in pictures:
        restored = upscaler.upscale(low).astype(np.uint8)
        scores.append((paper.measure(restored, high).psnr, distance.measure(restored, high), niqe.measure(restored)))
        rows, columns = high.shape[0] // CELL, high.shape[1] // CELL
        error = (restored.astype(np.float64) - high).reshape(rows, CELL, columns, CELL, 3)
        errors.append(error.mean(axis=(0, 2)))
    psnr, features, unnatural = np.mean(scores, axis=0)
    places = np.mean(errors, axis=0)  # (4, 4, 3)
    return Found(psnr, features, unnatural, np.abs(places.mean(axis=(0, 1))).max(), places.std(axis=(0, 1)).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Set5", "Set14"])
def test_srgan_keeps_its_promises(data_folder: Path, name: str) -> None:
    pictures = small_and_large(data_folder / "testsets" / name)
    real, faithful = (measure(model, pictures, data_folder.parent / "weights") for model in ("srgan", "srresnet"))
    assert real.psnr >= PUBLISHED[name]
    assert real.features < faithful.features
    assert real.niqe < faithful.niqe
    assert real.colour < 1.0
    assert real.grid < 0.5
