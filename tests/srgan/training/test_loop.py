"""The loop: it learns, it resumes to the bit, it says what happens, and it leaves what was promised."""

import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import TrainingError
from srgan.metrics import MATLAB
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.training.batches import Batch
from srgan.training.checkpoint import find_newest
from srgan.training.inputs import Inputs
from srgan.training.loop import train
from srgan.training.monitoring.log import read_log
from srgan.training.monitoring.validation import Goal
from srgan.training.recipes import RECIPES
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run
from srgan.training.setup import load_state
from srgan.training.state import State
from srgan.training.update import update
from tests.helpers.small import ADVERSARIAL, SMALL, Heard, train_run
from tests.srgan.training.conftest import newest

Begun = Callable[..., Run]

TINY = {"blocks": 1, "features": 8, "growth": 4, "discriminator_features": 4, "batch": 2, "crop": 32, "updates": 8}


def tensors(state: State) -> list[torch.Tensor]:
    """Everything that a later update depends on."""
    found = [*state.average.state_dict().values()]
    for network in state.networks.values():
        found += network.module.state_dict().values()
        for parameter in network.module.parameters():
            found += [value for _, value in sorted(network.optimizer.state[parameter].items())]
    return found


@pytest.mark.parametrize(
    "recipe",
    [
        SMALL,
        SMALL.change(name="plain", normalisation=False),
        SMALL.change(name="degraded", degradation="everyday"),
        ADVERSARIAL.change(name="soap", optimiser="soap"),
        ADVERSARIAL,
        *(RECIPES[name].change(**TINY, log_every=2, validate_every=4) for name in ("edsr", "rrdb-psnr", "wavelet-gan")),
        RECIPES["esrgan"].change(**TINY, log_every=2, validate_every=4, content="vgg22"),
    ],
    ids=lambda recipe: recipe.name,
)
def test_resumes_to_the_bit(fabric: Fabric, inputs: Inputs, begun: Begun, recipe: Recipe) -> None:
    if recipe.loss.content_layer is not None:
        torch.manual_seed(0)
        inputs = replace(inputs, vgg=VGG19(layer=ContentLayer.parse(recipe.loss.content_layer)))
    through = train_run(begun(recipe, "through"), inputs, fabric)
    run = begun(recipe, "broken")
    for stop, done in ((1, 1), (4, 5), (None, 8)):  # in the warm-up and in the middle of what a row of the log sums up
        broken = train_run(run, inputs, fabric, Heard(stop_after=stop))
        assert (run.checkpoints / f"update-{done:08d}.safetensors").exists()
    assert all(torch.equal(one, other) for one, other in zip(tensors(through), tensors(broken), strict=True))
    assert read_log(run.folder / "log.csv")["update"] == [2, 4, 6, 8]


def test_leaves_tables_plots_sheets_and_checkpoints(fabric: Fabric, inputs: Inputs, begun: Begun) -> None:
    heard, run = Heard(), begun(ADVERSARIAL)
    train_run(run, inputs, fabric, heard, save_every=3)
    log, validation = read_log(run.folder / "log.csv"), read_log(run.folder / "validation.csv")
    assert log["update"] == [2, 4, 6, 8]
    assert list(log) == [
        *("update", "content", "adversarial", "detail", "generator", "generator_gradient", "discriminator", "real"),
        *("restored", "discriminator_gradient", "learning_rate", "updates_per_second"),
    ]
    assert validation["update"] == [4, 8]
    assert run.sheet.exists()
    assert run.plots.exists()
    assert [path.name for path in sorted(run.pictures.iterdir())] == ["update-00000004.png", "update-00000008.png"]
    assert [path.stem for path in sorted(run.checkpoints.glob("*.safetensors"))] == [
        f"update-0000000{number}" for number in (4, 6, 8)
    ]
    assert any(line.startswith("2/8, perceptual loss = ") for line in heard.lines)
    assert any(line.startswith("4/8: loss_train = ") and "psnr_val = " in line for line in heard.lines)
    assert (heard.what, heard.total, heard.done) == ("training", 8, 8)


def test_time_ends_a_run_with_a_checkpoint(fabric: Fabric, inputs: Inputs, begun: Begun) -> None:
    run = begun(SMALL)
    train_run(run, inputs, fabric, seconds=0)
    assert newest(run).update == 1
    assert read_log(run.folder / "validation.csv")["update"] == [1]


def test_processes_that_record_nothing_keep_nothing(
    fabric: Fabric, inputs: Inputs, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    def watch(state: State, batch: Batch) -> dict[str, torch.Tensor]:
        alive.append(sum(each() is not None for each in made))
        measured = update(state, batch)
        made.append(weakref.ref(measured["content"]))
        return measured

    monkeypatch.setattr("srgan.training.loop.update", watch)
    monkeypatch.setattr(Fabric, "is_global_zero", False)
    train_run(begun(SMALL), inputs, fabric)
    assert len(alive) == 8
    assert max(alive) <= 1


@pytest.mark.parametrize(("psnr", "updates"), [(1.0, [4]), (99.0, [4, 8])])
def test_a_goal_ends_a_run_at_the_validation_that_finds_it_reached(
    fabric: Fabric, inputs: Inputs, begun: Begun, psnr: float, updates: list[int]
) -> None:
    heard, run = Heard(), begun(SMALL)
    pairs = tuple(inputs.validation_pairs()[:1])
    state = load_state(run, inputs, fabric=fabric, progress=heard)
    seconds = train(state, run, inputs, heard, goal=Goal("Set5", psnr, pairs, MATLAB))
    assert read_log(run.folder / "validation.csv")["update"] == updates
    assert newest(run).update == updates[-1]
    assert seconds == (state.seconds if updates == [4] else None)
    assert sum("dB on Set5 (matlab)" in line for line in heard.lines) == len(updates)


def test_a_loss_that_is_not_finite_stops_the_run(fabric: Fabric, inputs: Inputs, begun: Begun) -> None:
    run = begun(SMALL.change(learning_rate=1.0, warmup=0, decay=0.0, clip=None, normalisation=False))
    with pytest.raises(TrainingError, match=r"update [1-8]\b"):
        train_run(run, inputs, fabric)
    found = find_newest(run.checkpoints)
    assert found is None or all(bool(torch.isfinite(tensor).all()) for tensor in found.tensors.values())


def test_a_run_that_is_over_is_left_as_it_is(fabric: Fabric, inputs: Inputs, begun: Begun) -> None:
    run = begun(SMALL)
    once = tensors(train_run(run, inputs, fabric))
    rows = (run.folder / "validation.csv").read_bytes()
    again = tensors(train_run(run, inputs, fabric))
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))
    assert (run.folder / "validation.csv").read_bytes() == rows


@pytest.mark.parametrize("notes", [None, "{", '{"recipe": {"name": "x", "nonsense": 1}}'])
def test_settings_that_cannot_be_read_are_refused(tmp_path: Path, notes: str | None) -> None:
    if notes is not None:
        (tmp_path / "run.json").write_text(notes)
    with pytest.raises(TrainingError):
        Run(tmp_path).settings()


def test_a_folder_is_used_by_one_run(begun: Begun) -> None:
    run = begun(SMALL)
    assert run.settings().recipe == SMALL
    with pytest.raises(Exception, match="holds a run"):
        begun(SMALL)
