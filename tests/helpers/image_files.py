"""Image files of odd kinds: saved by Pillow and tifffile, or put together by hand."""

import io
import struct
import zlib
from typing import Any

import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
"""A colour profile of sRGB, made by LittleCMS."""


def saved(picture: Image.Image | NDArray[Any], format: str, **options: Any) -> bytes:
    """A file as Pillow saves it."""
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    with io.BytesIO() as file:
        picture.save(file, format, **options)
        return file.getvalue()


def oriented(orientation: int) -> Image.Exif:
    """EXIF of this orientation alone."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    """A TIFF file of tifffile."""
    with io.BytesIO() as file:
        tifffile.imwrite(file, pixels, metadata=None, **options)
        return file.getvalue()


def png_of(width: int, height: int, depth: int, kind: int, data: bytes) -> bytes:
    """A PNG file of this header, of bit depth and colour type, and these scan lines."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
