"""What a file says besides its pixels, and the ledger of what a result keeps, what is corrected, what is left out.

Read by `metadata_of`, made to fit another image and format by `fit`, and laid out for an encoder by the rest. Nothing
is added but a note on the making of the image (EXIF ProcessingSoftware; in PNG a text, too).
"""

import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from srgan.errors import OutputError
from srgan.images import containers, exif, xmp
from srgan.images.containers import HeifContents, JpegContents
from srgan.images.exif import BadExif, Change, Directory, ReadAt, Tag
from srgan.images.formats import FORMATS, EncodeOptions
from srgan.images.icc import SRGB, UNSPECIFIED, Cicp, fits, is_intact, make_profile, space_of_cicp, space_of_png
from srgan.images.input_bytes import InputBytes
from srgan.images.vips import pyvips

_MILLIMETRES_PER_INCH = 25.4
THUMBNAIL = "thumbnail"
"""The one entry of the ledger that is no loss when it is left out."""
_IPTC_RESOURCE = 0x0404
_SIZED_RESOURCES = (0x03E8, 0x0408, 0x0409, 0x040C, 0x041A)  # of Photoshop: size, guides, thumbnails, slices
_LONGEST_TEXT = 16 << 20
_MOST_EXIF = {"jpeg": containers.MOST_SEGMENT - len(containers.EXIF_MARK), "webp": 65_000, "avif": 65_000}
_COLOUR_CHUNKS = (b"gAMA", b"cHRM", b"sRGB", b"mDCV", b"cLLI", b"mDCv", b"cLLi")
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
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
}


@dataclass(frozen=True)
class Entry:
    """A line of the ledger."""

    what: str
    fate: Literal["kept", "corrected", "left out"]
    why: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.fate}: {self.why}" if self.why else f"{self.what} {self.fate}"


@dataclass(frozen=True)
class Metadata:
    """What an image carries besides its pixels, as its file has it."""

    icc: bytes | None = None
    """The colour profile."""
    exif: bytes | None = None
    """An EXIF block, without the `Exif` marker of JPEG."""
    xmp: bytes | None = None
    """An XMP packet."""
    iptc: bytes | None = None
    """IPTC-IIM records, without the Photoshop resource around them."""
    photoshop: bytes | None = None
    """Photoshop's other resources that do not depend on the size."""
    dots_per_inch: tuple[float, float] | None = None
    """Horizontal and vertical, or None where the file does not say."""
    cicp: Cicp | None = None
    """Colour primaries and transfer characteristics (ITU-T H.273); they outrank a profile."""
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    """Chunks of a PNG that another PNG can hold: colour, text, time, private ones that are safe to copy."""
    texts: tuple[tuple[str, str], ...] = ()
    """Comments and texts of the file by keyword, the chunks' own included."""
    orientation: int = 1
    """From 1 to 8: what has been applied to the pixels."""
    stored_size: tuple[int, int] | None = None
    """Width and height before the orientation was applied."""
    lossless: bool = False
    """Whether the file was encoded without loss, in a format that can lose."""
    left_out: tuple[Entry, ...] = ()
    """What the file holds that no result does."""


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
    return round(across * _MILLIMETRES_PER_INCH, 1), round(down * _MILLIMETRES_PER_INCH, 1)


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
            unit = _MILLIMETRES_PER_INCH if data[7] == 1 else 10
            found = replace(
                found, dots_per_inch=_resolution(*(dots / unit for dots in struct.unpack_from(">HH", data, 8)))
            )
        elif marker == 0xFE:
            texts.append(("Comment", data.rstrip(b"\0").decode("utf-8", "surrogateescape")))
        elif not data.startswith(_SILENT_SEGMENTS):
            known = (what for mark, what in _KNOWN_SEGMENTS.items() if data.startswith(mark))
            left_out.append(next(known, f"APP{marker - 0xE0} block"))
    left_out += [what for mark, what in _TRAILERS.items() if mark in contents.trailer][:1]
    iptc, photoshop = _split_resources(resources)
    entries = tuple(Entry(what, "left out") for what in dict.fromkeys(left_out))
    return block, replace(found, iptc=iptc, photoshop=photoshop, texts=tuple(texts), left_out=entries)


def _of_png(chunks: list[tuple[bytes, bytes]], block: bytes | None, found: Metadata) -> tuple[bytes | None, Metadata]:
    kept, texts, left_out = [], [], []
    for kind, data in chunks:
        if kind in _TEXT_CHUNKS:
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
        elif kind in _SILENT_CHUNKS:
            continue
        elif kind in (*_COLOUR_CHUNKS, b"tIME") or kind[3] & 0x20:  # a small last letter: safe to copy
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
    """The bytes of a profile as hexadecimal text, behind its name and length."""
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
    """An EXIF block made from the tags of a TIFF file, which has none, and what else they hold."""
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
    block = exif.pack_exif(directory) if _movable(directory) else None
    return block, replace(found, iptc=iptc, photoshop=photoshop, left_out=_lost_notes(read_at))


