"""Pictures read from files row by row, in the file's own depth and channels.

Memory does not grow with the picture, except where its format leaves no choice: progressive JPEG, interlaced PNG, WebP,
AVIF and GIF are decoded whole by their libraries.
"""

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyvips

from srgan.errors import PictureError
from srgan.images import profile
from srgan.images.colour import Depth, Pixels, from_float
from srgan.images.exif import ReadAt, from_bytes
from srgan.images.formats import FORMATS, SNIFFED_BYTES, sniff
from srgan.images.metadata import Metadata, metadata_of
from srgan.images.vips import VipsFailure, forget_failures, reason

DEFAULT_MAX_PIXELS = 512_000_000

_DEPTHS: dict[str, Depth] = {"uchar": 8, "ushort": 16, "float": 16, "double": 16}
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32, "double": np.float64}
_RGB_OR_GRAY = ("b-w", "srgb", "grey16", "rgb16", "rgb", "scrgb", "multiband")
# A cut JPEG, closed again by a program that did not look, is only a warning to libjpeg, which makes up gray pixels.
_STRICTNESS = {"jpeg": "warning"}
_HARMLESS = "extraneous bytes before marker"  # padding that some cameras write between segments
_HIGHEST_STRIP = 512  # rows fetched from libvips at once


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

    Attributes:
        info: what the picture is.
        metadata: what the file says beside its pixels.

    Raises:
        PictureError: if there is no such file, or it is no picture that srgan reads, or too large.
    """

    info: PictureInfo
    metadata: Metadata

    def __init__(self, source: str | Path | bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self._descriptor: int | None = None
        self._position = 0
        self._max_pixels = max_pixels
        if isinstance(source, bytes):
            self._name, self._bytes = "standard input", source
            read_at: ReadAt = from_bytes(source)
        else:
            self._name = _shown(source)
            descriptor = self._descriptor = _open(source, self._name)
            read_at = lambda offset, length: _pread(descriptor, offset, length)  # noqa: E731
        try:
            self._open(read_at)
        except BaseException:
            self.close()
            raise

    def _open(self, read_at: ReadAt) -> None:
        start = read_at(0, SNIFFED_BYTES)
        if not start:
            raise PictureError(f"{self._name} is empty: give a picture")
        format = sniff(start)
        if format is None:
            raise PictureError(
                f"{self._name} is not a picture that srgan reads: give a JPEG, PNG, WebP, TIFF, AVIF or GIF file"
            )
        self._format = format
        forget_failures()
        try:
            image = self._load(_STRICTNESS.get(format, "error"), "sequential")
            self._check_size(image)
            self.metadata = metadata_of(image, format, read_at)
            self._start(_STRICTNESS.get(format, "error"))
        except VipsFailure as failure:
            raise self._damaged(failure) from None

    def _load(self, strictness: str, access: str) -> Any:
        if self._descriptor is None:
            source = pyvips.Source.new_from_memory(self._bytes)
        else:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            source = pyvips.Source.new_from_descriptor(self._descriptor)
        loader = "heif" if self._format == "avif" else self._format
        return pyvips.Operation.call(f"{loader}load_source", source, access=access, fail_on=strictness)

    def _check_size(self, image: Any) -> None:
        if image.width * image.height > self._max_pixels:
            raise PictureError(
                f"{self._name} has {image.width}x{image.height} pixels, more than {self._max_pixels}: "
                "raise --max-pixels to open it"
            )

    def _start(self, strictness: str) -> None:
        """Open the pixels, upright and in a colour space we know; nothing is decoded yet."""
        image = self._load(strictness, "sequential")
        if _orientation(image) > 2:
            # Rows of the upright picture are columns of the file: libvips decodes it whole, into memory when it is
            # small and into a temporary file on disk above 100 MB.
            image = self._load(strictness, "random")
        notes = _notes(image, self._format)
        image, note = self._in_known_colours(image)
        notes = notes if note is None else (*notes, note)
        if _orientation(image) > 1:
            image = image.autorot()
        if image.format not in _DEPTHS:
            raise PictureError(f"{self._name} holds {image.format} samples: convert it to 8 or 16 bits first")
        if image.bands > 4:
            raise PictureError(f"{self._name} has {image.bands} channels: convert it to gray, RGB or RGBA first")
        if image.format in ("float", "double"):
            notes = (*notes, "float converted to 16 bit")
        self._image, self._region = image, pyvips.Region.new(image)
        self.info = PictureInfo(
            width=image.width,
            height=image.height,
            channels=image.bands,
            depth=_DEPTHS[image.format],
            format=self._format,
            notes=notes,
        )

    def _in_known_colours(self, image: Any) -> tuple[Any, str | None]:
        """The picture as gray or RGB, with a note when that took a conversion; sets the profile that holds then."""
        icc, image = self.metadata.icc, _full_range(image, self._format)
        deep = "rgb16" if image.format == "ushort" else "srgb"
        if image.interpretation == "cmyk":
            if icc is None or not (profile.is_intact(icc) and profile.is_cmyk(icc)):
                raise PictureError(f"{self._name} is CMYK without an intact colour profile: convert it to RGB first")
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
        for start in range(0, count, _HIGHEST_STRIP):
            strip = rows[start : start + _HIGHEST_STRIP]
            strip[:] = self._fetch(len(strip)).reshape(strip.shape)
            self._position += len(strip)
        return rows

    def _fetch(self, count: int) -> Pixels:
        width, format = self.info.width, self._image.format
        try:
            data = self._region.fetch(0, self._position, width, count)
        except VipsFailure as failure:
            if self._format != "jpeg" or _HARMLESS not in reason(failure):
                raise self._damaged(failure) from None
            forget_failures()
            try:
                # Begin again, taking warnings lightly: libjpeg has already given up on this stream.
                self._start("error")
                data = self._region.fetch(0, self._position, width, count)
            except VipsFailure as second:
                raise self._damaged(second) from None
        dtype: Any = _DTYPES[format]
        values = np.frombuffer(data, dtype)
        return self._from_floats(values) if format in ("float", "double") else values

    def _from_floats(self, values: Any) -> Pixels:
        if not np.isfinite(values).all():
            raise PictureError(f"{self._name} holds NaN or infinite samples: replace them first")
        if values.min() < 0 or values.max() > 1:
            raise PictureError(f"{self._name} holds float samples outside 0 to 1: scale them into that range first")
        return from_float(values, 16)

    def _damaged(self, failure: BaseException) -> PictureError:
        return PictureError(f"{self._name} is damaged or cut short ({reason(failure)}): use an intact copy")

    def close(self) -> None:
        """Let go of the file."""
        self._image = self._region = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _shown(path: str | Path) -> str:
    """A path as a message can show it: file names may hold line breaks and bytes that are no text."""
    return "".join(char if char.isprintable() else "?" for char in str(path))


def _open(path: str | Path, name: str) -> int:
    """A descriptor of an ordinary file."""
    try:
        # Non-blocking, so that a pipe nobody writes to is refused and not waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if isinstance(error, FileNotFoundError):
            raise PictureError(f"{name} does not exist: check the path") from None
        if isinstance(error, PermissionError):
            raise PictureError(f"{name} may not be read: check its permissions") from None
        raise PictureError(f"{name} cannot be opened ({why}): check the path") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    kind = "a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
    raise PictureError(f"{name} is {kind}: give a picture file")


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, offset) if offset < 1 << 63 else b""
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, length)


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
