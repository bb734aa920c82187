"""BMP files: read by Pillow, written row by row from the bottom up, as the format has them."""

import struct
from typing import IO, Any, BinaryIO

import numpy as np

from srgan.images.vips import pyvips, unreadable

_FILE_HEADER, _PLAIN, _V5 = 14, 40, 124  # bytes
_ROWS = 128  # written at once
_MASKS = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)  # red, green, blue, alpha
_EMBEDDED, _SRGB = b"DEBM", b"BGRs"  # what the profile is, as little-endian longs
_DAMAGE = (OSError, ValueError, SyntaxError, OverflowError, TypeError, KeyError, IndexError, struct.error, MemoryError)


def open_bmp(file: IO[bytes], name: str) -> tuple[tuple[int, int], Any]:
    """Open a BMP file; its pixels are not decoded yet, and the file is read again for them.

    Returns:
        (width, height), and what `load_bmp` decodes.

    Raises:
        PictureError: if it is damaged, or of a kind that is not read.
    """
    from PIL.BmpImagePlugin import BmpImageFile

    try:
        image = BmpImageFile(file)
        return image.size, (image, _profile(file))
    except _DAMAGE as problem:
        raise unreadable(name, problem) from None


def load_bmp(opened: Any, name: str) -> pyvips.Image:
    """Decode an opened BMP image as gray, RGB or RGBA of 8 bits.

    Raises:
        PictureError: if it is damaged.
    """
    image, profile = opened
    mode = {"1": "L", "L": "L", "RGBA": "RGBA"}.get(image.mode, "RGB")
    (width, height), bands = image.size, len(mode)
    try:
        pixels = np.empty((height, width, bands), np.uint8)
        for top in range(0, height, _ROWS):  # as a whole, Pillow would hold it three times more
            rows = image.crop((0, top, width, min(top + _ROWS, height))).convert(mode)
            pixels[top : top + _ROWS] = np.asarray(rows).reshape(-1, width, bands)
    except _DAMAGE as problem:
        raise unreadable(name, problem) from None
    loaded = pyvips.Image.new_from_array(pixels, interpretation="srgb" if bands > 2 else "b-w")
    dots = image.info.get("dpi", (0, 0))
    if min(dots) > 1:
        loaded = loaded.copy(xres=dots[0] / 25.4, yres=dots[1] / 25.4)
    if profile:
        loaded.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return loaded


def _profile(file: IO[bytes]) -> bytes | None:
    """Return the colour profile that a BMP file of version 5 embeds."""
    file.seek(0)
    head = file.read(_FILE_HEADER + _V5)
    if len(head) < _FILE_HEADER + _V5 or head[14] != _V5 or head[70:74] != _EMBEDDED:
        return None
    start, length = struct.unpack_from("<II", head, _FILE_HEADER + 112)
    file.seek(_FILE_HEADER + start)
    return file.read(length) or None


def write_bmp(image: Any, file: BinaryIO, icc: bytes | None, dots_per_inch: tuple[float, float] | None) -> None:
    """Write a libvips image of 8 bits, RGB or RGBA, as it is computed from top to bottom, into a new file.

    Raises:
        OSError: if it cannot be written.
    """
    width, height, bands = image.width, image.height, image.bands
    stride = (width * bands + 3) // 4 * 4
    header = _V5 if icc is not None or bands == 4 else _PLAIN
    start = _FILE_HEADER + header
    size = start + stride * height
    per_metre = [round(dots / 0.0254) for dots in dots_per_inch or (0, 0)]
    file_header = struct.pack("<2sI4xI", b"BM", size + len(icc or b""), start)
    information = struct.pack(
        "<IiiHHIIiiII", header, width, height, 1, 8 * bands, 3 if bands == 4 else 0, stride * height, *per_metre, 0, 0
    )
    if header == _V5:
        place = (4, header + stride * height, len(icc), 0) if icc is not None else (4, 0, 0, 0)
        information += struct.pack("<4I", *(_MASKS if bands == 4 else (0, 0, 0, 0)))
        information += (_EMBEDDED if icc is not None else _SRGB) + bytes(48) + struct.pack("<4I", *place)
    file.write(file_header + information)
    region = pyvips.Region.new(image)
    for top in range(0, height, _ROWS):
        count = min(_ROWS, height - top)
        pixels = np.frombuffer(region.fetch(0, top, width, count), np.uint8).reshape(count, width, bands)
        rows = np.zeros((count, stride), np.uint8)
        order = [2, 1, 0, 3][:bands]
        rows[:, : width * bands] = pixels[::-1, :, order].reshape(count, -1)
        file.seek(start + stride * (height - top - count))
        file.write(rows.data)
    file.seek(size)
    file.write(icc or b"")
