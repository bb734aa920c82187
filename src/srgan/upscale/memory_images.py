"""Images in memory, as `Upscaler` reads them: opened files, bytes, arrays and PIL images."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import UsageError
from srgan.images.colour import Pixels
from srgan.images.image import ImageInfo

AnyImage = str | Path | bytes | bytearray | memoryview | IO[bytes] | NDArray[Any] | Any
"""A file's path, its bytes, an opened file, an array, or a PIL image; `Any` stands for the last."""


def open_image(image: AnyImage) -> str | Path | bytes | NDArray[Any]:
    """Return an image as a path, bytes, or an array.

    Raises:
        TypeError: if it is none of those, nor an opened file or PIL image.
    """
    if isinstance(image, str | Path | bytes | np.ndarray):
        return image
    if isinstance(image, bytearray | memoryview):
        return bytes(image)
    if (module := sys.modules.get("PIL.Image")) is not None and isinstance(image, module.Image):
        return _of_pillow(image)
    if callable(getattr(image, "read", None)):
        contents = image.read()
        if isinstance(contents, bytes):
            return contents
        raise TypeError("an opened file must give bytes: open it in binary mode, 'rb'")
    kind = type(image).__name__
    raise TypeError(f"an image is a path, bytes, an opened file, an array or a PIL image, not {kind}")


def _of_pillow(image: Any) -> NDArray[Any]:
    """Return the pixels of a PIL image of mode 1, L, LA, P, RGB, RGBA or I;16."""
    mode = {"1": "L", "P": "RGBA" if "transparency" in image.info else "RGB"}.get(image.mode, image.mode)
    if mode not in ("L", "LA", "RGB", "RGBA", "I;16", "I;16B"):
        raise TypeError(f"PIL images of mode {image.mode} are not enlarged: convert it to RGB first")
    pixels = np.asarray(image if mode == image.mode else image.convert(mode))
    return pixels.astype(np.uint16) if mode.startswith("I;16") else pixels


def rows_of(array: NDArray[Any]) -> tuple[ImageInfo, Callable[[int], Pixels]]:
    """Return an array as an image: what it is, and a function that returns its next rows, as many as asked for.

    Raises:
        TypeError: if it is neither uint8 nor uint16.
        UsageError: if it is neither (H, W) nor (H, W, C) with C from 1 to 4.
    """
    if array.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"an array must be uint8 or uint16, not {array.dtype}: scale floats by 255 and convert them")
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] > 4):
        raise UsageError(f"an array must be (H, W) or (H, W, C) with 1 to 4 channels C, not {array.shape}")
    whole = array[:, :, None] if array.ndim == 2 else array
    height, width, channels = whole.shape
    info = ImageInfo(width, height, channels, depth=8 if array.dtype == np.uint8 else 16, format="png")
    position = 0

    def read(count: int) -> Pixels:
        nonlocal position
        position += count
        rows: Pixels = whole[position - count : position]
        return rows

    return info, read
