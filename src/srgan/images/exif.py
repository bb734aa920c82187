"""EXIF blocks and TIFF tag directories, which are one and the same structure: read and written (TIFF 6.0).

A TIFF file keeps among its own tags what other formats keep in an EXIF block.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

ReadAt = Callable[[int, int], bytes]
"""(offset, length) to at most so many bytes."""

RawEntry = tuple[int, int, int, int, bytes]
"""Position, tag, kind, count, value field."""

PROCESSING_SOFTWARE, COMPRESSION, ORIENTATION, EXTRA_SAMPLES = 0x0B, 0x0103, 0x0112, 0x0152
IPTC, PHOTOSHOP, MAKER_NOTE = 0x83BB, 0x8649, 0x927C
EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER = 0x8769, 0x8825, 0xA005
X_RESOLUTION, Y_RESOLUTION, UNIT = 0x011A, 0x011B, 0x0128

POINTERS = (EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER)
# Bytes of a value, and of what changes with the byte order: a rational is two longs.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
KINDS = frozenset(_SIZES)
"""Types of values, as TIFF numbers them."""
_UNITS = {**_SIZES, 5: 4, 10: 4}
_MOST_TAGS = 1_000
_LONGEST_VALUE = 16_000_000
_MOST_DOTS = 2_500_000  # per inch, which is a hundred a micrometre
DEEPEST = 3  # directory, EXIF, interoperability

# Tags of a TIFF's first directory that describe the photo; the others describe how the pixels lie in the file.
DESCRIPTIVE = (
    PROCESSING_SOFTWARE, 0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, 0x4746, 0x4749,
    0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, 0xC4A5,
)  # fmt: skip
_MOVABLE_NOTES = (b"Apple iOS\0", b"FUJIFILM", b"Nikon\0\x02", b"OLYMPUS\0", b"OM SYSTEM\0", b"PENTAX \0")


class BadExif(ValueError):
    """The block is damaged."""


@dataclass(frozen=True)
class Tag:
    """A value: its type as TIFF numbers them, how many of it, and its bytes, little-endian."""

    kind: int
    count: int
    data: bytes


@dataclass
class Directory:
    """Tags by number, and the directories that pointer tags lead to."""

    tags: dict[int, Tag] = field(default_factory=dict)
    children: dict[int, "Directory"] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """Layout of directories in a file: byte order, and the 4-byte offsets of TIFF or the 8-byte ones of BigTIFF."""

    order: str
    big: bool

    def unpack(self, codes: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self.order + codes, data)

    def pack(self, codes: str, *values: int) -> bytes:
        return struct.pack(self.order + codes, *values)

    @property
    def counter(self) -> tuple[str, int]:
        return ("Q", 8) if self.big else ("H", 2)

    @property
    def entry(self) -> tuple[str, int]:
        return ("HHQ8s", 20) if self.big else ("HHI4s", 12)

    @property
    def offset(self) -> tuple[str, int]:
        return ("Q", 8) if self.big else ("I", 4)


def _exactly(read_at: ReadAt, offset: int, length: int) -> bytes:
    data = read_at(offset, length)
    if len(data) != length:
        raise BadExif(f"{length} bytes at {offset} lie outside the data")
    return data


def read_layout(read_at: ReadAt) -> tuple[Layout, int, int]:
    """Return the layout, the position of the first directory's offset, and that offset."""
    start = _exactly(read_at, 0, 8)
    if start[:2] not in (b"II", b"MM"):
        raise BadExif("no byte order mark")
    order = "<" if start[:2] == b"II" else ">"
    version, first = struct.unpack(order + "2xHI", start)
    if version == 42:
        return Layout(order, big=False), 4, first
    if version != 43:
        raise BadExif(f"version {version}")
    (first,) = struct.unpack(order + "Q", _exactly(read_at, 8, 8))
    return Layout(order, big=True), 8, first


def read_entries(read_at: ReadAt, layout: Layout, offset: int) -> Iterator[RawEntry]:
    code, size = layout.counter
    (count,) = layout.unpack(code, _exactly(read_at, offset, size))
    if count > _MOST_TAGS:
        raise BadExif(f"{count} tags")
    codes, length = layout.entry
    data = _exactly(read_at, offset + size, count * length)
    for number in range(count):
        tag, kind, values, field_ = struct.unpack_from(layout.order + codes, data, number * length)
        yield offset + size + number * length, tag, kind, values, field_


def little_endian(data: bytes, kind: int, order: str) -> bytes:
    unit = _UNITS[kind]
    if order == "<" or unit == 1:
        return data
    return b"".join(data[at : at + unit][::-1] for at in range(0, len(data), unit))


