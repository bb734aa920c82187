"""The command starts without heavy imports, and ends quietly on a closed pipe."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HEAVY = {"numpy", "pyvips", "openvino", "torch", "rich.progress", "srgan.upscale.upscaler"}


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["upscale", "--help"],
        ["train", "--help"],
        ["recipes", "--help"],
        ["recipes", "show", "--help"],
        ["export", "--help"],
        ["--version"],
    ],
)
def test_help_imports_nothing_heavy(environment: dict[str, str], words: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "srgan", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "srgan.cli.upscale" in imported
    assert not imported & HEAVY
    assert not [name for name in imported if name.startswith("srgan.training")]


@pytest.mark.parametrize("modules", ["srgan.cli", "srgan_study.cli, srgan.cli", "srgan_study.cli.create"])
def test_studies_are_imported_when_they_are_used(environment: dict[str, str], modules: str) -> None:
    """Either package may be imported first."""
    program = f"import sys, {modules}; print('srgan_study' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str("srgan_study" in modules)


def test_upscaling_does_not_import_torch(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Callable[..., Path]
) -> None:
    make("photo.jpg")
    python, *rest = arguments("upscale", "photo.jpg", "--engine", "openvino")
    done = subprocess.run([python, "-X", "importtime", *rest], env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "openvino" in imported
    assert "torch" not in imported


def test_public_names_are_imported_on_use() -> None:
    import srgan
    from srgan import Upscaler, read, write
    from srgan.images import image as files
    from srgan.upscale.upscaler import Upscaler as Original

    assert (Upscaler, read, write) == (Original, files.read, files.write)
    with pytest.raises(AttributeError, match="has no attribute 'Upscale'"):
        _ = srgan.Upscale  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [["--help"], ["models"], ["models", "--json"], ["upscale", "photo.png", "-o", "-"]])
def test_a_closed_standard_output_gives_no_traceback(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Callable[..., Path], words: list[str]
) -> None:
    make("photo.png", size=(120, 90))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(arguments(*words), env=environment, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""
