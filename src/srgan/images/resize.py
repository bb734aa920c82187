"""Pictures of integers resampled to an exact size, by libvips: fast, and streaming where the picture streams.

`resample.py` is the slow one that is MATLAB's to the bit; this one is for pictures that people look at.
"""

from typing import Any

import numpy as np
import pyvips

from srgan.images.colour import Pixels
from srgan.images.vips import reason as _reason  # noqa: F401  sets libvips up


def resize_image(image: Any, size: tuple[int, int]) -> Any:
    """A libvips picture at exactly this width and height, of its own depth.

    Lanczos (3 lobes, widened to the coarser grid) along an axis that shrinks, bicubic along one that grows; weighted
    by transparency where there is some, so that colours that nobody sees do not show.
    """
    if (image.width, image.height) == size:
        return image
    format, alpha = image.format, image.bands in (2, 4)
    top = 255 if format == "uchar" else 65_535
    if alpha:
        image = image.premultiply(max_alpha=top)
    elif format == "ushort":
        image = image.cast("float")  # libvips' own way with 16 bits makes 65530 of white
    image = _enlarge(_shrink(image, size), size)
    if alpha:
        image = image.unpremultiply(max_alpha=top)
    return image if image.format == format else image.rint().cast(format)


def _shrink(image: Any, size: tuple[int, int]) -> Any:
    across, down = image.width / size[0], image.height / size[1]
    if across > 1:
        image = image.reduceh(across, kernel="lanczos3")
    if down > 1:
        image = image.reducev(down, kernel="lanczos3")
    return image


def _enlarge(image: Any, size: tuple[int, int]) -> Any:
    across, down = size[0] / image.width, size[1] / image.height
    if across == 1 and down == 1:
        return image
    # libvips' own `resize` enlarges about corners, half an output pixel off; here the centres of pixels are kept.
    return image.affine(
        [across, 0, 0, down],
        interpolate=pyvips.Interpolate.new("bicubic"),
        idx=0.5 - 0.5 / across,
        idy=0.5 - 0.5 / down,
        oarea=[0, 0, *size],
        extend="copy",
        premultiplied=True,
    )


def resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """A picture in memory at exactly this width and height.

    Args:
        pixels: (H, W, C) with C of 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; uint8 or uint16.
        size: (width, height) of the result.

    Returns:
        (height, width, C) of the same dtype.

    Raises:
        ValueError: if the array is no such picture, or the size is less than 1x1.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4) or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"resize takes (H, W, 1 to 4) of uint8 or uint16, not {pixels.shape} of {pixels.dtype}")
    if 0 in pixels.shape or min(size) < 1:
        raise ValueError(f"resize cannot make {size} of {pixels.shape}")
    height, width, channels = pixels.shape
    format = "uchar" if pixels.dtype == np.uint8 else "ushort"
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, channels, format)
    data = resize_image(image, size).write_to_memory()
    dtype: Any = pixels.dtype
    result: Pixels = np.frombuffer(data, dtype).reshape(size[1], size[0], channels)
    return result
