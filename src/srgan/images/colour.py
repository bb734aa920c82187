"""The only two converters between a file's integers and the floats inside."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Depth = Literal[8, 16]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def to_float(pixels: Pixels) -> NDArray[np.float32]:
    """Convert an image to float32 in [0, 1], of the same shape.

    Raises:
        ValueError: unless the pixels are uint8 or uint16.
    """
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pixels are uint8 or uint16, not {pixels.dtype}")
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def from_float(values: NDArray[Any], depth: Depth) -> Pixels:
    """Convert an image to uint8 or uint16, of the same shape: clipped to [0, 1], then rounded half up.

    Raises:
        ValueError: unless the depth is 8 or 16.
    """
    if depth not in (8, 16):
        raise ValueError(f"a picture has 8 or 16 bits, not {depth}")
    dtype: Any = np.uint8 if depth == 8 else np.uint16
    top = np.float32(np.iinfo(dtype).max)
    # float32 has 24 bits, so that a 16-bit level, its half and their sum are exact: float64 would only cost memory.
    result: Pixels = np.floor(np.clip(values, 0.0, 1.0) * top + np.float32(0.5)).astype(dtype)
    return result
