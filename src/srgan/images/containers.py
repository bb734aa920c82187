"""The blocks of image files that hold no pixels: JPEG segments, PNG chunks, and the boxes of AVIF and HEIC."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from srgan.images.exif import ReadAt, from_bytes

_PIECE = 1 << 20  # bytes read at once
_MOST_SEGMENTS, _MOST_BLOCKS = 10_000, 200_000  # of a JPEG, of other files: forged ones have more
_LARGEST_BLOCK = 64 << 20
_APP0, _APP1, _APP2, _APP13, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xFE
_SCAN, _END, _STANDALONE = 0xDA, 0xD9, frozenset({0x01, *range(0xD0, 0xD9)})
_TABLES, _SEQUENTIAL = 0xDB, (0xC0, 0xC1)
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""SOF0 to SOF15, without DHT, JPG and DAC."""
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_WHOLE_SPECTRUM = b"\x00\x3f\x00"  # coefficients 0 to 63, which every scan of a sequential JPEG holds
MOST_SEGMENT = 65_533
"""Bytes that one JPEG segment can hold."""
EXIF_MARK, XMP_MARK, ICC_MARK = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_ICC_PART = MOST_SEGMENT - len(ICC_MARK) - 2
MOST_ICC = 255 * _ICC_PART
"""Bytes of the longest colour profile that a JPEG can hold."""
MORE_XMP_MARK, PHOTOSHOP_MARK = b"http://ns.adobe.com/xmp/extension/\0", b"Photoshop 3.0\0"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass
class JpegContents:
    """Contents of a JPEG file besides its pixels."""

    segments: list[tuple[int, bytes]] = field(default_factory=list)
    """APPn and COM segments: second byte of the marker, contents."""
    coding: list[tuple[int, bytes]] = field(default_factory=list)
    """The same of quantisation tables and frame headers before the first scan."""
    scan_faults: list[int] = field(default_factory=list)
    """Where the three bytes stand that a sequential scan ends its header with, if they are not those it must have."""
    padding: list[tuple[int, int]] = field(default_factory=list)
    """Where bytes that belong to nothing begin and end, before the first scan."""
    trailer: bytes = b""
    """The first MiB of what follows the image."""


def scan_jpeg(read_at: ReadAt) -> JpegContents:
    """Return the blocks of a JPEG file; of a damaged one, those before the damage."""
    found, sequential, scanned, at = JpegContents(), False, False, 2
    for _ in range(_MOST_SEGMENTS):
        start = read_at(at, 4)
        if len(start) < 2:
            break
        if start[0] != 0xFF or start[1] in (0x00, 0xFF) or 0xD0 <= start[1] <= 0xD7:  # image data, or padding
            start_of_padding, at = at, _next_marker(read_at, at)
            if not scanned:
                found.padding.append((start_of_padding, at))
            continue
        marker = start[1]
        if marker == _END:
            found.trailer = read_at(at + 2, _PIECE)
            break
        if marker in _STANDALONE or len(start) < 4:
            at += 2
            continue
        length = struct.unpack(">H", start[2:])[0]
        if _APP0 <= marker <= _APP15 or marker == _COMMENT:
            found.segments.append((marker, read_at(at + 4, max(0, length - 2))))
        elif marker in (_TABLES, *FRAMES) and not scanned:
            found.coding.append((marker, read_at(at + 4, max(0, length - 2))))
            sequential = sequential or marker in _SEQUENTIAL
        elif marker == _SCAN:
            scanned = True
            if sequential and read_at(at + length - 1, 3) != _WHOLE_SPECTRUM:
                found.scan_faults.append(at + length - 1)
        at += 2 + max(2, length)
    return found


def _next_marker(read_at: ReadAt, at: int) -> int:
    while len(piece := read_at(at, _PIECE)) > 1:
        match = _NEXT_MARKER.search(piece)
        if match is not None:
            return at + match.start()
        at += len(piece) - 1
    return at + len(piece)


def mend_jpeg(data: bytes, contents: JpegContents) -> bytes:
    """Give the scans of a sequential JPEG the only header that they can have, and take out padding before them."""
    mended = bytearray(data)
    for at in contents.scan_faults:
        mended[at : at + 3] = _WHOLE_SPECTRUM
    for start, end in reversed(contents.padding):
        del mended[start:end]
    return bytes(mended)


def jpeg_segment(marker: int, data: bytes) -> bytes:
    """Return a segment.

    Raises:
        ValueError: if the data is longer than MOST_SEGMENT.
    """
    if len(data) > MOST_SEGMENT:
        raise ValueError(f"a JPEG segment holds {MOST_SEGMENT} bytes, not {len(data)}")
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def icc_segments(icc: bytes) -> list[tuple[int, bytes]]:
    """Return the APP2 segments of a colour profile."""
    parts = [icc[start : start + _ICC_PART] for start in range(0, len(icc), _ICC_PART)]
    return [(_APP2, ICC_MARK + bytes([number, len(parts)]) + part) for number, part in enumerate(parts, 1)]


def jpeg_head(written: bytes, segments: list[tuple[int, bytes]]) -> bytes | None:
    """Return the beginning of a JPEG file with other APPn and COM segments; None if it is too short.

    Args:
        written: the beginning of the file, to a table or frame header at least.
        segments: second byte of the marker and contents of each.
    """
    at = 2
    while at + 4 <= len(written):
        marker, length = written[at + 1], struct.unpack_from(">H", written, at + 2)[0]
        if not (_APP0 <= marker <= _APP15 or marker == _COMMENT):
            ours = [jpeg_segment(number, data) for number, data in segments]
            return b"".join((written[:2], *ours, written[at:]))
        at += 2 + length
    return None


