"""Rows kept aside, against Pillow's turning."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from srgan.errors import PictureError
from srgan.images import reader, temporary_rows
from srgan.images.image import ImageReader, read
from tests.helpers.image_files import oriented, saved

PIXELS = np.random.default_rng(0).integers(0, 256, (300, 41, 3), np.uint8)


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reader, temporary_rows):
        monkeypatch.setattr(module, "MOST_IN_MEMORY", 1000)


def turned(orientation: int, format: str = "png", **options: Any) -> tuple[bytes, NDArray[Any]]:
    picture = Image.fromarray(PIXELS)
    picture.getexif()[0x0112] = orientation
    data = saved(picture, format, exif=oriented(orientation), **options)
    return data, np.asarray(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize("place", ["memory", "on_disk"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_in_memory_or_in_a_file(
    orientation: int, place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if place == "on_disk":
        request.getfixturevalue(place)
    data, upright = turned(orientation)
    with ImageReader(data, temporary=tmp_path) as opened:
        opened.skip_rows(3)
        assert np.array_equal(opened.read_rows(7), upright[3:10])
        opened.skip_rows(1)
        assert np.array_equal(opened.read_rows(999), upright[11:])
        assert list(tmp_path.iterdir()) == []  # nothing that the end of the process would leave


@pytest.mark.usefixtures("on_disk")
@pytest.mark.parametrize(
    ("format", "options"), [("jpeg", {"progressive": True}), ("webp", {"lossless": True}), ("bmp", {}), ("gif", {})]
)
def test_what_is_decoded_whole_gives_its_memory_back(format: str, options: dict[str, bool], tmp_path: Path) -> None:
    data = saved(PIXELS, format, **options)
    whole = read(data).pixels
    with ImageReader(data, temporary=tmp_path) as opened:
        assert np.array_equal(opened.read_rows(10), whole[:10])
        assert opened._decoder is None
        assert np.array_equal(opened.read_rows(290), whole[10:])


@pytest.mark.usefixtures("on_disk")
def test_damage_is_found_on_the_way_to_the_file(tmp_path: Path) -> None:
    data = turned(6, "jpeg")[0]
    with ImageReader(data[: len(data) // 2], temporary=tmp_path) as opened:
        for _ in range(2):
            with pytest.raises(PictureError):
                opened.read_rows(1)


@pytest.mark.usefixtures("on_disk")
def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=300 * 41 * 3 - 1))
    with ImageReader(turned(6)[0], temporary=tmp_path) as opened, pytest.raises(PictureError):
        opened.read_rows(1)


@pytest.mark.usefixtures("on_disk")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_fills_up_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir, buffering: io.FileIO("/dev/full", "r+"))
    with ImageReader(turned(6)[0]) as opened, pytest.raises(PictureError, match="No space left"):
        opened.read_rows(1)
