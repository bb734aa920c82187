"""Protocols of PSNR and SSIM: channel, border, rounding and kind of SSIM.

Scores of the same images differ by up to 0.1 dB and 0.05 between protocols, so every number names its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import PictureError, UsageError
from srgan.metrics.luma import bt601_luma, png2y4m_luma, rgb_pair, size_text
from srgan.metrics.psnr import psnr
from srgan.metrics.ssim import WANG_WINDOW, daala_ssim, wang_ssim

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Score:
    """Scores of one image; a test set's score is the mean of its images' scores."""

    psnr: float
    """Peak signal-to-noise ratio of luma in dB; infinite for identical images."""
    ssim: float
    """Structural similarity of luma, at most 1."""


@dataclass(frozen=True)
class Protocol:
    """A way to compare a restored image with its reference."""

    name: str
    """Name in reports: a key of `PROTOCOLS`."""
    description: str
    """Channel, border, rounding and kind of SSIM in one line, printed with the numbers."""
    crop: int
    """Pixels cut from each side before anything else."""
    smallest: int
    """Smallest side, after the crop, that its SSIM takes, in pixels."""
    luma: Callable[[Plane], Plane]
    """Turns (H, W, 3) RGB into the (H, W) plane that is compared."""
    ssim: Callable[[Plane, Plane], float]
    """Returns the SSIM of two planes."""

    def __post_init__(self) -> None:
        if self.crop < 0:
            raise UsageError(f"crop of the {self.name} protocol must be 0 or more, not {self.crop}", parameter="crop")

    def measure(self, restored: NDArray[Any], reference: NDArray[Any]) -> Score:
        """Return the scores of a restored image, as it would be saved.

        Args:
            restored: (H, W, 3) RGB or (H, W) grey, uint8.
            reference: the true image, uint8, RGB or grey, of the same height and width.

        Raises:
            PictureError: for other arrays, sizes that differ, or an image too small to crop and measure.
        """
        restored, reference = rgb_pair(restored, reference)
        least = self.smallest + 2 * self.crop
        if min(reference.shape[:2]) < least:
            raise PictureError(
                f"a picture of {size_text(reference)} is too small for the {self.name} protocol, which cuts "
                f"{self.crop} pixels from each side: measure pictures of at least {least}x{least}"
            )
        inner = (slice(self.crop, reference.shape[0] - self.crop), slice(self.crop, reference.shape[1] - self.crop))
        restored_luma, reference_luma = self.luma(restored[inner]), self.luma(reference[inner])
        return Score(psnr(restored_luma, reference_luma), self.ssim(restored_luma, reference_luma))


PAPER = Protocol(
    name="paper",
    description=(
        "BT.709 luma of 8-bit RGB by daala's png2y4m (4:2:0, dithered, 16-235, rounded); 4 px cropped from each side; "
        "PSNR with peak 255; daala SSIM (Gaussian of 1.5 px per 256 rows, truncated at the borders)"
    ),
    crop=4,
    smallest=1,
    luma=png2y4m_luma,
    ssim=daala_ssim,
)
"""The protocol of the SRGAN paper (Ledig et al. 2017), which names only "the daala package". Inferred from the tools,
it gives the paper's bicubic and nearest rows and the scores of its own images to every printed digit."""


def matlab_protocol(scale: int) -> Protocol:
    """Return the protocol of most other super-resolution tables, which crops as many pixels as the scale.

    Luma is rounded to 8 bits, as by MATLAB's `rgb2ycbcr` of an 8-bit image; tables made from unrounded luma are about
    0.01 dB and 0.001 SSIM higher.
    """
    return Protocol(
        name="matlab",
        description=(
            f"BT.601 luma of 8-bit RGB (MATLAB rgb2ycbcr, 16-235, rounded); {scale} px cropped from each side; "
            "PSNR with peak 255; Wang SSIM (Gaussian 11x11, sigma 1.5, only where the window fits)"
        ),
        crop=scale,
        smallest=WANG_WINDOW,
        luma=bt601_luma,
        ssim=wang_ssim,
    )


MATLAB = matlab_protocol(4)

PROTOCOLS: dict[str, Protocol] = {"paper": PAPER, "matlab": MATLAB}
"""Protocols by name, for a scale of 4."""
