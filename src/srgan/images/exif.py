"""EXIF blocks and TIFF tag directories, which are one and the same structure: read, patched, written.

A TIFF file keeps among its own tags what other formats keep in an EXIF block. An EXIF block is never written anew: it
is patched where it lies (CIPA DC-008-2019; TIFF 6.0).
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

ReadAt = Callable[[int, int], bytes]
"""(offset, length) to at most so many bytes."""

_Entry = tuple[int, int, int, int, bytes]
"""Position, tag, kind, count, value field."""

PROCESSING_SOFTWARE, IMAGE_WIDTH, IMAGE_HEIGHT, ORIENTATION = 0x000B, 0x0100, 0x0101, 0x0112
THUMBNAIL, THUMBNAIL_LENGTH, RELATED_WIDTH, RELATED_HEIGHT = 0x0201, 0x0202, 0x1001, 0x1002
XMP, IPTC, PHOTOSHOP, MAKER_NOTE, EXTRA_SAMPLES = 0x02BC, 0x83BB, 0x8649, 0x927C, 0x0152
SUBJECT_AREA, SUBJECT_LOCATION, FOCAL_X, FOCAL_Y = 0x9214, 0xA214, 0xA20E, 0xA20F
EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER = 0x8769, 0x8825, 0xA005
PIXEL_WIDTH, PIXEL_HEIGHT = 0xA002, 0xA003
X_RESOLUTION, Y_RESOLUTION, UNIT = 0x011A, 0x011B, 0x0128

_POINTERS = (EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER)
# Bytes of a value, and of what changes with the byte order: a rational is two longs.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_UNITS = {**_SIZES, 5: 4, 10: 4}
_MOST_TAGS = 1_000
_LONGEST_VALUE = 16_000_000
_DEEPEST = 3  # directory, EXIF, interoperability

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
class _Layout:
    """How directories lie in a file: byte order, and the 4-byte offsets of TIFF or the 8-byte ones of BigTIFF."""

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


def _layout(read_at: ReadAt) -> tuple[_Layout, int, int]:
    """The layout, where the offset of the first directory stands, and that offset."""
    start = _exactly(read_at, 0, 8)
    if start[:2] not in (b"II", b"MM"):
        raise BadExif("no byte order mark")
    order = "<" if start[:2] == b"II" else ">"
    version, first = struct.unpack(order + "2xHI", start)
    if version == 42:
        return _Layout(order, big=False), 4, first
    if version != 43:
        raise BadExif(f"version {version}")
    (first,) = struct.unpack(order + "Q", _exactly(read_at, 8, 8))
    return _Layout(order, big=True), 8, first


def _entries(read_at: ReadAt, layout: _Layout, offset: int) -> Iterator[_Entry]:
    code, size = layout.counter
    (count,) = layout.unpack(code, _exactly(read_at, offset, size))
    if count > _MOST_TAGS:
        raise BadExif(f"{count} tags")
    codes, length = layout.entry
    data = _exactly(read_at, offset + size, count * length)
    for number in range(count):
        tag, kind, values, field_ = struct.unpack_from(layout.order + codes, data, number * length)
        yield offset + size + number * length, tag, kind, values, field_


def _little_endian(data: bytes, kind: int, order: str) -> bytes:
    unit = _UNITS[kind]
    if order == "<" or unit == 1:
        return data
    return b"".join(data[at : at + unit][::-1] for at in range(0, len(data), unit))


def _read_directory(
    read_at: ReadAt, layout: _Layout, offset: int, wanted: tuple[int, ...] | None, depth: int
) -> Directory:
    directory = Directory()
    code, inline = layout.offset
    for _, tag, kind, count, value in _entries(read_at, layout, offset):
        if kind not in _SIZES or (wanted is not None and tag not in wanted):
            continue
        size = count * _SIZES[kind]
        if size > _LONGEST_VALUE:
            raise BadExif(f"a value of {size} bytes")
        if tag in _POINTERS and depth < _DEEPEST:
            if kind in (4, 13, 16, 18) and count == 1:
                (child,) = layout.unpack(code, value) if kind in (16, 18) else layout.unpack("I", value[:4])
                directory.children[tag] = _read_directory(read_at, layout, child, None, depth + 1)
            continue
        data = value[:size] if size <= inline else _exactly(read_at, layout.unpack(code, value)[0], size)
        directory.tags[tag] = Tag(kind, count, _little_endian(data, kind, layout.order))
    return directory


def read_directory(read_at: ReadAt, wanted: tuple[int, ...] | None = None) -> Directory:
    """The first directory of an EXIF block or TIFF file, with its children.

    Args:
        read_at: gives bytes of the block or file.
        wanted: the tags to take from the first directory, or all.

    Raises:
        BadExif: if it is damaged.
    """
    layout, _, first = _layout(read_at)
    return _read_directory(read_at, layout, first, wanted, 1)


def pack_directory(directory: Directory, start: int, *, big: bool = False) -> bytes:
    """The bytes of a directory and all it refers to, little-endian, for a place `start` bytes into its file."""
    layout = _Layout("<", big)
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
    """A reader of a block in memory."""
    return lambda offset, length: block[offset : offset + length]


@dataclass(frozen=True)
class Change:
    """How an image differs from the one that its EXIF block was written for."""

    size: tuple[int, int]
    """Width and height now."""
    stored_size: tuple[int, int]
    """Width and height as they were stored, before the orientation was applied."""
    orientation: int = 1
    """From 1 to 8: what has been applied to the pixels."""

    @property
    def factor(self) -> float:
        """Pixels now per pixel then, along one axis."""
        return self.size[0] / self.stored_size[1 if self.orientation > 4 else 0]


def patch(block: bytes, change: Change, new_tags: dict[int, "Tag"], *, limit: int | None = None) -> bytes | None:
    """Return an EXIF block that describes the changed image, or None if its first directory is damaged.

    Everything stays where it is, since maker notes hold offsets into the block. Orientation, sizes, focal plane
    resolution and subject area are overwritten in place; the thumbnail is unlinked and erased. New tags, with a new
    first directory, go where the thumbnail was, or to the end.

    Args:
        block: without the `Exif` marker of JPEG.
        change: of the image.
        new_tags: for the first directory, where they replace tags of the same number.
        limit: bytes that the block may have; new tags beyond it are left out.
    """
    read_at, data = from_bytes(block), bytearray(block)
    try:
        layout, pointer, first = _layout(read_at)
        if layout.big:
            return None
        entries = list(_entries(read_at, layout, first))
    except BadExif:
        return None
    _patch_directory(data, layout, entries, change, depth=1)
    link = first + 2 + 12 * len(entries)
    hole = _erase_thumbnail(data, layout, link)
    data[link : link + 4] = bytes(len(data[link : link + 4]))
    if not new_tags:
        return bytes(data)
    old = {tag: bytes(data[at : at + 12]) for at, tag, *_ in entries if tag not in new_tags}
    packed = {tag: _in_order(value, layout.order) for tag, value in new_tags.items()}
    table = 2 + 12 * (len(old) + len(packed)) + 4
    total = table + sum(len(value) + len(value) % 2 for value in packed.values() if len(value) > 4)
    place = hole[0] + hole[0] % 2 if hole[1] - hole[0] > total else len(data) + len(data) % 2
    if limit is not None and place + total > max(limit, len(data) if place < len(data) else 0):
        return bytes(data)
    values, at = b"", place + table
    for tag, value in packed.items():
        field_ = value.ljust(4, b"\0")
        if len(value) > 4:
            field_, values = layout.pack("I", at + len(values)), values + value + bytes(len(value) % 2)
        old[tag] = layout.pack("HHI", tag, new_tags[tag].kind, new_tags[tag].count) + field_
    directory = layout.pack("H", len(old)) + b"".join(old[tag] for tag in sorted(old)) + bytes(4) + values
    data += bytes(max(0, place - len(data)))
    data[place : place + len(directory)] = directory
    data[pointer : pointer + 4] = layout.pack("I", place)
    return bytes(data)


def _in_order(tag: "Tag", order: str) -> bytes:
    return _little_endian(tag.data, tag.kind, order)  # its own inverse


def _patch_directory(data: bytearray, layout: _Layout, entries: list[_Entry], change: Change, *, depth: int) -> None:
    """Overwrite what depends on the pixels in a directory and those below it."""
    width, height = change.size
    sides = {IMAGE_WIDTH: width, IMAGE_HEIGHT: height, PIXEL_WIDTH: width, PIXEL_HEIGHT: height}
    sides |= {RELATED_WIDTH: width, RELATED_HEIGHT: height}
    for at, tag, kind, count, value in entries:
        offset = layout.unpack("I", value)[0]
        if tag == ORIENTATION:
            data[at : at + 12] = layout.pack("HHIHxx", tag, 3, 1, 1)
        elif tag in sides:
            data[at : at + 12] = layout.pack("HHII", tag, 4, 1, sides[tag])
        elif tag in (FOCAL_X, FOCAL_Y) and kind == 5 and offset + 8 <= len(data):
            above, below = struct.unpack_from(layout.order + "II", data, offset)
            scaled = round(above * change.factor)
            if scaled >> 32:
                scaled, below = above, max(1, round(below / change.factor))
            struct.pack_into(layout.order + "II", data, offset, scaled, below)
        elif tag in (SUBJECT_AREA, SUBJECT_LOCATION) and kind == 3 and 2 <= count <= 4:
            place = at + 8 if count == 2 else offset
            if place + 2 * count <= len(data):
                codes = f"{layout.order}{count}H"
                struct.pack_into(codes, data, place, *_move_area(struct.unpack_from(codes, data, place), change))
        elif tag in _POINTERS and kind in (4, 13) and count == 1 and depth < _DEEPEST:
            try:
                inner = list(_entries(from_bytes(bytes(data)), layout, offset))
            except BadExif:
                continue
            _patch_directory(data, layout, inner, change, depth=depth + 1)


def _move_area(area: tuple[int, ...], change: Change) -> list[int]:
    """A subject area, x, y and its sides or diameter, in the changed image."""
    x, y, *sides = area
    width, height = change.stored_size
    if change.orientation in (2, 3, 7, 8):
        x = width - 1 - x
    if change.orientation in (3, 4, 6, 7):
        y = height - 1 - y
    if change.orientation > 4:
        x, y, sides = y, x, sides[::-1]
    return [max(0, min(0xFFFF, round(value * change.factor))) for value in (x, y, *sides)]


def _erase_thumbnail(data: bytearray, layout: _Layout, link: int) -> tuple[int, int]:
    """Erase the thumbnail, by cutting it off where it ends the block; return where it was, if there is room now."""
    try:
        (second,) = layout.unpack("I", bytes(data[link : link + 4]))
        entries = _entries(from_bytes(bytes(data)), layout, second)
        fields = {tag: layout.unpack("I", value)[0] for _, tag, kind, _, value in entries if kind == 4}
    except (BadExif, struct.error):
        return 0, 0
    start, length = fields.get(THUMBNAIL, 0), fields.get(THUMBNAIL_LENGTH, 0)
    if not second or not max(8, link + 4) <= start < len(data) or length < 1:
        return 0, 0
    end = min(start + length, len(data))
    if data[start : start + 2] != b"\xff\xd8":  # not a thumbnail: some cameras have offsets that lead nowhere
        return 0, 0
    if not any(data[end:]):
        del data[start:]
        return 0, 0
    data[start:end] = bytes(end - start)
    return start, end


def has_thumbnail(block: bytes) -> bool:
    """Return whether a block has a second directory, which is that of a thumbnail."""
    with suppress(BadExif):
        layout, _, first = _layout(from_bytes(block))
        end = first + 2 + 12 * len(list(_entries(from_bytes(block), layout, first)))
        return not layout.big and any(block[end : end + 4])
    return False


def self_contained(maker_note: bytes) -> bool:
    """Whether a maker note may be moved: its offsets count from its own beginning, or it has none."""
    return maker_note.startswith(_MOVABLE_NOTES)


def resolution(block: bytes) -> tuple[float, float] | None:
    """Horizontal and vertical dots per inch, or None where an EXIF block does not say."""
    try:
        tags = read_directory(from_bytes(block), (X_RESOLUTION, Y_RESOLUTION, UNIT)).tags
    except BadExif:
        return None
    across, down, unit = tags.get(X_RESOLUTION), tags.get(Y_RESOLUTION), tags.get(UNIT)
    per_inch = {b"\2\0": 1.0, b"\3\0": 2.54}.get(unit.data if unit else b"\2\0")
    if per_inch is None or across is None or down is None or len(across.data) != 8 or len(down.data) != 8:
        return None
    (up, below), (up_down, below_down) = struct.unpack("<II", across.data), struct.unpack("<II", down.data)
    if 0 in (up, below, up_down, below_down):
        return None
    return round(up / below * per_inch, 1), round(up_down / below_down * per_inch, 1)


def orientation(block: bytes) -> int:
    """Return the orientation, from 1 to 8, that a block says, whatever type it is stored in."""
    with suppress(BadExif):
        tag = read_directory(from_bytes(block), (ORIENTATION,)).tags.get(ORIENTATION)
        value = int.from_bytes(tag.data, "little") if tag is not None else 1
        return value if 1 <= value <= 8 else 1
    return 1


def resolution_tags(dots_per_inch: tuple[float, float]) -> dict[int, Tag]:
    """Return the tags of a resolution."""
    across, down = (Tag(5, 1, struct.pack("<II", round(dots * 10), 10)) for dots in dots_per_inch)
    return {X_RESOLUTION: across, Y_RESOLUTION: down, UNIT: Tag(3, 1, b"\2\0")}


def text(value: str) -> Tag:
    """Return a text value; TIFF holds ASCII, others write UTF-8, and so do we."""
    data = value.encode("utf-8", "replace") + b"\0"
    return Tag(2, len(data), data)


def add_tags(file: BinaryIO, extra: Directory) -> None:
    """Add tags to a little-endian TIFF file: a new first directory is put at its end.

    Args:
        file: open for reading and writing.
        extra: the tags; they take the place of those of the same number.
    """
    if not extra.tags and not extra.children:
        return

    def read_at(offset: int, length: int) -> bytes:
        file.seek(offset)
        return file.read(length)

    layout, pointer, first = _layout(read_at)
    codes, entry_size = layout.entry
    kept = {
        tag: struct.pack("<" + codes, tag, kind, count, value)
        for _, tag, kind, count, value in _entries(read_at, layout, first)
        if tag not in extra.tags and tag not in extra.children
    }
    size = file.seek(0, 2)
    start = size + -size % 8
    counter, counter_size = layout.counter
    added = sorted([*extra.tags, *extra.children])
    total = len(kept) + len(added)
    head = counter_size + total * entry_size + layout.offset[1]
    # The new values lie behind the new directory; of their own packed one, the entries are taken and the head is not.
    packed = pack_directory(extra, start + head, big=layout.big)
    for number, tag in enumerate(added):
        kept[tag] = packed[counter_size + number * entry_size :][:entry_size]
    body = struct.pack("<" + counter, total) + b"".join(kept[tag] for tag in sorted(kept)) + bytes(layout.offset[1])
    file.seek(start)
    file.write(body + packed)
    file.seek(pointer)
    file.write(struct.pack("<" + layout.offset[0], start))
