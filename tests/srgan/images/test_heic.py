"""HEIC: decoded upright with what the file carries, and one line where pi-heif is missing or the file is damaged."""

import sys
from pathlib import Path

import numpy as np
import pytest

from srgan.errors import PictureError
from srgan.images.image import read, write
from tests.helpers.images_made_up import DEEP_HEIC, HEIC


def test_eight_bits_upright_once(tmp_path: Path) -> None:
    image = read(HEIC)
    info = image.info
    assert (info.width, info.height, info.channels, info.depth, info.format) == (12, 16, 3, 8, "heic")
    assert info.output_format == "jpeg"
    for place, colour in (((3, 6), (200, 40, 40)), ((12, 2), (40, 60, 200)), ((12, 9), (230, 230, 230))):
        assert np.abs(image.pixels[place].astype(int) - colour).max() <= 4
    write(tmp_path / "a.jpg", image.pixels, metadata=image.metadata)
    again = read(tmp_path / "a.jpg")
    assert again.pixels.shape == (16, 12, 3)
    assert again.metadata.exif is not None
    assert b"Maker" in again.metadata.exif


def test_ten_bits_fill_the_range() -> None:
    image = read(DEEP_HEIC)
    assert (image.info.width, image.info.depth) == (16, 16)
    assert image.pixels.dtype == np.uint16
    assert np.abs(image.pixels[3, 12] / 257.0 - 230).max() <= 2


def test_damage_is_one_error() -> None:
    for cut in (60, 300, len(HEIC) - 40):
        with pytest.raises(PictureError):
            read(HEIC[:cut])
    with pytest.raises(PictureError):  # pi-heif crashes on a type that is no text
        read(HEIC.replace(b"Exif", b"Exi\x80", 1))
    with pytest.raises(PictureError, match="max-pixels"):
        read(HEIC, max_pixels=100)


def test_what_libheif_does_not_decode_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Unsupported feature: Unsupported codec")

    monkeypatch.setattr("pi_heif.open_heif", refuse)
    with pytest.raises(PictureError, match="of a kind that srgan does not read"):
        read(HEIC)


def test_without_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(PictureError, match="pip install pi-heif"):
        read(HEIC)
