"""Blocks of image files that libvips does not read."""

import io

import pytest
from PIL import Image

from srgan.images.containers import has_readable_items
from srgan.images.image import read
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
    with io.BytesIO() as file:
        Image.new("RGBA", (16, 16), (9, 99, 200, 100)).save(file, "avif")
        data = file.getvalue()
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
    with io.BytesIO() as file:
        Image.new("RGB", (16, 16)).save(file, "jpeg")
        assert read(file.getvalue() + behind).info.notes == notes


@pytest.mark.parametrize("data", [HEIC, DEEP_HEIC])
def test_items_have_types_that_are_text(data: bytes) -> None:
    assert has_readable_items(data)
    at = data.index(b"infe")
    assert has_readable_items(data[: at + 8] + b"\xff\xff" + data[at + 10 :])  # its number
    assert not has_readable_items(data[: at + 12] + b"\xff" + data[at + 13 :])
