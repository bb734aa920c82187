"""Mean squared error and peak signal-to-noise ratio of 8-bit pictures and planes.

Apart from `rgb_psnr` this module does not know which channel it is given.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import PictureError

PEAK = 255  # stays 255 on a luma of 16 to 235: so do the paper's tool and MATLAB's scripts


def psnr(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """The PSNR in dB against a peak of 255; infinite for identical planes.

    Args:
        restored: uint8, any shape with at least one pixel.
        reference: uint8, of the same shape.
    """
    squares = _squared_error(restored, reference)
    if squares == 0:
        return float("inf")
    return float(10.0 * np.log10(PEAK**2 * reference.size / squares))


def mse(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """The mean squared error on the scale of [0, 1], where 25 dB are .0032.

    Args:
        restored: uint8, any shape with at least one pixel.
        reference: uint8, of the same shape.
    """
    return _squared_error(restored, reference) / (PEAK**2 * reference.size)


def rgb_psnr(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """The PSNR in dB of all three channels together, nothing cropped; it is 1 to 4 dB below that of luma.

    Args:
        restored: (H, W, 3) RGB, uint8.
        reference: (H, W, 3) RGB, uint8.

    Raises:
        PictureError: on arrays of another type or shape.
    """
    for picture, role in ((restored, "restored"), (reference, "reference")):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise PictureError(
                f"the {role} picture is {picture.dtype} of shape {picture.shape}: pass (H, W, 3) RGB as uint8"
            )
    if restored.shape != reference.shape:
        raise PictureError(
            f"the restored picture has shape {restored.shape} but its reference {reference.shape}: "
            "crop the reference to a multiple of the scale before shrinking it"
        )
    return psnr(restored, reference)


def _squared_error(restored: NDArray[Any], reference: NDArray[Any]) -> int:
    difference = restored.astype(np.int32) - reference
    return int(np.sum(difference * difference, dtype=np.int64))
