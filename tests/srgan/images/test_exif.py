"""EXIF blocks: against Pillow, which reads and writes them by its own code."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srgan.images import exif
from srgan.images.exif import BadExif, Directory, Tag


def _block() -> tuple[bytes, Image.Exif]:
    """A big-endian block with all directories, as Pillow writes it."""
    made = Image.Exif()
    made[0x010E], made[0x0112], made[0x011A], made[0x011B], made[0x0128] = "A cat (black)", 6, 300.0, 150.5, 2
    photo = made.get_ifd(exif.EXIF_POINTER)
    photo[0x9003], photo[0x829A], photo[0x927C] = "2020:01:02 03:04:05", 0.004, b"maker's own"
    made.get_ifd(exif.GPS_POINTER).update({1: "N", 2: (50.0, 30.0, 12.25)})
    return made.tobytes(), made


def _pillow(block: bytes) -> dict[Any, Any]:
    """What Pillow finds in a block."""
    found = Image.Exif()
    found.load(b"Exif\0\0" + block)
    pointers = (exif.EXIF_POINTER, exif.GPS_POINTER)
    result: dict[Any, Any] = {tag: value for tag, value in found.items() if tag not in pointers}
    return result | {pointer: dict(found.get_ifd(pointer)) for pointer in pointers}


def test_a_block_read_and_packed_again_says_the_same() -> None:
    block, _ = _block()
    assert block.startswith(b"Exif\0\0MM")
    block = block.removeprefix(b"Exif\0\0")
    packed = exif.pack_exif(exif.read_directory(exif.from_bytes(block)))
    assert packed.startswith(b"II*\0")
    assert _pillow(packed) == _pillow(block)
    assert exif.read_directory(exif.from_bytes(packed)) == exif.read_directory(exif.from_bytes(block))


_tags = st.dictionaries(
    st.integers(1, 0x8000),
    st.integers(1, 40).flatmap(lambda n: st.binary(min_size=n, max_size=n).map(lambda data: Tag(7, len(data), data))),
    max_size=8,
)


@given(_tags, _tags, st.booleans())
def test_directories_survive_packing(tags: dict[int, Tag], child: dict[int, Tag], big: bool) -> None:
    directory = Directory(tags, {exif.EXIF_POINTER: Directory(child)})
    if big:
        start = b"II+\0\x08\0\0\0" + (16).to_bytes(8, "little")
        packed = start + exif.pack_directory(directory, 16, big=True)
    else:
        packed = exif.pack_exif(directory)
    assert exif.read_directory(exif.from_bytes(packed)) == directory


def test_clean_turns_upright_and_forgets_the_thumbnail() -> None:
    block, _ = _block()
    old = block.removeprefix(b"Exif\0\0")
    # A thumbnail's directory behind the block, and the pointer to it at the end of the first directory.
    count = int.from_bytes(old[8:10], "big")
    end = 10 + 12 * count
    with_thumbnail = old[:end] + len(old).to_bytes(4, "big") + old[end + 4 :] + b"\0\0\0\0\0\0"
    cleaned = exif.clean(b"Exif\0\0" + with_thumbnail)
    assert cleaned is not None
    assert cleaned[end : end + 4] == bytes(4)
    assert _pillow(cleaned) == _pillow(old) | {exif.ORIENTATION: 1}
    assert len(cleaned) == len(with_thumbnail)  # in place: makers' notes hold positions


def test_resolution() -> None:
    block, _ = _block()
    assert exif.resolution(block) == (300.0, 150.5)
    assert exif.resolution(b"no block") is None
    assert exif.resolution(exif.pack_exif(Directory())) is None


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_damage_is_found_and_never_more(noise: bytes, at: int, cut: int) -> None:
    block = _block()[0].removeprefix(b"Exif\0\0")
    for damaged in (b"II*\0" + noise, b"MM\0+" + noise, block[:cut], block[:at] + noise + block[at + len(noise) :]):
        try:
            directory = exif.read_directory(exif.from_bytes(damaged))
        except BadExif:
            assert exif.clean(damaged) is None
        else:
            exif.pack_exif(directory)


@pytest.mark.parametrize("big", [False, True])
def test_tags_are_added_to_a_tiff_and_its_pixels_stay(big: bool) -> None:
    tifffile = pytest.importorskip("tifffile")
    pixels = np.arange(24 * 30, dtype=np.uint16).reshape(24, 30)
    with io.BytesIO() as file:
        tifffile.imwrite(file, pixels, bigtiff=big, software="old", metadata=None)
        extra = Directory(
            {exif.SOFTWARE: exif.text("a new and much longer text"), 0x8298: exif.text("c")},
            {exif.EXIF_POINTER: Directory({0x9003: exif.text("2020:01:02 03:04:05")})},
        )

        def read_at(offset: int, length: int) -> bytes:
            file.seek(offset)
            return file.read(length)

        def write_at(offset: int, data: bytes) -> None:
            file.seek(offset)
            file.write(data)

        exif.add_tags(read_at, write_at, len(file.getvalue()), extra)
        with tifffile.TiffFile(io.BytesIO(file.getvalue())) as tiff:
            (page,) = tiff.pages
            assert np.array_equal(page.asarray(), pixels)
            assert page.tags["Software"].value == "a new and much longer text"
            assert page.tags["Copyright"].value == "c"
            assert page.tags["ExifTag"].value["DateTimeOriginal"] == "2020:01:02 03:04:05"