def _movable(directory: Directory) -> bool:
    """Take out a maker note that cannot be moved; return whether anything is left."""
    photo = directory.children.get(exif.EXIF_POINTER)
    note = photo.tags.get(exif.MAKER_NOTE) if photo else None
    if photo and note and not exif.self_contained(note.data):
        del photo.tags[exif.MAKER_NOTE]
    return bool(directory.tags or directory.children)


def _lost_notes(read_at: ReadAt) -> tuple[Entry, ...]:
    """The ledger's line on a maker note that a TIFF file, or a block on its way into one, cannot take along."""
    with suppress(BadExif):
        photo = exif.read_directory(read_at, (exif.EXIF_POINTER,)).children.get(exif.EXIF_POINTER, Directory())
        note = photo.tags.get(exif.MAKER_NOTE)
        if note is not None and not exif.self_contained(note.data):
            return (Entry("maker notes", "left out", "they hold offsets into the file they came from"),)
    return ()


def _split_resources(data: bytes) -> tuple[bytes | None, bytes | None]:
    """The IPTC records among Photoshop's resources, and the other resources that hold for any size."""
    if data.startswith(b"\x1c"):
        return data, None
    at, iptc, others = 0, b"", b""
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, at + 4)
        name = 1 + data[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(data[start - 4 : start], "big")
        end = start + size + size % 2
        if kind == _IPTC_RESOURCE:
            iptc = iptc or data[start : start + size]
        elif kind not in _SIZED_RESOURCES and end <= len(data) + 1:
            others += data[at:end].ljust(end - at, b"\0")
        at = end
    return iptc or None, others or None


def fit(
    metadata: Metadata, options: EncodeOptions, size: tuple[int, int], channels: int
) -> tuple[Metadata, tuple[Entry, ...]]:
    """Make metadata fit an image of another size in another format.

    Args:
        metadata: of the source.
        options: format, and whether metadata is kept.
        size: width and height of the image to be written.
        channels: of the image to be written.

    Returns:
        What to write, and the ledger.

    Raises:
        OutputError: if the format cannot say what the colours mean.
    """
    form, ledger = FORMATS[options.format], list(metadata.left_out)
    metadata, colour = _fit_colour(metadata, options.format, channels)
    ledger += colour
    if not options.keep_metadata:
        chunks = tuple(chunk for chunk in metadata.chunks if chunk[0] in _COLOUR_CHUNKS)
        kept = Metadata(metadata.icc, dots_per_inch=metadata.dots_per_inch, cicp=metadata.cicp, chunks=chunks)
        return kept, (*ledger, Entry("metadata", "left out"))
    change = Change(size, metadata.stored_size or size, metadata.orientation)

    def no_place(what: str) -> None:
        ledger.append(Entry(what, "left out", f"{options.format} has no place for it"))

    block = None
    if "exif" in form.holds:
        block, entries = _fit_exif(metadata, options, change)
        ledger += entries
    elif metadata.exif:
        no_place("EXIF")
    packet = metadata.xmp
    if packet is not None and "xmp" not in form.holds:
        no_place("XMP")
        packet = None
    elif packet is not None:
        packet = xmp.correct(packet, change)
        ledger.append(Entry("XMP", "kept" if packet == metadata.xmp else "corrected"))
        if options.format == "jpeg" and len(packet) > containers.MOST_SEGMENT - len(containers.XMP_MARK):
            packet = None
            ledger[-1] = Entry("XMP", "left out", "jpeg holds 64 KB")
    iptc, photoshop = metadata.iptc, metadata.photoshop
    if iptc or photoshop:
        room = options.format != "jpeg" or len(iptc or b"") + len(photoshop or b"") < containers.MOST_SEGMENT - 40
        if "iptc" not in form.holds or not room:
            no_place("IPTC" if iptc else "Photoshop resources")
            iptc = photoshop = None
        else:
            ledger.append(Entry("IPTC" if iptc else "Photoshop resources", "kept"))
    texts = metadata.texts
    if texts:
        names = ", ".join(dict.fromkeys(key for key, _ in texts))
        if "text" in form.holds:
            ledger.append(Entry(f"text ({names})", "kept"))
        else:
            no_place(f"text ({names})")
            texts = ()
    chunks = metadata.chunks if options.format == "png" else ()
    for kind, _ in () if chunks else metadata.chunks:
        if kind not in (*_TEXT_CHUNKS, b"gAMA", b"cHRM", b"sRGB"):
            no_place(f"PNG chunk {kind.decode('latin-1')}")
    if metadata.orientation > 1:
        ledger.append(Entry("orientation", "corrected", "it is applied to the pixels"))
    if metadata.dots_per_inch is not None:
        ledger.append(Entry("resolution", "kept"))
    return replace(metadata, exif=block, xmp=packet, iptc=iptc, photoshop=photoshop, texts=texts, chunks=chunks), tuple(
        ledger
    )


def _fit_colour(metadata: Metadata, format: str, channels: int) -> tuple[Metadata, list[Entry]]:
    """The metadata with colours said in the way of a format, and no profile that does not describe the file."""
    gray = channels < 3 and FORMATS[format].gray
    profile, ledger = metadata.icc, list[Entry]()
    if profile is not None and not (is_intact(profile) and fits(profile, 1 if gray else 3)):
        profile = None
        ledger.append(Entry("colour profile", "left out", "it is damaged, or for another kind of image"))
    elif profile is not None:
        ledger.append(Entry("colour profile", "kept"))
    cicp = metadata.cicp
    if cicp in (SRGB, (UNSPECIFIED, UNSPECIFIED)):
        cicp = None
    if cicp is not None and format not in ("png", "avif"):
        space = space_of_cicp(cicp)
        if space is None:
            raise OutputError(
                f"{format} cannot say what the colours mean (CICP {cicp[0]}/{cicp[1]}, as of HDR): choose png or avif"
            )
        profile, cicp = make_profile(space, gray=gray), None
        ledger.append(Entry("colour codes (CICP)", "corrected", "they became a colour profile"))
    elif cicp is not None:
        ledger.append(Entry("colour codes (CICP)", "kept"))
    chunks = dict(metadata.chunks)
    if b"gAMA" in chunks or b"cHRM" in chunks:
        space = space_of_png(chunks.get(b"gAMA"), chunks.get(b"cHRM"))
        if format == "png":
            ledger.append(Entry("gamma and primaries", "kept"))
        elif profile is None and cicp is None and space is not None and b"sRGB" not in chunks:
            profile = make_profile(space, gray=gray)
            ledger.append(Entry("gamma and primaries", "corrected", "they became a colour profile"))
    return replace(metadata, icc=profile, cicp=cicp), ledger


def _fit_exif(metadata: Metadata, options: EncodeOptions, change: Change) -> tuple[bytes | None, list[Entry]]:
    new_tags: dict[int, Tag] = {}
    if options.made_by is not None:
        new_tags[exif.PROCESSING_SOFTWARE] = exif.text(options.made_by)
    known = metadata.exif is not None and exif.resolution(metadata.exif) is not None
    if metadata.dots_per_inch is not None and options.format in ("webp", "avif") and not known:
        new_tags |= exif.resolution_tags(metadata.dots_per_inch)
    if metadata.exif is None:
        return (exif.pack_exif(Directory(new_tags)) if new_tags else None), []
    limit = {"jpeg": containers.MOST_SEGMENT - len(containers.EXIF_MARK), "webp": 65_000, "avif": 65_000}.get(
        options.format
    )
    block = exif.patch(metadata.exif, change, new_tags, limit=limit)
    if block is None:
        return None, [Entry("EXIF", "left out", "it is damaged")]
    if limit is not None and len(block) > limit:
        return None, [Entry("EXIF", "left out", f"{options.format} holds 64 KB")]
    lost = _lost_notes(exif.from_bytes(block)) if options.format == "tiff" else ()
    thumbnail = [Entry(THUMBNAIL, "left out", "it shows the image before")] if exif.has_thumbnail(metadata.exif) else []
    return block, [Entry("EXIF", "corrected"), *thumbnail, *lost]


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
    return b"8BIM" + struct.pack(">HHI", _IPTC_RESOURCE, 0, len(records)) + records + bytes(len(records) % 2)


def png_chunks(metadata: Metadata, made_by: str | None) -> list[tuple[bytes, bytes]]:
    """Return the ancillary chunks of a PNG file: name, data."""
    chunks = [chunk for chunk in metadata.chunks if metadata.cicp is None or chunk[0] != b"sRGB"]
    if metadata.icc is not None:
        chunks = [chunk for chunk in chunks if chunk[0] != b"sRGB"]
        chunks.append((b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc)))
    if metadata.cicp is not None:
        chunks.append((b"cICP", bytes([*metadata.cicp, 0, 1])))
    if metadata.dots_per_inch is not None:
        per_metre = (round(dots * 1000 / _MILLIMETRES_PER_INCH) for dots in metadata.dots_per_inch)
        chunks.append((b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if metadata.exif is not None:
        chunks.append((b"eXIf", metadata.exif))
    if metadata.xmp is not None:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp))
    written = any(kind in _TEXT_CHUNKS for kind, _ in metadata.chunks)
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
        across, down = metadata.dots_per_inch or (_MILLIMETRES_PER_INCH, _MILLIMETRES_PER_INCH)
        image = image.copy(xres=across / _MILLIMETRES_PER_INCH, yres=down / _MILLIMETRES_PER_INCH)
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
        _movable(directory)
    if metadata.iptc is not None:
        directory.tags[exif.IPTC] = Tag(7, len(metadata.iptc), metadata.iptc)
    if metadata.photoshop is not None:
        directory.tags[exif.PHOTOSHOP] = Tag(1, len(metadata.photoshop), metadata.photoshop)
    return directory
