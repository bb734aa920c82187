"""Whatever is given: one clear line, an exit code, and no file."""

import os
import resource
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.command_line import Make, Run


def shorten(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def claim(path: Path, width: int, height: int) -> None:
    """A PNG that says it is large and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"")]
    body = b"".join(struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@pytest.fixture
def mess(make: Make, tiny_model: Path) -> None:
    """A desk with everything that can be wrong with a file."""
    make("photo.jpg"), make("photo.png"), make("alpha.png", mode="RGBA")
    Path("empty").mkdir()
    Path("text.jpg").write_text("Dear diary,\n" * 100)
    Path("zero.jpg").touch()
    shorten(make("cut.jpg", size=(64, 64)))
    shorten(make("cut.png", size=(64, 64)))
    claim(Path("huge.png"), 100_000, 100_000)
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save("nan.tif")
    Path("damaged").mkdir()
    Path("damaged/tiny.onnx").write_bytes(tiny_model.read_bytes())
    shorten(Path("damaged/tiny.onnx"))
    Path("lone.onnx").touch()


FAILED = (
    *("[absent.jpg]", "[empty]", "[*.webp]", "[text.jpg]", "[zero.jpg]", "[cut.jpg]", "[cut.png]", "nan.tif"),
    *("huge.png", "photo.jpg --max-pixels 95", "alpha.png --format jpeg", "photo.jpg --fidelity 0.7"),
    *("photo.jpg -o [text.jpg]/out.png", "photo.jpg -o [/dev/full]", "photo.jpg --model [nope]"),
    *("photo.jpg --model [nope.onnx]", "photo.jpg --model [lone].onnx"),
    *("photo.jpg --model damaged/[tiny.onnx]", "*.jpg --model damaged/[tiny.onnx]"),
)
MISUSED = (
    *("photo.jpg [--scale] [0]", "photo.jpg [--scale] [-2]", "photo.jpg [--scale] [nan]", "photo.jpg --scale [inf]"),
    *("photo.jpg [--width] 0", "photo.jpg --scale 2 --width 9", "photo.jpg [--format] psd", "- [--json]"),
    *("photo.jpg [--fidelity] [1.5]", "photo.jpg [--fidelity] [-0.1]", "photo.jpg [--fidelity] [nan]"),
    *("photo.jpg --fidelity 0.7 --model tiny", "photo.jpg [--faithful] tiny", "photo.jpg -o photo.jpg --overwrite"),
    *("photo.jpg --fidelity 0.7 --model tiny [--faithful] [tiny]",),
)


@pytest.mark.usefixtures("mess", "only_tiny")
@pytest.mark.parametrize(("code", "line"), [*((1, line) for line in FAILED), *((2, line) for line in MISUSED)])
def test_one_line_and_no_file(refusal: Callable[[int, str], str], code: int, line: str) -> None:
    refusal(code, f"upscale {line}")


@pytest.mark.usefixtures("mess")
@pytest.mark.parametrize(
    "line",
    [
        *("upscale [{0}.jpg]", "upscale photo.jpg -o [{0}]/", "upscale photo.jpg --model [{0}.onnx]"),
        *("data prepare [{0}] -o ready", "train srresnet-mse-quick --data [{0}]", "models [{0}]", "web --folder [{0}]"),
    ],
)
def test_a_name_that_is_too_long_is_one_line(refusal: Callable[[int, str], str], line: str) -> None:
    refusal(1, line.format("long" * 100))


def test_names_cannot_control_the_terminal(srgan: Run, make: Make) -> None:
    make("a\x1b[31m.png"), make("b\nc.png")
    result = srgan("upscale", "a\x1b[31m.png", "b\nc.png")
    assert "a?[31m-x4.png" in srgan("upscale", "a\x1b[31m.png", "--overwrite").stdout
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "b?c" in srgan("upscale", "b\nc.png", "--overwrite").stdout


@pytest.mark.parametrize(
    "words",
    [
        ["upscale", "photo.jpg", "--scale", "abc"],
        ["upscale", "photo.jpg", "--quality", "0"],
        ["upscale", "photo.jpg", "--max-pixels", "0"],
        ["upscale", "photo.jpg", "--engine", "x"],
        ["models", "--unknown"],
        ["unknown"],
    ],
)
def test_a_wrong_command_line_is_told_in_a_line(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Make, words: list[str]
) -> None:
    make("photo.jpg")
    done = subprocess.run(arguments(*words), env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words[-2 if words[0] == "upscale" else -1] in line
    assert "--help" in line


def test_a_full_disk_leaves_no_file(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Make, desk: Path
) -> None:
    make("photo.png", size=(120, 90))  # noise: its enlargement has more than 100 kB
    done = subprocess.run(
        arguments("upscale", "photo.png", "-o", "large/"),
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: photo.png: ")
    assert "cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(desk.rglob("*")) == [desk / "photo.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["upscale", "photo.png", "-o", "-"], ["models"], ["--version"]])
def test_a_full_standard_output_is_told(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Make, words: list[str]
) -> None:
    make("photo.png")
    with open("/dev/full", "w") as full:
        done = subprocess.run(arguments(*words), env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "standard output cannot be written" in done.stderr


@pytest.mark.parametrize("closed", [1, 2])
def test_streams_may_be_closed(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Make, closed: int
) -> None:
    make("photo.png")
    for words in (["upscale", "photo.png", "--overwrite"], ["models"]):
        done = subprocess.run(arguments(*words), env=environment, preexec_fn=lambda: os.close(closed))
        assert done.returncode == 0
    assert Path("photo-x4.png").exists()


def test_a_keyboard_is_no_pipe(arguments: Callable[..., list[str]], environment: dict[str, str], desk: Path) -> None:
    ours, its = os.openpty()
    done = subprocess.run(arguments("upscale", "-"), env=environment, stdin=its, capture_output=True, text=True)
    os.close(ours)
    os.close(its)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: - reads an image from a pipe")
    assert done.stdout == ""


def test_a_question_without_an_answer_is_told_in_a_line(
    arguments: Callable[..., list[str]], environment: dict[str, str], desk: Path
) -> None:
    (desk / "model.onnx").write_bytes(b"no model")
    ours, its = os.openpty()
    os.write(ours, b"\x04")  # Ctrl-D
    words = arguments("models", "add", "model.onnx")
    done = subprocess.run(words, env=environment, stdin=its, capture_output=True, text=True)
    os.close(ours)
    os.close(its)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
