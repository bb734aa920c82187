"""Images read from files row by row, in the file's own depth and channels.

Memory does not grow with the image, except where its format leaves no choice: progressive JPEG, interlaced PNG, WebP,
AVIF, HEIC, BMP and GIF are decoded whole by their libraries, and TIFF strip by strip, of which many files have one.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from srgan.errors import PictureError
from srgan.images import containers, exif, icc
from srgan.images.colour import DTYPES, Depth, Pixels
from srgan.images.formats import FORMATS
from srgan.images.input_bytes import InputBytes
from srgan.images.metadata import Metadata
from srgan.images.metadata_reader import metadata_of
from srgan.images.tiff_tags import tag_numbers
from srgan.images.vips import VipsFailure, forget_failures, pyvips, reason
from srgan.images.webp_header import read_webp_header

DEFAULT_MAX_PIXELS = 512_000_000

_DEPTHS: dict[str, Depth] = {"uchar": 8, "ushort": 16, "float": 32, "double": 32}
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32, "double": np.float64}
_RGB_OR_GRAY = ("b-w", "srgb", "grey16", "rgb16", "rgb", "scrgb", "multiband")
# A cut JPEG, closed again by a program that did not look, is only a warning to libjpeg, which makes up gray pixels.
_STRICTNESS = {"jpeg": "warning"}
_HARMLESS = ("extraneous bytes", "invalid sos", "unknown jfif", "unknown adobe", "too many scanlines", "bad icc")
"""libjpeg's warnings that lose no pixel."""
_UPRIGHT = ("avif", "heic", "jxl")  # whose decoders apply the orientation; EXIF only repeats it
# Fetched from libvips at once. It holds the bytes twice; and of a damaged file it tries every row, decoding anew.
_LARGEST_STRIP, _HIGHEST_STRIP = 32 << 20, 128
_OLD_JPEG = 6  # TIFF Compression of 1992, which libvips reads as RGB and an alpha that is none
_TRANSPARENCY = {1, 2}  # TIFF ExtraSamples: associated alpha, which libvips makes unassociated, and unassociated


