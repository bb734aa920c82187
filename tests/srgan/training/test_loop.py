"""The loop: it learns, it resumes to the bit, it says what happens, and it leaves what was promised."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import TrainingError
from srgan.training import checkpoint
from srgan.training.inputs import Material
from srgan.training.loop import train
from srgan.training.monitoring.log import read_log
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run
from srgan.training.update import Training
from tests.helpers.small import ADVERSARIAL, SMALL, Heard

Begun = Callable[..., Run]


def state(training: Training) -> list[torch.Tensor]:
    """Everything that a later update depends on."""
    tensors = [*training.average.state_dict().values()]
    for network in training.networks.values():
        tensors += network.module.state_dict().values()
        for parameter in network.module.parameters():
            tensors += [value for _, value in sorted(network.optimiser.state[parameter].items())]
    return tensors


@pytest.mark.parametrize(
    "recipe",
    [
        SMALL,
        replace(SMALL, normalisation=False),
        replace(SMALL, name="degraded", degradation="everyday"),
        replace(ADVERSARIAL, name="soap", optimiser="soap"),
        ADVERSARIAL,
    ],
    ids=lambda r: r.name,
)
def test_resumes_to_the_bit(fabric: Fabric, material: Material, begun: Begun, recipe: Recipe) -> None:
    through = train(material, begun(recipe, "through"), fabric=fabric, listener=Heard())
    run = begun(recipe, "broken")
    for done in range(1, 9):  # each stops after one update, in the middle of the schedule
        broken = train(material, run, fabric=fabric, listener=Heard(stop_after=1))
        assert (run.checkpoints / f"update-{done:08d}.safetensors").exists()
    assert all(torch.equal(one, other) for one, other in zip(state(through), state(broken), strict=True))
    assert read_log(run.folder / "log.csv")["update"] == [2, 4, 6, 8]


def test_leaves_tables_plots_sheets_and_checkpoints(fabric: Fabric, material: Material, begun: Begun) -> None:
    heard, run = Heard(), begun(ADVERSARIAL)
    train(material, run, fabric=fabric, listener=heard, save_every=3)
    log, validation = read_log(run.folder / "log.csv"), read_log(run.folder / "validation.csv")
    assert log["update"] == [2, 4, 6, 8]
    assert {"content", "adversarial", "discriminator", "real", "restored", "detail"} <= log.keys()
    assert validation["update"] == [4, 8]
    assert run.sheet.exists()
    assert run.plots.exists()
    assert [path.name for path in sorted(run.pictures.iterdir())] == ["update-00000004.png", "update-00000008.png"]
    assert [path.stem for path in sorted(run.checkpoints.glob("*.safetensors"))] == [
        f"update-0000000{number}" for number in (4, 6, 8)
    ]
    assert any(line.startswith("2/8, perceptual loss = ") for line in heard.lines)
    assert any(line.startswith("4/8: loss_train = ") and "psnr_val = " in line for line in heard.lines)
    assert heard.done == list(range(1, 9))


def test_time_ends_a_run_with_a_checkpoint(fabric: Fabric, material: Material, begun: Begun) -> None:
    run = begun(SMALL)
    train(material, run, fabric=fabric, listener=Heard(), seconds=0)
    found = checkpoint.newest(run.checkpoints)
    assert found is not None
    assert found.update == 1
    assert read_log(run.folder / "validation.csv")["update"] == [1]


def test_a_loss_that_is_no_number_stops_the_run(fabric: Fabric, material: Material, begun: Begun) -> None:
    run = begun(replace(SMALL, learning_rate=1.0, warmup=0, decay=0.0, clip=None, normalisation=False))
    with pytest.raises(TrainingError, match=r"update [1-8]\b"):
        train(material, run, fabric=fabric, listener=Heard())
    found = checkpoint.newest(run.checkpoints)
    assert found is None or all(bool(torch.isfinite(tensor).all()) for tensor in found.tensors.values())


def test_a_run_that_is_over_is_left_as_it_is(fabric: Fabric, material: Material, begun: Begun) -> None:
    run = begun(SMALL)
    once = state(train(material, run, fabric=fabric, listener=Heard()))
    rows = (run.folder / "validation.csv").read_bytes()
    again = state(train(material, run, fabric=fabric, listener=Heard()))
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))
    assert (run.folder / "validation.csv").read_bytes() == rows


def test_two_blocks_overfit_one_batch(fabric: Fabric, material: Material) -> None:
    recipe = replace(SMALL, features=64, updates=700, learning_rate=2e-3, decay=0.8, normalisation=False, crop=48)
    training = Training(recipe, fabric=fabric, updates=700)
    low, high = material.training[0]
    batch = [torch.from_numpy(np.array(part[:side, :side])).permute(2, 0, 1)[None] / 255 for part, side in
             ((low, 12), (high, 48))]  # fmt: skip
    for number in range(700):
        found = training.update(*batch, number=number)
    assert 10 * np.log10(4 / float(found["content"])) > 40


def test_old_runs_say_what_is_wrong_with_them(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"holds no run"):
        Run(tmp_path).settings()
    (tmp_path / "run.json").write_text('{"recipe": {"name": "x", "nonsense": 1}}')
    with pytest.raises(TrainingError, match=r"begin the run anew"):
        Run(tmp_path).settings()
