"""No command opens a socket or leaves a file in the home folder."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[..., Path]

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

# Runs `srgan` with the small model as the only one.
COMMAND = """
import sys
from pathlib import Path
import srgan.weights.catalogue
srgan.weights.catalogue.SHIPPED = Path(sys.argv.pop(1))
from srgan.cli import main
main()
"""


@pytest.fixture
def offline(tmp_path: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return an environment in which sockets fail and are recorded, and home is an empty folder."""
    (tmp_path / "forbid").mkdir()
    (tmp_path / "forbid" / "sitecustomize.py").write_text(FORBID)
    (tmp_path / "home").mkdir()
    kept = {name: value for name, value in environment.items() if name not in ("CI", "TF_BUILD", "JENKINS_URL")}
    return {
        **kept,
        "PYTHONPATH": str(tmp_path / "forbid"),
        "ATTEMPTS": str(tmp_path / "attempts"),
        "HOME": str(tmp_path / "home"),
        "LOCALAPPDATA": str(tmp_path / "home"),
    }


@pytest.mark.parametrize(
    "words",
    [
        ["upscale", "photo.jpg", "--model", "tiny"],
        ["upscale", "photo.jpg", "--model", "tiny", "--dry-run"],
        ["models"],
        ["models", "tiny"],
        ["doctor"],
        ["--help"],
    ],
)
def test_no_command_opens_a_socket(
    offline: dict[str, str], make: Make, tiny_model: Path, tmp_path: Path, words: list[str]
) -> None:
    make("photo.jpg")
    command = [sys.executable, "-c", COMMAND, str(tiny_model.parent), *words]
    done = subprocess.run(command, env=offline, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "attempts").exists(), (tmp_path / "attempts").read_text()
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize(
    "attempt", ["socket.socket()", "socket.getaddrinfo('example.org', 80)", "socket.create_connection(('::1', 80))"]
)
def test_a_socket_is_recorded(offline: dict[str, str], tmp_path: Path, attempt: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import socket; {attempt}"], env=offline, stderr=subprocess.DEVNULL)
    assert done.returncode == 1
    assert (tmp_path / "attempts").exists()
