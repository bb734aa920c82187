"""The methods after SRGAN are trained, each from the one before, and written as models."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runs import modern_models, releasing
from runs.modern_models import PLANNED, rehearsal
from srgan.data.prepare import find_pictures, prepare
from srgan.training.run_folder import Run
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find

TINY = {"blocks": 1, "features": 8, "growth": 4, "discriminator_features": 4, "crop": 32}


@pytest.fixture
def _tiny(tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks and pictures that are trained in seconds; no test sets."""
    random = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(random.integers(0, 256, (128, 128, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    found = find_pictures([tmp_path])
    prepare(found[:2], tmp_path / "cache", validation=found[2:])
    monkeypatch.setenv("SRGAN_DATA", str(data_folder))  # beside it are the weights of VGG19
    monkeypatch.setattr(modern_models, "prepared", lambda pictures: tmp_path / "cache")
    monkeypatch.setattr(releasing, "measured", lambda generator: ())
    monkeypatch.setattr(releasing, "_words", lambda pictures: pictures.terms)
    for name, planned in PLANNED.items():
        monkeypatch.setitem(PLANNED, name, replace(planned, recipe=planned.recipe.change(**TINY)))


@pytest.mark.slow
@pytest.mark.usefixtures("_tiny")
def test_a_rehearsal_makes_all_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, output = tmp_path / "runs", tmp_path / "models"
    monkeypatch.setattr(sys, "argv", ["modern_models", "--rehearse", "--runs", str(runs), "--output", str(output)])
    modern_models.main()
    assert {path.stem for path in output.iterdir()} == set(PLANNED)
    for name, planned in PLANNED.items():
        card = find(output / f"{name}.onnx").card
        assert (card.architecture, card.training.updates) == (
            planned.recipe.network.generator,
            4 if planned.before else 2,
        )
        if planned.before:
            assert Run(runs / name).settings().begun_from == str(runs / planned.before)

    low = np.asarray(Image.open(tmp_path / "0.png"))[:16, :12]
    pair = output / "esrgan-small.onnx", output / "rrdb-small.onnx"
    ends = [Upscaler(model, precision="fp32").upscale(low).astype(float) for model in pair]
    middle = Upscaler(pair[0], faithful=pair[1], fidelity=0.5, precision="fp32").upscale(low).astype(float)
    assert middle.shape == (64, 48, 3)
    assert np.abs(middle - np.mean(ends, axis=0)).max() < np.abs(ends[0] - ends[1]).max() + 2


@pytest.mark.parametrize("name", PLANNED)
def test_what_a_model_begins_with_has_its_network(name: str) -> None:
    planned = PLANNED[name]
    assert bool(planned.before) == bool(planned.recipe.initial)
    if planned.before:
        before = PLANNED[planned.before].recipe
        assert (before.name, before.network) == (planned.recipe.initial, planned.recipe.network)
    assert rehearsal(planned.recipe).network == planned.recipe.network
