"""Whether a restored picture is still the picture that it was made from.

A network may invent detail that looks right; shrunk again, its result should be its input. This module does not know
the true high-resolution picture.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.images.resample import imresize
from srgan.metrics.psnr import psnr

DESCRIPTION = "PSNR with peak 255 of all channels, the whole result shrunk by MATLAB's bicubic to 8 bits, to its input"
"""What the number is, in one line, to print beside it."""


def consistency(restored: NDArray[Any], low: NDArray[Any], *, scale: int) -> float:
    """How near a restored picture, shrunk again, is to the picture it was made from: dB, infinite where identical.

    It is shrunk as the low-resolution pictures of the test sets were: `imresize` with replicated borders, rounded.
    The pictures that the SRGAN paper's authors published have 47 to 50 dB (SRResNet) and 33 to 38 dB (SRGAN).

    Args:
        restored: (H, W, 3) RGB or (H, W) grey, uint8, no border cropped.
        low: (H / scale, W / scale) and channels alike, uint8.
        scale: the factor between the two.

    Raises:
        PictureError: on pictures that are not of 8 bits, or whose sizes do not belong together.
    """
    for picture, role in ((restored, "restored"), (low, "low-resolution")):
        if picture.dtype != np.uint8:
            raise PictureError(
                f"the {role} picture is {picture.dtype}, but metrics are defined on 8 bits: round and clip it to uint8"
            )
    expected = (*(scale * side for side in low.shape[:2]), *low.shape[2:])
    if low.ndim not in (2, 3) or restored.size == 0 or restored.shape != expected:
        raise PictureError(
            f"a picture of shape {restored.shape} is not one of shape {low.shape} enlarged {scale} times: "
            "pass the picture that was given to the network, and its whole result"
        )
    return psnr(imresize(restored, 1 / scale, border="replicate"), low)
