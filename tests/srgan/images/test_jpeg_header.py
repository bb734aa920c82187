"""The quality of a JPEG is read from its tables, whoever wrote it, and no header breaks the reading."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srgan.images.containers import scan_jpeg
from srgan.images.exif import from_bytes
from srgan.images.jpeg_header import JpegHeader, read_jpeg_header
from tests.helpers.images_made_up import jpeg, photo

PHOTO = photo(0, 24, 16)
COARSE = jpeg(PHOTO, 60)


def header_of(contents: bytes) -> JpegHeader:
    return read_jpeg_header(scan_jpeg(from_bytes(contents)))


@pytest.mark.parametrize("number", range(3))
def test_every_quality_and_subsampling_of_libjpeg(number: int) -> None:
    subsampling = ("4:4:4", "4:2:2", "4:2:0")[number]
    for quality in range(1, 101):
        assert header_of(jpeg(PHOTO, quality, subsampling=number)) == JpegHeader(quality, subsampling)


def test_gray_has_no_subsampling() -> None:
    assert header_of(jpeg(PHOTO[:, :, 0], 37)) == JpegHeader(37, None)


def test_progressive_files_say_the_same() -> None:
    assert header_of(jpeg(PHOTO, 71, progressive=True)) == JpegHeader(71, "4:2:0")


def test_tables_of_others_have_an_equivalent() -> None:
    """Flat tables: about the quality at which the mean step of libjpeg's is as large. Pillow takes them as for 50."""
    qualities = [header_of(jpeg(PHOTO, 50, qtables=[[step] * 64] * 2)).quality or 0 for step in (1, 3, 8, 20, 60)]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[0] >= 99
    assert 85 <= qualities[2] <= 95
    assert 50 <= qualities[-1] <= 70


def test_one_table_for_all_components_is_held_against_luminance() -> None:
    with Image.open(io.BytesIO(jpeg(PHOTO, 80))) as image:
        luminance = image.quantization[0]  # type: ignore[attr-defined]
    assert header_of(jpeg(PHOTO, 50, qtables=[luminance])).quality == 80


def test_sixteen_bit_tables() -> None:
    at = COARSE.index(b"\xff\xdb")
    steps = np.frombuffer(COARSE[at + 5 : at + 69], np.uint8).astype(">u2").tobytes()
    wide = b"\xff\xdb" + struct.pack(">HB", 3 + 128, 0x10) + steps
    assert header_of(COARSE[:at] + wide + COARSE[at + 69 :]).quality == 60


def test_padding_and_large_segments_are_passed_over() -> None:
    profile = b"\xff\xe2" + struct.pack(">H", 65_000) + bytes(64_998)
    assert header_of(COARSE[:2] + b"\xff\xff" + profile[1:] + profile * 20 + COARSE[2:]) == JpegHeader(60, "4:2:0")


@pytest.mark.parametrize(
    "contents", [b"", b"\xff\xd8", b"\xff\xd8\xff", COARSE[:30], b"\xff\xd8" + b"\xff\xe0\0\0" * 9]
)
def test_what_is_cut_short_says_nothing(contents: bytes) -> None:
    assert header_of(contents) == JpegHeader(None, None)


def test_a_forged_file_is_given_up() -> None:
    reads = 0

    def read_at(offset: int, length: int) -> bytes:
        nonlocal reads
        reads += 1
        return b"\xff\xe0\0\2"[:length]

    assert read_jpeg_header(scan_jpeg(read_at)) == JpegHeader(None, None)
    assert reads < 50_000


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(COARSE) - 1), st.binary(max_size=40))
def test_no_header_breaks_the_reading(at: int, junk: bytes) -> None:
    found = header_of(COARSE[:at] + junk + COARSE[at + len(junk) :])
    assert found.quality is None or 1 <= found.quality <= 100
