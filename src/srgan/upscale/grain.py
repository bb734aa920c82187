"""Fine grain, as a camera's sensor leaves it: networks that remove noise and compression remove this, too.

The grain of a pixel depends on its place in the image alone, so that bands and repeated runs agree bit for bit.
"""

import numpy as np
from numpy.typing import NDArray

from srgan.images.colour import Floats, Pixels, depth_of, from_float, to_float

_KEY = 0x6EA1
_SPREAD = np.float32(65536.0 / 3.0**0.5)
"""Standard deviation of the sum of four uniform 16-bit numbers."""
_TAPER = np.float32(40.0 / 255.0)
"""Grain fades from this luma to black, and as far from white: saturated places have none."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def add_grain(image: Pixels, first_row: int, strength: float) -> None:
    """Add grain to rows of an image, the same to all colours.

    Args:
        image: (H, W, C), gray or RGB; changed in place.
        first_row: place of its first row in the whole image.
        strength: standard deviation in middle tones, in levels of 255.
    """
    depth = depth_of(image)
    for row, pixels in enumerate(image):  # one at a time: floats of a whole band would fill the memory
        values = to_float(pixels)
        luma = values @ _LUMA if values.shape[1] == 3 else values[:, 0]
        fade = np.minimum(np.minimum(luma, 1.0 - luma) / _TAPER, np.float32(1.0))
        grain = np.float32(strength / 255.0) * fade * _noise(first_row + row, len(values))
        image[row] = from_float(values + grain[:, None], depth)


def _noise(row: int, columns: int) -> Floats:
    """Return nearly normal numbers of mean 0 and variance 1, (columns,), from the random stream of a row."""
    bits: NDArray[np.uint64] = np.random.Philox(key=[_KEY, row]).random_raw(columns)
    sums = bits.view(np.uint16).reshape(columns, 4).sum(axis=1, dtype=np.float32)
    noise: Floats = (sums - np.float32(2 * 65535)) / _SPREAD
    return noise
