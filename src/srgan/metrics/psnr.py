"""Peak signal-to-noise ratio of 8-bit planes. This module does not know which channel it is given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PEAK = 255  # stays 255 on a luma of 16 to 235: so do the paper's tool and MATLAB's scripts


def psnr(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """The PSNR in dB against a peak of 255; infinite for identical planes.

    Args:
        restored: uint8, any shape with at least one pixel.
        reference: uint8, of the same shape.
    """
    difference = restored.astype(np.int32) - reference
    squares = int(np.sum(difference * difference, dtype=np.int64))
    if squares == 0:
        return float("inf")
    return float(10.0 * np.log10(PEAK**2 * difference.size / squares))
