"""Images read from files row by row, in the file's own depth and channels.

Memory does not grow with the image, except where its format leaves no choice: progressive JPEG, interlaced PNG, WebP,
AVIF, HEIC, BMP and GIF are decoded whole by their libraries, and TIFF strip by strip, of which many files have one.
Large ones of these, and those that are turned, go through a temporary file, so that the memory of the decoder is free
again before the first row is given.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from srgan.errors import PictureError
from srgan.images.colour import DTYPES, Depth, Pixels
from srgan.images.decoder import Decoder
from srgan.images.formats import FORMATS
from srgan.images.input_bytes import InputBytes
from srgan.images.temporary_rows import MOST_IN_MEMORY, TemporaryRows
from srgan.images.vips import VipsFailure, forget_failures

DEFAULT_MAX_PIXELS = 512_000_000

# Decoded at once. libvips holds the bytes twice; and of a damaged file it tries every row, decoding anew.
_LARGEST_STRIP, _HIGHEST_STRIP = 32 << 20, 128


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
        temporary: folder for a temporary file, which a large image needs unless its rows can be decoded in their order;
            the system's without it.

    Attributes:
        source: the file's bytes.
        info: what the image is.
        upright_info: the same of the upright image, where rows come as they lie in the file.
        metadata: what the file says besides its pixels.

    Raises:
        PictureError: if there is no such file, or it is no image that srgan reads, or too large.
    """

    def __init__(
        self,
        source: str | Path | bytes,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        upright: bool = True,
        reduction: int = 1,
        temporary: Path | None = None,
    ) -> None:
        self._position, self._folder = 0, temporary
        self._decoder: Decoder | None = None
        self._kept: TemporaryRows | None = None
        self.source = InputBytes(source, reduction=reduction)
        forget_failures()
        try:
            width, height = self.source.size()
            if width * height > max_pixels:
                raise PictureError(
                    f"{self.source.name} has {width}x{height} pixels, more than {max_pixels}: "
                    "raise --max-pixels to open it"
                )
            self.source.check_whole()
            decoder = self._decoder = Decoder(self.source)
        except VipsFailure as failure:
            self.close()
            raise self.source.damaged(failure) from None
        except BaseException:
            self.close()
            raise
        lying = ImageInfo(
            decoder.width, decoder.height, decoder.channels, decoder.depth, self.source.format, decoder.notes
        )
        turned = replace(lying, width=lying.height, height=lying.width) if decoder.turn > 4 else lying
        self._turn = decoder.turn if upright else 1
        self.info, self.upright_info = turned if upright else lying, turned
        self.metadata = decoder.metadata
        if decoder.turn > self._turn:
            self.metadata = replace(decoder.metadata, orientation=1)
        self._strip = max(1, min(_HIGHEST_STRIP, _LARGEST_STRIP // (lying.width * lying.channels * 8)))
        size = lying.width * lying.height * lying.channels * DTYPES[lying.depth]().itemsize
        self._aside = self._turn > 1 or (upright and decoder.whole and size > MOST_IN_MEMORY)

    def read_rows(self, count: int) -> Pixels:
        """Return the next rows of the image, from top to bottom.

        Args:
            count: how many; fewer come when the image ends before.

        Returns:
            (rows, width, channels), uint8, uint16 or float32 as `info.depth` says.

        Raises:
            PictureError: if the file turns out to be damaged, or there is no room for a temporary file.
        """
        count = max(0, min(count, self.info.height - self._position))
        top, self._position = self._position, self._position + count
        if self._aside:
            try:
                return self._kept_rows().read(top, count)
            except OSError as problem:
                raise self.source.without_room(problem) from None
        assert self._decoder is not None
        rows: Pixels = np.empty((count, self.info.width, self.info.channels), DTYPES[self.info.depth])
        for start in range(0, count, self._strip):
            strip = rows[start : start + self._strip]
            strip[:] = self._decoder.rows(top + start, len(strip))
        return rows

    def skip_rows(self, count: int) -> None:
        """Pass over the next rows; whether they are damaged is found out only when later ones are read."""
        self._position = min(self._position + count, self.info.height)

    def _kept_rows(self) -> TemporaryRows:
        """Return the rows of the upright image, all of which are decoded when the first is asked for."""
        if self._kept is None:
            assert self._decoder is not None
            lying = self._decoder
            kept = TemporaryRows((lying.width, lying.height), lying.channels, lying.depth, self._turn, self._folder)
            try:
                for top in range(0, lying.height, self._strip):
                    kept.write(lying.rows(top, min(self._strip, lying.height - top)))
            except BaseException:
                kept.close()
                raise
            self._kept, self._decoder = kept, None
            self.source.close()
        return self._kept

    def close(self) -> None:
        """Close the file."""
        self._decoder = None
        self.source.close()
        if self._kept is not None:
            self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
