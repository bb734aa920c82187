"""`srgan train`: whatever is given, one clear line, an exit code, and nothing written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from srgan.models.features.vgg import ContentLayer

Run = Callable[..., Any]
Make = Callable[..., Path]

PIXELS, GAME, FEATURES = "srresnet-mse-quick", "srgan-mse-quick", "srgan-vgg54-quick"


@pytest.fixture
def mess(make: Make, album: Path, run_of_mine: Path) -> None:
    """A desk with everything that can be wrong."""
    Path("photos").symlink_to(album)
    Path("empty").mkdir()
    make("one/a.png", size=(100, 100))
    Path("text").mkdir()
    for name in "ab":
        Path(f"text/{name}.jpg").write_text("Dear diary,\n" * 100)
    make("full/a.png")
    shutil.copytree(run_of_mine, "begun")
    shutil.rmtree("begun/checkpoints")
    shutil.copytree(run_of_mine, "torn")
    Path("torn/run.json").write_text("{")
    Path("text.safetensors").write_text("Dear diary,\n")
    Path("vgg19.pth").write_text("Dear diary,\n")
    channels = {layer.key: layer.channels for layer in ContentLayer.parse("vgg22").convolutions()}
    tensors = {f"{key}.weight": torch.zeros(after, before, 3, 3) for key, (before, after) in channels.items()}
    tensors |= {f"{key}.bias": torch.zeros(after) for key, (_, after) in channels.items()}
    save_file(
        {**tensors, "preprocess.weight": torch.zeros(3, 3, 1, 1), "preprocess.bias": torch.zeros(3)},
        "early.safetensors",
    )


DOGS = ["--from", "runs/dogs"]
CASES: dict[str, tuple[list[str], int, str]] = {
    "unknown recipe": (["nope"], 2, "there is no recipe nope: choose one of srresnet-mse, "),
    "set nothing": ([PIXELS, "--set", "updates"], 2, "'updates' sets nothing: write field=value"),
    "unknown field": ([PIXELS, "--set", "steps=5"], 2, "there is no field steps: the fields are generator, blocks"),
    "fixed field": ([PIXELS, "--set", "name=mine"], 2, "there is no field name: the fields are generator"),
    "wrong type": ([PIXELS, "--set", "batch=many"], 2, "batch cannot be many: it is a whole number"),
    "a fraction": ([PIXELS, "--set", "batch=1.5"], 2, "batch cannot be 1.5: it is a whole number"),
    "infinite": ([PIXELS, "--set", "updates=1e999"], 2, "updates cannot be 1e999: it is a whole number"),
    "NaN": ([PIXELS, "--set", "clip=nan"], 2, "clip cannot be nan: it is a number"),
    "no truth": ([PIXELS, "--set", "skips=maybe"], 2, "skips cannot be maybe: write true or false"),
    "no choice": ([PIXELS, "--set", "discriminator=x"], 2, "choose one of none, srgan, patch, cheung, ucsd"),
    "out of range": ([PIXELS, "--set", "updates=0"], 2, "updates is 0, but must be 1 or more"),
    "negative": ([PIXELS, "--set", "learning_rate=-1"], 2, "learning_rate is -1.0, but must be 0.0 or more"),
    "no layer": ([PIXELS, "--set", "content=vgg99"], 2, "must be mse, l1 or a layer of VGG19"),
    "odd crop": ([PIXELS, "--set", "crop=33"], 2, "crop is 33, but must be a multiple of the scale, 4"),
    "crop of a game": ([GAME, "--set", "crop=36"], 2, "this discriminator needs a multiple of 16"),
    "updates and epochs": ([PIXELS, "--set", "updates=5", "--set", "epochs=2"], 2, "either updates or epochs"),
    "no minutes": ([PIXELS, "--minutes", "0"], 2, "--minutes 0 is no time to train: give a number above 0"),
    "endless minutes": ([PIXELS, "--minutes", "inf"], 2, "--minutes inf is no time to train"),
    "NaN minutes": ([PIXELS, "--minutes", "nan"], 2, "--minutes nan is no time to train"),
    "no data": ([PIXELS], 2, "name a folder of pictures with --data FOLDER"),
    "no such folder": ([PIXELS, "--data", "absent"], 1, "absent is not there: name a folder of pictures"),
    "a file for data": ([PIXELS, "--data", "full/a.png"], 1, "is not a folder: name a folder of pictures"),
    "no pictures": ([PIXELS, "--data", "empty"], 1, "no pictures found in empty: name folders of JPEG"),
    "one picture": ([PIXELS, "--data", "one"], 1, "1 pictures are not enough to validate"),
    "unreadable ones": ([PIXELS, "--data", "text"], 1, "give larger, intact or other pictures"),
    "fewer than a batch": ([PIXELS, "--data", "photos", "--set", "batch=99"], 1, "a batch needs 99: add pictures"),
    "large crops": ([PIXELS, "--data", "photos", "--set", "crop=512"], 1, "0 pictures are 512 pixels or more"),
    "no beginning": ([GAME, "--data", "photos"], 2, "begins from a trained srresnet-mse-quick: name its folder with"),
    "no run to begin from": ([GAME, "--from", "empty"], 1, "empty holds no run (no run.json): name the folder of one"),
    "a torn run": ([GAME, "--from", "torn"], 1, "cannot be understood"),
    "a run without checkpoint": ([GAME, "--from", "begun"], 1, "begun has no checkpoint yet: train it first"),
    "absent run": ([GAME, "--from", "runs/cats"], 1, "there is no model runs/cats: choose one of "),
    "unknown model": ([GAME, "--from", "nope", "--data", "photos"], 1, "there is no model nope: choose one of "),
    "another network": ([GAME, *DOGS, "--set", "features=16"], 2, "add --set features=8, or begin from another"),
    "another scale": ([GAME, *DOGS, "--set", "scale=2"], 2, "(scale 4, not 2): add --set scale=4"),
    "a model of another network": ([GAME, "--from", "srresnet", "--data", "photos"], 2, "add --set blocks=16"),
    "no VGG19": ([FEATURES, *DOGS], 1, "give their file with --vgg FILE, or fetch torchvision's"),
    "absent VGG19": ([FEATURES, *DOGS, "--vgg", "absent.pth"], 1, "there are no VGG19 weights at"),
    "damaged VGG19": ([FEATURES, *DOGS, "--vgg", "text.safetensors"], 1, "cannot be read as .safetensors"),
    "another VGG19": ([FEATURES, *DOGS, "--vgg", "vgg19.pth"], 1, "is not torchvision's VGG19, or damaged"),
    "VGG19 that ends early": ([FEATURES, *DOGS, "--vgg", "early.safetensors"], 1, "has no conv3_1, which VGG54 needs"),
    "a run is there": ([PIXELS, "-o", "runs/dogs"], 2, "runs/dogs holds a run: go on with it by --resume, or"),
    "something is there": ([PIXELS, "-o", "full", "--data", "photos"], 2, "full is not empty: name another folder"),
    "a file is there": ([PIXELS, "-o", "vgg19.pth", "--data", "photos"], 2, "name another folder with -o"),
    "below a file": ([PIXELS, "-o", "vgg19.pth/run", "--data", "photos"], 1, "choose another folder with -o"),
    "nothing to resume": ([PIXELS, "--resume"], 2, "there is no run in runs/srresnet-mse-quick to go on with"),
    "resumed otherwise": ([PIXELS, "-o", "begun", "--resume", "--set", "seed=1"], 2, "other settings (seed 0): repeat"),
    "resumed as another": ([GAME, "-o", "begun", "--resume"], 2, "begun was begun with other settings (name srres"),
    "resumed without notes": ([PIXELS, "-o", "torn", "--resume"], 1, "cannot be understood"),
    "resumed without data": ([PIXELS, "-o", "begun", "--resume", "--data", "absent"], 1, "absent is not there"),
    "absent device": ([PIXELS, "--data", "photos", "--device", "mps"], 2, "torch finds no mps device here: leave out"),
}


@pytest.mark.usefixtures("mess")
@pytest.mark.parametrize(("words", "code", "said"), CASES.values(), ids=CASES.keys())
def test_one_line_and_no_file(train: Run, desk: Path, words: list[str], code: int, said: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*")}
    result = train(*words)
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert said in lines[0]
    assert result.stdout == ""
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*")} == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics processor")
@pytest.mark.parametrize("devices", ["1", "9"])
def test_an_absent_graphics_processor(train: Run, album: Path, devices: str, desk: Path) -> None:
    result = train(PIXELS, "--data", str(album), "--device", "cuda", "--devices", devices)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: torch finds no cuda device here: leave out --device")
    assert len(result.stderr.splitlines()) == 1
    assert list(desk.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [["--save-every", "0"], ["--devices", "0"], ["--device", "tpu"], ["--precision", "fp8"], ["--minutes", "x"]],
)
def test_what_is_no_value_of_an_option_is_a_usage_error(train: Run, words: list[str]) -> None:
    result = train(PIXELS, *words)
    assert result.exit_code == 2
    assert words[0] in result.stderr
