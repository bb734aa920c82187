"""How a picture is handed to libvips' encoders: their settings, and the bits and profile a format can hold."""

from dataclasses import dataclass, replace
from typing import Any

from srgan.errors import UsageError
from srgan.images import profile
from srgan.images.colour import Depth
from srgan.images.formats import FORMATS
from srgan.images.metadata import Metadata

_CLASSIC_TIFF = 3_900_000_000  # bytes; offsets in a classic TIFF end at 4 GiB


@dataclass(frozen=True)
class SaveOptions:
    """How a result is written."""

    format: str
    """A key of FORMATS."""
    quality: int = 95
    """1 to 100, for JPEG, WebP and AVIF."""
    keep_metadata: bool = True
    """Whether EXIF, XMP and IPTC of the source are carried over; the colour profile always is."""
    made_by: str | None = None
    """What the metadata says of the making of the picture; nothing when metadata is not kept."""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UsageError(f"--format must be one of {', '.join(FORMATS)}, not {self.format!r}")
        if not 1 <= self.quality <= 100:
            raise UsageError(f"--quality must be from 1 to 100, not {self.quality}")


def saver(options: SaveOptions, size: tuple[int, int], channels: int, depth: Depth) -> tuple[str, dict[str, Any]]:
    """The libvips operation that writes a format, and its settings."""
    if options.format == "jpeg":
        # Full resolution of colour: a network has just drawn it.
        return "jpegsave_target", {"Q": options.quality, "subsample_mode": "off"}
    # Five photos enlarged to 46 Mpx: Mpx/s of one core, bytes a pixel.
    # PNG, level and filter: 1 up 85, 0.93; 2 up 55, 0.62; 3 up 43, 0.56; 3 paeth 31, 0.55; 6 up 16, 0.52.
    # TIFF, level: 1 83, 1.03; 2 51, 0.67; 3 41, 0.62; 4 31, 0.59; 6 13, 0.56.
    # WebP, effort: 0 7.0, 0.08; 4 4.9, 0.07. AVIF, effort: 0 15, 0.06; 2 2.1, 0.07; 4 0.2, 0.06.
    if options.format == "webp":
        return "webpsave_target", {"Q": options.quality, "effort": 4, "smart_subsample": True}
    if options.format == "avif":
        bits = min(depth, FORMATS["avif"].deepest)
        settings = {"Q": options.quality, "bitdepth": bits, "compression": "av1", "effort": 2, "subsample_mode": "off"}
        return "heifsave_target", settings
    if options.format == "tiff":
        big = size[0] * size[1] * channels * depth // 8 > _CLASSIC_TIFF
        # Deflate and not the newer zstd, which many programs cannot read; libvips from PyPI cannot either.
        return "tiffsave_target", {"compression": "deflate", "predictor": "horizontal", "level": 3, "bigtiff": big}
    return "pngsave_target", {"compression": 3, "filter": "up"}


def fit_depth(image: Any, format: str) -> Any:
    """The libvips picture rounded to the bits that a format holds; libvips would cut the lower ones off."""
    deepest = FORMATS[format].deepest
    if image.format != "ushort" or deepest == 16:
        return image
    levels = image.linear(((1 << deepest) - 1) / 65_535, 0.5)  # never a tie: 65535 is odd
    if deepest == 8:
        return levels.cast("uchar").copy(interpretation="b-w" if image.bands < 3 else "srgb")
    return levels.cast("ushort") << (16 - deepest)  # which is where libvips looks for them


def fit_profile(metadata: Metadata, format: str, channels: int) -> Metadata:
    """The metadata without a colour profile that does not describe the pixels in the file."""
    in_file = channels + 2 if channels < 3 and not FORMATS[format].gray else channels
    fits = metadata.icc is None or (profile.is_intact(metadata.icc) and profile.fits(metadata.icc, in_file))
    return metadata if fits else replace(metadata, icc=None)
