"""A working folder with photos, and the command line."""

import json
import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from srgan.cli import app
from tests.helpers.command_line import Make, Run
from tests.helpers.images_made_up import jpeg, noisy, photo, png

TINY = ("blocks=1", "features=8", "discriminator_features=4", "batch=2", "crop=32", "updates=4", "log_every=1")
"""Settings with which a recipe for srgan-generator trains in a second."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty working folder, without benchmark data and with an empty cache; return it."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SRGAN_DATA", raising=False)
    return folder


@pytest.fixture
def make(desk: Path) -> Make:
    """Save a photo of noise: `make("photos/a.jpg", size=(12, 8), mode="RGBA")`."""

    def photo(name: str, *, size: tuple[int, int] = (12, 8), mode: str = "RGB", **options: Any) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), np.uint8)
        Image.fromarray(noise).convert(mode).save(path, **options)
        return path

    return photo


@pytest.fixture
def mixed(desk: Path, family: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a clean, a compressed and a noisy photo; the four small models came with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", family)
    (desk / "photos").mkdir()
    clean = photo(0, 64, 64)
    for name, contents in {"a.png": png(clean), "b.jpg": jpeg(clean, 60), "c.png": png(noisy(clean, 20))}.items():
        (desk / "photos" / name).write_bytes(contents)
    return desk / "photos"


@pytest.fixture
def srgan(desk: Path, tiny_model: Path) -> Run:
    """Run a command in this process, with the small model where it enlarges."""

    def run(*words: str, **options: Any) -> Any:
        return CliRunner().invoke(app, with_model(words, tiny_model), **options)

    return run


@pytest.fixture
def refusal(srgan: Run, desk: Path) -> Callable[[int, str], str]:
    """Run a command that must end with an exit code, one line on standard error and no change of files; return it.

    What is marked in the command must be named: `refusal(2, "train srresnet-mse --minutes [nan]")`.
    """

    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns if path.is_file() else 0 for path in desk.rglob("*")}

    def run(code: int, line: str) -> str:
        before = files()
        result = srgan(*shlex.split(re.sub(r"[][]", "", line)))
        assert result.exit_code == code, result.output
        assert isinstance(result.exception, SystemExit), result.exception
        (message,) = result.stderr.splitlines()
        document = {"error": message.removeprefix("Error: ")}
        assert result.stdout == (f"{json.dumps(document, indent=2)}\n" if "--json" in line else "")
        assert message.startswith("Error: ")
        assert all(fault in message for fault in re.findall(r"\[(.*?)\]", line)), message
        assert files() == before
        return str(message)

    return run


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save twelve smooth photos, 160x160, in subfolders of a folder."""
    folder = tmp_path_factory.mktemp("album")
    random = np.random.default_rng(0)
    for number in range(12):
        (folder / f"{number % 3}").mkdir(exist_ok=True)
        small = Image.fromarray(random.integers(0, 256, (10, 10, 3), np.uint8))
        small.resize((160, 160)).save(folder / f"{number % 3}" / f"{number}.jpg")
    return folder


@pytest.fixture(scope="session")
def settings() -> list[str]:
    """`--set` for each of `TINY`, with a validation every two updates."""
    return [word for setting in (*TINY, "validate_every=2") for word in ("--set", setting)]


@pytest.fixture(scope="session")
def finished(album: Path, settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run of srresnet-mse-quick; do not write to it."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRGAN_CACHE", str(folder / "cache"))
        words = ["train", "srresnet-mse-quick", "--data", str(album), "-o", str(folder / "dogs"), *settings]
        result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return folder / "dogs"


@pytest.fixture
def run_of_mine(finished: Path, desk: Path) -> Path:
    """Copy the finished run to the desk."""
    shutil.copytree(finished, "runs/dogs")
    return Path("runs/dogs")


@pytest.fixture
def train(srgan: Run, settings: list[str]) -> Run:
    """Train a tiny network: `train("srresnet-mse-quick", "--data", "photos")`."""
    return lambda recipe, *words: srgan("train", recipe, *settings, *words)


@pytest.fixture
def interrupt_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a call of a function raise a signal: `interrupt_at(prepare, "read", call=3)`."""

    def plan(owner: Any, name: str, call: int = 1, number: signal.Signals = signal.SIGINT, times: int = 1) -> None:
        function, calls = getattr(owner, name), 0

        def counted(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            for _ in range(times if calls == call else 0):
                signal.raise_signal(number)
            return function(*args, **options)

        monkeypatch.setattr(owner, name, counted)

    return plan


@pytest.fixture
def arguments(tiny_model: Path) -> Callable[..., list[str]]:
    """Return the command line for a separate process, with the small model where it enlarges."""

    def line(*words: str) -> list[str]:
        return [sys.executable, "-m", "srgan", *with_model(words, tiny_model)]

    return line


@pytest.fixture
def only_tiny(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the small model as the only one, and return its folder."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", tiny_model.parent)
    return tiny_model.parent


def with_model(words: tuple[str, ...], model: Path) -> list[str]:
    enlarges = words[:1] == ("upscale",) and not {"--model", "--fidelity"} & set(words)
    return [*words, "--model", str(model)] if enlarges else list(words)


@pytest.fixture
def only_pair(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Install the two small models of --fidelity as the only ones."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", pair[0].parent)
    return pair


@pytest.fixture
def environment() -> dict[str, str]:
    """Return the environment of a separate process, in English and without a terminal."""
    return {**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
