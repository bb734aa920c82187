"""Damaged files neither crash nor hang srgan, leave no partial file, and come out as Pillow decodes them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runs.mutated_images import FAULTS, campaign, judge, mutation
from srgan.upscale import Upscaler
from tests.helpers.mutations import FORMATS, samples

COUNT = 2_000


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_damaged_files_do_no_harm() -> None:
    outcomes = list(campaign(COUNT))
    assert [number for number, *_ in outcomes] == list(range(COUNT))
    assert [one for one in outcomes if one[2] in FAULTS] == []
    counts = Counter((format, outcome) for _, format, outcome, _ in outcomes)
    assert min(counts[format, outcome] for format in FORMATS for outcome in ("enlarged", "refused")) > COUNT // 200


def test_intact_files_are_enlarged_and_faults_are_seen(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upscaler = Upscaler(tiny_model)
    for format in FORMATS:
        for data in samples(format):
            assert judge(upscaler, data, format, tmp_path) == ("enlarged", ""), format
    assert judge(upscaler, b"none", "png", tmp_path)[0] == "refused"
    monkeypatch.setattr("runs.mutated_images._pillow", lambda _: np.zeros((40, 32, 3), np.uint8))
    assert judge(upscaler, samples("png")[0], "png", tmp_path)[0] == "different"

    def leaves_a_file(*_: object) -> None:
        Image.new("L", (8, 8)).save(tmp_path / "result", "png")
        raise RuntimeError

    monkeypatch.setattr(Upscaler, "upscale_file", leaves_a_file)
    assert judge(upscaler, samples("png")[0], "png", tmp_path)[0] == "crash"


def test_files_depend_on_seed_and_number_alone() -> None:
    assert mutation(3, 1) == mutation(3, 1)
    assert len({mutation(number, seed) for number in (3, 11) for seed in (1, 2)}) == 4
