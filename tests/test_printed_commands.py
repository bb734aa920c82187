"""Every command that README, the guides and `--help` print is run as printed, on small made-up photos."""

import json
import re
import shlex
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from srgan.cli import app
from srgan.models.features.vgg import ContentLayer
from srgan.training.recipes import find_recipe
from srgan.weights import catalogue
from srgan_study.server.session import Sessions
from srgan_study.votes.store import Store
from tests.conftest import replace_card
from tests.helpers.commands import check_command
from tests.helpers.fractal import fractal
from tests.helpers.person import Person
from tests.helpers.published_networks import RrdbNet, settled
from tests.helpers.small_onnx import bicubic_like

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/training.md",
    "docs/evaluation.md",
    "docs/degradations.md",
    "docs/studies.md",
    "docs/other-models.md",
    "docs/dogs.md",
    "docs/mission.md",
    "docs/scale.md",
    "docs/speed.md",
    "docs/results.md",
    "docs/web.md",
)

NOT_RUN = {
    r"--download|--vgg download": "needs the network",
    r"^srgan (web|study serve)": "serves until Ctrl-C: run in the tests of servers",
    r"--devices": "starts processes: run in tests/srgan/cli/test_train_processes.py",
    r"^srgan reproduce (all|depth)": "times networks for minutes: run in tests/srgan/cli/test_reproduce_command.py",
    r"--on ray|s3://": "needs Ray or a bucket: run in tests/srgan/batch/test_ray.py",
    r"--niqe": "needs parameters that are not shipped",
    r"--features": "needs weights that are not shipped",
}
"""Patterns of printed commands that are not run here, with the reason."""

SMALL = ("updates=2", "batch=2", "crop=32", "log_every=1", "validate_every=2")
SMALL_GENERATOR = (*SMALL, "blocks=1", "features=8", "discriminator_features=4")
"""Settings appended to printed trainings, which then take a second."""


def printed_commands() -> Iterator[str]:
    """Yield the commands in examples of `--help`, in blocks of pages, and in backticks if they have options."""
    for text in _epilogs(get_command(app)):
        yield from re.findall(r"^ +(srgan .*?)(?: {2,}.*| (?:with|which) .*)?$", text, flags=re.MULTILINE)
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        fenced = re.findall(r"^(?:```|~~~)(\w*)\n(.*?)^(?:```|~~~)$", text, flags=re.DOTALL | re.MULTILINE)
        blocks = "\n".join(block for language, block in fenced if not language)
        yield from re.findall(r"^(?:torchrun .* -m )?(srgan .*?)(?: +#.*)?$", blocks, flags=re.MULTILINE)
        yield from re.findall(r"`(srgan [^`]* --?\w+ [^`]+)`", text)


def _epilogs(command: Any) -> Iterator[str]:
    yield command.epilog or ""
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            yield from _epilogs(inner)


COMMANDS = sorted(set(printed_commands()))
RUN = [line for line in COMMANDS if not any(re.search(pattern, line) for pattern in NOT_RUN)]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Path]:
    """A folder with `template`, which holds everything that the printed commands name, and their data and cache."""
    folder = tmp_path_factory.mktemp("workshop")
    with pytest.MonkeyPatch.context() as patch:
        desk = folder / "template"
        desk.mkdir()
        patch.chdir(desk)
        patch.setenv("SRGAN_DATA", str(folder / "data"))
        patch.setenv("SRGAN_CACHE", str(folder / "cache"))
        patch.setenv("SRGAN_MODELS", "added")
        _make_photos(folder / "data")
        _make_vgg(folder / "weights")
        for path in ("own.onnx", "own/dogs.onnx", "models/dogs.onnx", "models/deep.onnx", "runs/own/model/own.onnx"):
            _copy_model(tiny_model, Path(path))
        for name in ("srresnet-vgg22", "srgan-mse", "srgan-vgg22"):
            _copy_model(tiny_model, Path(f"runs/comparisons/{name}.onnx"))
        _make_foreign_networks()
        run("srgan data prepare photos -o ready")
        run("srgan data shards photos -o shards")
        with tarfile.open("ILSVRC2012_img_train.tar", "w") as tar:
            tar.add("photos", "n01440764")
        run("srgan train srresnet-mse --data photos")
        run("srgan train srresnet-mse-quick --data photos")
        for copy in ("dogs", "large", "espcn", "loridan-pre"):
            shutil.copytree("runs/srresnet-mse-quick", f"runs/{copy}")
        run("srgan train srgan-vgg22-quick --from runs/srresnet-mse-quick")
        run("srgan train srgan-mse-quick --from runs/srresnet-mse-quick")
        shutil.copytree("runs/srgan-mse-quick", "runs/loridan-gan")
        for path in ("runs/srgan-vgg22-quick/model/srgan-vgg22-quick.onnx", "runs/espcn/model/espcn.onnx"):
            _copy_model(tiny_model, Path(path))
        run("srgan evaluate nearest bicubic srresnet HR --sets Set5 Set14 --input clean jpeg:75")
        for made in ("made", "published"):
            shutil.copytree("evaluation/pictures/bicubic", made)
        for made in ("true", "mine"):
            shutil.copytree("evaluation/reference/Set14", made)
        shutil.copytree("true", "DIV2K_valid_HR")
        run("srgan study create evaluation -o study --raters 3 --calibration none")
        _vote(Path("study"))
        run("srgan study simulate study --raters 3 -o bad-raters")
        run("srgan study simulate study --raters 3")
        yield folder


