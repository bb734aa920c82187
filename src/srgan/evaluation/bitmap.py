"""Windows bitmaps (BMP), in which older test sets and results are distributed: uncompressed, 8, 24 or 32 bits."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.errors import PictureError

SUFFIX = ".bmp"


def read_bitmap_size(path: Path) -> tuple[int, int]:
    """Return width and height.

    Raises:
        PictureError: if the file is not such a bitmap.
    """
    width, height, *_ = _parse(path, _read(path))
    return width, abs(height)


def read_bitmap(path: Path) -> NDArray[np.uint8]:
    """Read a bitmap as RGB, (H, W, 3).

    Raises:
        PictureError: if the file is not such a bitmap, or is cut short.
    """
    data = _read(path)
    width, height, offset, bits, palette = _parse(path, data)
    stride = (width * bits // 8 + 3) // 4 * 4
    if len(data) < offset + stride * abs(height):
        raise PictureError(f"{path} is cut short: copy it again")
    rows = np.frombuffer(data, np.uint8, stride * abs(height), offset).reshape(abs(height), stride)
    pixels = rows[:, : width * bits // 8].reshape(abs(height), width, bits // 8)
    colours = palette[np.minimum(pixels[:, :, 0], len(palette) - 1)] if bits == 8 else pixels
    upright = colours if height < 0 else colours[::-1]  # rows are stored from the bottom unless the height is negative
    return np.ascontiguousarray(upright[:, :, 2::-1])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def _parse(path: Path, data: bytes) -> tuple[int, int, int, int, NDArray[np.uint8]]:
    """Return width, height, offset of the pixels, bits per pixel, and the (colours, 4) palette in BGR order."""
    try:
        magic, offset, header, width, height, bits, compression, used = struct.unpack_from("<2s8xIIii2xHI12xI", data)
    except struct.error:
        magic, offset, header, width, height, bits, compression, used = b"", 0, 0, 0, 0, 0, 0, 0
    masks = data[54:66] == struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    plain = compression == 0 or (compression == 3 and bits == 32 and masks)
    if magic != b"BM" or header < 40 or width < 1 or height == 0 or bits not in (8, 24, 32) or not plain:
        raise PictureError(f"{path} is no uncompressed BMP of 8, 24 or 32 bits per pixel: save it as PNG")
    start, count = 14 + header, (used or 256) if bits == 8 else 0
    palette = np.frombuffer(data[start : start + 4 * count].ljust(4, b"\0")[: 4 * max(count, 1)], np.uint8)
    return width, height, offset, bits, palette[: len(palette) // 4 * 4].reshape(-1, 4)
