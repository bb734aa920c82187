"""`srgan doctor`: findings, and a remedy for each problem."""

import json
import sys
from pathlib import Path

import pytest

from srgan.errors import PictureError
from srgan.weights.catalogue import find
from tests.conftest import replace_card
from tests.helpers.command_line import Run


@pytest.fixture
def problem(srgan: Run) -> Run:
    """Run the command, which must find one problem, and return its line."""

    def run() -> str:
        result = srgan("doctor")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 problem found.")
        (line,) = [line for line in result.stdout.splitlines() if line.startswith("PROBLEM")]
        return str(line)

    return run


@pytest.mark.usefixtures("only_tiny")
def test_no_problems(srgan: Run) -> None:
    result = srgan("doctor")
    assert result.exit_code == 0, result.stdout
    *findings, last = result.stdout.splitlines()
    assert all(line.startswith("ok ") for line in findings)
    assert last == "No problems found."
    about = ("srgan", "libraries", "torch", "processor", "graphics", "engine", "memory", "formats", "model tiny")
    assert all(any(line.split("ok")[1].strip().startswith(word) for line in findings) for word in about)
    assert all(words in result.stdout for words in ("checksums hold", "self-test in", "12 megapixels takes about"))
    document = json.loads(srgan("doctor", "--json").stdout)
    assert document["ok"] is True
    assert set(document["findings"][0]) == {"ok", "about", "what", "remedy"}


@pytest.mark.usefixtures("only_tiny")
def test_little_memory(problem: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.engines.memory.free_memory", lambda: 100_000_000)
    assert "close other programs" in problem()


@pytest.mark.usefixtures("only_tiny")
def test_a_format_that_does_not_work(problem: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(source: Path | bytes) -> None:
        if isinstance(source, Path) and source.suffix == ".avif":
            raise PictureError("no codec")

    monkeypatch.setattr("srgan.images.image.read", read)
    assert "avif cannot be used" in problem()


@pytest.fixture
def installed(tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a copy of the small model as the only one."""
    (desk / "tiny.onnx").write_bytes(tiny_model.read_bytes())
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", desk)
    return desk / "tiny.onnx"


def test_damaged_files_and_none(problem: Run, installed: Path) -> None:
    replace_card(installed, "{}")
    assert "not a model card" in problem()
    installed.write_bytes(b"damaged")
    assert "is damaged" in problem()
    installed.unlink()
    assert "none is installed" in problem()


def test_a_failed_self_test(problem: Run, installed: Path) -> None:
    card = json.loads(find(installed).card.to_json())
    card["probe"]["values"][0] += 0.1
    replace_card(installed, json.dumps(card))
    line = problem()
    assert "self-test" in line
    assert "--precision fp32" in line


def test_a_library_that_cannot_be_loaded(problem: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "srgan.engines.openvino", None)
    line = problem()
    assert "cannot be loaded" in line
    assert "install srgan again" in line
