"""Consistency of a restored image with its input: reduced again, it should give the input back."""

from typing import Any

from numpy.typing import NDArray

from srgan.errors import PictureError
from srgan.images import imresize
from srgan.metrics.luma import to_rgb
from srgan.metrics.psnr import psnr

DESCRIPTION = "PSNR with peak 255 of all channels, the whole result shrunk by MATLAB's bicubic to 8 bits, to its input"
"""Definition in one line, printed with the number."""


def consistency(restored: NDArray[Any], low: NDArray[Any], *, scale: int) -> float:
    """Return the PSNR in dB of a restored image, reduced again, to its input; infinite where they are identical.

    It is reduced as the low-resolution images of the test sets were: `imresize` with replicated borders, rounded. The
    images published by the SRGAN paper's authors have 47 to 50 dB (SRResNet) and 33 to 38 dB (SRGAN).

    Args:
        restored: (H, W, 3) RGB or (H, W) grey, uint8, no border cropped.
        low: (H / scale, W / scale) and channels alike, uint8.
        scale: factor between the two.

    Raises:
        PictureError: for arrays other than 8-bit RGB or grey, or sizes that do not belong together.
    """
    restored, low = to_rgb(restored, "restored"), to_rgb(low, "low-resolution")
    if restored.size == 0 or restored.shape != (scale * low.shape[0], scale * low.shape[1], 3):
        raise PictureError(
            f"a picture of shape {restored.shape} is not one of shape {low.shape} enlarged {scale} times: "
            "pass the picture that was given to the network, and its whole result"
        )
    return psnr(imresize(restored, 1 / scale, border="replicate"), low)