@dataclass(frozen=True)
class ImageInfo:
    """Properties of an image that are known before its pixels are read."""

    width: int
    """Of the upright image."""
    height: int
    """Of the upright image."""
    channels: int
    """1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha."""
    depth: Depth
    """Bits a channel, of the rows that are given; 32 are floats."""
    format: str
    """A key of FORMATS or READ_ONLY."""
    notes: tuple[str, ...] = ()
    """What the file holds that no result does, one short line each."""

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is transparency."""
        return self.channels in (2, 4)

    @property
    def colour_channels(self) -> int:
        """Channels without transparency: 1 or 3."""
        return self.channels - self.has_alpha

    @property
    def output_format(self) -> str:
        """The format of a result unless asked otherwise: that of the source, JPEG for HEIC, else PNG."""
        if self.format == "heic" and not self.has_alpha:
            return "jpeg"
        return self.format if self.format in FORMATS else "png"


class ImageReader:
    """An opened image, read from top to bottom. A context manager.

    Args:
        source: a file, or the bytes of one.
        max_pixels: the largest image, in pixels, that is opened.
        upright: whether the orientation that the file names is applied; without it, rows come as they lie in the file,
            which never takes more than one pass over it.
        reduction: a JPEG is decoded at this part of its size, 1, 2, 4 or 8, by libjpeg's scaled inverse transform.

    Attributes:
        source: the file's bytes.
        info: what the image is.
        upright_info: the same of the upright image, where rows come as they lie in the file.
        metadata: what the file says besides its pixels.

    Raises:
        PictureError: if there is no such file, or it is no image that srgan reads, or too large.
    """

    info: ImageInfo
    upright_info: ImageInfo
    metadata: Metadata

    def __init__(
        self,
        source: str | Path | bytes,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        upright: bool = True,
        reduction: int = 1,
    ) -> None:
        self._position, self._upright = 0, upright
        self.source = InputBytes(source, reduction=reduction)
        strictness = _STRICTNESS.get(self.source.format, "error")
        forget_failures()
        try:
            width, height = self.source.size()
            if width * height > max_pixels:
                raise PictureError(
                    f"{self.source.name} has {width}x{height} pixels, more than {max_pixels}: "
                    "raise --max-pixels to open it"
                )
            self.source.check_whole()
            image = self.source.load(strictness=strictness, access="sequential")
            self._in_file = metadata_of(image, self.source)
            if self.source.format == "webp" and not read_webp_header(self.source.read_at).lossy:
                self._in_file = replace(self._in_file, lossless=True)
            self._start(strictness)
        except VipsFailure as failure:
            self.close()
            raise self.source.damaged(failure) from None
        except BaseException:
            self.close()
            raise

    def _start(self, strictness: str) -> None:
        """Open the pixels, upright and in a colour space we know; nothing is decoded yet."""
        source = self.source
        image = source.load(strictness=strictness, access="sequential")
        orientation = _orientation(image) if source.format not in _UPRIGHT else 1
        applied = orientation if self._upright else 1
        if applied > 2:
            # Rows of the upright image are columns of the file, or begin at its end.
            image = source.load(strictness=strictness, access="random")
        notes = [*_notes(image, source), *(str(entry) for entry in self._in_file.left_out)]
        self._check_bands(image)
        image, note = self._in_known_colours(image)
        notes += [note] if note else []
        if applied > 1:
            image = image.autorot()
        if image.format not in _DEPTHS:
            raise PictureError(f"{source.name} holds {image.format} samples: convert it to 8 or 16 bits first")
        if source.format in _UPRIGHT and self._in_file.exif is not None:
            applied = exif.orientation(self._in_file.exif)
            if applied > 4:
                self.metadata = replace(self.metadata, stored_size=(image.height, image.width))
        self.metadata = replace(self.metadata, orientation=applied)
        self._image, self._region = image, pyvips.Region.new(image)
        self.info = ImageInfo(
            width=image.width,
            height=image.height,
            channels=image.bands,
            depth=_DEPTHS[image.format],
            format=source.format,
            notes=tuple(notes),
        )
        turned = orientation > 4 and not self._upright
        self.upright_info = replace(self.info, width=image.height, height=image.width) if turned else self.info

    def _check_bands(self, image: Any) -> None:
        """Refuse a TIFF with a band beyond colour that it does not declare to be transparency."""
        if self.source.format != "tiff" or image.coding != "none":
            return
        colours = {"cmyk": 4, "b-w": 1, "grey16": 1}.get(image.interpretation, 3)
        if tag_numbers(self.source.read_at, exif.COMPRESSION) == (_OLD_JPEG,):
            raise PictureError(f"{self.source.name} is a TIFF with old-style JPEG in it: save it as PNG first")
        extra = tag_numbers(self.source.read_at, exif.EXTRA_SAMPLES)
        if image.bands > colours + 1 or (image.bands == colours + 1 and not set(extra[:1]) & _TRANSPARENCY):
            raise PictureError(
                f"{self.source.name} has {image.bands} channels, of which {image.bands - colours} are neither colour "
                "nor transparency: remove them first"
            )

    def _in_known_colours(self, image: Any) -> tuple[Any, str | None]:
        """Convert the image to gray or RGB and set its metadata; return it with a note where that changed anything."""
        self.metadata = self._in_file
        profile, image = self._in_file.icc, _full_range(image, self.source.format)
        deep = "rgb16" if image.format == "ushort" else "srgb"
        if image.interpretation == "cmyk":
            own = profile is not None and icc.is_intact(profile) and icc.is_cmyk(profile)
            depth = 16 if deep == "rgb16" else 8
            image = image.icc_transform("srgb", embedded=own, input_profile="cmyk", depth=depth)
            self.metadata = replace(self.metadata, icc=bytes(image.get("icc-profile-data")), cicp=None)
            whose = "its profile" if own else "a general CMYK profile, for it has none"
            return image, f"CMYK converted to sRGB through {whose}"
        if image.interpretation not in _RGB_OR_GRAY or image.coding != "none":
            space = image.interpretation
            self.metadata = replace(self.metadata, icc=None, cicp=None)
            return image.colourspace(deep), f"{space} converted to sRGB"
        if image.bands > 4:
            raise PictureError(f"{self.source.name} has {image.bands} channels: convert it to gray, RGB or RGBA first")
        if profile is not None and not (icc.is_intact(profile) and icc.fits(profile, image.bands)):
            self.metadata = replace(self.metadata, icc=None)
            return image, "colour profile left out: it is damaged, or for another kind of image"
        return image, None

    def read_rows(self, count: int) -> Pixels:
        """Return the next rows of the image, from top to bottom.

        Args:
            count: how many; fewer come when the image ends before.

        Returns:
            (rows, width, channels), uint8, uint16 or float32 as `info.depth` says.

        Raises:
            PictureError: if the file turns out to be damaged.
        """
        count = max(0, min(count, self.info.height - self._position))
        rows: Pixels = np.empty((count, self.info.width, self.info.channels), DTYPES[self.info.depth])
        at_once = max(1, min(_HIGHEST_STRIP, _LARGEST_STRIP // (self.info.width * self._image.bands * 8)))
        for start in range(0, count, at_once):
            strip = rows[start : start + at_once]
            strip[:] = self._fetch(len(strip)).reshape(strip.shape)
            self._position += len(strip)
        return rows

    def skip_rows(self, count: int) -> None:
        """Pass over the next rows; whether they are damaged is found out only when later ones are read."""
        self._position = min(self._position + count, self.info.height)

    def _fetch(self, count: int) -> Pixels:
        width, format = self.info.width, self._image.format
        try:
            data = self._region.fetch(0, self._position, width, count)
        except VipsFailure as failure:
            data = self._fetch_again(failure, count)
        dtype: Any = _DTYPES[format]
        values = np.frombuffer(data, dtype)
        return self._checked(values) if format in ("float", "double") else values

    def _fetch_again(self, failure: BaseException, count: int) -> Any:
        """Return bytes of rows of a JPEG, with warnings ignored, if the one that stopped libjpeg loses no pixel."""
        if self.source.format != "jpeg":
            raise self.source.damaged(failure) from None
        strictness = "error" if _is_harmless(failure) else _STRICTNESS["jpeg"]
        forget_failures()
        try:
            self._start(strictness)  # anew: libjpeg has given up on this stream
            return self._region.fetch(0, self._position, self.info.width, count)
        except VipsFailure as second:
            # All of the process share libvips' messages, and another thread may have emptied them.
            if strictness != "error" and _is_harmless(second):
                return self._fetch_again(second, count)
            raise self.source.damaged(second) from None

    def _checked(self, values: Any) -> Any:
        """Return floats that are an image."""
        if not np.isfinite(values).all():
            raise PictureError(f"{self.source.name} holds NaN or infinite samples: replace them first")
        if values.min() < 0 or values.max() > 1:
            raise PictureError(
                f"{self.source.name} holds float samples outside 0 to 1: scale them into that range first"
            )
        return values

    def close(self) -> None:
        """Close the file."""
        self._image = self._region = None
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_harmless(failure: BaseException) -> bool:
    why = reason(failure).lower()
    return any(known in why for known in _HARMLESS)


def _orientation(image: Any) -> int:
    value = image.get("orientation") if image.get_typeof("orientation") else 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _full_range(image: Any, format: str) -> Any:
    """AVIF's and HEIC's 10 or 12 bits, which come at the top of 16, so that white becomes 65535."""
    bits = image.get("bits-per-sample") if format in ("avif", "heic") and image.format == "ushort" else 16
    if bits not in (10, 12):
        return image
    return (image >> (16 - bits)).linear(65_535 / ((1 << bits) - 1), 0.5).cast("ushort")


def _notes(image: Any, source: InputBytes) -> tuple[str, ...]:
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if source.format == "png":
        chunks = dict(containers.scan_png(source.read_at, whole=False))
        pages = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big")
    if not isinstance(pages, int) or pages < 2:
        return ()
    kind = {"tiff": "pages", "heic": "images"}.get(source.format, "frames")
    return (f"first of {pages} {kind}",)
