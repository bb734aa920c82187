"""States on disk: whole, the last few, and a damaged one is passed over aloud."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from srgan.errors import TrainingError
from srgan.training import checkpoint
from srgan.training.inputs import Material
from srgan.training.loop import train
from srgan.training.run_folder import Run
from srgan.training.update import Training
from tests.helpers.small import ADVERSARIAL, SMALL, Heard

Begun = Callable[..., Run]


@pytest.fixture
def trained(fabric: Fabric, material: Material, begun: Begun) -> Run:
    """A run with checkpoints after 4, 6 and 8 updates."""
    run = begun(SMALL)
    train(material, run, fabric=fabric, listener=Heard(), save_every=2)
    return run


def stems(run: Run) -> list[str]:
    return sorted(path.name for path in run.checkpoints.iterdir())


def test_the_last_three_are_kept_with_notes(trained: Run) -> None:
    kept = [f"update-0000000{number}.{suffix}" for number in (4, 6, 8) for suffix in ("json", "safetensors")]
    assert stems(trained) == kept
    note = json.loads((trained.checkpoints / "update-00000008.json").read_text())
    assert note["update"] == 8
    assert note["recipe"]["name"] == "small"
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
    found = checkpoint.newest(trained.checkpoints, said.append)
    assert found is not None
    assert found.update == 6
    assert len(said) == 1
    assert "update-00000008.safetensors is damaged" in said[0]


def test_none_that_is_whole_begins_anew_and_says_so(trained: Run, fabric: Fabric, material: Material) -> None:
    for path in trained.checkpoints.glob("*.safetensors"):
        path.write_bytes(b"")
    heard = Heard()
    train(material, trained, fabric=fabric, listener=heard)
    assert "no checkpoint is whole: training begins anew" in heard.lines
    assert heard.done == list(range(1, 9))


def test_tensors_without_notes_are_no_checkpoint(trained: Run) -> None:
    for path in trained.checkpoints.glob("*.json"):
        path.unlink()
    assert checkpoint.newest(trained.checkpoints) is None


def test_a_run_that_goes_on_after_damage_ends_where_it_would_have(
    trained: Run, fabric: Fabric, material: Material
) -> None:
    last = trained.checkpoints / "update-00000008.safetensors"
    whole = last.read_bytes()
    last.write_bytes(whole[:-1])
    train(material, trained, fabric=fabric, listener=Heard())
    assert last.read_bytes() == whole


def test_a_state_of_other_networks_is_refused(trained: Run, fabric: Fabric) -> None:
    found = checkpoint.newest(trained.checkpoints)
    assert found is not None
    with pytest.raises(TrainingError, match="does not fit the recipe's networks: go on with"):
        checkpoint.restore(Training(ADVERSARIAL, fabric=fabric, updates=8), found)


def test_what_cannot_be_written_leaves_nothing(fabric: Fabric, tmp_path: Path) -> None:
    training = Training(SMALL, fabric=fabric, updates=8)
    blocked = tmp_path / "update-00000001.safetensors"
    (blocked / "in the way").mkdir(parents=True)
    with pytest.raises(TrainingError, match=r"could not be written \(.*\): free some space"):
        checkpoint.write(tmp_path, training, update=1, seconds=0.0)
    assert [path.name for path in tmp_path.iterdir()] == [blocked.name]


def test_everything_comes_back_to_the_bit(fabric: Fabric, tmp_path: Path) -> None:
    one, other = (Training(ADVERSARIAL, fabric=fabric, updates=8) for _ in range(2))
    torch.manual_seed(0)
    low, high = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 32, 32)
    one.update(low, high, number=0)
    checkpoint.write(tmp_path, one, update=1, seconds=2.5)
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert (found.update, found.seconds) == (1, 2.5)
    checkpoint.restore(other, found)
    for number in (1, 2):
        ours, theirs = one.update(low, high, number=number), other.update(low, high, number=number)
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
