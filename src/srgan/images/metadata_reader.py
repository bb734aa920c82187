"""Metadata read from a file: by libvips, and from the blocks of the file that libvips does not read."""

import struct
import zlib
from contextlib import suppress
from dataclasses import replace

from srgan.images import containers, exif
from srgan.images.containers import HeifContents, JpegContents
from srgan.images.exif import BadExif, ReadAt
from srgan.images.input_bytes import InputBytes
from srgan.images.metadata import (
    COLOUR_CHUNKS,
    IPTC_RESOURCE,
    MAKER_NOTES,
    MILLIMETRES_PER_INCH,
    TEXT_CHUNKS,
    Entry,
    Metadata,
)
from srgan.images.vips import pyvips

_SIZED_RESOURCES = (0x03E8, 0x0408, 0x0409, 0x040C, 0x041A)  # of Photoshop: size, guides, thumbnails, slices
_LONGEST_TEXT = 16 << 20
_SILENT_CHUNKS = (b"pHYs", b"eXIf", b"iCCP", b"cICP", b"bKGD", b"hIST", b"sPLT", b"sBIT", b"acTL", b"oFFs")
_SILENT_SEGMENTS = (b"JFIF\0", b"JFXX\0", b"Adobe", b"Ducky", containers.ICC_MARK, containers.XMP_MARK)
_KNOWN_SEGMENTS = {
    b"MPF\0": "index of further pictures (MPF)",
    b"FLIR\0": "thermal data (FLIR)",
    containers.MORE_XMP_MARK: "extended XMP",
    b"JP": "content credentials (JUMBF)",
    b"FPXR": "FlashPix data",
    b"urn:iso:std:iso:ts:21496:": "HDR gain map",
}
_TRAILERS = {
    b"hdr-gain-map": "HDR gain map",
    b"HDRGainMap": "HDR gain map",
    b"21496:-1": "HDR gain map",
    b"ftyp": "video (motion photo)",
    b"\xff\xd8\xff": "further pictures",
    b"SEFH": "Samsung's data behind the image (SEF)",
}
_UNKNOWN_TRAILER = "data behind the image"


def metadata_of(image: pyvips.Image, source: InputBytes) -> Metadata:
    """Return what an opened file says.

    Args:
        image: as it was loaded, not yet turned upright.
        source: the file; libvips does not read everything in it.
    """
    format, read_at = source.format, source.read_at
    block, packet, profile = (_blob(image, f"{name}-data") for name in ("exif", "xmp", "icc-profile"))
    found = Metadata(icc=profile, xmp=packet, stored_size=(image.width, image.height))
    if format == "tiff":
        block, found = _of_tiff(read_at, found)
    elif format == "jpeg":
        block, found = _of_jpeg(source.jpeg, found)
    elif format == "png":
        block, found = _of_png(containers.scan_png(read_at), block, found)
    elif format in ("avif", "heic"):
        found = _of_heif(containers.scan_heif(read_at), found)
    elif format == "gif" and image.get_typeof("gif-comment"):
        found = replace(found, texts=(("Comment", str(image.get("gif-comment"))),))
    block = None if block is None else block.removeprefix(containers.EXIF_MARK)
    if found.dots_per_inch is None and format not in ("jpeg", "png"):  # for which libvips makes up 72
        found = replace(found, dots_per_inch=_resolution(image.xres, image.yres))
    dots = found.dots_per_inch or (None if block is None else exif.resolution(block))
    return replace(found, exif=block, dots_per_inch=dots)


def _blob(image: pyvips.Image, name: str) -> bytes | None:
    return (bytes(image.get(name)) or None) if image.get_typeof(name) else None


def _resolution(across: float, down: float) -> tuple[float, float] | None:
    """Dots per inch from dots per millimetre."""
    if (across, down) == (1.0, 1.0) or not (0 < across < 1e5 and 0 < down < 1e5):
        return None  # 1 dot a millimetre is what libvips says of a file that says nothing
    # PNG rounds to whole dots a metre: 150.0124 was 150.
    return round(across * MILLIMETRES_PER_INCH, 1), round(down * MILLIMETRES_PER_INCH, 1)


def _of_jpeg(contents: JpegContents, found: Metadata) -> tuple[bytes | None, Metadata]:
    block: bytes | None = None
    resources, texts, left_out = b"", [], list[str]()
    for marker, data in contents.segments:
        if data.startswith(containers.EXIF_MARK):
            block = block or data.removeprefix(containers.EXIF_MARK)
        elif data.startswith(containers.XMP_MARK):
            found = replace(found, xmp=found.xmp or data.removeprefix(containers.XMP_MARK))
        elif data.startswith(containers.PHOTOSHOP_MARK):
            resources += data.removeprefix(containers.PHOTOSHOP_MARK)
        elif data.startswith(b"JFIF\0") and len(data) >= 12 and data[7] in (1, 2):
            unit = MILLIMETRES_PER_INCH if data[7] == 1 else 10
            found = replace(
                found, dots_per_inch=_resolution(*(dots / unit for dots in struct.unpack_from(">HH", data, 8)))
            )
        elif marker == 0xFE:
            texts.append(("Comment", data.rstrip(b"\0").decode("utf-8", "surrogateescape")))
        elif not data.startswith(_SILENT_SEGMENTS):
            known = (what for mark, what in _KNOWN_SEGMENTS.items() if data.startswith(mark))
            left_out.append(next(known, f"APP{marker - 0xE0} block"))
    if contents.trailer.strip(b"\0\xff"):  # these are padding
        left_out.append(next((what for mark, what in _TRAILERS.items() if mark in contents.trailer), _UNKNOWN_TRAILER))
    iptc, photoshop = _split_resources(resources)
    entries = tuple(Entry(what, "left out") for what in dict.fromkeys(left_out))
    return block, replace(found, iptc=iptc, photoshop=photoshop, texts=tuple(texts), left_out=entries)


