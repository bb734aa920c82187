"""Metadata laid out for the encoders: JPEG segments, PNG chunks, TIFF tags, and what libvips writes by itself."""

import struct
import zlib
from contextlib import suppress
from typing import Any

from srgan.images import containers, exif
from srgan.images.exif import BadExif, Directory, Tag
from srgan.images.metadata import IPTC_RESOURCE, MILLIMETRES_PER_INCH, TEXT_CHUNKS, Metadata
from srgan.images.vips import pyvips


def jpeg_segments(metadata: Metadata) -> list[tuple[int, bytes]]:
    """Return the APPn and COM segments of a JPEG file: second byte of the marker, contents."""
    across, down = metadata.dots_per_inch or (0, 0)
    unit = 1 if 1 <= round(across) <= 0xFFFF and 1 <= round(down) <= 0xFFFF else 0
    density = (round(across), round(down)) if unit else (1, 1)
    segments = [(0xE0, b"JFIF\0" + struct.pack(">BBBHHBB", 1, 2, unit, *density, 0, 0))]
    if metadata.exif is not None:
        segments.append((0xE1, containers.EXIF_MARK + metadata.exif))
    if metadata.xmp is not None:
        segments.append((0xE1, containers.XMP_MARK + metadata.xmp))
    segments += containers.icc_segments(metadata.icc or b"")
    resources = (metadata.photoshop or b"") + _iptc_resource(metadata.iptc)
    if resources:
        segments.append((0xED, containers.PHOTOSHOP_MARK + resources))
    for key, value in metadata.texts:
        text = value if key == "Comment" else f"{key}: {value}"
        data = text.encode("utf-8", "surrogateescape")
        segments += [
            (0xFE, data[at : at + containers.MOST_SEGMENT]) for at in range(0, len(data), containers.MOST_SEGMENT)
        ]
    return segments


def _iptc_resource(records: bytes | None) -> bytes:
    if records is None:
        return b""
    return b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(records)) + records + bytes(len(records) % 2)


def png_chunks(metadata: Metadata, made_by: str | None) -> list[tuple[bytes, bytes]]:
    """Return the ancillary chunks of a PNG file: name, data."""
    outranked = metadata.cicp is not None or metadata.icc is not None
    chunks = [chunk for chunk in metadata.chunks if not (outranked and chunk[0] == b"sRGB")]
    if metadata.icc is not None:
        chunks.append((b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc)))
    if metadata.cicp is not None:
        chunks.append((b"cICP", bytes([*metadata.cicp, 0, 1])))
    if metadata.dots_per_inch is not None:
        per_metre = (round(dots * 1000 / MILLIMETRES_PER_INCH) for dots in metadata.dots_per_inch)
        chunks.append((b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if metadata.exif is not None:
        chunks.append((b"eXIf", metadata.exif))
    if metadata.xmp is not None:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp))
    written = any(kind in TEXT_CHUNKS for kind, _ in metadata.chunks)
    for key, value in () if written else metadata.texts:
        chunks.append(
            (b"iTXt", key.encode("latin-1", "replace")[:79] + b"\0\0\0\0\0" + value.encode("utf-8", "replace"))
        )
    if made_by is not None and not any(key == "Software" for key, _ in metadata.texts):
        chunks.append((b"tEXt", b"Software\0" + made_by.encode("latin-1", "replace")))
    return chunks


def attach(image: Any, metadata: Metadata, format: str) -> Any:
    """Return the libvips image with what libvips writes into a file of this format by itself: TIFF, WebP or AVIF."""
    blob = pyvips.GValue.blob_type
    if format == "tiff":
        across, down = metadata.dots_per_inch or (MILLIMETRES_PER_INCH, MILLIMETRES_PER_INCH)
        image = image.copy(xres=across / MILLIMETRES_PER_INCH, yres=down / MILLIMETRES_PER_INCH)
        image.set_type(pyvips.GValue.gstr_type, "resolution-unit", "in")
    if metadata.icc is not None:
        image.set_type(blob, "icc-profile-data", metadata.icc)
    if metadata.xmp is not None:
        image.set_type(blob, "xmp-data", metadata.xmp)
    return image


def tiff_tags(metadata: Metadata) -> Directory:
    """Return the tags to add to a TIFF file: what libvips does not write into one."""
    directory = Directory()
    if metadata.exif is not None:
        wanted = (*exif.DESCRIPTIVE, exif.EXIF_POINTER, exif.GPS_POINTER)
        with suppress(BadExif):
            directory = exif.read_directory(exif.from_bytes(metadata.exif), wanted)
        exif.drop_fixed_note(directory)
    if metadata.iptc is not None:
        directory.tags[exif.IPTC] = Tag(7, len(metadata.iptc), metadata.iptc)
    if metadata.photoshop is not None:
        directory.tags[exif.PHOTOSHOP] = Tag(1, len(metadata.photoshop), metadata.photoshop)
    return directory
