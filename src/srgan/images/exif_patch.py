"""EXIF blocks patched where they lie (CIPA DC-008-2019), since maker notes hold offsets into them."""

import struct
from contextlib import suppress
from dataclasses import dataclass

from srgan.images.exif import (
    DEEPEST,
    KINDS,
    ORIENTATION,
    POINTERS,
    BadExif,
    Layout,
    RawEntry,
    Tag,
    from_bytes,
    little_endian,
    read_entries,
    read_layout,
)

_WIDTHS, _HEIGHTS = (0x0100, 0xA002, 0x1001), (0x0101, 0xA003, 0x1002)  # image, EXIF, related image
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_SUBJECT, _FOCAL_PLANE = (0x9214, 0xA214), (0xA20E, 0xA20F)  # area and location; resolutions


@dataclass(frozen=True)
class Change:
    """Difference of an image from the one that its EXIF block was written for."""

    size: tuple[int, int]
    """Width and height now."""
    stored_size: tuple[int, int]
    """Width and height as they were stored, before the orientation was applied."""
    orientation: int = 1
    """From 1 to 8: what has been applied to the pixels; 0 if the file names none."""

    @property
    def factor(self) -> float:
        """Pixels now per pixel then, along one axis."""
        return self.size[0] / self.stored_size[1 if self.orientation > 4 else 0]


def patch(block: bytes, change: Change, new_tags: dict[int, Tag], *, limit: int | None = None) -> bytes | None:
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
        layout, pointer, first = read_layout(read_at)
        if layout.big:
            return None
        entries = list(read_entries(read_at, layout, first))
    except BadExif:
        return None
    _patch_directory(data, layout, entries, change, depth=1)
    link = first + 2 + 12 * len(entries)
    hole = _erase_thumbnail(data, layout, link)
    data[link : link + 4] = bytes(len(data[link : link + 4]))
    if not new_tags:
        return bytes(data)
    old = {tag: bytes(data[at : at + 12]) for at, tag, *_ in entries if tag not in new_tags}
    # From little-endian to the block's own order, which is the same as back.
    packed = {tag: little_endian(value.data, value.kind, layout.order) for tag, value in new_tags.items()}
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
    # Entries of no known type last: readers give up a directory that begins with one.
    ordered = sorted(old, key=lambda tag: (layout.unpack("H", old[tag][2:4])[0] not in KINDS, tag))
    directory = layout.pack("H", len(old)) + b"".join(old[tag] for tag in ordered) + bytes(4) + values
    data += bytes(max(0, place - len(data)))
    data[place : place + len(directory)] = directory
    data[pointer : pointer + 4] = layout.pack("I", place)
    return bytes(data)


def _patch_directory(data: bytearray, layout: Layout, entries: list[RawEntry], change: Change, *, depth: int) -> None:
    """Overwrite what depends on the pixels in a directory and those below it."""
    sides = dict.fromkeys(_WIDTHS, change.size[0]) | dict.fromkeys(_HEIGHTS, change.size[1])
    followed = set[int]()  # a pointer that is repeated a thousand times would take minutes
    for at, tag, kind, count, value in entries:
        offset = layout.unpack("I", value)[0]
        if tag == ORIENTATION:
            data[at : at + 12] = layout.pack("HHIHxx", tag, 3, 1, 1)
        elif tag in sides:
            data[at : at + 12] = layout.pack("HHII", tag, 4, 1, sides[tag])
        elif tag in _FOCAL_PLANE and kind == 5 and offset + 8 <= len(data):
            above, below = struct.unpack_from(layout.order + "II", data, offset)
            scaled = round(above * change.factor)
            if scaled >> 32:
                scaled, below = above, max(1, round(below / change.factor))
            struct.pack_into(layout.order + "II", data, offset, scaled, below)
        elif tag in _SUBJECT and kind == 3 and 2 <= count <= 4:
            place = at + 8 if count == 2 else offset
            if place + 2 * count <= len(data):
                codes = f"{layout.order}{count}H"
                struct.pack_into(codes, data, place, *_move_area(struct.unpack_from(codes, data, place), change))
        elif tag in POINTERS and kind in (4, 13) and count == 1 and depth < DEEPEST and tag not in followed:
            followed.add(tag)
            try:
                inner = list(read_entries(from_bytes(bytes(data)), layout, offset))
            except BadExif:
                continue
            _patch_directory(data, layout, inner, change, depth=depth + 1)


def _move_area(area: tuple[int, ...], change: Change) -> list[int]:
    """Return a subject area, x, y and its sides or diameter, in the changed image."""
    x, y, *sides = area
    width, height = change.stored_size
    if change.orientation in (2, 3, 7, 8):
        x = width - 1 - x
    if change.orientation in (3, 4, 6, 7):
        y = height - 1 - y
    if change.orientation > 4:
        x, y, sides = y, x, sides[::-1]
    return [max(0, min(0xFFFF, round(value * change.factor))) for value in (x, y, *sides)]


def _erase_thumbnail(data: bytearray, layout: Layout, link: int) -> tuple[int, int]:
    """Erase the thumbnail, by cutting it off where it ends the block; return where it was, if there is room now."""
    try:
        (second,) = layout.unpack("I", bytes(data[link : link + 4]))
        entries = read_entries(from_bytes(bytes(data)), layout, second)
        fields = {tag: layout.unpack("I", value)[0] for _, tag, kind, _, value in entries if kind == 4}
    except (BadExif, struct.error):
        return 0, 0
    start, length = fields.get(_THUMBNAIL, 0), fields.get(_THUMBNAIL_LENGTH, 0)
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
        layout, _, first = read_layout(from_bytes(block))
        end = first + 2 + 12 * len(list(read_entries(from_bytes(block), layout, first)))
        return not layout.big and any(block[end : end + 4])
    return False
