"""What a file says beside its pixels: colour profile, EXIF, XMP, IPTC, resolution; taken from one and given to another.

It does not know about pixels. EXIF as a structure is `exif.py`'s.
"""

import re
import struct
from dataclasses import dataclass

import pyvips

from srgan.images import exif
from srgan.images.exif import BadExif, Directory, ReadAt

_MILLIMETRES_PER_INCH = 25.4
_COMMON_RESOLUTION = 72.0  # dots per inch, where a format demands a value and the source has none
_APP13 = b"Photoshop 3.0\0"
_IPTC_RESOURCE = 0x0404
_MOST_SEGMENT = 65_000  # bytes that fit into one segment of a JPEG, with what is written around them


@dataclass(frozen=True)
class Metadata:
    """What a picture carries beside its pixels, ready for an upright picture of any size.

    The orientation has been applied to the pixels and is reset; thumbnails, which would show the old picture, are gone.
    """

    icc: bytes | None = None
    """The colour profile, byte for byte."""
    exif: bytes | None = None
    """An EXIF block, without the `Exif` marker of JPEG."""
    xmp: bytes | None = None
    """An XMP packet."""
    iptc: bytes | None = None
    """IPTC-IIM records, without the Photoshop resource around them."""
    dots_per_inch: tuple[float, float] | None = None
    """Horizontal and vertical, or None where the file does not say."""


def metadata_of(image: pyvips.Image, format: str, read_at: ReadAt) -> Metadata:
    """What an opened file says, reset for an upright picture.

    Args:
        image: the picture as libvips loaded it.
        format: of the file.
        read_at: gives bytes of the file; of a TIFF libvips does not read everything.
    """
    block, iptc = _blob(image, "exif-data"), _blob(image, "iptc-data")
    if format == "tiff":
        block, iptc = _tags_of_tiff(read_at)
    elif iptc is not None:
        iptc = _unwrap_iptc(iptc)
    xmp = _blob(image, "xmp-data")
    return Metadata(
        icc=_blob(image, "icc-profile-data"),
        exif=None if block is None else exif.clean(block),
        xmp=None if xmp is None else _upright_xmp(xmp),
        iptc=iptc,
        dots_per_inch=_resolution(image) or (None if block is None else exif.resolution(block)),
    )


def _blob(image: pyvips.Image, name: str) -> bytes | None:
    return (bytes(image.get(name)) or None) if image.get_typeof(name) else None


def _resolution(image: pyvips.Image) -> tuple[float, float] | None:
    across, down = image.xres, image.yres
    if (across, down) == (1.0, 1.0) or not (0 < across < 1e5 and 0 < down < 1e5):
        return None  # 1 pixel a millimetre is what libvips says of a file that says nothing
    # PNG rounds to whole pixels a metre: 150.0124 was 150.
    return round(across * _MILLIMETRES_PER_INCH, 1), round(down * _MILLIMETRES_PER_INCH, 1)


def _upright_xmp(xmp: bytes) -> bytes:
    """XMP repeats the orientation; some programs believe it rather than EXIF."""
    return re.sub(rb"(tiff:Orientation(?:\s*=\s*[\"']|>\s*))[2-8]", rb"\g<1>1", xmp)


def _tags_of_tiff(read_at: ReadAt) -> tuple[bytes | None, bytes | None]:
    """(EXIF block, IPTC records) made from the tags of a TIFF file."""
    wanted = (*exif.DESCRIPTIVE, exif.EXIF_POINTER, exif.GPS_POINTER, exif.IPTC, exif.PHOTOSHOP)
    try:
        directory = exif.read_directory(read_at, wanted)
    except BadExif:
        return None, None
    iptc, resources = directory.tags.pop(exif.IPTC, None), directory.tags.pop(exif.PHOTOSHOP, None)
    records = None
    if iptc is not None:
        records = iptc.data
        if not records.startswith(b"\x1c"):  # declared as longs, these bytes are swapped with the byte order
            records = b"".join(records[at : at + 4][::-1] for at in range(0, len(records), 4))
    elif resources is not None:
        records = _unwrap_iptc(resources.data)
    if records is not None and not records.startswith(b"\x1c"):
        records = None
    block = exif.pack_exif(directory) if directory.tags or directory.children else None
    return block, records


def _unwrap_iptc(resources: bytes) -> bytes | None:
    """The IPTC records among Photoshop's resources, or None."""
    data = resources.removeprefix(_APP13)
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, at + 4)
        name = 1 + data[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(data[start - 4 : start], "big")
        if kind == _IPTC_RESOURCE:
            return data[start : start + size] or None
        at = start + size + size % 2
    return data if data.startswith(b"\x1c") else None


def _wrap_iptc(records: bytes) -> bytes:
    resource = b"8BIM" + struct.pack(">HHI", _IPTC_RESOURCE, 0, len(records)) + records
    return _APP13 + resource + bytes(len(records) % 2)


def exif_to_feed(metadata: Metadata, format: str) -> bytes | None:
    """The EXIF block that must come with the pixels for libvips to write it into a file of this format."""
    if format == "tiff" or metadata.exif is None or (format == "jpeg" and len(metadata.exif) > _MOST_SEGMENT):
        return None
    return metadata.exif


def attach(image: pyvips.Image, metadata: Metadata, format: str, made_by: str | None) -> pyvips.Image:
    """The picture with its metadata, as libvips will write it into a file of this format.

    EXIF is not given here but has come with the pixels: libvips writes only those EXIF tags that it has read itself.
    """
    across, down = metadata.dots_per_inch or (_COMMON_RESOLUTION, _COMMON_RESOLUTION)
    image = image.copy(xres=across / _MILLIMETRES_PER_INCH, yres=down / _MILLIMETRES_PER_INCH)
    text, blob = pyvips.GValue.gstr_type, pyvips.GValue.blob_type
    image.set_type(text, "resolution-unit", "in")
    if metadata.icc is not None:
        image.set_type(blob, "icc-profile-data", metadata.icc)
    if metadata.xmp is not None and (format != "jpeg" or len(metadata.xmp) < _MOST_SEGMENT):
        image.set_type(blob, "xmp-data", metadata.xmp)
    if metadata.iptc is not None and format == "jpeg" and len(metadata.iptc) < _MOST_SEGMENT:
        image.set_type(blob, "iptc-data", _wrap_iptc(metadata.iptc))
    if made_by is not None and format != "tiff":
        image.set_type(text, "exif-ifd0-Software", made_by)
    if made_by is not None and format == "png":
        image.set_type(text, "png-comment-0-Software", made_by)
    return image


def tiff_tags(metadata: Metadata, size: tuple[int, int], made_by: str | None) -> Directory:
    """The tags to add to a TIFF file of this size: what libvips does not write into one."""
    directory = Directory()
    if metadata.exif is not None:
        wanted = (*exif.DESCRIPTIVE, exif.EXIF_POINTER, exif.GPS_POINTER)
        directory = exif.read_directory(exif.from_bytes(metadata.exif), wanted)
    if exif.EXIF_POINTER in directory.children:
        tags = directory.children[exif.EXIF_POINTER].tags
        for number, side in zip((exif.PIXEL_WIDTH, exif.PIXEL_HEIGHT), size, strict=True):
            tags[number] = exif.Tag(4, 1, struct.pack("<I", side))
    if metadata.iptc is not None:
        directory.tags[exif.IPTC] = exif.Tag(7, len(metadata.iptc), metadata.iptc)
    if made_by is not None:
        directory.tags[exif.SOFTWARE] = exif.text(made_by)
    return directory
