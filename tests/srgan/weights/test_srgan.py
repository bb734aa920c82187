"""The shipped SRGANs keep what is promised: more natural than srresnet, no farther off than what was published."""

from pathlib import Path

import pytest

from runs.judging import by_model, judge
from runs.releasing import small_and_large

PUBLISHED = {"Set5": 29.40, "Set14": 26.02}
"""PSNR of the paper's SRGAN by its own protocol, [dB] (Ledig et al. 2017, table 2)."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Set5", "Set14"])
@pytest.mark.parametrize("pictures", ["", "-open"])
def test_srgan_keeps_its_promises(data_folder: Path, pictures: str, name: str) -> None:
    pairs = small_and_large(data_folder / "testsets" / name)
    models = (f"srgan{pictures}", f"srresnet{pictures}")
    real, faithful = (judge(by_model(model), pairs, data_folder.parent / "weights") for model in models)
    assert real.psnr >= PUBLISHED[name]
    assert real.features < faithful.features
    assert real.niqe < faithful.niqe
    assert real.colour < 1.0
    assert real.grid < 0.7  # levels of 255; less than one cannot be seen
    assert real.crosshatch < faithful.crosshatch
