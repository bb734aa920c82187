"""Models made in stages: what all of them took is counted, and how each went is kept."""

import shutil
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from runs import releasing
from runs.pictures import Pictures
from runs.releasing import chosen_mean, effort, mean_weights, prepared, record, trained
from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.models.release.state_dict import trained_weights
from srgan.training.run_folder import Run
from srgan.weights.catalogue import find
from srgan.weights.model_file import with_card
from tests.helpers.small import SMALL

HEADER = "stage,update,raw_psnr,raw_ssim,average_psnr,average_ssim,loss"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Prepared pictures of noise, the last of which validates."""
    random = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(random.integers(0, 256, (128, 128, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    found = find_pictures([tmp_path])
    prepare(found[:3], tmp_path / "cache", validation=found[3:])
    return tmp_path / "cache"


def test_a_stage_begins_with_the_one_before_and_goes_on_where_it_stopped(pictures: Path, tmp_path: Path) -> None:
    first, second = (Run(tmp_path / stage) for stage in ("first", "second"))
    assert trained(SMALL, first, pictures)
    assert not trained(SMALL, second, pictures, begun_from=str(first.folder), minutes=0)
    done, hours = effort(second)
    assert SMALL.schedule.updates is not None
    assert SMALL.schedule.updates < done < 2 * SMALL.schedule.updates
    assert trained(SMALL, second, pictures, begun_from=str(first.folder))
    assert effort(second)[0] == 2 * SMALL.schedule.updates
    assert effort(second)[1] > hours > effort(first)[1] > 0


def test_what_a_run_cannot_begin_with_is_said_in_a_line(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere"):
        trained(SMALL, Run(tmp_path / "run"), pictures, begun_from="nowhere")
    assert not (tmp_path / "run").exists()


def test_a_released_model_brings_its_own_effort(pictures: Path, tiny_model: Path, tmp_path: Path) -> None:
    card = find(tiny_model).card
    same = {name: card.arguments[name] for name in ("blocks", "features", "normalisation")}
    recipe = SMALL.change(**same)
    run, model = Run(tmp_path / "run"), Path(shutil.copy(tiny_model, tmp_path))
    trained(recipe, run, pictures, begun_from=str(model))
    updates, hours = effort(run)
    assert updates == card.training.updates + 8
    assert hours > card.training.hours
    # Released in place of what it began with, it does not count twice.
    made = replace(card, training=replace(card.training, recipe=recipe.flat() | {"as_run": "so"}, updates=updates))
    model.write_bytes(with_card(model.read_bytes(), made.to_json()))
    assert effort(run) == (updates, card.training.hours)


def test_a_mean_takes_weights_of_runs_and_models_by_their_shares(
    pictures: Path, tiny_model: Path, tmp_path: Path
) -> None:
    card, run = find(tiny_model).card, Run(tmp_path / "run")
    same = {name: card.arguments[name] for name in ("blocks", "features", "normalisation")}
    trained(SMALL.change(**same), run, pictures)
    parts = chosen_mean(Namespace(mean_with=[[str(run.folder), "0.25"], [str(tiny_model), "0.5"]]))
    of_run, of_model = parts[0].weights, trained_weights(find(tiny_model))
    for key, values in mean_weights({key: values + 1 for key, values in of_run.items()}, parts).items():
        expected = 0.25 * (of_run[key] + 1) + 0.25 * of_run[key] + 0.5 * of_model[key]
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shares", [["1"], ["0.5", "0.5"], ["0"], ["-0.1"], ["a half"]])
def test_shares_that_leave_nothing_to_the_run_are_refused(tiny_model: Path, shares: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        chosen_mean(Namespace(mean_with=[[str(tiny_model), share] for share in shares]))
    assert isinstance(refused.value.code, str)


def test_a_mean_with_nothing_is_what_the_run_made() -> None:
    weights = {"a": torch.tensor([1.0, 2.0])}
    assert torch.equal(mean_weights(weights, ())["a"], weights["a"])


def test_a_mean_with_another_network_is_refused(tiny_model: Path) -> None:
    parts = chosen_mean(Namespace(mean_with=[[str(tiny_model), "0.5"]]))
    with pytest.raises(SystemExit) as refused:
        mean_weights(trained_weights(find("srresnet")), parts)
    assert isinstance(refused.value.code, str)


def test_a_record_keeps_stages_that_are_not_here_and_renews_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "RECORDS", tmp_path / "records")
    second = Run(tmp_path / "second")
    second.folder.mkdir()
    for psnr in (26, 27):
        (second.folder / "validation.csv").write_text(f"{HEADER.removeprefix('stage,')}\n1000,25,.7,{psnr},.7,.1\n")
        record("srgan", [Run(tmp_path / "first"), second])
        assert (tmp_path / "records" / "srgan.csv").read_text() == f"{HEADER}\nsecond,1000,25,.7,{psnr},.7,.1\n"
    kept = f"{HEADER}\nfirst,1000,25,.7,20,.7,.1\n"
    (tmp_path / "records" / "srgan.csv").write_text(kept)
    record("srgan", [second])
    assert (tmp_path / "records" / "srgan.csv").read_text() == f"{kept}second,1000,25,.7,27,.7,.1\n"


def test_selected_photos_and_sharp_folders_are_learned_from_as_they_are_and_others_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SRGAN_DATA", "data")
    for place, side in (("data/train/own", 256), ("data/train/sharp", 200), ("cache/selected/open", 300)):
        Path(place).mkdir(parents=True)
        for name in ("a.png", "b.png"):
            Image.new("RGB", (side, side)).save(Path(place, name))
    pictures = Pictures("-mine", ("own", "sharp"), ("sharp",), "CC0", selected=(Path("cache/selected/open"),))
    assert prepared(pictures) == Path("cache/mine")
    entries = PreparedPictures(pictures.cache).entries
    assert sorted(entry.width for entry in entries) == [128, 128, 200, 200, 300, 300]
    assert [entry.name for entry in entries if entry.validation] == ["cache/selected/open/a.png"]
