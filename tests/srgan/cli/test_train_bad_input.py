"""`srgan train`: whatever is given, one clear line, an exit code, and nothing written."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.helpers.command_line import Make, Run

PIXELS, GAME, FEATURES = "srresnet-mse-quick", "srgan-mse-quick", "srgan-vgg54-quick"


@pytest.fixture
def mess(make: Make, album: Path, run_of_mine: Path) -> None:
    """A desk with everything that can be wrong."""
    Path("photos").symlink_to(album)
    Path("empty").mkdir()
    make("one/a.png", size=(100, 100)), make("full/a.png")
    Path("text").mkdir()
    for name in ("text/a.jpg", "text/b.jpg", "vgg.pth"):
        Path(name).write_text("Dear diary,\n" * 100)
    shutil.copytree(run_of_mine, "begun")
    shutil.rmtree("begun/checkpoints")
    shutil.copytree(run_of_mine, "torn")
    Path("torn/run.json").write_text("{")


FAILED = (
    *(f"{PIXELS} --data {data}" for data in ("[absent]", "full/[a.png]", "[empty]", "one", "text")),
    *(f"{PIXELS} --data photos --set {value}" for value in ("batch=[99]", "crop=[512]")),
    *(f"{GAME} --from {run}" for run in ("[empty]", "[torn]", "[begun]", "runs/[cats]", "[nope] --data photos")),
    *(f"{FEATURES} --from runs/dogs {vgg}" for vgg in ("", "--vgg [absent.pth]", "--vgg [vgg.pth]")),
    *(f"{PIXELS} -o {words}" for words in ("[vgg.pth]/run --data photos", "[torn] --resume")),
    *(f"{PIXELS} -o begun --resume --data [absent]",),
)
MISUSED = (
    *("[nope]", f"{PIXELS} --set [updates]", f"{PIXELS} --set [steps]=5", f"{GAME} --set [crop]=36"),
    *(f"{PIXELS} [--minutes] {minutes}" for minutes in ("[0]", "[inf]", "[nan]")),
    *(f"{PIXELS} --data photos [--until] {goal}" for goal in ("[Set5]", "[:32]", "[full:nan]", "[full:high]")),
    *(f"{PIXELS} --data photos --until {goal}" for goal in ("[absent]:32",)),
    *(f"{PIXELS} --data photos [--device] [mps]", PIXELS, f"{GAME} --data photos"),
    *(f"{GAME} [--from runs/dogs] {words}" for words in ("--set [features]=16", "--set scale=2")),
    *(f"{GAME} --from [srresnet] --data photos",),
    *(f"{PIXELS} -o {taken} --data photos" for taken in ("[runs/dogs]", "[full]", "[vgg.pth]")),
    *(f"{PIXELS} --resume", f"{PIXELS} -o begun --resume --set [seed]=1", f"{GAME} -o begun --resume"),
)


@pytest.mark.usefixtures("mess")
@pytest.mark.parametrize(("code", "line"), [*((1, line) for line in FAILED), *((2, line) for line in MISUSED)])
def test_one_line_and_no_file(refusal: Callable[[int, str], str], settings: list[str], code: int, line: str) -> None:
    recipe, _, words = line.partition(" ")
    refusal(code, f"train {recipe} {' '.join(settings)} {words}")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics processor")
@pytest.mark.parametrize("devices", [1, 9])
def test_an_absent_graphics_processor(refusal: Callable[[int, str], str], album: Path, devices: int) -> None:
    refusal(2, f"train {PIXELS} --data {album} [--device] [cuda] --devices {devices}")


@pytest.mark.parametrize("words", ["--save-every 0", "--devices 0", "--device tpu", "--precision fp8", "--minutes x"])
def test_what_is_no_value_of_an_option_is_a_usage_error(srgan: Run, words: str) -> None:
    result = srgan("train", PIXELS, *words.split())
    assert result.exit_code == 2
    assert words.split()[0] in result.stderr
