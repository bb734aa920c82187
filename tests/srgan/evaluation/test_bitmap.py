"""Bitmaps read as Pillow reads them; others are refused."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import PictureError
from srgan.evaluation.bitmap import read_bitmap, read_bitmap_size
from tests.helpers.noise import noise


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
@pytest.mark.parametrize("width", [7, 8])
def test_pixels_are_those_of_pillow(tmp_path: Path, mode: str, width: int) -> None:
    path = tmp_path / "a.bmp"
    Image.fromarray(noise(width, 5)).convert(mode).save(path)
    with Image.open(path) as image:
        assert np.array_equal(read_bitmap(path), np.asarray(image.convert("RGB")))
    assert read_bitmap_size(path) == (width, 5)


def test_rows_from_the_top_have_a_negative_height(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    Image.fromarray(noise(8, 5)[::-1].copy()).save(path)
    data = bytearray(path.read_bytes())
    data[22:26] = struct.pack("<i", -5)
    path.write_bytes(data)
    assert np.array_equal(read_bitmap(path), noise(8, 5))
    assert read_bitmap_size(path) == (8, 5)


@pytest.mark.parametrize("damage", [b"", b"BM", b"BM" + bytes(60)])
def test_other_files_are_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(damage)
    with pytest.raises(PictureError):
        read_bitmap(path)


def test_files_cut_short_compressed_or_absent_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    Image.fromarray(noise(8, 5)).save(path)
    whole = path.read_bytes()
    for data in (whole[:-1], whole[:30] + b"\1" + whole[31:], whole[:28] + b"\4" + whole[29:]):
        path.write_bytes(data)
        with pytest.raises(PictureError):
            read_bitmap(path)
    with pytest.raises(PictureError):
        read_bitmap_size(tmp_path / "absent.bmp")
