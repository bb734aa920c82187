"""`srgan export`: model files and card of a run, and errors of one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from srgan.data.known_tests import known_tests
from srgan.weights.catalogue import find
from tests.helpers.command_line import Make, Run


def test_a_model_that_is_whole_and_works(srgan: Run, run_of_mine: Path, album: Path, make: Make) -> None:
    result = srgan("export", str(run_of_mine), "--licence", "CC0-1.0", "--terms", "our own photos")
    assert (result.exit_code, result.stderr) == (0, "")
    path = Path("runs/dogs/model/dogs.onnx")
    assert result.stdout.splitlines() == [
        f"{path}: dogs after 4 updates",
        f"to use it  srgan upscale PHOTO --model {path}",
    ]
    assert list(path.parent.iterdir()) == [path]
    card = find(path).card
    assert (card.name, card.licence, card.scale, card.training.updates) == ("dogs", "CC0-1.0", 4, 4)
    compared = f"compared with {len(known_tests().names)} pictures of test sets, none left out for showing one"
    assert card.training.data == f"The pictures of {album.name}, {compared}; terms: our own photos."
    assert card.training.recipe["name"] == "srresnet-mse-quick"
    table = Path("runs/dogs/validation.csv").read_text().splitlines()
    last = dict(zip(table[0].split(","), map(float, table[-1].split(",")), strict=True))
    assert [score.psnr for score in card.scores] == pytest.approx(
        [max(last["raw_psnr"], last["average_psnr"])], abs=1e-4
    )
    assert "all checksums hold" in srgan("models", str(path)).stdout
    make("photo.png")
    assert srgan("upscale", "photo.png", "--model", str(path)).exit_code == 0


def test_a_damaged_checkpoint_is_passed_over(srgan: Run, run_of_mine: Path) -> None:
    (run_of_mine / "checkpoints" / "update-00000004.safetensors").write_bytes(b"damaged")
    result = srgan("export", str(run_of_mine), "-o", "models", "--name", "mine", "--json")
    assert json.loads(result.stdout) == {"model": "models/mine.onnx", "card": "models/mine.onnx", "updates": 2}
    assert "update-00000004.safetensors is damaged" in result.stderr
    assert find("models/mine.onnx").card.scores == ()  # those of another state


@pytest.fixture
def mess(run_of_mine: Path) -> None:
    """Make runs and folders with all kinds of faults."""
    Path("empty").mkdir()
    Path("file").touch()
    Path("looped").symlink_to("looped")
    shutil.copytree(run_of_mine, "begun")
    shutil.rmtree("begun/checkpoints")
    shutil.copytree(run_of_mine, "torn")
    Path("torn/run.json").write_text("{}")
    shutil.copytree(run_of_mine, "my run")


FAILED = ("[absent]", "[empty]", "[file]", "[looped]", "[begun]", "[torn]", "runs/dogs -o [file]/models")
MISUSED = ("runs/dogs [--name] [my/dogs]", "runs/dogs [--name] [.dogs]", "runs/dogs [--name] ' '", "'[my run]'")


@pytest.mark.usefixtures("mess")
@pytest.mark.parametrize(("code", "line"), [*((1, line) for line in FAILED), *((2, line) for line in MISUSED)])
def test_errors_are_one_line_and_write_nothing(refusal: Callable[[int, str], str], code: int, line: str) -> None:
    refusal(code, f"export {line}")
