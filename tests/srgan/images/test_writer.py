"""Writing: whole files or none, whatever happens, and the pixels that were given."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import OutputError
from srgan.images.colour import Depth, Pixels, from_float
from srgan.images.image import FORMATS, EncodeOptions, ImageWriter, read, resize, write

PIXELS = np.random.default_rng(5).integers(0, 256, (40, 50, 3)).astype(np.uint8)


def _writer(path: Path, format: str = "png", **options: Any) -> ImageWriter:
    return ImageWriter(path, size=(50, 40), channels=3, depth=8, options=EncodeOptions(format), **options)


def _give_up(writer: ImageWriter, rows: Pixels, error: BaseException) -> None:
    with writer:
        writer.write_rows(rows)
        raise error


def _encoders() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("srgan-encoder")]


@pytest.mark.parametrize("format", FORMATS)
def test_only_the_file_is_left(format: str, tmp_path: Path) -> None:
    with _writer(tmp_path / "result", format) as writer:
        writer.write_rows(PIXELS[:13])
        hidden = [path.name for path in tmp_path.iterdir()]
        assert len(hidden) == 1
        assert hidden[0].startswith(".srgan-")
        writer.write_rows(PIXELS[13:])
    assert [path.name for path in tmp_path.iterdir()] == ["result"]
    assert _encoders() == []
    assert read(tmp_path / "result").info.format == format


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("rows", [0, 13, 40])
def test_nothing_is_left_of_what_is_given_up(
    format: str, error: type[BaseException], rows: int, tmp_path: Path
) -> None:
    with pytest.raises(error):
        _give_up(_writer(tmp_path / "result", format), PIXELS[:rows], error())
    assert list(tmp_path.iterdir()) == []
    assert _encoders() == []


def test_an_interruption_while_the_encoder_starts_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = ThreadPoolExecutor.submit
    begun: list[Future[None]] = []

    def interrupted(*words: Any) -> Future[None]:
        begun.append(submit(*words))
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ImageWriter(tmp_path / "a.png", size=(8, 8), channels=3, depth=8, options=EncodeOptions("png")).__enter__()
    assert begun[0].exception() is not None  # waits for its end: an image without rows is none


def test_too_few_and_too_many_rows(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="39 of 40 rows came; start again"), _writer(tmp_path / "result") as writer:
        writer.write_rows(PIXELS[:39])
    with pytest.raises(ValueError, match="40 rows were promised"), _writer(tmp_path / "result") as writer:
        writer.write_rows(np.concatenate([PIXELS, PIXELS[:1]]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [PIXELS[:, :49], PIXELS[:, :, :1], PIXELS.astype(np.uint16), PIXELS[:, :, 0]])
def test_other_rows_than_promised(rows: Pixels, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="were promised"), _writer(tmp_path / "result") as writer:
        writer.write_rows(rows)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import os, resource, sys, threading, time
import numpy as np
from srgan.errors import OutputError
from srgan.images.image import ImageWriter, EncodeOptions

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
rows = np.random.default_rng(0).integers(0, 256, (100, 1000, 3)).astype(np.uint8)
folder, format, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
began = time.monotonic()
try:
    with ImageWriter(
        folder + "/result", size=(1000, 100 * count), channels=3, depth=8, options=EncodeOptions(format)
    ) as writer:
        for _ in range(count):
            writer.write_rows(rows)
except OutputError as error:
    print(error)
print(time.monotonic() - began < 20, os.listdir(folder))
print([thread.name for thread in threading.enumerate() if "srgan" in thread.name])
"""


@pytest.mark.parametrize(
    ("format", "count"), [("jpeg", 300), ("png", 300), ("tiff", 300), ("webp", 3), ("avif", 3), ("bmp", 300)]
)
def test_full_disk_is_one_line_and_no_deadlock(format: str, count: int, tmp_path: Path) -> None:
    # A limit on the size of files fails writes half-way, as a full disk does; 300 blocks are more than the pipe holds.
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), format, str(count)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    message, *rest = result.stdout.splitlines()
    assert message.startswith(f"{tmp_path}/result cannot be written (")
    assert "File too large" in message
    assert rest == ["True []", "[]"]
    assert result.stderr == ""