def _of_png(chunks: list[tuple[bytes, bytes]], block: bytes | None, found: Metadata) -> tuple[bytes | None, Metadata]:
    kept, texts, left_out = [], [], []
    for kind, data in chunks:
        if kind in TEXT_CHUNKS:
            key, value = _text_of(kind, data)
            if key == "XML:com.adobe.xmp":
                found = replace(found, xmp=found.xmp or value.encode())
                continue
            if key.startswith("Raw profile type "):  # as ImageMagick writes what PNG had no chunk for
                name, raw = key.removeprefix("Raw profile type ").lower(), _raw_profile(value)
                if name in ("exif", "app1") and raw.startswith(containers.EXIF_MARK):
                    block = block or raw
                elif name == "xmp":
                    found = replace(found, xmp=found.xmp or raw)
                elif name in ("iptc", "8bim"):
                    found = replace(found, iptc=_split_resources(raw)[0])
                continue
            texts.append((key, value))
            kept.append((kind, data))
        elif kind == b"cICP" and len(data) == 4:
            found = replace(found, cicp=(data[0], data[1]))
        elif kind == b"pHYs" and len(data) == 9 and data[8] == 1:
            found = replace(found, dots_per_inch=_resolution(*(dots / 1000 for dots in struct.unpack(">II", data[:8]))))
        elif kind == b"iCCP" and found.icc is None:  # libpng passes over it
            left_out.append(Entry("colour profile", "left out", "it is damaged, or for another kind of image"))
        elif kind in _SILENT_CHUNKS:
            continue
        elif kind in (*COLOUR_CHUNKS, b"tIME") or kind[3] & 0x20:  # a small last letter: safe to copy
            kept.append((kind, data))
        else:
            left_out.append(Entry(f"PNG chunk {kind.decode('latin-1')}", "left out"))
    return block, replace(found, chunks=tuple(kept), texts=tuple(texts), left_out=tuple(left_out))


def _text_of(kind: bytes, data: bytes) -> tuple[str, str]:
    """Keyword and text of a PNG text chunk (PNG, third edition, 11.3.3)."""
    key, _, rest = data.partition(b"\0")
    if kind == b"tEXt":
        text, coding = rest, "latin-1"
    elif kind == b"zTXt":
        text, coding = _inflated(rest[1:]), "latin-1"
    else:
        packed, coding = rest[:1] == b"\1", "utf-8"
        text = rest[2:].split(b"\0", 2)[-1]
        text = _inflated(text) if packed else text
    return key.decode("latin-1"), text.decode(coding, "replace")


def _inflated(data: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompressobj().decompress(data, _LONGEST_TEXT)
    return b""


def _raw_profile(text: str) -> bytes:
    """Return the bytes of a profile as hexadecimal text, behind its name and length."""
    with suppress(ValueError):
        return bytes.fromhex("".join(text.split()[2:]))
    return b""


def _of_heif(contents: HeifContents, found: Metadata) -> Metadata:
    cicp = None if found.icc else contents.cicp
    urns = b" ".join(contents.auxiliary)
    left_out = []
    if b"tmap" in contents.items or b"hdrgainmap" in urns:
        left_out.append(Entry("HDR gain map", "left out"))
    if b":depth" in urns or b"auxid:2" in urns:
        left_out.append(Entry("depth map", "left out"))
    return replace(found, cicp=cicp, left_out=tuple(left_out))


def _of_tiff(read_at: ReadAt, found: Metadata) -> tuple[bytes | None, Metadata]:
    """Return an EXIF block made from the tags of a TIFF file, which has none, and what else they hold."""
    wanted = (*exif.DESCRIPTIVE, exif.EXIF_POINTER, exif.GPS_POINTER, exif.IPTC, exif.PHOTOSHOP)
    try:
        directory = exif.read_directory(read_at, wanted)
    except BadExif:
        return None, found
    records, resources = directory.tags.pop(exif.IPTC, None), directory.tags.pop(exif.PHOTOSHOP, None)
    iptc, photoshop = _split_resources(resources.data if resources else b"")
    if records is not None:
        iptc = records.data
        if not iptc.startswith(b"\x1c"):  # declared as longs, these bytes are swapped with the byte order
            iptc = b"".join(iptc[at : at + 4][::-1] for at in range(0, len(iptc), 4))
        iptc = iptc if iptc.startswith(b"\x1c") else None
    left_out = (MAKER_NOTES,) if exif.drop_fixed_note(directory) else ()
    block = exif.pack_exif(directory) if directory.tags or directory.children else None
    return block, replace(found, iptc=iptc, photoshop=photoshop, left_out=left_out)


def _split_resources(data: bytes) -> tuple[bytes | None, bytes | None]:
    """Return the IPTC records among Photoshop's resources, and the other resources that hold for any size."""
    if data.startswith(b"\x1c"):
        return data, None
    at, iptc, others = 0, b"", b""
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, at + 4)
        name = 1 + data[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(data[start - 4 : start], "big")
        end = start + size + size % 2
        if kind == IPTC_RESOURCE:
            iptc = iptc or data[start : start + size]
        elif kind not in _SIZED_RESOURCES and end <= len(data) + 1:
            others += data[at:end].ljust(end - at, b"\0")
        at = end
    return iptc or None, others or None
