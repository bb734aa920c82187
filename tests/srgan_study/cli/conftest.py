"""The command line, in an empty working folder."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from srgan.cli import app


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def srgan(desk: Path) -> Callable[..., Any]:
    """Runs a command in this process: `srgan("study", "create", "--help")`."""
    return lambda *words: CliRunner().invoke(app, words)


@pytest.fixture
def environment() -> dict[str, str]:
    """Environment of a process without a terminal, in English."""
    return {**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
