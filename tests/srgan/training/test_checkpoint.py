"""Checkpoints: whole, the last few, and a damaged one is passed over aloud."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import TrainingError
from srgan.training.checkpoint import _fill_optimizer, find_newest, restore_checkpoint, save_checkpoint
from srgan.training.inputs import Inputs
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run, RunSettings
from srgan.training.state import Network, make_state
from srgan.training.update import update
from tests.helpers.small import ADVERSARIAL, SMALL, Heard, train_run
from tests.srgan.training.conftest import newest


@pytest.fixture(scope="module")
def trained_once(fabric: Fabric, inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with checkpoints after 4, 6 and 8 updates; do not write to it."""
    run = Run(tmp_path_factory.mktemp("trained") / "run")
    run.begin(RunSettings(SMALL, data="", begun_from="", vgg="", updates=8), None)
    train_run(run, inputs, fabric, save_every=2)
    return run.folder


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path) -> Run:
    """A copy of that run."""
    return Run(Path(shutil.copytree(trained_once, tmp_path / "run")))


def test_the_last_three_are_kept_with_notes(trained: Run) -> None:
    kept = [f"update-0000000{number}.{suffix}" for number in (4, 6, 8) for suffix in ("json", "safetensors")]
    assert sorted(path.name for path in trained.checkpoints.iterdir()) == kept
    note = json.loads((trained.checkpoints / "update-00000008.json").read_text())
    assert list(note) == ["update", "seconds", "machine", "sha256", "recipe"]
    assert (note["update"], note["recipe"]) == (8, SMALL.flat())
    assert note["seconds"] > 0


@pytest.mark.parametrize("harm", ["cut", "flipped", "gone", "notes cut", "notes wrong"])
def test_a_damaged_newest_one_falls_back_to_the_one_before_and_says_so(trained: Run, harm: str) -> None:
    tensors, notes = (trained.checkpoints / f"update-00000008.{suffix}" for suffix in ("safetensors", "json"))
    contents = bytearray(tensors.read_bytes())
    match harm:
        case "cut":
            tensors.write_bytes(contents[:5000])
        case "flipped":  # one bit of one weight: safetensors itself would not notice
            contents[-100] ^= 1
            tensors.write_bytes(contents)
        case "gone":
            tensors.unlink()
        case "notes cut":
            notes.write_text(notes.read_text()[:50])
        case "notes wrong":
            notes.write_text('{"update": "eight"}')
    said: list[str] = []
    found = find_newest(trained.checkpoints, said.append)
    assert found is not None
    assert found.update == 6
    (line,) = said
    assert "update-00000008.safetensors is damaged" in line


def test_none_that_is_whole_begins_anew_and_says_so(trained: Run, fabric: Fabric, inputs: Inputs) -> None:
    for path in trained.checkpoints.glob("*.safetensors"):
        path.write_bytes(b"")
    heard = Heard()
    train_run(trained, inputs, fabric, heard)
    assert "no checkpoint is whole: training begins anew" in heard.lines
    assert (heard.what, heard.total, heard.done) == ("training", 8, 8)


def test_tensors_without_notes_are_no_checkpoint(trained: Run) -> None:
    for path in trained.checkpoints.glob("*.json"):
        path.unlink()
    assert find_newest(trained.checkpoints) is None


def test_a_run_that_resumes_after_damage_ends_where_it_would_have(trained: Run, fabric: Fabric, inputs: Inputs) -> None:
    last = trained.checkpoints / "update-00000008.safetensors"
    whole = last.read_bytes()
    last.write_bytes(whole[:-1])
    train_run(trained, inputs, fabric)
    assert last.read_bytes() == whole


def test_a_state_of_other_networks_is_refused(trained: Run, fabric: Fabric) -> None:
    with pytest.raises(TrainingError):
        restore_checkpoint(make_state(ADVERSARIAL, fabric=fabric, updates=8), newest(trained))


def test_what_cannot_be_written_leaves_nothing(fabric: Fabric, tmp_path: Path) -> None:
    state = make_state(SMALL, fabric=fabric, updates=8)
    state.done = 1
    blocked = tmp_path / "update-00000001.safetensors"
    (blocked / "in the way").mkdir(parents=True)
    with pytest.raises(TrainingError):
        save_checkpoint(state, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [blocked.name]


@pytest.mark.parametrize("recipe", [ADVERSARIAL, ADVERSARIAL.change(discriminator_alone=2)])
def test_everything_comes_back_to_the_bit(fabric: Fabric, tmp_path: Path, recipe: Recipe) -> None:
    one, other = (make_state(recipe, fabric=fabric, updates=8) for _ in range(2))
    torch.manual_seed(0)
    batch = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 32, 32)
    update(one, batch)
    one.seconds = 2.5
    save_checkpoint(one, tmp_path)
    found = find_newest(tmp_path)
    assert found is not None
    restore_checkpoint(other, found)
    assert (other.done, other.seconds) == (1, 2.5)
    for _ in range(2):
        ours, theirs = update(one, batch), update(other, batch)
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(("fused", "device"), [(True, "meta"), (False, "cpu")])
def test_steps_are_counted_where_the_optimizer_counts_them(fused: bool, device: str) -> None:
    """Adam, fused, counts on the device of the weights; on a graphics processor it reads nothing else."""
    module = torch.nn.Linear(2, 2, device="meta")
    optimizer = torch.optim.Adam(module.parameters(), fused=fused)
    _fill_optimizer(
        Network(module, module, optimizer, 1e-3), {f"{kind}/bias": torch.ones(()) for kind in ("step", "x")}
    )
    state = optimizer.state[module.bias]
    assert [state[kind].device.type for kind in ("step", "x")] == [device, "meta"]
