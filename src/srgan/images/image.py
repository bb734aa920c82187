"""Whole images read and written, in their own depth and channels, with what they carry.

An image is an array (H, W, C): C of 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; uint8, uint16, or float32 from 0
to 1. Large ones go through `ImageReader` and `ImageWriter` row by row; `read` and `write` hold one whole.
"""

from dataclasses import dataclass
from pathlib import Path

from srgan.errors import OutputError
from srgan.images.colour import Depth, Pixels, depth_of
from srgan.images.formats import FORMATS, EncodeOptions, Format, check_format, format_of
from srgan.images.metadata import Metadata
from srgan.images.reader import DEFAULT_MAX_PIXELS, ImageInfo, ImageReader
from srgan.images.resize import resize
from srgan.images.writer import ImageWriter

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "FORMATS",
    "Depth",
    "EncodeOptions",
    "Format",
    "Image",
    "ImageInfo",
    "ImageReader",
    "ImageWriter",
    "Metadata",
    "Pixels",
    "check_format",
    "format_of",
    "read",
    "resize",
    "write",
]

_ROWS = 256  # written at once


@dataclass(frozen=True)
class Image:
    """An image in memory."""

    pixels: Pixels
    """(H, W, C) of uint8, uint16 or float32."""
    info: ImageInfo
    metadata: Metadata


def read(source: str | Path | bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS, reduction: int = 1) -> Image:
    """Read a whole image: upright, in the file's own depth and channels.

    Args:
        source: a file, or the bytes of one.
        max_pixels: the largest image, in pixels, that is opened.
        reduction: a JPEG is decoded at this part of its size, 1, 2, 4 or 8.

    Raises:
        PictureError: if there is no such file, or it is no image that srgan reads, too large, or damaged.
    """
    with ImageReader(source, max_pixels=max_pixels, reduction=reduction) as reader:
        return Image(reader.read_rows(reader.info.height), reader.info, reader.metadata)


def write(
    path: str | Path,
    pixels: Pixels,
    *,
    options: EncodeOptions | None = None,
    metadata: Metadata | None = None,
    overwrite: bool = False,
) -> None:
    """Write a whole image.

    Args:
        path: of the file.
        pixels: (H, W) or (H, W, C) of uint8, uint16, or float32 from 0 to 1.
        options: format and quality; without them, the format that the name ends in.
        metadata: what its source carries besides the pixels.
        overwrite: whether an existing file is replaced.

    Raises:
        OutputError: if the file exists, cannot be written, or its format cannot hold the image.
        ValueError: if the array is no image.
    """
    depth = depth_of(pixels)
    if pixels.ndim not in (2, 3):
        raise ValueError(f"an image is (H, W) or (H, W, C), not {pixels.shape}")
    whole: Pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if options is None:
        format = format_of(path)
        if format is None:
            endings = ", ".join(form.suffixes[0] for form in FORMATS.values())
            raise OutputError(f"{path} does not name a format: end it in one of {endings}")
        options = EncodeOptions(format)
    height, width, channels = whole.shape
    with ImageWriter(
        path, size=(width, height), channels=channels, depth=depth, options=options, metadata=metadata,
        overwrite=overwrite,
    ) as writer:  # fmt: skip
        for start in range(0, height, _ROWS):
            writer.write_rows(whole[start : start + _ROWS])
