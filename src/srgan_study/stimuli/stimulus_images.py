"""Images that raters see: checked, and encoded anew with nothing in them but pixels.

Profiles, gamma, comments and times could reveal a method, or have a browser show other colours. Sizes in bytes still
differ; pages load images before they are shown.
"""

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from srgan.errors import OutputError, PictureError
from srgan.evaluation import Pixels
from srgan.images import Image, ImageReader, VipsFailure, read, reason
from srgan_study.server.rng import hash_words
from srgan_study.study import PICTURES, StimulusImage

WIDEST, HIGHEST = 3840, 2160
"""Pixels of the largest common screens: raters see images whole, one pixel on one of the screen."""
LEAST = 16  # least number of pixels along a side

_TOLERANCE = 2  # levels of 255 by which a profile may change an image that counts as sRGB
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"IDAT", b"IEND")
_TIME = 946_684_800  # modification time of every file: the beginning of the year 2000 in UTC


def read_size(file: Path) -> tuple[int, int]:
    """Return width and height of an image, and check what can be checked before its pixels are read.

    Raises:
        PictureError: if it cannot be read, is too large for a screen, too small, or does not have 8 bits.
    """
    with _open_checked(file) as reader:
        return reader.info.width, reader.info.height


def load_image(file: Path) -> Pixels:
    """Return an image as raters will see it: 8-bit RGB, (H, W, 3); gray is repeated.

    Raises:
        PictureError: if it cannot be shown as it is.
    """
    with _open_checked(file) as reader:
        return to_rgb(file, Image(reader.read_rows(reader.info.height), reader.info, reader.metadata))


@contextmanager
def _open_checked(file: Path) -> Iterator[ImageReader]:
    with ImageReader(file, max_pixels=sys.maxsize) as reader:
        info = reader.info
        size = f"{file} is {info.width}x{info.height}"
        if info.width > WIDEST or info.height > HIGHEST:
            raise PictureError(f"{size}, more than a screen of {WIDEST}x{HIGHEST} can show: cut a part out")
        if min(info.width, info.height) < LEAST:
            raise PictureError(f"{size}, less than {LEAST} on a side: leave it out")
        if info.depth != 8:
            raise PictureError(f"{file} has {info.depth} bits a channel, and browsers show 8: convert it first")
        yield reader


def to_rgb(file: Path, image: Image) -> Pixels:
    """Return the colours of an 8-bit image as RGB, (H, W, 3).

    Raises:
        PictureError: if a pixel is transparent, or the colour profile is not sRGB.
    """
    if image.info.has_alpha and int(image.pixels[:, :, -1].min()) < 255:
        raise PictureError(f"{file} is transparent in places, and what lies behind would be judged: save it without")
    colour = np.ascontiguousarray(image.pixels[:, :, : image.info.colour_channels], np.uint8)
    if image.metadata.icc is not None and not _is_srgb(colour, image.metadata.icc):
        raise PictureError(
            f"{file} has a colour profile that is not sRGB, and without it other colours: convert it to sRGB first"
        )
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour


def thumbnail(pixels: Pixels) -> NDArray[np.float64]:
    """Return the mean colours of 8x8 blocks, (8, 8, 3), which are alike for all versions of one image."""
    down, across = (np.arange(9) * side // 8 for side in pixels.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(pixels, down[:-1], axis=0, dtype=np.int64), across[:-1], axis=1)
    means: NDArray[np.float64] = sums / (np.diff(down)[:, None] * np.diff(across))[:, :, None]
    return means


def _is_srgb(colour: Pixels, profile: bytes) -> bool:
    """Return whether an image looks the same without its profile."""
    height, width, channels = colour.shape
    image = pyvips.Image.new_from_memory(colour.data, width, height, channels, "uchar")
    image = image.copy(interpretation="b-w" if channels == 1 else "srgb")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    try:
        data = image.icc_transform("srgb", embedded=True, intent="relative", depth=8).write_to_memory()
    except VipsFailure:
        return True  # a profile that cannot be applied: browsers ignore it too
    shown = np.frombuffer(data, np.uint8).reshape(height, width, -1)
    return bool(np.abs(shown.astype(np.int16) - colour).max() <= _TOLERANCE)


def encode_png(pixels: Pixels) -> bytes:
    """Return a PNG of pixels (H, W, 3) and nothing else; the same pixels always give the same bytes."""
    height, width = pixels.shape[:2]
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, 3, "uchar")
    encoded = image.copy(interpretation="srgb").pngsave_buffer(compression=6, filter="up", keep="none")
    return _SIGNATURE + b"".join(chunk for kind, chunk in png_chunks(encoded) if kind in _KEPT)


def png_chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return kind and bytes of every chunk of a PNG."""
    at = len(_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at : at + length + 12]
        at += length + 12


def write_stimulus(folder: Path, pixels: Pixels, *words: str) -> StimulusImage:
    """Write an image (H, W, 3) into a study's folder, under a name that is a hash of the words and the pixels.

    Raises:
        OutputError: if it cannot be written, or the file does not hold these pixels.
    """
    name = f"{hash_words(*words, sha256(pixels.tobytes()).hexdigest()).hex()[:32]}.png"
    path = folder / PICTURES / name
    try:
        encoded = encode_png(pixels)
        path.write_bytes(encoded)
        os.utime(path, (_TIME, _TIME))
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}): free some space") from error
    except VipsFailure as failure:
        raise OutputError(f"{path} cannot be written ({reason(failure)}): free some memory") from None
    if not np.array_equal(read(path).pixels, pixels):
        raise OutputError(f"{path} is not what was written into it: check the disk")
    return StimulusImage(f"{PICTURES}/{name}", sha256(encoded).hexdigest(), pixels.shape[1], pixels.shape[0])
