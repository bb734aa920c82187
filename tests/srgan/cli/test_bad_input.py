"""Whatever is given: one clear line, an exit code, and no file."""

import os
import resource
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]
Make = Callable[..., Path]


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


CASES = {
    "missing file": (["absent.jpg"], 1, "absent.jpg does not exist"),
    "folder without pictures": (["empty"], 1, "the folder empty has no images"),
    "no match": (["*.webp"], 1, "no image matches"),
    "text": (["text.jpg"], 1, "text.jpg is not a picture"),
    "zero bytes": (["zero.jpg"], 1, "zero.jpg is empty"),
    "truncated JPEG": (["cut.jpg"], 1, "cut.jpg is damaged or cut short"),
    "truncated PNG": (["cut.png"], 1, "cut.png is damaged or cut short"),
    "huge header": (["huge.png"], 1, "raise --max-pixels"),
    "more than --max-pixels": (["photo.jpg", "--max-pixels", "95"], 1, "raise --max-pixels"),
    "NaN": (["nan.tif"], 1, "NaN"),
    "transparency to JPEG": (["alpha.png", "--format", "jpeg"], 1, "cannot hold transparency"),
    "folder under a file": (["photo.jpg", "-o", "text.jpg/out.png"], 1, "text.jpg is a file"),
    "device": (["photo.jpg", "-o", "/dev/full"], 1, "/dev/full is a file"),
    "unknown model": (["photo.jpg", "--model", "nope"], 1, "choose one of tiny"),
    "absent model file": (["photo.jpg", "--model", "nope.onnx"], 1, "there is no model file nope.onnx"),
    "model without card": (["photo.jpg", "--model", "lone.onnx"], 1, "card"),
    "damaged model": (["photo.jpg", "--model", "damaged/tiny.onnx"], 1, "is damaged"),
    "damaged model, many photos": (["*.jpg", "--model", "damaged/tiny.onnx"], 1, "is damaged"),
    "no scale": (["photo.jpg", "--scale", "0"], 2, "--scale must be above 0"),
    "negative scale": (["photo.jpg", "--scale", "-2"], 2, "--scale must be above 0"),
    "NaN scale": (["photo.jpg", "--scale", "nan"], 2, "not nan"),
    "infinite scale": (["photo.jpg", "--scale", "inf"], 2, "not inf"),
    "no width": (["photo.jpg", "--width", "0"], 2, "--width must be 1 or more"),
    "scale and width": (["photo.jpg", "--scale", "2", "--width", "9"], 2, "both set the size"),
    "fidelity above 1": (["photo.jpg", "--fidelity", "1.5"], 2, "--fidelity must be from 0"),
    "fidelity below 0": (["photo.jpg", "--fidelity", "-0.1"], 2, "not -0.1"),
    "NaN fidelity": (["photo.jpg", "--fidelity", "nan"], 2, "not nan"),
    "fidelity without its models": (
        ["photo.jpg", "--fidelity", "0.7"],
        1,
        "came without srgan and srresnet, which auto needs: upgrade srgan, or name",
    ),
    "fidelity with one model": (["photo.jpg", "--fidelity", "0.7", "--model", "tiny"], 2, "or neither"),
    "faithful without fidelity": (["photo.jpg", "--faithful", "tiny"], 2, "--faithful is one end"),
    "fidelity between one": (
        ["photo.jpg", "--fidelity", "0.7", "--model", "tiny", "--faithful", "tiny"],
        2,
        "--faithful and model are both tiny",
    ),
    "unknown format": (["photo.jpg", "--format", "psd"], 2, "--format must be one of jpeg"),
    "itself": (["photo.jpg", "-o", "photo.jpg", "--overwrite"], 2, "the place of its source"),
    "picture and JSON": (["-", "--json"], 2, "--json and the image"),
}


@pytest.mark.usefixtures("mess", "only_tiny")
@pytest.mark.parametrize(("words", "code", "said"), CASES.values(), ids=CASES.keys())
def test_one_line_and_no_file(srgan: Run, desk: Path, words: list[str], code: int, said: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*") if path.is_file()}
    folders = sorted(path for path in desk.rglob("*") if path.is_dir())
    result = srgan("upscale", *words)
    assert result.exit_code == code
    assert isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert said in lines[0]
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*") if path.is_file()} == before
    assert sorted(path for path in desk.rglob("*") if path.is_dir()) == folders


@pytest.mark.parametrize("words", [["--scale", "abc"], ["--quality", "0"], ["--max-pixels", "0"], ["--engine", "x"]])
def test_what_is_no_value_of_an_option_is_a_usage_error(srgan: Run, make: Make, words: list[str]) -> None:
    make("photo.jpg")
    result = srgan("upscale", "photo.jpg", *words)
    assert result.exit_code == 2
    assert words[0] in result.stderr


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
@pytest.mark.parametrize(
    "words", [["upscale", "photo.png", "-o", "-"], ["models"], ["models", "--json"], ["--version"]]
)
def test_a_full_standard_output_is_told(
    arguments: Callable[..., list[str]], environment: dict[str, str], make: Make, words: list[str]
) -> None:
    make("photo.png")
    with open("/dev/full", "w") as full:
        done = subprocess.run(arguments(*words), env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "standard output cannot be written" in done.stderr


def test_a_keyboard_is_no_pipe(arguments: Callable[..., list[str]], environment: dict[str, str], desk: Path) -> None:
    ours, its = os.openpty()
    done = subprocess.run(arguments("upscale", "-"), env=environment, stdin=its, capture_output=True, text=True)
    os.close(ours)
    os.close(its)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: - reads an image from a pipe")
    assert done.stdout == ""