def _make_photos(data: Path) -> None:
    """Save photos on the desk, in its folders, and as test sets."""
    desk = {f"{folder}/{name}.jpg": (110, 100) for name in "abcdef" for folder in (
        "photos", "PHOTOS", "dogs/n02085620-Chihuahua", "holiday/photos")}  # fmt: skip
    sets = {"Set5": ("baby", "bird"), "Set14": ("baboon", "barbara", "comic", "face", "lenna"), "BSD100": ("1", "2")}
    files = {
        "photo.jpg": (72, 96), "huge.tif": (40, 50), "a.png": (40, 60), "small/a.png": (24, 30), **desk,
        **{f"photos/large-{number}.jpg": (200, 196) for number in range(3)},  # of use when halved
        **{f"DOGS/{number}.jpg": (96, 96) for number in range(104)},  # enough for --validation 100
        **{f"{data}/testsets/{name}/{image}.png": (96, 112) for name, images in sets.items() for image in images},
        **{f"{data}/train/BSDS500_train_test/{number}.png": (96, 112) for number in range(30)},
    }  # fmt: skip
    for seed, (path, (height, width)) in enumerate(files.items()):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(fractal(seed, height, width)).save(path)


def _make_vgg(weights: Path) -> None:
    """Save random weights of VGG19 where recipes look for normalised ones."""
    weights.mkdir()
    random = torch.Generator().manual_seed(0)
    tensors = {"preprocess.weight": torch.eye(3)[:, :, None, None], "preprocess.bias": torch.zeros(3)}
    for layer in ContentLayer.parse("vgg22").convolutions():
        before, after = layer.channels
        tensors[f"{layer.key}.weight"] = torch.randn(after, before, 3, 3, generator=random) / 10
        tensors[f"{layer.key}.bias"] = torch.zeros(after)
    save_file(tensors, weights / "vgg19-normalised-to-conv3_1.safetensors")


def _make_foreign_networks() -> None:
    """Save a network as others publish it, in two formats, and add it."""
    torch.save({"params_ema": settled(RrdbNet(nb=1)).state_dict()}, "RealESRGAN_x4plus.pth")
    Path("swinir.onnx").write_bytes(bicubic_like())
    run("srgan models add RealESRGAN_x4plus.pth")
    run("srgan models add RealESRGAN_x4plus.pth --name plus")


def _copy_model(model: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, path)
    card = json.loads(catalogue.find(model).card.to_json())
    replace_card(path, json.dumps({**card, "name": path.stem}))


def _vote(folder: Path) -> None:
    """Let all raters of a study rate everything."""
    with Store.open(folder) as store:
        sessions = Sessions(store)
        for number in range(store.study.design.raters):
            person = Person(sessions, f"R{number + 1:02}")
            person.ready()
            for vote in range(store.study.ratings_per_rater):
                person.vote(1 + (vote * 3 + number) % 5)


def run(line: str) -> None:
    """Run a command in this process, as a shell would; it must succeed."""
    line, _, output = line.partition(" > ")
    line, _, source = line.partition(" < ")
    words = [file for word in shlex.split(line)[1:] for file in _expand(word)]
    if words[0] == "train":
        kind = SMALL_GENERATOR if find_recipe(words[1]).flat()["generator"].startswith("srgan") else SMALL
        words += [part for setting in kind for part in ("--set", setting)]
    _remove_output(words)
    result = CliRunner().invoke(app, words, input=Path(source).read_bytes() if source else None)
    assert result.exit_code == 0, f"{line}: {result.output}"
    if output:
        Path(output).write_bytes(result.stdout_bytes)
        with Image.open(output) as image:
            assert np.asarray(image).std() > 1


def _remove_output(words: list[str]) -> None:
    """Remove what the template holds in place of a command's output, where commands refuse existing output."""
    default = None
    if words[0] == "train" and "--resume" not in words:
        default = f"runs/{words[1]}"
    elif words[:2] == ["study", "create"]:
        default = "study"
    elif words[:2] in (["data", "degrade"], ["study", "simulate"]):
        default = "absent"
    if default is not None:
        shutil.rmtree(words[words.index("-o") + 1] if "-o" in words else default, ignore_errors=True)
    if words[:2] in (["models", "add"], ["models", "rename"]):
        last = words[3] if words[1] == "rename" else Path(words[2]).stem
        name = words[words.index("--name") + 1] if "--name" in words else last
        Path("added", f"{name}.onnx").unlink(missing_ok=True)
    if words[:2] == ["study", "simulate"]:
        for file in ("simulated.sqlite", "simulation.json"):
            Path(words[2], file).unlink(missing_ok=True)


def _expand(word: str) -> list[str]:
    return sorted(path.name for path in Path().glob(word)) if word.startswith("*") else [word]


@pytest.mark.slow
@pytest.mark.parametrize("line", RUN)
def test_printed_commands_run(workshop: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    shutil.rmtree(workshop / "desk", ignore_errors=True)
    shutil.copytree(workshop / "template", workshop / "desk")  # the same place each time: prepared photos are cached
    monkeypatch.chdir(workshop / "desk")
    monkeypatch.setenv("SRGAN_DATA", str(workshop / "data"))
    monkeypatch.setenv("SRGAN_CACHE", str(workshop / "cache"))
    monkeypatch.setenv("SRGAN_MODELS", "added")
    run(line.replace("STUDY", "study"))


def test_commands_that_are_not_run_exist() -> None:
    for line in COMMANDS:
        check_command(line)


def test_every_exception_is_still_printed() -> None:
    for pattern in NOT_RUN:
        assert any(re.search(pattern, line) for line in COMMANDS), pattern
