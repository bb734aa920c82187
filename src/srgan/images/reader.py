"""Pictures read from files row by row, in the file's own depth and channels.

Memory does not grow with the picture, except where its format leaves no choice: progressive JPEG, interlaced PNG, WebP,
AVIF and GIF are decoded whole by their libraries.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyvips

from srgan.errors import PictureError
from srgan.images import profile
from srgan.images.colour import Depth, Pixels, from_float
from srgan.images.formats import FORMATS
from srgan.images.input_bytes import Source
from srgan.images.metadata import Metadata, metadata_of
from srgan.images.vips import VipsFailure, forget_failures, reason

DEFAULT_MAX_PIXELS = 512_000_000

_DEPTHS: dict[str, Depth] = {"uchar": 8, "ushort": 16, "float": 16, "double": 16}
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32, "double": np.float64}
_RGB_OR_GRAY = ("b-w", "srgb", "grey16", "rgb16", "rgb", "scrgb", "multiband")
# A cut JPEG, closed again by a program that did not look, is only a warning to libjpeg, which makes up gray pixels.
_STRICTNESS = {"jpeg": "warning"}
_HARMLESS = "extraneous bytes before marker"  # padding that some cameras write between segments
# Fetched from libvips at once. It holds the bytes twice; and of a damaged file it tries every row, decoding anew.
_LARGEST_STRIP, _HIGHEST_STRIP = 32 << 20, 128


@dataclass(frozen=True)
class PictureInfo:
    """What a picture is, known before its pixels are read."""

    width: int
    """Of the upright picture."""
    height: int
    """Of the upright picture."""
    channels: int
    """1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha."""
    depth: Depth
    """Bits a channel, of the rows that are given."""
    format: str
    """A key of FORMATS, or `gif`."""
    notes: tuple[str, ...] = ()
    """What the file holds that the rows do not, one short line each."""

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
        """The format a result is given unless asked otherwise: that of the source, PNG for a GIF."""
        return self.format if self.format in FORMATS else "png"


class PictureReader:
    """An opened picture, read from top to bottom. A context manager.

    Args:
        source: a file, or the bytes of one.
        max_pixels: the largest picture, in pixels, that is opened.
        upright: whether the orientation that the file names is applied; without it, rows come as they lie in the file,
            which never takes more than one pass over it.

    Attributes:
        info: what the picture is.
        metadata: what the file says beside its pixels.

    Raises:
        PictureError: if there is no such file, or it is no picture that srgan reads, or too large.
    """

    info: PictureInfo
    metadata: Metadata

    def __init__(
        self, source: str | Path | bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS, upright: bool = True
    ) -> None:
        self._position, self._upright = 0, upright
        self._source = Source(source)
        strictness = _STRICTNESS.get(self._source.format, "error")
        forget_failures()
        try:
            image = self._source.load(strictness=strictness, access="sequential")
            if image.width * image.height > max_pixels:
                raise PictureError(
                    f"{self._source.name} has {image.width}x{image.height} pixels, more than {max_pixels}: "
                    "raise --max-pixels to open it"
                )
            self._in_file = metadata_of(image, self._source.format, self._source.read_at)
            self._start(strictness)
        except VipsFailure as failure:
            self.close()
            raise self._source.damaged(failure) from None
        except BaseException:
            self.close()
            raise

    def _start(self, strictness: str) -> None:
        """Open the pixels, upright and in a colour space we know; nothing is decoded yet."""
        image = self._source.load(strictness=strictness, access="sequential")
        if self._upright and _orientation(image) > 2:
            # Rows of the upright picture are columns of the file, or begin at its end.
            image = self._source.load(strictness=strictness, access="random")
        notes = _notes(image, self._source.format)
        image, note = self._in_known_colours(image)
        notes = notes if note is None else (*notes, note)
        if self._upright and _orientation(image) > 1:
            image = image.autorot()
        if image.format not in _DEPTHS:
            raise PictureError(f"{self._source.name} holds {image.format} samples: convert it to 8 or 16 bits first")
        if image.bands > 4:
            raise PictureError(f"{self._source.name} has {image.bands} channels: convert it to gray, RGB or RGBA first")
        if image.format in ("float", "double"):
            notes = (*notes, "float converted to 16 bit")
        self._image, self._region = image, pyvips.Region.new(image)
        self.info = PictureInfo(
            width=image.width,
            height=image.height,
            channels=image.bands,
            depth=_DEPTHS[image.format],
            format=self._source.format,
            notes=notes,
        )

    def _in_known_colours(self, image: Any) -> tuple[Any, str | None]:
        """The picture as gray or RGB, with a note when that took a conversion; sets the profile that holds then."""
        self.metadata = self._in_file
        icc, image = self._in_file.icc, _full_range(image, self._source.format)
        deep = "rgb16" if image.format == "ushort" else "srgb"
        if image.interpretation == "cmyk":
            if icc is None or not (profile.is_intact(icc) and profile.is_cmyk(icc)):
                raise PictureError(
                    f"{self._source.name} is CMYK without an intact colour profile: convert it to RGB first"
                )
            image = image.icc_transform("srgb", embedded=True, depth=16 if deep == "rgb16" else 8)
            self.metadata = replace(self.metadata, icc=bytes(image.get("icc-profile-data")))
            return image, "CMYK converted to sRGB through its profile"
        if image.interpretation not in _RGB_OR_GRAY or image.coding != "none":
            space = image.interpretation
            self.metadata = replace(self.metadata, icc=None)
            return image.colourspace(deep), f"{space} converted to sRGB"
        if icc is not None and not (profile.is_intact(icc) and profile.fits(icc, image.bands)):
            self.metadata = replace(self.metadata, icc=None)
            return image, "colour profile left out: it is damaged, or for another kind of picture"
        return image, None

    def read_rows(self, count: int) -> Pixels:
        """The next rows of the picture, from top to bottom.

        Args:
            count: how many; fewer come when the picture ends before.

        Returns:
            (rows, width, channels), uint8 or uint16 as `info.depth` says.

        Raises:
            PictureError: if the file turns out to be damaged.
        """
        count = max(0, min(count, self.info.height - self._position))
        dtype: Any = np.uint8 if self.info.depth == 8 else np.uint16
        rows: Pixels = np.empty((count, self.info.width, self.info.channels), dtype)
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
            if self._source.format != "jpeg" or _HARMLESS not in reason(failure):
                raise self._source.damaged(failure) from None
            forget_failures()
            try:
                # Begin again, taking warnings lightly: libjpeg has already given up on this stream.
                self._start("error")
                data = self._region.fetch(0, self._position, width, count)
            except VipsFailure as second:
                raise self._source.damaged(second) from None
        dtype: Any = _DTYPES[format]
        values = np.frombuffer(data, dtype)
        return self._from_floats(values) if format in ("float", "double") else values

    def _from_floats(self, values: Any) -> Pixels:
        if not np.isfinite(values).all():
            raise PictureError(f"{self._source.name} holds NaN or infinite samples: replace them first")
        if values.min() < 0 or values.max() > 1:
            raise PictureError(
                f"{self._source.name} holds float samples outside 0 to 1: scale them into that range first"
            )
        return from_float(values, 16)

    def close(self) -> None:
        """Let go of the file."""
        self._image = self._region = None
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _orientation(image: Any) -> int:
    value = image.get("orientation") if image.get_typeof("orientation") else 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _full_range(image: Any, format: str) -> Any:
    """AVIF's 10 or 12 bits, which libvips puts at the top of 16, so that white becomes 65535."""
    bits = image.get("bits-per-sample") if format == "avif" and image.format == "ushort" else 16
    if bits not in (10, 12):
        return image
    return (image >> (16 - bits)).linear(65_535 / ((1 << bits) - 1), 0.5).cast("ushort")


def _notes(image: Any, format: str) -> tuple[str, ...]:
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if not isinstance(pages, int) or pages < 2:
        return ()
    return (f"first of {pages} {'pages' if format == 'tiff' else 'frames'}",)
