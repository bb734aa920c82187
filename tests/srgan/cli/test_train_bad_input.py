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
    "unknown recipe": (["nope"], 2, "no recipe nope"),
    "set nothing": ([PIXELS, "--set", "updates"], 2, "field=value"),
    "unknown field": ([PIXELS, "--set", "steps=5"], 2, "no field steps"),
    "wrong type": ([PIXELS, "--set", "batch=many"], 2, "batch cannot be many"),
    "infinite": ([PIXELS, "--set", "updates=1e999"], 2, "updates"),
    "NaN": ([PIXELS, "--set", "clip=nan"], 2, "clip"),
    "out of range": ([PIXELS, "--set", "updates=0"], 2, "updates"),
    "crop of a game": ([GAME, "--set", "crop=36"], 2, "crop"),
    "updates and epochs": ([PIXELS, "--set", "updates=5", "--set", "epochs=2"], 2, "epochs"),
    "no minutes": ([PIXELS, "--minutes", "0"], 2, "--minutes is 0, but must be above 0"),
    "endless minutes": ([PIXELS, "--minutes", "inf"], 2, "--minutes"),
    "NaN minutes": ([PIXELS, "--minutes", "nan"], 2, "--minutes"),
    "no data": ([PIXELS], 2, "--data is missing"),
    "no such folder": ([PIXELS, "--data", "absent"], 1, "absent"),
    "a file for data": ([PIXELS, "--data", "full/a.png"], 1, "not a folder"),
    "no pictures": ([PIXELS, "--data", "empty"], 1, "no pictures found in empty"),
    "one picture": ([PIXELS, "--data", "one"], 1, "too few"),
    "unreadable ones": ([PIXELS, "--data", "text"], 1, "pictures"),
    "fewer than a batch": ([PIXELS, "--data", "photos", "--set", "batch=99"], 1, "a batch needs 99"),
    "large crops": ([PIXELS, "--data", "photos", "--set", "crop=512"], 1, "512 pixels"),
    "no beginning": ([GAME, "--data", "photos"], 2, "--from is missing"),
    "no run to begin from": ([GAME, "--from", "empty"], 1, "empty holds no run"),
    "a torn run": ([GAME, "--from", "torn"], 1, "torn"),
    "a run without checkpoint": ([GAME, "--from", "begun"], 1, "begun has no checkpoint yet"),
    "absent run": ([GAME, "--from", "runs/cats"], 1, "no model runs/cats"),
    "unknown model": ([GAME, "--from", "nope", "--data", "photos"], 1, "no model nope"),
    "another network": ([GAME, *DOGS, "--set", "features=16"], 2, "--from runs/dogs has another network (features 8,"),
    "another scale": ([GAME, *DOGS, "--set", "scale=2"], 2, "scale=4"),
    "a model of another network": ([GAME, "--from", "srresnet", "--data", "photos"], 2, "blocks=16"),
    "no VGG19": ([FEATURES, *DOGS], 1, "vgg"),
    "absent VGG19": ([FEATURES, *DOGS, "--vgg", "absent.pth"], 1, "absent.pth"),
    "damaged VGG19": ([FEATURES, *DOGS, "--vgg", "text.safetensors"], 1, "text.safetensors"),
    "another VGG19": ([FEATURES, *DOGS, "--vgg", "vgg19.pth"], 1, "vgg19.pth"),
    "VGG19 that ends early": ([FEATURES, *DOGS, "--vgg", "early.safetensors"], 1, "has no conv3_1"),
    "a run is there": ([PIXELS, "-o", "runs/dogs"], 2, "--output runs/dogs holds a run"),
    "something is there": ([PIXELS, "-o", "full", "--data", "photos"], 2, "--output full is not empty"),
    "a file is there": ([PIXELS, "-o", "vgg19.pth", "--data", "photos"], 2, "--output vgg19.pth"),
    "below a file": ([PIXELS, "-o", "vgg19.pth/run", "--data", "photos"], 1, "vgg19.pth"),
    "nothing to resume": ([PIXELS, "--resume"], 2, "--output runs/srresnet-mse-quick holds no run to resume"),
    "resumed otherwise": ([PIXELS, "-o", "begun", "--resume", "--set", "seed=1"], 2, "(there: seed 0)"),
    "resumed as another": ([GAME, "-o", "begun", "--resume"], 2, "(there: name srres"),
    "resumed without notes": ([PIXELS, "-o", "torn", "--resume"], 1, "torn"),
    "resumed without data": ([PIXELS, "-o", "begun", "--resume", "--data", "absent"], 1, "absent"),
    "absent device": ([PIXELS, "--data", "photos", "--device", "mps"], 2, "--device mps"),
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
    assert result.stderr.startswith("Error: --device cuda is not there")
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
