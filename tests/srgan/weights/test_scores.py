"""The released models score what their cards say: the command behind the numbers of the README."""

from pathlib import Path

import numpy as np
import pytest

from runs.models import released
from runs.releasing import small_and_large
from srgan.metrics import PAPER, matlab_protocol
from srgan.upscale.upscaler import Upscaler

MODELS = released()
SETS = ("Set5", "Set14", "BSD100")
WHOLLY = ("srresnet", "srgan", "srcnn", "espcn")
MEASURED = [(model, name) for model in sorted(MODELS) for name in SETS if name == "Set5" or model in WHOLLY]
"""All models on all sets would take a quarter of an hour: `python -m docs.generators.results_page` measures that."""


@pytest.mark.slow
@pytest.mark.parametrize(("model", "name"), MEASURED)
def test_the_card_is_true(data_folder: Path, model: str, name: str) -> None:
    card = MODELS[model].card
    upscaler = Upscaler(MODELS[model].folder / f"{model}.onnx", precision="fp32", grain=0)
    protocols = (PAPER, matlab_protocol(card.scale))
    found: dict[str, list[tuple[float, float]]] = {protocol.name: [] for protocol in protocols}
    for low, high in small_and_large(data_folder / "testsets" / name, card.scale):
        restored = upscaler.upscale(low).astype(np.uint8)
        for protocol in protocols:
            score = protocol.measure(restored, high)
            found[protocol.name].append((score.psnr, score.ssim))
    for said in (said for said in card.scores if said.data == name):
        psnr, ssim = np.mean(found[said.protocol], axis=0)
        assert psnr == pytest.approx(said.psnr, abs=0.005)
        assert ssim == pytest.approx(said.ssim, abs=0.0002)
