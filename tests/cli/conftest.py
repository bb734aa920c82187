"""A desk with photos on it, and the command line to use there."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from srgan.cli import app

Run = Callable[..., Any]
Make = Callable[..., Path]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def make(desk: Path) -> Make:
    """Makes a photo of noise: `make("photos/a.jpg", size=(12, 8), mode="RGBA")`."""

    def photo(name: str, *, size: tuple[int, int] = (12, 8), mode: str = "RGB", **options: Any) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), np.uint8)
        Image.fromarray(noise).convert(mode).save(path, **options)
        return path

    return photo


@pytest.fixture
def srgan(desk: Path, tiny_model: Path) -> Run:
    """Runs a command in this process, with the small model where it enlarges."""

    def run(*words: str, **options: Any) -> Any:
        return CliRunner().invoke(app, with_model(words, tiny_model), **options)

    return run


@pytest.fixture
def arguments(tiny_model: Path) -> Callable[..., list[str]]:
    """The words of a command line for a process of its own, with the small model where it enlarges."""

    def line(*words: str) -> list[str]:
        return [sys.executable, "-m", "srgan", *with_model(words, tiny_model)]

    return line


@pytest.fixture
def only_tiny(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the small model, which is the only one that came with srgan."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", tiny_model.parent)
    return tiny_model.parent


def with_model(words: tuple[str, ...], model: Path) -> list[str]:
    enlarges = words[:1] == ("upscale",) and "--model" not in words
    return [*words, "--model", str(model)] if enlarges else list(words)


@pytest.fixture
def environment() -> dict[str, str]:
    """That of a process of its own which speaks English and knows no terminal."""
    return {**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
