"""Blocks of image files that libvips does not read."""

import struct

import pytest
from PIL import Image

from srgan.images.containers import HeifContents, has_readable_items, scan_heif
from srgan.images.exif import from_bytes
from srgan.images.image import read
from tests.helpers.image_files import saved
from tests.helpers.images_made_up import DEEP_HEIC, HEIC

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"


@pytest.mark.parametrize(
    ("auxiliary", "note"),
    [
        (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", "depth map left out"),
        (b"urn:mpeg:hevc:2015:auxid:2", "depth map left out"),
        (b"urn:com:apple:photo:2020:aux:hdrgainmap", "HDR gain map left out"),
    ],
)
def test_auxiliary_images_of_avif_are_said(auxiliary: bytes, note: str) -> None:
    data = saved(Image.new("RGBA", (16, 16), (9, 99, 200, 100)), "avif")
    assert (read(data).info.channels, read(data).info.notes) == (4, ())
    image = read(data.replace(ALPHA, auxiliary.ljust(len(ALPHA), b"\0")))
    assert (image.info.channels, image.info.notes) == (3, (note,))


@pytest.mark.parametrize(
    ("behind", "notes"),
    [
        (b"\0" * 500, ()),
        (b"\xff\xd8\xff\xe0...hdr-gain-map", ("HDR gain map left out",)),
        (b"\0\0Image_UTC_Data1486666298918SEFHe\0\0\0", ("Samsung's data behind the image (SEF) left out",)),
        (b"what a program put there", ("data behind the image left out",)),
    ],
)
def test_data_behind_a_jpeg_is_said(behind: bytes, notes: tuple[str, ...]) -> None:
    assert read(saved(Image.new("RGB", (16, 16)), "jpeg") + behind).info.notes == notes


@pytest.mark.parametrize("data", [HEIC, DEEP_HEIC])
def test_items_have_types_that_are_text(data: bytes) -> None:
    assert has_readable_items(data)
    at = data.index(b"infe")
    assert has_readable_items(data[: at + 8] + b"\xff\xff" + data[at + 10 :])  # its number
    assert not has_readable_items(data[: at + 12] + b"\xff" + data[at + 13 :])


def test_a_long_box_that_is_cut_short_is_none() -> None:
    assert read(HEIC + struct.pack(">I4s", 1, b"free")).info.format == "heic"


@pytest.mark.parametrize("box", [b"pitm", b"free"])
def test_items_that_are_missing_are_none(box: bytes) -> None:
    meta = struct.pack(">I4s4xI4s6x", 26, b"meta", 14, box)
    assert scan_heif(from_bytes(meta)) == HeifContents()
