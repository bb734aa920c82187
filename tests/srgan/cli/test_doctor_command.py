"""`srgan doctor` finds what is wrong, and says what to do about it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import PictureError

Run = Callable[..., Any]


@pytest.mark.usefixtures("only_tiny")
def test_all_is_well(srgan: Run) -> None:
    result = srgan("doctor")
    assert result.exit_code == 0, result.stdout
    *findings, last = result.stdout.splitlines()
    assert all(line.startswith("ok ") for line in findings)
    assert last == "All is well."
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
    """The one problem that was found."""
    assert result.exit_code == 1, result.stdout
    assert result.stdout.splitlines()[-1] == "1 problem found."
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("PROBLEM")]
    return str(line)


@pytest.mark.usefixtures("only_tiny")
def test_little_memory(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.cli.checks.free_memory", lambda: 100_000_000)
    assert "close other programs" in problem(srgan("doctor"))


@pytest.mark.usefixtures("only_tiny")
def test_a_format_that_does_not_work(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from srgan.cli import checks

    def read(source: Path | bytes) -> None:
        if isinstance(source, Path) and source.suffix == ".avif":
            raise PictureError("no codec")

    monkeypatch.setattr(checks, "read", read)
    line = problem(srgan("doctor"))
    assert "avif cannot be used" in line
    assert "install srgan again" in line


def copied(tiny_model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small model as the only one, in a folder where it may be damaged."""
    for suffix in (".json", ".onnx", ".safetensors"):
        (folder / f"tiny{suffix}").write_bytes(tiny_model.with_suffix(suffix).read_bytes())
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", folder)
    return folder


def test_a_damaged_file(srgan: Run, tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copied(tiny_model, desk, monkeypatch) / "tiny.onnx").write_bytes(b"damaged")
    assert "checksum is wrong" in problem(srgan("doctor"))


def test_a_damaged_card(srgan: Run, tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copied(tiny_model, desk, monkeypatch) / "tiny.json").write_text("{}")
    assert "not a model card" in problem(srgan("doctor"))


def test_no_model(srgan: Run, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", desk)
    assert "none is installed" in problem(srgan("doctor"))


def test_a_processor_that_computes_something_else(
    srgan: Run, tiny_model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copied(tiny_model, desk, monkeypatch) / "tiny.json"
    card = json.loads(path.read_text())
    card["probe"]["values"][0] += 0.1
    path.write_text(json.dumps(card))
    line = problem(srgan("doctor"))
    assert "self-test" in line
    assert "--precision fp32" in line


def test_a_library_that_cannot_be_loaded(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "srgan.cli.checks", None)
    line = problem(srgan("doctor"))
    assert "cannot be loaded" in line
    assert "install srgan again" in line
