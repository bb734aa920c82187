"""A run as a model: usable at once, with the better weights, described by its card."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lightning_fabric import Fabric

from srgan.errors import OutputError, TrainingError, UsageError
from srgan.training.inputs import Inputs
from srgan.training.monitoring.validation import enlarge
from srgan.training.release import release
from srgan.training.run_folder import Run
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find
from tests.helpers.small import ADVERSARIAL, SMALL, train_run


def ignore(line: str) -> None:
    raise AssertionError(line)


def test_a_run_becomes_a_model_that_upscales(
    fabric: Fabric, inputs: Inputs, begun: Callable[..., Run], tmp_path: Path
) -> None:
    run = begun(ADVERSARIAL)
    state = train_run(run, inputs, fabric)
    card, update = release(run, tmp_path / "model", name="dogs", licence="CC0-1.0", terms="all mine", say=ignore)
    assert update == card.training.updates == 8
    assert card.licence == "CC0-1.0"
    assert "all mine" in card.training.data
    assert card.training.recipe == ADVERSARIAL.flat()
    assert card.arguments == {"blocks": 1, "features": 8, "scale": 4, "normalisation": True, "skips": True}
    assert [score.data for score in card.scores] == ["validation"]
    assert find(tmp_path / "model" / "dogs.onnx").card == card

    low, _ = inputs.validation[0]
    better = run.better(state.generator.module, state.average)
    found = Upscaler(tmp_path / "model" / "dogs.onnx", precision="fp32").upscale(np.array(low))
    assert np.abs(found.astype(int) - enlarge(better, np.array(low))).max() <= 1


def test_what_cannot_be_released_is_refused(begun: Callable[..., Run], tmp_path: Path) -> None:
    words = {"licence": "", "terms": "", "say": ignore}
    with pytest.raises(UsageError):
        release(Run(tmp_path), tmp_path / "model", name="../dogs", **words)  # type: ignore[arg-type]
    with pytest.raises(TrainingError):
        release(Run(tmp_path), tmp_path / "model", name="dogs", **words)  # type: ignore[arg-type]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):  # before anything is read
        release(Run(tmp_path), tmp_path / "file" / "model", name="dogs", **words)  # type: ignore[arg-type]
    with pytest.raises(TrainingError):
        release(begun(SMALL), tmp_path / "model", name="dogs", **words)  # type: ignore[arg-type]
    assert not (tmp_path / "model").exists()
