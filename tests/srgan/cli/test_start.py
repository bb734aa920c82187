"""Commands start without heavy imports, open no socket, leave nothing in the home folder, and end quietly."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.command_line import Make, run_commands

HELP = ("--help", "--version", "upscale --help", "train --help", "export --help", "evaluate --help", "reproduce --help")
HEAVY = {"numpy", "pyvips", "openvino", "torch", "safetensors", "matplotlib", "rich.progress", "srgan.evaluation"}


@pytest.mark.parametrize(
    ("lines", "used", "unused"),
    [
        (HELP, "srgan.cli.upscale", HEAVY | {"srgan.upscale.upscaler", "srgan.paper.verdicts", "srgan.training"}),
        (("recipes", "recipes show srgan-vgg54", "recipes show --help"), "srgan.training.recipes", HEAVY),
        (("data prepare photos -o ready",), "pyvips", {"torch", "openvino", "urllib.request"}),
        (
            ("upscale photos/a.png --engine openvino", "evaluate nearest --sets Set"),
            "openvino",
            {"torch", "scipy", "ray", "pyarrow", "fsspec"},
        ),
    ],
)
def test_commands_import_what_they_use(make: Make, lines: tuple[str, ...], used: str, unused: set[str]) -> None:
    for name in ("photos/a", "photos/b", "data/testsets/Set/a"):
        make(f"{name}.png", size=(100, 100))
    imported = run_commands(*lines, SRGAN_DATA="data")
    assert used in imported
    assert not imported & unused


@pytest.mark.parametrize("modules", ["srgan.cli", "srgan_study.cli, srgan.cli", "srgan_study.cli.create"])
def test_studies_are_imported_when_they_are_used(modules: str) -> None:
    """Either package may be imported first."""
    program = f"import sys, {modules}; print('srgan_study' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str("srgan_study" in modules)


def test_public_names_are_imported_on_use() -> None:
    import srgan
    from srgan import Upscaler, read, write
    from srgan.images import image as files
    from srgan.upscale.upscaler import Upscaler as Original

    assert (Upscaler, read, write) == (Original, files.read, files.write)
    with pytest.raises(AttributeError, match="has no attribute 'Upscale'"):
        _ = srgan.Upscale  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [["--help"], ["models"], ["upscale", "photo.png", "-o", "-"]])
def test_a_closed_standard_output_gives_no_traceback(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Make, words: list[str]
) -> None:
    make("photo.png", size=(120, 90))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(arguments(*words), env=environment, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


FORBID = """
import os, socket

def refuse(*args, **kwargs):
    with open(os.environ["ATTEMPTS"], "a") as log:
        log.write(f"{args} {kwargs}\\n")
    raise OSError("no sockets here")

class Socket(socket.socket):
    def __new__(cls, *args, **kwargs):
        refuse(*args, **kwargs)

socket.socket = Socket
socket.getaddrinfo = socket.create_connection = refuse
"""


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let sockets of other processes fail and be recorded, and home be an empty folder; return the record."""
    (tmp_path / "sitecustomize.py").write_text(FORBID)
    (tmp_path / "home").mkdir()
    for name in ("CI", "TF_BUILD", "JENKINS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("ATTEMPTS", str(tmp_path / "attempts"))
    for name in ("HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "attempts"


def test_no_command_opens_a_socket(offline: Path, make: Make, tiny_model: Path) -> None:
    make("photo.jpg")
    models = f"import srgan.weights.catalogue, pathlib\nsrgan.weights.catalogue.SHIPPED = pathlib.{tiny_model.parent!r}"
    enlarge = "upscale photo.jpg --model tiny"
    run_commands(enlarge, f"{enlarge} --dry-run", "models", "models tiny", "doctor", "--help", before=models)
    assert not offline.exists(), offline.read_text()
    assert list((offline.parent / "home").iterdir()) == []


def test_a_socket_is_recorded(offline: Path) -> None:
    attempts = ("socket.socket()", "socket.getaddrinfo('example.org', 80)", "socket.create_connection(('::1', 80))")
    for attempt in attempts:
        program = f"import socket; {attempt}"
        assert subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL, check=False).returncode == 1
    assert len(offline.read_text().splitlines()) == len(attempts)
