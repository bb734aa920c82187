"""The pictures that raters see: checked, and written anew with nothing in them but pixels.

What programs leave in their files could give a method away, or have a browser show it in other colours: colour
profiles, gamma, comments, times. Sizes in bytes still differ; pages fetch pictures before they are due. This module
does not know what is rated or why.
"""

import os
import struct
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from srgan.errors import OutputError, PictureError
from srgan.evaluation.test_sets import Pixels
from srgan.images.image import Picture, PictureInfo, PictureReader, read
from srgan.images.vips import VipsFailure, reason
from srgan_study.study import PICTURES, StimulusImage

WIDEST, HIGHEST = 3840, 2160
"""Pixels of the largest screens that are common: raters see pictures whole, one pixel on one of the screen."""
LEAST = 16
"""Pixels along a side, below which there is nothing to judge."""

_ALIKE = 2  # levels of 255: what a profile may change of a picture that is as good as sRGB
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"IDAT", b"IEND")
_MOMENT = 946_684_800  # the beginning of the year 2000 in UTC: the time of every file


def look(file: Path) -> tuple[int, int]:
    """Width and height of a picture that raters could be shown, as far as can be told before its pixels are read.

    Raises:
        PictureError: if it cannot be read, is too large for a screen, or does not have 8 bits.
    """
    with PictureReader(file, max_pixels=sys.maxsize) as reader:
        info = reader.info
    _check_size(file, info)
    return info.width, info.height


def _check_size(file: Path, info: PictureInfo) -> None:
    if info.width > WIDEST or info.height > HIGHEST:
        raise PictureError(
            f"{file} is {info.width}x{info.height}, more than a screen of {WIDEST}x{HIGHEST} can show: cut a part out"
        )
    if min(info.width, info.height) < LEAST:
        raise PictureError(f"{file} is {info.width}x{info.height}, less than {LEAST} on a side: leave it out")
    if info.depth != 8:
        raise PictureError(f"{file} has 16 bits, and browsers show 8: convert it first")


def load(file: Path) -> Pixels:
    """A picture as raters will see it, 8-bit RGB, (H, W, 3).

    Gray is repeated; a transparency that hides nothing is dropped.

    Raises:
        PictureError: if it cannot be shown as it is.
    """
    with PictureReader(file, max_pixels=sys.maxsize) as reader:
        _check_size(file, reader.info)
        picture = Picture(reader.read_rows(reader.info.height), reader.info, reader.metadata)
    return colours(file, picture)


def colours(file: Path, picture: Picture) -> Pixels:
    """The colours of a picture that was read.

    Raises:
        PictureError: if some of it is transparent, or its colour profile is not sRGB.
    """
    if picture.info.has_alpha and int(picture.pixels[:, :, -1].min()) < 255:
        raise PictureError(f"{file} is transparent in places, and what lies behind would be judged: save it without")
    colour = np.ascontiguousarray(picture.pixels[:, :, : picture.info.colour_channels])
    if picture.metadata.icc is not None and not _is_srgb(colour, picture.metadata.icc):
        raise PictureError(
            f"{file} has a colour profile that is not sRGB, and without it other colours: convert it to sRGB first"
        )
    rgb = np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
    return np.ascontiguousarray(rgb, np.uint8)


def outline(pixels: Pixels) -> NDArray[np.float64]:
    """The picture in 8x8 blocks of mean colour, by which one is known in whatever version, (8, 8, 3)."""
    down, across = (np.arange(9) * side // 8 for side in pixels.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(pixels, down[:-1], axis=0, dtype=np.int64), across[:-1], axis=1)
    means: NDArray[np.float64] = sums / (np.diff(down)[:, None] * np.diff(across))[:, :, None]
    return means


def _is_srgb(colour: Any, profile: bytes) -> bool:
    """Whether a picture looks the same without its profile, as browsers show it then."""
    height, width, channels = colour.shape
    image = pyvips.Image.new_from_memory(colour.data, width, height, channels, "uchar")
    image = image.copy(interpretation="b-w" if channels == 1 else "srgb")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    try:
        data = image.icc_transform("srgb", embedded=True, intent="relative", depth=8).write_to_memory()
    except VipsFailure:
        return True  # nobody can apply it: browsers leave it aside too
    shown = np.frombuffer(data, np.uint8).reshape(height, width, -1)
    return bool(np.abs(shown.astype(np.int16) - colour).max() <= _ALIKE)


def encode(pixels: Pixels) -> bytes:
    """A PNG that holds these pixels and nothing else; the same pixels always give the same bytes."""
    height, width = pixels.shape[:2]
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, 3, "uchar")
    encoded = image.copy(interpretation="srgb").pngsave_buffer(compression=6, filter="up", keep="none")
    return _SIGNATURE + b"".join(chunk for kind, chunk in chunks(encoded) if kind in _KEPT)


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and all bytes of every chunk of a PNG."""
    at = len(_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at : at + length + 12]
        at += length + 12


def put(folder: Path, pixels: Pixels, *words: str) -> StimulusImage:
    """Write a picture into the folder of a study.

    Args:
        folder: of the study; its folder of pictures is there.
        pixels: (H, W, 3).
        words: what the name of the file is derived from, so that it tells nothing.

    Raises:
        OutputError: if it cannot be written, or is not what is read again.
    """
    name = sha256("\n".join((*words, sha256(pixels.tobytes()).hexdigest())).encode()).hexdigest()[:32]
    path = folder / PICTURES / f"{name}.png"
    try:
        encoded = encode(pixels)
        path.write_bytes(encoded)
        os.utime(path, (_MOMENT, _MOMENT))
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}): free some space") from error
    except VipsFailure as failure:
        raise OutputError(f"{path} cannot be written ({reason(failure)}): free some memory") from None
    if not np.array_equal(read(path).pixels, pixels):
        raise OutputError(f"{path} is not what was written into it: check the disk")
    return StimulusImage(f"{PICTURES}/{name}.png", sha256(encoded).hexdigest(), pixels.shape[1], pixels.shape[0])
