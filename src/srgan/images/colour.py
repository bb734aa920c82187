"""The only two converters between a file's numbers and the floats inside."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Depth = Literal[8, 16, 32]
"""Bits a channel; 32 are floats from 0 to 1."""
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8] | NDArray[np.uint16] | Floats

DTYPES: dict[Depth, Any] = {8: np.uint8, 16: np.uint16, 32: np.float32}
"""Types of arrays, by depth."""
_TOPS: dict[Depth, int] = {8: 255, 16: 65_535, 32: 1}
_PIECE = 1 << 20  # values converted at once: each step copies them, and a tile has up to twenty times as many


def depth_of(pixels: Pixels) -> Depth:
    """Return the depth of an array.

    Raises:
        ValueError: unless it is uint8, uint16 or float32.
    """
    for depth, dtype in DTYPES.items():
        if pixels.dtype == dtype:
            return depth
    raise ValueError(f"pixels are uint8, uint16 or float32, not {pixels.dtype}")


def to_float(pixels: Pixels) -> Floats:
    """Convert an image to float32 in [0, 1], of the same shape.

    Raises:
        ValueError: unless the pixels are uint8, uint16 or float32.
    """
    depth = depth_of(pixels)
    floats: Floats = pixels.astype(np.float32)
    floats /= np.float32(_TOPS[depth])
    return floats


def from_float(values: NDArray[Any], depth: Depth) -> Pixels:
    """Convert an image to a file's numbers, of the same shape: clipped to [0, 1], and integers rounded half up.

    Raises:
        ValueError: unless the depth is 8, 16 or 32.
    """
    if depth not in DTYPES:
        raise ValueError(f"a picture has 8, 16 or 32 bits, not {depth}")
    result: Pixels = np.empty(values.shape, DTYPES[depth])
    rows = max(1, _PIECE * len(values) // max(1, values.size))
    for start in range(0, len(values), rows):
        piece = np.clip(values[start : start + rows], 0.0, 1.0)
        if depth != 32:
            # float32 has 24 bits: a 16-bit level, its half and their sum are exact. float64 would only cost memory.
            piece *= np.float32(_TOPS[depth])
            piece += np.float32(0.5)
            np.floor(piece, out=piece)
        result[start : start + rows] = piece
    return result
