"""Pixels of a file, decoded from top to bottom as they lie in it, in gray or RGB."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from srgan.errors import PictureError
from srgan.images import containers, exif, icc
from srgan.images.colour import Depth, Pixels
from srgan.images.input_bytes import InputBytes
from srgan.images.metadata import Metadata
from srgan.images.metadata_reader import metadata_of
from srgan.images.tiff_tags import tag_numbers
from srgan.images.vips import VipsFailure, forget_failures, pyvips, reason
from srgan.images.webp_header import read_webp_header

_DEPTHS: dict[str, Depth] = {"uchar": 8, "ushort": 16, "float": 32, "double": 32}
_DTYPES: dict[str, Any] = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32, "double": np.float64}
_RGB_OR_GRAY = ("b-w", "srgb", "grey16", "rgb16", "rgb", "scrgb", "multiband")
# A cut JPEG, closed again by a program that did not look, is only a warning to libjpeg, which makes up gray pixels.
_STRICTNESS = {"jpeg": "warning"}
_HARMLESS = ("extraneous bytes", "invalid sos", "unknown jfif", "unknown adobe", "too many scanlines", "bad icc")
"""libjpeg's warnings that lose no pixel."""
_UPRIGHT = ("avif", "heic", "jxl")  # whose decoders apply the orientation; EXIF only repeats it
_BY_ROWS = ("jpeg", "png", "tiff")  # decoded so, unless several passes over the image are interlaced
_OLD_JPEG = 6  # TIFF Compression of 1992, which libvips reads as RGB and an alpha that is none
_SUBFILE_TYPE, _PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION = 0x00FE, 0x0106, 0x014A, 0xC612
_SENSOR = {32_803, 34_892}  # PhotometricInterpretation of raw photos: a mosaic of colours, and linear RGB
_TRANSPARENCY = {1, 2}  # TIFF ExtraSamples: associated alpha, which libvips makes unassociated, and unassociated


