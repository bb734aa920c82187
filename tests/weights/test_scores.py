"""The shipped models score what their cards say: the command behind the numbers of the README."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from srgan.images.files import read
from srgan.images.resample import imresize
from srgan.metrics import PROTOCOLS
from srgan.upscale import Upscaler
from srgan.weights.catalogue import find, installed

SETS = ("Set5", "Set14", "BSD100")
MEASURED = [(model, name) for model in sorted(installed()) for name in SETS if model != "drcn" or name == "Set5"]
"""Recursion takes DRCN five minutes for the other two: `python -m runs.baselines --network drcn --release`."""


@pytest.mark.slow
@pytest.mark.parametrize(("model", "name"), MEASURED)
def test_the_card_is_true(data_folder: Path, model: str, name: str) -> None:
    upscaler = Upscaler(model, precision="fp32")
    found: dict[str, list[tuple[float, float]]] = {protocol: [] for protocol in PROTOCOLS}
    for path in sorted((data_folder / "testsets" / name).glob("*.png")):
        pixels: NDArray[np.uint8] = read(path).pixels[:, :, :3].astype(np.uint8)
        pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
        high = np.ascontiguousarray(pixels[: pixels.shape[0] // 4 * 4, : pixels.shape[1] // 4 * 4])
        restored = upscaler.upscale(imresize(high, 0.25, border="replicate")).astype(np.uint8)
        for protocol in PROTOCOLS.values():
            score = protocol.measure(restored, high)
            found[protocol.name].append((score.psnr, score.ssim))
    for said in (said for said in find(model).card.scores if said.data == name):
        psnr, ssim = np.mean(found[said.protocol], axis=0)
        assert psnr == pytest.approx(said.psnr, abs=0.005)
        assert ssim == pytest.approx(said.ssim, abs=0.0002)
