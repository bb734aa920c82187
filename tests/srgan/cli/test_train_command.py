"""`srgan train`: a run from its beginning to a model in use; its folder, what is said, and how it is interrupted."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from srgan.cli.train import wait_passively
from srgan.data.known_tests import known_tests
from srgan.data.prepared_set import KnownTestComparison
from srgan.models.features.classifiers import SqueezeNet
from srgan.models.features.feature_weights import squeezenet_names
from srgan.models.features.vgg import ContentLayer
from srgan.training import loop, setup
from srgan.training.monitoring.log import read_log
from srgan.training.run_folder import Run as TrainingRun
from tests.helpers.command_line import Make, Run

PIXELS, GAME = "srresnet-mse-quick", "srgan-mse-quick"


def updates(run: Path) -> tuple[list[float], ...]:
    """Return the updates that the log and the table of validations have."""
    return tuple(read_log(run / name)["update"] for name in ("log.csv", "validation.csv"))


def last_checkpoint(run: Path) -> Path:
    return max((run / "checkpoints").glob("*.safetensors"))


def last_weights(run: Path) -> bytes:
    return last_checkpoint(run).read_bytes()


@pytest.fixture
def vgg22(desk: Path) -> Path:
    """A file as of the normalised VGG19, with random filters, that ends with conv2_2."""
    random = torch.Generator().manual_seed(0)
    tensors = {"preprocess.weight": torch.eye(3)[:, :, None, None].contiguous(), "preprocess.bias": torch.zeros(3)}
    for layer in ContentLayer.parse("vgg22").convolutions():
        before, after = layer.channels
        tensors[f"{layer.key}.weight"] = torch.randn(after, before, 3, 3, generator=random) / (9 * before) ** 0.5
        tensors[f"{layer.key}.bias"] = torch.zeros(after)
    save_file(tensors, "vgg.safetensors")
    return Path("vgg.safetensors")


def test_what_a_run_leaves(finished: Path, album: Path) -> None:
    names = {path.name for path in finished.iterdir()} - {"tensorboard"}
    assert names == {"run.json", "checkpoints", "log.csv", "validation.csv", "loss.png", "sheet.png", "pictures"}
    assert sorted(path.name for path in (finished / "checkpoints").iterdir()) == [
        f"update-0000000{number}.{suffix}" for number in (2, 4) for suffix in ("json", "safetensors")
    ]
    assert len(list((finished / "pictures").iterdir())) == 2
    assert updates(finished) == ([1, 2, 3, 4], [2, 4])
    settings = TrainingRun(finished).settings()
    assert (settings.data, settings.begun_from, settings.updates) == (str(album), "", 4)
    recipe = settings.recipe
    assert (recipe.name, recipe.network.blocks, recipe.crops.batch) == (PIXELS, 1, 2)


def test_from_pixels_to_a_model_in_use(train: Run, srgan: Run, run_of_mine: Path, make: Make) -> None:
    before = last_weights(run_of_mine)
    result = train(GAME, "--from", str(run_of_mine))  # its data are those of the run
    assert result.exit_code == 0, result.output
    run = Path("runs") / GAME
    assert (run / "initial.safetensors").exists()
    kinds = {name.split("/")[0] for name in load_file(last_checkpoint(run))}
    assert {"discriminator", "generator", "average"} <= kinds
    assert TrainingRun(run).settings().begun_from == str(run_of_mine.absolute())
    assert result.stdout.splitlines()[0].startswith("4 of 4 updates; validation ")
    assert result.stdout.splitlines()[-1] == f"to use it srgan export {run}"
    assert "4/4, perceptual loss = " in result.stderr
    assert "\x1b" not in result.stdout + result.stderr
    assert last_weights(run_of_mine) == before

    model = srgan("export", str(run)).stdout.split(":")[0]
    make("photo.png", size=(12, 8))
    assert srgan("upscale", "photo.png", "--model", model, "-o", "large.png").exit_code == 0
    with Image.open("large.png") as large:
        assert large.size == (48, 32)


def test_a_run_begins_with_an_exported_model(train: Run, srgan: Run, run_of_mine: Path, album: Path) -> None:
    assert srgan("export", str(run_of_mine), "-o", "models", "--name", "dogs").exit_code == 0
    assert train(GAME, "--from", "models/dogs.onnx", "--data", str(album), "-o", "one").exit_code == 0
    assert train(GAME, "--from", str(run_of_mine), "-o", "other").exit_code == 0
    assert last_weights(Path("one")) == last_weights(Path("other"))
    assert train(GAME, "--from", "none", "--data", str(album), "-o", "third").exit_code == 0
    assert not Path("third/initial.safetensors").exists()


def test_features_of_vgg19_from_a_file(
    train: Run, run_of_mine: Path, vgg22: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("srgan-vgg22-quick", "--from", str(run_of_mine), "--vgg", str(vgg22))
    assert train(*words).exit_code == 0
    assert TrainingRun(Path("runs/srgan-vgg22-quick")).settings().vgg == str(vgg22.absolute())
    assert train(*words, "--resume").exit_code == 0
    monkeypatch.setattr("srgan.training.inputs.fetch_vgg19", lambda folder, progress: vgg22.absolute())
    assert train(*words[:-1], "download", "--resume").exit_code == 0
    vgg22.unlink()
    gone = train("srgan-vgg22-quick", "--resume")
    assert (gone.exit_code, len(gone.stderr.splitlines())) == (1, 1)
    assert "there are no VGG19 weights at" in gone.stderr


def test_deep_features_from_a_file(train: Run, run_of_mine: Path) -> None:
    state = SqueezeNet().state_dict()
    save_file({theirs: state[ours].contiguous() for ours, theirs in squeezenet_names()}, "seen.safetensors")
    words = (GAME, "--set", "perception=0.1", "--from", str(run_of_mine))
    lost = train(*words)
    assert (lost.exit_code, len(lost.stderr.splitlines())) == (1, 1)
    assert not Path("runs", GAME).exists()
    assert train(*words, "--features", "seen.safetensors").exit_code == 0
    assert TrainingRun(Path("runs", GAME)).settings().features == str(Path("seen.safetensors").absolute())
    assert "perception" in Path("runs", GAME, "log.csv").read_text().splitlines()[0]
    assert train(*words[:3], "--resume").exit_code == 0
    Path("seen.safetensors").unlink()
    assert train(*words[:3], "--resume").exit_code == 1


def test_json_and_checkpoints_beside_those_of_validations(train: Run, album: Path) -> None:
    document = json.loads(train(PIXELS, "--data", str(album), "--save-every", "1", "--json").stdout)
    assert (document["run"], document["updates"], document["planned"]) == (f"runs/{PIXELS}", 4, 4)
    assert document["weights"] in ("raw", "average")
    assert 0 < document["psnr"] < 60
    assert document["interrupted"] is False
    assert Path(document["plots"]).exists()
    assert Path(document["sheet"]).exists()
    kept = sorted(path.stem for path in Path("runs", PIXELS, "checkpoints").glob("*.json"))
    assert kept == ["update-00000002", "update-00000003", "update-00000004"]  # the last three
    failed = train(PIXELS, "--data", "absent", "-o", "other", "--json")
    assert "absent is not there" in json.loads(failed.stdout)["error"]


def test_pictures_of_all_kinds_and_broken_ones(train: Run, make: Make) -> None:
    for number, mode in enumerate(("RGB", "L", "RGBA", "LA")):
        suffix = {"RGB": "jpg", "RGBA": "webp"}.get(mode, "png")
        make(f"photos/deep/er {number}/ü.{suffix}", size=(100 + number, 120), mode=mode)
    deep = np.random.default_rng(0).integers(0, 65536, (100, 100)).astype(np.uint16)
    Image.fromarray(deep).save("photos/deep16.png")
    make("photos/small.png", size=(95, 300))
    shutil.copy("photos/small.png", "photos/small2.png")
    for number in range(7):
        Path(f"photos/broken{number}.jpg").write_text("not a picture")
    result = train(PIXELS, "--data", "photos")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("left out: ")]
    assert len(lines) == 7
    assert all("is not a picture" in line for line in lines[:5])
    assert lines[5:] == ["left out: 2 more that cannot be read", "left out: 2 too small"]


def test_a_prepared_folder(train: Run, srgan: Run, album: Path) -> None:
    assert srgan("data", "prepare", str(album), "-o", "ready").exit_code == 0
    assert srgan("data", "prepare", str(album), "-o", "double", "--scale", "2").exit_code == 0
    wrong = train(PIXELS, "--data", "double", "-o", "other")
    assert wrong.exit_code == 2
    assert "--data double is prepared for a scale of 2" in wrong.stderr
    index = json.loads(Path("ready/index.json").read_text())
    del index["comparison"]
    Path("ready/index.json").write_text(json.dumps(index))
    result = train(PIXELS, "--data", "ready", "-o", "run")
    assert result.exit_code == 0
    assert "ready was never compared with pictures of test sets: prepare it again" in result.stderr
    assert TrainingRun(Path("run")).settings().comparison is None


def test_minutes_plan_the_updates(train: Run, album: Path) -> None:
    many = ("--set", "updates=1000000", "--set", "validate_every=1000000")
    result = train(PIXELS, "--data", str(album), *many, "--minutes", "0.02", "--json")
    assert result.exit_code == 0, result.output
    assert "updates fit into the time: about " in result.stderr
    document = json.loads(result.stdout)
    assert 1 <= document["updates"] <= document["planned"] < 1_000_000
    few = train(PIXELS, "--data", str(album), "--minutes", "5", "-o", "few")
    assert few.stdout.startswith("4 of 4 updates")  # never more than the recipe has
    assert "fit into the time" not in few.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_to_the_same_weights(
    interrupt_at: Callable[..., None], train: Run, album: Path, finished: Path, number: signal.Signals
) -> None:
    interrupt_at(loop, "update", call=3, number=number)
    stopped = train(PIXELS, "--data", str(album), "-o", "run")
    assert stopped.exit_code == 130
    assert "Stopping after this update, with a checkpoint; once more to stop at once." in stopped.stderr.splitlines()
    assert "to go on  the same command with --resume" in stopped.stdout.splitlines()
    assert Path("run/checkpoints/update-00000003.json").exists()
    assert last_weights(Path("run")) != last_weights(finished)
    assert train(PIXELS, "--data", str(album), "-o", "run", "--resume").exit_code == 0
    assert last_weights(Path("run")) == last_weights(finished)
    assert updates(Path("run")) == ([1, 2, 3, 4], [2, 3, 4])


def test_an_interruption_that_cannot_wait(
    interrupt_at: Callable[..., None], train: Run, album: Path, finished: Path
) -> None:
    interrupt_at(loop, "update", call=3, times=2)
    stopped = train(PIXELS, "--data", str(album), "-o", "run")
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    assert stopped.stderr.splitlines()[-2:] == [
        "Stopping after this update, with a checkpoint; once more to stop at once.",
        "Interrupted: go on with run by --resume",
    ]
    assert train(PIXELS, "--data", str(album), "-o", "run", "--resume").exit_code == 0
    assert last_weights(Path("run")) == last_weights(finished)


def test_an_interruption_before_the_first_update(
    interrupt_at: Callable[..., None], train: Run, album: Path, desk: Path
) -> None:
    interrupt_at(setup, "open_inputs")
    stopped = train(PIXELS, "--data", str(album), "-o", "run")
    assert (stopped.exit_code, stopped.stdout, stopped.stderr) == (130, "", "Interrupted\n")
    assert list(desk.iterdir()) == []


def test_a_damaged_checkpoint_is_passed_over(train: Run, run_of_mine: Path) -> None:
    good, newest = last_weights(run_of_mine), last_checkpoint(run_of_mine)
    newest.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    result = train(PIXELS, "-o", str(run_of_mine), "--resume")
    assert result.exit_code == 0
    assert f"the checkpoint {newest.name} is damaged" in result.stderr.splitlines()[0]
    assert last_weights(run_of_mine) == good
    assert updates(run_of_mine)[0] == [1, 2, 3, 4]


def test_missing_packages_are_named(train: Run, album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    result = train(PIXELS, "--data", str(album))
    assert result.exit_code == 1
    assert "pip install 'srgan[train]'" in result.stderr


@pytest.mark.parametrize(
    "given", [{}, {"OMP_WAIT_POLICY": "ACTIVE"}, {"KMP_BLOCKTIME": "200"}, {"GOMP_SPINCOUNT": "9"}]
)
def test_threads_wait_passively_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    names = ("OMP_WAIT_POLICY", "KMP_BLOCKTIME", "GOMP_SPINCOUNT")
    for name in names:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    wait_passively()
    expected = given or {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
    assert {name: os.environ[name] for name in names if name in os.environ} == expected


def test_the_notes_of_a_run_tell_of_the_comparison_with_test_sets(train: Run, album: Path, data_folder: Path) -> None:
    shutil.copytree(album, "photos")
    shutil.copy(data_folder / "testsets" / "Set5" / "bird.png", "photos/mine.png")
    result = train(PIXELS, "--data", "photos", "-o", "run")
    assert "left out: photos/mine.png, which shows Set5/bird of a test set" in result.stderr.splitlines()
    known = known_tests()
    assert TrainingRun(Path("run")).settings().comparison == KnownTestComparison(len(known.names), known.identity, 1)
