"""Mean squared error and peak signal-to-noise ratio of 8-bit images and planes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.metrics.luma import rgb_pair

PEAK = 255  # also for luma of 16 to 235, as in the paper's tool and in MATLAB's scripts


def psnr(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the PSNR in dB with peak 255; infinite for identical planes.

    Args:
        restored: uint8, any shape with at least one pixel.
        reference: uint8, of the same shape.
    """
    squares = _squared_error(restored, reference)
    if squares == 0:
        return float("inf")
    return float(10.0 * np.log10(PEAK**2 * reference.size / squares))


def mse(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the mean squared error on the scale of [0, 1]; 25 dB are .0032.

    Args:
        restored: uint8, any shape with at least one pixel.
        reference: uint8, of the same shape.
    """
    return _squared_error(restored, reference) / (PEAK**2 * reference.size)


def rgb_psnr(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the PSNR in dB of all three channels together, nothing cropped; 1 to 4 dB below that of luma.

    Args:
        restored: (H, W, 3) RGB or (H, W) grey, uint8.
        reference: uint8, RGB or grey, of the same height and width.

    Raises:
        PictureError: for other arrays, or sizes that differ.
    """
    return psnr(*rgb_pair(restored, reference))


def _squared_error(restored: NDArray[Any], reference: NDArray[Any]) -> int:
    difference = restored.astype(np.int32) - reference
    return int(np.sum(difference * difference, dtype=np.int64))
