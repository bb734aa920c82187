"""Files that are no image, are damaged, or only look damaged: one clear line, or the pixels that decoders agree on."""

import os
import resource
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from srgan.errors import PictureError
from srgan.images.image import ImageReader, read
from tests.helpers.image_files import png_of, saved

RNG = np.random.default_rng(7)
COLOUR = RNG.integers(0, 256, (24, 30, 3)).astype(np.uint8)
SMOOTH = np.asarray(Image.fromarray(COLOUR[:6, :8]).resize((64, 48), Image.Resampling.BICUBIC))


FORMATS_CUT = [
    ("jpeg", {}), ("jpeg", {"progressive": True}), ("png", {}), ("webp", {}), ("webp", {"lossless": True}),
    ("tiff", {}), ("tiff", {"compression": "tiff_lzw"}), ("tiff", {"compression": "tiff_adobe_deflate"}),
    ("avif", {}), ("gif", {}),
]  # fmt: skip


@pytest.mark.parametrize(("format", "options"), FORMATS_CUT)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.97])
def test_cut_short_is_refused(format: str, options: dict[str, Any], kept: float, tmp_path: Path) -> None:
    data = saved(SMOOTH, format, **options)
    path = tmp_path / "cut"
    path.write_bytes(data[: int(len(data) * kept)])
    for source in (path, path.read_bytes()):
        with pytest.raises(PictureError, match=r": (use|save|give)") as caught:
            read(source)
        assert "\n" not in str(caught.value)
    assert read(data).pixels.shape == (48, 64, 3)


