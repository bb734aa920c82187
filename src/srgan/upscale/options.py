"""Options of enlarging images and writing results, which the command line and the library share."""

from dataclasses import dataclass

from srgan.errors import UsageError
from srgan.images.formats import FORMATS, format_of
from srgan.images.image import DEFAULT_MAX_PIXELS, EncodeOptions, ImageInfo
from srgan.weights.interpolation import fidelity_digits

_MOST_SCALE = 64.0
_SIZES = {"scale": "x", "width": "w", "height": "h", "long_side": "l"}
"""The parameters that set the size, at most one at a time, and the letter of each in the names of results."""


@dataclass(frozen=True)
class UpscaleOptions:
    """Size, format and contents of results; checked when made, without an image.

    Raises:
        UsageError: if a value is out of range, or two values contradict each other.
    """

    scale: float | None = None
    """Output pixels per input pixel along one axis. Without this and the next three it is the model's own scale."""
    width: int | None = None
    """Width of the result in pixels; the height follows."""
    height: int | None = None
    """Height of the result in pixels; the width follows."""
    long_side: int | None = None
    """Longer side of the result in pixels; the shorter one follows."""
    format: str | None = None
    """A key of FORMATS or an ending such as `jpg`; None is the format of the source, JPEG for HEIC, else PNG."""
    quality: int = 95
    """Compression quality of JPEG, WebP and AVIF (1-100)."""
    lossless: bool | None = None
    """Whether WebP and AVIF keep pixels exactly, and JPEG becomes PNG; None as the source, where formats are equal."""
    keep_metadata: bool = True
    """Carry over EXIF, XMP and IPTC; the colour profile always is."""
    keep_dates: bool = True
    """Give results the modification times of their sources."""
    overwrite: bool = False
    """Replace existing files."""
    max_pixels: int = DEFAULT_MAX_PIXELS
    """Largest image, in pixels, that is opened."""
    pyramid: bool = False
    """Write TIFF in tiles, with smaller copies of the image behind it, as viewers of huge images want it."""
    resume: bool = False
    """Keep finished bands of images of several beside the result, and go on with those of an interrupted run."""

    def __post_init__(self) -> None:
        first, second = (*(name for name in _SIZES if getattr(self, name) is not None), "", "")[:2]
        if second:
            raise UsageError(f"{first} and {second.replace('_', ' ')} both set the size: give one", parameter=first)
        if self.scale is not None and not 0 < self.scale <= _MOST_SCALE:  # written so that NaN is refused
            raise UsageError(
                f"scale must be above 0 and at most {_MOST_SCALE:g}, not {self.scale:g}", parameter="scale"
            )
        for name in ("width", "height", "long_side", "max_pixels"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} must be 1 or more, not {value}", parameter=name)
        if self.format is not None:
            known = format_of(f"image.{self.format.removeprefix('.')}") or self.format
            object.__setattr__(self, "format", known)
        # Any format that is not known yet allows what TIFF allows.
        EncodeOptions(self.format or "tiff", quality=self.quality, lossless=self.lossless, pyramid=self.pyramid)

    def size(self, info: ImageInfo, own_scale: int) -> tuple[int, int]:
        """Return width and height of the result of an image; the sides keep their proportions.

        Raises:
            UsageError: if that is more than 64 times the image.
        """
        name = next((name for name in _SIZES if getattr(self, name) is not None), "")
        if name in ("", "scale"):
            factor = float(own_scale) if self.scale is None else self.scale
            return max(1, round(info.width * factor)), max(1, round(info.height * factor))
        side: int = getattr(self, name)
        by_width = name == "width" or (name == "long_side" and info.width >= info.height)
        given, other = (info.width, info.height) if by_width else (info.height, info.width)
        most = int(_MOST_SCALE * given)
        if side > most:
            raise UsageError(f"{name} must be from 1 to {most} for an image of {given}, not {side}", parameter=name)
        following = max(1, round(other * side / given))
        return (side, following) if by_width else (following, side)

    def factor(self, width: int, height: int) -> float | None:
        """Return the factor by which an image of this size is enlarged; None where it is the model's own scale."""
        if self.scale is not None:
            return self.scale
        sides = (self.width, width), (self.height, height), (self.long_side, max(width, height))
        return next((side / given for side, given in sides if side is not None), None)

    def mark(self, own_scale: int, fidelity: float | None = None, *, ensemble: bool = False) -> str:
        """Return what is added to the names of results, such as `-x4`, `-w1920`, `-x4-f0.7` or `-x4-ensemble`."""
        name = next((name for name in _SIZES if getattr(self, name) is not None), "scale")
        value = own_scale if getattr(self, name) is None else getattr(self, name)
        size = f"-{_SIZES[name]}{value:g}" if name == "scale" else f"-{_SIZES[name]}{value}"
        size = size if fidelity is None else f"{size}-f{fidelity_digits(fidelity)}"
        return f"{size}-ensemble" if ensemble else size

    def result_format(self, source: str | None) -> str:
        """Return the format of a result, a key of FORMATS, for a source that may be unknown."""
        if self.pyramid or self.format is not None:
            return self.format or "tiff"
        like = "jpeg" if source == "heic" else source
        return "png" if like not in FORMATS or (self.lossless and like == "jpeg") else like

    def encoding(self, format: str, made_by: str) -> EncodeOptions:
        """Return how the encoder of a format is to write a result that `made_by` describes."""
        return EncodeOptions(
            format,
            quality=self.quality,
            lossless=self.lossless if FORMATS[format].lossless else None,
            keep_metadata=self.keep_metadata,
            made_by=made_by,
            pyramid=self.pyramid,
        )
