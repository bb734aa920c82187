"""The picture formats srgan knows: how they are told apart, and what they can hold."""

from dataclasses import dataclass
from pathlib import Path

from srgan.errors import OutputError
from srgan.images.colour import Depth


@dataclass(frozen=True)
class Format:
    """What a format is called and what fits into it."""

    suffixes: tuple[str, ...]
    """File name endings, lower case; the first is the one we give."""
    longest_side: int
    """The most pixels along one side that a file of it can hold."""
    deepest: int
    """The most bits a channel that we write into it."""
    alpha: bool
    """Whether it holds transparency."""
    gray: bool
    """Whether gray stays one channel in it."""
    lossy: bool
    """Whether `quality` means something."""


# The sides of PNG and TIFF are what libvips can address.
FORMATS: dict[str, Format] = {
    "jpeg": Format(
        (".jpg", ".jpeg", ".jpe", ".jfif"), longest_side=65_535, deepest=8, alpha=False, gray=True, lossy=True
    ),
    "png": Format((".png",), longest_side=100_000_000, deepest=16, alpha=True, gray=True, lossy=False),
    "webp": Format((".webp",), longest_side=16_383, deepest=8, alpha=True, gray=False, lossy=True),
    "tiff": Format((".tif", ".tiff"), longest_side=100_000_000, deepest=16, alpha=True, gray=True, lossy=False),
    "avif": Format((".avif",), longest_side=16_384, deepest=10, alpha=True, gray=False, lossy=True),
}
"""The formats that are written; these and GIF are read."""

SNIFFED_BYTES = 64
"""How much of the beginning of a file `sniff` looks at."""


def sniff(start: bytes) -> str | None:
    """The format of a file that begins with these bytes, or None: a key of FORMATS, or `gif`."""
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "webp"
    if start[4:8] == b"ftyp":
        length = int.from_bytes(start[:4], "big")
        brands = start[8:length]
        if any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4)):
            return "avif"
    return None


def format_of(path: str | Path) -> str | None:
    """The format that a file name asks for, a key of FORMATS, or None when its ending says nothing."""
    suffix = Path(path).suffix.lower()
    return next((name for name, form in FORMATS.items() if suffix in form.suffixes), None)


def losses(format: str, channels: int, depth: Depth) -> tuple[str, ...]:
    """What a format does not hold of a picture that fits into it, one short line each."""
    form, notes = FORMATS[format], []
    if depth > form.deepest:
        notes.append(f"{depth} bit rounded to {form.deepest}, the most that {format} holds")
    if channels < 3 and not form.gray:
        notes.append(f"gray written as RGB, for {format} has no gray")
    return tuple(notes)


def check_format(format: str, width: int, height: int, channels: int, depth: Depth) -> None:
    """Check, before any work is done, that a picture fits into a format.

    Sixteen bits fit into every format: those that hold less are given rounded values.

    Args:
        format: a key of FORMATS.
        width: of the picture to be written.
        height: of the picture to be written.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel.

    Raises:
        OutputError: if it does not fit, with the format that does.
    """
    if format not in FORMATS:
        raise OutputError(f"srgan does not write {format!r}: choose one of {', '.join(FORMATS)}")
    if channels not in (1, 2, 3, 4) or depth not in (8, 16):
        raise OutputError(f"a picture has 1 to 4 channels of 8 or 16 bits, not {channels} of {depth}: convert it first")
    if min(width, height) < 1:
        raise OutputError(f"a picture of {width}x{height} pixels is empty: choose a larger size")
    form = FORMATS[format]
    if max(width, height) > form.longest_side:
        others = ["png", "tiff"] if form.longest_side < 100_000_000 else []
        remedy = " or ".join(f"--format {other}" for other in others) or "a smaller size"
        raise OutputError(
            f"{width}x{height} pixels do not fit into {format}, which ends at {form.longest_side} a side: use {remedy}"
        )
    if channels in (2, 4) and not form.alpha:
        raise OutputError(f"{format} cannot hold transparency: use --format png or --format webp")
