"""Image formats: how they are recognised, what they can hold, and the options of encoding."""

from dataclasses import dataclass
from pathlib import Path

from srgan.errors import OutputError, UsageError
from srgan.images.colour import Depth


@dataclass(frozen=True)
class Format:
    """Capabilities of a format that is written."""

    suffixes: tuple[str, ...]
    """File name endings, lower case; the first is the one we give."""
    longest_side: int
    """The most pixels along one side."""
    deepest: int
    """The most bits a channel that we write; 32 are floats."""
    alpha: bool
    """Whether it holds transparency."""
    gray: bool
    """Whether gray stays one channel in it."""
    lossy: bool
    """Whether `quality` has an effect."""
    lossless: bool = True
    """Whether pixels can be kept exactly."""
    holds: frozenset[str] = frozenset({"exif", "xmp"})
    """Of `exif`, `xmp`, `iptc` and `text`; every format holds a colour profile."""


# The sides of PNG and TIFF are what libvips can address; those of BMP keep a file below 4 GiB.
FORMATS: dict[str, Format] = {
    "jpeg": Format(
        (".jpg", ".jpeg", ".jpe", ".jfif"), longest_side=65_535, deepest=8, alpha=False, gray=True, lossy=True,
        lossless=False, holds=frozenset({"exif", "xmp", "iptc", "text"}),
    ),
    "png": Format(
        (".png",), longest_side=100_000_000, deepest=16, alpha=True, gray=True, lossy=False,
        holds=frozenset({"exif", "xmp", "text"}),
    ),
    "webp": Format((".webp",), longest_side=16_383, deepest=8, alpha=True, gray=False, lossy=True),
    "tiff": Format(
        (".tif", ".tiff"), longest_side=100_000_000, deepest=32, alpha=True, gray=True, lossy=False,
        holds=frozenset({"exif", "xmp", "iptc"}),
    ),
    "avif": Format((".avif",), longest_side=16_384, deepest=10, alpha=True, gray=False, lossy=True),
    "bmp": Format(
        (".bmp", ".dib"), longest_side=32_766, deepest=8, alpha=True, gray=False, lossy=False, holds=frozenset()
    ),
}  # fmt: skip
"""The formats that are written; these and READ_ONLY are read."""

READ_ONLY: dict[str, tuple[str, ...]] = {"gif": (".gif",), "heic": (".heic", ".heif", ".hif"), "jxl": (".jxl",)}
"""The formats that are only read, with their file name endings."""

SNIFFED_BYTES = 64
"""How much of the beginning of a file `sniff` looks at."""

_STARTS = {
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    "tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "jxl": (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class EncodeOptions:
    """Options of writing a result."""

    format: str
    """A key of FORMATS."""
    quality: int = 95
    """Compression quality of JPEG, WebP and AVIF (1-100)."""
    lossless: bool | None = None
    """Whether WebP and AVIF keep pixels exactly; None as the source, where it has the same format."""
    keep_metadata: bool = True
    """Whether EXIF, XMP, IPTC and texts of the source are kept; colour profile and resolution always are."""
    made_by: str | None = None
    """Note on the making of the image, for its metadata; not written when metadata is not kept."""
    pyramid: bool = False
    """Whether a TIFF is cut into tiles, and followed by smaller and smaller copies of the image."""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            names = ", ".join(FORMATS)
            raise UsageError(f"format must be one of {names}, not {self.format!r}", parameter="format")
        if not 1 <= self.quality <= 100:
            raise UsageError(f"quality must be from 1 to 100, not {self.quality}", parameter="quality")
        if self.pyramid and self.format != "tiff":
            raise UsageError(f"pyramid is a kind of TIFF, not of {self.format}: leave one out", parameter="pyramid")
        if self.lossless and not FORMATS[self.format].lossless:
            raise UsageError(f"lossless {self.format} does not exist: choose another format", parameter="lossless")


def sniff(start: bytes) -> str | None:
    """Return the format of a file that begins with these bytes, a key of FORMATS or READ_ONLY, or None."""
    for name, starts in _STARTS.items():
        if start.startswith(starts):
            return name
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "webp"
    if start.startswith(b"BM") and int.from_bytes(start[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    if start[4:8] == b"ftyp":
        brands = start[8 : int.from_bytes(start[:4], "big")]
        listed = {brands[at : at + 4] for at in range(0, len(brands), 4)}
        if listed & {b"avif", b"avis"}:
            return "avif"
        if listed & {*_HEIC_BRANDS}:
            return "heic"
    return None


def format_of(path: str | Path) -> str | None:
    """Return the format that a file name asks for, a key of FORMATS, or None when its ending says nothing."""
    suffix = Path(path).suffix.lower()
    return next((name for name, form in FORMATS.items() if suffix in form.suffixes), None)


def losses(format: str, channels: int, depth: Depth) -> tuple[str, ...]:
    """Return what a format does not hold of an image that fits into it, one short line each."""
    form, notes = FORMATS[format], []
    if depth > form.deepest:
        kind = "float" if depth == 32 else f"{depth} bit"
        notes.append(f"{kind} rounded to {form.deepest}, the most that {format} holds")
    if channels < 3 and not form.gray:
        notes.append(f"gray written as RGB, for {format} has no gray")
    return tuple(notes)


def check_format(format: str, width: int, height: int, channels: int, depth: Depth) -> None:
    """Check, before any work is done, that an image fits into a format.

    Any depth fits into every format: those that hold less are given rounded values.

    Args:
        format: a key of FORMATS.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel.

    Raises:
        OutputError: if it does not fit; it names a format that does.
    """
    if format not in FORMATS:
        raise OutputError(f"srgan does not write {format!r}: choose one of {', '.join(FORMATS)}")
    if channels not in (1, 2, 3, 4) or depth not in (8, 16, 32):
        raise OutputError(
            f"an image has 1 to 4 channels of 8, 16 or 32 bits, not {channels} of {depth}: convert it first"
        )
    if min(width, height) < 1:
        raise OutputError(f"an image of {width}x{height} pixels is empty: choose a larger size")
    form = FORMATS[format]
    if max(width, height) > form.longest_side:
        remedy = "png or tiff" if form.longest_side < 100_000_000 else "a smaller size"
        raise OutputError(
            f"{width}x{height} pixels do not fit into {format}, which ends at {form.longest_side} a side: use {remedy}"
        )
    if channels in (2, 4) and not form.alpha:
        raise OutputError(f"{format} cannot hold transparency: use png or webp")
