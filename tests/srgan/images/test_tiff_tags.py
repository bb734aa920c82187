"""Tags of TIFF files: against tifffile."""

import io
from typing import Any

import numpy as np
import pytest
import tifffile

from srgan.images import exif
from srgan.images.exif import Directory
from srgan.images.image import read
from srgan.images.tiff_tags import add_tags
from tests.helpers.image_files import tiff

COLOUR = np.arange(24 * 30 * 3, dtype=np.uint8).reshape(24, 30, 3)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "value"), [("H", 0), ("H", 9), ("I", 70_000), ("d", 6.0), ("I", 6), ("H", 6)])
def test_an_orientation_that_does_not_exist_is_none(order: Any, big: bool, kind: Any, value: float) -> None:
    tags = [(exif.ORIENTATION, kind, 1, value, True)]
    image = read(tiff(COLOUR, photometric="rgb", bigtiff=big, byteorder=order, extratags=tags))
    turned = value == 6 and kind != "d"
    assert np.array_equal(image.pixels, np.rot90(COLOUR, -1) if turned else COLOUR)


def test_a_next_directory_outside_the_file_is_none() -> None:
    data = bytearray(tiff(COLOUR, photometric="rgb"))
    first = int.from_bytes(data[4:8], "little")
    link = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[link : link + 4] = len(data).to_bytes(4, "little")
    image = read(bytes(data))
    assert np.array_equal(image.pixels, COLOUR)
    assert image.info.notes == ()


@pytest.mark.parametrize("big", [False, True])
def test_tags_are_added_to_a_tiff_and_its_pixels_stay(big: bool) -> None:
    pixels = np.arange(24 * 30, dtype=np.uint16).reshape(24, 30)
    with io.BytesIO(tiff(pixels, bigtiff=big, software="old")) as file:
        extra = Directory(
            {0x0131: exif.text("a new and much longer text"), 0x8298: exif.text("c")},
            {exif.EXIF_POINTER: Directory({0x9003: exif.text("2020:01:02 03:04:05")})},
        )
        add_tags(file, extra)
        with tifffile.TiffFile(io.BytesIO(file.getvalue())) as result:
            page = result.pages.first
            assert np.array_equal(page.asarray(), pixels)
            assert page.tags["Software"].value == "a new and much longer text"
            assert page.tags["Copyright"].value == "c"
            assert page.tags["ExifTag"].value["DateTimeOriginal"] == "2020:01:02 03:04:05"