def test_jpeg_cut_and_closed_again_is_no_gray_picture() -> None:
    data = saved(SMOOTH, "jpeg", quality=95)
    with pytest.raises(PictureError, match="premature end of data segment"):
        read(data[: len(data) * 2 // 3] + b"\xff\xd9")


def _with_odd_scan_header(data: bytes) -> bytes:
    """A JPEG with 00 00 00 at the end of its scan header, as phones of one maker write it."""
    at = data.index(b"\xff\xda") + 2 + int.from_bytes(data[data.index(b"\xff\xda") + 2 :][:2], "big")
    assert data[at - 3 : at] == b"\x00\x3f\x00"
    return data[: at - 3] + bytes(3) + data[at:]


def test_warnings_that_lose_no_pixel_are_no_errors(tmp_path: Path) -> None:
    data = saved(SMOOTH, "jpeg", quality=95)
    odd = _with_odd_scan_header(data)
    (tmp_path / "a.jpg").write_bytes(odd)
    for source in (odd, tmp_path / "a.jpg"):
        assert np.array_equal(read(source).pixels, read(data).pixels)
    with pytest.raises(PictureError, match="premature end"):
        read(odd[: len(odd) * 2 // 3] + b"\xff\xd9")


@pytest.mark.parametrize("where", ["before the tables", "before the end"])
def test_jpeg_with_padding_is_read(where: str) -> None:
    data = saved(SMOOTH, "jpeg")
    at = data.index(b"\xff\xdb") if where == "before the tables" else len(data) - 2
    padded = data[:at] + bytes(20) + data[at:]
    assert np.array_equal(read(padded).pixels, read(data).pixels)
    with pytest.raises(PictureError, match="premature end"):
        read(padded[: len(padded) * 2 // 3] + b"\xff\xd9")


def test_damage_is_found_when_its_message_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages of libvips are one buffer of the process, which another thread, as of a writer, may empty."""
    data = saved(SMOOTH, "jpeg", quality=95)
    monkeypatch.setattr("srgan.images.decoder.reason", lambda failure: "unreadable data")
    with pytest.raises(PictureError):
        read(data[: len(data) * 2 // 3] + b"\xff\xd9")
    messages = iter(["unreadable data", "Corrupt JPEG data: 20 extraneous bytes before marker 0xd9"])
    monkeypatch.setattr("srgan.images.decoder.reason", lambda failure: next(messages))
    assert np.array_equal(read(data[:-2] + bytes(20) + data[-2:]).pixels, read(data).pixels)


def test_padded_cmyk_jpeg_is_read() -> None:
    inks = pyvips.Image.new_from_array(SMOOTH).copy(interpretation="srgb").icc_transform("cmyk", input_profile="srgb")
    data = inks.write_to_buffer(".jpg")
    assert np.array_equal(read(data[:-2] + bytes(20) + data[-2:]).pixels, read(data).pixels)


def test_png_header_with_a_wrong_sum_is_refused_before_it_is_believed() -> None:
    data = bytearray(saved(COLOUR, "png"))
    data[17] ^= 1  # 65,536 pixels wider
    with pytest.raises(PictureError, match="its header does not add up"):
        ImageReader(bytes(data))


def test_flipped_bit_in_png_is_found() -> None:
    data = bytearray(saved(COLOUR, "png"))
    data[len(data) // 2] ^= 1
    with pytest.raises(PictureError, match="damaged"):
        read(bytes(data))


def test_size_is_checked_before_memory_is_taken() -> None:
    bomb = png_of(100_000, 100_000, 8, 2, b"")[:33] + struct.pack(">I", 1000) + b"IDAT" + bytes(950)
    assert len(bomb) < 1000
    with pytest.raises(PictureError, match="100000x100000 pixels, more than 512000000: raise --max-pixels"):
        read(bomb)
    with pytest.raises(PictureError, match="raise --max-pixels"):
        read(saved(COLOUR, "png"), max_pixels=719)
    assert read(saved(COLOUR, "png"), max_pixels=720).info.width == 30


def test_a_header_that_lies_costs_neither_time_nor_memory() -> None:
    turn = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    whole = png_of(32, 11_000_000, 8, 2, bytes(100_000))
    chunk = struct.pack(">I", len(turn)) + b"eXIf" + turn + struct.pack(">I", zlib.crc32(b"eXIf" + turn))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with ImageReader(whole[:33] + chunk + whole[33:]) as reader:
        assert (reader.info.width, reader.info.height) == (11_000_000, 32)
        with pytest.raises(PictureError, match="damaged or cut short"):
            reader.read_rows(1)
    assert time.process_time() - began < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB; the picture would be a million


def _changed(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _wide_tiff(width: int) -> bytes:
    data = saved(COLOUR, "tiff", compression="tiff_adobe_deflate")
    at = data.index(struct.pack("<HHI", 256, 3, 1))  # ImageWidth, one SHORT
    return _changed(data, at, struct.pack("<HHII", 256, 4, 1, width))


MOVING = saved(COLOUR, "webp", save_all=True, append_images=[Image.fromarray(COLOUR[::-1])])
NARROW_CANVAS = _changed(MOVING, MOVING.index(b"VP8X") + 12, bytes([9, 0, 0]))
MOVED_FRAME = _changed(MOVING, MOVING.index(b"ANMF") + 8, bytes([2, 0, 0]))


@pytest.mark.parametrize(
    "data",
    [
        NARROW_CANVAS,
        MOVED_FRAME,
        _wide_tiff(500_000),
        *(_changed(saved(COLOUR, "bmp"), 18, struct.pack("<2i", *size)) for size in [(5_000_000, 1), (30, 160_000)]),
    ],
    ids=["WebP canvas", "WebP frame", "TIFF", "BMP width", "BMP height"],
)
def test_a_size_that_the_pixels_do_not_bear_out_is_refused(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PictureError, match="damaged or cut short"):
        read(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_frames_of_an_apng_change_nothing_in_the_picture_before_them() -> None:
    data = saved(COLOUR, "png", save_all=True, append_images=[Image.fromarray(COLOUR[::-1])])
    for at in (data.index(b"fcTL"), data.rindex(b"fcTL")):
        frame = _changed(data[at : at + 30], 8, struct.pack(">4I", 5_000, 4_000, 90, 90))
        assert np.array_equal(read(_changed(data, at, frame + struct.pack(">I", zlib.crc32(frame)))).pixels, COLOUR)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: give a picture"),
        (b"only text", "not a picture that srgan reads"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", "not a picture that srgan reads"),
        (b"P5 1 1 255 \0", "not a picture that srgan reads"),
        (b"\x08\xf2\xa6\xb6" + bytes(100), "not a picture that srgan reads"),
        (b"\xff\xd8\xff", "damaged or cut short"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\x0a" + bytes(50), "JXL|damaged"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "renamed.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "nothing.png", "line\nbreak.png", "zero\0byte.png", "long" * 100, "pipe.png"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError) as caught:
        read(f"{tmp_path}/{name}")
    assert "\n" not in str(caught.value)


def test_files_that_may_not_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("srgan.images.input_bytes.os.open", refuse)
    with pytest.raises(PictureError, match="may not be read: check its permissions"):
        read(tmp_path / "secret.png")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that fails when it is read")
def test_a_disk_that_fails_is_one_line() -> None:
    with pytest.raises(PictureError, match="cannot be read"):
        read("/proc/self/mem")


def test_names_of_any_bytes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n and no suffix"))
    path.write_bytes(saved(COLOUR, "png"))
    assert np.array_equal(read(path).pixels, COLOUR)
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"caf\?\? and no suffix is not a picture"):
        read(path)


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open files")
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(saved(COLOUR, "png"))
    bad.write_bytes(good.read_bytes()[:-100])
    read(good)
    before = len(list(folder.iterdir()))
    for _ in range(20):
        read(good)
        with pytest.raises(PictureError):
            read(bad)
    assert len(list(folder.iterdir())) <= before
