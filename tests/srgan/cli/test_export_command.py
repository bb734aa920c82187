"""`srgan export`: model files and card of a run, and errors of one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srgan.data.known_tests import known_tests
from srgan.weights.catalogue import find

Run = Callable[..., Any]
Make = Callable[..., Path]


def test_a_file_with_a_card(srgan: Run, run_of_mine: Path, album: Path) -> None:
    result = srgan("export", str(run_of_mine), "--licence", "CC0-1.0", "--terms", "our own photos")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "runs/dogs/model/dogs.onnx: dogs after 4 updates",
        "to use it  srgan upscale PHOTO --model runs/dogs/model/dogs.onnx",
    ]
    assert [path.name for path in Path("runs/dogs/model").iterdir()] == ["dogs.onnx"]
    card = json.loads(find("runs/dogs/model/dogs.onnx").card.to_json())
    assert (card["name"], card["licence"], card["scale"]) == ("dogs", "CC0-1.0", 4)
    assert card["training"]["updates"] == 4
    compared = f"compared with {len(known_tests().names)} pictures of test sets, none left out for showing one"
    assert card["training"]["data"] == f"The pictures of {album.name}, {compared}; terms: our own photos."
    assert card["training"]["recipe"]["name"] == "srresnet-mse-quick"
    (score,) = card["scores"]
    table = Path("runs/dogs/validation.csv").read_text().splitlines()
    columns, last = table[0].split(","), [float(cell) for cell in table[-1].split(",")]
    best = max(last[columns.index("raw_psnr")], last[columns.index("average_psnr")])
    assert score["psnr"] == pytest.approx(best, abs=1e-4)


def test_the_model_is_whole_and_works(srgan: Run, run_of_mine: Path, make: Make) -> None:
    document = json.loads(srgan("export", str(run_of_mine), "-o", "models", "--name", "mine", "--json").stdout)
    assert document == {"model": "models/mine.onnx", "card": "models/mine.onnx", "updates": 4}
    assert "all checksums hold" in srgan("models", "models/mine.onnx").stdout
    make("photo.png")
    for engine in ("openvino", "torch"):
        words = ("photo.png", "--model", "models/mine.onnx", "--engine", engine, "-o", f"{engine}.png")
        assert srgan("upscale", *words).exit_code == 0


def test_a_damaged_checkpoint_is_passed_over(srgan: Run, run_of_mine: Path) -> None:
    (run_of_mine / "checkpoints" / "update-00000004.safetensors").write_bytes(b"damaged")
    result = srgan("export", str(run_of_mine))
    assert result.exit_code == 0
    assert "dogs after 2 updates" in result.stdout
    assert "update-00000004.safetensors is damaged" in result.stderr
    assert find("runs/dogs/model/dogs.onnx").card.scores == ()  # those of another state


@pytest.fixture
def mess(run_of_mine: Path) -> None:
    """Make runs and folders with all kinds of faults."""
    Path("empty").mkdir()
    Path("file").touch()
    shutil.copytree(run_of_mine, "begun")
    shutil.rmtree("begun/checkpoints")
    shutil.copytree(run_of_mine, "torn")
    Path("torn/run.json").write_text("{}")
    shutil.copytree(run_of_mine, "my run")


CASES = {
    "no folder": (["absent"], 1, "absent holds no run (no run.json): name the folder of one"),
    "no run": (["empty"], 1, "empty holds no run (no run.json): name the folder of one"),
    "a file": (["file"], 1, "file holds no run (no run.json): name the folder of one"),
    "no checkpoint": (["begun"], 1, "begun has no checkpoint yet: train it first"),
    "torn notes": (["torn"], 1, "cannot be understood"),
    "a slash": (["runs/dogs", "--name", "my/dogs"], 2, "--name 'my/dogs'"),
    "a hidden file": (["runs/dogs", "--name", ".dogs"], 2, "--name '.dogs'"),
    "no name": (["runs/dogs", "--name", " "], 2, "--name ' '"),
    "a folder with a space": (["my run"], 2, "--name 'my run'"),
    "a file for a folder": (["runs/dogs", "-o", "file"], 1, "choose another folder"),
    "below a file": (["runs/dogs", "-o", "file/models"], 1, "choose another folder"),
}


@pytest.mark.usefixtures("mess")
@pytest.mark.parametrize(("words", "code", "message"), CASES.values(), ids=CASES.keys())
def test_errors_are_one_line_and_write_nothing(refusal: Run, words: list[str], code: int, message: str) -> None:
    assert message in refusal(code, "export", *words)
