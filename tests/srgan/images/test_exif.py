"""EXIF blocks: against Pillow and exiftool, which read them by their own code."""

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from srgan.images import exif
from srgan.images.exif import BadExif, Directory, Tag
from srgan.images.exif_patch import Change, has_thumbnail, patch
from srgan.images.image import EncodeOptions, read, write
from tests.helpers.image_files import saved

SAME = Change((30, 20), (30, 20))
NOTE = {exif.PROCESSING_SOFTWARE: exif.text("srgan 1.0")}


def _block() -> bytes:
    """A big-endian block with all directories, as Pillow writes it."""
    made = Image.Exif()
    made[0x010E], made[0x0112], made[0x011A], made[0x011B], made[0x0128] = "A cat (black)", 6, 300.0, 150.5, 2
    photo = made.get_ifd(exif.EXIF_POINTER)
    photo[0x9003], photo[0x829A], photo[0x927C] = "2020:01:02 03:04:05", 0.004, b"maker's own"
    photo[0xA002], photo[0xA003], photo[0xA20E], photo[0x9214] = 30, 20, IFDRational(1000), (3, 4, 6, 2)
    made.get_ifd(exif.GPS_POINTER).update({1: "N", 2: (50.0, 30.0, 12.25)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def _pillow(block: bytes) -> dict[Any, Any]:
    """What Pillow finds in a block."""
    found = Image.Exif()
    found.load(b"Exif\0\0" + block)
    pointers = (exif.EXIF_POINTER, exif.GPS_POINTER)
    result: dict[Any, Any] = {tag: value for tag, value in found.items() if tag not in pointers}
    return result | {pointer: dict(found.get_ifd(pointer)) for pointer in pointers}


def test_a_block_read_and_packed_again_says_the_same() -> None:
    block = _block()
    assert block.startswith(b"MM")
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


def test_a_patched_block_describes_the_new_image_and_moves_nothing() -> None:
    block = _block()
    before = _pillow(block)
    patched = patch(block, Change((40, 60), (30, 20), 6), NOTE)
    assert patched is not None
    expected = before | {exif.ORIENTATION: 1, exif.PROCESSING_SOFTWARE: "srgan 1.0"}
    # 90 degrees clockwise, then twice as large: x, y, width, height were 3, 4, 6, 2.
    photo = before[exif.EXIF_POINTER] | {0xA002: 40, 0xA003: 60, 0xA20E: 2000.0, 0x9214: (30, 6, 4, 12)}
    assert _pillow(patched) == expected | {exif.EXIF_POINTER: photo}
    assert patched.index(b"maker's own") == block.index(b"maker's own")
    changed = [at for at in range(8, len(block)) if patched[at] != block[at]]
    assert len(changed) < 30
    again = patch(patched, SAME, {exif.PROCESSING_SOFTWARE: exif.text("later")})
    assert again is not None
    assert _pillow(again)[exif.PROCESSING_SOFTWARE] == "later"


@pytest.mark.parametrize(("kind", "value"), [(1, b"\6\0\0\0"), (3, b"\6\0\0\0"), (4, b"\6\0\0\0"), (9, b"\6\0\0\0")])
def test_orientation_of_any_type_is_reset(kind: int, value: bytes) -> None:
    block = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHI", exif.ORIENTATION, kind, 1) + value + bytes(4)
    assert exif.orientation(block) == 6
    patched = patch(block, SAME, {})
    assert patched is not None
    assert exif.orientation(patched) == 1
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    assert np.array_equal(read(saved(pixels, "png", exif=b"Exif\0\0" + block)).pixels, np.rot90(pixels, -1))


@pytest.mark.parametrize("behind", [b"", b"maker's own offsets lead here" * 10])
def test_the_thumbnail_is_erased(behind: bytes) -> None:
    thumbnail = b"\xff\xd8" + b"thumb" * 50 + b"\xff\xd9"
    block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + (26).to_bytes(4, "little")
    block += b"\x02\0" + b"\x01\x02\x04\0\x01\0\0\0" + (56).to_bytes(4, "little")
    block += b"\x02\x02\x04\0\x01\0\0\0" + len(thumbnail).to_bytes(4, "little") + bytes(4)
    assert has_thumbnail(block)
    for new_tags in ({}, NOTE):
        patched = patch(block + thumbnail + behind, SAME, new_tags)
        assert patched is not None
        assert b"thumb" not in patched
        assert not has_thumbnail(patched)
        assert patched.find(behind) == (block + thumbnail + behind).find(behind)
        first = int.from_bytes(patched[4:8], "little")
        entries = int.from_bytes(patched[first : first + 2], "little")
        assert patched[first + 2 + 12 * entries :][:4] == bytes(4)  # no second directory
        assert len(patched) <= len(block + thumbnail + behind)  # the new directory lies where the thumbnail was
        assert _pillow(patched).get(exif.PROCESSING_SOFTWARE) == ("srgan 1.0" if new_tags else None)


def test_new_tags_beyond_the_limit_are_left_out() -> None:
    block = _block()
    assert patch(block, SAME, NOTE, limit=len(block)) == patch(block, SAME, {})


def test_a_pointer_repeated_a_thousand_times_is_followed_once() -> None:
    pointers = struct.pack("<HHII", exif.EXIF_POINTER, 4, 1, 8) * 1_000
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 1_000) + pointers + bytes(4)
    started = time.process_time()
    patch(block, SAME, NOTE)
    exif.read_directory(exif.from_bytes(block))
    assert time.process_time() - started < 10


# Entries between intact ones of the EXIF directory, as cameras write them.
DAMAGED = {
    "no type": (0x9208, 0, 1, 0),
    "an unknown type": (0x9208, 99, 1, 0),
    "a value beyond the end": (0x9286, 7, 5_000, 60_000),
    "a pointer to nowhere": (0xA005, 4, 1, 50_000),
    "a pointer to the first directory": (0xA005, 4, 1, 8),
    "a count beyond all": (0x9208, 3, 0xFFFFFFFF, 0),
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("target", ["jpeg", "tiff"])
def test_damaged_entries_cost_no_others(
    damage: str, target: str, tmp_path: Path, exiftool: Callable[[Path], dict[str, Any]]
) -> None:
    entries = [(0x8827, 3, 1, 400), (0x9003, 2, 20, 124), DAMAGED[damage], (0xA434, 2, 4, 0x31353035)]
    camera = [(0x010F, 2, 6, 62), (0x0112, 3, 1, 6), (0x0131, 2, 4, 0x00302E31), (exif.EXIF_POINTER, 4, 1, 70)]
    block = b"II*\0\x08\0\0\0\x04\0" + b"".join(struct.pack("<HHII", *entry) for entry in camera)
    block += struct.pack("<I", 60_000) + b"Maker\0\0\0" + b"\x04\0"  # a thumbnail's directory that is nowhere
    block += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4) + b"2020:01:02 03:04:05\0"
    pixels = np.zeros((8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + block)
    image = read(tmp_path / "a.jpg")
    write(tmp_path / "b", pixels, options=EncodeOptions(target, made_by="srgan"), metadata=image.metadata)
    before, after = exiftool(tmp_path / "a.jpg"), exiftool(tmp_path / "b")
    expected = {"IFD0:Make": "Maker", "IFD0:Software": 1, "ExifIFD:ISO": 400, "ExifIFD:LensModel": 5051}
    expected |= {"ExifIFD:DateTimeOriginal": "2020:01:02 03:04:05"}
    assert {key: before.get(key) for key in expected} == expected
    assert {key: after.get(key) for key in expected} == expected


def test_a_damaged_entry_of_the_first_directory_costs_no_others(
    tmp_path: Path, exiftool: Callable[[Path], dict[str, Any]]
) -> None:
    """As on a Sony DSC-HX5V: a number below all others, and no type. exiftool gives up where such an entry is first."""
    entries = [(0x010F, 2, 4, 0x00306D79), (0x0001, 0, 1, 206), (0x0131, 2, 4, 0x00302E31)]
    block = b"II*\0\x08\0\0\0\x03\0" + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    patched = patch(block, SAME, NOTE)
    assert patched is not None
    Image.new("L", (8, 8)).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + patched)
    found = exiftool(tmp_path / "a.jpg")
    assert (found["IFD0:Make"], found["IFD0:ProcessingSoftware"]) == ("ym0", "srgan 1.0")


def _note(head: bytes, tag: int) -> tuple[bytes, int]:
    """A maker note of one text, and where its offset stands, which counts from the beginning of the block."""
    return head + b"\1\0" + struct.pack("<HHII", tag, 2, 20, 0) + bytes(4), len(head) + 10


# Maker notes: maker, contents, where an offset stands that counts from the block (0 for none), a tag exiftool reads.
MAKERS = [
    ("Canon", *_note(b"", 7), "Canon:CanonFirmwareVersion"),
    ("NIKON", *_note(b"Nikon\0\1\0", 2), "Nikon:Nikon_Type2_0x0002"),  # the E series
    ("OLYMPUS", *_note(b"OLYMP\0\1\0", 0x0404), "Olympus:SerialNumber"),
    ("Panasonic", *_note(b"Panasonic\0\0\0", 0x51), "Panasonic:LensType"),
    ("PENTAX", *_note(b"AOC\0II", 0x0229), "Pentax:SerialNumber"),
    ("SONY", *_note(b"SONY DSC \0\0\0", 0xB020), "Sony:CreativeStyle"),
    ("Minolta Co., Ltd.", *_note(b"", 0x0000), "Minolta:MakerNoteVersion"),
    ("NIKON", b"Nikon\0\2\x10\0\0II*\0\x08\0\0\0" + b"\1\0" + struct.pack("<HHII", 4, 2, 20, 26) + bytes(4), 0,
     "Nikon:Quality"),
    ("FUJIFILM", b"FUJIFILM\x0c\0\0\0" + b"\1\0" + struct.pack("<HHII", 0x1000, 2, 20, 30) + bytes(4), 0,
     "FujiFilm:Quality"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("maker", "note", "field", "tag", "target"),
    [(*one, target) for one in MAKERS for target in ("jpeg", "tiff")]
    + [(*MAKERS[0], target) for target in ("png", "webp", "avif")],
)
def test_maker_notes_are_read_the_same(
    maker: str, note: bytes, field: int, tag: str, target: str, tmp_path: Path,
    exiftool: Callable[[Path], dict[str, Any]],
) -> None:  # fmt: skip
    text = b"Firmware 1.0 (test)\0"
    head = b"II*\0\x08\0\0\0\x03\0"
    values = 8 + 2 + 3 * 12 + 4
    photo = values + 20
    start = photo + 2 + 12 + 4
    note += text
    if field:  # its offset counts from the beginning of the block
        note = note[:field] + (start + len(note) - 20).to_bytes(4, "little") + note[field + 4 :]
    head += struct.pack("<HHII", 0x010F, 2, len(maker) + 1, values)
    head += struct.pack("<HHII", 0x0112, 3, 1, 6) + struct.pack("<HHII", 0x8769, 4, 1, photo) + bytes(4)
    block = head + maker.encode().ljust(20, b"\0") + b"\x01\0" + struct.pack("<HHII", 0x927C, 7, len(note), start)
    block += bytes(4) + note
    pixels = np.zeros((8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + block)
    assert exiftool(tmp_path / "a.jpg")[tag] == "Firmware 1.0 (test)"
    image = read(tmp_path / "a.jpg")
    write(tmp_path / "b", pixels, options=EncodeOptions(target, made_by="srgan"), metadata=image.metadata)
    found = exiftool(tmp_path / "b")
    assert found.get(tag) == ("Firmware 1.0 (test)" if not field or target != "tiff" else None)
    assert found["IFD0:ProcessingSoftware"] == "srgan"
    assert "ExifTool:Warning" not in found


def test_resolution() -> None:
    assert exif.resolution(_block()) == (300.0, 150.5)
    assert exif.resolution(b"no block") is None
    assert exif.resolution(exif.pack_exif(Directory())) is None
    for said, found in (((72.0, 96.5), (72.0, 96.5)), ((4e8, 4e8), None), ((0.0, 72.0), None)):
        assert exif.resolution(exif.pack_exif(Directory(exif.resolution_tags(said)))) == found


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 400))
def test_damage_is_one_error_and_never_more(noise: bytes, at: int, cut: int) -> None:
    block = _block()
    for damaged in (b"II*\0" + noise, b"MM\0+" + noise, block[:cut], block[:at] + noise + block[at + len(noise) :]):
        patch(damaged, Change((4, 4), (2, 2), 5), NOTE)
        try:
            directory = exif.read_directory(exif.from_bytes(damaged))
        except BadExif:
            continue
        exif.pack_exif(directory)
