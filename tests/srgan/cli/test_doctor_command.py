"""`srgan doctor`: findings, and a remedy for each problem."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import PictureError
from srgan.weights.catalogue import find
from tests.conftest import replace_card

Run = Callable[..., Any]


@pytest.mark.usefixtures("only_tiny")
def test_no_problems(srgan: Run) -> None:
    result = srgan("doctor")
    assert result.exit_code == 0, result.stdout
    *findings, last = result.stdout.splitlines()
    assert all(line.startswith("ok ") for line in findings)
    assert last == "No problems found."
    about = ("srgan", "libraries", "torch", "processor", "graphics", "engine", "memory", "formats", "model tiny")
    assert all(any(line.split("ok")[1].strip().startswith(word) for line in findings) for word in about)
    assert "checksums hold" in result.stdout
    assert "self-test in" in result.stdout
    assert "a photo of 12 megapixels takes about" in result.stdout


@pytest.mark.usefixtures("only_tiny")
def test_json(srgan: Run) -> None:
    document = json.loads(srgan("doctor", "--json").stdout)
    assert document["ok"] is True
    assert {"ok", "about", "what", "remedy"} == set(document["findings"][0])


def problem(result: Any) -> str:
    """Return the line of the only problem."""
    assert result.exit_code == 1, result.stdout
    assert result.stdout.splitlines()[-1] == "1 problem found."
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("PROBLEM")]
    return str(line)


@pytest.mark.usefixtures("only_tiny")
def test_little_memory(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.engines.memory.free_memory", lambda: 100_000_000)
    assert "close other programs" in problem(srgan("doctor"))


@pytest.mark.usefixtures("only_tiny")
def test_a_format_that_does_not_work(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(source: Path | bytes) -> None:
        if isinstance(source, Path) and source.suffix == ".avif":
            raise PictureError("no codec")

    monkeypatch.setattr("srgan.images.image.read", read)
    line = problem(srgan("doctor"))
    assert "avif cannot be used" in line
    assert "install srgan again" in line


def install_copy(tiny_model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a copy of the small model as the only one, and return its folder."""
    (folder / "tiny.onnx").write_bytes(tiny_model.read_bytes())
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", folder)
    return folder


def test_a_damaged_file(srgan: Run, tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (install_copy(tiny_model, desk, monkeypatch) / "tiny.onnx").write_bytes(b"damaged")
    assert "is damaged" in problem(srgan("doctor"))


def test_a_damaged_card(srgan: Run, tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_card(install_copy(tiny_model, desk, monkeypatch) / "tiny.onnx", "{}")
    assert "not a model card" in problem(srgan("doctor"))


def test_no_model(srgan: Run, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", desk)
    assert "none is installed" in problem(srgan("doctor"))


def test_a_failed_self_test(srgan: Run, tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = install_copy(tiny_model, desk, monkeypatch) / "tiny.onnx"
    card = json.loads(find(path).card.to_json())
    card["probe"]["values"][0] += 0.1
    replace_card(path, json.dumps(card))
    line = problem(srgan("doctor"))
    assert "self-test" in line
    assert "--precision fp32" in line


def test_a_library_that_cannot_be_loaded(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "srgan.engines.openvino", None)
    line = problem(srgan("doctor"))
    assert "cannot be loaded" in line
    assert "install srgan again" in line