class Decoder:
    """Image of which only the header is read until rows are asked for.

    Args:
        source: the file's bytes.

    Attributes:
        width: of the image as it lies.
        height: the same.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        depth: bits a channel.
        turn: EXIF orientation, from 1 to 8, that has not been applied.
        whole: whether its library decodes it whole, before it gives the first row.
        metadata: what the file says besides its pixels; its orientation is that of the file.
        notes: what the file holds that no result does, one short line each.

    Raises:
        PictureError: if it is no image that srgan reads.
        VipsFailure: if its header is damaged.
    """

    width: int
    height: int
    channels: int
    depth: Depth
    turn: int
    whole: bool
    metadata: Metadata
    notes: tuple[str, ...]

    def __init__(self, source: InputBytes) -> None:
        self._source = source
        strictness = _STRICTNESS.get(source.format, "error")
        self._in_file = metadata_of(source.load(strictness=strictness), source)
        if source.format == "webp" and not read_webp_header(source.read_at).lossy:
            self._in_file = replace(self._in_file, lossless=True)
        self._open(strictness)

    def _open(self, strictness: str) -> None:
        """Open the pixels in a colour space we know; nothing is decoded yet."""
        source = self._source
        image = source.load(strictness=strictness)
        orientation = 1 if source.format in _UPRIGHT else _orientation(image, self._in_file.exif)
        self.turn = max(1, orientation)
        self.whole = source.format not in _BY_ROWS or bool(image.get_typeof("interlaced"))
        notes = [*_notes(image, source), *(str(entry) for entry in self._in_file.left_out)]
        if source.format == "png":
            self._check_range()
        if source.format == "tiff":
            self._check_page(image)
            self._check_bands(image)
        image, note = self._in_known_colours(image)
        self.notes = (*notes, note) if note else tuple(notes)
        if image.format not in _DEPTHS:
            raise PictureError(f"{source.name} holds {image.format} samples: convert it to 8 or 16 bits first")
        if source.format in _UPRIGHT and self._in_file.exif is not None:
            orientation = max(1, exif.orientation(self._in_file.exif))
            if orientation > 4:
                self.metadata = replace(self.metadata, stored_size=(image.height, image.width))
        self.metadata = replace(self.metadata, orientation=orientation)
        self._image, self._region = image, pyvips.Region.new(image)
        self.width, self.height = image.width, image.height
        self.channels, self.depth = image.bands, _DEPTHS[image.format]

    def _check_range(self) -> None:
        """Refuse a PNG whose colour codes (cICP) say that black and white are not its least and greatest numbers."""
        chunks = dict(containers.scan_png(self._source.read_at, whole=False))
        if chunks.get(b"cICP", b"")[3:4] == b"\0":
            raise PictureError(f"{self._source.name} has the narrow range of video: convert it to full range first")

    def _check_page(self, image: Any) -> None:
        """Refuse a TIFF whose first page is no photo: the data of a sensor, or a small copy of what comes behind it."""
        numbers = partial(tag_numbers, self._source.read_at)
        if numbers(_DNG_VERSION) or set(numbers(_PHOTOMETRIC)) & _SENSOR:
            raise PictureError(f"{self._source.name} is a raw photo of a camera: develop it into a TIFF or JPEG first")
        several = numbers(_SUB_DIRECTORIES) or (image.get_typeof("n-pages") and image.get("n-pages") > 1)
        if several and any(number & 1 for number in numbers(_SUBFILE_TYPE)):
            raise PictureError(
                f"{self._source.name} begins with a small copy of its picture, as raw photos do: save the large one as "
                "TIFF or PNG first"
            )

    def _check_bands(self, image: Any) -> None:
        """Refuse a TIFF with a band beyond colour that it does not declare to be transparency."""
        if image.coding != "none":
            return
        colours = {"cmyk": 4, "b-w": 1, "grey16": 1}.get(image.interpretation, 3)
        if tag_numbers(self._source.read_at, exif.COMPRESSION) == (_OLD_JPEG,):
            raise PictureError(f"{self._source.name} is a TIFF with old-style JPEG in it: save it as PNG first")
        extra = tag_numbers(self._source.read_at, exif.EXTRA_SAMPLES)
        if image.bands > colours + 1 or (image.bands == colours + 1 and not set(extra[:1]) & _TRANSPARENCY):
            raise PictureError(
                f"{self._source.name} has {image.bands} channels, of which {image.bands - colours} are neither colour "
                "nor transparency: remove them first"
            )

    def _in_known_colours(self, image: Any) -> tuple[Any, str | None]:
        """Convert the image to gray or RGB and set its metadata; return it with a note where that changed anything."""
        self.metadata = self._in_file
        profile, image = self._in_file.icc, _full_range(image, self._source.format)
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
            raise PictureError(f"{self._source.name} has {image.bands} channels: convert it to gray, RGB or RGBA first")
        if profile is not None and not (icc.is_intact(profile) and icc.fits(profile, image.bands)):
            self.metadata = replace(self.metadata, icc=None)
            return image, "colour profile left out: it is damaged, or for another kind of image"
        return image, None

    def rows(self, top: int, count: int) -> Pixels:
        """Return rows that follow on, or come after, those of the call before: (count, width, channels).

        Raises:
            PictureError: if the file turns out to be damaged.
        """
        try:
            data = self._region.fetch(0, top, self.width, count)
        except VipsFailure as failure:
            data = self._fetch_again(failure, top, count)
        values: Any = np.frombuffer(data, _DTYPES[self._image.format]).reshape(count, self.width, self.channels)
        return self._checked(values) if self.depth == 32 else values

    def _fetch_again(self, failure: BaseException, top: int, count: int) -> Any:
        """Return bytes of rows of a JPEG, with warnings ignored, if the one that stopped libjpeg loses no pixel."""
        if self._source.format != "jpeg":
            raise self._source.damaged(failure) from None
        strictness = "error" if _is_harmless(failure) else _STRICTNESS["jpeg"]
        forget_failures()
        try:
            self._open(strictness)  # anew: libjpeg has given up on this stream
            return self._region.fetch(0, top, self.width, count)
        except VipsFailure as second:
            # All of the process share libvips' messages, and another thread may have emptied them.
            if strictness != "error" and _is_harmless(second):
                return self._fetch_again(second, top, count)
            raise self._source.damaged(second) from None

    def _checked(self, values: Any) -> Pixels:
        """Return floats that are an image, as float32."""
        if not np.isfinite(values).all():
            raise PictureError(f"{self._source.name} holds NaN or infinite samples: replace them first")
        if values.min() < 0 or values.max() > 1:
            raise PictureError(
                f"{self._source.name} holds float samples outside 0 to 1: scale them into that range first"
            )
        floats: Pixels = values.astype(np.float32, copy=False)
        return floats


def _is_harmless(failure: BaseException) -> bool:
    why = reason(failure).lower()
    return any(known in why for known in _HARMLESS)


def _orientation(image: Any, block: bytes | None) -> int:
    """Return the orientation, from 1 to 8, or 0 if the file names none."""
    value = image.get("orientation") if image.get_typeof("orientation") else 0
    if value in range(1, 9):
        return int(value)
    return 0 if block is None else exif.orientation(block)  # such as ImageMagick writes into texts of a PNG


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
