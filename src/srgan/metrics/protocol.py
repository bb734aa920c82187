"""What exactly is measured: channel, border, rounding and kind of SSIM as one frozen value per protocol.

PSNR and SSIM of super-resolution differ by up to 0.1 dB and 0.05 between protocols, so no number of this package
travels without the name of its own. This module does not know about files: arrays in, scores out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.errors import PictureError, UsageError
from srgan.metrics.luma import bt601_luma, png2y4m_luma
from srgan.metrics.psnr import psnr
from srgan.metrics.ssim import WANG_WINDOW, daala_ssim, wang_ssim

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Score:
    """How close one picture is to its reference. A test set's score is the plain mean of its pictures' scores."""

    psnr: float
    """Peak signal-to-noise ratio of luma in dB; infinite for identical pictures."""
    ssim: float
    """Structural similarity of luma, at most 1."""
    protocol: str
    """The name of the protocol that both were measured by."""


@dataclass(frozen=True)
class Protocol:
    """One way to compare a restored picture with its reference."""

    name: str
    """What reports call it: a key of `PROTOCOLS`."""
    description: str
    """Channel, border, rounding and kind of SSIM in one line, to print beside the numbers."""
    crop: int
    """Pixels cut from each side before anything else."""
    smallest: int
    """The smallest side in pixels, after the crop, that its SSIM takes."""
    luma: Callable[[Picture], Picture]
    """(H, W, 3) RGB to the (H, W) plane that is compared."""
    ssim: Callable[[Picture, Picture], float]
    """The SSIM of two planes."""

    def __post_init__(self) -> None:
        if self.crop < 0:
            raise UsageError(f"the {self.name} protocol cannot cut {self.crop} pixels from each side: give 0 or more")

    def measure(self, restored: NDArray[Any], reference: NDArray[Any]) -> Score:
        """The score of a restored picture, both as 8-bit pictures as they would be saved.

        Args:
            restored: (H, W, 3) RGB or (H, W) grey, uint8.
            reference: the true picture, uint8, RGB or grey, of the same height and width.

        Raises:
            PictureError: on other arrays, on sizes that differ, or on a picture too small to crop and measure.
        """
        restored, reference = _as_rgb(restored, "restored"), _as_rgb(reference, "reference")
        if restored.shape != reference.shape:
            raise PictureError(
                f"the restored picture is {_size(restored)} but its reference is {_size(reference)}: "
                "crop the reference to a multiple of the scale before shrinking it"
            )
        least = self.smallest + 2 * self.crop
        if min(reference.shape[:2]) < least:
            raise PictureError(
                f"a picture of {_size(reference)} is too small for the {self.name} protocol, which cuts {self.crop} "
                f"pixels from each side: measure pictures of at least {least}x{least}"
            )
        inner = (slice(self.crop, reference.shape[0] - self.crop), slice(self.crop, reference.shape[1] - self.crop))
        restored_luma, reference_luma = self.luma(restored[inner]), self.luma(reference[inner])
        return Score(psnr(restored_luma, reference_luma), self.ssim(restored_luma, reference_luma), self.name)


def _as_rgb(picture: NDArray[Any], role: str) -> Picture:
    """The picture as (H, W, 3); grey is repeated in the three channels."""
    if picture.dtype != np.uint8:
        raise PictureError(
            f"the {role} picture is {picture.dtype}, but metrics are defined on 8 bits: round and clip it to uint8"
        )
    if picture.ndim == 2:
        return np.repeat(picture[:, :, None], 3, axis=2)
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise PictureError(
            f"the {role} picture has shape {picture.shape}, but metrics need RGB or grey: "
            "pass (H, W, 3) or (H, W), without alpha"
        )
    return picture


def _size(picture: Picture) -> str:
    """Width x height, as people say it."""
    return f"{picture.shape[1]}x{picture.shape[0]}"


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
"""The protocol of the SRGAN paper (Ledig et al. 2017), which names only "the daala package". It was inferred from the
tools, and gives the paper's bicubic and nearest rows and its own pictures' scores to every printed digit."""


def matlab_protocol(scale: int) -> Protocol:
    """The protocol of most other super-resolution tables: it crops as many pixels as the scale.

    Luma is rounded to 8 bits, as MATLAB's `rgb2ycbcr` of an 8-bit picture is; tables made from unrounded luma are
    about 0.01 dB and 0.001 SSIM higher.
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
"""The protocols by name, for the factor of 4."""
