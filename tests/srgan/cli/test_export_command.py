"""`srgan export`: model files and card of a run, and errors of one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from srgan.data.known_tests import known_tests
from srgan.weights.catalogue import find
from tests.helpers.command_line import Make, Run


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


FAILED = ("[absent]", "[empty]", "[file]", "[begun]", "[torn]", "runs/dogs -o [file]", "runs/dogs -o [file]/models")
MISUSED = ("runs/dogs [--name] [my/dogs]", "runs/dogs [--name] [.dogs]", "runs/dogs [--name] ' '", "'[my run]'")


@pytest.mark.usefixtures("mess")
@pytest.mark.parametrize(("code", "line"), [*((1, line) for line in FAILED), *((2, line) for line in MISUSED)])
def test_errors_are_one_line_and_write_nothing(refusal: Callable[[int, str], str], code: int, line: str) -> None:
    refusal(code, f"export {line}")
