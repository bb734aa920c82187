"""Metadata of an image, and the ledger of what a result keeps, what is corrected, what is left out.

Nothing is added but a note on the making of the image (EXIF ProcessingSoftware; in PNG a text, too).
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from srgan.errors import OutputError
from srgan.images import containers, exif, xmp
from srgan.images.exif import BadExif, Directory, Tag
from srgan.images.exif_patch import Change, has_thumbnail, patch
from srgan.images.formats import FORMATS, EncodeOptions
from srgan.images.icc import (
    SRGB,
    UNSPECIFIED,
    Cicp,
    colour_from_gray,
    fits,
    is_intact,
    make_profile,
    space_of_cicp,
    space_of_png,
)

MILLIMETRES_PER_INCH = 25.4
IPTC_RESOURCE = 0x0404
"""Number of the Photoshop resource that holds IPTC."""
COLOUR_CHUNKS = (b"gAMA", b"cHRM", b"sRGB", b"mDCV", b"cLLI", b"mDCv", b"cLLi")
TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
THUMBNAIL = "thumbnail"
"""The one entry of the ledger that is no loss when it is left out."""
_MOST_EXIF = {"jpeg": containers.MOST_SEGMENT - len(containers.EXIF_MARK), "webp": 65_000, "avif": 65_000}


@dataclass(frozen=True)
class Entry:
    """A line of the ledger."""

    what: str
    fate: Literal["kept", "corrected", "left out"]
    why: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.fate}: {self.why}" if self.why else f"{self.what} {self.fate}"


MAKER_NOTES = Entry("maker notes", "left out", "they hold offsets into the file they came from")


@dataclass(frozen=True)
class Metadata:
    """Contents of an image file besides its pixels."""

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
    """From 1 to 8: what has been applied to the pixels; 0 if the file names none."""
    stored_size: tuple[int, int] | None = None
    """Width and height before the orientation was applied."""
    lossless: bool = False
    """Whether the file was encoded without loss, in a format that can lose."""
    left_out: tuple[Entry, ...] = ()
    """What the file holds that no result does."""


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
        chunks = tuple(chunk for chunk in metadata.chunks if chunk[0] in COLOUR_CHUNKS)
        kept = Metadata(metadata.icc, dots_per_inch=metadata.dots_per_inch, cicp=metadata.cicp, chunks=chunks)
        return kept, (*ledger, Entry("metadata", "left out"))
    change = Change(size, metadata.stored_size or size, metadata.orientation)
    block, entries = _fit_exif(metadata, options, change)
    ledger += entries
    packet, entries = _fit_xmp(metadata, options.format, change)
    ledger += entries

    def no_place(what: str) -> None:
        ledger.append(Entry(what, "left out", f"{options.format} has no place for it"))

    iptc, photoshop, texts = metadata.iptc, metadata.photoshop, metadata.texts
    room = options.format != "jpeg" or len(iptc or b"") + len(photoshop or b"") < containers.MOST_SEGMENT - 40
    if iptc or photoshop:
        what = "IPTC" if iptc else "Photoshop resources"
        if "iptc" in form.holds and room:
            ledger.append(Entry(what, "kept"))
        else:
            no_place(what)
            iptc = photoshop = None
    if texts:
        what = f"text ({', '.join(dict.fromkeys(key for key, _ in texts))})"
        if "text" in form.holds:
            ledger.append(Entry(what, "kept"))
        else:
            no_place(what)
            texts = ()
    chunks = metadata.chunks if options.format == "png" else ()
    for kind, _ in () if chunks else metadata.chunks:
        if kind not in (*TEXT_CHUNKS, b"gAMA", b"cHRM", b"sRGB"):
            no_place(f"PNG chunk {kind.decode('latin-1')}")
    if metadata.orientation > 1:
        ledger.append(Entry("orientation", "corrected", "it is applied to the pixels"))
    if metadata.dots_per_inch is not None:
        ledger.append(Entry("resolution", "kept"))
    fitted = replace(metadata, exif=block, xmp=packet, iptc=iptc, photoshop=photoshop, texts=texts, chunks=chunks)
    return fitted, tuple(ledger)


def _fit_colour(metadata: Metadata, format: str, channels: int) -> tuple[Metadata, list[Entry]]:
    """Return the metadata with colours as a format describes them, and without a profile that does not fit the file."""
    gray = channels < 3 and FORMATS[format].gray
    profile, ledger = metadata.icc, list[Entry]()
    if profile is not None and channels < 3 and not gray and (coloured := colour_from_gray(profile)) is not None:
        profile = coloured
        ledger.append(Entry("colour profile", "corrected", f"it became one for RGB, for {format} has no gray"))
    elif profile is not None and not (is_intact(profile) and fits(profile, 1 if gray else 3)):
        profile = None
        ledger.append(Entry("colour profile", "left out", "it is damaged, or for another kind of image"))
    elif profile is not None and format == "jpeg" and len(profile) > containers.MOST_ICC:
        profile = None
        ledger.append(Entry("colour profile", "left out", "jpeg holds 16 MB"))
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


def _fit_xmp(metadata: Metadata, format: str, change: Change) -> tuple[bytes | None, list[Entry]]:
    if metadata.xmp is None:
        return None, []
    if "xmp" not in FORMATS[format].holds:
        return None, [Entry("XMP", "left out", f"{format} has no place for it")]
    packet = xmp.correct(metadata.xmp, change)
    if format == "jpeg" and len(packet) > containers.MOST_SEGMENT - len(containers.XMP_MARK):
        return None, [Entry("XMP", "left out", "jpeg holds 64 KB")]
    return packet, [Entry("XMP", "kept" if packet == metadata.xmp else "corrected")]


def _fit_exif(metadata: Metadata, options: EncodeOptions, change: Change) -> tuple[bytes | None, list[Entry]]:
    if "exif" not in FORMATS[options.format].holds:
        reason = f"{options.format} has no place for it"
        return None, [Entry("EXIF", "left out", reason)] if metadata.exif is not None else []
    new_tags: dict[int, Tag] = {}
    if options.made_by is not None:
        new_tags[exif.PROCESSING_SOFTWARE] = exif.text(options.made_by)
    known = metadata.exif is not None and exif.resolution(metadata.exif) is not None
    if metadata.dots_per_inch is not None and options.format in ("webp", "avif") and not known:
        new_tags |= exif.resolution_tags(metadata.dots_per_inch)
    if metadata.exif is None:
        return (exif.pack_exif(Directory(new_tags)) if new_tags else None), []
    limit = _MOST_EXIF.get(options.format)
    block = patch(metadata.exif, change, new_tags, limit=limit)
    if block is None:
        return None, [Entry("EXIF", "left out", "it is damaged")]
    if limit is not None and len(block) > limit:
        return None, [Entry("EXIF", "left out", f"{options.format} holds 64 KB")]
    ledger = [Entry("EXIF", "corrected")]
    if has_thumbnail(metadata.exif):
        ledger.append(Entry(THUMBNAIL, "left out", "it shows the image before"))
    with suppress(BadExif):
        if options.format == "tiff" and exif.drop_fixed_note(exif.read_directory(exif.from_bytes(block))):
            ledger.append(MAKER_NOTES)
    return block, ledger
