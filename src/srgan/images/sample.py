"""A bounded sample of an image: up to nine windows spread over it, by which damage is measured."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.images.colour import Pixels
from srgan.images.reader import ImageReader

Window = NDArray[np.float32]
"""(H, W, C), C of 1 or 3: gray or RGB in levels from 0 to 255, fractions of levels where the file has 16 bits."""

_SIDE = 256  # pixels; a multiple of 8, so that all windows see a grid of 8x8 blocks at one offset
_MOST = 3  # windows along each axis
_STRIP = 32  # rows read at once, which bounds the memory


def sample_file(reader: ImageReader) -> list[Window]:
    """Read the windows of an opened image from top to bottom.

    Raises:
        PictureError: if the file turns out to be damaged.
    """
    width, height = reader.info.width, reader.info.height
    windows: list[Window] = []
    position = 0
    for top, rows in _spans(height):
        reader.skip_rows(top - position)
        parts: list[list[Any]] = [[] for _ in _spans(width)]
        for start in range(0, rows, _STRIP):
            strip: Any = reader.read_rows(min(_STRIP, rows - start))
            for part, (left, columns) in zip(parts, _spans(width), strict=True):
                part.append(strip[:, left : left + columns].copy())
        position = top + rows
        windows += [_levels(np.concatenate(part)) for part in parts]
    return windows


def sample_pixels(pixels: Pixels) -> list[Window]:
    """Cut the windows out of an array (H, W, C) of uint8 or uint16, C from 1 to 4."""
    height, width = pixels.shape[:2]
    return [
        _levels(pixels[top : top + rows, left : left + columns])
        for top, rows in _spans(height)
        for left, columns in _spans(width)
    ]


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Start and length of each window along an axis: all of a short one, windows amid the thirds of a long one."""
    if length <= _MOST * _SIDE:
        for start in range(0, length, _SIDE):
            yield start, min(_SIDE, length - start)
        return
    for number in range(_MOST):
        yield (length * (2 * number + 1) // (2 * _MOST) - _SIDE // 2) // 8 * 8, _SIDE


def _levels(pixels: Pixels) -> Window:
    """Return the colours of a window; fully transparent pixels become black."""
    colours = 3 if pixels.shape[2] > 2 else 1
    window: Window = pixels[:, :, :colours].astype(np.float32)
    if pixels.dtype == np.uint16:
        window /= 257  # 65535 / 255
    elif pixels.dtype == np.float32:
        window *= 255
    if pixels.shape[2] in (2, 4):
        window[pixels[:, :, -1] == 0] = 0
    return window