@pytest.mark.parametrize("format", ["png", "tiff", "jpeg", "webp"])
def test_same_input_same_bytes(format: str, tmp_path: Path) -> None:
    for name in ("first", "second"):
        with _writer(tmp_path / name, format) as writer:
            for row in PIXELS if name == "first" else [PIXELS]:
                writer.write_rows(row.reshape(-1, 50, 3))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_metadata_has_one_size_whatever_the_placeholder(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for number, first in enumerate((b"\0", b" ", b"\xff")):  # libexif mends texts by how they begin
        mark = first + bytes(range(1, 32))
        monkeypatch.setattr("srgan.images.writer.secrets.token_bytes", lambda _, mark=mark: mark)
        path = tmp_path / f"{number}.{format}"
        write(path, PIXELS, options=EncodeOptions(format, made_by="srgan"))
        made.append(path.read_bytes())
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("depth", [8, 16, 32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(31, 77), (7, 5), (50, 41)])
def test_resized_while_written(depth: Depth, channels: int, size: tuple[int, int], tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 1 << depth, (40, 50, channels))
    pixels = from_float(values / (1 << depth), depth)
    options = EncodeOptions("tiff" if depth == 32 else "png")
    with ImageWriter(
        tmp_path / "result", size=(50, 40), channels=channels, depth=depth, options=options, resize_to=size
    ) as writer:
        for start in range(0, 40, 7):
            writer.write_rows(pixels[start : start + 7])
    result = read(tmp_path / "result")
    assert (result.info.width, result.info.height, result.info.depth) == (*size, depth)
    assert np.array_equal(result.pixels, resize(pixels, size))


def test_what_does_not_fit_is_refused_before_anything_is_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        ImageWriter(
            tmp_path / "a", size=(4, 4), channels=3, depth=8, options=EncodeOptions("jpeg"), resize_to=(65_536, 4)
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_lossless_keeps_every_pixel(format: str, tmp_path: Path) -> None:
    hidden = np.dstack([PIXELS, np.where(PIXELS[:, :, 0] > 99, 255, 0).astype(np.uint8)])  # colours under alpha 0
    write(tmp_path / "a", hidden, options=EncodeOptions(format, lossless=True))
    assert np.array_equal(read(tmp_path / "a").pixels, hidden)


def test_lossless_webp_stays_lossless_unless_asked_otherwise(tmp_path: Path) -> None:
    write(tmp_path / "a.webp", PIXELS, options=EncodeOptions("webp", lossless=True))
    source = read(tmp_path / "a.webp")
    assert source.metadata.lossless
    write(tmp_path / "b.webp", source.pixels, metadata=source.metadata)
    assert np.array_equal(read(tmp_path / "b.webp").pixels, PIXELS)
    write(tmp_path / "c.webp", source.pixels, metadata=source.metadata, options=EncodeOptions("webp", lossless=False))
    assert not read(tmp_path / "c.webp").metadata.lossless


def test_jpeg_keeps_the_full_resolution_of_colour(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg", PIXELS, options=EncodeOptions("jpeg", quality=50))  # from 90 on by itself
    with Image.open(tmp_path / "a.jpg") as picture:
        assert [layer[1:3] for layer in picture.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]
    errors = []
    for quality in (30, 95):
        write(tmp_path / "b.jpg", PIXELS, options=EncodeOptions("jpeg", quality=quality), overwrite=True)
        errors.append(np.abs(read(tmp_path / "b.jpg").pixels.astype(int) - PIXELS).mean())
    assert errors[1] < 4 < 10 < errors[0]


MEMORY = """
import resource, sys
import numpy as np
from srgan.images.image import ImageReader, ImageWriter, EncodeOptions

path, format, height, how = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
width = 6000
rows = (np.add.outer(np.arange(50) * 3, np.arange(width * 3) // 90) % 256).astype(np.uint8).reshape(50, width, 3)
if how == "pyramid":
    rows = np.random.default_rng(0).integers(0, 256, rows.shape, np.uint8)  # whose smaller copies take room
options = EncodeOptions(format, pyramid=how == "pyramid")
final = (width * 3 // 4, height * 3 // 4) if how == "resized" else None
with ImageWriter(path, size=(width, height), channels=3, depth=8, options=options, resize_to=final) as writer:
    for _ in range(height // 50):
        writer.write_rows(rows)
with ImageReader(path) as reader:
    while len(reader.read_rows(50)):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss has other units elsewhere")
@pytest.mark.parametrize(
    ("format", "how"), [("png", ""), ("tiff", ""), ("jpeg", ""), ("png", "resized"), ("tiff", "pyramid")]
)
def test_memory_does_not_grow_with_the_picture(format: str, how: str, tmp_path: Path) -> None:
    used = []
    for height in (600, 5000):
        command = [sys.executable, "-c", MEMORY, str(tmp_path / f"{height}"), format, str(height), how]
        used.append(int(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout))
    assert used[1] - used[0] < 20, used  # MiB; the picture grew by 75


def test_no_other_library_is_brought_in() -> None:
    # Without the package's own door, which brings the engines in.
    root = Path(__file__).resolve().parents[3] / "src" / "srgan"
    code = (
        f"import sys, types; package = types.ModuleType('srgan'); package.__path__ = [{str(root)!r}]; "
        "sys.modules['srgan'] = package; import srgan.images.image; "
        "print([name for name in ('torch', 'PIL', 'scipy', 'skimage') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "[]\n"


INTERRUPTED = """
import os, signal, sys, threading
import numpy as np
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background jobs ignore it
from srgan.images.image import ImageWriter, EncodeOptions

rows = np.random.default_rng(0).integers(0, 256, (100, 3000, 3)).astype(np.uint8)
print("ready", flush=True)
try:
    with ImageWriter(
        sys.argv[1] + "/result", size=(3000, 10**6), channels=3, depth=8, options=EncodeOptions("png")
    ) as writer:
        while True:
            writer.write_rows(rows)
except KeyboardInterrupt:
    print(os.listdir(sys.argv[1]), [thread.name for thread in threading.enumerate() if "srgan" in thread.name])
"""


def test_interrupt_while_waiting_for_the_encoder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)  # the pipe is full by now: rows come faster than they are compressed
        assert any(path.name.startswith(".srgan-") for path in tmp_path.iterdir())
        process.send_signal(signal.SIGINT)
        output, complaints = process.communicate(timeout=20)
    assert (output, complaints, process.returncode) == ("[] []\n", "", 0)
