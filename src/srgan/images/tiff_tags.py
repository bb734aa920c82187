"""Tags of TIFF files: read singly, mended where they stop libtiff though no pixel is lost, and added to a new file."""

import struct
from contextlib import suppress
from typing import BinaryIO

from srgan.images.exif import (
    ORIENTATION,
    BadExif,
    Directory,
    ReadAt,
    from_file,
    pack_directory,
    read_directory,
    read_entries,
    read_layout,
)

_INTEGERS = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 13: ("I", 4)}  # types of whole numbers: BYTE, SHORT, LONG, IFD


def tag_numbers(read_at: ReadAt, number: int) -> tuple[int, ...]:
    """Return the numbers of a tag of type BYTE, SHORT, LONG or IFD, or none."""
    try:
        tag = read_directory(read_at, (number,)).tags.get(number)
    except BadExif:
        return ()
    if tag is None or tag.kind not in _INTEGERS:
        return ()
    return struct.unpack(f"<{tag.count}{_INTEGERS[tag.kind][0]}", tag.data)


def harmless_faults(read_at: ReadAt, size: int) -> list[tuple[int, bytes]]:
    """Return faults in the first directory of a file of this size that concern no pixel: where they are, right bytes.

    These are an orientation that does not exist, and a pointer to a next directory outside the file.
    """
    faults = []
    with suppress(BadExif):
        layout, _, first = read_layout(read_at)
        entries = list(read_entries(read_at, layout, first))
        (codes, width), (counter, inline) = layout.entry, layout.offset
        for at, tag, kind, _, value in entries:
            code, length = _INTEGERS.get(kind, ("B", 1))
            if tag == ORIENTATION and not (kind in _INTEGERS and 1 <= layout.unpack(code, value[:length])[0] <= 8):
                faults.append((at, layout.pack(codes[:3], tag, 3, 1) + layout.pack("H", 1).ljust(inline, b"\0")))
        link = first + layout.counter[1] + width * len(entries)
        following = read_at(link, inline)
        if len(following) == inline and layout.unpack(counter, following)[0] >= size:
            faults.append((link, bytes(inline)))
    return faults


def add_tags(file: BinaryIO, extra: Directory) -> None:
    """Add tags to a little-endian TIFF file, in place of those of the same number.

    A new first directory is put at its end. The file is open for reading and writing.
    """
    if not extra.tags and not extra.children:
        return
    read_at = from_file(file)
    layout, pointer, first = read_layout(read_at)
    codes, entry_size = layout.entry
    entries = list(read_entries(read_at, layout, first))
    following = read_at(first + layout.counter[1] + entry_size * len(entries), layout.offset[1])  # of more directories
    kept = {
        tag: struct.pack("<" + codes, tag, kind, count, value)
        for _, tag, kind, count, value in entries
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
    body = struct.pack("<" + counter, total) + b"".join(kept[tag] for tag in sorted(kept)) + following
    file.seek(start)
    file.write(body + packed)
    file.seek(pointer)
    file.write(struct.pack("<" + layout.offset[0], start))
