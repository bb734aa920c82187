"""The grid of 8x8 blocks that JPEG leaves behind in pixels, wherever cropping has moved it.

JPEG quantises the cosine transform of each block, most coarsely where detail is finest: most of those coefficients
become zero. In a decoded image they are near zero again in the blocks that JPEG coded, and at none of the other 63
offsets, where blocks straddle. A JPEG that was resized shows no grid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.images.sample import Window

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of JFIF, in which JPEG quantises
_FINEST = (4, 5, 6, 7)  # frequencies across and down of the coefficients that are looked at
_NOTICEABLE = 3.0
"""Levels beyond which a coefficient counts. At quality 97, steps at these frequencies end at 6: coefficients up to 3
vanish, and nothing is missing that counts. At 95 they reach 10, at 90 20."""
_FEW = 30  # coefficients, added to the counts compared: fewer than these are no evidence


@dataclass(frozen=True)
class BlockGrid:
    """Strength and position of 8x8 blocks in pixels."""

    strength: float
    """Share of the finest detail missing from blocks at this offset, compared with the next best one: about 0 of
    pictures that never were JPEGs or whose quality was 97 or more, 0.2 at 95, 0.5 at 90, 0.9 at 60."""
    offset: tuple[int, int]
    """Column and row of the first whole block, each from 0 to 7."""


def find_grid(windows: Sequence[Window]) -> BlockGrid:
    """Find the offset at which most detail is missing.

    Args:
        windows: parts of one image, whose first pixels are multiples of 8 apart.
    """
    detail = sum(_detail(window) for window in windows)
    counts = np.broadcast_to(detail, (8, 8)) + _FEW
    least = int(counts.argmin())
    row, column = divmod(least, 8)
    next_best = np.delete(counts.ravel(), least).min()
    return BlockGrid(round(float(1 - counts[row, column] / next_best), 3), (column, row))


def _detail(window: Window) -> NDArray[np.int64]:
    """(8, 8): how many of the finest coefficients count, in the blocks at each offset, row by row."""
    height, width = (side // 8 * 8 - 8 for side in window.shape[:2])  # as many blocks at every offset
    if height <= 0 or width <= 0:
        return np.zeros((8, 8), np.int64)
    luma: Any = window @ _LUMA if window.shape[2] == 3 else window[:, :, 0]
    luma = np.ascontiguousarray(luma[: height + 7, : width + 7])
    number = np.zeros((height, width), np.int8)
    for rows in _transformed(luma):
        for coefficients in _transformed(rows.T):
            number += np.abs(coefficients).T > _NOTICEABLE
    counts: NDArray[np.int64] = number.reshape(height // 8, 8, width // 8, 8).sum(axis=(0, 2), dtype=np.int64)
    return counts


def _transformed(values: Any) -> Iterator[Any]:
    """Yield the finest coefficients of the orthonormal cosine transform of every 8 rows that follow on."""
    count = len(values) - 7
    pairs = [(values[at : at + count], values[7 - at : 7 - at + count]) for at in range(4)]
    # A cosine is even or odd around the middle of the 8.
    sums, differences = [first + second for first, second in pairs], [first - second for first, second in pairs]
    for frequency in _FINEST:
        weights = np.float32(0.5) * np.cos((2 * np.arange(4) + 1) * frequency * np.pi / 16).astype(np.float32)
        halves = differences if frequency % 2 else sums
        yield sum((weight * half for weight, half in zip(weights[1:], halves[1:], strict=True)), weights[0] * halves[0])