def _read_directory(
    read_at: ReadAt, layout: Layout, offset: int, wanted: tuple[int, ...] | None, depth: int
) -> Directory:
    directory = Directory()
    code, inline = layout.offset
    for _, tag, kind, count, value in read_entries(read_at, layout, offset):
        if kind not in _SIZES or (wanted is not None and tag not in wanted):
            continue
        with suppress(BadExif):  # a damaged value costs no other
            if tag in POINTERS and depth < DEEPEST:
                if kind in (4, 13, 16, 18) and count == 1 and tag not in directory.children:
                    (child,) = layout.unpack(code, value) if kind in (16, 18) else layout.unpack("I", value[:4])
                    directory.children[tag] = _read_directory(read_at, layout, child, None, depth + 1)
                continue
            size = count * _SIZES[kind]
            if size > _LONGEST_VALUE:
                raise BadExif(f"a value of {size} bytes")
            data = value[:size] if size <= inline else _exactly(read_at, layout.unpack(code, value)[0], size)
            directory.tags[tag] = Tag(kind, count, little_endian(data, kind, layout.order))
    return directory


def read_directory(read_at: ReadAt, wanted: tuple[int, ...] | None = None) -> Directory:
    """Return the first directory of an EXIF block or TIFF file, with its children.

    Args:
        wanted: the tags to take from the first directory, or all.

    Raises:
        BadExif: if its beginning or first directory is damaged; damaged values and other directories are left out.
    """
    layout, _, first = read_layout(read_at)
    return _read_directory(read_at, layout, first, wanted, 1)


def pack_directory(directory: Directory, start: int, *, big: bool = False) -> bytes:
    """Return the bytes of a directory and all it refers to, little-endian, for a place `start` bytes into its file."""
    layout = Layout("<", big)
    (counter, counter_size), (codes, entry_size), (offset, inline) = layout.counter, layout.entry, layout.offset
    tags = dict(directory.tags)
    for pointer in directory.children:
        tags[pointer] = Tag(4, 1, b"")
    position = start + counter_size + len(tags) * entry_size + inline
    entries, values = [struct.pack("<" + counter, len(tags))], []
    for number, tag in sorted(tags.items()):
        kind, count, data = tag.kind, tag.count, tag.data
        child = directory.children.get(number)
        if child is not None or len(data) > inline:
            blob = data if child is None else pack_directory(child, position, big=big)
            blob += bytes(-len(blob) % 8)
            values.append(blob)
            kind = kind if child is None else (18 if big else 4)
            data = struct.pack("<" + offset, position)
            position += len(blob)
        entries.append(struct.pack("<" + codes, number, kind, count, data))
    return b"".join([*entries, bytes(inline), *values])


def pack_exif(directory: Directory) -> bytes:
    """Return an EXIF block of these tags, without the `Exif` marker that JPEG puts before it."""
    return b"II*\0\x08\0\0\0" + pack_directory(directory, 8)


def from_bytes(block: bytes) -> ReadAt:
    """Return a function that reads a block in memory."""
    return lambda offset, length: block[offset : offset + length]


def from_file(file: BinaryIO) -> ReadAt:
    """Return a function that reads an opened file."""

    def read_at(offset: int, length: int) -> bytes:
        file.seek(offset)
        return file.read(length)

    return read_at


def drop_fixed_note(directory: Directory) -> bool:
    """Take out a maker note that holds offsets into its block; return whether there was one."""
    photo = directory.children.get(EXIF_POINTER, Directory())
    note = photo.tags.get(MAKER_NOTE)
    if note is None or note.data.startswith(_MOVABLE_NOTES):
        return False
    del photo.tags[MAKER_NOTE]
    return True


def resolution(block: bytes) -> tuple[float, float] | None:
    """Horizontal and vertical dots per inch, or None where an EXIF block does not say, or something impossible."""
    try:
        tags = read_directory(from_bytes(block), (X_RESOLUTION, Y_RESOLUTION, UNIT)).tags
    except BadExif:
        return None
    across, down, unit = tags.get(X_RESOLUTION), tags.get(Y_RESOLUTION), tags.get(UNIT)
    per_inch = {b"\2\0": 1.0, b"\3\0": 2.54}.get(unit.data if unit else b"\2\0")
    if per_inch is None or across is None or down is None or len(across.data) != 8 or len(down.data) != 8:
        return None
    fractions = [struct.unpack("<II", tag.data) for tag in (across, down)]
    if any(not above or not below or above / below * per_inch > _MOST_DOTS for above, below in fractions):
        return None
    horizontal, vertical = (round(above / below * per_inch, 1) for above, below in fractions)
    return horizontal, vertical


def orientation(block: bytes) -> int:
    """Return the orientation, from 1 to 8, that a block says, whatever type it is stored in, or 0 if it says none."""
    with suppress(BadExif):
        tag = read_directory(from_bytes(block), (ORIENTATION,)).tags.get(ORIENTATION)
        if tag is not None and 1 <= (value := int.from_bytes(tag.data, "little")) <= 8:
            return value
    return 0


def resolution_tags(dots_per_inch: tuple[float, float]) -> dict[int, Tag]:
    """Return the tags of a resolution."""
    across, down = (Tag(5, 1, struct.pack("<II", round(dots * 10), 10)) for dots in dots_per_inch)
    return {X_RESOLUTION: across, Y_RESOLUTION: down, UNIT: Tag(3, 1, b"\2\0")}


def text(value: str) -> Tag:
    """Return a text value; TIFF holds ASCII, others write UTF-8, and so do we."""
    data = value.encode("utf-8", "replace") + b"\0"
    return Tag(2, len(data), data)
