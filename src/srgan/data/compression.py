"""Lossy JPEG and WebP compression of arrays, by the encoders of libvips."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyvips
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.images.vips import VipsFailure, reason

Pixels = NDArray[np.uint8]
LossyFormat = Literal["jpeg", "webp"]


@dataclass(frozen=True)
class Compression:
    """Settings of a lossy encoder."""

    format: LossyFormat
    quality: int
    """1 to 100, as libjpeg and libwebp define it."""
    subsampled: bool = True
    """4:2:0 chroma; WebP always has it."""

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be from 1 to 100, not {self.quality}")


def encode(pixels: Pixels, compression: Compression) -> bytes:
    """Encode (H, W, 3) uint8 RGB pixels as a file without metadata."""
    height, width, _ = pixels.shape
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, 3, "uchar")
    image = image.copy(interpretation="srgb")
    if compression.format == "jpeg":
        mode = "on" if compression.subsampled else "off"
        data: bytes = image.jpegsave_buffer(Q=compression.quality, subsample_mode=mode, keep="none")
    else:
        data = image.webpsave_buffer(Q=compression.quality, keep="none", effort=2)
    return data


def compress(pixels: Pixels, compression: Compression) -> Pixels:
    """Encode and decode (H, W, 3) uint8 RGB pixels.

    Raises:
        PictureError: if the format cannot hold an image so large.
    """
    load = pyvips.Image.jpegload_buffer if compression.format == "jpeg" else pyvips.Image.webpload_buffer
    try:
        decoded: Pixels = load(encode(pixels, compression)).numpy()
    except VipsFailure as failure:
        size = f"{pixels.shape[1]}x{pixels.shape[0]}"
        raise PictureError(f"{size} pixels cannot be a {compression.format} file ({reason(failure)})") from failure
    return decoded[:, :, :3]
