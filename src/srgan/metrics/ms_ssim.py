"""Multi-scale structural similarity (Wang, Simoncelli, Bovik 2003), as in the authors' `msssim.m`.

Images are compared at five sizes, each half the one before: the fine ones by contrast and structure, the coarsest by
luminance as well.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.metrics.luma import bt601_luma
from srgan.metrics.protocol import Protocol
from srgan.metrics.ssim import C1, C2, WANG_WINDOW
from srgan.metrics.window import filter_where_it_fits, gaussian_taps

Array = NDArray[Any]

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (section 3.2)."""
SMALLEST = WANG_WINDOW * 2 ** (len(WEIGHTS) - 1)
"""Smallest side in pixels: a sixteenth of it holds the window."""

_TAPS = gaussian_taps(WANG_WINDOW, 1.5)


def ms_ssim(restored: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the MS-SSIM of two planes (eq. 7), 0 to 1; 1 for identical planes.

    A scale with a negative mean counts as 0, where `msssim.m` gives a complex number.

    Args:
        restored: (H, W) uint8, both sides at least `SMALLEST`.
        reference: (H, W) uint8.

    Raises:
        ValueError: for smaller planes.
    """
    if min(reference.shape) < SMALLEST:
        raise ValueError(f"ms_ssim takes planes of at least {SMALLEST}x{SMALLEST}, not {reference.shape}")
    pair = np.stack([restored, reference]).astype(np.float64)
    result = 1.0
    for weight in WEIGHTS[:-1]:
        _, structure = _similarities(pair)
        result *= max(float(np.mean(structure)), 0.0) ** weight
        pair = _halve(pair)
    luminance, structure = _similarities(pair)
    return float(result * max(float(np.mean(luminance * structure)), 0.0) ** WEIGHTS[-1])


def _similarities(pair: Array) -> tuple[Array, Array]:
    """Return similarity of luminance (eq. 1) and of contrast and structure (eq. 2, 3) of every window of (2, H, W)."""
    x, y = pair
    x, y, squares, product = filter_where_it_fits(np.stack([x, y, x * x + y * y, x * y]), _TAPS)
    means, powers = 2 * x * y, x * x + y * y
    return (means + C1) / (powers + C1), (2 * product - means + C2) / (squares - powers + C2)


def _halve(planes: Array) -> Array:
    """Return the means of 2x2 pixels of (N, H, W); where a side is odd its last pixels count double."""
    count, height, width = planes.shape
    padded = np.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    blocks = padded.reshape(count, (height + 1) // 2, 2, (width + 1) // 2, 2)
    return np.asarray(blocks.mean(axis=(2, 4)))


def multiscale_protocol(scale: int) -> Protocol:
    """Return the matlab protocol with MS-SSIM in place of SSIM."""
    return Protocol(
        name="multiscale",
        description=(
            f"BT.601 luma of 8-bit RGB (MATLAB rgb2ycbcr, 16-235, rounded); {scale} px cropped from each side; "
            "PSNR with peak 255; MS-SSIM (Wang 2003, five scales)"
        ),
        crop=scale,
        smallest=SMALLEST,
        luma=bt601_luma,
        ssim=ms_ssim,
    )


MULTISCALE = multiscale_protocol(4)