def scan_png(read_at: ReadAt, *, whole: bool = True) -> list[tuple[bytes, bytes]]:
    """Return the ancillary chunks of a PNG file, or those before its pixels: name, data."""
    found, at = [], len(PNG_SIGNATURE)
    for _ in range(_MOST_BLOCKS):
        start = read_at(at, 8)
        if len(start) < 8:
            break
        length, kind = struct.unpack(">I4s", start)
        if kind == b"IEND" or (kind == b"IDAT" and not whole):
            break
        if kind[0] & 0x20 and kind not in (b"fdAT", b"fcTL", b"tRNS") and length <= _LARGEST_BLOCK:
            data = read_at(at + 8, length)
            if zlib.crc32(kind + data).to_bytes(4, "big") == read_at(at + 8 + length, 4):
                found.append((kind, data))
        at += 12 + length
    return found


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def png_head(written: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes | None:
    """Return the beginning of a PNG file with these ancillary chunks in place of its own; None if it is too short."""
    at = header_end = len(PNG_SIGNATURE) + 25
    kept = list[bytes]()
    while at + 8 <= len(written):
        length, kind = struct.unpack_from(">I4s", written, at)
        if kind == b"IDAT":
            ours = [png_chunk(name, data) for name, data in chunks]
            return b"".join((written[:header_end], *ours, *kept, written[at:]))
        if not kind[0] & 0x20 or kind == b"tRNS":
            kept.append(written[at : at + 12 + length])
        at += 12 + length
    return None


@dataclass
class HeifContents:
    """Contents of an AVIF or HEIC file besides the pixels of its main image."""

    cicp: tuple[int, int] | None = None
    """Colour primaries and transfer characteristics of the main image."""
    items: set[bytes] = field(default_factory=set)
    """Types of its items: `tmap` is a gain map."""
    auxiliary: set[bytes] = field(default_factory=set)
    """What its auxiliary images are, as URNs."""


def scan_heif(read_at: ReadAt) -> HeifContents:
    """Return the blocks of an AVIF or HEIC file; of a damaged one, those before the damage."""
    found = HeifContents()
    try:
        start, end = next((start, end) for kind, start, end in _boxes(read_at, 0, 1 << 62) if kind == b"meta")
        meta = read_at(start + 4, min(end - start - 4, _LARGEST_BLOCK))
        _scan_meta(meta, found)
    except (StopIteration, struct.error, LookupError, ValueError):
        pass
    return found


def has_readable_items(data: bytes) -> bool:
    """Return whether types and names of all items of a HEIC file are text; pi-heif dies of others."""
    for kind, start, end in _boxes(from_bytes(data), 0, len(data)):
        for item in re.finditer(b"infe", data[start:end]) if kind == b"meta" else ():
            at = start + item.start()
            text = at + (14 if data[at + 4 : at + 5] == b"\3" else 12)  # behind version, flags, number, protection
            try:
                data[text : at - 4 + int.from_bytes(data[at - 4 : at], "big")].decode()
            except UnicodeDecodeError:
                return False
    return True


def _boxes(read_at: ReadAt, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, end) of the contents of each box (ISO 14496-12, 4.2)."""
    for _ in range(_MOST_BLOCKS):
        head = read_at(at, 16)
        if at + 8 > end or len(head) < 8:
            return
        size, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if size == 1:
            if len(head) < 16:
                return
            size, start = struct.unpack_from(">Q", head, 8)[0], at + 16
        stop = end if size == 0 else at + size
        if stop < start:
            return
        yield kind, start, min(stop, end)
        at = stop


def _scan_meta(meta: bytes, found: HeifContents) -> None:
    def inside(start: int, end: int) -> list[tuple[bytes, int, int]]:
        return list(_boxes(from_bytes(meta), start, end))

    boxes = {kind: (start, end) for kind, start, end in inside(0, len(meta))}
    start, end = boxes[b"iinf"]
    for kind, item, _ in inside(start + (6 if meta[start] == 0 else 8), end):
        if kind == b"infe" and meta[item] >= 2:
            wide = 8 if meta[item] == 2 else 10
            found.items.add(meta[item + wide : item + wide + 4])
    at = boxes[b"pitm"][0]
    main = int.from_bytes(meta[at + 4 : at + (6 if meta[at] == 0 else 8)], "big")
    properties = {kind: (start, end) for kind, start, end in inside(*boxes[b"iprp"])}
    held = inside(*properties[b"ipco"])
    found.auxiliary = {meta[start + 4 : end].partition(b"\0")[0] for kind, start, end in held if kind == b"auxC"}
    for index in _properties_of(meta[slice(*properties[b"ipma"])], main):
        kind, start, _ = held[index - 1]
        if kind == b"colr" and meta[start : start + 4] == b"nclx":
            found.cicp = struct.unpack_from(">HH", meta, start + 4)


def _properties_of(ipma: bytes, item: int) -> list[int]:
    """Return the numbers of an item's properties, from 1 (ISO 23008-12, 9.3.3)."""
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    at = 8
    for _ in range(count):
        (number,) = struct.unpack_from(">I" if version else ">H", ipma, at)
        at += 4 if version else 2
        associations = ipma[at]
        at += 1
        codes = struct.unpack_from(f">{associations}{'H' if wide else 'B'}", ipma, at)
        at += associations * (2 if wide else 1)
        if number == item:
            return [code & (0x7FFF if wide else 0x7F) for code in codes]
    return []
